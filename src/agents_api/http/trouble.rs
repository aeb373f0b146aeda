//! What a broken connection means, and what to look at.

use std::error::Error as _;
use std::io;

use crate::agents_api::error::ApiError;
use crate::agents_api::failure::tidy;

/// What a failed connection means, and what to look at.
pub(in crate::agents_api) fn network(host: &str, error: &reqwest::Error) -> ApiError {
    let cause = root_cause(error);
    let lower = chain(error).to_lowercase();
    let (problem, remedy) = if lower.contains("proxy auth") {
        (
            format!("The proxy on the way to {host} wants a user name and password."),
            "Put them into HTTPS_PROXY or `proxy` of the user file.",
        )
    } else if lower.contains("tunnel") || lower.contains("socks") || lower.contains("proxy") {
        (
            format!("The proxy on the way to {host} could not be used ({cause})."),
            "Check HTTPS_PROXY, NO_PROXY and `proxy` of the user file.",
        )
    } else if lower.contains("certificate") || lower.contains("unknownissuer") {
        (
            format!("The TLS certificate of {host} is not trusted ({cause})."),
            "If your company inspects TLS, put its root certificate into a PEM file and set STACKSPOT_CA_BUNDLE to it.",
        )
    } else if lower.contains("corrupt message") {
        (
            format!("{host} does not speak HTTPS on this port."),
            "Check the endpoint's port; http:// is for loopback addresses alone.",
        )
    } else if error.is_dns() || lower.contains("dns error") {
        (
            format!("The name of {host} could not be resolved."),
            "Check the network, the VPN, and the endpoint's spelling.",
        )
    } else {
        match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => (
                format!("{host} refused the connection."),
                "Check that the service runs and that the endpoint's host and port are right.",
            ),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => (
                format!("{host} broke the connection off."),
                "Run it again; if it goes on, look for a proxy or firewall.",
            ),
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                (format!("{host} cannot be reached from this network."), "Check the network and the VPN.")
            }
            _ if error.is_connect() => {
                (format!("{host} could not be connected to ({cause})."), "Check the network, VPN and proxy.")
            }
            _ => (
                format!("The connection to {host} failed ({cause})."),
                "Run it again; if it goes on, check the network.",
            ),
        }
    };
    ApiError::Network { problem, remedy: remedy.to_owned(), status: None }
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
