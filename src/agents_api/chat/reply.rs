//! From the body of a successful response to text and an end.

use std::time::Duration;

use futures::{FutureExt, StreamExt};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::answer::{Answer, ChatEnd};
use super::{ChatEvent, Failure, NextEvent};
use crate::agents_api::error::{ApiError, Phase};
use crate::agents_api::failure::{self, looks_like_html, tidy};
use crate::agents_api::frame::{Frame, FrameError, parse_event, parse_frame, plain_text};
use crate::agents_api::http::{network, root_cause};
use crate::agents_api::retry::Timeouts;
use crate::agents_api::sse::{self, SseError};
use crate::agents_api::token::Bearer;
use crate::i18n::message;

/// How long the service is listened to after the last frame. It closes the connection at once, which then serves the next
/// request; one that does not close keeps nobody waiting.
const AFTERMATH: Duration = Duration::from_millis(200);

/// How much text that has arrived already is put together, in bytes, before it goes on.
const MAX_PIECE: usize = 64 << 10;

/// Reads SSE or, where the body has no `data` line, one REST reply.
pub(super) async fn read(
    response: Response,
    host: &str,
    bearer: &Bearer,
    sent_at: Instant,
    timeouts: &Timeouts,
    out: &NextEvent,
) -> Result<ChatEnd, Failure> {
    let mut events = sse::events(response.bytes_stream());
    let mut reading = Reading { answer: Answer::default(), sent_at, out };
    let mut phase = Phase::FirstText;
    let mut limit = timeouts.first_text;
    let mut deadline = sent_at + limit;
    loop {
        let ended = reading.ended();
        let item = match timeout_at(deadline, events.next()).await {
            Err(_) if ended => return Ok(reading.finish().await),
            Err(_) => return Err(reading.failed(ApiError::Timeout { host: host.to_owned(), phase, limit }).await),
            Ok(item) => item,
        };
        let mut text = String::new();
        let mut progress = false;
        let mut arrived = Some(item);
        // What has arrived already goes on as one piece: nobody sees the difference, and everybody handles fewer.
        while let Some(item) = arrived {
            let ended = reading.ended();
            match item {
                Some(Ok(event)) => {
                    if let Some(more) = plain_text(&event).filter(|_| !reading.answer.holds_text_back()) {
                        progress |= !more.is_empty();
                        text.push_str(more);
                    } else if let Some(frame) = parse_event(&event) {
                        if let Some(error) = frame.error.clone().filter(|_| !ended) {
                            reading.deliver(text).await;
                            return Err(reading.failed(failure::of_frame(host, redacted(error, bearer))).await);
                        }
                        progress |= reading.take_in(frame, &mut text);
                    }
                }
                over => {
                    reading.deliver(text).await;
                    return match over {
                        None | Some(Err(_)) if ended => Ok(reading.finish().await),
                        Some(Err(SseError::NotEvents(body))) => rest(&body, host, bearer, reading).await,
                        Some(Err(error)) => {
                            let error = broken(error, host, reading.text_begun());
                            Err(reading.failed(error).await)
                        }
                        _ => Err(reading.failed(ApiError::Truncated { cause: None }).await),
                    };
                }
            }
            arrived = if text.len() < MAX_PIECE { events.next().now_or_never() } else { None };
        }
        reading.deliver(text).await;
        let now = Instant::now();
        if !ended && reading.ended() {
            deadline = now + AFTERMATH;
        } else if !ended && progress {
            (phase, limit) = (Phase::Idle, timeouts.idle);
            // Counted from when the reader took the text: its own pace is not the service's silence.
            deadline = now + limit;
        }
    }
}

struct Reading<'a> {
    answer: Answer,
    sent_at: Instant,
    out: &'a NextEvent,
}

impl Reading<'_> {
    /// Adds the frame's text to `text`, and says whether it brought any. A half of a character counts: it is delivered with
    /// its other half.
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
        self.answer.end.stop_reason.is_some()
    }

    async fn deliver(&mut self, text: String) {
        if !text.is_empty() {
            let sent_at = self.sent_at;
            self.answer.end.first_text.get_or_insert_with(|| sent_at.elapsed());
            self.out.put(ChatEvent::Text(text)).await;
        }
    }

    fn text_begun(&self) -> bool {
        self.answer.end.first_text.is_some()
    }

    async fn finish(mut self) -> ChatEnd {
        if let Some(text) = self.answer.last_text() {
            self.deliver(text).await;
        }
        self.answer.end.total = self.sent_at.elapsed();
        self.answer.end
    }

    async fn failed(mut self, error: ApiError) -> Failure {
        if let Some(text) = self.answer.last_text() {
            self.deliver(text).await;
        }
        Failure { text_begun: self.text_begun(), ..error.into() }
    }
}

/// A body without a `data` line: one JSON object that says everything, or nothing that could be an answer.
async fn rest(body: &str, host: &str, bearer: &Bearer, mut reading: Reading<'_>) -> Result<ChatEnd, Failure> {
    if body.trim().is_empty() {
        return Err(reading.failed(ApiError::Truncated { cause: None }).await);
    }
    let frame = parse_frame("message", body.trim());
    if let Some(error) = frame.as_ref().and_then(|frame| frame.error.clone()) {
        return Err(reading.failed(failure::of_frame(host, redacted(error, bearer))).await);
    }
    match frame {
        Some(frame) if frame.text.is_some() || frame.trailing_half.is_some() || frame.stop_reason.is_some() => {
            let mut text = String::new();
            reading.take_in(frame, &mut text);
            reading.deliver(text).await;
            Ok(reading.finish().await)
        }
        _ if body.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() => {
            Err(reading.failed(ApiError::Truncated { cause: None }).await)
        }
        _ => {
            let (host, what) = (host.to_owned(), tidy(&bearer.redact(body)));
            let problem = if looks_like_html(body) {
                message!("api-web-page", host = host, what = what)
            } else {
                message!("api-something-else", host = host, what = what)
            };
            let remedy = message!("api-in-between-remedy");
            Err(reading.failed(ApiError::Protocol { problem, remedy, status: None }).await)
        }
    }
}

/// A service may repeat the token that it was sent.
fn redacted(error: FrameError, bearer: &Bearer) -> FrameError {
    FrameError { code: error.code.map(|code| bearer.redact(&code)), details: bearer.redact(&error.details) }
}

/// Before the first text a broken body is a network failure like any other; after it, the answer is truncated.
fn broken(error: SseError<reqwest::Error>, host: &str, text_begun: bool) -> ApiError {
    match error {
        SseError::Body(error) if text_begun => ApiError::Truncated { cause: Some(root_cause(&error)) },
        SseError::Body(error) => network(host, &error),
        SseError::LineTooLong | SseError::EventTooLarge | SseError::NotEvents(_) => ApiError::Protocol {
            problem: message!("api-too-long-an-answer", host = host.to_owned()),
            remedy: message!("api-too-long-an-answer-remedy"),
            status: None,
        },
    }
}
