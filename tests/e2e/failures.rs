//! Errors on the way to the agent: one message or one error, which says what to do next and contains no secret.

use serde_json::{Value, json};

use crate::support::peer::{CLIENT_SECRET, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{AGENT, ERROR, SOURCE, URI, World};

struct Case {
    name: &'static str,
    /// Responses to the chats, in order.
    chats: Vec<Script>,
    kind: &'static str,
    status: Option<u16>,
    /// The sentence contains all of these.
    says: &'static [&'static str],
}

/// The service asks for no wait between attempts.
fn at_once(script: Script) -> Script {
    script.header("retry-after", "0")
}

fn cases() -> Vec<Case> {
    let case = |name, chats, kind, status, says| Case { name, chats, kind, status, says };
    // If the limit is this long, the server reports it and does not wait.
    let rate = || Script::error(429, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "Too many requests");
    let down = || at_once(Script::error(500, "INTERNAL", "it broke"));
    let html = "<html><head><title>Bad Gateway</title></head></html>";
    let large = "exceeds limit of 272000 tokens. Your messages resulted in 300123 tokens";
    vec![
        case(
            "401 twice",
            vec![Script::status(401), Script::status(401)],
            "credentials",
            Some(401),
            &["STACKSPOT_REALM"],
        ),
        case("403", vec![Script::status(403)], "forbidden", Some(403), &[AGENT, "shared"]),
        case("rate limit", vec![rate().header("retry-after", "300")], "rateLimited", Some(429), &["300 s", "lower"]),
        case("quota", vec![Script::error(429, "X", "No credits left")], "quota", Some(429), &["administrator"]),
        case(
            "too large",
            vec![Script::error(400, "INFERENCE_6001_LLM_MODEL_BAD_REQUEST", large)],
            "promptTooLarge",
            Some(400),
            &["300123", "272000", "Select less"],
        ),
        case("500 thrice", vec![down(), down(), down()], "server", Some(500), &["INTERNAL", "Run it again"]),
        case(
            "a gateway's page",
            (0..3).map(|_| at_once(Script::status(502).header("content-type", "text/html").bytes(html))).collect(),
            "server",
            Some(502),
            &["Bad Gateway", "Run it again"],
        ),
        case(
            "an error in the stream",
            vec![Script::stream().data(r#"{"type":"error","code":"E1","details":"no model"}"#)],
            "server",
            None,
            &["E1", "no model"],
        ),
    ]
}

fn editors() -> [Profile; 3] {
    [profiles::vscode(), profiles::helix(), profiles::minimal()]
}

/// Runs each case in each editor, at the same time, because all of them wait between attempts.
async fn in_all<F: Future<Output = ()>>(
    editors: impl IntoIterator<Item = Profile>,
    story: impl Fn(Profile, Case) -> F,
) {
    let stories = editors.into_iter().flat_map(|profile| cases().into_iter().map(move |case| (profile.clone(), case)));
    futures::future::join_all(stories.map(|(profile, case)| story(profile, case))).await;
}

#[tokio::test]
async fn a_plug_in_gets_one_error_with_its_kind_and_no_message() {
    in_all(editors(), |profile, case| async move {
        let world = World::open(profile.options(json!({ "retry": { "maxAttempts": 3 } }))).await;
        let count = case.chats.len();
        case.chats.into_iter().for_each(|script| drop(world.peer.expect_chat(script)));
        let error = world.run(world.params("refactor")).await.unwrap_err();
        assert_eq!(error["code"], -32803, "{}: {error}", case.name);
        assert_eq!(error["data"]["kind"], case.kind, "{}: {error}", case.name);
        let status = case.status.map(|status| json!(status));
        assert_eq!(error["data"].get("status"), status.as_ref(), "{}: {error}", case.name);
        let message = error["message"].as_str().unwrap();
        assert!(case.says.iter().all(|text| message.contains(text)), "{}: {message}", case.name);
        assert_eq!(world.peer.chats().len(), count, "{}", case.name);
        let tokens = if case.name == "401 twice" { 2 } else { 1 };
        assert_eq!(world.peer.token_requests(), tokens, "{}", case.name);
        assert_eq!((world.editor.text(URI), world.count("window/showMessage")), (SOURCE.into(), 0));
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn one_line_message_begins_with_what_to_do() {
    for profile in profiles::all() {
        let is_one_line = ["helix", "kak", "neovim"].iter().any(|stem| profile.name.starts_with(stem));
        let world = World::open(profile).await;
        world.peer.expect_chat(Script::error(403, "FORBIDDEN", "no"));
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        let shown = world.editor.wait_for_method("window/showMessage").await;
        let (message, whole) = (shown["message"].as_str().unwrap(), world.editor.whole(&shown));
        let brief = "StackSpot AI: Explain: Check the agent id";
        assert_eq!(message.starts_with(brief), is_one_line, "{}: {message}", world.profile.name);
        assert!(whole.ends_with("(“Explain with StackSpot AI”, cart.py)"), "{whole}");
        world.wait_for_no_jobs().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn every_failure_fits_in_90_characters_in_both_languages() {
    in_all(
        [profiles::helix(), profiles::neovim()].into_iter().flat_map(in_both_languages),
        |profile, case| async move {
            let world = World::open(profile).await;
            case.chats.into_iter().for_each(|script| drop(world.peer.expect_chat(script)));
            world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
            let shown = world.editor.wait_for_method("window/showMessage").await;
            let (message, whole) = (shown["message"].as_str().unwrap(), world.editor.whole(&shown));
            assert!(message.chars().count() <= 90, "{}: {message}", case.name);
            assert!(whole.chars().count() > 90, "the log has no more than the line: {whole}");
            world.wait_for_no_jobs().await;
            world.finish().await;
        },
    )
    .await;
}

fn in_both_languages(profile: Profile) -> [Profile; 2] {
    let options = |language| json!({ "language": language, "retry": { "maxAttempts": 3 } });
    ["en", "pt-BR"].map(|language| profile.clone().options(options(language)))
}

#[tokio::test]
async fn request_error_has_a_brief_form_of_90_characters() {
    in_all(in_both_languages(profiles::neovim()), |profile, case| async move {
        let world = World::open(profile).await;
        case.chats.into_iter().for_each(|script| drop(world.peer.expect_chat(script)));
        let error = world.run(world.params("refactor")).await.unwrap_err();
        let (message, brief) = (error["message"].as_str().unwrap(), error["data"]["brief"].as_str().unwrap());
        assert!(brief.chars().count() <= 90 && !brief.is_empty(), "{}: {brief}", case.name);
        assert!(message.chars().count() > brief.chars().count(), "{message}: {brief}");
        world.finish().await;
    })
    .await;
}

/// The end of a progress after an error of this kind.
fn words_of(kind: &str) -> &'static str {
    match kind {
        "credentials" => "failed: the account was not accepted",
        "forbidden" => "failed: the agent is not available",
        "rateLimited" => "failed: too many requests",
        "quota" => "failed: the quota is used up",
        "promptTooLarge" => "failed: the question is too long",
        "network" => "failed: no connection",
        "timeout" => "failed: no answer in time",
        "truncated" => "failed: the answer broke off",
        "server" => "failed: the service has a problem",
        "protocol" => "failed: the answer could not be read",
        other => panic!("no words for {other}"),
    }
}

#[tokio::test]
async fn user_gets_one_message_with_what_to_do() {
    in_all(editors(), |profile, case| async move {
        let world = World::open(profile).await;
        case.chats.into_iter().for_each(|script| drop(world.peer.expect_chat(script)));
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        let (kind, message) = world.message().await;
        assert_eq!(kind, ERROR);
        assert!(case.says.iter().all(|text| message.contains(text)), "{}: {message}", case.name);
        if world.shows_progress() {
            assert_eq!(world.ended_progress().await.end(), Some(words_of(case.kind)));
        }
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn stream_that_ends_without_text_is_an_error() {
    let world = World::open(profiles::vscode().options(json!({ "retry": { "maxAttempts": 1 } }))).await;
    world.peer.expect_chat(Script::stream());
    let error = world.run(world.params("explain")).await.unwrap_err();
    assert_eq!(error["data"], json!({ "kind": "truncated", "status": 200 }), "{error}");
    world.finish().await;
}

#[tokio::test]
async fn partial_answer_is_kept_when_the_stream_fails() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.peer.answer_by_default(Script::stream().text("The first ").text("half of").cut());
        let error = world.run(world.params("refactor")).await.unwrap_err();
        assert_eq!(error["code"], -32803, "{error}");
        let data = &error["data"];
        assert_eq!((&data["kind"], &data["partial"]), (&json!("truncated"), &json!("The first half of")), "{error}");
        assert_eq!(world.peer.chats().len(), 1, "an answer that has begun is never asked for again");

        world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
        let (kind, message) = world.message().await;
        assert!(kind == ERROR && message.contains("stackspot-lsp.showAnswer"), "{message}");
        world.editor.execute("stackspot-lsp.showAnswer", Value::Null).await;
        if world.shows_documents() {
            let shown = world.shown_answer().await;
            assert!(shown.contains("The first half of") && shown.contains("incomplete"), "{shown}");
        } else {
            let shown = world.message().await.1;
            assert!(shown.contains("The first half of") && shown.contains("incomplete"), "{shown}");
        }
        assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (SOURCE.into(), 0));
        world.finish().await;
    }
}

#[tokio::test]
async fn stalled_stream_fails_after_the_configured_timeouts() {
    // Empty frames are not text. If only such frames arrive, the timeouts still apply.
    let empty = || (0..5_000).fold(Script::stream(), |script, _| script.text("")).stall();
    let idle = || (0..5_000).fold(Script::stream().text("Some"), |script, _| script.text("")).stall();
    let cases = [
        (Script::raw().stall(), None),
        (Script::stream().stall(), None),
        (empty(), None),
        (Script::stream().text("Some").stall(), Some("Some")),
        (idle(), Some("Some")),
    ];
    let timeouts = json!({ "timeouts": { "firstTokenMs": 150, "idleMs": 150 }, "retry": { "maxAttempts": 1 } });
    for profile in [profiles::vscode(), profiles::minimal()] {
        for (script, partial) in &cases {
            let world = World::open(profile.clone().options(timeouts.clone())).await;
            let chat = world.peer.expect_chat(script.clone());
            let error = world.run(world.params("explain")).await.unwrap_err();
            assert_eq!(error["data"]["kind"], "timeout", "{error}");
            assert_eq!(error["data"].get("partial"), partial.map(|text| json!(text)).as_ref(), "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("150 ms") && message.contains("timeouts."), "{message}");
            chat.closed().await;
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn invalid_response_bytes_are_an_error_and_not_a_crash() {
    let cases = [
        Script::raw().bytes(b"\x00\xff\xfe no http at all\r\n\r\n".to_vec()).cut(),
        Script::status(200).header("content-type", "application/json").bytes(b"{\"message\": \xff\xfe".to_vec()),
        Script::status(200).header("content-type", "text/html").bytes("<html><title>Log in</title></html>"),
        Script::stream().bytes(b"data: \xf0\x9f\n\ndata: {\n\n".to_vec()).cut(),
    ];
    for (number, script) in cases.into_iter().enumerate() {
        let world = World::open(profiles::vscode().options(json!({ "retry": { "maxAttempts": 1 } }))).await;
        world.peer.expect_chat(script);
        let error = world.run(world.params("explain")).await.unwrap_err();
        let kind = error["data"]["kind"].as_str().unwrap();
        assert!(["network", "protocol", "truncated", "server"].contains(&kind), "{number}: {error}");
        assert_eq!(world.run(world.params("explain")).await.unwrap()["outcome"], "answered", "and life goes on");
        world.finish().await;
    }
}

#[tokio::test]
async fn user_is_told_what_to_set_without_credential_or_agent() {
    let cases: [(&[&str], &[&str]); 4] = [
        (&["STACKSPOT_REALM"], &["STACKSPOT_REALM"]),
        (&["STACKSPOT_CLIENT_ID", "STACKSPOT_CLIENT_SECRET"], &["STACKSPOT_CLIENT_ID"]),
        (&["STACKSPOT_CLIENT_SECRET"], &["STACKSPOT_CLIENT_SECRET"]),
        (&["STACKSPOT_AGENT_ID"], &["STACKSPOT_AGENT_ID", "agent"]),
    ];
    for profile in editors() {
        for (missing, says) in cases {
            let adapt = |variables: &mut Vec<(&str, String)>| variables.retain(|(name, _)| !missing.contains(name));
            let world = World::start_with(profile.clone(), adapt).await;
            world.editor.open(URI, "python", SOURCE);
            let error = world.run(world.params("explain")).await.unwrap_err();
            assert_eq!(error["data"]["kind"], "credentials", "{missing:?}: {error}");
            world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
            let (kind, message) = world.message().await;
            assert_eq!(kind, ERROR);
            assert!(message.starts_with(error["message"].as_str().unwrap()), "{message}");
            assert!(says.iter().all(|text| message.contains(text)), "{missing:?}: {message}");
            assert_eq!(world.peer.requests().len(), 0);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn plug_in_can_ask_if_a_credential_is_missing() {
    let cases: [(&[&str], Option<&str>); 3] =
        [(&["STACKSPOT_CLIENT_SECRET"], Some("STACKSPOT_CLIENT_SECRET")), (&["STACKSPOT_AGENT_ID"], None), (&[], None)];
    for profile in editors() {
        for (missing, says) in cases {
            let adapt = |variables: &mut Vec<(&str, String)>| variables.retain(|(name, _)| !missing.contains(name));
            let world = World::start_with(profile.clone(), adapt).await;
            let credential = world.editor.request("stackspot-lsp/credential", json!(null)).await.unwrap();
            match (says, credential["missing"].as_str()) {
                (Some(says), Some(sentence)) => assert!(sentence.contains(says), "{sentence}"),
                (says, told) => assert_eq!(told, says, "{missing:?}"),
            }
            assert_eq!(world.peer.requests().len(), 0);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn rejected_realm_or_secret_is_reported_without_the_secret() {
    let refused = |status, error: &str| {
        let body = json!({ "error": error, "error_description": format!("bad client {CLIENT_SECRET}") });
        Script::status(status).header("content-type", "application/json").bytes(body.to_string())
    };
    let cases = [
        (refused(401, "invalid_client"), Some(401), "STACKSPOT_CLIENT_"),
        (refused(400, "invalid_client"), Some(400), "STACKSPOT_CLIENT_"),
        (Script::status(404), Some(404), "STACKSPOT_REALM"),
    ];
    for (script, status, says) in cases {
        let world = World::open(profiles::vscode()).await;
        world.peer.expect_token(script);
        let error = world.run(world.params("explain")).await.unwrap_err();
        assert_eq!(error["data"]["kind"], "credentials", "{error}");
        assert_eq!(error["data"].get("status"), status.map(|status| json!(status)).as_ref(), "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert_eq!(world.peer.chats().len(), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn closed_port_is_reported_as_a_network_error() {
    let adapt = |variables: &mut Vec<(&str, String)>| {
        for (name, value) in variables {
            if *name == "STACKSPOT_INFERENCE_URL" {
                // No service uses this port: by definition it discards everything.
                *value = "http://127.0.0.1:9".to_owned();
            }
        }
    };
    let world = World::start_with(profiles::vscode().options(json!({ "retry": { "maxAttempts": 1 } })), adapt).await;
    world.editor.open(URI, "python", SOURCE);
    let error = world.run(world.params("explain")).await.unwrap_err();
    assert_eq!(error["data"]["kind"], "network", "{error}");
    assert!(error["message"].as_str().unwrap().contains("127.0.0.1"), "{error}");
    world.finish().await;
}

#[tokio::test]
async fn code_never_goes_over_plain_http_to_another_machine() {
    let adapt = |variables: &mut Vec<(&str, String)>| {
        variables.retain(|(name, _)| *name != "STACKSPOT_INFERENCE_URL");
        variables.push(("STACKSPOT_INFERENCE_URL", "http://inference.example".to_owned()));
    };
    let world = World::start_with(profiles::vscode(), adapt).await;
    world.editor.open(URI, "python", SOURCE);
    let error = world.run(world.params("explain")).await.unwrap_err();
    assert!(error["message"].as_str().unwrap().contains("STACKSPOT_INFERENCE_URL"), "{error}");
    assert_eq!(world.peer.requests().len(), 0);
    world.finish().await;
}
