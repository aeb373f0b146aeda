//! The headers of a request: its token and the type of its content.

use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::failure::{bad_request, unauthorized};
use super::state::SandboxState;

/// The value of `Authorization` after its scheme (in any case), and whether the scheme has the usual case.
pub(super) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<(&'a str, bool)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (found, rest) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| (rest.trim(), found == scheme))
}

/// Checks that a request contains a valid bearer token of this sandbox. Otherwise returns the response.
pub(super) fn authorized(state: &SandboxState, headers: &HeaderMap) -> Result<(), Response> {
    let (token, is_usual) = credentials(headers, "Bearer").ok_or_else(unauthorized)?;
    if !state.is_valid_token(token) {
        return Err(unauthorized());
    }
    if !is_usual {
        let what = "Authorization must begin with Bearer, in this case: not everybody reads another".into();
        state.let_pass(what).map_err(|what| bad_request(&what))?;
    }
    Ok(())
}

/// Whether the content type is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}
