//! Private keys in PEM: a marker line and a body in Base64, on lines of their own or escaped in a string.

use super::randomness::{distinct, is_base64, run};
use super::secrets::Hits;

/// How far from its marker the body of a key may begin: headers (`Proc-Type`, `DEK-Info`) stand between.
const REACH: usize = 400;
/// The shortest run of Base64 that counts as a body, in bytes.
const SHORTEST_BODY: usize = 32;

/// Finds the markers in `line` that a body follows, in the rest of the line or in the text `after` it. The marker alone,
/// as in code that looks for keys, is no finding.
pub(super) fn begins(line: &str, after: &str, hits: &mut Hits) {
    for (start, _) in line.match_indices("-----BEGIN ") {
        let Some((label, rest)) = line.get(start + 11..).and_then(|rest| rest.split_once("-----")) else { continue };
        if is_private(label) && (has_body(rest) || has_body(after)) {
            hits.add(start..line.len(), "a private key");
        }
    }
}

/// Finds the marker that ends a key in `line`, if the line `before` is the end of a body: the beginning of the key may
/// have been cut off, as it is where only a part of a file is sent.
pub(super) fn ends(line: &str, before: &str, hits: &mut Hits) {
    let Some((_, label)) = line.split_once("-----END ") else { return };
    let ends_body = before.len() > 3 && before.trim().bytes().all(is_base64) && distinct(before.as_bytes()) > 3;
    if ends_body && label.split_once("-----").is_some_and(|(label, _)| is_private(label)) {
        hits.add(0..line.len(), "a private key");
    }
}

fn is_private(label: &str) -> bool {
    label.len() < 60 && (label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK"))
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
