//! Bytes to server-sent events.
//!
//! A guard cuts the body into lines, reads each byte at most twice, and limits the size of lines and events. It accepts
//! only `data`, `event` and the blank line. Nearly every event is one `data` line. It is a complete event, and is
//! passed on without a copy. All others are parsed by `eventsource-stream`, event by event. Alone, that crate panics on
//! a second BOM, stalls on one bad byte, takes quadratic time on long lines and grows without limit.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use eventsource_stream::EventStream;
use futures::{FutureExt, Stream, StreamExt, stream};
use memchr::memchr2;

/// The longest accepted line, in bytes: a 16 MiB answer in one frame, plus the rest of the frame.
pub(crate) const MAX_LINE_BYTES: usize = (16 << 20) + (64 << 10);

/// The largest accepted event, in bytes of all its lines.
pub(crate) const MAX_EVENT_BYTES: usize = MAX_LINE_BYTES + (64 << 10);

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its `event:` name; `message` if it has none.
    pub name: Cow<'static, str>,
    /// Its `data:` lines, joined by LF, as received. They may not be UTF-8.
    pub data: Bytes,
}

impl Event {
    /// The data as text, with invalid UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }
}

/// Why the events end.
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
    /// The body ended without a `data` line; this is its text. A REST reply looks like that.
    #[error("the body is no event stream")]
    NotEvents(String),
}

/// The events of a body. The division into chunks does not matter. If the last event has no blank line, it is delivered
/// at the end of the body.
pub fn events<S, E>(body: S) -> Events<S, E>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Unpin,
{
    Events { body: Some(body), lines: Lines::default(), guard: Guard::default(), last: None, chunks_in_a_row: 0 }
}

/// See [`events`].
pub struct Events<S, E> {
    /// `None` after its end.
    body: Option<S>,
    lines: Lines,
    guard: Guard,
    /// Why the events end; returned after the last event.
    last: Option<SseError<E>>,
    /// Chunks processed since the caller was last polled.
    chunks_in_a_row: u32,
}

impl<S, E> Stream for Events<S, E>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Unpin,
{
    type Item = Result<Event, SseError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.whole_event() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(body) = &mut this.body else { return Poll::Ready(this.last.take().map(Err)) };
            let line = match this.lines.cut() {
                Ok(line) => line,
                Err(LineTooLong) => return Poll::Ready(this.stop(SseError::LineTooLong)),
            };
            if let Some(line) = line {
                match this.guard.push_line(line) {
                    Ok(None) => {}
                    Ok(Some(event)) => return Poll::Ready(Some(Ok(event))),
                    Err(TooLarge) => return Poll::Ready(this.stop(SseError::EventTooLarge)),
                }
                continue;
            }
            if this.chunks_in_a_row >= CHUNKS_A_TURN {
                this.chunks_in_a_row = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match ready!(Pin::new(body).poll_next(cx)) {
                Some(Ok(chunk)) => {
                    this.lines.chunk = chunk;
                    this.chunks_in_a_row += 1;
                }
                Some(Err(error)) => return Poll::Ready(this.end(Some(SseError::Body(error)))),
                None => return Poll::Ready(this.end(None)),
            }
        }
    }
}

impl<S, E> Events<S, E> {
    /// The next event, if it is one `data` line that arrived with its blank line. Nearly all are.
    fn whole_event(&mut self) -> Option<Event> {
        let Self { lines, guard, .. } = self;
        let is_between_events = !lines.after_cr && lines.begun.is_empty() && guard.is_between_events();
        if !is_between_events || !lines.chunk.starts_with(b"data:") {
            return None;
        }
        let end = memchr2(b'\n', b'\r', &lines.chunk).filter(|end| *end <= MAX_LINE_BYTES)?;
        if lines.chunk.get(end..end + 2) != Some(b"\n\n") {
            return None;
        }
        lines.past_start = true;
        guard.see_data();
        let line = lines.chunk.split_to(end);
        lines.chunk.advance(2);
        Some(event_of_line(line))
    }

    fn stop(&mut self, error: SseError<E>) -> Option<Result<Event, SseError<E>>> {
        self.body = None;
        self.lines.chunk.clear();
        Some(Err(error))
    }

    /// Ends the body: the last line and event count as complete, and the reason is returned last.
    fn end(&mut self, failure: Option<SseError<E>>) -> Option<Result<Event, SseError<E>>> {
        let unfinished = self.lines.rest().map_or(Ok(None), |line| self.guard.push_line(line));
        let Ok(event) = unfinished.and_then(|_| self.guard.push_line(Bytes::new())) else {
            return self.stop(SseError::EventTooLarge);
        };
        self.body = None;
        // A complete reply is accepted, because some servers close the connection without the last TLS message.
        let reply = self.guard.no_events().filter(|body| failure.is_none() || is_object(body));
        self.last = reply.map(SseError::NotEvents).or(failure);
        event.map(Ok).or_else(|| self.last.take().map(Err))
    }
}

/// Whether a text is exactly one JSON object.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Divides chunks into lines.
#[derive(Default)]
struct Lines {
    /// The rest of the latest chunk.
    chunk: Bytes,
    /// The start of a line from earlier chunks. It holds no line break, so it is not scanned again.
    begun: BytesMut,
    /// The last line break was a CR; an LF directly after it belongs to it.
    after_cr: bool,
    past_start: bool,
}

struct LineTooLong;

impl Lines {
    /// The next complete line of the received bytes, without its line break.
    fn cut(&mut self) -> Result<Option<Bytes>, LineTooLong> {
        if self.after_cr && !self.chunk.is_empty() {
            self.after_cr = false;
            if self.chunk.first() == Some(&b'\n') {
                self.chunk.advance(1);
            }
        }
        let end = memchr2(b'\n', b'\r', &self.chunk);
        if self.begun.len() + end.unwrap_or(self.chunk.len()) > MAX_LINE_BYTES {
            return Err(LineTooLong);
        }
        let Some(end) = end else {
            self.begun.extend_from_slice(&self.chunk);
            self.chunk.clear();
            return Ok(None);
        };
        let head = if end == 0 { Bytes::new() } else { self.chunk.split_to(end) };
        self.after_cr = self.chunk.first() == Some(&b'\r');
        self.chunk.advance(1);
        if self.begun.is_empty() {
            return Ok(Some(self.without_bom(head)));
        }
        self.begun.extend_from_slice(&head);
        Ok(self.rest())
    }

    /// The incomplete line, if there is one.
    fn rest(&mut self) -> Option<Bytes> {
        let line = self.begun.split().freeze();
        if line.is_empty() { None } else { Some(self.without_bom(line)) }
    }

    fn without_bom(&mut self, mut line: Bytes) -> Bytes {
        if !std::mem::replace(&mut self.past_start, true) && line.starts_with(BOM) {
            line.advance(BOM.len());
        }
        line
    }
}

/// After this many chunks, the caller runs. Otherwise its timeouts would fail during an endless flood of comments.
const CHUNKS_A_TURN: u32 = 32;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Selects the relevant lines, counts their bytes, and builds events of them.
#[derive(Default)]
struct Guard {
    /// The first line of the current event.
    first: Option<Bytes>,
    /// All of its lines, if it has several, or if the first is not `data`. Each is decoded and ends with LF.
    several: Vec<String>,
    event_bytes: usize,
    seen_data: bool,
    /// The other lines before the first `data` line, in case the body has none.
    preamble: String,
}

struct TooLarge;

impl Guard {
    /// Processes a line, and returns the event that it ends. It ignores `id`, because answers cannot be resumed.
    fn push_line(&mut self, line: Bytes) -> Result<Option<Event>, TooLarge> {
        if line.is_empty() {
            self.event_bytes = 0;
            return Ok(match self.first.take() {
                Some(line) => Some(event_of_line(line)),
                None if self.several.is_empty() => None,
                None => event_of_lines(std::mem::take(&mut self.several)),
            });
        }
        let is_data = is_field(&line, b"data");
        if is_data || is_field(&line, b"event") {
            if is_data {
                self.see_data();
            }
            self.event_bytes += line.len();
            if self.event_bytes > MAX_EVENT_BYTES {
                return Err(TooLarge);
            }
            if is_data && self.first.is_none() && self.several.is_empty() {
                self.first = Some(line);
            } else {
                self.several.extend(self.first.take().as_deref().map(decode));
                self.several.push(decode(&line));
            }
            return Ok(None);
        }
        if !self.seen_data && !line.starts_with(b":") && !is_field(&line, b"id") && !is_field(&line, b"retry") {
            if self.preamble.len() + line.len() > MAX_EVENT_BYTES {
                return Err(TooLarge);
            }
            self.preamble.push_str(&decode(&line));
        }
        Ok(None)
    }

    fn is_between_events(&self) -> bool {
        self.first.is_none() && self.several.is_empty()
    }

    fn see_data(&mut self) {
        if !std::mem::replace(&mut self.seen_data, true) {
            self.preamble = String::new();
        }
    }

    /// The text of a body without a `data` line.
    fn no_events(&mut self) -> Option<String> {
        (!self.seen_data).then(|| std::mem::take(&mut self.preamble))
    }
}

/// The event of a single `data` line.
fn event_of_line(mut line: Bytes) -> Event {
    let skipped = match line.get(b"data".len()..) {
        Some([b':', b' ', ..]) => b"data: ".len(),
        Some([b':', ..]) => b"data:".len(),
        _ => b"data".len(),
    };
    line.advance(skipped);
    Event { name: Cow::Borrowed("message"), data: line }
}

/// The event of several lines; `None` if they form none.
fn event_of_lines(mut lines: Vec<String>) -> Option<Event> {
    lines.push("\n".to_owned());
    let lines = stream::iter(lines.into_iter().map(Ok::<_, std::convert::Infallible>));
    // All input is available, so there is nothing to wait for. The lines are decoded and complete, so no error occurs.
    let parsed = EventStream::new(lines).next().now_or_never()??.ok()?;
    Some(Event { name: Cow::Owned(parsed.event), data: parsed.data.into() })
}

fn is_field(line: &[u8], name: &[u8]) -> bool {
    matches!(line.strip_prefix(name), Some([] | [b':', ..]))
}

/// The line with invalid UTF-8 replaced, and an LF at its end.
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
