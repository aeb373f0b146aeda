//! Tables of words.

use std::sync::OnceLock;

/// A table of words, written as one text with a blank between two of them.
pub(crate) struct WordList {
    text: &'static str,
    /// Those of each length in bytes, from 0 on. Some tables are asked about each word of a text, so that few are compared.
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

    /// Whether `word` is one of them, to the letter.
    pub(crate) fn has(&self, word: &str) -> bool {
        let by_length = self.by_length.get_or_init(|| {
            let longest = self.iter().map(str::len).max().unwrap_or_default();
            (0..=longest).map(|length| self.iter().filter(|word| word.len() == length).collect()).collect()
        });
        by_length.get(word.len()).is_some_and(|words| words.contains(&word))
    }
}
