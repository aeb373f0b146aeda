//! The agent ids that fail, each in a documented way.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What goes wrong with an agent id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Forbidden,
    Unauthorized,
    RateLimited,
    Quota,
    ServerError,
    Flaky,
    Truncated,
    Stalled,
    StreamError,
}

const FAILURES: &[(&str, Failure)] = &[
    ("forbidden", Failure::Forbidden),
    ("unauthorized", Failure::Unauthorized),
    ("rate-limited", Failure::RateLimited),
    ("quota", Failure::Quota),
    ("server-error", Failure::ServerError),
    ("flaky", Failure::Flaky),
    ("truncated", Failure::Truncated),
    ("stalled", Failure::Stalled),
    ("stream-error", Failure::StreamError),
];

/// The id of the agent that puts code in prose and a fence.
pub(super) const FENCED: &str = "fenced";

impl Failure {
    pub(super) fn of(agent_id: &str) -> Option<Self> {
        FAILURES.iter().find(|(id, _)| *id == agent_id).map(|(_, failure)| *failure)
    }

    /// The ids, for the list of agents.
    pub(super) fn ids() -> impl Iterator<Item = &'static str> {
        FAILURES.iter().map(|(id, _)| *id).chain([FENCED])
    }

    /// The response of a failure that comes before any answer; `None` of one that breaks the answer itself.
    /// `attempt` counts the requests to flaky agents, from 0.
    pub(super) fn response(self, attempt: u64) -> Option<Response> {
        Some(match self {
            Self::Forbidden => (StatusCode::FORBIDDEN, Body::empty()).into_response(),
            Self::Unauthorized => unauthorized(),
            Self::RateLimited => error(
                StatusCode::TOO_MANY_REQUESTS,
                "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED",
                "Chat rate limit exceeded: 100 requests per minute for this account.",
            ),
            Self::Quota => error(
                StatusCode::TOO_MANY_REQUESTS,
                "INFERENCE_QUOTA_EXCEEDED",
                "Your account has no credits left: the quota of this month is used up.",
            ),
            Self::ServerError => unavailable(),
            Self::Flaky if attempt.is_multiple_of(2) => unavailable(),
            Self::Flaky | Self::Truncated | Self::Stalled | Self::StreamError => return None,
        })
    }
}

/// An error in the body that the service gives to most of them.
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

fn unavailable() -> Response {
    let page =
        "<html><head><title>503 Service Temporarily Unavailable</title></head><body><h1>503</h1></body></html>\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}
