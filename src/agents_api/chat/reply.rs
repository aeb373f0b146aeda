//! From the body of a successful response to text and an end.

use std::time::Duration;

use futures::{FutureExt, StreamExt};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::answer::{AnswerBuilder, ChatEnd};
use super::{ChatEvent, NextEvent};
use crate::agents_api::error::{ApiError, ApiPhase};
use crate::agents_api::error_reply::{self, looks_like_html, tidy};
use crate::agents_api::frame::{Frame, FrameError, parse_event, parse_frame, plain_text};
use crate::agents_api::http::{is_keep_alive_timeout, keep_alive_error, network, plain_cause, root_cause};
use crate::agents_api::retry::{AttemptError, Timeouts};
use crate::agents_api::sse::{self, SseError};
use crate::agents_api::token::Bearer;
use crate::i18n::message;

/// How long to read after the last frame. The service usually closes the response immediately; then the next request
/// can use the connection. If the service does not close it, no user waits for that.
const AFTERMATH: Duration = Duration::from_millis(200);

/// How many bytes of already received text are joined before they are delivered.
const MAX_PIECE: usize = 64 << 10;

/// Reads SSE or, if the body has no `data` line, one REST reply.
pub(super) async fn read_chat_reply(
    response: Response,
    host: &str,
    bearer: &Bearer,
    sent_at: Instant,
    timeouts: &Timeouts,
    out: &NextEvent,
) -> Result<ChatEnd, AttemptError> {
    let status = response.status().as_u16();
    // These statuses have no body, and a retry would get the same.
    if matches!(status, 202 | 204 | 205) {
        let host = host.to_owned();
        return Err(ApiError::NoReply { host, status }.into());
    }
    let mut events = sse::events(response.bytes_stream());
    let mut reader = StreamReader { answer: AnswerBuilder::default(), lost: None, sent_at, out };
    let mut phase = ApiPhase::FirstText;
    let mut limit = timeouts.first_text;
    let mut deadline = sent_at + limit;
    loop {
        let ended = reader.ended();
        let item = match timeout_at(deadline, events.next()).await {
            Err(_) if ended => return Ok(reader.finish().await),
            Err(_) => return Err(reader.failed(ApiError::Timeout { host: host.to_owned(), phase, limit }).await),
            Ok(item) => item,
        };
        let mut text = String::new();
        let mut progress = false;
        let mut arrived = Some(item);
        // Text that has already arrived is delivered as one piece. This saves events, and the user sees no difference.
        while let Some(item) = arrived {
            let ended = reader.ended();
            match item {
                Some(Ok(event)) => {
                    // More events follow, so this was not the cut end of a broken connection.
                    if let Some(lost) = reader.lost.take() {
                        progress |= reader.take_in(lost, &mut text);
                    }
                    if let Some(more) = plain_text(&event).filter(|_| !reader.answer.joiner.is_waiting()) {
                        progress |= !more.is_empty();
                        text.push_str(&more);
                    } else {
                        for frame in frames(&event) {
                            let frame = redacted_frame(frame, bearer);
                            if let Some(error) = frame.error.clone().filter(|_| !reader.ended()) {
                                reader.deliver(text).await;
                                return Err(reader.failed(error_reply::of_frame(host, error)).await);
                            }
                            if frame.is_lost {
                                reader.lost = Some(frame);
                            } else {
                                progress |= reader.take_in(frame, &mut text);
                            }
                        }
                    }
                }
                over => {
                    reader.deliver(text).await;
                    return match over {
                        None | Some(Err(_)) if ended => Ok(reader.finish().await),
                        Some(Err(SseError::NotEvents(body))) => rest(&body, status, host, bearer, reader).await,
                        Some(Err(error)) => {
                            let error = broken(error, host, reader.text_begun());
                            Err(reader.failed(error).await)
                        }
                        // The body ended, but no frame reported the end of the answer.
                        _ if reader.text_begun() || reader.answer.joiner.is_waiting() => {
                            Err(reader.failed(ApiError::Truncated { cause: None }).await)
                        }
                        _ => Err(reader.failed(ApiError::NoReply { host: host.to_owned(), status }).await),
                    };
                }
            }
            arrived = if text.len() < MAX_PIECE { events.next().now_or_never() } else { None };
        }
        reader.deliver(text).await;
        let now = Instant::now();
        if !ended && reader.ended() {
            deadline = now + AFTERMATH;
        } else if !ended && progress {
            (phase, limit) = (ApiPhase::Idle, timeouts.idle);
            // The time counts from when the reader took the text. A slow reader is not an idle service.
            deadline = now + limit;
        }
    }
}

struct StreamReader<'a> {
    answer: AnswerBuilder,
    /// A frame that could not be read completely. If the body ends with it, the connection broke inside it, and it is
    /// not part of an answer. If no text was delivered, the agent may be asked again.
    lost: Option<Frame>,
    sent_at: Instant,
    out: &'a NextEvent,
}

impl StreamReader<'_> {
    /// Adds the frame's text to `text`, and returns whether it contained any. Half of a character counts: it is
    /// delivered with its other half.
    fn take_in(&mut self, frame: Frame, text: &mut String) -> bool {
        let held_back = frame.trailing_half.is_some();
        let more = self.answer.take_in(frame);
        let progress = held_back || !more.is_empty();
        if text.is_empty() {
            *text = more;
        } else {
            text.push_str(&more);
        }
        progress
    }

    fn ended(&self) -> bool {
        self.answer.has_ended
    }

    async fn deliver(&mut self, text: String) {
        if !text.is_empty() {
            let sent_at = self.sent_at;
            self.answer.has_words |= !text.trim().is_empty();
            self.answer.end.first_text.get_or_insert_with(|| sent_at.elapsed());
            self.out.put(ChatEvent::Text(text)).await;
        }
    }

    fn text_begun(&self) -> bool {
        self.answer.end.first_text.is_some()
    }

    async fn finish(mut self) -> ChatEnd {
        if let Some(lost) = self.lost.take() {
            let mut text = String::new();
            self.take_in(lost, &mut text);
            self.deliver(text).await;
        }
        if let Some(text) = self.answer.joiner.finish() {
            self.deliver(text).await;
        }
        self.answer.end.total = self.sent_at.elapsed();
        self.answer.end()
    }

    async fn failed(mut self, error: ApiError) -> AttemptError {
        if let Some(text) = self.answer.joiner.finish() {
            self.deliver(text).await;
        }
        AttemptError { is_final: self.text_begun(), ..error.into() }
    }
}

/// The frames of an event: one, or one per line if the service omitted the blank lines between events.
fn frames(event: &sse::Event) -> Vec<Frame> {
    let whole = parse_event(event);
    match &whole {
        Some(Frame { is_lost: true, .. }) if event.data.contains(&b'\n') => {
            let text = event.text();
            frames_of_lines(&event.name, &text).unwrap_or_else(|| whole.into_iter().collect())
        }
        _ => whole.into_iter().collect(),
    }
}

/// One frame for each line, if every line is a frame.
fn frames_of_lines(name: &str, text: &str) -> Option<Vec<Frame>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "[DONE]");
    let frames = lines.map(|line| parse_frame(name, line).filter(|frame| !frame.is_lost));
    frames.collect::<Option<Vec<_>>>().filter(|frames| frames.len() > 1)
}

/// A body without a `data` line: one JSON object with the whole answer, one object for each piece of it, or other text
/// that cannot be an answer.
async fn rest(
    body: &str,
    status: u16,
    host: &str,
    bearer: &Bearer,
    mut reader: StreamReader<'_>,
) -> Result<ChatEnd, AttemptError> {
    crate::memory::freed(body.len());
    if body.trim().is_empty() {
        let host = host.to_owned();
        return Err(reader.failed(ApiError::NoReply { host, status }).await);
    }
    let whole = parse_frame("message", body.trim());
    let (frames, is_one) = match (whole, frames_of_lines("message", body)) {
        (Some(Frame { is_lost: true, .. }) | None, Some(frames)) => (frames, false),
        (whole, _) => (whole.into_iter().collect(), true),
    };
    let is_cut = frames.iter().any(|frame| frame.is_lost);
    let mut text = String::new();
    let mut is_answer = false;
    for frame in frames.into_iter().map(|frame| redacted_frame(frame, bearer)) {
        if let Some(error) = frame.error.clone() {
            reader.deliver(text).await;
            return Err(reader.failed(error_reply::of_frame(host, error)).await);
        }
        is_answer |= frame.text.is_some() || frame.trailing_half.is_some() || frame.stop_reason.is_some();
        reader.take_in(frame, &mut text);
    }
    // A cut reply can be requested again, because no text of it was delivered.
    if is_cut {
        return Err(reader.failed(ApiError::Truncated { cause: None }).await);
    }
    if is_answer {
        reader.deliver(text).await;
        if is_one || reader.ended() {
            return Ok(reader.finish().await);
        }
        return Err(reader.failed(ApiError::Truncated { cause: None }).await);
    }
    let (host, what) = (host.to_owned(), tidy(&bearer.redact(body)));
    let problem = if looks_like_html(body) {
        message!("api-web-page", host = host, what = what)
    } else {
        message!("api-something-else", host = host, what = what)
    };
    let remedy = message!("api-in-between-remedy");
    Err(reader.failed(ApiError::protocol(problem, remedy, None)).await)
}

/// A service may repeat the token, and some do in error texts.
fn redacted_frame(mut frame: Frame, bearer: &Bearer) -> Frame {
    let redacted = |error: FrameError| FrameError {
        code: error.code.map(|code| tidy(&bearer.redact(&code))),
        details: tidy(&bearer.redact(&error.details)),
    };
    frame.error = frame.error.map(redacted);
    frame.complaint = frame.complaint.map(redacted);
    frame
}

/// Before the first text, a broken body is a network error. After it, the answer is truncated.
fn broken(error: SseError<reqwest::Error>, host: &str, text_begun: bool) -> ApiError {
    match error {
        SseError::Body(error) if text_begun => {
            tracing::info!(host, cause = root_cause(&error), "the answer broke off");
            ApiError::Truncated { cause: Some(plain_cause(&error)) }
        }
        // The response head arrived, so the question was accepted and may be billed.
        SseError::Body(error) if is_keep_alive_timeout(&error) => keep_alive_error(host, false),
        SseError::Body(error) => network(host, None, &error),
        SseError::LineTooLong | SseError::EventTooLarge | SseError::NotEvents(_) => {
            crate::memory::freed(sse::MAX_LINE_BYTES);
            let problem = message!("api-too-long-an-answer", host = host.to_owned());
            ApiError::protocol(problem, message!("api-too-long-an-answer-remedy"), None)
        }
    }
}
