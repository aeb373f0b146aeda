//! Tables of words.

use std::collections::HashSet;
use std::sync::OnceLock;

/// A table of words, written as one text with a blank between two of them.
pub(crate) struct WordList {
    text: &'static str,
    /// Made when it is first asked: some tables are asked about each line of a text.
    set: OnceLock<HashSet<&'static str>>,
}

impl WordList {
    /// The words of `text`.
    pub(crate) const fn of(text: &'static str) -> Self {
        Self { text, set: OnceLock::new() }
    }

    /// The words as they are written, one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.text.split(' ')
    }

    /// Whether `word` is one of them, to the letter.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.set.get_or_init(|| self.iter().collect()).contains(word)
    }
}
