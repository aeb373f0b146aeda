//! The answer of a model during the stream.

use axum::body::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;
use serde_json::Value;

use super::error::{ModelError, said};
use crate::agents_api::sse::{self, Events, SseError};
use crate::sandbox::scenario::{FaultKind, TokenCounts};
use crate::sandbox::writing::{Event, Faults};

/// An answer that a model server streams. Dropping it closes the connection to the server.
pub(in crate::sandbox) struct ModelAnswer {
    events: Events<BoxStream<'static, Result<Bytes, reqwest::Error>>, reqwest::Error>,
    host: String,
    /// The faults occur at their position in the text.
    pub(in crate::sandbox) faults: Faults,
    /// Text that has arrived and is not yet returned.
    ahead: String,
    /// The reason why the model stopped.
    pub(in crate::sandbox) stop_reason: Option<String>,
    /// The token counts, if the server sends them.
    pub(in crate::sandbox) tokens: Option<TokenCounts>,
    ended: bool,
}

impl ModelAnswer {
    pub(super) fn new(response: Response, host: String) -> Self {
        Self {
            events: sse::events(response.bytes_stream().boxed()),
            host,
            faults: Faults::new(Vec::new()),
            ahead: String::new(),
            stop_reason: None,
            tokens: None,
            ended: false,
        }
    }

    /// Returns the next event when it happens, or `None` after the end. A caller may drop it while it waits.
    pub(in crate::sandbox) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(decided) = self.faults.next(self.ended && self.ahead.is_empty()).await {
                return decided;
            }
            if !self.ahead.is_empty() {
                let later = self.faults.cut(&mut self.ahead);
                let now = std::mem::replace(&mut self.ahead, later);
                self.faults.count(&now);
                return Some(Event::Text(now));
            }
            if self.ended {
                return self.faults.end(if self.stop_reason.is_some() {
                    Event::End
                } else {
                    // A stream without a final event was cut off. The client must see this.
                    Event::Fault(FaultKind::Close)
                });
            }
            let taken = match self.events.next().await {
                None => {
                    self.ended = true;
                    Ok(())
                }
                Some(Ok(event)) if event.data.trim_ascii() == b"[DONE]" => {
                    self.stop_reason.get_or_insert_with(|| "stop".to_owned());
                    self.ended = true;
                    Ok(())
                }
                Some(Ok(event)) => self.push_chunk(&event.data),
                // A server without streaming answers at once, with one object.
                Some(Err(SseError::NotEvents(body))) => {
                    self.ended = true;
                    self.push_chunk(body.as_bytes())
                }
                Some(Err(error)) => Err(ModelError::broken(&self.host, &error.to_string())),
            };
            if let Err(error) = taken {
                return self.faults.end(Event::Failed(error));
            }
        }
    }

    /// Reads a chunk or a whole completion.
    fn push_chunk(&mut self, data: &[u8]) -> Result<(), ModelError> {
        let Ok(Value::Object(chunk)) = serde_json::from_slice(data) else {
            return Err(ModelError::broken(&self.host, "it is no chat completion; check --model-url"));
        };
        let chunk = Value::Object(chunk);
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(ModelError::broken(&self.host, &said(&String::from_utf8_lossy(data))));
        }
        let text = |at: &str| chunk.pointer(at).and_then(Value::as_str);
        if let Some(more) = text("/choices/0/delta/content").or_else(|| text("/choices/0/message/content")) {
            self.ahead.push_str(more);
        }
        if let Some(reason) = text("/choices/0/finish_reason") {
            self.stop_reason = Some(reason.to_owned());
        }
        let count = |at: &str| chunk.pointer(at).and_then(Value::as_u64);
        if let (Some(input), Some(output)) = (count("/usage/prompt_tokens"), count("/usage/completion_tokens")) {
            self.tokens = Some(TokenCounts { input, output });
        }
        Ok(())
    }
}
