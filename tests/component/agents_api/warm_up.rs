//! A connection that is opened before the question.

use super::{Story, api, hello, quick};
use crate::support::peer::{Gate, Peer, Request, Script};

/// The requests that are neither for a token nor a chat.
fn beside(peer: &Peer) -> Vec<Request> {
    peer.requests().into_iter().filter(|request| !request.is_token() && !request.is_chat()).collect()
}

#[tokio::test]
async fn warm_up_gets_token_and_connection_for_the_next_chat() {
    let peer = Peer::start().await;
    let api = api(&peer);
    api.warm(quick()).await;
    let [head] = beside(&peer).try_into().unwrap();
    assert_eq!((head.method.as_str(), head.path.as_str(), head.body.len()), ("HEAD", "/", 0));
    assert_eq!(head.header("authorization"), None, "no credential goes where none is needed");
    peer.connections_open(2).await;

    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!((peer.token_requests(), peer.requests().len()), (1, 3), "a token, a head, and the question");
    peer.connections_open(2).await;
}

#[tokio::test]
async fn warm_up_runs_once_and_not_when_connection_is_warm() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let head = peer.expect("/", Script::status(404).held_by(&gate));
    peer.expect_token(Script::token("kept", 1200));
    let api = api(&peer);
    let opening = async {
        head.arrived().await;
        // A second menu opens while the connection for the first is being prepared.
        api.warm(quick()).await;
        gate.open();
    };
    tokio::join!(api.warm(quick()), opening);
    api.warm(quick()).await;
    Story::of(api.chat(hello(), quick())).await.end();
    api.warm(quick()).await;
    assert_eq!((beside(&peer).len(), peer.token_requests()), (1, 1));
}

#[tokio::test]
async fn failed_warm_up_does_not_affect_the_next_chat() {
    let peer = Peer::start().await;
    peer.expect("/", Script::raw().reset());
    peer.expect_token(Script::status(503));
    let api = api(&peer);
    api.warm(quick()).await;
    assert_eq!(peer.requests().len(), 2);
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    tokio::time::resume();
    assert_eq!(Story::of(api.chat(hello(), quick())).await.text(), "An answer by default.");
}
