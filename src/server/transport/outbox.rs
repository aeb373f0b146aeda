//! The only way to the client: an ordered queue of frames, and the requests that wait for a reply.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tower_lsp::jsonrpc::{ErrorCode, Id, Response};

use super::message::Rejection;
use crate::tasks::lock;

/// With more bytes in the queue than this, the client is not reading: see [`Outbox::has_room`].
pub const MAX_BACKLOG_BYTES: usize = 64 << 20;

/// How many bytes are written between two flushes while the queue is not empty.
const BURST_BYTES: usize = 64 << 10;

/// Sends to the client, in the order of the calls. Nothing here blocks or awaits; clones share the queue.
#[derive(Debug, Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

/// Why a request to the client has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientError {
    /// No answer came in time. A late answer is ignored.
    #[error("the editor did not answer {method} within {after:?}")]
    Timeout {
        /// The request's method.
        method: &'static str,
        /// How long the server waited.
        after: Duration,
    },
    /// The session ended before the answer.
    #[error("the editor closed the connection")]
    Closed,
    /// The client answered with an error.
    #[error("the editor refused: {message} ({code})")]
    Rejected {
        /// The JSON-RPC error code.
        code: i64,
        /// The client's message.
        message: String,
    },
    /// The client answered that it, or its user, cancelled the request (-32800).
    #[error("the editor cancelled the request")]
    Cancelled,
}

impl Outbox {
    /// An empty queue, and its other end, which [`serve`](super::serve()) writes out.
    pub fn new() -> (Self, Outgoing) {
        Self::with_max_backlog(MAX_BACKLOG_BYTES)
    }

    /// The same as [`Outbox::new`], but with a limit of `max_backlog` bytes in the queue.
    pub fn with_max_backlog(max_backlog: usize) -> (Self, Outgoing) {
        let (queue, frames) = mpsc::unbounded_channel();
        let outbox = Self {
            shared: Arc::new(Shared {
                queue,
                backlog: AtomicUsize::new(0),
                max_backlog,
                next_id: AtomicU32::new(1),
                waiting: Mutex::default(),
            }),
        };
        (outbox.clone(), Outgoing { frames, outbox })
    }

    /// Queues a notification. Params that serialise to `null` are omitted, as JSON-RPC requires.
    pub fn notify(&self, method: &'static str, params: impl Serialize) {
        match encode(method, None, &params) {
            Ok(body) => self.push(body),
            Err(error) => tracing::error!(method, %error, "a notification could not be written as JSON"),
        }
    }

    /// Queues a notification that the client does not need, such as a progress report. If there is no room, it drops
    /// the notification and returns `false`.
    pub fn notify_if_room(&self, method: &'static str, params: impl Serialize) -> bool {
        let has_room = self.has_room();
        if has_room {
            self.notify(method, params);
        }
        has_room
    }

    /// Queues a request now, and returns a future of its answer. The wait ends `timeout` after this call.
    ///
    /// If the future is dropped, a late answer is ignored. Errors: [`ClientError`], if the client refuses, does not
    /// answer in time, or has exited.
    pub fn request(
        &self,
        method: &'static str,
        params: impl Serialize,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Value, ClientError>> {
        let deadline = Instant::now() + timeout;
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let body = match encode(method, Some(id), &params) {
            Ok(body) => body,
            Err(error) => {
                let message = format!("{method} could not be written as JSON: {error}");
                let rejected = ClientError::Rejected { code: ErrorCode::InternalError.code(), message };
                return Box::pin(async { Err(rejected) });
            }
        };
        let (reply, answer) = oneshot::channel();
        let mut waiting = lock(&self.shared.waiting);
        if waiting.closed {
            return Box::pin(async { Err(ClientError::Closed) });
        }
        waiting.replies.insert(id, reply);
        drop(waiting);
        let entry = WaitingEntry { outbox: self.clone(), id };
        self.push(body);
        Box::pin(async move {
            let outcome = tokio::time::timeout_at(deadline, answer).await;
            drop(entry);
            match outcome {
                Ok(Ok(Ok(result))) => Ok(result),
                Ok(Ok(Err(Rejection { code, .. }))) if code == ErrorCode::RequestCancelled.code() => {
                    Err(ClientError::Cancelled)
                }
                Ok(Ok(Err(Rejection { code, message }))) => Err(ClientError::Rejected { code, message }),
                Ok(Err(_)) => Err(ClientError::Closed),
                Err(_) => Err(ClientError::Timeout { method, after: timeout }),
            }
        })
    }

    /// Bytes queued and not yet written. Above zero the client reads more slowly than the server writes.
    pub fn backlog(&self) -> usize {
        self.shared.backlog.load(Ordering::Relaxed)
    }

    /// Whether the backlog is within its limit. Over it, the server drops optional messages and refuses new requests.
    /// It still reads, because a client may block until it does, and must not wait forever.
    pub fn has_room(&self) -> bool {
        self.backlog() <= self.shared.max_backlog
    }

    /// Queues the response to a request of the client.
    pub(super) fn respond(&self, response: &Response) {
        match serde_json::to_vec(response) {
            Ok(body) => self.push(body),
            Err(error) => tracing::error!(id = %response.id(), %error, "a response could not be written as JSON"),
        }
    }

    /// Queues the response to a request of the client. The result is already JSON text.
    pub(super) fn respond_with_text(&self, id: &Id, result: &str) {
        match serde_json::to_string(id) {
            Ok(id) => self.push(format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#).into_bytes()),
            Err(error) => tracing::error!(%id, %error, "a response could not be written as JSON"),
        }
    }

    /// Passes a reply to the waiting caller. Returns `false` if no caller waits: the reply may be late.
    pub(super) fn route_reply(&self, id: &Id, answer: Result<Value, Rejection>) -> bool {
        let number = if let Id::Number(number) = id { u32::try_from(*number).ok() } else { None };
        let reply = number.and_then(|number| lock(&self.shared.waiting).replies.remove(&number));
        // The caller may stop waiting between the two calls. Then the answer is late, too.
        reply.is_some_and(|reply| reply.send(answer).is_ok())
    }

    /// Lets the writer end after the queued frames. Later messages are dropped, and no caller waits any more.
    pub(crate) fn close(&self) {
        let mut waiting = lock(&self.shared.waiting);
        if !waiting.closed {
            waiting.closed = true;
            // The receiver may already be dropped, if the client has exited.
            let _ = self.shared.queue.send(None);
        }
        let replies = std::mem::take(&mut waiting.replies);
        drop(waiting);
        // Dropped outside the lock, because each drop wakes a waiting caller.
        drop(replies);
    }

    /// Frames sent after the session's end are dropped here.
    fn push(&self, body: Vec<u8>) {
        let size = body.len();
        tracing::trace!(body = %String::from_utf8_lossy(&body), "send");
        self.shared.backlog.fetch_add(size, Ordering::Relaxed);
        if self.shared.queue.send(Some(body)).is_err() {
            self.shared.backlog.fetch_sub(size, Ordering::Relaxed);
        }
    }
}

/// The other end of an [`Outbox`], only for [`serve`](super::serve()). If it is dropped, waiting callers get `Closed`.
#[derive(Debug)]
pub struct Outgoing {
    frames: mpsc::UnboundedReceiver<Option<Vec<u8>>>,
    outbox: Outbox,
}

impl Outgoing {
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The next message, as soon as it is sent.
    #[cfg(test)]
    pub(in crate::server) async fn next(&mut self) -> Value {
        serde_json::from_slice(&self.frames.recv().await.flatten().unwrap()).unwrap()
    }

    /// The messages that were sent so far.
    #[cfg(test)]
    pub(in crate::server) fn sent(&mut self) -> Vec<Value> {
        let frames = std::iter::from_fn(|| self.frames.try_recv().ok().flatten());
        frames.map(|body| serde_json::from_slice(&body).unwrap()).collect()
    }

    /// Writes the queued frames until the outbox is closed, with one flush for a burst. Errors: the client has exited.
    pub(crate) async fn write_to(mut self, output: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut output = BufWriter::with_capacity(BURST_BYTES, output);
        let mut unflushed = 0;
        while let Some(Some(body)) = self.frames.recv().await {
            output.write_all(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes()).await?;
            output.write_all(&body).await?;
            unflushed += body.len();
            if self.frames.is_empty() || unflushed >= BURST_BYTES {
                output.flush().await?;
                self.outbox.shared.backlog.fetch_sub(unflushed, Ordering::Relaxed);
                unflushed = 0;
            }
        }
        output.flush().await?;
        output.shutdown().await
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.outbox.close();
    }
}

#[derive(Debug)]
struct Shared {
    /// `None` marks the end of the session.
    queue: mpsc::UnboundedSender<Option<Vec<u8>>>,
    backlog: AtomicUsize,
    max_backlog: usize,
    next_id: AtomicU32,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    closed: bool,
    replies: HashMap<u32, oneshot::Sender<Result<Value, Rejection>>>,
}

/// Removes the entry of a caller that stops waiting.
struct WaitingEntry {
    outbox: Outbox,
    id: u32,
}

impl Drop for WaitingEntry {
    fn drop(&mut self) {
        lock(&self.outbox.shared.waiting).replies.remove(&self.id);
    }
}

/// Serialises a message once, directly to its bytes.
fn encode(method: &str, id: Option<u32>, params: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut body = br#"{"jsonrpc":"2.0","#.to_vec();
    if let Some(id) = id {
        body.extend_from_slice(format!(r#""id":{id},"#).as_bytes());
    }
    body.extend_from_slice(br#""method":"#);
    serde_json::to_writer(&mut body, method)?;
    let without_params = body.len();
    body.extend_from_slice(br#","params":"#);
    let before_params = body.len();
    serde_json::to_writer(&mut body, params)?;
    if body.get(before_params..) == Some(b"null") {
        body.truncate(without_params);
    }
    body.push(b'}');
    Ok(body)
}
