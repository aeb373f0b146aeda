//! Which requests the client retries, how often, and after what wait.

use std::time::Duration;

use stackspot_lsp::testing::agents_api::{ChatEvent, ErrorKind, Limits};

use super::{Story, api, hello, impatient, quick};
use crate::support::peer::{Gate, Peer, Script};

#[tokio::test]
async fn a_failure_before_the_first_text_is_asked_again() {
    let html = "<html><head><title>502 Bad Gateway</title></head></html>";
    for failing in [
        Script::status(500),
        Script::status(408),
        Script::status(502).bytes(html),
        Script::error(503, "X", "later").header("retry-after", "0"),
        Script::status(504),
        Script::raw().cut(),
        Script::raw().reset(),
        Script::raw().bytes("HTTP/1.1 200 OK\r\ncontent-le").cut(),
        Script::stream().cut(),
        Script::stream().text("").cut(),
        Script::stream(),
        Script::error(429, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "100 requests a minute"),
    ] {
        let peer = Peer::start().await;
        peer.expect_chat(failing);
        let story = Story::of(api(&peer).chat(hello(), quick())).await;
        assert_eq!(story.text(), "An answer by default.");
        let [first, second] = peer.chats().try_into().expect("two requests");
        assert_eq!(first.body, second.body);
        let waits = |word: &&str| ["retrying", "rate limited"].contains(word);
        assert_eq!(story.course().into_iter().filter(waits).count(), 1, "and the user is told");
    }
}

#[tokio::test]
async fn stalled_agent_is_not_asked_again() {
    let peer = Peer::start().await;
    let stalled = peer.expect_chat(Script::stream().stall());
    let limits = Limits { retry: quick().retry, ..impatient(300, 60_000) };
    assert_eq!(Story::of(api(&peer).chat(hello(), limits)).await.error().kind(), ErrorKind::Timeout);
    stalled.closed().await;
    assert_eq!(peer.chats().len(), 1);
}

#[tokio::test]
async fn error_of_the_last_attempt_is_reported() {
    let peer = Peer::start().await;
    for status in [500, 501, 502] {
        peer.expect_chat(Script::error(status, "X_1", "broken"));
    }
    let story = Story::of(api(&peer).chat(hello(), quick())).await;
    assert_eq!((story.error().kind(), story.error().status()), (ErrorKind::Server, Some(502)));
    let attempts: Vec<_> = story
        .events
        .iter()
        .filter_map(|event| match event {
            ChatEvent::Retrying { attempt, reason, .. } => Some((*attempt, reason.status())),
            _ => None,
        })
        .collect();
    assert_eq!(attempts, [(2, Some(500)), (3, Some(501))]);
    assert_eq!(peer.chats().len(), 3);
}

#[tokio::test]
async fn a_single_attempt_is_a_single_request() {
    for max_attempts in [0, 1] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::status(500));
        let mut limits = quick();
        limits.retry.max_attempts = max_attempts;
        Story::of(api(&peer).chat(hello(), limits)).await.error();
        assert_eq!(peer.chats().len(), 1);
    }
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    for failing in [
        Script::error(400, "INFERENCE_1", "bad"),
        Script::error(400, "INFERENCE_6001_LLM_MODEL_BAD_REQUEST", "limit of 2 tokens. Your messages resulted in 3"),
        Script::status(403),
        Script::status(404),
        Script::status(422),
        Script::status(402),
        Script::error(429, "INFERENCE_1", "You have no credits left"),
        Script::status(302).header("location", "/elsewhere"),
        Script::status(200).bytes("no reply"),
        Script::stream().header("content-encoding", "gzip").bytes("x"),
    ] {
        let peer = Peer::start().await;
        peer.expect_chat(failing);
        Story::of(api(&peer).chat(hello(), quick())).await.error();
        assert_eq!(peer.chats().len(), 1);
    }
}

#[tokio::test]
async fn rate_limit_event_includes_the_wait_time() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::status(429).header("retry-after", "30"));
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());
    let wait = loop {
        if let ChatEvent::RateLimited { wait } = chat.next().await.unwrap().unwrap() {
            break wait;
        }
    };
    assert!((30.0..=33.0).contains(&wait.as_secs_f64()), "as asked, and some jitter: {wait:?}");
}

#[tokio::test]
async fn rate_limit_of_an_hour_is_an_error() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::status(429).header("retry-after", "3600"));
    let story = Story::of(api(&peer).chat(hello(), quick())).await;
    assert_eq!((story.error().kind(), story.error().status()), (ErrorKind::RateLimited, Some(429)));
    assert!(story.error().to_string().contains("3600 s"), "{}", story.error());
}

#[tokio::test]
async fn all_chats_share_one_budget_of_requests() {
    let peer = Peer::start().await;
    let api = api(&peer);
    let limits = Limits { requests_per_minute: 2, ..quick() };
    Story::of(api.chat(hello(), limits)).await.end();
    Story::of(api.clone().chat(hello(), limits)).await.end();
    let mut third = api.chat(hello(), limits);
    assert_eq!(third.next().await, Some(Ok(ChatEvent::Connecting { attempt: 1 })));
    let Some(Ok(ChatEvent::RateLimited { wait })) = third.next().await else { panic!("the budget is spent") };
    assert!(wait <= Duration::from_secs(60) && wait > Duration::from_secs(30), "{wait:?}");
    assert!(futures::poll!(std::pin::pin!(third.next())).is_pending());
    assert_eq!(peer.chats().len(), 2);

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    assert_eq!(Story::of(third).await.text(), "An answer by default.");
}

#[tokio::test]
async fn rate_limit_still_applies_after_a_cancelled_wait() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::status(429).header("retry-after", "30"));
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());
    while !matches!(chat.next().await.unwrap().unwrap(), ChatEvent::RateLimited { .. }) {}
    drop(chat);
    let mut next = api.chat(hello(), quick());
    let wait = loop {
        if let ChatEvent::RateLimited { wait } = next.next().await.unwrap().unwrap() {
            break wait;
        }
    };
    assert!((25.0..=33.0).contains(&wait.as_secs_f64()), "the limit holds for the others too: {wait:?}");
    assert_eq!(peer.chats().len(), 1);
}

#[tokio::test]
async fn other_chats_continue_when_chat_fetching_token_is_cancelled() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let token = peer.expect_token(Script::raw().gate(&gate));
    let api = api(&peer);
    let mut first = api.chat(hello(), quick());
    first.next().await.unwrap().unwrap();
    let second = tokio::spawn(Story::of(api.chat(hello(), quick())));
    assert!(futures::poll!(std::pin::pin!(first.next())).is_pending());
    let asked = async {
        tokio::select! { biased; _ = token.arrived() => {}, _ = first.next() => panic!("no token yet") }
    };
    asked.await;
    drop(first);
    token.closed().await;
    assert_eq!(second.await.unwrap().text(), "An answer by default.");
    assert_eq!(peer.token_requests(), 2);
}
