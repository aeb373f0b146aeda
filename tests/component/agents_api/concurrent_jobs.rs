//! Sixty-four jobs at once on one connection to the service.

use stackspot_lsp::testing::agents_api::Chat;

use super::{Story, api, hello, next_text, quick};
use crate::support::peer::{Gate, Peer, Script};

const JOBS: usize = 64;

#[tokio::test]
async fn sixty_four_chats_share_one_token_and_all_get_text() {
    let peer = Peer::start().await;
    let gates: Vec<Gate> = (0..3).map(|_| Gate::default()).collect();
    // Each answer comes in rounds. The first is a flood: one chat reads it while the others wait.
    let flood = "x".repeat(1000);
    let rounds = (0..200).fold(Script::stream(), |script, _| script.text(&flood));
    let script = gates.iter().fold(rounds, |script, gate| script.gate(gate).text("one more"));
    peer.answer_by_default(script.end());
    let api = api(&peer);
    let mut chats: Vec<Chat> = (0..JOBS).map(|_| api.chat(hello(), quick())).collect();

    // All run concurrently. Every one has its first text before any has its second round.
    let mut texts = futures::future::join_all(chats.iter_mut().map(next_text)).await;
    for (text, chat) in texts.iter_mut().zip(&mut chats) {
        while text.len() < 200_000 {
            text.push_str(&next_text(chat).await);
        }
    }
    for gate in &gates {
        gate.open();
        // Every chat gets its text, although no earlier chat was read to its end.
        for text in futures::future::join_all(chats.iter_mut().map(next_text)).await {
            assert_eq!(text, "one more");
        }
    }
    for story in futures::future::join_all(chats.into_iter().map(Story::of)).await {
        story.end();
    }
    assert!(texts.iter().all(|text| text.len() == 200_000));
    assert_eq!(peer.token_requests(), 1, "one token for all");
    assert_eq!(peer.chats().len(), JOBS);
}

#[tokio::test]
async fn endless_answer_does_not_delay_other_chats() {
    let peer = Peer::start().await;
    let flood = crate::support::peer::sse_text(&"x".repeat(1000)).repeat(64);
    peer.expect_chat(Script::stream().for_ever(flood));
    let api = api(&peer);
    let mut endless = api.chat(hello(), quick());
    next_text(&mut endless).await;
    let reader = tokio::spawn(async move { while endless.next().await.is_some() {} });
    for _ in 0..20 {
        assert_eq!(Story::of(api.chat(hello(), quick())).await.text(), "An answer by default.");
    }
    assert!(!reader.is_finished());
    reader.abort();
}
