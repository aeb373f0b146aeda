//! Answers as one REST reply, requested or not.

use serde_json::json;
use stackspot_lsp::testing::agents_api::{ChatRequest, ErrorKind};

use super::{Story, api, hello, impatient, quick};
use crate::support::peer::{Peer, Script, sse_end, sse_text};

fn rest_hello() -> ChatRequest {
    ChatRequest { streaming: false, ..hello() }
}

#[tokio::test]
async fn a_rest_reply_is_an_answer_of_one_piece() {
    let peer = Peer::start().await;
    let reply = json!({"message": "Olá!", "stop_reason": "stop", "tokens": {"user": 4, "enrichment": "3", "output": 5},
                       "upload_ids": {"01U": {}}, "knowledge_source_id": ["k"], "source": [], "cross_account_source": null,
                       "tools_id": ["t"], "conversation_id": "01C", "message_id": "01M"});
    let exchange = peer.expect_chat(Script::reply(&reply));
    let story = Story::of(api(&peer).chat(rest_hello(), quick())).await;
    assert_eq!(story.texts(), ["Olá!"]);
    assert_eq!(story.course(), ["connecting", "waiting", "done"]);
    let end = story.end();
    assert_eq!((end.tokens.input, end.tokens.output), (Some(7), Some(5)));
    assert_eq!((end.conversation_id.as_deref(), end.message_id.as_deref()), (Some("01C"), Some("01M")));
    assert_eq!(
        (end.upload_ids.concat(), end.knowledge_source_ids.concat(), end.tool_ids.concat()),
        ("01U".into(), "k".into(), "t".into())
    );
    let request = exchange.arrived().await;
    assert_eq!(request.json()["streaming"], json!(false));
    assert_eq!(request.header("accept"), Some("application/json, */*;q=0.1"));
}

#[tokio::test]
async fn event_stream_with_one_json_object_is_read_as_a_reply() {
    let reply = json!({"message": "a\nb", "stop_reason": "stop"});
    for body in [reply.to_string(), serde_json::to_string_pretty(&reply).unwrap(), format!("\u{feff}\r\n{reply}\r\n")] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::stream().bytes(body).in_pieces_of(3));
        assert_eq!(Story::of(api(&peer).chat(hello(), impatient(9_000, 9_000))).await.texts(), ["a\nb"]);
    }
}

#[tokio::test]
async fn streamed_reply_is_read_when_streaming_was_not_requested() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::stream().bytes([sse_text("a"), sse_text("b"), sse_end("stop", 1, 1)].concat()));
    assert_eq!(Story::of(api(&peer).chat(rest_hello(), quick())).await.text(), "ab");
}

#[tokio::test]
async fn incomplete_reply_is_an_error_and_not_an_answer() {
    let reply = json!({"message": "all of it", "stop_reason": "stop"}).to_string();
    for length in [0, 1, 10, reply.len() - 1] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::status(200).bytes(&reply.as_bytes()[..length]));
        let story = Story::of(api(&peer).chat(rest_hello(), impatient(9_000, 9_000))).await;
        assert_eq!((story.text().as_str(), story.error().kind()), ("", ErrorKind::Truncated), "{length}");

        let full = reply.len().to_string();
        let lying = Script::status(200).header("content-length", &full).bytes(&reply.as_bytes()[..length]).cut();
        peer.expect_chat(lying);
        let story = Story::of(api(&peer).chat(rest_hello(), impatient(9_000, 9_000))).await;
        assert_eq!((story.text().as_str(), story.error().kind()), ("", ErrorKind::Network), "{length}");
    }
}

#[tokio::test]
async fn unknown_reply_body_is_quoted_in_the_error() {
    for (body, expected) in [
        ("<!DOCTYPE html><html><head><title>Sign in</title></head><body>soup</body></html>", "Sign in"),
        ("plain words", "plain words"),
        ("[]", "[]"),
        ("{\"hello\": 1}", "hello"),
    ] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::status(200).bytes(body));
        let story = Story::of(api(&peer).chat(rest_hello(), quick())).await;
        let error = story.error();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains(expected) && !error.to_string().contains("soup"), "{error}");
    }
}

#[tokio::test]
async fn an_error_with_status_200_is_an_error() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::reply(&json!({"type": "T", "code": "X_9", "details": ["a", {"b": "c"}]})));
    let story = Story::of(api(&peer).chat(rest_hello(), quick())).await;
    assert_eq!((story.error().kind(), story.error().code()), (ErrorKind::Server, Some("X_9")));
    assert!(story.error().to_string().contains("a, c"), "{}", story.error());
}
