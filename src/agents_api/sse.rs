//! Bytes to server-sent events: a line guard in front of `eventsource-stream`.
//!
//! That crate alone panics on a second BOM, stalls on one bad byte, takes quadratic time on long lines and grows without
//! bound. The guard hands it one whole line at a time, decoded, ending in LF, and only lines that matter: `data`, `event`
//! and the blank line. It looks at each byte once, and bounds what a line and an event may hold.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use eventsource_stream::{EventStream, EventStreamError};
use futures::Stream;
use memchr::memchr2;

/// The longest line taken, in bytes: a 16 MiB answer in one frame, and room for the rest of the frame.
pub const MAX_LINE_BYTES: usize = (16 << 20) + (64 << 10);

/// The largest event taken, in bytes over all of its lines.
pub const MAX_EVENT_BYTES: usize = MAX_LINE_BYTES + (64 << 10);

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its `event:` name, `message` where it has none.
    pub name: String,
    /// Its `data:` lines, joined by LF.
    pub data: String,
}

/// Why no further events come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SseError<E> {
    /// The body failed.
    #[error(transparent)]
    Body(E),
    /// A line is longer than [`MAX_LINE_BYTES`].
    #[error("a line of the stream is longer than {MAX_LINE_BYTES} bytes")]
    LineTooLong,
    /// An event is larger than [`MAX_EVENT_BYTES`].
    #[error("an event of the stream is larger than {MAX_EVENT_BYTES} bytes")]
    EventTooLarge,
    /// The body ended without a single `data` line; here is all it said. A REST reply looks like that.
    #[error("the body is no event stream")]
    NotEvents(String),
    /// `eventsource-stream` refused a line that the guard let through.
    #[error("the event stream cannot be parsed")]
    Unparsable,
}

/// The events of a body. However the body is cut into chunks, the events are the same; a last event without its blank
/// line is delivered at the end of the body.
pub fn events<S, E>(body: S) -> Events<S, E>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Unpin,
{
    Events { inner: EventStream::new(Lines::new(body)), ended: false }
}

/// See [`events`].
pub struct Events<S, E> {
    inner: EventStream<Lines<S, E>>,
    ended: bool,
}

impl<S, E> Stream for Events<S, E>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Unpin,
{
    type Item = Result<Event, SseError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = ready!(Pin::new(&mut self.inner).poll_next(cx));
        self.ended = !matches!(item, Some(Ok(_)));
        Poll::Ready(item.map(|item| match item {
            Ok(event) => Ok(Event { name: event.event, data: event.data }),
            Err(EventStreamError::Transport(error)) => Err(error),
            Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_)) => Err(SseError::Unparsable),
        }))
    }
}

/// The lines of a body that make events: whole, decoded, each ending in one LF.
struct Lines<S, E> {
    body: S,
    body_ended: bool,
    /// What is left of the latest chunk.
    chunk: Bytes,
    /// A line begun in earlier chunks. It holds no line break, so it is never looked at again.
    begun: BytesMut,
    /// The last break was a CR; an LF right after it belongs to it.
    after_cr: bool,
    at_start: bool,
    guard: Guard,
    /// Chunks taken since the caller last had its turn.
    chunks_in_a_row: u32,
    /// What is still to be said after the last byte.
    farewell: VecDeque<Result<String, SseError<E>>>,
}

impl<S, E> Lines<S, E> {
    fn new(body: S) -> Self {
        Self {
            body,
            body_ended: false,
            chunk: Bytes::new(),
            begun: BytesMut::new(),
            after_cr: false,
            at_start: true,
            guard: Guard::default(),
            chunks_in_a_row: 0,
            farewell: VecDeque::new(),
        }
    }

    /// The next whole line of what has arrived, without its break.
    fn cut(&mut self) -> Result<Option<Bytes>, SseError<E>> {
        if self.after_cr && !self.chunk.is_empty() {
            self.after_cr = false;
            if self.chunk.first() == Some(&b'\n') {
                self.chunk.advance(1);
            }
        }
        let end = memchr2(b'\n', b'\r', &self.chunk);
        if self.begun.len() + end.unwrap_or(self.chunk.len()) > MAX_LINE_BYTES {
            return Err(SseError::LineTooLong);
        }
        let Some(end) = end else {
            self.begun.extend_from_slice(&self.chunk);
            self.chunk.clear();
            return Ok(None);
        };
        let head = self.chunk.split_to(end);
        self.after_cr = self.chunk.first() == Some(&b'\r');
        self.chunk.advance(1);
        if self.begun.is_empty() {
            return Ok(Some(head));
        }
        self.begun.extend_from_slice(&head);
        Ok(Some(self.begun.split().freeze()))
    }

    fn judge(&mut self, line: &[u8]) -> Result<Option<String>, SseError<E>> {
        let line = if std::mem::take(&mut self.at_start) { line.strip_prefix(BOM).unwrap_or(line) } else { line };
        self.guard.judge(line).map_err(|TooLarge| SseError::EventTooLarge)
    }

    /// The body is over: its unfinished line and event count as finished, and the reason comes last.
    fn end(&mut self, failure: Option<E>) {
        self.body_ended = true;
        if !self.begun.is_empty() {
            let line = self.begun.split();
            if let Some(line) = self.judge(&line).transpose() {
                self.farewell.push_back(line);
            }
        }
        self.farewell.push_back(Ok("\n".to_owned()));
        match failure {
            Some(error) => self.farewell.push_back(Err(SseError::Body(error))),
            None if !self.guard.seen_data => {
                self.farewell.push_back(Err(SseError::NotEvents(std::mem::take(&mut self.guard.preamble))));
            }
            None => {}
        }
    }
}

impl<S, E> Stream for Lines<S, E>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Unpin,
{
    type Item = Result<String, SseError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.body_ended {
                return Poll::Ready(this.farewell.pop_front());
            }
            match this.cut() {
                Ok(Some(line)) => {
                    if let Some(line) = this.judge(&line).transpose() {
                        return Poll::Ready(Some(line));
                    }
                }
                Ok(None) if this.chunks_in_a_row >= CHUNKS_A_TURN => {
                    this.chunks_in_a_row = 0;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(None) => match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                    Some(Ok(chunk)) => {
                        this.chunk = chunk;
                        this.chunks_in_a_row += 1;
                    }
                    Some(Err(error)) => this.end(Some(error)),
                    None => this.end(None),
                },
                Err(error) => {
                    this.body_ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

/// After so many chunks the caller has its turn, so that its timeouts hold against an endless flood of comments.
const CHUNKS_A_TURN: u32 = 32;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decides which lines matter, and keeps count of what they hold.
#[derive(Default)]
struct Guard {
    event_bytes: usize,
    seen_data: bool,
    /// The other lines before the first `data` line, for a body that turns out to have none.
    preamble: String,
}

struct TooLarge;

impl Guard {
    /// The line as it goes on, or `None` for a line that makes no event. `id` is among those on purpose: the parser
    /// copies it into every later event, and nobody resumes an answer by it.
    fn judge(&mut self, line: &[u8]) -> Result<Option<String>, TooLarge> {
        if line.is_empty() {
            self.event_bytes = 0;
            return Ok(Some("\n".to_owned()));
        }
        if is_field(line, b"data") || is_field(line, b"event") {
            if !self.seen_data && is_field(line, b"data") {
                self.seen_data = true;
                self.preamble = String::new();
            }
            self.event_bytes += line.len();
            return if self.event_bytes > MAX_EVENT_BYTES { Err(TooLarge) } else { Ok(Some(decode(line))) };
        }
        if !self.seen_data && !line.starts_with(b":") && !is_field(line, b"id") && !is_field(line, b"retry") {
            if self.preamble.len() + line.len() > MAX_EVENT_BYTES {
                return Err(TooLarge);
            }
            self.preamble.push_str(&decode(line));
        }
        Ok(None)
    }
}

fn is_field(line: &[u8], name: &[u8]) -> bool {
    matches!(line.strip_prefix(name), Some([] | [b':', ..]))
}

/// The line with bad UTF-8 replaced, and an LF at its end.
fn decode(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len() + 1);
    for chunk in line.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
