//! Each phase has its timeout, and the error names the setting.

use std::time::Duration;

use stackspot_lsp::testing::agents_api::{
    AgentsApi, ApiError, ApiPhase, ChatEvent, ChatRequest, ErrorKind, Limits, Timeouts,
};
use tokio::net::TcpListener;

use super::{Story, api, hello, impatient, next_text, quick};
use crate::support::peer::{Gate, Peer, Script, sse_text};

fn assert_timeout(story: &Story, expected: ApiPhase, setting: &str) {
    let error = story.error();
    assert!(matches!(error, ApiError::Timeout { phase, .. } if *phase == expected), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains(setting), "{error}");
}

#[tokio::test]
async fn silent_agent_causes_a_first_token_timeout() {
    let empty_frames = || sse_text("").repeat(100);
    for silent in [
        Script::raw().stall(),
        Script::stream().stall(),
        Script::stream().for_ever(empty_frames()),
        Script::stream().for_ever(": ping\n\n"),
        Script::stream().for_ever("\n"),
        Script::stream().for_ever("data: [DONE]\n\n"),
        Script::stream().bytes("data: {\"message\":\"half a fra").stall(),
        Script::status(500).header("content-length", "10").stall(),
    ] {
        let peer = Peer::start().await;
        let exchange = peer.expect_chat(silent);
        let story = Story::of(api(&peer).chat(hello(), impatient(60, 60_000))).await;
        if story.error().status() != Some(500) {
            assert_timeout(&story, ApiPhase::FirstText, "timeouts.firstTokenMs");
        }
        exchange.closed().await;
    }
}

#[tokio::test]
async fn agent_silent_in_mid_answer_causes_an_idle_timeout() {
    for silent in [
        Script::stream().text("half").stall(),
        Script::stream().text("half").for_ever(sse_text("").repeat(100)),
        Script::stream().text("half").for_ever(": ping\n\n"),
    ] {
        let peer = Peer::start().await;
        let exchange = peer.expect_chat(silent);
        let limits = Limits { retry: quick().retry, ..impatient(10_000, 60) };
        let story = Story::of(api(&peer).chat(hello(), limits)).await;
        assert_timeout(&story, ApiPhase::Idle, "timeouts.idleMs");
        assert_eq!(story.text(), "half", "the text before it stays");
        exchange.closed().await;
        assert_eq!(peer.chats().len(), 1, "an answer that has begun is never asked for again");
    }
}

#[tokio::test]
async fn service_without_tls_handshake_causes_connect_timeout() {
    let peer = Peer::start().await;
    // Accepts connections, but sends no TLS data.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut connection = peer.connection();
    connection.endpoints.inference = format!("https://{}", mute.local_addr().unwrap()).parse().unwrap();
    // The sign-in gets an answer, but it must also connect within this time.
    let timeouts = Timeouts { connect: Duration::from_millis(500), ..Timeouts::default() };
    let limits = Limits { timeouts, ..quick() };
    let story = Story::of(AgentsApi::new(connection).chat(hello(), limits)).await;
    assert_timeout(&story, ApiPhase::Connect, "timeouts.connectMs");
    assert_eq!(story.course(), ["connecting", "retrying", "connecting", "retrying", "connecting"], "never sent");
}

#[tokio::test]
async fn stalled_sign_in_or_agent_list_times_out_without_retry() {
    let limits = Timeouts::default();
    assert!(limits.connect + limits.token <= Duration::from_secs(45));
    let stalled = || Script::status(200).header("content-length", "400").bytes("{").stall();
    let mut limits = quick();
    limits.timeouts.token = Duration::from_millis(60);
    let peer = Peer::start().await;
    peer.expect_token(stalled());
    assert_timeout(&Story::of(api(&peer).chat(hello(), limits)).await, ApiPhase::Token, "STACKSPOT_IDM_URL");
    assert_eq!(peer.token_requests(), 1);

    let peer = Peer::start().await;
    peer.expect("/v1/agents", stalled());
    let error = api(&peer).agent_id("reviewer", limits).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: ApiPhase::Reply, .. }), "{error:?}");
    assert_eq!(peer.requests().len(), 2, "a token and one list, and no name is sent as if it were an id");
}

#[tokio::test]
async fn stalled_token_request_causes_a_token_timeout() {
    let peer = Peer::start().await;
    let exchange = peer.expect_token(Script::raw().stall());
    let mut limits = impatient(60_000, 60_000);
    limits.timeouts.token = Duration::from_millis(60);
    let story = Story::of(api(&peer).chat(hello(), limits)).await;
    assert_timeout(&story, ApiPhase::Token, "STACKSPOT_IDM_URL");
    exchange.closed().await;

    let api = super::api(&peer);
    let exchange = peer.expect_token(Script::status(200).header("content-length", "99").bytes("{").stall());
    assert_timeout(&Story::of(api.chat(hello(), limits)).await, ApiPhase::Token, "STACKSPOT_IDM_URL");
    exchange.closed().await;
}

#[tokio::test]
async fn slow_reader_does_not_cause_an_idle_timeout() {
    let peer = Peer::start().await;
    let exchange = peer.expect_chat(Script::stream().text("a").text("b").end());
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());
    assert_eq!(next_text(&mut chat).await, "a");
    exchange.sent().await;
    an_hour_passes().await;
    assert_eq!(next_text(&mut chat).await, "b");
}

#[tokio::test]
async fn each_text_restarts_the_idle_timeout() {
    let peer = Peer::start().await;
    let gates = [Gate::default(), Gate::default()];
    peer.expect_chat(Script::stream().text("a").gate(&gates[0]).text("b").gate(&gates[1]).text("c").end());
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());
    assert_eq!(next_text(&mut chat).await, "a");
    for (gate, text) in gates.iter().zip(["b", "c"]) {
        assert!(futures::poll!(std::pin::pin!(chat.next())).is_pending(), "the limit runs");
        pass(Duration::from_secs(50)).await;
        gate.open();
        assert_eq!(next_text(&mut chat).await, text);
    }
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Done(_)))));
}

async fn an_hour_passes() {
    pass(Duration::from_secs(3600)).await;
}

/// Advances the clock. It otherwise runs as usual, because the sockets are real.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn late_gateway_error_without_streaming_suggests_streaming() {
    let html = "<html><head><title>504 Gateway Time-out</title></head></html>";
    let cuts = || [Script::status(504).bytes(html), Script::raw().cut(), Script::raw().reset()];
    for streaming in [false, true] {
        for cut in cuts() {
            let peer = Peer::start().await;
            let gate = Gate::default();
            peer.expect_chat(cut.held_by(&gate));
            let request = ChatRequest { streaming, ..hello() };
            let limits = Limits { retry: quick().retry, ..impatient(300_000, 60_000) };
            let mut chat = api(&peer).chat(request, limits);
            while chat.next().await.unwrap().unwrap() != ChatEvent::Waiting {}
            pass(Duration::from_secs(119)).await;
            gate.open();
            let story = Story::of(chat).await;
            if streaming {
                assert_eq!(story.text(), "An answer by default.", "a broken stream is asked for again");
                continue;
            }
            let error = story.error();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
            assert!(error.to_string().contains("119 s. Set streaming to true"), "{error}");
            assert_eq!(peer.chats().len(), 1, "it would take as long again");
        }
    }
    // An early failure has another reason.
    let peer = Peer::start().await;
    peer.expect_chat(Script::status(504));
    let request = ChatRequest { streaming: false, ..hello() };
    let story = Story::of(api(&peer).chat(request, impatient(9_000, 9_000))).await;
    assert_eq!(story.error().status(), Some(504));
}
