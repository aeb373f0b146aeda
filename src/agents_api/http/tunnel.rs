//! The reply of a proxy that does not forward a request. The HTTP library hides it, so the proxy is asked once more to
//! get a message for the user.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::zeroize::Zeroizing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::proxy::host_of;
use crate::agents_api::error::{ApiError, RetryHint};
use crate::agents_api::error_reply::{looks_like_html, tidy};
use crate::i18n::{Message, message};

/// A proxy in use.
pub(super) struct ActiveProxy {
    /// Its URL, which may hold a password.
    pub(super) url: Url,
    /// Where it is set.
    pub(super) setting: Message,
}

/// The reply of a proxy that does not forward.
#[derive(Debug, Default, PartialEq, Eq)]
struct ProxyRefusal {
    status: u16,
    /// The authentication schemes that it offers, with its names.
    schemes: Vec<String>,
    /// The title of its page, or its one-line reply.
    title: String,
}

/// How long to wait for the proxy's reason.
const LIMIT: Duration = Duration::from_secs(5);

/// How much of its reply is read, in bytes.
const MOST: u64 = 32 << 10;

impl ActiveProxy {
    /// Host and port, without a password.
    pub(super) fn address(&self) -> String {
        host_of(&self.url)
    }

    /// Why it does not forward to the host of `url`; `None` if it does now, or gives no reason.
    pub(super) async fn tunnel_error(&self, url: &Url) -> Option<ApiError> {
        if self.url.scheme() != "http" {
            return None;
        }
        let refusal = timeout(LIMIT, self.connect(url)).await.ok()??;
        (!(200..300).contains(&refusal.status)).then(|| self.refusal_error(refusal, url))
    }

    async fn connect(&self, to: &Url) -> Option<ProxyRefusal> {
        let (host, port) = (self.url.host_str()?.trim_matches(['[', ']']), self.url.port_or_known_default()?);
        let mut socket = TcpStream::connect((host, port)).await.ok()?;
        let target = format!("{}:{}", to.host_str()?, to.port_or_known_default()?);
        let mut request = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if let Some(basic) = self.basic() {
            request.push_str("Proxy-Authorization: Basic ");
            request.push_str(&basic);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        socket.write_all(request.as_bytes()).await.ok()?;
        let (mut answer, mut socket) = (Vec::new(), socket.take(MOST));
        // A proxy may keep the connection open. The head is most important, and its page follows immediately or never.
        while timeout(Duration::from_millis(500), socket.read_buf(&mut answer))
            .await
            .is_ok_and(|read| matches!(read, Ok(1..)))
        {}
        parse_refusal(&String::from_utf8_lossy(&answer))
    }

    fn basic(&self) -> Option<Zeroizing<String>> {
        if self.url.username().is_empty() && self.url.password().is_none() {
            return None;
        }
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pair = Zeroizing::new(format!(
            "{}:{}",
            plain(self.url.username()),
            plain(self.url.password().unwrap_or_default())
        ));
        Some(Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes())))
    }

    fn refusal_error(&self, refusal: ProxyRefusal, url: &Url) -> ApiError {
        let ProxyRefusal { status, schemes, title } = refusal;
        let (proxy, host, setting) = (self.address(), host_of(url), self.setting.clone());
        let offers_basic = schemes.is_empty() || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
        let retry_hint = if status < 500 { RetryHint::Never } else { RetryHint::WithBackoff };
        let (problem, remedy) = match status {
            407 if !offers_basic => {
                let problem =
                    message!("api-proxy-other-scheme", proxy = proxy, host = host, schemes = schemes.join(", "));
                (problem, message!("api-proxy-other-scheme-remedy"))
            }
            407 if self.basic().is_some() => {
                let problem = message!("api-proxy-password-refused", proxy = proxy, host = host, setting = setting);
                (problem, message!("api-proxy-password-refused-remedy"))
            }
            407 => {
                let problem = message!("api-proxy-wants-password", proxy = proxy, host = host);
                (problem, message!("api-proxy-password-remedy"))
            }
            _ => {
                let title = if title.is_empty() { title } else { format!(", {title}") };
                let answer = format!("HTTP {status}{title}");
                let problem = message!("api-tunnel-refused", proxy = proxy, host = &host, answer = answer);
                match retry_hint {
                    RetryHint::Never => (problem, message!("api-tunnel-refused-remedy", host = host)),
                    _ => (problem, message!("api-tunnel-broken-remedy", host = host)),
                }
            }
        };
        let status = (retry_hint == RetryHint::Never).then_some(status);
        ApiError::Network { problem, remedy, status, retry_hint }
    }
}

/// Parses the head of a reply, and the start of its page.
fn parse_refusal(answer: &str) -> Option<ProxyRefusal> {
    let (head, body) = answer.split_once("\r\n\r\n").or_else(|| answer.split_once("\n\n"))?;
    let mut lines = head.lines();
    let mut words = lines.next()?.split_ascii_whitespace();
    let status = words.next().filter(|version| version.starts_with("HTTP/")).and(words.next())?.parse().ok()?;
    let mut schemes: Vec<String> = Vec::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.trim().eq_ignore_ascii_case("proxy-authenticate") {
            for scheme in value.split(',').filter_map(scheme_of) {
                if !schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
                    schemes.push(scheme.to_owned());
                }
            }
        }
    }
    let title = if looks_like_html(body) { tidy(body) } else { String::new() };
    Some(ProxyRefusal { status, schemes, title })
}

/// The scheme at the start of a part of a challenge. A part with an equals sign is a parameter.
fn scheme_of(part: &str) -> Option<&str> {
    let word = part.split_ascii_whitespace().next()?;
    let is_name = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    is_name.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemes_of_a_proxy_are_told_from_their_parameters() {
        let head = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\
                    Proxy-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=auth, Basic realm=\"c\"\r\n\r\n\
                    <html><head><title>Sign in</title></head></html>";
        let schemes = ["Negotiate", "NTLM", "Digest", "Basic"].map(str::to_owned).to_vec();
        assert_eq!(parse_refusal(head), Some(ProxyRefusal { status: 407, schemes, title: "Sign in".to_owned() }));
        assert_eq!(parse_refusal("HTTP/1.0 502 Bad Gateway\n\n").map(|it| it.status), Some(502));
        for none in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 407 no end"] {
            assert_eq!(parse_refusal(none), None, "{none}");
        }
    }
}
