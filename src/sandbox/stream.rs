//! Sends a reply: as frames of a stream, or as one object.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};
use ulid::Ulid;

use super::failure;
use super::model::{Message, ModelAnswer, Role};
use super::scenario::{FaultKind, Frames, SourceItem, TokenCounts};
use super::state::{SandboxState, Writing};
use super::writing::{Event, Written};

/// The fields of a reply besides its text.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) conversation_id: Option<String>,
    pub(super) upload_ids: Vec<String>,
    /// The knowledge sources, if the request asked for them.
    pub(super) sources: Vec<SourceItem>,
    pub(super) stop_reason: Option<String>,
    /// The tokens of the prompt, counted by the sandbox.
    pub(super) input_tokens: usize,
    /// The token counts to report, instead of the counted ones.
    pub(super) tokens: Option<TokenCounts>,
    pub(super) frames: Frames,
}

/// The author of an answer.
pub(super) enum AnswerSource {
    /// The sandbox, or its scenario.
    Written(Written),
    /// A model that received these messages.
    Model(Box<ModelAnswer>, Vec<Message>),
}

impl AnswerSource {
    async fn next(&mut self) -> Option<Event> {
        match self {
            Self::Written(answer) => answer.next().await,
            Self::Model(answer, _) => answer.next().await,
        }
    }

    /// Removes the delays from an answer with known text, and returns their sum.
    fn at_once(&mut self) -> Duration {
        match self {
            Self::Written(answer) => answer.at_once(),
            Self::Model(..) => Duration::ZERO,
        }
    }
}

/// A reply that is being written.
pub(super) struct Reply {
    pub(super) answer: AnswerSource,
    pub(super) envelope: Envelope,
    pub(super) state: Arc<SandboxState>,
    /// The reply counts as being written until this is dropped.
    pub(super) _writing: Writing,
}

/// A reply as a body of frames.
struct Framing {
    reply: Reply,
    /// The number of frames with text so far.
    frames: usize,
    text: String,
    /// The fault of the next frame with text.
    spoilt: Option<FaultKind>,
}

impl Reply {
    /// Streams the reply. If the client disconnects, the body is dropped and the writing stops. If the sandbox closes,
    /// the stream breaks off.
    pub(super) fn into_stream(self) -> Response {
        // The service starts with a frame without text.
        let first = stream::once(std::future::ready(Ok(frame(&fat("").into()))));
        let framing = Framing { reply: self, frames: 0, text: String::new(), spoilt: None };
        let frames = stream::unfold(framing, |mut framing| async move {
            let bytes = framing.next().await?;
            Some((bytes, framing))
        });
        let mut response = Body::from_stream(first.chain(frames)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }

    /// Sends the whole reply at the time of its last word.
    pub(super) async fn into_object(mut self) -> Response {
        let wait = self.answer.at_once();
        if self.state.unless_closing(tokio::time::sleep(wait)).await.is_err() {
            return closing();
        }
        let mut text = String::new();
        let mut faults = Vec::new();
        let whole = loop {
            let Ok(event) = self.state.unless_closing(self.answer.next()).await else { return closing() };
            match event {
                Some(Event::Text(more)) => text.push_str(&more),
                Some(Event::End) => break true,
                Some(Event::Failed(error)) => return error.response(),
                Some(Event::Fault(FaultKind::Close)) | None => break false,
                Some(Event::Fault(FaultKind::ErrorFrame)) => {
                    return failure::error(StatusCode::INTERNAL_SERVER_ERROR, STREAM_ERROR.0, STREAM_ERROR.1);
                }
                Some(Event::Fault(fault @ (FaultKind::Reset | FaultKind::CutCharacter))) => {
                    faults.push(fault);
                    break false;
                }
                Some(Event::Fault(fault)) => faults.push(fault),
            }
        };
        if !whole {
            return object_with(&fat(&text).into(), &faults);
        }
        let (stop_reason, tokens) = self.end(&text);
        let tokens = json!({ "user": tokens.input, "enrichment": 0, "output": tokens.output });
        object_with(&self.envelope.last(&text, &stop_reason, tokens), &faults)
    }

    /// Ends the answer and stores it in its conversation. Returns the stop reason and the tokens.
    fn end(&mut self, text: &str) -> (String, TokenCounts) {
        let counted = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let here = TokenCounts { input: counted(self.envelope.input_tokens), output: counted(tokens_of(text)) };
        let (mut stop_reason, mut tokens) = (self.envelope.stop_reason.take(), self.envelope.tokens);
        if let AnswerSource::Model(answer, messages) = &mut self.answer {
            if let Some(id) = &self.envelope.conversation_id {
                let said = Message { role: Role::Assistant, content: text.to_owned() };
                self.state.remember_messages(id, messages.drain(..).chain([said]).collect());
            }
            stop_reason = stop_reason.or(answer.stop_reason.take());
            tokens = tokens.or(answer.tokens);
        }
        (stop_reason.unwrap_or_else(|| "stop".to_owned()), tokens.unwrap_or(here))
    }
}

impl Framing {
    /// Returns the next bytes to send, or `None` after the end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        let Self { reply, frames, text, spoilt } = self;
        loop {
            let event = match reply.state.unless_closing(reply.answer.next()).await {
                Ok(event) => event?,
                Err(closing) => return Some(Err(closing)),
            };
            let bytes = match event {
                Event::Text(more) => {
                    // Clients meet both shapes of frame. Therefore the sandbox sends both.
                    let is_thin = reply.envelope.frames == Frames::Thin
                        || reply.envelope.frames == Frames::Mixed && *frames % 2 == 1;
                    let whole = if is_thin { json!({ "message": more }) } else { fat(&more).into() };
                    *frames += 1;
                    text.push_str(&more);
                    // A frame without text has no text that a fault could damage.
                    let fault = if more.is_empty() { None } else { spoilt.take() };
                    fault.map_or_else(|| frame(&whole), |fault| spoilt_frame(fault, &more))
                }
                Event::End => {
                    // Here the service uses its new names for tokens. In the plain reply it uses the old names.
                    let (stop_reason, tokens) = reply.end(text);
                    let tokens = json!({ "input": tokens.input, "output": tokens.output });
                    frame(&reply.envelope.last("", &stop_reason, tokens))
                }
                Event::Failed(error) => frame(&error.frame()),
                Event::Fault(FaultKind::Close) => return None,
                Event::Fault(FaultKind::Reset) => return Some(Err(broken_off().await)),
                Event::Fault(FaultKind::ErrorFrame) => {
                    let (code, details) = STREAM_ERROR;
                    frame(&json!({ "type": "error", "code": code, "details": details }))
                }
                Event::Fault(fault @ (FaultKind::BrokenJson | FaultKind::NonFinite)) => {
                    *spoilt = Some(fault);
                    continue;
                }
                Event::Fault(fault) => match bad_bytes(fault) {
                    Some(bytes) => bytes,
                    None => continue,
                },
            };
            return Some(Ok(bytes));
        }
    }
}

impl Envelope {
    /// The frame with the stop reason, or the plain reply.
    fn last(&self, message: &str, stop_reason: &str, tokens: Value) -> Value {
        let mut frame = fat(message);
        let mut set = |name: &str, value: Value| frame.insert(name.into(), value);
        set("stop_reason", stop_reason.into());
        set("tokens", tokens);
        set("message_id", Ulid::generate().to_string().into());
        set("upload_ids", self.upload_ids.iter().map(|id| (id.clone(), json!("sandbox"))).collect());
        if let Some(id) = &self.conversation_id {
            set("conversation_id", id.as_str().into());
        }
        if !self.sources.is_empty() {
            set("knowledge_source_id", self.sources.iter().filter_map(|source| source.slug.as_deref()).collect());
            set("source", json!(self.sources));
        }
        frame.into()
    }
}

const STREAM_ERROR: (&str, &str) = ("SANDBOX_STREAM_ERROR", "The model failed in the middle of its answer.");

/// An estimate of a model's token count.
pub(super) fn tokens_of(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

pub(super) fn closing() -> Response {
    failure::error(StatusCode::SERVICE_UNAVAILABLE, "SANDBOX_CLOSING", "The sandbox is closing.")
}

fn frame(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

/// A frame with all fields of the service.
fn fat(message: &str) -> Map<String, Value> {
    let mut frame = Map::new();
    frame.insert("upload_ids".into(), json!({}));
    for list in ["knowledge_source_id", "source", "cross_account_source", "tools_id", "agent_info"] {
        frame.insert(list.into(), json!([]));
    }
    frame.insert("message".into(), message.into());
    frame
}

/// The bytes to send between two frames.
fn bad_bytes(fault: FaultKind) -> Option<Bytes> {
    Some(Bytes::from_static(match fault {
        FaultKind::InvalidUtf8 => b"data: {\"message\":\"\xff\xfe\"}\n\n",
        FaultKind::Bom => b"\xef\xbb\xbf",
        FaultKind::LoneSurrogate => b"data: {\"message\":\"\\ud83d\"}\n\n",
        FaultKind::Comment => b": ping\n\n",
        FaultKind::CutCharacter => b"data: {\"message\":\"n\xc3",
        _ => return None,
    }))
}

/// A frame with text that no reader, or no strict reader, can read.
fn spoilt_frame(fault: FaultKind, text: &str) -> Bytes {
    if fault == FaultKind::NonFinite {
        return Bytes::from(format!("data: {{\"score\":NaN,\"message\":{}}}\n\n", json!(text)));
    }
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    let cut = json!(half).to_string();
    // Without the closing quote of the text.
    let cut = cut.strip_suffix('"').unwrap_or(&cut);
    Bytes::from(format!("data: {{\"message\":{cut}\n\n"))
}

/// A plain reply with its faults. JSON has no comments. Therefore the comment fault is skipped.
fn object_with(object: &Value, faults: &[FaultKind]) -> Response {
    let mut bytes = object.to_string().into_bytes();
    let has = |fault: FaultKind| faults.contains(&fault);
    // The message begins after its name. The ids and counts before it cannot contain these bytes.
    let message = b"\"message\":\"";
    let begins = bytes.windows(message.len()).position(|window| window == message).map_or(0, |at| at + message.len());
    if has(FaultKind::InvalidUtf8) {
        bytes.splice(begins..begins, *b"\xff\xfe");
    }
    if has(FaultKind::LoneSurrogate) {
        bytes.splice(begins..begins, *b"\\ud83d");
    }
    if has(FaultKind::NonFinite) {
        bytes.splice(0..1, *b"{\"score\":NaN,");
    }
    if has(FaultKind::CutCharacter) {
        bytes.truncate(begins);
        bytes.extend(b"n\xc3");
    }
    if has(FaultKind::BrokenJson) || has(FaultKind::Reset) {
        bytes.truncate(bytes.len() / 2);
    }
    if has(FaultKind::Bom) {
        bytes.splice(0..0, *b"\xef\xbb\xbf");
    }
    let body = if has(FaultKind::Reset) {
        let cut = stream::once(async { Ok(Bytes::from(bytes)) });
        Body::from_stream(cut.chain(stream::once(async { Err(broken_off().await) })))
    } else {
        Body::from(bytes)
    };
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The error that breaks the connection, after the earlier bytes were sent.
async fn broken_off() -> io::Error {
    tokio::time::sleep(Duration::from_millis(10)).await;
    io::Error::other("the answer breaks off, as it is meant to")
}
