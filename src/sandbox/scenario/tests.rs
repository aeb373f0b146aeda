use std::path::Path;

use super::*;

fn play(toml: &str) -> Play {
    Play::new(Scenario::parse(toml, Path::new("/scenes/x.toml")).unwrap().into())
}

fn reply(play: &Play, agent: &str, action: &str, prompt: &str) -> Option<String> {
    play.rule(agent, action, prompt)?.reply.clone()
}

#[test]
fn first_matching_rule_is_played() {
    let play = play(
        r#"
        [[agent]]
        id = "01J"
        name = "Reviewer"
        slug = "rev"

        [[rule]]
        agent = ["Reviewer", "other"]
        action = "review"
        contains = ["unsafe", "fn"]
        reply = "all parts"
        [[rule]]
        agent = "rev"
        reply = "by slug"
        [[rule]]
        contains = "hello"
        reply = "by prompt"
        "#,
    );
    for (agent, action, prompt, expected) in [
        ("01J", "review", "unsafe fn x", Some("all parts")),
        ("other", "Review", "unsafe fn x", Some("all parts")),
        ("01J", "explain", "unsafe fn x", Some("by slug")),
        ("01J", "review", "fn x", Some("by slug")),
        ("else", "review", "unsafe fn hello", Some("by prompt")),
        ("Reviewer", "", "hello", Some("by prompt")),
        ("else", "", "good bye", None),
    ] {
        assert_eq!(reply(&play, agent, action, prompt).as_deref(), expected, "{agent} {action} {prompt}");
    }
}

#[test]
fn nth_counts_only_matching_requests() {
    let play = play(
        r#"
        [[rule]]
        contains = "x"
        nth = [1, 3]
        reply = "first or third"
        [[rule]]
        nth = 2
        reply = "second of the rest"
        "#,
    );
    let answers = ["x", "y", "x", "x", "y"].map(|prompt| reply(&play, "", "", prompt));
    let expected = [Some("first or third"), None, Some("second of the rest"), Some("first or third"), None];
    assert_eq!(answers.each_ref().map(Option::as_deref), expected);
}

#[tokio::test(start_paused = true)]
async fn a_limit_counts_the_chats_of_the_last_minute() {
    let play = play("rate_limit = { requests_per_minute = 2, retry_after = true }");
    let seconds = |seconds| tokio::time::advance(std::time::Duration::from_secs(seconds));
    assert_eq!(play.let_through(), Ok(()));
    seconds(20).await;
    assert_eq!(play.let_through(), Ok(()));
    assert_eq!(play.let_through(), Err((2, Some(std::time::Duration::from_secs(40)))));
    seconds(40).await;
    assert_eq!(play.let_through(), Ok(()), "the first is a minute old");
    assert!(play.let_through().is_err());
}

#[test]
fn scenario_error_names_its_line() {
    for (toml, line, part) in [
        ("[[rule]]\nreply = \"x\"\nagents = \"y\"\n", 3, "unknown field `agents`"),
        ("[[rules]]\n", 1, "unknown field `rules`"),
        ("[[rule]]\nreply = 1\n", 2, "expected a string"),
        ("[[rule]]\nreply = \"x\n", 2, "basic string"),
        ("\n[[rule]]\nnth = 0\n", 3, "nonzero"),
        ("[[rule]]\nframes = \"thick\"\n", 2, "unknown variant `thick`"),
        ("[[rule]]\nfaults = [\n  { after = 3, then = \"close\" },\n  { then = \"explode\" },\n]\n", 4, "`explode`"),
        ("[[rule]]\nerror = { status = 200 }\n", 2, "an error status from 400 to 599"),
        ("[[rule]]\npace = { chars_per_second = 0 }\n", 2, "nonzero"),
        ("[[rule]]\n\n[[rule]]\nreply = \"x\"\nreply_file = \"y\"\n", 3, "not with both"),
        ("[[rule]]\nreply = \"x\"\nerror = { status = 500 }\n", 1, "gives no answer"),
        ("[[rule]]\nfaults = [{ then = \"close\" }, { then = \"stall\" }]\n", 1, "ends once"),
        ("[[token]]\nstatus = 42\n", 2, "an error status from 400 to 599"),
        ("[[upload]]\n", 1, "missing field `step`"),
        ("rate_limit = {}\n", 1, "missing field `requests_per_minute`"),
    ] {
        let error = Scenario::parse(toml, Path::new("/scenes/x.toml")).unwrap_err();
        let ScenarioError::Wrong { line: found, problem, .. } = &error else { panic!("{error}") };
        assert_eq!(*found, line, "{toml}: {problem}");
        assert!(problem.contains(part), "{toml}: {problem}");
        assert!(error.to_string().starts_with(&format!("/scenes/x.toml:{line}: ")), "{error}");
    }
}

#[test]
fn reply_may_be_in_a_file_next_to_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("reply.txt"), "from a file\r\n").unwrap();
    let path = folder.path().join("scene.toml");
    std::fs::write(&path, "\u{feff}[[rule]]\nreply_file = \"reply.txt\"\n").unwrap();
    let play = Play::new(Scenario::read(&path).unwrap().into());
    assert_eq!(reply(&play, "", "", "").as_deref(), Some("from a file\r\n"));

    std::fs::write(&path, "[[rule]]\nreply_file = \"missing.txt\"\n").unwrap();
    let error = Scenario::read(&path).unwrap_err().to_string();
    assert!(error.contains("missing.txt cannot be read"), "{error}");
    let error = Scenario::read(&folder.path().join("no.toml")).unwrap_err().to_string();
    assert!(error.contains("no.toml cannot be read"), "{error}");
}
