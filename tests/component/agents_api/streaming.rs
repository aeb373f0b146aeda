//! Answers by SSE, in the forms that the service sends and in other possible forms.

use serde_json::json;
use stackspot_lsp::testing::agents_api::{ChatEvent, ErrorKind, Knowledge};

use super::{Story, api, hello, impatient, next_text, quick};
use crate::support::peer::{Gate, Peer, Script, sse_end, sse_fat_text, sse_frame, sse_text};

/// The result for a body that the service sends in answer to one chat, sent whole and byte by byte.
async fn answer_of(body: impl AsRef<[u8]>) -> Story {
    let body = body.as_ref();
    let peer = Peer::start().await;
    let api = api(&peer);
    peer.expect_chat(Script::stream().bytes(body));
    peer.expect_chat(Script::stream().bytes(body).in_pieces_of(1));
    let whole = Story::of(api.chat(hello(), impatient(10_000, 10_000))).await;
    let bytewise = Story::of(api.chat(hello(), impatient(10_000, 10_000))).await;
    assert_eq!(whole.text(), bytewise.text(), "chunks change nothing");
    assert_eq!(whole.error, bytewise.error);
    whole
}

#[tokio::test]
async fn a_question_streams_its_answer() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let exchange = peer.expect_chat(Script::stream().text("Ol").gate(&gate).text("á").end());
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());

    assert_eq!(chat.next().await, Some(Ok(ChatEvent::SigningIn)));
    assert_eq!(chat.next().await, Some(Ok(ChatEvent::Connecting { attempt: 1 })));
    assert_eq!(chat.next().await, Some(Ok(ChatEvent::Waiting)));
    assert_eq!(chat.next().await, Some(Ok(ChatEvent::Text("Ol".into()))), "at once, not with the rest");
    gate.open();
    assert_eq!(chat.next().await, Some(Ok(ChatEvent::Text("á".into()))));
    let Some(Ok(ChatEvent::Done(end))) = chat.next().await else { panic!("the answer is complete") };
    assert_eq!(chat.next().await, None);

    assert_eq!(end.stop_reason.as_deref(), Some("stop"));
    assert_eq!((end.tokens.input, end.tokens.output), (Some(7), Some(3)));
    assert_eq!(end.message_id.as_deref(), Some("01TESTMESSAGE"));
    assert!(end.first_text.unwrap() <= end.total);

    let request = exchange.arrived().await;
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/agent/01AGENT/chat"));
    assert_eq!(request.header("authorization"), Some("Bearer token-1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some(concat!("stackspot-lsp/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("accept-encoding"), Some("identity"), "a compressed token stream would arrive in lumps");
    assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    assert_eq!(
        request.json(),
        json!({"user_prompt": "Hi", "streaming": true, "stackspot_knowledge": false,
               "return_ks_in_response": false, "use_conversation": false})
    );
    let (agent, usage) = api.usage_by_agent().remove(0);
    assert_eq!(agent, "01AGENT");
    assert_eq!((usage.requests, usage.input_tokens, usage.output_tokens), (1, 7, 3));
}

#[tokio::test]
async fn all_chat_fields_set_by_the_user_are_sent() {
    let peer = Peer::start().await;
    let mut request = hello();
    request.knowledge = Knowledge { enabled: true, return_sources: true, deep_search: true };
    request.knowledge_source_ids = vec!["01KS".into()];
    request.use_conversation = true;
    request.conversation_id = Some("01CONV".into());
    request.upload_ids = vec!["01UP".into()];
    request.agent_version_number = Some(3);
    request.extra_body.insert("selected_model".into(), json!("big"));
    Story::of(api(&peer).chat(request, quick())).await.end();
    assert_eq!(
        peer.chat_arrived(1).await.json(),
        json!({"user_prompt": "Hi", "streaming": true, "stackspot_knowledge": true, "return_ks_in_response": true,
               "use_conversation": true, "conversation_id": "01CONV", "upload_ids": ["01UP"], "deep_search_ks": true,
               "knowledge_source_ids": ["01KS"],
               "agent_version_number": 3, "selected_model": "big"})
    );
}

#[tokio::test]
async fn full_short_and_empty_frames_give_one_text() {
    let body = [sse_fat_text("a"), sse_text("b"), sse_text(""), sse_fat_text("c"), sse_end("stop", 1, 2)].concat();
    assert_eq!(answer_of(body).await.text(), "abc");
}

#[tokio::test]
async fn frames_received_together_are_delivered_as_one_text() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let together = [sse_text("a"), sse_text("b"), sse_fat_text("c")].concat();
    peer.expect_chat(Script::stream().bytes(together).gate(&gate).text("d").end());
    let mut chat = api(&peer).chat(hello(), quick());
    assert_eq!(super::next_text(&mut chat).await, "abc");
    gate.open();
    assert_eq!(super::next_text(&mut chat).await, "d");
}

#[tokio::test]
async fn text_in_the_last_frame_is_used() {
    let last = json!({"message": "!", "stop_reason": "length", "tokens": {"input": 1, "output": 2}});
    let story = answer_of([sse_text("Hi"), sse_frame(&last)].concat()).await;
    assert_eq!(story.text(), "Hi!");
    assert_eq!(story.end().stop_reason.as_deref(), Some("length"));
}

#[tokio::test]
async fn null_stop_reason_does_not_end_the_answer() {
    let frames = [json!({"message": "a", "stop_reason": null}), json!({"message": "b", "stop_reason": null})];
    let body = frames.iter().map(sse_frame).collect::<String>();
    assert_eq!(answer_of(format!("{body}{}", sse_end("stop", 1, 1))).await.text(), "ab");
    let story = answer_of(body).await;
    assert_eq!((story.text().as_str(), story.error().kind()), ("ab", ErrorKind::Truncated));
}

#[tokio::test]
async fn unknown_stream_lines_are_ignored() {
    let noise = ": ping\n\nid: 7\nretry: 10\n\ndata: [DONE]\n\ndata: no json\n\ndata: 42\n\ndata: [1]\n\ndata:\n\n\
                 data: {\"message\": null}\n\ndata: {}\n\nevent: ping\ndata: {}\n\nunknown: field\n\n";
    let body = format!("{noise}{}{noise}{}{noise}", sse_text("Hi"), sse_end("stop", 1, 1));
    assert_eq!(answer_of(body).await.texts(), ["Hi"]);
    let only_done = format!("{}data: [DONE]\n\n", sse_text("Hi"));
    assert_eq!(answer_of(only_done).await.error().kind(), ErrorKind::Truncated, "[DONE] alone is no stop_reason");
}

#[tokio::test]
async fn stream_may_have_any_line_ending_a_bom_and_no_blank_line() {
    let body = [sse_text("é"), sse_text("👍"), sse_end("stop", 1, 1)].concat();
    for ending in ["\n", "\r", "\r\n"] {
        let text = format!("\u{feff}{}", body.replace('\n', ending));
        assert_eq!(answer_of(&text).await.text(), "é👍", "{ending:?}");
        let text = text.trim_end();
        assert_eq!(answer_of(text).await.text(), "é👍", "{ending:?}, no blank line");
    }
    assert_eq!(answer_of(format!("\u{feff}\u{feff}\n{body}")).await.text(), "é👍", "two BOMs");
}

#[tokio::test]
async fn several_data_lines_make_one_frame() {
    let body = "data: {\"message\":\ndata: \"ab\"}\n\ndata:{\"stop_reason\":\ndata:\"stop\"}\n\n";
    assert_eq!(answer_of(body).await.texts(), ["ab"]);
}

#[tokio::test]
async fn bad_bytes_become_replacement_characters() {
    let mut body = b"data: {\"message\":\"a\xffb\"}\n\n".to_vec();
    body.extend_from_slice(sse_end("stop", 1, 1).as_bytes());
    assert_eq!(answer_of(body).await.texts(), ["a\u{fffd}b"]);
}

#[tokio::test]
async fn an_emoji_cut_into_two_frames_is_put_together() {
    let end = sse_end("stop", 1, 1);
    let halves = format!(
        "data: {{\"message\":\"a\\ud83d\"}}\n\ndata: {{\"message\":\"\"}}\n\ndata: {{\"message\":\"\\udc4db\"}}\n\n{end}"
    );
    assert_eq!(answer_of(halves).await.text(), "a👍b");
    let lone = format!("data: {{\"message\":\"a\\ud83d\"}}\n\n{}{end}", sse_text("b"));
    assert_eq!(answer_of(lone).await.text(), "a\u{fffd}b");
    let last = format!("data: {{\"message\":\"a\\ud83d\"}}\n\n{end}");
    assert_eq!(answer_of(last).await.text(), "a\u{fffd}");
}

#[tokio::test]
async fn last_conversation_id_in_the_stream_is_used() {
    let frames = [
        json!({"message": "a", "conversation_id": "01FIRST"}),
        json!({"message": "b", "conversation_id": "01LAST"}),
        json!({"message": "c", "conversation_id": null}),
        json!({"stop_reason": "stop"}),
    ];
    let story = answer_of(frames.iter().map(sse_frame).collect::<String>()).await;
    assert_eq!(story.end().conversation_id.as_deref(), Some("01LAST"));
    assert_eq!(story.end().tokens.input, None);
}

#[tokio::test]
async fn sources_and_ids_of_all_frames_are_gathered_once() {
    let source = json!({"type": "ks", "name": "N", "slug": "s", "document_score": "0.5", "document_id": "01D"});
    let frames = [
        json!({"message": "a", "source": [source], "knowledge_source_id": ["k1"], "tools_id": ["t1"]}),
        json!({"message": "b", "source": [source, "plain"], "knowledge_source_id": ["k1", "k2"], "upload_ids": ["u1"]}),
        json!({"stop_reason": "stop", "cross_account_source": [{"document_type": "pdf", "id": 7}]}),
    ];
    let story = answer_of(frames.iter().map(sse_frame).collect::<String>()).await;
    let end = story.end();
    assert_eq!(
        serde_json::to_value(&end.sources).unwrap(),
        json!([{"kind": "ks", "id": "01D", "name": "N", "slug": "s", "score": 0.5},
               {"kind": "source", "name": "plain"}, {"kind": "pdf", "id": "7"}])
    );
    assert_eq!(end.knowledge_source_ids, ["k1", "k2"]);
    assert_eq!((end.tool_ids.as_slice(), end.upload_ids.as_slice()), (&["t1".to_owned()][..], &["u1".to_owned()][..]));
}

#[tokio::test]
async fn errors_in_the_middle_of_a_stream_are_errors() {
    for error in [
        "event: error\ndata: {\"code\":\"X_1\",\"details\":\"it broke\"}\n\n",
        "data: {\"type\":\"error\",\"code\":\"X_1\",\"message\":\"it broke\"}\n\n",
        "data: {\"type\":\"T\",\"code\":\"X_1\",\"details\":\"it broke\"}\n\n",
        "data: {\"error\":{\"code\":\"X_1\",\"message\":\"it broke\"}}\n\n",
    ] {
        let story = answer_of(format!("{}{error}", sse_text("half"))).await;
        assert_eq!(story.text(), "half", "the text before it stays");
        assert_eq!((story.error().kind(), story.error().code()), (ErrorKind::Server, Some("X_1")), "{error}");
        assert!(story.error().to_string().contains("it broke"), "{}", story.error());
    }
    let story = answer_of("event: error\ndata: out of order\n\n").await;
    assert!(story.error().to_string().contains("out of order"));
    let code = "INFERENCE_6001_LLM_MODEL_BAD_REQUEST";
    let too_large = json!({"type": "e", "code": code, "details": "limit of 10 tokens. Your messages resulted in 11"});
    assert_eq!(answer_of(sse_frame(&too_large)).await.error().kind(), ErrorKind::PromptTooLarge);
}

#[tokio::test]
async fn interrupted_answer_is_truncated_and_not_retried() {
    for broken in [Script::stream().text("half"), Script::stream().text("half").cut()] {
        let peer = Peer::start().await;
        peer.expect_chat(broken);
        let story = Story::of(api(&peer).chat(hello(), quick())).await;
        assert_eq!((story.text().as_str(), story.error().kind()), ("half", ErrorKind::Truncated));
        assert_eq!(peer.chats().len(), 1);
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_of_the_answer_is_a_truncated_answer() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    peer.expect_chat(Script::stream().text("half").gate(&gate).reset());
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());
    assert_eq!(next_text(&mut chat).await, "half");
    gate.open();
    let Some(Err(error)) = chat.next().await else { panic!("the answer is incomplete") };
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert_eq!(chat.next().await, None);
    assert_eq!(peer.chats().len(), 1);
}

#[tokio::test]
async fn a_cut_at_any_byte_is_never_a_success() {
    let peer = Peer::start().await;
    let api = api(&peer);
    let body = [sse_text("a👍"), sse_text("b"), sse_end("stop", 1, 1)].concat();
    // The last frame is complete with its closing brace. Only line ends follow.
    let complete = body.trim_end().len();
    let mut endings = (0, 0);
    for cut in 0..=body.len() {
        peer.expect_chat(Script::stream().bytes(&body.as_bytes()[..cut]).cut());
        let story = Story::of(api.chat(hello(), impatient(10_000, 10_000))).await;
        assert!("a👍b".starts_with(&story.text()), "{cut}");
        if cut >= complete {
            assert_eq!((story.text().as_str(), story.end().stop_reason.as_deref()), ("a👍b", Some("stop")), "{cut}");
            endings.0 += 1;
        } else {
            let kind = story.error().kind();
            let expected = if story.text().is_empty() { ErrorKind::Network } else { ErrorKind::Truncated };
            assert_eq!(kind, expected, "{cut}: {}", story.error());
            endings.1 += 1;
        }
    }
    assert_eq!(endings, (3, complete));
}

#[tokio::test]
async fn dropping_the_chat_closes_the_socket() {
    let peer = Peer::start().await;
    let api = api(&peer);
    let exchange = peer.expect_chat(Script::stream().text("Hi").stall());
    let mut chat = api.chat(hello(), quick());
    assert_eq!(next_text(&mut chat).await, "Hi");
    assert!(!exchange.is_closed());
    drop(chat);
    exchange.closed().await;

    let exchange = peer.expect_chat(Script::raw().stall());
    let mut chat = api.chat(hello(), quick());
    while chat.next().await != Some(Ok(ChatEvent::Waiting)) {}
    exchange.arrived().await;
    drop(chat);
    exchange.closed().await;
}

#[tokio::test]
async fn answer_ends_at_last_frame_when_connection_stays_open() {
    let peer = Peer::start().await;
    let exchange = peer.expect_chat(Script::stream().text("Hi").end().stall());
    assert_eq!(Story::of(api(&peer).chat(hello(), quick())).await.text(), "Hi");
    exchange.closed().await;
}

#[tokio::test]
async fn a_connection_serves_the_next_question() {
    let peer = Peer::start().await;
    let api = api(&peer);
    for _ in 0..3 {
        Story::of(api.chat(hello(), quick())).await.end();
        peer.connections_open(1).await;
    }
    assert_eq!(peer.chats().len(), 3);
    assert_eq!(peer.token_requests(), 1);
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_poll() {
    let peer = Peer::start().await;
    drop(api(&peer).chat(hello(), quick()));
    assert_eq!(peer.requests().len(), 0);
}

#[tokio::test]
async fn a_large_answer_in_one_frame_arrives_whole() {
    let text = "x".repeat(16 << 20);
    let peer = Peer::start().await;
    peer.expect_chat(Script::stream().text(&text).end().in_pieces_of(1 << 16));
    assert!(Story::of(api(&peer).chat(hello(), quick())).await.text() == text);
}

#[tokio::test]
async fn a_line_without_end_is_refused() {
    let peer = Peer::start().await;
    let endless = vec![b'x'; (16 << 20) + (128 << 10)];
    let exchange = peer.expect_chat(Script::stream().text("Hi").bytes("data: ").bytes(endless).stall());
    let story = Story::of(api(&peer).chat(hello(), quick())).await;
    assert_eq!((story.text().as_str(), story.error().kind()), ("Hi", ErrorKind::Protocol));
    exchange.closed().await;
}
