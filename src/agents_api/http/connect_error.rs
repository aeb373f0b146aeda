//! The meaning of a broken connection, and what the user should check.

use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use rustls::CertificateError;

use super::verifier::SelfSigned;
use crate::agents_api::error::{ApiError, RetryHint};
use crate::agents_api::error_reply::tidy;
use crate::i18n::{Message, message};

/// The meaning of a failed connection, and what to check. `proxy` is the displayed name of the proxy in use.
pub(in crate::agents_api) fn network(host: &str, proxy: Option<String>, error: &reqwest::Error) -> ApiError {
    let (problem, remedy, retry_hint) = problem_and_remedy(host.to_owned(), proxy, error);
    ApiError::network(problem, remedy, retry_hint)
}

fn problem_and_remedy(host: String, proxy: Option<String>, error: &reqwest::Error) -> (Message, Message, RetryHint) {
    let words = root_cause(error);
    tracing::info!(host, cause = words, "the connection failed");
    let cause = plain_cause(error);
    let lower = chain(error).to_lowercase();
    if let Some(certificate) = certificate_error(error) {
        return untrusted(host, certificate, &words);
    }
    if lower.contains("proxy auth") {
        let problem = message!("api-proxy-password", host = host);
        return (problem, message!("api-proxy-password-remedy"), RetryHint::Never);
    }
    if lower.contains("tunnel") || lower.contains("socks") || lower.contains("proxy") {
        let retry_hint = if is_final(error) { RetryHint::OnceFast } else { RetryHint::WithBackoff };
        let problem = match proxy {
            Some(proxy) => message!("api-proxy-unreached", proxy = proxy, host = host, cause = cause),
            None => message!("api-proxy-unusable", host = host, cause = cause),
        };
        return (problem, message!("api-proxy-unusable-remedy"), retry_hint);
    }
    if wants_http1(error) {
        let problem = message!("api-connection-failed", host = host, cause = cause);
        return (problem, message!("api-connection-failed-remedy"), RetryHint::Immediately);
    }
    if lower.contains("certificate") || lower.contains("unknownissuer") {
        return (
            message!("api-untrusted", host = host, cause = words),
            message!("api-untrusted-remedy"),
            RetryHint::Never,
        );
    }
    if lower.contains("corrupt message") {
        return (message!("api-no-https", host = host), message!("api-no-https-remedy"), RetryHint::Never);
    }
    if is_unresolved(error) {
        return (message!("api-no-name", host = host), message!("api-no-name-remedy"), RetryHint::OnceFast);
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => (
            message!("api-connection-refused", host = host),
            message!("api-connection-refused-remedy"),
            RetryHint::OnceFast,
        ),
        Some(kind) if is_closed(kind) => (
            message!("api-connection-broken", host = host),
            message!("api-connection-broken-remedy"),
            RetryHint::WithBackoff,
        ),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            (message!("api-unreachable", host = host), message!("api-unreachable-remedy"), RetryHint::OnceFast)
        }
        _ if error.is_connect() => {
            let problem = message!("api-not-connected", host = host, cause = cause);
            (problem, message!("api-not-connected-remedy"), RetryHint::WithBackoff)
        }
        _ => {
            let problem = message!("api-connection-failed", host = host, cause = cause);
            (problem, message!("api-connection-failed-remedy"), RetryHint::WithBackoff)
        }
    }
}

/// Why a certificate was rejected, and who must fix it.
fn untrusted(host: String, error: &CertificateError, cause: &str) -> (Message, Message, RetryHint) {
    let now = date(SystemTime::now());
    let (problem, remedy) = match error {
        CertificateError::Expired => (message!("api-expired", host = host), message!("api-expired-remedy", now = now)),
        CertificateError::ExpiredContext { not_after, .. } => {
            let until = date(SystemTime::UNIX_EPOCH + Duration::from_secs(not_after.as_secs()));
            (message!("api-expired-on", host = host, date = until), message!("api-expired-remedy", now = now))
        }
        CertificateError::NotValidYet => {
            (message!("api-not-yet-valid", host = host), message!("api-not-yet-valid-remedy", now = now))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            let from = date(SystemTime::UNIX_EPOCH + Duration::from_secs(not_before.as_secs()));
            let problem = message!("api-not-yet-valid-before", host = host, date = from);
            (problem, message!("api-not-yet-valid-remedy", now = now))
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            (message!("api-names-nobody", host = host), message!("api-names-nobody-remedy"))
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().take(3).map(|name| name_in(name)).collect::<Vec<_>>().join(", ");
            (message!("api-other-host-named", host = host, names = tidy(&names)), message!("api-other-host-remedy"))
        }
        CertificateError::NotValidForName => {
            (message!("api-other-host", host = host), message!("api-other-host-remedy"))
        }
        CertificateError::BadSignature => {
            (message!("api-bad-signature", host = host), message!("api-bad-signature-remedy"))
        }
        CertificateError::Revoked => (message!("api-revoked", host = host), message!("api-revoked-remedy")),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            (message!("api-own-authority", host = host), message!("api-own-authority-remedy"))
        }
        CertificateError::Other(other) if other.0.is::<SelfSigned>() => {
            (message!("api-self-signed", host = host), message!("api-self-signed-remedy"))
        }
        _ => (message!("api-untrusted", host = host, cause = cause.to_owned()), message!("api-untrusted-remedy")),
    };
    (problem, remedy, RetryHint::Never)
}

/// The name without its wrapping: the verifier lists names as `DnsName("a.example")`.
fn name_in(listed: &str) -> &str {
    listed.split('"').nth(1).unwrap_or(listed)
}

/// A date and time in the format of HTTP.
fn date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// The connection died silently while the answer was awaited. A request that was never acknowledged was not processed,
/// so it may be sent again immediately. Any other request may have been processed and billed.
pub(in crate::agents_api) fn keep_alive_error(host: &str, is_unacknowledged: bool) -> ApiError {
    let problem = message!("api-unheard", host = host.to_owned());
    let retry_hint = if is_unacknowledged { RetryHint::Immediately } else { RetryHint::Never };
    ApiError::network(problem, message!("api-unheard-remedy"), retry_hint)
}

/// Whether the connection was closed because nothing was received on it.
pub(in crate::agents_api) fn is_keep_alive_timeout(error: &reqwest::Error) -> bool {
    !error.is_connect()
        && (io_kind(error) == Some(io::ErrorKind::TimedOut) || chain(error).contains("keep-alive timed out"))
}

/// Whether the service closed HTTP/2 and requires HTTP/1.1.
pub(super) fn wants_http1(error: &reqwest::Error) -> bool {
    chain(error).to_ascii_lowercase().contains("requires http/1.1")
}

/// Whether a proxy answered, but did not forward the request.
pub(super) fn is_tunnel_error(error: &reqwest::Error) -> bool {
    let lower = chain(error).to_lowercase();
    lower.contains("tunnel error: unsuccessful") || lower.contains("tunnel error: proxy auth")
}

fn is_unresolved(error: &reqwest::Error) -> bool {
    error.is_dns() || chain(error).to_lowercase().contains("dns error")
}

/// Whether the next attempt would almost certainly fail in the same way.
fn is_final(error: &reqwest::Error) -> bool {
    is_unresolved(error) || io_kind(error) == Some(io::ErrorKind::ConnectionRefused)
}

/// The innermost reason, in the library's words. Outer layers contain the URL; the innermost never does.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let innermost = std::iter::successors(error.source(), |cause| (*cause).source()).last();
    innermost.map_or_else(|| "no reason given".to_owned(), |cause| tidy(&cause.to_string()))
}

/// What happened to a connection, in plain words. The library's words go to the log.
pub(in crate::agents_api) fn plain_cause(error: &reqwest::Error) -> Message {
    if is_unresolved(error) {
        return message!("api-cause-no-name");
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => message!("api-cause-refused"),
        Some(io::ErrorKind::TimedOut) => message!("api-cause-silent"),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => message!("api-cause-unreachable"),
        kind if kind.is_some_and(is_closed) || is_incomplete(error) => message!("api-cause-closed"),
        _ => message!("api-cause-other"),
    }
}

fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)
}

/// Whether the other side closed the connection too early.
fn is_incomplete(error: &reqwest::Error) -> bool {
    let words = chain(error).to_lowercase();
    ["unexpected eof", "end of file", "before message completed", "connection closed", "close_notify"]
        .iter()
        .any(|sign| words.contains(sign))
}

/// The causes of an error, including those inside errors of the operating system.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |cause| inner(*cause))
}

fn inner<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a (dyn std::error::Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn certificate_error(error: &reqwest::Error) -> Option<&CertificateError> {
    causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    })
}

fn chain(error: &reqwest::Error) -> String {
    causes(error).map(|cause| format!("{cause}\n")).collect()
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).last()
}
