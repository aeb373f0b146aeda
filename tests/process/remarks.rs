//! `stackspot-lsp run review` and `run suggest`: remarks for a person, a pipeline and other tools.

use serde_json::Value;
use serde_sarif::sarif::Sarif;

use crate::child::Home;
use crate::run::{PRICE, assert_ended, git, home};
use crate::support::paths::uri_of;
use crate::support::peer::{Peer, Script};

/// The line number of the second remark is wrong.
const REVIEW: &str = "<remark lines=\"4\" severity=\"warning\">\n<at>return item.price</at>\n<say>The price may be missing.</say>\n\
    <new>\n    return item.price or 0\n</new>\n</remark>\n\
    <remark lines=\"5\" severity=\"error\">\n<at>print(price(sys.argv))</at>\n<say>A list has no price: 100%, sure.</say>\n</remark>\n";

async fn reviewer(reply: &str) -> (Peer, Home) {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(reply).end());
    let home = home(&peer).await;
    (peer, home)
}

#[tokio::test]
async fn remarks_are_printed_as_lines_with_their_position() {
    let (_peer, home) = reviewer(REVIEW).await;
    let run = home.run(&["run", "review", "shop/price.py"]).await;
    assert_ended(&run, 0);
    assert_eq!(
        run.stdout,
        "shop/price.py:4:5: warning: The price may be missing.\nshop/price.py:6:1: error: A list has no price: 100%, sure.\n"
    );
    assert!(run.stderr.contains("--write"), "{}", run.stderr);
}

#[tokio::test]
async fn exit_code_depends_on_the_fail_on_level() {
    let (_peer, home) = reviewer(REVIEW).await;
    for (fail_on, code) in [("none", 0), ("warning", 1), ("error", 1)] {
        assert_ended(&home.run(&["run", "review", "shop/price.py", "--fail-on", fail_on]).await, code);
    }
    let (_peer, home) = reviewer("<none/>").await;
    let run = home.run(&["run", "review", "shop/price.py", "--fail-on", "warning"]).await;
    assert_ended(&run, 0);
    assert_eq!(run.stdout, "");
    // An unreadable answer cannot pass `--fail-on`. The command still prints it, because it was paid for.
    let (_peer, home) = reviewer("It looks fine to me.").await;
    let run = home.run(&["run", "review", "shop/price.py"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "It looks fine to me.\n"));
    assert_ended(&home.run(&["run", "review", "shop/price.py", "--fail-on", "error"]).await, 1);
    assert_ended(&home.run(&["run", "review", "shop/price.py", "--format", "sarif"]).await, 1);
    for wrong in [
        &["run", "explain", "shop/price.py", "--format", "sarif"][..],
        &["run", "refactor", "shop/price.py", "shop/price.py"],
        &["run", "review", "--sarif", "x"],
        &["run", "review", "shop/price.py", "--format", "xml"],
    ] {
        assert_eq!(home.run(wrong).await.code, Some(2), "{wrong:?}");
    }
}

#[tokio::test]
async fn sarif_is_valid_and_brings_the_fixes() {
    let (_peer, home) = reviewer(REVIEW).await;
    let run = home.run(&["run", "review", "shop/price.py", "--format", "sarif"]).await;
    assert_ended(&run, 0);
    let written: Value = serde_json::from_str(&run.stdout).unwrap();
    // The types are generated from the schema. They reject unknown fields, and require the mandatory ones.
    let read: Sarif = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
    let results = written["runs"][0]["results"].as_array().unwrap();
    assert_eq!((&results[0]["level"], &results[1]["level"]), (&Value::from("warning"), &Value::from("error")));
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "shop/price.py");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&4.into(), &5.into()));
    let change = &results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(change["insertedContent"]["text"], "    return item.price or 0", "{change}");
    assert!(results[1].get("fixes").is_none());
}

#[tokio::test]
async fn gitlab_and_github_get_their_own_forms() {
    let (_peer, home) = reviewer(REVIEW).await;
    let gitlab = home.run(&["run", "review", "shop/price.py", "--format", "gitlab"]).await;
    assert_ended(&gitlab, 0);
    let issues: Value = serde_json::from_str(&gitlab.stdout).unwrap();
    assert_eq!(issues[0]["description"], "The price may be missing.");
    assert_eq!((&issues[0]["severity"], &issues[1]["severity"]), (&"major".into(), &"critical".into()));
    assert_eq!(issues[1]["location"]["lines"]["begin"], 6);
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
    let again: Value =
        serde_json::from_str(&home.run(&["run", "review", "shop/price.py", "--format", "gitlab"]).await.stdout)
            .unwrap();
    assert_eq!(again, issues, "a fingerprint is the same each time");
    let github = home.run(&["run", "review", "shop/price.py", "--format", "github"]).await;
    assert!(
        github.stdout.ends_with(
            "::error file=shop/price.py,line=6,endLine=6,title=StackSpot AI::A list has no price: 100%25, sure.\n"
        ),
        "{}",
        github.stdout
    );
}

/// GitLab's page on code quality requires one array. Each issue has a description, the name of the check, a unique
/// fingerprint, one of five severities, and a place: a path relative to the repository, and a line.
fn assert_code_quality(report: &str) -> Vec<Value> {
    assert!(!report.starts_with('\u{feff}'), "no mark of the encoding in front");
    let issues: Vec<Value> = serde_json::from_str(report).expect("the report is one array");
    let mut fingerprints = std::collections::HashSet::new();
    for issue in &issues {
        let text = |place: &str| {
            let value = issue.pointer(place).and_then(Value::as_str).unwrap_or_else(|| panic!("no {place} in {issue}"));
            assert!(!value.is_empty(), "{place} says nothing in {issue}");
            value
        };
        text("/description");
        text("/check_name");
        assert!(fingerprints.insert(text("/fingerprint").to_owned()), "two issues have one fingerprint: {report}");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&text("/severity")), "{issue}");
        let path = text("/location/path");
        assert!(!path.starts_with(['/', '.']) && !path.contains('\\'), "{path} is not relative to the repository");
        let line = |name: &str| issue.pointer(&format!("/location/lines/{name}")).and_then(Value::as_u64);
        assert!(line("begin").is_some_and(|begin| begin >= 1), "{issue}");
        assert!(line("end").is_none_or(|end| Some(end) >= line("begin")), "{issue}");
    }
    issues
}

#[tokio::test]
async fn a_report_for_gitlab_keeps_every_rule_of_its_schema() {
    // One remark of each severity, and the same remark about two equal lines.
    let severities = ["error", "warning", "information", "hint", "blocker"];
    let each = severities.iter().map(|severity| {
        format!("<remark lines=\"4\" severity=\"{severity}\"><at>return item.price</at><say>As {severity}: “50%”.</say></remark>")
    });
    let twice = [3, 6]
        .map(|line| format!("<remark lines=\"{line}\" severity=\"hint\"><at>x = 1</at><say>Twice.</say></remark>"));
    let source = "import sys\n\nx = 1\n    return item.price\n\nx = 1\n";
    let (_peer, home) = reviewer(&each.chain(twice).collect::<String>()).await;
    home.file("shop/price.py", source);
    for path in ["shop/price.py", "./shop/price.py"] {
        let run = home.run(&["run", "review", path, "--format", "gitlab"]).await;
        assert_ended(&run, 0);
        assert_eq!(assert_code_quality(&run.stdout).len(), 7, "{}", run.stdout);
    }
    let absolute = home.folder.path().join("shop/price.py").display().to_string();
    let run = home.run(&["run", "review", &absolute, "--format", "gitlab"]).await;
    assert_eq!(assert_code_quality(&run.stdout).len(), 7, "{}", run.stdout);
    let (_peer, home) = reviewer("<none/>").await;
    let run = home.run(&["run", "review", "shop/price.py", "--format", "gitlab"]).await;
    assert_eq!(assert_code_quality(&run.stdout).len(), 0, "nothing to remark is an empty array");
}

#[tokio::test]
async fn json_is_a_result_with_its_remarks() {
    let (_peer, home) = reviewer(REVIEW).await;
    let run = home.run(&["run", "review", "shop/price.py", "--json"]).await;
    assert_ended(&run, 0);
    let result: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&result["outcome"], &result["file"]), (&"answered".into(), &"shop/price.py".into()));
    assert_eq!(result["remarks"][1]["range"]["start"]["line"], 5);
    assert!(result["remarks"][0]["edit"].is_object() && result["remarks"][1].get("edit").is_none());
}

#[tokio::test]
async fn every_safe_fix_is_written() {
    let (_peer, home) = reviewer(REVIEW).await;
    let run = home.run(&["run", "review", "shop/price.py", "--write"]).await;
    assert_ended(&run, 0);
    let text = std::fs::read_to_string(home.folder.path().join("shop/price.py")).unwrap();
    assert_eq!(text, PRICE.replace("item.price\n", "item.price or 0\n"));
    assert_eq!(run.stdout.lines().count(), 2, "what was said is told all the same");
}

#[tokio::test]
async fn review_since_a_revision_has_remarks_only_on_changed_lines() {
    let (peer, home) = reviewer(REVIEW).await;
    git(&home, "shop", &["init", "-q"]);
    git(&home, "shop", &["add", "."]);
    git(&home, "shop", &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]);
    let run = home.run_in("shop", &["run", "review", "--diff"]).await;
    assert_ended(&run, 0);
    assert_eq!((run.stdout.as_str(), peer.chats().len()), ("", 0), "nothing changed: {}", run.stderr);
    home.file("shop/price.py", PRICE.replace("print(price(", "print( price("));
    let reply = REVIEW.replace("print(price(", "print( price(");
    peer.answer_by_default(Script::stream().text(&reply).end());
    let run = home.run_in("shop", &["run", "review", "--diff", "HEAD", "--fail-on", "error"]).await;
    assert_ended(&run, 1);
    assert_eq!(run.stdout, "price.py:6:1: error: A list has no price: 100%, sure.\n");
    let prompt = peer.chats()[0].json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("<selection lines=\"6\">\n6| print( price(sys.argv))"), "{prompt}");
    let run = home.run_in("shop", &["run", "review", "--diff", "nowhere"]).await;
    assert_ended(&run, 1);
    assert!(run.stderr.contains("nowhere"), "{}", run.stderr);
    assert_ended(&home.run_in("shop", &["run", "review", "--diff=--output=x"]).await, 1);
}

#[tokio::test]
async fn sarif_findings_are_fixed_one_by_one() {
    let (peer, home) = reviewer("<code>\n    return item.price or 0\n</code>").await;
    let report = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Sonar"}},"results":[
        {"ruleId":"S42","message":{"text":"may be null"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"shop/price.py"},"region":{"startLine":4,"endLine":4}}}]},
        {"ruleId":"S1","message":{"text":"gone"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"shop/gone.py"},"region":{"startLine":1}}}]}]}]}"#;
    home.file("scan.sarif", report);
    peer.answer_by_default(
        Script::stream().text("<code>\ndef price(item):\n    return item.price or 0\n</code>").end(),
    );
    let run = home.run(&["run", "fix", "--sarif", "scan.sarif", "--write"]).await;
    assert_ended(&run, 1);
    assert!(run.stderr.contains("gone.py") && run.stderr.contains("may be null"), "{}", run.stderr);
    let text = std::fs::read_to_string(home.folder.path().join("shop/price.py")).unwrap();
    assert_eq!(text, PRICE.replace("item.price\n", "item.price or 0\n"));
    let prompt = peer.chats()[0].json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("[S42] (Sonar): may be null"), "{prompt}");
}

#[tokio::test]
async fn sarif_report_cannot_name_a_file_outside_of_the_workspace() {
    let (peer, home) = reviewer("<none/>").await;
    home.file("outside.py", "ours = 1\n");
    let outside = home.folder.path().join("outside.py");
    let places = ["../outside.py".to_owned(), "%2e%2e/outside.py".to_owned(), uri_of(&outside)];
    for place in places {
        let report = serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "Sonar" } }, "results": [
            { "message": { "text": "odd" }, "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": place }, "region": { "startLine": 1 } } }] }] }] });
        home.file("shop/scan.sarif", report.to_string());
        let run = home.run_in("shop", &["run", "fix", "--sarif", "scan.sarif", "--write"]).await;
        assert_ended(&run, 1);
        assert!(run.stderr.contains("outside of the workspace"), "{place}: {}", run.stderr);
    }
    assert!(peer.requests().is_empty(), "nothing was sent, and no token asked for");
}

#[cfg(unix)] // symlink
#[tokio::test]
async fn link_added_by_a_change_is_not_followed() {
    let (peer, home) = reviewer("<none/>").await;
    home.file("outside.txt", "ours = 1\n");
    git(&home, "shop", &["init", "-q"]);
    git(&home, "shop", &["add", "."]);
    git(&home, "shop", &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]);
    let shop = home.folder.path().join("shop");
    std::os::unix::fs::symlink("../outside.txt", shop.join("notes.md")).unwrap();
    std::os::unix::fs::symlink("..", shop.join("folder")).unwrap();
    git(&home, "shop", &["add", "."]);
    for arguments in [&["run", "review", "--diff"][..], &["run", "review", "--diff=HEAD", "notes.md"]] {
        let run = home.run_in("shop", arguments).await;
        assert_ended(&run, 0);
        assert!(!run.stderr.contains("is a folder"), "{}", run.stderr);
    }
    assert!(peer.requests().is_empty(), "nothing changed that may be read");
}

#[cfg(unix)] // sh
#[tokio::test]
async fn programs_in_the_git_config_of_a_repository_are_not_run() {
    let (_peer, home) = reviewer("<none/>").await;
    git(&home, "shop", &["init", "-q"]);
    git(&home, "shop", &["add", "."]);
    git(&home, "shop", &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]);
    let trace = home.folder.path().join("was-run");
    let program = format!("touch '{}'; cat", trace.display());
    for key in ["filter.a.clean", "filter.b=c.process", "diff.external", "core.fsmonitor", "diff.d.textconv"] {
        git(&home, "shop", &["config", key, &program]);
    }
    git(&home, "shop", &["config", "filter.a.required", "true"]);
    for attributes in ["*.py filter=a diff=d", "*.py filter=b=c"] {
        home.file("shop/.gitattributes", attributes);
        home.file("shop/price.py", format!("{PRICE}{attributes:?}\n"));
        assert_ended(&home.run_in("shop", &["run", "review", "--diff"]).await, 0);
        assert!(!trace.exists(), "{attributes}");
    }
}
