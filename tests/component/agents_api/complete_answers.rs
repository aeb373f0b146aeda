//! Which answers are complete, and the errors for the others.

use serde_json::{Value, json};
use stackspot_lsp::testing::agents_api::{ErrorKind, Shortfall};

use super::{Story, api, hello, impatient, next_text, quick};
use crate::support::peer::{Gate, Peer, Script, sse_end, sse_frame, sse_text};

async fn story_of(script: Script) -> Story {
    let peer = Peer::start().await;
    peer.expect_chat(script);
    Story::of(api(&peer).chat(hello(), impatient(10_000, 10_000))).await
}

async fn of_body(body: impl Into<Vec<u8>>) -> Story {
    story_of(Script::stream().bytes(body)).await
}

#[tokio::test]
async fn empty_stop_reason_does_not_end_the_answer() {
    for nothing in [json!(0), json!("null"), json!(""), json!("  "), json!(false)] {
        let peer = Peer::start().await;
        let gate = Gate::default();
        let first = sse_frame(&json!({"message": "one ", "stop_reason": nothing}));
        peer.expect_chat(Script::stream().bytes(first).gate(&gate).text("two").end());
        let mut chat = api(&peer).chat(hello(), quick());
        assert_eq!(next_text(&mut chat).await, "one ");
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(2)).await;
        tokio::time::resume();
        gate.open();
        assert_eq!(next_text(&mut chat).await, "two", "{nothing}");
    }
}

#[tokio::test]
async fn only_known_stop_reasons_make_an_answer_complete() {
    for reason in ["stop", "STOP", "end_turn", "EndTurn", "stop_sequence", "eos", "eos_token"] {
        assert_eq!(of_body([sse_text("a"), sse_end(reason, 1, 1)].concat()).await.end().shortfall, None, "{reason}");
    }
    for reason in ["pause_turn", "incomplete", "max_output_tokens", "tool_use", "blocklist", "something new"] {
        let story = of_body([sse_text("a"), sse_end(reason, 1, 1)].concat()).await;
        assert_eq!(story.end().shortfall, Some(Shortfall::StopReason(reason.into())));
        assert_eq!(story.end().stop_reason.as_deref(), Some(reason));
    }
    let unsaid = story_of(Script::reply(&json!({"message": "a"}))).await;
    assert_eq!(unsaid.end().shortfall, None, "a REST reply need not say why it ended");
}

#[tokio::test]
async fn almost_valid_json_frame_keeps_its_text() {
    let odd = "data: {\"message\":\"    xs = [x for x in xs if x != \\'\\']\\n\",}\n\n";
    let story =
        of_body([&sse_text("def f(xs):\n"), odd, &sse_text("    return xs\n"), &sse_end("stop", 1, 1)].concat()).await;
    assert_eq!(story.text(), "def f(xs):\n    xs = [x for x in xs if x != '']\n    return xs\n");
    assert_eq!(story.end().shortfall, None);
}

#[tokio::test]
async fn answer_with_a_lost_piece_is_incomplete() {
    for lost in ["{\"message\":\"b", "{\"message\": what}", "{\"message\":\"b\" \"c\"}"] {
        let body = [sse_text("a"), format!("data: {lost}\n\n"), sse_text("c"), sse_end("stop", 1, 1)].concat();
        let story = of_body(body).await;
        assert_eq!(story.end().shortfall, Some(Shortfall::Lost), "{lost}");
        assert!(story.text().starts_with('a') && story.text().ends_with('c'), "{}", story.text());
    }
}

#[tokio::test]
async fn events_without_a_blank_line_between_them_are_read_one_by_one() {
    let body =
        "data: {\"message\":\"a\"}\ndata: {\"message\":\"b\"}\ndata: {\"message\":\"\",\"stop_reason\":\"stop\"}\n\n";
    let story = of_body(body).await;
    assert_eq!((story.text().as_str(), &story.end().shortfall), ("ab", &None));
}

#[tokio::test]
async fn answer_without_text_is_reported_as_empty() {
    for body in [sse_frame(&json!({"stop_reason": "stop"})), [sse_text(" \n"), sse_end("stop", 1, 0)].concat()] {
        assert_eq!(of_body(body).await.end().shortfall, Some(Shortfall::Empty));
    }
    let reply = Script::reply(&json!({"stop_reason": "stop", "tokens": {"input": 3, "output": 0}}));
    assert_eq!(story_of(reply).await.end().shortfall, Some(Shortfall::Empty));
}

#[tokio::test]
async fn error_next_to_text_is_reported_and_answer_is_incomplete() {
    let last = json!({"message": "", "stop_reason": "stop", "code": "INFERENCE_504", "details": "gave up"});
    let story = of_body([sse_text("a"), sse_frame(&last)].concat()).await;
    assert_eq!(story.end().shortfall, Some(Shortfall::Error("INFERENCE_504: gave up".into())));

    let last = json!({"message": "", "stop_reason": "incomplete", "code": "INFERENCE_504", "details": "gave up"});
    let story = of_body([sse_text("a"), sse_frame(&last)].concat()).await;
    assert_eq!((story.error().kind(), story.error().code()), (ErrorKind::Server, Some("INFERENCE_504")));
    assert!(story.error().to_string().contains("gave up"));
}

#[tokio::test]
async fn empty_message_with_an_error_is_an_error() {
    let story = of_body(sse_frame(&json!({"message": "", "error": "LLM timeout", "stop_reason": null}))).await;
    assert!(story.error().to_string().contains("LLM timeout"), "{}", story.error());
}

fn chunk(content: &str, reason: &Value) -> Value {
    json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": reason}]})
}

#[tokio::test]
async fn streams_in_the_shape_of_other_gateways_are_read() {
    let openai = [chunk("a", &json!(null)), chunk("b", &json!(null)), chunk("", &json!("stop"))];
    let openai = openai.iter().map(sse_frame).collect::<String>() + "data: [DONE]\n\n";
    let story = of_body(openai).await;
    assert_eq!((story.text().as_str(), &story.end().shortfall), ("ab", &None));

    let cut = [chunk("a", &json!(null)), chunk("", &json!("length"))].iter().map(sse_frame).collect::<String>();
    assert_eq!(of_body(cut).await.end().shortfall, Some(Shortfall::StopReason("length".into())));

    for done in ["data: {\"type\":\"done\"}\n\n", "event: done\ndata: {}\n\n", "event: done\ndata:\n\n"] {
        let story = of_body([&sse_text("a"), done].concat()).await;
        assert_eq!((story.text().as_str(), &story.end().shortfall), ("a", &None), "{done}");
    }

    let lines = "{\"message\":\"a\"}\n{\"message\":\"b\"}\n{\"message\":\"\",\"stop_reason\":\"stop\"}\n";
    let story = story_of(Script::status(200).header("content-type", "application/x-ndjson").bytes(lines)).await;
    assert_eq!((story.text().as_str(), &story.end().shortfall), ("ab", &None));
}

#[tokio::test]
async fn empty_response_is_truncated_and_shows_its_status() {
    for (status, requests) in [(200, 3), (202, 1), (204, 1), (205, 1)] {
        let peer = Peer::start().await;
        for _ in 0..requests {
            peer.expect_chat(Script::status(status));
        }
        let story = Story::of(api(&peer).chat(hello(), quick())).await;
        assert_eq!((story.error().kind(), story.error().status()), (ErrorKind::Truncated, Some(status)));
        let shown = story.error().to_string();
        assert!(shown.contains("said nothing") && !shown.contains("kept"), "{shown}");
        assert_eq!(peer.chats().len(), requests, "{status}");
    }
}
