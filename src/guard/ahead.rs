//! Decides which scanners read a line. A scanner skips every line without one of its signs.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, FindOverlappingIter, Match};

use super::{calls, columns, commands, headers, loose, manifests, pem, sentences, tokens, urls};

/// A set of scanners that are to read a line. Each scanner that reads few lines has its own bit.
pub(super) type Groups = u16;

pub(super) const COMMANDS: Groups = 1;
pub(super) const CALLS: Groups = 1 << 1;
pub(super) const SENTENCES: Groups = 1 << 2;
pub(super) const MANIFESTS: Groups = 1 << 3;
pub(super) const QUERIES: Groups = 1 << 4;
pub(super) const LOOSE: Groups = 1 << 5;
pub(super) const SLASHES: Groups = 1 << 6;
pub(super) const ROWS: Groups = 1 << 7;
pub(super) const JWKS: Groups = 1 << 8;
pub(super) const MARKERS: Groups = 1 << 9;
pub(super) const UNMARKED: Groups = 1 << 10;
pub(super) const MIDDLES: Groups = 1 << 11;
pub(super) const ADDRESSES: Groups = 1 << 12;
pub(super) const HEADINGS: Groups = 1 << 13;

/// All signs of these scanners, in upper and lower case. One pass finds them all.
static SIGNS: LazyLock<Option<(AhoCorasick, Vec<Groups>)>> = LazyLock::new(|| {
    let of = |signs: &[&'static str], group: Groups| signs.iter().map(|sign| (*sign, group)).collect::<Vec<_>>();
    let signs = [
        of(commands::SIGNS, COMMANDS),
        calls::names().map(|name| (name, CALLS)).collect(),
        of(sentences::SIGNS, SENTENCES),
        manifests::SIGNS.split('|').map(|sign| (sign, MANIFESTS)).collect(),
        of(urls::PARAMETERS, QUERIES),
        of(loose::SIGNS, LOOSE),
        of(loose::SLASHES, SLASHES),
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
pub(super) struct Watch<'a> {
    matches: Option<FindOverlappingIter<'static, 'a>>,
    groups: &'static [Groups],
    next: Option<Match>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let signs = SIGNS.as_ref();
        let mut matches = signs.and_then(|(automaton, _)| automaton.try_find_overlapping_iter(text).ok());
        let next = matches.as_mut().and_then(Iterator::next);
        Self { matches, groups: signs.map(|(_, groups)| &**groups).unwrap_or_default(), next }
    }

    /// Returns the scanners with a sign in the line that ends at `to`. Lines come in order. No sign spans two lines.
    pub(super) fn until(&mut self, to: usize) -> Groups {
        let mut groups = 0;
        while let Some(found) = self.next.filter(|found| found.end() <= to) {
            groups |= self.groups.get(found.pattern().as_usize()).copied().unwrap_or_default();
            self.next = self.matches.as_mut().and_then(Iterator::next);
        }
        groups
    }
}
