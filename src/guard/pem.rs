//! Private keys in PEM: a marker line and a body in Base64, on separate lines or escaped in a string.

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{distinct, is_base64, run};

/// The maximum distance from a marker to the body of the key: headers (`Proc-Type`, `DEK-Info`) come between.
const REACH: usize = 400;
/// The minimum length of a body in Base64, in bytes.
const SHORTEST_BODY: usize = 32;

/// Finds each marker in `line` with a body in the rest of the line or in the text `after` it. A marker alone is not a
/// finding: code that searches for keys contains it.
pub(super) fn scan_begin_marker(line: &str, after: &str, matches: &mut Matches) {
    for (start, _) in line.match_indices("-----BEGIN ") {
        let Some((label, rest)) = line.get(start + 11..).and_then(|rest| rest.split_once("-----")) else { continue };
        if is_private(label) && (has_body(rest) || has_body(after)) {
            matches.add(start..line.len(), SecretKind::PrivateKey);
        }
    }
}

/// Finds the marker that ends a key in `line`, if the line `before` is the end of a body. The beginning of the key may
/// be missing, because only a part of a file is sent.
pub(super) fn scan_end_marker(line: &str, before: &str, matches: &mut Matches) {
    let Some((_, label)) = line.split_once("-----END ") else { return };
    let ends_body = before.len() > 3 && before.trim().bytes().all(is_base64) && distinct(before.as_bytes()) > 3;
    if ends_body && label.split_once("-----").is_some_and(|(label, _)| is_private(label)) {
        matches.add(0..line.len(), SecretKind::PrivateKey);
    }
}

/// The beginnings of keys in Base64: PKCS #8 of RSA, PKCS #1, SEC 1, PKCS #8 of Ed25519 and of elliptic curves, OpenSSH
/// and minisign.
const BEGINNINGS: &str = "MIIEvgIBADANBg MIIEvQIBADANBg MIIEvAIBADANBg MIIJQgIBADANBg MIIEpAIBAAKC MIIEowIBAAKC MHcCAQEEI \
    MC4CAQAwBQYDK2V MIGHAgEAMBMGByqGSM49 b3BlbnNzaC1rZXktdjEA RWRTY0Iy";

/// Other signs of a key without a marker.
const OTHER_SIGNS: [&str; 4] = ["LS0tLS1CRUdJTi", "Private-Lines:", "---- BEGIN SSH2 ", "<D>"];

/// A line without any of these contains no key without a marker.
pub(super) fn signs() -> impl Iterator<Item = &'static str> {
    // A few letters of each are enough for the first check.
    BEGINNINGS.split(' ').filter_map(|beginning| beginning.get(..6)).chain(OTHER_SIGNS)
}

/// Finds private keys without a marker: by the beginning of their bytes in Base64, or in the formats of other tools.
pub(super) fn without_marker(line: &str, matches: &mut Matches) {
    let bytes = line.as_bytes();
    for beginning in BEGINNINGS.split(' ') {
        if let Some(at) = memchr::memmem::find(bytes, beginning.as_bytes()) {
            let length = run(bytes, at, 4096, is_base64);
            if length >= SHORTEST_BODY {
                matches.add(at..at + length, SecretKind::PrivateKey);
            }
        }
    }
    // A PEM file in Base64.
    for at in memchr::memmem::find_iter(bytes, b"LS0tLS1CRUdJTi") {
        let length = run(bytes, at, 4096, is_base64);
        let head = bytes.get(at..at + length.min(88) / 4 * 4).and_then(super::tokens::base64);
        let says_so = |head: Vec<u8>| memchr::memmem::find(&head, b"PRIVATE KEY").is_some();
        if length >= SHORTEST_BODY && head.is_some_and(says_so) {
            matches.add(at..at + length, SecretKind::PrivateKey);
        }
    }
    // PuTTY files, SSH.com files, and RSA keys in XML.
    let trimmed = line.trim();
    let is_putty = trimmed.strip_prefix("Private-Lines:").is_some_and(|rest| rest.trim().parse::<u32>().is_ok());
    let is_ssh_com = trimmed.starts_with("---- BEGIN SSH2 ") && trimmed.contains("PRIVATE KEY");
    let is_xml = line.split_once("<D>").is_some_and(|(_, rest)| run(rest.as_bytes(), 0, 64, is_base64) >= 40);
    if is_putty || is_ssh_com || is_xml {
        matches.add(0..line.len(), SecretKind::PrivateKey);
    }
}

/// Lines of Base64 without markers, as in the middle of a key with both ends cut off.
#[derive(Debug, Default)]
pub(super) struct Middle {
    lines: usize,
    is_public: bool,
}

/// This number of lines cannot be chance.
const SHORTEST_MIDDLE: usize = 5;

impl Middle {
    /// Whether the lines that end before `line` are the middle of a key. The middle of a certificate looks the same,
    /// but a marker at one end identifies it.
    pub(super) fn add_line(&mut self, line: &str) -> bool {
        let text = line.trim();
        if text.contains("-----BEGIN ") {
            self.is_public = true;
        }
        let is_full =
            |text: &str| matches!(text.len(), 64 | 70) && text.bytes().all(is_base64) && distinct(text.as_bytes()) > 20;
        // In a diff, each line begins with a sign.
        let full = is_full(text) || text.strip_prefix(['+', '-']).is_some_and(is_full);
        if full {
            self.lines += 1;
            return false;
        }
        let lines = std::mem::take(&mut self.lines);
        let was_public = self.is_public || lines >= SHORTEST_MIDDLE && text.contains("-----END ");
        if !text.is_empty() && !text.contains("-----BEGIN ") && !text.bytes().all(is_base64) {
            self.is_public = false;
        }
        lines >= SHORTEST_MIDDLE && !was_public && !text.bytes().all(is_base64) | text.is_empty()
    }

    /// The same check at the end of the text.
    pub(super) fn ends_with_the_text(&self) -> bool {
        self.lines >= SHORTEST_MIDDLE && !self.is_public
    }
}

fn is_private(label: &str) -> bool {
    label.len() < 60
        && (label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK") || label == "OpenVPN Static key V1")
}

fn has_body(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len().min(REACH) {
        let length = run(bytes, at, REACH, is_base64);
        let body = bytes.get(at..at + length).unwrap_or_default();
        if body.len() >= SHORTEST_BODY && distinct(body) >= 10 {
            return true;
        }
        // The next marker begins another block.
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(b"-----")) {
            return false;
        }
        at += length.max(1);
    }
    false
}
