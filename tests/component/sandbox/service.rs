//! The endpoints of the service, as implemented by the sandbox.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use stackspot_lsp::testing::agents_api::Credential;
use stackspot_lsp::testing::sandbox::{Pacing, SANDBOX_AGENT_ID, SandboxOptions, environment_lines};

use crate::sandbox::world::{World, ask_for_token, error, frames, message};

#[tokio::test]
async fn token_requires_a_valid_client_id_and_secret() {
    let world = World::new().await;
    let base = world.sandbox.base_url();
    for (grant, id, secret, status, name) in [
        ("client_credentials", "invalid", "x", StatusCode::UNAUTHORIZED, "invalid_client"),
        ("client_credentials", "", "x", StatusCode::BAD_REQUEST, "invalid_request"),
        ("client_credentials", "x", "", StatusCode::BAD_REQUEST, "invalid_request"),
        ("password", "x", "x", StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    ] {
        let (found, body) = error(ask_for_token(&world.client, &base, grant, id, secret).await).await;
        assert_eq!((found, body["error"].as_str()), (status, Some(name)));
    }
    let json = world.client.post(format!("{base}/acme/oidc/oauth/token")).json(&json!({})).send().await.unwrap();
    assert_eq!(json.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn sandbox_refuses_requests_without_its_own_token() {
    let world = World::new().await;
    let url = format!("{}/v1/agent/{SANDBOX_AGENT_ID}/chat", world.sandbox.base_url());
    let body = json!({ "user_prompt": "hi" });
    let bare = world.client.post(&url).json(&body).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let forged = world.client.post(&url).bearer_auth("sandbox-guess").json(&body).send().await.unwrap();
    assert_eq!(error(forged).await.1["code"], "SANDBOX_UNAUTHORIZED");
    let agents = world.client.get(format!("{}/v1/agents", world.sandbox.base_url())).send().await.unwrap();
    assert_eq!(agents.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_streamed_answer_has_the_frames_of_the_service() {
    let world = World::new().await;
    let response = world
        .chat(
            SANDBOX_AGENT_ID,
            json!({ "user_prompt": "What is a ULID?", "streaming": true, "use_conversation": true }),
        )
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    // Without the charset, clients that follow the HTTP standard exactly read Latin-1.
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let frames = frames(&response.text().await.unwrap());
    let (last, others) = frames.split_last().unwrap();
    assert!(others.iter().all(|frame| frame.get("stop_reason").is_none()));
    assert!(others.iter().any(|frame| frame.as_object().unwrap().len() == 1), "thin frames");
    let fat =
        ["upload_ids", "knowledge_source_id", "source", "cross_account_source", "tools_id", "agent_info", "message"];
    assert!(others.iter().any(|frame| fat.iter().all(|name| frame.get(name).is_some())), "fat frames");
    let text = message(&frames);
    assert!(text.contains("\"What is a ULID?\""), "{text}");
    assert_eq!((&last["stop_reason"], &last["message"]), (&json!("stop"), &json!("")));
    assert_eq!(last["tokens"], json!({ "input": 4, "output": text.chars().count().div_ceil(4) }));
    for id in ["message_id", "conversation_id"] {
        assert!(ulid::Ulid::from_string(last[id].as_str().unwrap()).is_ok(), "{id}");
    }
}

#[tokio::test]
async fn a_plain_answer_is_one_object_with_the_old_token_names() {
    let world = World::new().await;
    let body = json!({
        "user_prompt": "What is a ULID?", "streaming": false, "stackspot_knowledge": true, "return_ks_in_response": true,
        "deep_search_ks": false, "agent_version_number": 3, "selected_model": "unlisted fields pass",
    });
    let reply: Value = world.chat(SANDBOX_AGENT_ID, body).await.json().await.unwrap();
    assert!(reply["message"].as_str().unwrap().contains("What is a ULID?"));
    assert_eq!(
        (&reply["stop_reason"], &reply["tokens"]["user"], &reply["tokens"]["enrichment"]),
        (&json!("stop"), &json!(4), &json!(0))
    );
    assert_eq!(reply["knowledge_source_id"], json!(["sandbox-handbook"]));
    assert_eq!(reply["source"][0]["slug"], "sandbox-handbook");
    assert_eq!(reply.get("conversation_id"), None, "no conversation was asked for");
}

#[tokio::test]
async fn conversation_remembers_the_earlier_question() {
    let world = World::new().await;
    let first: Value = world
        .chat("any", json!({ "user_prompt": "What is a ULID?", "use_conversation": true }))
        .await
        .json()
        .await
        .unwrap();
    let id = first["conversation_id"].as_str().unwrap();
    assert!(!first["message"].as_str().unwrap().contains("turn"));
    for turn in 2..4 {
        let body = json!({ "user_prompt": "And then?", "use_conversation": true, "conversation_id": id });
        let reply: Value = world.chat("any", body).await.json().await.unwrap();
        let text = reply["message"].as_str().unwrap();
        assert!(text.contains(&format!("turn {turn} of this conversation")), "{text}");
        assert!(
            text.contains(if turn == 2 { "you asked: \"What is a ULID?\"" } else { "you asked: \"And then?\"" }),
            "{text}"
        );
        assert_eq!(reply["conversation_id"], id);
    }
    let other: Value =
        world.chat("any", json!({ "user_prompt": "And then?", "use_conversation": true })).await.json().await.unwrap();
    assert_ne!(other["conversation_id"], id);
    assert!(!other["message"].as_str().unwrap().contains("turn"));
}

#[tokio::test]
async fn refactoring_is_returned_as_code() {
    let world = World::new().await;
    let prompt = "Action: refactor\nLanguage: rust\n<selection>\n    let x = 1;\r\n    let y = 2;\r\n\n</selection>\n";
    let response = world.chat("any", json!({ "user_prompt": prompt, "streaming": true })).await;
    let text = message(&frames(&response.text().await.unwrap()));
    let comment = "    // Reviewed by the StackSpot sandbox agent: 2 lines, nothing else changed.\r\n";
    assert_eq!(text, format!("{comment}    let x = 1;\r\n    let y = 2;\r\n"));
    let fenced: Value = world.chat("fenced", json!({ "user_prompt": prompt })).await.json().await.unwrap();
    assert!(fenced["message"].as_str().unwrap().contains("\n```rust\n"), "{fenced}");
}

#[tokio::test]
async fn a_malformed_body_is_refused_with_the_reason() {
    let world = World::new().await;
    for (body, reason) in [
        (json!([]), "must be a JSON object"),
        (json!({}), "user_prompt is missing"),
        (json!({ "user_prompt": null }), "user_prompt is missing"),
        (json!({ "user_prompt": 1 }), "user_prompt must be a string"),
        (json!({ "user_prompt": "" }), "user_prompt must not be empty"),
        (json!({ "user_prompt": "x", "streaming": 1 }), "streaming must be true or false"),
        (json!({ "user_prompt": "x", "streaming": "yes" }), "streaming must be true or false"),
        (json!({ "user_prompt": "x", "conversation_id": "x", "use_conversation": true }), "must be a ULID"),
        (json!({ "user_prompt": "x", "agent_version_number": "one" }), "agent_version_number must be a whole number"),
        (json!({ "user_prompt": "x", "upload_ids": "x" }), "upload_ids must be a list"),
        (json!({ "user_prompt": "x", "upload_ids": ["x"] }), "no upload of this sandbox"),
        (json!({ "user_prompt": "x", "knowledge_source_ids": "x" }), "knowledge_source_ids must be a list"),
    ] {
        refused(&world, body, reason).await;
    }
    let strict = SandboxOptions { pacing: Pacing::Immediate, strict: true, ..SandboxOptions::default() };
    let world = World::with(strict).await;
    for (body, reason) in [
        (json!({ "user-prompt": "x" }), "with an underscore"),
        (json!({ "user_prompt": "x", "streaming": "true" }), "streaming must be true or false"),
        (json!({ "user_prompt": "x", "stackspot_knowledge": "true" }), "stackspot_knowledge must be true or false"),
        (json!({ "user_prompt": "x", "deep_search_ks": null }), "deep_search_ks is null"),
        (json!({ "user_prompt": "x", "conversation_id": SANDBOX_AGENT_ID }), "needs use_conversation"),
        (json!({ "user_prompt": "x", "agent_version_number": "1" }), "agent_version_number must be a whole number"),
        (json!({ "user_prompt": "x", "knowledge_sources": ["a"] }), "is called knowledge_source_ids"),
    ] {
        refused(&world, body, reason).await;
    }
    assert_eq!(world.get("/v4/agents?page=0&size=4").await["type"], "BAD_REQUEST");
    assert!(world.sandbox.told().borrow().is_empty(), "what is refused is not let pass");
}

async fn refused(world: &World, body: Value, reason: &str) {
    let (status, reply) = error(world.chat("any", body).await).await;
    assert_eq!((status, reply["type"].as_str()), (StatusCode::BAD_REQUEST, Some("BAD_REQUEST")), "{reason}");
    assert!(reply["details"].as_str().unwrap().contains(reason), "{reply}");
}

#[tokio::test]
async fn a_prompt_over_the_limit_is_refused_with_both_numbers() {
    let world = World::new().await;
    let (status, reply) = error(world.chat("any", json!({ "user_prompt": "x".repeat(272_000 * 4 + 1) })).await).await;
    assert_eq!(
        (status, reply["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("INFERENCE_6001_LLM_MODEL_BAD_REQUEST"))
    );
    let details = reply["details"].as_str().unwrap();
    assert!(details.contains("limit of 272000 tokens") && details.contains("resulted in 272001 tokens"), "{details}");
}

#[tokio::test]
async fn failing_agents_fail_as_documented() {
    let world = World::new().await;
    let body = json!({ "user_prompt": "hello there", "streaming": true });

    let forbidden = world.chat("forbidden", body.clone()).await;
    assert_eq!((forbidden.status(), forbidden.text().await.unwrap().as_str()), (StatusCode::FORBIDDEN, ""));
    assert_eq!(world.chat("unauthorized", body.clone()).await.status(), StatusCode::UNAUTHORIZED);

    let limited = world.chat("rate-limited", body.clone()).await;
    assert_eq!(limited.headers().get("retry-after"), None);
    let (status, reply) = error(limited).await;
    assert_eq!(
        (status, reply["code"].as_str()),
        (StatusCode::TOO_MANY_REQUESTS, Some("INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED"))
    );
    let (status, reply) = error(world.chat("quota", body.clone()).await).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply["details"].as_str().unwrap().contains("credits"));

    let gateway = world.chat("server-error", body.clone()).await;
    assert_eq!(gateway.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(gateway.text().await.unwrap().starts_with("<html>"));
    assert_eq!(world.chat("flaky", body.clone()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.chat("flaky", body.clone()).await.status(), StatusCode::OK);

    let truncated = frames(&world.chat("truncated", body.clone()).await.text().await.unwrap());
    assert!(!message(&truncated).is_empty() && truncated.iter().all(|frame| frame.get("stop_reason").is_none()));
    let broken = frames(&world.chat("stream-error", body).await.text().await.unwrap());
    assert_eq!(broken.last().unwrap()["type"], "error");
    assert!(!message(&broken).is_empty());
}

#[tokio::test]
async fn stalled_agent_sends_some_text_then_only_empty_frames() {
    let world = World::new().await;
    let response = world.chat("stalled", json!({ "user_prompt": "hello", "streaming": true })).await;
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    // An empty frame, five words, and the first of an endless series of empty frames.
    while text.matches("\n\n").count() < 7 {
        text.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    assert_eq!(message(&frames(&text)), "This is the StackSpot sandbox ");
    assert_eq!(frames(&text).last().unwrap()["message"], "", "an empty frame is no text");
    world.until_writing(1).await;
    drop(stream);
    world.until_writing(0).await;
}

#[tokio::test]
async fn sandbox_stops_writing_when_client_disconnects() {
    let hour = Duration::from_secs(3600);
    let world = World::with(SandboxOptions {
        pacing: Pacing::Words { first: Duration::ZERO, between: hour },
        ..SandboxOptions::default()
    })
    .await;
    let streamed = world.chat("any", json!({ "user_prompt": "hello", "streaming": true })).await;
    world.until_writing(1).await;
    drop(streamed);
    world.until_writing(0).await;

    let url = format!("{}/v1/agent/any/chat", world.sandbox.base_url());
    let request = world.client.post(url).bearer_auth(&world.token).json(&json!({ "user_prompt": "hello" }));
    let plain = tokio::spawn(request.send());
    world.until_writing(1).await;
    plain.abort();
    world.until_writing(0).await;
    assert_eq!(world.sandbox.activity().borrow().chats, 2);
}

#[tokio::test]
async fn dropping_it_breaks_off_answers_and_closes_the_port() {
    let hour = Duration::from_secs(3600);
    let pacing = Pacing::Words { first: Duration::ZERO, between: hour };
    let World { sandbox, client, token } = World::with(SandboxOptions { pacing, ..SandboxOptions::default() }).await;
    let url = format!("{}/v1/agent/any/chat", sandbox.base_url());
    let body = json!({ "user_prompt": "hello", "streaming": true });
    let response = client.post(&url).bearer_auth(&token).json(&body).send().await.unwrap();
    drop(sandbox);
    let ended = tokio::time::timeout(Duration::from_secs(5), response.text()).await.expect("the answer breaks off");
    assert!(ended.is_err(), "a broken answer does not look like a whole one: {ended:?}");
    let another = Client::builder().no_proxy().build().unwrap();
    let refused = async { while another.post(&url).json(&body).send().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("the port is closed");
}

#[tokio::test]
async fn a_file_is_uploaded_in_two_steps_and_named_in_a_chat() {
    let world = World::new().await;
    let form = world.upload_form("notes.txt").await;
    assert_eq!(form.status(), StatusCode::CREATED);
    let form: Value = form.json().await.unwrap();
    let chat = || world.chat("any", json!({ "user_prompt": "hi", "upload_ids": [form["id"]] }));
    let (status, early) = error(chat().await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(early["details"].as_str().unwrap().contains("notes.txt has not been sent"), "{early}");
    assert_eq!(world.upload_file(&form, "olá\n".as_bytes()).await.status(), StatusCode::NO_CONTENT);
    let reply: Value = chat().await.json().await.unwrap();
    assert!(reply["message"].as_str().unwrap().ends_with("Files received: `notes.txt` (5 bytes)."), "{reply}");
    assert_eq!(reply["upload_ids"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn store_requires_all_form_fields_before_file_and_no_bearer() {
    let world = World::new().await;
    let form: Value = world.upload_form("a.txt").await.json().await.unwrap();
    let part = |name: &str| {
        let value = form["form"][name].as_str().unwrap_or("content");
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let send = |url: &str, kind: &'static str, body: String, bearer: bool| {
        let request = world.client.post(url).header("content-type", kind).body(body);
        if bearer { request.bearer_auth(&world.token) } else { request }.send()
    };
    let url = form["url"].as_str().unwrap();
    let multipart = "multipart/form-data; boundary=b";
    let body = |fields: [&str; 3]| fields.map(part).concat() + "--b--\r\n";
    let right = || body(["key", "policy", "file"]);
    for (kind, body, bearer, status) in [
        (multipart, right(), true, StatusCode::BAD_REQUEST),
        (multipart, body(["file", "key", "policy"]), false, StatusCode::BAD_REQUEST),
        (multipart, body(["key", "policy", "other"]), false, StatusCode::BAD_REQUEST),
        (multipart, right().replace("sandbox", "forged"), false, StatusCode::BAD_REQUEST),
        (multipart, right().replace("--b--", ""), false, StatusCode::BAD_REQUEST),
        ("text/plain", right(), false, StatusCode::BAD_REQUEST),
        (multipart, right(), false, StatusCode::NO_CONTENT),
    ] {
        let shown = body.clone();
        assert_eq!(send(url, kind, body, bearer).await.unwrap().status(), status, "{kind} {bearer} {shown}");
    }
    let elsewhere = format!("{}/upload/unknown", world.sandbox.base_url());
    assert_eq!(send(&elsewhere, multipart, right(), false).await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_agents_are_listed_in_both_versions_and_page_by_page() {
    let world = World::new().await;
    let list = world.get("/v1/agents?visibility=personal").await;
    assert_eq!((&list[0]["id"], &list[0]["slug"]), (&json!(SANDBOX_AGENT_ID), &json!("sandbox-agent")));
    let all = list.as_array().unwrap();
    assert!(all.iter().any(|agent| agent["id"] == "truncated"));
    assert_eq!(world.get("/v4/agents?page=1&size=50&visibility_list=personal").await["items"], list);
    let mut paged = Vec::new();
    for page in 1.. {
        let items = world.get(&format!("/v4/agents?page={page}&size=4")).await["items"].as_array().unwrap().clone();
        assert!(items.len() <= 4);
        if items.is_empty() {
            break;
        }
        paged.extend(items);
    }
    assert_eq!(&paged, all);
    assert_eq!(world.get("/v4/agents?page=0&size=4").await, world.get("/v4/agents?page=1&size=4").await);
    for wrong in ["page=1&size=0", "page=x"] {
        assert_eq!(world.get(&format!("/v4/agents?{wrong}")).await["type"], "BAD_REQUEST", "{wrong}");
    }
}

#[tokio::test]
async fn sandbox_answer_takes_a_realistic_time() {
    let world = World::with(SandboxOptions::default()).await;
    let begun = std::time::Instant::now();
    let response = world.chat("any", json!({ "user_prompt": "hello", "streaming": true })).await;
    assert!(message(&frames(&response.text().await.unwrap())).contains("hello"));
    assert!(begun.elapsed() > Duration::from_millis(700), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn sandbox_gives_connection_and_environment_for_clients() {
    let world = World::new().await;
    let connection = world.sandbox.connection();
    assert!(ulid::Ulid::from_string(SANDBOX_AGENT_ID).is_ok());
    assert_eq!(connection.endpoints.inference.as_str(), world.sandbox.base_url());
    assert!(matches!(connection.credential, Credential::ClientSecret { realm, .. } if realm == "sandbox"));

    let lines = environment_lines(&world.sandbox.base_url());
    let pairs = lines.lines().map(|line| line.strip_prefix("export ").unwrap().split_once('=').unwrap());
    let environment = stackspot_lsp::testing::config::Environment::from_pairs(pairs);
    let file = stackspot_lsp::testing::config::UserFile::default();
    let loaded = stackspot_lsp::testing::config::load_connection(&environment, &file).unwrap();
    assert_eq!(loaded.connection().await.unwrap().endpoints, connection.endpoints);
    assert_eq!((loaded.missing_credential(), loaded.default_agent.as_deref()), (None, Some(SANDBOX_AGENT_ID)));
}

#[tokio::test]
async fn sandbox_answers_only_local_host_names() {
    let world = World::new().await;
    let port = world.sandbox.base_url().rsplit(':').next().unwrap().to_owned();
    let ask = async |host: &str| {
        let url = format!("{}/v1/agents", world.sandbox.base_url());
        world.client.get(url).bearer_auth(&world.token).header("host", host).send().await.unwrap().status()
    };
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(ask(host).await, StatusCode::OK, "{host}");
        assert_eq!(ask(&format!("{host}:{port}")).await, StatusCode::OK, "{host}");
    }
    for host in
        ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.", "[::1].x", "0.0.0.0", "::1", ""]
    {
        assert_eq!(ask(host).await, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}
