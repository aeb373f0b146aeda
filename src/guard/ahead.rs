//! Where in a text the next of some strings stands, so that lines without any of them are passed over unread.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, FindOverlappingIter, Match};
use memchr::memmem::Finder;

use super::{calls, columns, commands, loose, manifests, sentences, urls};

/// A look ahead for a few strings, over a text that is walked from its beginning to its end.
pub(super) struct Ahead<'a> {
    text: &'a [u8],
    /// Each string, with the place of its next occurrence in the text.
    strings: Vec<(Finder<'static>, usize)>,
    nearest: usize,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(text: &'a str, strings: &[&'static str]) -> Self {
        let text = text.as_bytes();
        let next = |string: &&'static str| {
            let finder = Finder::new(*string);
            let at = finder.find(text).unwrap_or(usize::MAX);
            (finder, at)
        };
        let strings: Vec<_> = strings.iter().map(next).collect();
        let nearest = strings.iter().map(|(_, at)| *at).min().unwrap_or(usize::MAX);
        Self { text, strings, nearest }
    }

    /// Whether one of the strings begins in the bytes `from..to`; `from` never goes back, so each byte is searched once.
    pub(super) fn begins_in(&mut self, from: usize, to: usize) -> bool {
        if self.nearest < from {
            let rest = self.text.get(from..).unwrap_or_default();
            for (finder, at) in self.strings.iter_mut().filter(|(_, at)| *at < from) {
                *at = finder.find(rest).map_or(usize::MAX, |found| from + found);
            }
            self.nearest = self.strings.iter().map(|(_, at)| *at).min().unwrap_or(usize::MAX);
        }
        self.nearest < to
    }
}

/// What a line is worth reading for: each scanner that reads few lines has its bit.
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

/// All signs of these scanners, in any case of letters, found in one pass.
static SIGNS: LazyLock<Option<(AhoCorasick, Vec<Groups>)>> = LazyLock::new(|| {
    let of = |signs: &[&'static str], group: Groups| signs.iter().map(|sign| (*sign, group)).collect::<Vec<_>>();
    let signs = [
        of(commands::SIGNS, COMMANDS),
        calls::names().map(|name| (name, CALLS)).collect(),
        of(sentences::SIGNS, SENTENCES),
        of(manifests::SIGNS, MANIFESTS),
        of(urls::PARAMETERS, QUERIES),
        of(loose::SIGNS, LOOSE),
        of(loose::SLASHES, SLASHES),
        of(columns::INSERTS, ROWS),
        of(&["\"kty\""], JWKS),
    ];
    let signs = signs.concat();
    let mut builder = AhoCorasickBuilder::new();
    builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
    let automaton = builder.build(signs.iter().map(|(sign, _)| sign));
    Some((automaton.ok()?, signs.into_iter().map(|(_, group)| group).collect()))
});

/// A walk over a text from its beginning to its end that tells for each line which scanners are to read it.
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

    /// The scanners that have a sign in the line that ends at `to`; lines come in order, and no sign spans two.
    pub(super) fn until(&mut self, to: usize) -> Groups {
        let mut groups = 0;
        while let Some(found) = self.next.filter(|found| found.end() <= to) {
            groups |= self.groups.get(found.pattern().as_usize()).copied().unwrap_or_default();
            self.next = self.matches.as_mut().and_then(Iterator::next);
        }
        groups
    }
}
