//! Tables of words.

use std::sync::OnceLock;

/// A table of words, written as one text with a blank between words.
pub(crate) struct WordList {
    text: &'static str,
    /// The words of each length in bytes, from 0. A search compares few words: some run for each word of a text.
    by_length: OnceLock<Vec<Vec<&'static str>>>,
}

impl WordList {
    /// The words of `text`.
    pub(crate) const fn of(text: &'static str) -> Self {
        Self { text, by_length: OnceLock::new() }
    }

    /// The words as they are written, one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.text.split(' ')
    }

    /// Whether the table contains exactly `word`.
    pub(crate) fn has(&self, word: &str) -> bool {
        let by_length = self.by_length.get_or_init(|| {
            let longest = self.iter().map(str::len).max().unwrap_or_default();
            (0..=longest).map(|length| self.iter().filter(|word| word.len() == length).collect()).collect()
        });
        by_length.get(word.len()).is_some_and(|words| words.contains(&word))
    }
}
