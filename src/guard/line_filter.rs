//! Decides which scanners read a line. A scanner skips every line without one of its signs.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, FindOverlappingIter, Match};

use super::{calls, columns, commands, headers, manifests, passwords, pem, sentences, tokens, urls};

/// A set of scanners that are to read a line. Each scanner that reads few lines has its own bit.
pub(super) type ScannerSet = u16;

pub(super) const COMMANDS: ScannerSet = 1;
pub(super) const CALLS: ScannerSet = 1 << 1;
pub(super) const SENTENCES: ScannerSet = 1 << 2;
pub(super) const MANIFESTS: ScannerSet = 1 << 3;
pub(super) const QUERIES: ScannerSet = 1 << 4;
pub(super) const PASSWORD_SIGNS: ScannerSet = 1 << 5;
pub(super) const SLASHES: ScannerSet = 1 << 6;
pub(super) const ROWS: ScannerSet = 1 << 7;
pub(super) const JWKS: ScannerSet = 1 << 8;
pub(super) const MARKERS: ScannerSet = 1 << 9;
pub(super) const UNMARKED: ScannerSet = 1 << 10;
pub(super) const MIDDLES: ScannerSet = 1 << 11;
pub(super) const ADDRESSES: ScannerSet = 1 << 12;
pub(super) const HEADINGS: ScannerSet = 1 << 13;

/// All signs of these scanners, in upper and lower case. One pass finds them all.
static SIGNS: LazyLock<Option<(AhoCorasick, Vec<ScannerSet>)>> = LazyLock::new(|| {
    let of = |signs: &[&'static str], group: ScannerSet| signs.iter().map(|sign| (*sign, group)).collect::<Vec<_>>();
    let signs = [
        of(commands::SIGNS, COMMANDS),
        calls::names().map(|name| (name, CALLS)).collect(),
        of(sentences::SIGNS, SENTENCES),
        manifests::SIGNS.split('|').map(|sign| (sign, MANIFESTS)).collect(),
        of(urls::PARAMETERS, QUERIES),
        of(passwords::SIGNS, PASSWORD_SIGNS),
        of(passwords::SLASHES, SLASHES),
        of(columns::INSERTS, ROWS),
        of(&["\"kty\""], JWKS),
        of(&["-----"], MARKERS),
        pem::signs().map(|sign| (sign, UNMARKED)).collect(),
        of(&tokens::SIGNS, MIDDLES),
        of(&urls::SIGNS, ADDRESSES),
        of(&headers::SIGNS, HEADINGS),
    ];
    let signs = signs.concat();
    let mut builder = AhoCorasickBuilder::new();
    builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
    let automaton = builder.build(signs.iter().map(|(sign, _)| sign));
    Some((automaton.ok()?, signs.into_iter().map(|(_, group)| group).collect()))
});

/// Walks over a text from its beginning to its end. For each line, it returns the scanners that are to read it.
pub(super) struct LineFilter<'a> {
    matches: Option<FindOverlappingIter<'static, 'a>>,
    groups: &'static [ScannerSet],
    next: Option<Match>,
}

impl<'a> LineFilter<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let signs = SIGNS.as_ref();
        let mut matches = signs.and_then(|(automaton, _)| automaton.try_find_overlapping_iter(text).ok());
        let next = matches.as_mut().and_then(Iterator::next);
        Self { matches, groups: signs.map(|(_, groups)| &**groups).unwrap_or_default(), next }
    }

    /// Returns the scanners with a sign in the line that ends at `to`. Lines come in order. No sign spans two lines.
    pub(super) fn scanners_of_line(&mut self, to: usize) -> ScannerSet {
        let mut groups = 0;
        while let Some(found) = self.next.filter(|found| found.end() <= to) {
            groups |= self.groups.get(found.pattern().as_usize()).copied().unwrap_or_default();
            self.next = self.matches.as_mut().and_then(Iterator::next);
        }
        groups
    }
}
