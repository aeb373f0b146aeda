//! The walk through a text, line by line, that collects what each scanner sees.

use std::hash::{BuildHasher, Hash, RandomState};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use super::ahead::{
    ADDRESSES, CALLS, COMMANDS, HEADINGS, JWKS, LOOSE, MANIFESTS, MARKERS, MIDDLES, QUERIES, ROWS, SENTENCES, SLASHES,
    UNMARKED, Watch,
};
use super::apart::Waiting;
use super::calls::Calls;
use super::columns::Columns;
use super::key_names::NamesOfLines;
use super::manifests::Manifests;
use super::{Kind, assignments, commands, headers, loose, pem, sentences, tokens, urls};

/// After so many findings the walk stops: the answer is clear.
pub const MAX_FINDINGS: usize = 1000;

/// Nor are more collected in one line.
const MAX_IN_A_LINE: usize = 64;

/// Something in a text that looks like a secret; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it looks like.
    pub kind: Kind,
    /// The file that it comes from, as the user knows it; `None` where only its place in the text searched is known.
    pub file: Option<Arc<str>>,
    /// The line it is on in that file, or in the text searched, one-based; LF, CRLF and CR end a line.
    pub line: usize,
    /// Tells this secret from others without giving it away: a hash under a key drawn anew by each process.
    pub(super) mark: u64,
}

/// What in `text` looks like a secret, in the order of the text; at most [`MAX_FINDINGS`].
///
/// Known shapes (tokens of well-known services, private keys, JWTs, URLs with a password, authorization headers) are
/// found wherever they stand. Anything else must be random-looking and assigned to a name like key, token, secret or
/// password: a hash, a UUID, a placeholder, a call or a bare random string is no finding. The time is linear in the
/// length of the text.
pub fn find_secrets(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut before, mut in_key) = ("", false);
    let (mut waiting, mut middle) = (Waiting::default(), pem::Middle::default());
    let mut last_line = 0;
    let mut watch = Watch::new(text);
    let mut names = NamesOfLines::new();
    let (mut calls, mut columns, mut manifests) = (Calls::default(), Columns::default(), Manifests::default());
    for (index, (line, after)) in lines(text).enumerate() {
        let from = (line.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let groups = watch.until(from + line.len());
        let has = |group| groups & group != 0;
        let mut matches = Matches::default();
        last_line = index + 1;
        if middle.ends(line) && !in_key {
            findings.push(whole_line(index.max(1), before));
        }
        if has(MARKERS) {
            pem::begins(line, after, &mut matches);
            in_key |= !matches.found.is_empty();
            if line.contains("-----END ") && !std::mem::take(&mut in_key) {
                pem::ends(line, before, &mut matches);
            }
        }
        before = line;
        tokens::scan(line, &mut matches);
        if has(MIDDLES) {
            tokens::by_their_middle(line, &mut matches);
        }
        tokens::of_three_parts(line, &mut matches);
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
        // The body of a key that was told by its marker is no second one.
        if !in_key && has(UNMARKED) {
            pem::without_marker(line, &mut matches);
        }
        waiting.scan(line, names.found(), has(JWKS), &mut matches);
        columns.scan(line, names.any_part, has(ROWS), &mut matches);
        if has(SENTENCES) {
            sentences::scan(line, &mut matches);
        }
        loose::thought_up(line, &mut matches);
        loose::logins(line, has(SLASHES), &mut matches);
        if has(LOOSE) {
            loose::random(line, &mut matches);
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
    // A manifest may say at its end alone what it is.
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// The line `line` as a part of a private key.
fn whole_line(line: usize, text: &str) -> Finding {
    Finding { mark: fingerprint_of(text), kind: Kind::PrivateKey, file: None, line }
}

/// What the scanners saw in one line. An earlier scanner knows better: what overlaps its hits is dropped.
#[derive(Debug, Default)]
pub(super) struct Matches {
    found: Vec<(Range<usize>, Kind)>,
}

impl Matches {
    /// Notes that the bytes `span` of the line look like `kind`.
    pub(super) fn add(&mut self, span: Range<usize>, kind: Kind) {
        // A line full of secrets says no more than its first ones, and the check below stays cheap.
        let full = self.found.len() >= MAX_IN_A_LINE;
        if !full && !self.found.iter().any(|(hit, _)| hit.start < span.end && span.start < hit.end) {
            self.found.push((span, kind));
        }
    }
}

/// The same number for the same secret, within this process.
pub(super) fn fingerprint_of(value: impl Hash) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(value)
}

/// Each line without its terminator, with all the text after it.
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
