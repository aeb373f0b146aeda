//! Bodies that the service accepts from its clients. The sandbox answers each, and reports the unusual ones.

use base64::Engine;
use reqwest::StatusCode;
use serde_json::{Value, json};
use stackspot_lsp::testing::sandbox::{Pacing, SandboxOptions};

use crate::sandbox::world::{World, error};

/// Whether exactly one report contains `part`.
fn told(world: &World, part: &str) -> bool {
    world.sandbox.told().borrow().iter().filter(|what| what.contains(part)).count() == 1
}

#[tokio::test]
async fn sandbox_answers_lenient_chat_fields_with_a_warning() {
    let world = World::new().await;
    for (body, told_of) in [
        (
            json!({ "user_prompt": "Hi", "streaming": false, "stackspot_knowledge": "false" }),
            "stackspot_knowledge must",
        ),
        (json!({ "user_prompt": "Hi", "streaming": "False" }), "streaming must"),
        (json!({ "user-prompt": "Hi", "stackspot_knowledge": "true", "return_ks_in_response": true }), "underscore"),
        (
            json!({ "user_prompt": "Hi", "conversation_id": null, "upload_ids": null, "deep_search_ks": null,
                "agent_version_number": null, "knowledge_source_ids": null }),
            "deep_search_ks is null",
        ),
        (json!({ "user_prompt": "Hi", "agent_version_number": "3" }), "agent_version_number must"),
        (json!({ "user_prompt": "Hi", "conversation_id": "", "use_conversation": true }), "conversation_id is empty"),
        (
            json!({ "user_prompt": "Hi", "conversation_id": ulid::Ulid::generate().to_string() }),
            "needs use_conversation",
        ),
    ] {
        for _ in 0..2 {
            let reply = world.chat("any", body.clone()).await;
            assert_eq!(reply.status(), StatusCode::OK, "{body}");
            let reply: Value = reply.json().await.unwrap();
            assert!(reply["message"].as_str().unwrap().contains("sandbox"), "{reply}");
        }
        assert!(told(&world, told_of), "{told_of}: {:?}", world.sandbox.told().borrow());
    }
}

#[tokio::test]
async fn correct_client_gets_no_warning() {
    let world = World::new().await;
    let body = json!({ "user_prompt": "Hi", "streaming": false, "use_conversation": true, "selected_model": "any" });
    assert_eq!(world.chat("any", body).await.status(), StatusCode::OK);
    assert_eq!(world.upload_form("a.txt").await.status(), StatusCode::CREATED);
    assert!(world.sandbox.told().borrow().is_empty());
}

#[tokio::test]
async fn string_booleans_are_read_as_booleans() {
    let world = World::new().await;
    for (knowledge, sources) in [("true", 1), ("false", 0)] {
        let body = json!({ "user_prompt": "Hi", "stackspot_knowledge": knowledge, "return_ks_in_response": "true" });
        let reply: Value = world.chat("any", body).await.json().await.unwrap();
        assert_eq!(reply["source"].as_array().map(Vec::len), Some(sources), "{reply}");
    }
}

#[tokio::test]
async fn knowledge_sources_of_a_request_are_in_its_answer() {
    let world = World::new().await;
    for name in ["knowledge_source_ids", "knowledge_sources"] {
        let body = json!({ "user_prompt": "Hi", "return_ks_in_response": true, name: ["house-rules", "api-guide"] });
        let reply: Value = world.chat("any", body).await.json().await.unwrap();
        let ids = reply["knowledge_source_id"].as_array().unwrap();
        assert!(ids.contains(&json!("house-rules")) && ids.contains(&json!("api-guide")), "{name}: {reply}");
    }
    assert!(told(&world, "knowledge_sources is called"));
}

#[tokio::test]
async fn image_upload_works_without_prompt_and_expiration() {
    let world = World::new().await;
    let url = format!("{}/v2/file-upload/form", world.sandbox.base_url());
    let body = json!({ "file_name": "screen.png", "target_type": "CONTEXT", "target_id": null });
    let request = world.client.post(url).bearer_auth(&world.token).header("x-account-id", "acme").json(&body);
    let form = request.send().await.unwrap();
    assert_eq!(form.status(), StatusCode::CREATED);
    let form: Value = form.json().await.unwrap();
    assert_eq!(world.upload_file(&form, b"\x89PNG").await.status(), StatusCode::NO_CONTENT);
    let body = json!({ "user_prompt": "", "streaming": false, "stackspot_knowledge": false,
        "return_ks_in_response": true, "upload_ids": [form["id"]] });
    let reply = world.chat("any", body).await;
    assert_eq!(reply.status(), StatusCode::OK);
    assert!(reply.text().await.unwrap().contains("screen.png"));
    assert!(told(&world, "expiration is missing") && told(&world, "user_prompt is empty"));
}

#[tokio::test]
async fn token_request_accepts_http_basic_credentials() {
    let world = World::new().await;
    let url = format!("{}/acme/oidc/oauth/token", world.sandbox.base_url());
    let ask = async |credentials: &str| {
        let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
        let request = world.client.post(&url).header("authorization", format!("basic {encoded}"));
        request.form(&[("grant_type", "client_credentials")]).send().await.unwrap()
    };
    assert_eq!(ask("my%3Aid:s%2Bcret").await.status(), StatusCode::OK);
    assert!(told(&world, "HTTP Basic"));
    for wrong in ["", "id", "id:", ":secret"] {
        assert_eq!(error(ask(wrong).await).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(ask("invalid:secret").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_scheme_of_a_bearer_token_may_be_written_in_any_case() {
    let world = World::new().await;
    let url = format!("{}/v1/agents", world.sandbox.base_url());
    for (scheme, status) in
        [("bearer", StatusCode::OK), ("BEARER", StatusCode::OK), ("Token", StatusCode::UNAUTHORIZED)]
    {
        let value = format!("{scheme} {}", world.token);
        let reply = world.client.get(&url).header("authorization", value).send().await.unwrap();
        assert_eq!(reply.status(), status, "{scheme}");
    }
    assert!(told(&world, "must begin with Bearer"));
    let strict = SandboxOptions { pacing: Pacing::Immediate, strict: true, ..SandboxOptions::default() };
    let world = World::with(strict).await;
    let url = format!("{}/v1/agents", world.sandbox.base_url());
    let reply = world.client.get(url).header("authorization", format!("bearer {}", world.token)).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_in_a_browser_is_refused_with_the_reason() {
    let world = World::new().await;
    let url = format!("{}/v1/agent/any/chat", world.sandbox.base_url());
    let preflight = world.client.request(reqwest::Method::OPTIONS, url);
    let preflight = preflight.header("origin", "https://shop.example").header("access-control-request-method", "POST");
    let reply = preflight.send().await.unwrap();
    assert!(reply.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
    let (status, body) = error(reply).await;
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("SANDBOX_NO_CORS")));
    assert!(told(&world, "CORS preflight"));
}
