//! What goes wrong between the sandbox and a model server, as the Agents API would tell it.

use std::error::Error as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use crate::sandbox::failure;

/// The most of a server's own words that is passed on, in characters.
const MOST_DETAILS: usize = 300;

/// A model did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct ModelError {
    status: StatusCode,
    code: &'static str,
    details: String,
    retry_after: Option<HeaderValue>,
}

impl ModelError {
    /// The connection could not be made, or was lost before an answer began.
    pub(super) fn unreachable(host: &str, error: &reqwest::Error) -> Self {
        // The outer layers repeat the URL; the innermost has the reason.
        let mut cause = error.source();
        while let Some(inner) = cause.and_then(std::error::Error::source) {
            cause = Some(inner);
        }
        let cause = cause.map_or_else(|| "no reason given".to_owned(), |cause| shortened(&cause.to_string()));
        Self::bad_gateway(
            "SANDBOX_MODEL_UNREACHABLE",
            format!("The model server at {host} cannot be reached ({cause}). Start it, or correct --model-url."),
        )
    }

    /// The server answered with an error status.
    pub(super) fn refused(host: &str, status: StatusCode, retry_after: Option<HeaderValue>, body: &str) -> Self {
        let said = said(body);
        let context = said.to_lowercase().contains("context");
        let details = |what: &str| format!("The model server at {host} {what} (HTTP {}): {said}", status.as_u16());
        let (status, code, details) = match status.as_u16() {
            400 | 413 if context => {
                (StatusCode::BAD_REQUEST, "INFERENCE_6001_LLM_MODEL_BAD_REQUEST", details("cannot take the prompt"))
            }
            401 | 403 => {
                let details = details("wants another key in STACKSPOT_MODEL_API_KEY");
                (StatusCode::BAD_GATEWAY, "SANDBOX_MODEL_KEY", details)
            }
            404 => {
                let details = details("does not know the model or the path; check --model and --model-url");
                (StatusCode::BAD_GATEWAY, "SANDBOX_MODEL_NOT_FOUND", details)
            }
            429 => (
                StatusCode::TOO_MANY_REQUESTS,
                "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED",
                details("is asked too often"),
            ),
            // Such as one that is still loading its model: worth another try.
            503 => (StatusCode::SERVICE_UNAVAILABLE, "SANDBOX_MODEL_UNAVAILABLE", details("is not ready")),
            _ => (StatusCode::BAD_GATEWAY, "SANDBOX_MODEL_ERROR", details("answered with an error")),
        };
        Self { status, code, details, retry_after }
    }

    /// The server speaks, but lists no model.
    pub(super) fn no_model(host: &str) -> Self {
        Self::bad_gateway(
            "SANDBOX_MODEL_NOT_FOUND",
            format!("The model server at {host} lists no model under /v1/models. Load one, or name it with --model."),
        )
    }

    /// The answer is no chat completion, or holds an error.
    pub(super) fn broken(host: &str, problem: &str) -> Self {
        let problem = shortened(problem);
        Self::bad_gateway("SANDBOX_MODEL_ERROR", format!("The answer of the model server at {host} broke: {problem}"))
    }

    fn bad_gateway(code: &'static str, details: String) -> Self {
        Self { status: StatusCode::BAD_GATEWAY, code, details, retry_after: None }
    }

    pub(in crate::sandbox) fn response(&self) -> Response {
        let mut response = failure::error(self.status, self.code, &self.details);
        if let Some(wait) = &self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, wait.clone());
        }
        response
    }

    /// As a frame of a stream that has begun.
    pub(in crate::sandbox) fn frame(&self) -> Value {
        serde_json::json!({ "type": "error", "code": self.code, "details": self.details })
    }
}

/// The message of an error object, of any of the shapes in use, else the text itself.
pub(super) fn said(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let message = ["/error/message", "/message", "/detail", "/error"].iter().find_map(|at| value.pointer(at)?.as_str());
    let text = shortened(message.unwrap_or(body));
    if text.is_empty() { "no reason given".to_owned() } else { text }
}

/// One line of at most so many characters.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_DETAILS).and_then(|(end, _)| line.get(..end)) {
        Some(start) => format!("{start}…"),
        None => line,
    }
}
