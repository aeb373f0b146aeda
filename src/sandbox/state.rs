//! What the sandbox remembers, all of it in memory and bounded: tokens, conversations, uploads, and what it is doing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::agent::Turn;
use super::{Activity, SandboxOptions};

/// How long a token holds, in seconds, as the service's do.
pub(super) const TOKEN_SECONDS: u64 = 1199;

/// How many tokens, conversations and uploads are kept; of more, the oldest are forgotten.
const KEPT: usize = 256;

#[derive(Debug)]
pub(super) struct State {
    pub(super) options: SandboxOptions,
    pub(super) base_url: String,
    pub(super) closing: CancellationToken,
    tokens: Mutex<VecDeque<(String, Instant)>>,
    conversations: Mutex<VecDeque<Conversation>>,
    uploads: Mutex<VecDeque<String>>,
    flaky_attempts: AtomicU64,
    activity: watch::Sender<Activity>,
}

#[derive(Debug)]
struct Conversation {
    id: String,
    turns: usize,
    topic: String,
}

impl State {
    pub(super) fn new(options: SandboxOptions, base_url: String, closing: CancellationToken) -> Self {
        Self {
            options,
            base_url,
            closing,
            tokens: Mutex::default(),
            conversations: Mutex::default(),
            uploads: Mutex::default(),
            flaky_attempts: AtomicU64::new(0),
            activity: watch::Sender::default(),
        }
    }

    pub(super) fn activity(&self) -> watch::Receiver<Activity> {
        self.activity.subscribe()
    }

    /// A new bearer token.
    pub(super) fn issue_token(&self) -> String {
        let token = format!("sandbox-{}", Ulid::generate());
        let expiry = Instant::now() + Duration::from_secs(TOKEN_SECONDS);
        keep(&mut locked(&self.tokens), (token.clone(), expiry));
        token
    }

    pub(super) fn is_valid_token(&self, token: &str) -> bool {
        let now = Instant::now();
        locked(&self.tokens).iter().any(|(known, expiry)| known == token && *expiry > now)
    }

    /// Where the next prompt of a conversation stands. One that is not known here (the sandbox was restarted, or has
    /// forgotten it) begins anew under its old id.
    pub(super) fn turn(&self, conversation_id: &str) -> Turn {
        let conversations = locked(&self.conversations);
        let known = conversations.iter().find(|conversation| conversation.id == conversation_id);
        known.map_or(Turn { number: 1, previous: None }, |conversation| Turn {
            number: conversation.turns + 1,
            previous: Some(conversation.topic.clone()).filter(|topic| !topic.is_empty()),
        })
    }

    /// Remembers a turn of a conversation.
    pub(super) fn remember(&self, conversation_id: &str, turns: usize, topic: String) {
        let mut conversations = locked(&self.conversations);
        conversations.retain(|conversation| conversation.id != conversation_id);
        keep(&mut conversations, Conversation { id: conversation_id.to_owned(), turns, topic });
    }

    /// A new upload.
    pub(super) fn new_upload(&self) -> String {
        let id = Ulid::generate().to_string();
        keep(&mut locked(&self.uploads), id.clone());
        id
    }

    pub(super) fn is_upload(&self, id: &str) -> bool {
        locked(&self.uploads).iter().any(|known| known == id)
    }

    /// The number of requests to flaky agents before this one.
    pub(super) fn next_flaky_attempt(&self) -> u64 {
        self.flaky_attempts.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts an answer as being written until the guard is dropped, which a client that goes away brings about.
    pub(super) fn writing(self: &Arc<Self>) -> Writing {
        self.activity.send_modify(|activity| {
            activity.chats += 1;
            activity.writing += 1;
        });
        Writing { state: Arc::clone(self) }
    }
}

/// An answer that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    state: Arc<State>,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.state.activity.send_modify(|activity| activity.writing = activity.writing.saturating_sub(1));
    }
}

fn keep<T>(kept: &mut VecDeque<T>, item: T) {
    if kept.len() >= KEPT {
        kept.pop_front();
    }
    kept.push_back(item);
}

/// The lock, even after a panic elsewhere: each of these values is whole at every moment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
