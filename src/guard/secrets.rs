//! The walk through a text, line by line, that collects what each scanner sees.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, RandomState};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use super::{assignments, headers, pem, tokens, urls};

/// After so many findings the walk stops: the answer is clear.
pub const MAX_FINDINGS: usize = 64;

/// Something in a text that looks like a secret; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it looks like, in words that follow "what looks like" ("a GitHub token").
    pub what: Cow<'static, str>,
    /// The file that it comes from, as the user knows it; `None` where only its place in the text searched is known.
    pub file: Option<Arc<str>>,
    /// The line it is on in that file, or in the text searched, one-based; LF, CRLF and CR end a line.
    pub line: usize,
    mark: u64,
}

impl Finding {
    /// Tells this secret from others without giving it away: a hash under a key drawn anew by each process.
    pub(super) fn mark(&self) -> u64 {
        self.mark
    }
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
    for (index, (line, after)) in lines(text).enumerate() {
        let mut hits = Hits::default();
        pem::begins(line, after, &mut hits);
        in_key |= !hits.found.is_empty();
        if line.contains("-----END ") && !std::mem::take(&mut in_key) {
            pem::ends(line, before, &mut hits);
        }
        before = line;
        tokens::scan(line, &mut hits);
        urls::scan(line, &mut hits);
        headers::scan(line, &mut hits);
        assignments::scan(line, &mut hits);
        hits.found.sort_by_key(|hit| hit.span.start);
        let found = hits.found.into_iter().map(|hit| Finding {
            mark: mark_of(line.get(hit.span).unwrap_or_default()),
            what: hit.what,
            file: None,
            line: index + 1,
        });
        findings.extend(found);
        if findings.len() >= MAX_FINDINGS {
            findings.truncate(MAX_FINDINGS);
            break;
        }
    }
    findings
}

/// What the scanners saw in one line. An earlier scanner knows better: what overlaps its hits is dropped.
#[derive(Debug, Default)]
pub(super) struct Hits {
    found: Vec<Hit>,
}

#[derive(Debug)]
struct Hit {
    span: Range<usize>,
    what: Cow<'static, str>,
}

impl Hits {
    /// Notes that the bytes `span` of the line look like `what`.
    pub(super) fn add(&mut self, span: Range<usize>, what: impl Into<Cow<'static, str>>) {
        // A line full of secrets says no more than its first ones, and the check below stays cheap.
        let full = self.found.len() >= MAX_FINDINGS;
        if !full && !self.found.iter().any(|hit| hit.span.start < span.end && span.start < hit.span.end) {
            self.found.push(Hit { span, what: what.into() });
        }
    }
}

/// The same number for the same secret, within this process.
pub(super) fn mark_of(value: impl Hash) -> u64 {
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
