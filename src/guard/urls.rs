//! URLs that carry a password, and web hooks, whose address is their secret.

use super::randomness::{is_placeholder_of_password, looks_random};
use super::secrets::Hits;

/// No user name and password together are longer, in bytes.
const LONGEST_LOGIN: usize = 300;

pub(super) fn scan(line: &str, hits: &mut Hits) {
    for at in memchr::memmem::find_iter(line.as_bytes(), b"://") {
        let rest = line.get(at + 3..).unwrap_or_default();
        if let Some(length) = login(rest) {
            let scheme = line.get(..at).unwrap_or_default().bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
            if scheme > 0 {
                hits.add(at - scheme..at + 3 + length, "a URL with a password");
            }
        } else if let Some((length, what)) = web_hook(rest) {
            hits.add(at..at + 3 + length, what);
        }
    }
}

/// The length of `user:password` at the beginning of `rest`, if it stands before an `@` and is no placeholder.
fn login(rest: &str) -> Option<usize> {
    let window = rest.as_bytes().get(..LONGEST_LOGIN.min(rest.len()))?;
    let outside = |byte: &u8| b"/?#\"'`<> \t|\\,;()".contains(byte);
    let end = window.iter().position(outside).unwrap_or(window.len());
    let at_sign = memchr::memrchr(b'@', window.get(..end)?)?;
    let (user, password) = rest.get(..at_sign)?.split_once(':')?;
    let host = rest.get(at_sign + 1..end)?;
    let reserved = |host: &str| {
        let host = host.split(':').next().unwrap_or_default();
        let ends = ["example.com", "example.org", "example.net", ".example", ".test", ".invalid"];
        ends.iter().any(|end| host.ends_with(end)) || matches!(host, "example" | "host" | "hostname" | "domain" | "")
    };
    let plain = password.len() > 3
        && password != user
        && !password.contains(['{', '}', '$', '*', '[', ']'])
        && !is_format(password)
        && !is_placeholder_of_password(password)
        && !reserved(host);
    plain.then_some(at_sign)
}

/// `%s` rather than `%40`, which stands for a character.
fn is_format(password: &str) -> bool {
    password.starts_with('%') && password.get(1..3).is_none_or(|hex| u8::from_str_radix(hex, 16).is_err())
}

/// The length and the kind of the web hook whose address, without its scheme, begins `rest`.
fn web_hook(rest: &str) -> Option<(usize, &'static str)> {
    let hooks = [
        ("hooks.slack.com/services/", "a Slack web hook"),
        ("hooks.slack.com/workflows/", "a Slack web hook"),
        ("discord.com/api/webhooks/", "a Discord web hook"),
        ("discordapp.com/api/webhooks/", "a Discord web hook"),
    ];
    let (host, what) = hooks.into_iter().find(|(host, _)| rest.starts_with(host))?;
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-/".contains(byte);
    let path: &str = rest.get(host.len()..)?;
    let length = path.bytes().take(LONGEST_LOGIN).take_while(|byte| inside(byte)).count();
    let secret = path.get(..length)?.rsplit('/').next()?;
    looks_random(secret, 16).then_some((host.len() + length, what))
}
