//! The canonical name of a document, for every spelling of the client.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{percent_decode_str, percent_encode_byte};

use super::platform::{self, PathStyle};

/// The canonical spelling of a document's URI, for comparison and lookup.
///
/// Unified: `file:///c%3A/x`, `file:///C:/x` and `file:/c:/x`; `file://localhost/x` and `file:///x`; percent-encoding
/// of characters that do not need it, and the case of `%c3`. Kept apart: fragments (notebook cells), and letter case
/// outside drive letters, schemes and hosts, because these may be two documents. Text that is not a URI is unchanged.
///
/// Messages to the client use its own spelling, [`Snapshot::client_uri`](super::Snapshot::client_uri).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentUri(Arc<str>);

impl DocumentUri {
    /// The document that `uri` names.
    pub fn parse(uri: &str) -> Self {
        Self::parse_in(PathStyle::HOST, uri)
    }

    pub(super) fn parse_in(style: PathStyle, uri: &str) -> Self {
        Self(canonical(style, uri).map_or_else(|| uri.into(), Arc::from))
    }

    /// The document in the file at the absolute path `path`.
    pub fn from_file_path(path: &Path) -> Self {
        Self::from_file_path_in(PathStyle::HOST, path)
    }

    pub(super) fn from_file_path_in(style: PathStyle, path: &Path) -> Self {
        let (host, path) = platform::uri_parts(path, style);
        let mut uri = String::from("file://");
        for byte in host.into_iter().chain(path) {
            push(&mut uri, byte, byte == b'/' || stands_for_itself_in_paths(byte));
        }
        Self::parse_in(style, &uri)
    }

    /// The canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the document's file; `None` if this machine cannot name such a file.
    pub fn to_file_path(&self) -> Option<PathBuf> {
        self.to_file_path_in(PathStyle::HOST)
    }

    /// The path in the URI, for any scheme: a notebook cell or an older revision of a file has the path of that file.
    /// The file may not exist. `None` if the URI has no absolute path.
    pub fn path_of_any_scheme(&self) -> Option<PathBuf> {
        self.to_file_path().or_else(|| self.path_of_any_scheme_in(PathStyle::HOST))
    }

    pub(super) fn path_of_any_scheme_in(&self, style: PathStyle) -> Option<PathBuf> {
        let rest = self.0.split_once(':')?.1.split(['?', '#']).next()?;
        let path = match rest.strip_prefix("//") {
            Some(rest) => rest.get(rest.find('/')?..)?,
            None => rest,
        };
        platform::file_path(&[], percent_decode_str(path).collect(), style)
    }

    pub(super) fn to_file_path_in(&self, style: PathStyle) -> Option<PathBuf> {
        let rest = self.0.strip_prefix("file://")?.split(['?', '#']).next()?;
        let (host, path) = rest.split_at_checked(rest.find('/')?)?;
        let host: Vec<u8> = percent_decode_str(host).collect();
        platform::file_path(&host, percent_decode_str(path).collect(), style)
    }
}

impl fmt::Display for DocumentUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The canonical spelling of `uri`; `None` if it is not a URI.
fn canonical(style: PathStyle, uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    // A single letter is the drive of a Windows path.
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
    if !is_scheme {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let (rest, fragment) = split_before(rest, '#');
    let (rest, query) = split_before(rest, '?');
    let (host, path) = match rest.strip_prefix("//").map(|rest| split_before(rest, '/')) {
        Some((host, path)) => (Some(spell_host(host)), path),
        None => (None, rest),
    };
    let (host, mut path) = if scheme == "file" {
        let path = respell(path, |byte| byte == b'/' || stands_for_itself_in_paths(byte), |_| false);
        let path = if style == PathStyle::Windows { path.replace("%5C", "/") } else { path };
        let (host, path) = file_parts(style, host.unwrap_or_default(), path);
        (Some(host), path)
    } else {
        (host, respell(path, stands_for_itself_in_paths, |byte| byte == b'/'))
    };
    fold_drive_letter(&mut path);

    let mut spelled = format!("{scheme}:");
    if let Some(host) = host {
        spelled.push_str("//");
        spelled.push_str(&host);
    }
    spelled.push_str(&path);
    let may_stand = |byte| b"?#/".contains(&byte) || stands_for_itself_in_paths(byte);
    [query, fragment].iter().for_each(|part| spelled.push_str(&respell(part, is_unreserved, may_stand)));
    Some(spelled)
}

/// The host and path of a `file:` URI. It corrects the ways in which clients confuse them.
fn file_parts(style: PathStyle, host: String, path: String) -> (String, String) {
    let is_drive = host.ends_with(':') && host.len() == 2;
    let (host, path) = match host.as_str() {
        _ if is_drive => (String::new(), format!("/{host}{path}")),
        "localhost" => (String::new(), path),
        _ => (host, path),
    };
    match path.strip_prefix("//").map(|rest| rest.trim_start_matches('/')) {
        // A network path with too many slashes: `file:////server/share`.
        Some(rest) if style == PathStyle::Windows && host.is_empty() && !rest.is_empty() => {
            let (host, path) = split_before(rest, '/');
            file_parts(style, spell_host(host), path.to_owned())
        }
        _ if path.starts_with('/') => (host, path),
        _ => (host, format!("/{path}")),
    }
}

/// `host` in lower case, except the digits of encoded bytes. It is respelled twice, because letters can be encoded too.
fn spell_host(host: &str) -> String {
    let spell = |host: &str| respell(host, stands_for_itself_in_paths, |byte| b"[]".contains(&byte));
    spell(&spell(host).to_ascii_lowercase())
}

/// Lowers the drive letter of `/C:` and `/C:/…` on every platform: the server and an editor on Windows may run on
/// different machines, and `/C:` and `/c:` do not both exist.
fn fold_drive_letter(path: &mut String) {
    if let [b'/', letter, b':'] | [b'/', letter, b':', b'/', ..] = path.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        let lower = char::from(letter.to_ascii_lowercase());
        path.replace_range(1..2, lower.encode_utf8(&mut [0; 4]));
    }
}

/// `part` with one spelling for each byte: literal if `stands_for_itself`, even if it was encoded. A delimiter that
/// `may_stand` stays literal if it was not encoded. Other bytes become `%` and two upper-case digits.
fn respell(part: &str, stands_for_itself: impl Fn(u8) -> bool, may_stand: impl Fn(u8) -> bool) -> String {
    let mut spelled = String::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if let Some((byte, after)) = encoded_byte(rest) {
            push(&mut spelled, byte, stands_for_itself(byte));
            rest = after;
        } else {
            push(&mut spelled, *first, stands_for_itself(*first) || may_stand(*first));
            rest = after;
        }
    }
    spelled
}

/// The byte of `%xx` at the start of `text`, and the rest.
fn encoded_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, rest @ ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(*high)? * 16 + digit(*low)?, rest))
}

fn push(uri: &mut String, byte: u8, plain: bool) {
    if plain {
        uri.push(char::from(byte));
    } else {
        uri.push_str(percent_encode_byte(byte));
    }
}

/// `text` before the first `mark`, and the rest from the mark on.
fn split_before(text: &str, mark: char) -> (&str, &str) {
    text.split_at_checked(text.find(mark).unwrap_or(text.len())).unwrap_or((text, ""))
}

/// RFC 3986 `unreserved`: encoding these changes nothing.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 `pchar`: these need no encoding in a path. Some clients encode them (VS Code), others do not.
fn stands_for_itself_in_paths(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte)
}
