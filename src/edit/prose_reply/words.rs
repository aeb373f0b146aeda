//! Measures the likeness of two texts of prose by their common words.

use std::collections::HashSet;

use crate::edit::prose::{share_of, words};
use crate::edit::word_list::WordList;

/// The distinctive words of a text, which measure the likeness.
pub(super) struct DistinctiveWords(HashSet<String>);

impl DistinctiveWords {
    pub(super) fn of(text: &str) -> Self {
        Self(distinctive_words(text).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The share (0 to 1) of the words of `text` that are in this set.
    pub(super) fn share_in(&self, text: &str) -> f64 {
        share_of(distinctive_words(text), |word| self.0.contains(&word))
    }

    /// The share of these words that `text` contains.
    pub(super) fn kept_by(&self, text: &str) -> f64 {
        let has: HashSet<String> = distinctive_words(text).collect();
        share_of(&self.0, |word| has.contains(word))
    }
}

/// Frequent words of four or more letters, which are in texts about any subject.
static COMMON: WordList = WordList::of(
    "with this that these those from your have will would could should them they there then than when what which \
     into more like also about been were here para como mais pelo pela isso esta este essa esse está quando onde \
     você uma seus suas",
);

/// Words of four letters or more, numbers, and single letters of scripts without spaces, all in lower case.
fn distinctive_words(text: &str) -> impl Iterator<Item = String> {
    words(text).flat_map(|word| {
        let is_dense = word.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'));
        let is_distinctive = word.chars().count() >= 4 || word.chars().any(|c| c.is_ascii_digit());
        let whole = (is_distinctive && !is_dense).then(|| word.to_lowercase()).filter(|word| !COMMON.has(word));
        let letters = word.chars().filter(move |_| is_dense).map(String::from);
        whole.into_iter().chain(letters)
    })
}
