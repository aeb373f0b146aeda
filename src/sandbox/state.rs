//! The state of the sandbox, in memory and bounded: tokens, conversations, uploads, and the current activity.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::model::{Message, Model};
use super::options::SandboxOptions;
use super::scenario::Play;
use crate::agents_api::Endpoint;
use crate::tasks::lock;

/// The lifetime of a token in seconds, as in the service.
pub(super) const TOKEN_SECONDS: u64 = 1199;

/// One year, because a scenario may contain any number.
const MOST_TOKEN_SECONDS: u64 = 365 * 24 * 3600;

/// The maximum size of a kept conversation with a model, in bytes. The last turn is always kept whole.
const MOST_MESSAGE_BYTES: usize = 256 << 10;

/// The maximum number of tokens, conversations and uploads. The oldest are removed first.
const KEPT: usize = 256;

/// The current activity of a sandbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// The number of chats that were answered or are being answered.
    pub chats: u64,
    /// The number of answers that are being written. An answer without a client does not count.
    pub writing: usize,
}

#[derive(Debug)]
pub(super) struct SandboxState {
    pub(super) options: SandboxOptions,
    pub(super) base_url: Endpoint,
    pub(super) closing: CancellationToken,
    tokens: Mutex<VecDeque<(String, Instant)>>,
    conversations: Mutex<VecDeque<Conversation>>,
    uploads: Mutex<VecDeque<Upload>>,
    /// The scenario and its counters.
    pub(super) play: Play,
    /// The model that answers.
    pub(super) model: Option<Model>,
    /// The number of requests to flaky agents so far.
    pub(super) flaky_attempts: AtomicU64,
    pub(super) activity: watch::Sender<Activity>,
    /// The reports about requests, each kind once.
    pub(super) told: watch::Sender<Vec<String>>,
}

/// A file that was uploaded or is being uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) file_name: String,
    /// In bytes. `None` until the file has arrived.
    pub(super) size: Option<u64>,
    /// The start of the file, for a model.
    pub(super) start: Arc<[u8]>,
}

/// The stored part of a conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Conversation {
    id: String,
    /// The number of its turns.
    pub(super) turns: usize,
    /// The topic of its last turn, in a few words.
    pub(super) topic: String,
    /// The latest messages of a model and its user.
    pub(super) messages: Vec<Message>,
}

impl SandboxState {
    pub(super) fn new(options: SandboxOptions, base_url: Endpoint) -> Self {
        let play = Play::new(options.scenario.clone().unwrap_or_default());
        let model = options.model.clone().map(Model::new);
        Self {
            options,
            play,
            model,
            base_url,
            closing: CancellationToken::new(),
            tokens: Mutex::default(),
            conversations: Mutex::default(),
            uploads: Mutex::default(),
            flaky_attempts: AtomicU64::new(0),
            activity: watch::Sender::default(),
            told: watch::Sender::default(),
        }
    }

    /// Accepts a request that a careful client would send differently. `what` describes the difference.
    ///
    /// # Errors
    /// Returns `what` if the sandbox is strict.
    pub(super) fn let_pass(&self, what: String) -> Result<(), String> {
        if self.options.strict {
            return Err(what);
        }
        self.report_once(format!("accepted, but --strict refuses it: {what}"));
        Ok(())
    }

    /// Reports a fact about a request to the user of the sandbox, once.
    pub(super) fn report_once(&self, what: String) {
        self.told.send_if_modified(|told| {
            let is_new = told.len() < KEPT && !told.contains(&what);
            if is_new {
                told.push(what);
            }
            is_new
        });
    }

    /// The result of a future, or an error as soon as the sandbox closes.
    pub(super) async fn unless_closing<T>(&self, future: impl Future<Output = T>) -> io::Result<T> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Err(io::Error::other("the sandbox is closing")),
            value = future => Ok(value),
        }
    }

    /// A new bearer token that is valid for this number of seconds.
    pub(super) fn issue_token(&self, seconds: u64) -> String {
        let token = format!("sandbox-{}", Ulid::generate());
        let expiry = Instant::now() + Duration::from_secs(seconds.min(MOST_TOKEN_SECONDS));
        push_bounded(&mut lock(&self.tokens), (token.clone(), expiry));
        token
    }

    pub(super) fn is_valid_token(&self, token: &str) -> bool {
        let now = Instant::now();
        lock(&self.tokens).iter().any(|(known, expiry)| known == token && *expiry > now)
    }

    /// The conversation so far. If its id is unknown (after a restart, or because it was removed), it starts again
    /// under the same id.
    pub(super) fn conversation(&self, id: &str) -> Conversation {
        let known = lock(&self.conversations).iter().find(|conversation| conversation.id == id).cloned();
        known.unwrap_or_else(|| Conversation { id: id.to_owned(), ..Conversation::default() })
    }

    /// Stores a turn of a conversation. Messages that a model added in the meantime stay.
    pub(super) fn remember(&self, mut conversation: Conversation) {
        let mut conversations = lock(&self.conversations);
        let known = conversations.iter().position(|known| known.id == conversation.id);
        if let Some(known) = known.and_then(|at| conversations.remove(at)) {
            conversation.messages = known.messages;
        }
        push_bounded(&mut conversations, conversation);
    }

    /// Stores the messages of a conversation with a model. Of a long one, only the end is kept.
    pub(super) fn remember_messages(&self, conversation_id: &str, mut messages: Vec<Message>) {
        let size = |messages: &[Message]| messages.iter().map(|message| message.content.len()).sum::<usize>();
        while messages.len() > 2 && size(&messages) > MOST_MESSAGE_BYTES {
            // Removes a prompt and its answer.
            messages.drain(..2);
        }
        let mut conversations = lock(&self.conversations);
        if let Some(known) = conversations.iter_mut().find(|conversation| conversation.id == conversation_id) {
            known.messages = messages;
        }
    }

    /// Creates an upload for a file of this name. The file arrives later.
    pub(super) fn new_upload(&self, file_name: String) -> String {
        let id = Ulid::generate().to_string();
        push_bounded(&mut lock(&self.uploads), Upload { id: id.clone(), file_name, size: None, start: Arc::default() });
        id
    }

    pub(super) fn upload(&self, id: &str) -> Option<Upload> {
        lock(&self.uploads).iter().find(|known| known.id == id).cloned()
    }

    /// Stores the received file of an upload: its size in bytes and its start.
    pub(super) fn receive_upload(&self, id: &str, size: u64, start: Vec<u8>) {
        if let Some(upload) = lock(&self.uploads).iter_mut().find(|known| known.id == id) {
            upload.size = Some(size);
            upload.start = start.into();
        }
    }

    /// Counts an answer as being written until the guard is dropped. A client that disconnects also drops it.
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
    state: Arc<SandboxState>,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.state.activity.send_modify(|activity| activity.writing = activity.writing.saturating_sub(1));
    }
}

fn push_bounded<T>(kept: &mut VecDeque<T>, item: T) {
    if kept.len() >= KEPT {
        kept.pop_front();
    }
    kept.push_back(item);
}

/// Waits as long as a scenario requires.
pub(super) async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
