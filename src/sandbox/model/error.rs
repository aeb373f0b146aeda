//! Errors between the sandbox and a model server, in the form of the Agents API.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use crate::agents_api::{ErrorBody, read_body, root_cause, tidy};
use crate::sandbox::failure;

/// A model did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct ModelError {
    status: StatusCode,
    code: &'static str,
    details: String,
    retry_after: Option<HeaderValue>,
}

impl ModelError {
    /// The connection failed, or was lost before an answer began.
    pub(super) fn unreachable(host: &str, error: &reqwest::Error) -> Self {
        let cause = root_cause(error);
        Self::bad_gateway(
            "SANDBOX_MODEL_UNREACHABLE",
            format!("The model server at {host} cannot be reached ({cause}). Start it, or correct --model-url."),
        )
    }

    /// The server answered with an error status.
    pub(super) fn refused(host: &str, status: StatusCode, retry_after: Option<HeaderValue>, body: &str) -> Self {
        let said = said(body);
        let context = said.to_lowercase().contains("context");
        let (told, code, what) = match status.as_u16() {
            400 | 413 if context => (400, "INFERENCE_6001_LLM_MODEL_BAD_REQUEST", "cannot take the prompt"),
            401 | 403 => (502, "SANDBOX_MODEL_KEY", "wants another key in STACKSPOT_MODEL_API_KEY"),
            404 => {
                let what = "does not know the model or the path; check --model and --model-url";
                (502, "SANDBOX_MODEL_NOT_FOUND", what)
            }
            429 => (429, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "is asked too often"),
            // For example, the server is still loading its model. A retry may succeed.
            503 => (503, "SANDBOX_MODEL_UNAVAILABLE", "is not ready"),
            _ => (502, "SANDBOX_MODEL_ERROR", "answered with an error"),
        };
        let details = format!("The model server at {host} {what} (HTTP {}): {said}", status.as_u16());
        Self { status: StatusCode::from_u16(told).unwrap_or(StatusCode::BAD_GATEWAY), code, details, retry_after }
    }

    /// The server answers but lists no model.
    pub(super) fn no_model(host: &str) -> Self {
        Self::bad_gateway(
            "SANDBOX_MODEL_NOT_FOUND",
            format!("The model server at {host} lists no model under /v1/models. Load one, or name it with --model."),
        )
    }

    /// The answer is not a chat completion, or contains an error.
    pub(super) fn broken(host: &str, problem: &str) -> Self {
        let problem = tidy(problem);
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

    /// The error as a frame of a stream that has begun.
    pub(in crate::sandbox) fn frame(&self) -> Value {
        serde_json::json!({ "type": "error", "code": self.code, "details": self.details })
    }
}

/// The text of an error reply of any shape, in one line.
pub(super) fn said(body: &str) -> String {
    let ErrorBody { code, details, .. } = read_body(body);
    let said = if details.is_empty() { code.unwrap_or_default() } else { details };
    if said.is_empty() { "no reason given".to_owned() } else { said }
}
