//! The proxy for outgoing requests, and the hosts that are reached without it.

use std::net::IpAddr;

use ipnet::IpNet;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use url::Url;

use crate::agents_api::connection::ProxyAddress;
use crate::agents_api::error::{ApiError, RetryHint};
use crate::i18n::{Message, message};

/// Characters that may be literal in a user name or a password of a URL. A percent sign starts an encoded character.
const USER_INFO: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'%').remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'!').remove(b'$');

/// The URL of a proxy.
///
/// # Errors
/// The value is not a proxy URL. Nothing may be sent then: requests must not bypass the configured proxy. The value may
/// hold a password, so the error does not repeat it.
pub(in crate::agents_api) fn url_of(address: &ProxyAddress) -> Result<Url, ApiError> {
    parse(address.url.expose_secret()).map_err(|problem| {
        let (problem, remedy) = problem.messages(&address.setting);
        ApiError::network(problem, remedy, RetryHint::Never)
    })
}

/// The same for a value that our parser accepts and the client rejects.
pub(super) fn unusable(setting: &Message) -> ApiError {
    let (problem, remedy) = NoProxyUrl::NoUrl.messages(setting);
    ApiError::network(problem, remedy, RetryHint::Never)
}

/// Why a value is not the URL of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoProxyUrl {
    /// It is not a valid proxy URL.
    NoUrl,
    /// It names an auto-configuration file.
    AutoConfig,
}

impl NoProxyUrl {
    /// The problem with the value of `setting`, and what to do.
    pub(crate) fn messages(self, setting: &Message) -> (Message, Message) {
        let setting = setting.clone();
        match self {
            Self::NoUrl => (message!("api-no-proxy-url", setting = setting), message!("api-no-proxy-url-remedy")),
            Self::AutoConfig => {
                (message!("api-proxy-auto-config", setting = setting), message!("api-proxy-auto-config-remedy"))
            }
        }
    }
}

/// Parses the URL of a proxy as users write it: with or without a scheme, and with any characters in a password.
///
/// # Errors
/// The text is not a proxy URL.
pub(crate) fn parse(text: &str) -> Result<Url, NoProxyUrl> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = scheme.to_ascii_lowercase();
    // Everything before the last @ is the name and the password, because hosts contain no @.
    let (user, host) = rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
    let path = host.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    if scheme.starts_with("pac+") || [".pac", "/wpad.dat", "/wpad.da"].iter().any(|ending| path.ends_with(ending)) {
        return Err(NoProxyUrl::AutoConfig);
    }
    let is_known = matches!(&*scheme, "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h");
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = !host.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '\u{fffd}'));
    if !is_known || host.is_empty() || !is_plain {
        return Err(NoProxyUrl::NoUrl);
    }
    let encoded = |text: &str| utf8_percent_encode(text, USER_INFO).to_string();
    let user = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
        None => String::new(),
        Some((name, "")) => format!("{}@", encoded(name)),
        Some((name, password)) => format!("{}:{}@", encoded(name), encoded(password)),
    };
    let url = Url::parse(&format!("{scheme}://{user}{host}")).map_err(|_| NoProxyUrl::NoUrl)?;
    if url.host_str().is_some_and(|host| !host.is_empty()) { Ok(url) } else { Err(NoProxyUrl::NoUrl) }
}

/// Whether `NO_PROXY` lists the host: a name includes its subdomains, with or without a dot or a star before it and a
/// dot after it. Entries can also be addresses and networks, each optionally with a port. A star means all hosts.
pub(super) fn bypasses(list: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = bare(host);
    let port = url.port_or_known_default();
    list.split([',', ';', ' ', '\t']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" || (entry.eq_ignore_ascii_case("<local>") && !host.contains('.')) {
            return true;
        }
        let (name, its_port) = with_port(entry);
        if its_port.is_some() && its_port != port {
            return false;
        }
        let name = bare(name);
        match host.parse::<IpAddr>() {
            Ok(address) => {
                name.parse::<IpNet>().is_ok_and(|network| network.contains(&address)) || name.parse() == Ok(address)
            }
            Err(_) => {
                let domain = name.trim_start_matches("*.").trim_start_matches(['*', '.']);
                !domain.is_empty()
                    && host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
        }
    })
}

/// A host for comparison: in lower case, without the final dot of a name and the brackets of an address.
fn bare(host: &str) -> String {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// An entry without its port. Colons in an IPv6 address do not start a port.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    let split = entry.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
    match split.map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name, Some(port)),
        _ => (entry, None),
    }
}

/// Host and, if it is not the default of the scheme, port.
pub(in crate::agents_api) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the service");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_as_people_write_it() {
        for (written, read) in [
            ("http://proxy.example:3128", "http://proxy.example:3128/"),
            ("proxy.example:3128", "http://proxy.example:3128/"),
            ("  HTTP://Proxy.example:3128/ ", "http://proxy.example:3128/"),
            ("10.1.2.3:8080", "http://10.1.2.3:8080/"),
            ("http://[::1]:3128", "http://[::1]:3128/"),
            ("socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
            ("http://svc:k9@home@proxy:3128", "http://svc:k9%40home@proxy:3128/"),
            ("http://svc:k9%40home@proxy:3128", "http://svc:k9%40home@proxy:3128/"),
            ("http://svc:a#b/c?d:e@proxy:3128", "http://svc:a%23b%2Fc%3Fd%3Ae@proxy:3128/"),
            ("http://corp\\ana:pw@proxy:3128", "http://corp%5Cana:pw@proxy:3128/"),
            ("http://ana@proxy:3128", "http://ana@proxy:3128/"),
        ] {
            assert_eq!(parse(written).map(String::from), Ok(read.to_owned()), "{written}");
        }
    }

    #[test]
    fn pac_file_and_invalid_proxy_have_different_errors() {
        let none = "|http://|http://[proxy:3128|proxy server:3128|http://proxy:port|http://user:p@|ftp://proxy:21|\
            DIRECT; PROXY a:1|http://\u{fffd}";
        for none in none.split('|') {
            assert_eq!(parse(none), Err(NoProxyUrl::NoUrl), "{none}");
        }
        let files =
            "http://wpad/wpad.dat https://intranet.example/proxy.pac?v=2 pac+http://a.example/x file:///etc/p.pac";
        for file in files.split(' ') {
            assert_eq!(parse(file), Err(NoProxyUrl::AutoConfig), "{file}");
        }
    }

    #[test]
    fn no_proxy_is_read_in_every_form_that_other_programs_take() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (list, address) in [
            ("api.example", "https://api.example/"),
            ("example", "https://api.example/"),
            (".example", "https://api.example/"),
            ("*.example", "https://api.example/"),
            ("api.example.", "https://api.example/"),
            ("api.example", "https://api.example./"),
            ("API.Example:443", "https://api.example/"),
            ("api.example:8443", "https://api.example:8443/"),
            ("other.example, api.example", "https://api.example/"),
            ("other.example api.example", "https://api.example/"),
            ("*", "https://api.example/"),
            ("10.0.0.0/8", "https://10.1.2.3/"),
            ("10.1.2.3", "https://10.1.2.3/"),
            ("10.1.2.3:8443", "https://10.1.2.3:8443/"),
            ("[fd00::1]:443", "https://[fd00::1]/"),
            ("fd00::/8", "https://[fd00::1]/"),
            ("<local>", "https://gateway/"),
        ] {
            assert!(bypasses(list, &url(address)), "{list} names {address}");
        }
        for (list, address) in [
            ("", "https://api.example/"),
            ("pi.example", "https://api.example/"),
            ("api.example:8443", "https://api.example/"),
            ("api.example", "https://example/"),
            ("10.0.0.0/8", "https://11.1.2.3/"),
            ("<local>", "https://api.example/"),
            (",,", "https://api.example/"),
        ] {
            assert!(!bypasses(list, &url(address)), "{list} does not name {address}");
        }
    }
}
