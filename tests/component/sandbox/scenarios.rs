//! Scenarios, from the view of a client of the sandbox.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::StatusCode;
use serde_json::{Value, json};
use stackspot_lsp::testing::sandbox::{Pacing, SandboxOptions, Scenario};

use crate::sandbox::world::{World, ask_for_token, error, frames, message};

async fn world(toml: &str) -> World {
    let scenario = Scenario::parse(toml, Path::new("scenario.toml")).unwrap();
    let scenario = Some(Arc::new(scenario));
    World::with(SandboxOptions { pacing: Pacing::Immediate, scenario, ..SandboxOptions::default() }).await
}

fn streamed(prompt: &str) -> Value {
    json!({ "user_prompt": prompt, "streaming": true })
}

#[tokio::test]
async fn scenario_rule_sets_answer_tokens_and_sources() {
    let world = world(
        r#"
        [[rule]]
        contains = "ULID"
        reply = "A ULID sorts by time.\n"
        stop_reason = "length"
        tokens = { input = 700, output = 7 }
        sources = [{ name = "Handbook", slug = "handbook", document_score = 0.5 }]
        frames = "thin"
        pace = { chunk_chars = 4 }
        "#,
    )
    .await;
    let mut body = streamed("What is a ULID?");
    for flag in ["stackspot_knowledge", "return_ks_in_response", "use_conversation"] {
        body[flag] = json!(true);
    }
    let frames = frames(&world.chat("any", body.clone()).await.text().await.unwrap());
    assert_eq!(message(&frames), "A ULID sorts by time.\n");
    let (last, others) = frames.split_last().unwrap();
    assert_eq!(others[1..].len(), 6, "22 characters, four at a time");
    assert!(others[1..].iter().all(|frame| frame.as_object().unwrap().len() == 1));
    assert_eq!((&last["stop_reason"], &last["tokens"]), (&json!("length"), &json!({ "input": 700, "output": 7 })));
    assert_eq!(last["knowledge_source_id"], json!(["handbook"]));
    assert_eq!(last["source"], json!([{ "name": "Handbook", "slug": "handbook", "document_score": 0.5 }]));

    body["streaming"] = json!(false);
    body["stackspot_knowledge"] = json!(false);
    let plain: Value = world.chat("any", body).await.json().await.unwrap();
    assert_eq!((&plain["message"], &plain["source"]), (&json!("A ULID sorts by time.\n"), &json!([])));
    assert_eq!(plain["tokens"], json!({ "user": 700, "enrichment": 0, "output": 7 }));

    let other: Value = world.chat("any", json!({ "user_prompt": "Hello" })).await.json().await.unwrap();
    assert!(other["message"].as_str().unwrap().contains("sandbox agent"), "what no rule takes is answered as ever");
}

#[tokio::test]
async fn scenario_error_has_the_given_status_body_and_headers() {
    let world = world(
        r#"
        [[rule]]
        nth = 1
        error = { status = 503, code = "INFERENCE_0001", details = "Try later.", retry_after = 2 }
        [[rule]]
        nth = 1
        error = { status = 502, body = "<html><title>Bad Gateway</title></html>", content_type = "text/html" }
        [[rule]]
        nth = 1
        error = { status = 403 }
        "#,
    )
    .await;
    let first = world.chat("any", streamed("hi")).await;
    assert_eq!(first.headers()["retry-after"], "2");
    let (status, body) = error(first).await;
    assert_eq!((status, &body["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("INFERENCE_0001")));
    assert_eq!((&body["type"], &body["details"]), (&json!("SERVICE_UNAVAILABLE"), &json!("Try later.")));
    let second = world.chat("any", streamed("hi")).await;
    assert_eq!((second.status(), &second.headers()["content-type"] == "text/html"), (StatusCode::BAD_GATEWAY, true));
    assert!(second.text().await.unwrap().contains("Bad Gateway"));
    let third = world.chat("any", streamed("hi")).await;
    assert_eq!((third.status(), third.text().await.unwrap().as_str()), (StatusCode::FORBIDDEN, ""));
    assert_eq!(world.chat("any", streamed("hi")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_is_cut_or_breaks_off_after_its_characters() {
    let world = world(
        r#"
        [[rule]]
        contains = "close"
        reply = "0123456789"
        faults = [{ after = 4, then = "close" }]
        [[rule]]
        contains = "reset"
        reply = "0123456789"
        faults = [{ after = 4, then = "reset" }]
        [[rule]]
        contains = "error"
        reply = "0123456789"
        faults = [{ after = 4, then = "error-frame" }]
        "#,
    )
    .await;
    let cut = frames(&world.chat("any", streamed("close")).await.text().await.unwrap());
    assert_eq!((message(&cut).as_str(), cut.last().unwrap().get("stop_reason")), ("0123", None));
    let plain: Value = world.chat("any", json!({ "user_prompt": "close" })).await.json().await.unwrap();
    assert_eq!((&plain["message"], plain.get("stop_reason")), (&json!("0123"), None));

    let mut body = world.chat("any", streamed("reset")).await.bytes_stream();
    let mut read = Vec::new();
    let broken = loop {
        match body.next().await.expect("an error, not an end") {
            Ok(chunk) => read.extend(chunk),
            Err(error) => break error,
        }
    };
    assert!(String::from_utf8(read).unwrap().contains("\"0123\""), "what came before arrived");
    assert!(broken.is_body() || broken.is_decode(), "{broken}");
    assert!(world.chat("any", json!({ "user_prompt": "reset" })).await.text().await.is_err());

    let failed = frames(&world.chat("any", streamed("error")).await.text().await.unwrap());
    assert_eq!((message(&failed).as_str(), &failed.last().unwrap()["type"]), ("0123", &json!("error")));
    let (status, _) = error(world.chat("any", json!({ "user_prompt": "error" })).await).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn scenario_fault_puts_bad_bytes_in_stream_and_plain_reply() {
    let cases: [(&str, &[u8], &[u8]); 6] = [
        ("invalid-utf8", b"data: {\"message\":\"\xff\xfe\"}\n\n", b"\"message\":\"\xff\xfeab"),
        ("broken-json", b"data: {\"message\":\"c\n\n", b"{\"agent_info\""),
        ("non-finite", b"data: {\"score\":NaN,\"message\":\"cd\"}\n\n", b"{\"score\":NaN,"),
        ("bom", b"\n\n\xef\xbb\xbfdata: ", b"\xef\xbb\xbf{"),
        ("lone-surrogate", b"data: {\"message\":\"\\ud83d\"}\n\n", b"\"message\":\"\\ud83dab"),
        ("comment", b"\n\n: ping\n\n", b"\"message\":\"ab"),
    ];
    for (kind, in_stream, in_object) in cases {
        let world =
            world(&format!("[[rule]]\nreply = \"ab cd\"\nfaults = [{{ after = 3, then = \"{kind}\" }}]\n")).await;
        let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        let bytes = world.chat("any", streamed("x")).await.bytes().await.unwrap();
        assert!(holds(&bytes, in_stream), "{kind}: {}", String::from_utf8_lossy(&bytes));
        assert!(holds(&bytes, b"\"stop_reason\":\"stop\""), "{kind}: the answer goes on");
        let bytes = world.chat("any", json!({ "user_prompt": "x" })).await.bytes().await.unwrap();
        assert!(holds(&bytes, in_object), "{kind}: {}", String::from_utf8_lossy(&bytes));
        let is_whole = serde_json::from_slice::<Value>(&bytes).is_ok();
        assert_eq!(is_whole, kind == "comment", "{kind}");
    }
}

#[tokio::test]
async fn broken_frame_loses_its_text_and_cut_character_ends_answer() {
    let text = "um dois três quatro";
    let rule = |then: &str| format!("[[rule]]\nreply = \"{text}\"\nfaults = [{{ after = 8, then = \"{then}\" }}]\n");
    let cut = world(&rule("broken-json")).await.chat("any", streamed("x")).await.text().await.unwrap();
    let whole = cut.split("\n\n").filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok());
    assert_eq!(message(&whole.collect::<Vec<Value>>()), "um dois quatro", "the word in the middle is lost");
    assert!(cut.contains("\"stop_reason\":\"stop\""), "{cut}");

    let cut = world(&rule("cut-character")).await;
    let bytes = cut.chat("any", streamed("x")).await.bytes().await.unwrap();
    assert!(bytes.ends_with(b"data: {\"message\":\"n\xc3"), "{bytes:?}");
    let bytes = cut.chat("any", json!({ "user_prompt": "x" })).await.bytes().await.unwrap();
    assert!(bytes.ends_with(b"\"message\":\"n\xc3"), "{bytes:?}");
}

#[tokio::test]
async fn stalled_answer_keeps_its_connection_open() {
    let world = world(
        r#"
        [[rule]]
        contains = "empty"
        reply = "0123456789"
        faults = [{ after = 4, then = "empty-frames", every_ms = 5 }]
        [[rule]]
        reply = "0123456789"
        faults = [{ after = 4, then = "stall" }]
        "#,
    )
    .await;
    let mut body = world.chat("any", streamed("empty")).await.bytes_stream();
    let mut text = String::new();
    while text.matches("\n\n").count() < 8 {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    assert_eq!(message(&frames(&text)), "0123");
    drop(body);
    world.until_writing(0).await;

    let mut body = world.chat("any", streamed("silence")).await.bytes_stream();
    let mut text = String::new();
    while !text.contains("0123") {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), body.next()).await.is_err(), "silence, and no end");
    world.until_writing(1).await;
}

#[tokio::test]
async fn over_the_limit_of_a_minute_chats_are_refused() {
    let world = world("rate_limit = { requests_per_minute = 2, retry_after = true }").await;
    for agent in ["one", "another"] {
        assert_eq!(world.chat(agent, streamed("hi")).await.status(), StatusCode::OK);
    }
    let limited = world.chat("third", streamed("hi")).await;
    let wait: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((55..=60).contains(&wait), "{wait}");
    let (status, body) = error(limited).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED"))
    );
    assert!(body["details"].as_str().unwrap().contains("2 requests per minute"));
}

#[tokio::test]
async fn tokens_are_refused_slow_or_short_lived_as_asked() {
    let world = world(
        r#"
        [[token]]
        client_id = "expired-pat"
        oauth_error = "invalid_client"
        description = "The token has expired"
        status = 400
        [[token]]
        realm = "acme"
        client_id = "slow"
        delay_ms = 200
        expires_in = 30
        [[token]]
        client_id = "down"
        nth = 1
        error = { status = 503 }
        "#,
    )
    .await;
    let base = world.sandbox.base_url();
    let ask = |id: &'static str| ask_for_token(&world.client, &base, "client_credentials", id, "secret");
    let (status, body) = error(ask("expired-pat").await).await;
    let expected = json!({ "error": "invalid_client", "error_description": "The token has expired" });
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, expected));
    let begun = Instant::now();
    assert_eq!(error(ask("slow").await).await.1["expires_in"], 30);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert_eq!(ask("down").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask("down").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn uploads_are_refused_in_either_step() {
    let world = world(
        r#"
        [[upload]]
        step = "form"
        contains = ".exe"
        error = { status = 400, code = "FILE_TYPE", details = "This type is not taken." }
        [[upload]]
        step = "file"
        contains = "large"
        error = { status = 413 }
        "#,
    )
    .await;
    let (status, body) = error(world.upload_form("setup.exe").await).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("FILE_TYPE")));
    let form: Value = world.upload_form("large.txt").await.json().await.unwrap();
    assert_eq!(world.upload_file(&form, b"x").await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let form: Value = world.upload_form("small.txt").await.json().await.unwrap();
    assert_eq!(world.upload_file(&form, b"x").await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn agents_of_a_scenario_are_listed_and_called_by_name() {
    let world = world(
        r#"
        [[agent]]
        id = "01HREV1EWER000000000000000"
        name = "Reviewer"
        [[rule]]
        agent = "Reviewer"
        reply = "Looks good."
        "#,
    )
    .await;
    let list = world.get("/v1/agents").await;
    assert_eq!(list[0], json!({ "id": "01HREV1EWER000000000000000", "name": "Reviewer" }));
    let reply: Value =
        world.chat("01HREV1EWER000000000000000", json!({ "user_prompt": "hi" })).await.json().await.unwrap();
    assert_eq!(reply["message"], "Looks good.");
}

#[tokio::test]
async fn scenario_in_the_documentation_works_as_described() {
    let page = include_str!("../../../docs/sandbox.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (toml, _) = rest.split_once("```\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("long-answer.md"), "word ".repeat(100)).unwrap();
    std::fs::write(folder.path().join("scenario.toml"), toml).unwrap();
    let scenario = Scenario::read(&folder.path().join("scenario.toml")).unwrap();
    let scenario = Some(Arc::new(scenario));
    let world = World::with(SandboxOptions { pacing: Pacing::Immediate, scenario, ..SandboxOptions::default() }).await;
    let review = json!({ "user_prompt": "def login(password): ...", "streaming": false });
    let reviewer = "01HREV1EWER000000000000000";
    let first = world.chat(reviewer, review.clone()).await;
    assert_eq!((first.status(), &first.headers()["retry-after"] == "1"), (StatusCode::SERVICE_UNAVAILABLE, true));
    let second: Value = world.chat(reviewer, review.clone()).await.json().await.unwrap();
    assert_eq!(second["message"], "1. The password is compared in plain text.\n");
    assert_eq!(world.chat(reviewer, review).await.status(), StatusCode::TOO_MANY_REQUESTS);
}
