//! Where in a text the next of some strings stands, so that lines without any of them are passed over unread.

use memchr::memmem::Finder;

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
