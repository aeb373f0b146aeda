//! What a broken connection means, and what to look at.

use std::error::Error as _;
use std::io;

use crate::agents_api::error::ApiError;
use crate::agents_api::failure::tidy;
use crate::i18n::message;

/// What a failed connection means, and what to look at.
pub(in crate::agents_api) fn network(host: &str, error: &reqwest::Error) -> ApiError {
    let (host, cause) = (host.to_owned(), root_cause(error));
    let lower = chain(error).to_lowercase();
    let (problem, remedy) = if lower.contains("proxy auth") {
        (message!("api-proxy-wants-password", host = host), message!("api-proxy-password-remedy"))
    } else if lower.contains("tunnel") || lower.contains("socks") || lower.contains("proxy") {
        (message!("api-proxy-unusable", host = host, cause = cause), message!("api-proxy-unusable-remedy"))
    } else if lower.contains("certificate") || lower.contains("unknownissuer") {
        (message!("api-untrusted", host = host, cause = cause), message!("api-untrusted-remedy"))
    } else if lower.contains("corrupt message") {
        (message!("api-no-https", host = host), message!("api-no-https-remedy"))
    } else if error.is_dns() || lower.contains("dns error") {
        (message!("api-no-name", host = host), message!("api-no-name-remedy"))
    } else {
        match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => {
                (message!("api-connection-refused", host = host), message!("api-connection-refused-remedy"))
            }
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => {
                (message!("api-connection-broken", host = host), message!("api-connection-broken-remedy"))
            }
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                (message!("api-unreachable", host = host), message!("api-unreachable-remedy"))
            }
            _ if error.is_connect() => {
                (message!("api-not-connected", host = host, cause = cause), message!("api-not-connected-remedy"))
            }
            _ => (
                message!("api-connection-failed", host = host, cause = cause),
                message!("api-connection-failed-remedy"),
            ),
        }
    };
    ApiError::Network { problem, remedy, status: None }
}

/// The innermost reason, in words of the library. Outer layers hold the URL; the innermost never does.
pub(in crate::agents_api) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no reason given".to_owned(), |cause| tidy(&cause.to_string()))
}

fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&inner.to_string());
        text.push('\n');
        cause = inner.source();
    }
    text
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    let mut kind = None;
    while let Some(inner) = cause {
        kind = inner.downcast_ref::<io::Error>().map(io::Error::kind).or(kind);
        cause = inner.source();
    }
    kind
}
