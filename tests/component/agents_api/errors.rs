//! The message to the user for each error reply of the chat endpoint.

use serde_json::json;
use stackspot_lsp::testing::agents_api::{ApiError, ErrorKind};

use super::{Story, api, hello, impatient, quick};
use crate::support::peer::{Peer, Script};

async fn error_of(reply: Script) -> ApiError {
    let peer = Peer::start().await;
    peer.expect_chat(reply);
    Story::of(api(&peer).chat(hello(), impatient(9_000, 9_000))).await.error().clone()
}

#[tokio::test]
async fn prompt_too_large_error_shows_both_token_counts() {
    let code = "INFERENCE_6001_LLM_MODEL_BAD_REQUEST";
    let details = "This model has a limit of 272000 tokens. Your messages resulted in 301,234 tokens.";
    for details in [json!(details), json!([details]), json!({"reason": details})] {
        let body = json!({"type": "BAD_REQUEST", "code": code, "details": details}).to_string();
        let error = error_of(Script::status(400).bytes(body)).await;
        assert_eq!(error.kind(), ErrorKind::PromptTooLarge);
        assert_eq!((error.status(), error.code()), (Some(400), Some(code)));
        assert!(error.to_string().contains("301234 tokens, and the agent takes 272000"), "{error}");
    }
    let error = error_of(Script::error(400, code, "")).await;
    assert_eq!(error.kind(), ErrorKind::PromptTooLarge, "the code is enough");
    assert_eq!(error_of(Script::status(413)).await.kind(), ErrorKind::PromptTooLarge);
}

#[tokio::test]
async fn a_forbidden_agent_is_named() {
    let error = error_of(Script::status(403)).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Forbidden, Some(403)));
    assert!(error.to_string().contains("01AGENT"), "{error}");
}

#[tokio::test]
async fn rate_limit_and_exhausted_quota_are_different_errors() {
    for (code, details, expected) in [
        ("INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "", ErrorKind::RateLimited),
        ("INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "quota of 100 requests a minute", ErrorKind::RateLimited),
        ("", "", ErrorKind::RateLimited),
        ("INFERENCE_9", "You have no Credits left", ErrorKind::Quota),
        ("QUOTA_EXCEEDED", "", ErrorKind::Quota),
        ("INFERENCE_9", "Sua conta não tem créditos", ErrorKind::Quota),
        ("INFERENCE_9", "A cota acabou", ErrorKind::Quota),
    ] {
        let error = error_of(Script::error(429, code, details)).await;
        assert_eq!((error.kind(), error.status()), (expected, Some(429)), "{code} {details}");
    }
    assert_eq!(error_of(Script::status(429).bytes("quota exceeded")).await.kind(), ErrorKind::Quota);
}

#[tokio::test]
async fn server_error_shows_status_and_short_service_message() {
    let html =
        "<!DOCTYPE html>\n<html><head><style>soup</style><title>\n 504 Gateway\n Time-out </title></head><body>soup";
    let long = "x".repeat(100_000);
    for (reply, status, words) in [
        (Script::error(500, "X_1", "it broke"), 500, "HTTP 500 (X_1): it broke."),
        (Script::status(504).bytes(html), 504, "HTTP 504: 504 Gateway Time-out."),
        (Script::status(502), 502, "HTTP 502."),
        (Script::status(404).bytes("{\"detail\":\"Not Found\"}"), 404, "Not Found"),
        (Script::status(418).bytes("a\u{1b}[31m\r\nteapot\u{0}"), 418, "a [31m teapot"),
        (Script::status(500).bytes(b"\xff\xfe".as_slice()), 500, "HTTP 500"),
        (Script::status(500).bytes(long), 500, "xxx…"),
    ] {
        let error = error_of(reply).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(status)));
        let shown = error.to_string();
        assert!(shown.contains(words) && !shown.contains("soup") && shown.len() < 600, "{shown}");
        assert!(shown.starts_with("127.0.0.1:"), "names the host: {shown}");
    }
}

#[tokio::test]
async fn a_redirect_is_refused() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Peer::start().await;
        let error = error_of(Script::status(status).header("location", &elsewhere.base_url())).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)));
        assert!(error.to_string().contains("redirect"), "{error}");
        assert!(elsewhere.requests().is_empty(), "neither code nor credential went there");
    }
}

#[tokio::test]
async fn unexpected_status_is_a_protocol_error_without_retry() {
    for status in [101, 304, 305, 306, 600, 999] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::status(status));
        let error = Story::of(api(&peer).chat(hello(), quick())).await.error().clone();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)), "{error}");
        let shown = error.to_string();
        assert!(shown.contains(&format!("HTTP {status}, which is not a valid reply to this request")), "{shown}");
        assert!(!shown.contains("redirect") && !shown.contains("in a moment"), "{shown}");
        assert_eq!(peer.chats().len(), 1, "{status} is not asked again");
    }
}

#[tokio::test]
async fn response_without_http_is_a_network_error() {
    let error = error_of(Script::raw().bytes("SSH-2.0-OpenSSH_9.6\r\n").cut()).await;
    assert_eq!(error.kind(), ErrorKind::Network);
}
