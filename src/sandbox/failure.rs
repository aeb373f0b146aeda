//! Error replies, in the shape of the service.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::scenario::ErrorReply;

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

/// The service has a moment of trouble.
pub(super) fn unavailable() -> Response {
    let page =
        "<html><head><title>503 Service Temporarily Unavailable</title></head><body><h1>503</h1></body></html>\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}
