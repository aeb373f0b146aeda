//! Faults: error replies, and the agent ids that fail, each in a documented way.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::scenario::{ErrorReply, Fault, FaultKind};
use super::writing::chars_of_words;

/// The number of words that an agent writes before it stalls or fails.
const WORDS_BEFORE_FAILURE: usize = 5;

/// The number of chats a minute that the service allows an account, for all agents together.
const LIMIT_PER_MINUTE: usize = 100;

/// The ids of the agents that fail, as listed in docs/sandbox.md.
pub(super) fn failing() -> impl Iterator<Item = &'static str> {
    "forbidden unauthorized rate-limited quota server-error flaky truncated stalled stream-error".split(' ')
}

/// The id of the agent that writes code in prose and a fence.
pub(super) const FENCED: &str = "fenced";

/// The response of an agent that fails before any answer. Returns `None` if the agent answers or fails during the
/// answer. `flaky_attempts` counts the requests to flaky agents.
pub(super) fn instead_of_an_answer(agent_id: &str, flaky_attempts: &AtomicU64) -> Option<Response> {
    Some(match agent_id {
        "forbidden" => (StatusCode::FORBIDDEN, Body::empty()).into_response(),
        "unauthorized" => unauthorized(),
        "rate-limited" => rate_limited(LIMIT_PER_MINUTE),
        "quota" => error(
            StatusCode::TOO_MANY_REQUESTS,
            "INFERENCE_QUOTA_EXCEEDED",
            "Your account has no credits left: the quota of this month is used up.",
        ),
        "server-error" => unavailable(),
        "flaky" if flaky_attempts.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => unavailable(),
        _ => return None,
    })
}

/// The fault in the answer of an agent that fails.
pub(super) fn fault(agent_id: &str, text: &str) -> Option<Fault> {
    let a_few = || chars_of_words(text, |_| WORDS_BEFORE_FAILURE);
    let (after, then) = match agent_id {
        "truncated" => (chars_of_words(text, |words| words / 2), FaultKind::Close),
        "stalled" => (a_few(), FaultKind::EmptyFrames),
        "stream-error" => (a_few(), FaultKind::ErrorFrame),
        _ => return None,
    };
    Some(Fault { after, then, every_ms: None })
}

impl ErrorReply {
    /// The reply. If it has a code or details, it has the service's shape. Otherwise it is only the body.
    pub(super) fn response(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match (&self.body, &self.code, &self.details) {
            (Some(body), _, _) => (status, body.clone()).into_response(),
            (None, None, None) => (status, Body::empty()).into_response(),
            (None, code, details) => {
                error(status, code.as_deref().unwrap_or_default(), details.as_deref().unwrap_or_default())
            }
        };
        let kind = self.content_type.as_deref().and_then(|kind| HeaderValue::from_str(kind).ok());
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// An error with the usual error body of the service.
pub(super) fn error(status: StatusCode, code: &str, details: &str) -> Response {
    let kind = status.canonical_reason().unwrap_or("Error").to_uppercase().replace(' ', "_");
    (status, axum::Json(json!({ "type": kind, "code": code, "details": details }))).into_response()
}

/// The request is malformed; `details` says how.
pub(super) fn bad_request(details: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "SANDBOX_INVALID_REQUEST", details)
}

/// The bearer token is missing, unknown or expired.
pub(super) fn unauthorized() -> Response {
    error(StatusCode::UNAUTHORIZED, "SANDBOX_UNAUTHORIZED", "The bearer token is missing, unknown or expired.")
}

/// The account has sent more requests than the limit.
pub(super) fn rate_limited(per_minute: usize) -> Response {
    let details = format!("Chat rate limit exceeded: {per_minute} requests per minute for this account.");
    error(StatusCode::TOO_MANY_REQUESTS, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", &details)
}

fn unavailable() -> Response {
    let page =
        "<html><head><title>503 Service Temporarily Unavailable</title></head><body><h1>503</h1></body></html>\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}
