//! Secrets in authorization headers and command lines: `Bearer <token>` and `Basic <user:password>`.

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{is_likely_password, is_placeholder, is_uuid, looks_random, run};
use super::tokens::base64;

/// The maximum length of a token, in bytes.
const LONGEST: usize = 512;

/// A line without any of these contains no header that the scanner reads.
pub(super) const SIGNS: [&str; 4] = ["uthorization", "UTHORIZATION", "ookie", "OOKIE"];

/// Finds the values after a scheme.
pub(super) fn schemes(line: &str, matches: &mut Matches) {
    let bytes = line.as_bytes();
    // Schemes match in upper and lower case. The last letter and the blank exclude most positions.
    let ends_word = |(at, pair): (usize, &[u8])| matches!(pair, [b'r' | b'R' | b'c' | b'C', b' ']).then_some(at + 1);
    for at in bytes.windows(2).enumerate().filter_map(ends_word) {
        let Some(head) = bytes.get(..at) else { continue };
        let ends = |scheme: &[u8]| {
            head.len() >= scheme.len()
                && head.get(head.len() - scheme.len()..).is_some_and(|it| it.eq_ignore_ascii_case(scheme))
        };
        let kind = match head.last().map(u8::to_ascii_lowercase) {
            Some(b'r') if ends(b"bearer") => SecretKind::BearerToken,
            Some(b'c') if ends(b"basic") => SecretKind::Login,
            _ => continue,
        };
        value(line, at + 1, kind, matches);
    }
}

/// Finds the values after the name of a header.
pub(super) fn named(line: &str, matches: &mut Matches) {
    for sign in SIGNS {
        let read = if sign.ends_with(['n', 'N']) { authorization } else { cookies };
        for at in memchr::memmem::find_iter(line.as_bytes(), sign) {
            read(line, at + sign.len(), matches);
        }
    }
}

/// The value at `start` of a known scheme.
fn value(line: &str, start: usize, kind: SecretKind, matches: &mut Matches) {
    let length =
        run(line.as_bytes(), start, LONGEST, |byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte));
    let Some(value) = line.get(start..start + length) else { return };
    let secret = match kind {
        SecretKind::Login => is_login(value) || is_random_value(value),
        _ => (looks_random(value, 20) || is_uuid(value)) && !is_placeholder(value),
    };
    if secret {
        matches.add(start..start + length, kind);
        return;
    }
    // HTTP clients encode user and password themselves: `Basic user password`, `Basic user:password`.
    let rest = line.get(start..).unwrap_or_default();
    let (user, rest) = rest.split_once([' ', ':']).unwrap_or_default();
    let password = rest.split([' ', '"', '\'']).next().unwrap_or_default();
    if kind == SecretKind::Login && user.len() <= 64 && !user.is_empty() && is_likely_password(password) {
        let start = start + user.len() + 1;
        matches.add(start..start + password.len(), SecretKind::Login);
    }
}

/// Whether `value` encodes random bytes, and not a login.
fn is_random_value(value: &str) -> bool {
    let is_text = base64(value.as_bytes()).is_some_and(|bytes| bytes.is_ascii());
    !is_text && looks_random(value, 20) && !is_placeholder(value)
}

/// Skips `", "value": "`, as tools store the headers of a request.
fn behind_value(bytes: &[u8], from: usize) -> usize {
    let word = from + run(bytes, from, 6, |byte| b"\"', \t".contains(&byte));
    match bytes.get(word..) {
        Some(rest) if word > from && rest.starts_with(b"value") => word + "value".len(),
        _ => from,
    }
}

/// Finds the value of an authorization header, with any scheme or without one.
fn authorization(line: &str, from: usize, matches: &mut Matches) {
    let bytes = line.as_bytes();
    let from = behind_value(bytes, from);
    let between = run(bytes, from, 12, |byte| b"\"'`]) \t:=,>".contains(&byte));
    if between == 0 {
        return;
    }
    let mut start = from + between;
    for _ in 0..2 {
        let length = run(bytes, start, LONGEST, |byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte));
        let Some(word) = line.get(start..start + length) else { return };
        if looks_random(word, 20) && !is_placeholder(word) || is_uuid(word) {
            matches.add(start..start + length, SecretKind::BearerToken);
            return;
        }
        start += length + run(bytes, start + length, 2, |byte| byte == b' ');
    }
}

/// Finds the cookies after the name of the header.
fn cookies(line: &str, from: usize, matches: &mut Matches) {
    let bytes = line.as_bytes();
    let from = behind_value(bytes, from);
    let between = run(bytes, from, 6, |byte| b"\"'` \t:=,".contains(&byte));
    if between == 0 {
        return;
    }
    let mut start = from + between;
    let rest = line.get(start..).unwrap_or_default();
    let end = rest.find(['"', '\'', '`']).unwrap_or(rest.len()).min(2048);
    for pair in rest.get(..end).unwrap_or_default().split(';') {
        if let Some((name, value)) = pair.split_once('=') {
            let value = value.trim();
            if looks_random(value, 20) && !is_placeholder(value) && !name.trim().contains(' ') {
                let at = start + pair.find('=').unwrap_or_default() + 1;
                matches.add(at..at + value.len(), SecretKind::Cookie);
            }
        }
        start += pair.len() + 1;
    }
}

/// Whether `value` decodes to printable `user:password`.
pub(super) fn is_login(value: &str) -> bool {
    let decoded = base64(value.as_bytes()).and_then(|decoded| String::from_utf8(decoded).ok());
    let Some((user, password)) = decoded.as_deref().and_then(|decoded| decoded.split_once(':')) else { return false };
    let printable = |text: &str| text.chars().all(|char| !char.is_control());
    value.len() >= 12 && printable(user) && printable(password) && password.len() > 3 && !is_placeholder(password)
}
