//! Responses: heads that do not answer the request, and bodies that may be incomplete.

use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;
use secrecy::zeroize::Zeroizing;
use tokio::time::{Instant, timeout_at};

use crate::agents_api::error::ApiError;
use crate::i18n::message;

/// The response. Fails if it redirects, does not match our request, or cannot be decoded. The body of an error may be
/// unreadable, because its status is enough.
pub(in crate::agents_api) fn check_response(host: &str, response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    // 101 switches the protocol, 304 refers to a cache, 305 to a proxy. Above 599 there is no status class.
    let is_odd = status.is_informational() || matches!(status.as_u16(), 304..=306 | 600..);
    let host = host.to_owned();
    let (problem, remedy) = if is_odd {
        let problem = message!("api-odd-status", host = host, status = status.as_u16());
        (problem, message!("api-in-between-remedy"))
    } else if status.is_redirection() {
        (message!("api-redirect", host = host, status = status.to_string()), message!("api-in-between-remedy"))
    } else if status.is_success() && is_coded(&response) {
        (message!("api-compressed", host = host), message!("api-compressed-remedy"))
    } else {
        return Ok(response);
    };
    Err(ApiError::protocol(problem, remedy, status.as_u16()))
}

fn is_coded(response: &Response) -> bool {
    let codings =
        response.headers().get_all(CONTENT_ENCODING).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
    codings.map(<[u8]>::trim_ascii).any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

/// A body, complete or partial.
pub(in crate::agents_api) struct Body {
    /// Its text, without a byte order mark.
    pub(in crate::agents_api) text: Zeroizing<String>,
    /// Why it is incomplete.
    pub(in crate::agents_api) broken: Option<Broken>,
}

/// Why a body is incomplete.
pub(in crate::agents_api) enum Broken {
    /// The connection broke.
    Connection(reqwest::Error),
    /// The time limit was reached.
    TooLate,
}

/// The start of an error body: at most 64 KiB, or the part before the connection broke.
pub(in crate::agents_api) async fn read_start(response: Response, deadline: Instant) -> Zeroizing<String> {
    if is_coded(&response) {
        return Zeroizing::default();
    }
    read_at_most(64 << 10, response, deadline).await.text
}

/// At most `max` bytes of a body.
pub(in crate::agents_api) async fn read_at_most(max: usize, mut response: Response, deadline: Instant) -> Body {
    // It may hold a token.
    let mut body = Zeroizing::new(Vec::new());
    let broken = loop {
        if body.len() >= max {
            break None;
        }
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None)) => break None,
            Ok(Err(error)) => break Some(Broken::Connection(error)),
            Err(_) => break Some(Broken::TooLate),
        }
    };
    body.truncate(max);
    crate::memory::freed(body.len());
    let text = String::from_utf8_lossy(&body);
    Body { text: Zeroizing::new(text.trim_start_matches('\u{feff}').to_owned()), broken }
}
