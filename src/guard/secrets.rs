//! Reads a text line by line and collects the results of all scanners.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, LazyLock};

use super::calls::Calls;
use super::columns::Columns;
use super::key_names::NamesOfLines;
use super::line_filter::{
    ADDRESSES, CALLS, COMMANDS, HEADINGS, JWKS, LineFilter, MANIFESTS, MARKERS, MIDDLES, PASSWORD_SIGNS, QUERIES, ROWS,
    SENTENCES, SLASHES, UNMARKED,
};
use super::manifests::Manifests;
use super::matches::Matches;
use super::split_values::PendingName;
use super::{SecretKind, assignments, commands, headers, passwords, pem, sentences, tokens, urls};

/// The search stops after this number of findings, because the answer is clear.
pub const MAX_FINDINGS: usize = 1000;

/// A place in a text that looks like a secret. It never contains the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it looks like.
    pub kind: SecretKind,
    /// The file of the secret, as the user knows it. `None` if only the place in the searched text is known.
    pub file: Option<Arc<str>>,
    /// The line in that file, or in the searched text, one-based. LF, CRLF and CR end a line.
    pub line: usize,
    /// Identifies the secret without revealing it: a hash with a random key that each process creates.
    pub(super) mark: u64,
}

/// Returns the places in `text` that look like a secret, in order; at most [`MAX_FINDINGS`].
///
/// Known shapes (tokens of well-known services, private keys, JWTs, URLs with a password, authorization headers) are
/// found in any place. Other values must look random and be assigned to a name like key, token, secret or password. A
/// hash, a UUID, a placeholder, a call or a random string alone is not a finding. The time is linear in the length of
/// the text.
pub fn find_secrets(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut before, mut in_key) = ("", false);
    let (mut pending_name, mut middle) = (PendingName::default(), pem::Middle::default());
    let mut last_line = 0;
    let mut filter = LineFilter::new(text);
    let mut names = NamesOfLines::new();
    let (mut calls, mut columns, mut manifests) = (Calls::default(), Columns::default(), Manifests::default());
    for (index, (line, after)) in lines(text).enumerate() {
        let from = (line.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let groups = filter.scanners_of_line(from + line.len());
        let has = |group| groups & group != 0;
        let mut matches = Matches::default();
        last_line = index + 1;
        if middle.add_line(line) && !in_key {
            findings.push(whole_line(index.max(1), before));
        }
        if has(MARKERS) {
            pem::scan_begin_marker(line, after, &mut matches);
            in_key |= !matches.found.is_empty();
            if line.contains("-----END ") && !std::mem::take(&mut in_key) {
                pem::scan_end_marker(line, before, &mut matches);
            }
        }
        before = line;
        tokens::scan(line, &mut matches);
        if has(MIDDLES) {
            tokens::scan_marked_tokens(line, &mut matches);
        }
        tokens::scan_discord_tokens(line, &mut matches);
        if has(ADDRESSES) {
            urls::scan(line, &mut matches);
        }
        headers::schemes(line, &mut matches);
        if has(HEADINGS) {
            headers::named(line, &mut matches);
        }
        names.read(line);
        assignments::scan(line, names.found(), &mut matches);
        if has(QUERIES) {
            urls::parameters(line, &mut matches);
        }
        if has(COMMANDS) {
            commands::scan(line, &mut matches);
        }
        calls.scan(line, has(CALLS), &mut matches);
        commands::whole_line(line, &mut matches);
        // The body of a key with a marker is not a second finding.
        if !in_key && has(UNMARKED) {
            pem::without_marker(line, &mut matches);
        }
        pending_name.scan(line, names.found(), has(JWKS), &mut matches);
        columns.scan(line, names.any_part, has(ROWS), &mut matches);
        if has(SENTENCES) {
            sentences::scan(line, &mut matches);
        }
        passwords::scan_passwords(line, &mut matches);
        passwords::logins(line, has(SLASHES), &mut matches);
        if has(PASSWORD_SIGNS) {
            passwords::random(line, &mut matches);
        }
        let earlier = manifests.scan(line, index + 1, has(MANIFESTS), &mut matches);
        let of_earlier = |(line, value, kind)| Finding { mark: fingerprint_of(value), kind, file: None, line };
        findings.extend(earlier.into_iter().map(of_earlier));
        matches.found.sort_by_key(|(span, _)| span.start);
        let found = matches.found.into_iter().map(|(span, kind)| Finding {
            mark: fingerprint_of(line.get(span).unwrap_or_default()),
            kind,
            file: None,
            line: index + 1,
        });
        findings.extend(found);
        if findings.len() >= MAX_FINDINGS {
            findings.truncate(MAX_FINDINGS);
            return findings;
        }
    }
    if middle.ends_with_the_text() && !in_key {
        findings.push(whole_line(last_line, before));
    }
    // A manifest may be recognized only at its end. Its findings come late.
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// The line `line` as a part of a private key.
fn whole_line(line: usize, text: &str) -> Finding {
    Finding { mark: fingerprint_of(text), kind: SecretKind::PrivateKey, file: None, line }
}

/// Returns the same number for the same secret within this process.
pub(super) fn fingerprint_of(value: impl Hash) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(value)
}

/// Each line without its terminator, and all the text after it.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let Some(end) = memchr::memchr2(b'\n', b'\r', current.as_bytes()) else {
            rest = None;
            return Some((current, ""));
        };
        let (line, terminated) = current.split_at_checked(end)?;
        let after = terminated.strip_prefix("\r\n").or_else(|| terminated.get(1..)).unwrap_or_default();
        rest = Some(after);
        Some((line, after))
    })
}
