//! The Agents API client against a scripted peer on a real socket: a test for every known fact about the service.

mod agents;
mod broken;
mod budget;
mod complete_answers;
mod concurrent_jobs;
mod connection;
mod errors;
mod network_path;
mod rest;
mod retries;
mod secrets;
mod streaming;
mod timeouts;
mod token;
mod transports;
mod upload;
mod warm_up;

use std::sync::Arc;
use std::time::Duration;

use stackspot_lsp::testing::agents_api::{
    AgentsApi, ApiError, Chat, ChatEnd, ChatEvent, ChatRequest, Limits, Retry, Timeouts,
};

use crate::support::peer::Peer;

fn api(peer: &Peer) -> Arc<AgentsApi> {
    AgentsApi::new(peer.connection())
}

fn hello() -> ChatRequest {
    ChatRequest { agent_id: "01AGENT".into(), prompt: "Hi".into(), streaming: true, ..Default::default() }
}

/// Retries without long waits. The other limits are the defaults.
fn quick() -> Limits {
    let moment = Duration::from_millis(5);
    let retry = Retry { max_attempts: 3, base: moment, rate_limit_base: moment };
    Limits { retry, requests_per_minute: 10_000, ..Limits::default() }
}

/// The default limits with two of the timeouts, in milliseconds, and one attempt.
fn impatient(first_text: u64, idle: u64) -> Limits {
    let (first_text, idle) = (Duration::from_millis(first_text), Duration::from_millis(idle));
    let timeouts = Timeouts { first_text, idle, ..Timeouts::default() };
    Limits { timeouts, retry: Retry { max_attempts: 1, ..quick().retry }, ..quick() }
}

/// A chat that was read to its end.
#[derive(Debug)]
struct Story {
    events: Vec<ChatEvent>,
    error: Option<ApiError>,
}

impl Story {
    async fn of(mut chat: Chat) -> Self {
        let mut story = Self { events: Vec::new(), error: None };
        while let Some(event) = chat.next().await {
            assert!(story.error.is_none() && story.done().is_none(), "nothing follows the end");
            match event {
                Ok(event) => story.events.push(event),
                Err(error) => story.error = Some(error),
            }
        }
        assert!(story.error.is_some() != story.done().is_some(), "a chat ends once: {story:?}");
        story
    }

    fn text(&self) -> String {
        self.texts().concat()
    }

    fn texts<'a>(&'a self) -> Vec<&'a str> {
        let text = |event: &'a ChatEvent| if let ChatEvent::Text(text) = event { Some(text.as_str()) } else { None };
        let texts: Vec<&str> = self.events.iter().filter_map(text).collect();
        assert!(texts.iter().all(|text| !text.is_empty()), "no text is empty");
        texts
    }

    fn done(&self) -> Option<&ChatEnd> {
        self.events.iter().find_map(|event| if let ChatEvent::Done(end) = event { Some(end) } else { None })
    }

    /// The end of a successful chat.
    fn end(&self) -> &ChatEnd {
        self.done().unwrap_or_else(|| panic!("the chat failed: {:?}", self.error))
    }

    /// The error of a failed chat.
    fn error(&self) -> &ApiError {
        self.error.as_ref().unwrap_or_else(|| panic!("the chat went well: {:?}", self.events))
    }

    /// Each event as one word, without texts.
    fn course(&self) -> Vec<&'static str> {
        let word = |event: &ChatEvent| match event {
            ChatEvent::SigningIn => None,
            ChatEvent::Connecting { .. } => Some("connecting"),
            ChatEvent::Waiting => Some("waiting"),
            ChatEvent::RateLimited { .. } => Some("rate limited"),
            ChatEvent::Retrying { .. } => Some("retrying"),
            ChatEvent::Text(_) => None,
            ChatEvent::Done(_) => Some("done"),
        };
        self.events.iter().filter_map(word).collect()
    }
}

/// The next text of a running chat.
async fn next_text(chat: &mut Chat) -> String {
    loop {
        match chat.next().await {
            Some(Ok(ChatEvent::Text(text))) => return text,
            Some(Ok(ChatEvent::Done(_)) | Err(_)) | None => panic!("the chat ended before its next text"),
            Some(Ok(_)) => {}
        }
    }
}
