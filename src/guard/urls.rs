//! URLs that contain a password, and web hooks, whose address is the secret.

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{
    is_hex, is_placeholder, is_placeholder_of_password, is_typed_password, is_uuid, looks_random, run, run_before,
};

/// The maximum length of a user name and password together, in bytes.
const LONGEST_LOGIN: usize = 300;

/// A line without any of these contains no such URL.
pub(super) const SIGNS: [&str; 2] = ["://", "sig="];

/// URL parameters that contain a key, and addresses of databases. A line without any of these contains none.
#[rustfmt::skip]
pub(super) const PARAMETERS: &[&str] = &[
    "appid=", "?key=", "&key=", "?code=", "&code=", "?token=", "&token=", "?apikey=", "&apikey=", "?auth=", "&auth=",
    "?sig=", "&sig=", "?signature=", "&signature=", "?access_key=", "&access_key=", "?secret=", "&secret=",
    "@tcp(", "@udp(", "@unix(", "@(", "\"auth\":", "_auth=", "_auth =", "_password=",
];

/// Finds keys in the parameters of a URL, logins before `@tcp(…)`, and values that tools store as `auth`.
pub(super) fn parameters(line: &str, matches: &mut Matches) {
    let lowered = line.to_ascii_lowercase();
    let bytes = line.as_bytes();
    for sign in PARAMETERS {
        for at in memchr::memmem::find_iter(lowered.as_bytes(), sign) {
            if sign.ends_with('(') {
                network(line, at, matches);
                continue;
            }
            let is_stored = sign.contains("auth") || sign.contains("_password");
            let from = at + sign.len();
            let from = from + run(bytes, from, 4, |byte| is_stored && b" \"'".contains(&byte));
            let length = run(bytes, from, 200, |byte| byte.is_ascii_alphanumeric() || b"%+/=-_".contains(&byte));
            let value = line.get(from..from + length).unwrap_or_default();
            let is_signature = value.len() >= 32;
            let is_key = (is_hex(value) && is_signature || !is_hex(value)) && looks_random(value, 20);
            // An authorization code is short and can be used only once.
            let is_key = is_key && (!sign.contains("code") || value.len() >= 48);
            let is_login = is_stored && super::headers::is_login(value);
            if (is_key || is_login) && !is_placeholder(value) {
                matches.add(from..from + length, if is_stored { SecretKind::Login } else { SecretKind::Url });
            }
        }
    }
}

/// `user:password` before the `@` at `at`: `user:password@tcp(host)/database`.
fn network(line: &str, at: usize, matches: &mut Matches) {
    let head = line.get(..at).unwrap_or_default();
    let in_login = |byte: u8| byte.is_ascii_graphic() && !b"\"'`=(".contains(&byte);
    let length = run_before(head.as_bytes(), at, LONGEST_LOGIN, in_login);
    let Some((user, password)) = head.get(at - length..).and_then(|login| login.split_once(':')) else { return };
    if !user.is_empty() && user != password && is_typed_password(password) {
        matches.add(at - password.len()..at, SecretKind::Url);
    }
}

pub(super) fn scan(line: &str, matches: &mut Matches) {
    for at in memchr::memmem::find_iter(line.as_bytes(), b"://") {
        let rest = line.get(at + 3..).unwrap_or_default();
        if let Some(length) = login(rest) {
            let scheme = run_before(line.as_bytes(), at, at, |byte| byte.is_ascii_alphanumeric());
            if scheme > 0 {
                matches.add(at - scheme..at + 3 + length, SecretKind::Url);
            }
        } else if let Some((length, what)) = web_hook(rest).or_else(|| token_as_user(rest)).or_else(|| some_hook(rest))
        {
            matches.add(at..at + 3 + length, what);
        }
    }
    // The signature in a shared access signature.
    for at in memchr::memmem::find_iter(line.as_bytes(), b"sig=") {
        let is_parameter = line.get(..at).is_some_and(|head| head.ends_with(['?', '&', ';']));
        let length =
            run(line.as_bytes(), at + 4, 200, |byte| byte.is_ascii_alphanumeric() || b"%+/=-_".contains(&byte));
        let value = line.get(at + 4..at + 4 + length).unwrap_or_default();
        if is_parameter && length >= 40 && looks_random(value, 20) {
            matches.add(at..at + 4 + length, SecretKind::Url);
        }
    }
}

/// The length of a token in place of the user, which git allows: `https://<token>@host`.
fn token_as_user(rest: &str) -> Option<(usize, SecretKind)> {
    let length = run(rest.as_bytes(), 0, LONGEST_LOGIN, |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let user = rest.get(..length)?;
    (rest.as_bytes().get(length) == Some(&b'@') && looks_random(user, 20) && !is_placeholder_of_password(user))
        .then_some((length, SecretKind::Url))
}

/// The length of `user:password` at the beginning of `rest`, if an `@` follows and it is not a placeholder.
fn login(rest: &str) -> Option<usize> {
    let window = rest.as_bytes().get(..LONGEST_LOGIN.min(rest.len()))?;
    let outside = |byte: &u8| b"/?\"'`<> \t|\\,;()".contains(byte);
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
        // A random password counts even with a reserved host.
        && (!reserved(host) || looks_random(password, 12));
    plain.then_some(at_sign)
}

/// `%s` is a format. `%40` is not: it encodes a character.
fn is_format(password: &str) -> bool {
    password.starts_with('%') && password.get(1..3).is_none_or(|hex| u8::from_str_radix(hex, 16).is_err())
}

/// The length of an address that contains the word hook and ends with a random value.
fn some_hook(rest: &str) -> Option<(usize, SecretKind)> {
    let length = run(rest.as_bytes(), 0, LONGEST_LOGIN, |byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    let address = rest.get(..length)?;
    let (path, secret) = address.trim_end_matches(['.', '/']).rsplit_once('/')?;
    let says_so = ["hook", "/trigger/"].iter().any(|word| path.contains(word));
    let is_secret = looks_random(secret, 20) && !is_hex(secret) || is_uuid(secret);
    (says_so && path.contains('.') && is_secret && !is_placeholder(secret)).then_some((length, SecretKind::Url))
}

/// The length and the kind of the web hook at the start of `rest`. The address has no scheme.
fn web_hook(rest: &str) -> Option<(usize, SecretKind)> {
    const HOOKS: [(&str, &str); 10] = [
        ("hooks.slack.com/services/", "Slack"),
        ("hooks.slack.com/workflows/", "Slack"),
        ("hooks.slack.com/triggers/", "Slack"),
        ("discord.com/api/webhooks/", "Discord"),
        ("ptb.discord.com/api/webhooks/", "Discord"),
        ("canary.discord.com/api/webhooks/", "Discord"),
        ("discordapp.com/api/webhooks/", "Discord"),
        ("hooks.zapier.com/hooks/catch/", "Zapier"),
        ("hook.eu1.make.com/", "Make"),
        ("hook.us1.make.com/", "Make"),
    ];
    if let Some(at) = rest.get(..90.min(rest.len())).and_then(|it| it.find(".webhook.office.com/webhookb2/")) {
        let path = rest.get(at..)?;
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.@".contains(&byte);
        let length = run(path.as_bytes(), 0, LONGEST_LOGIN, inside);
        return (length > 70).then_some((at + length, SecretKind::WebHook("Teams")));
    }
    let (host, service) = HOOKS.into_iter().find(|(host, _)| rest.starts_with(host))?;
    let path = rest.get(host.len()..)?;
    let length = run(path.as_bytes(), 0, LONGEST_LOGIN, |byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte));
    let secret = path.get(..length)?.rsplit('/').next()?;
    let shortest = if host.starts_with("hooks.zapier") { 5 } else { 16 };
    (looks_random(secret.trim_end_matches('/'), shortest) || shortest == 5 && path.len() > 10)
        .then_some((host.len() + length, SecretKind::WebHook(service)))
}
