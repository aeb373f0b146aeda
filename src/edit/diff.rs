//! The smallest changes that turn one text into another, and two people's changes of one text made one.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lines::lines;

/// One change of a text: the bytes of `range` are replaced by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    /// What is replaced, in bytes of the text before any of the changes.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// How fine the changes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Granularity {
    /// Whole lines: what a person reads in a diff.
    #[default]
    Line,
    /// Words inside replaced lines: the cursor and the marks inside of a line stay, too.
    Word,
}

/// Up to this many lines on both sides the diff is the smallest there is. Above, that could take seconds, so Hunt's
/// algorithm takes over: it finds the smallest, too, unless the lines repeat so much that it has to fall back.
const EXACT_LINES: usize = 1_000;

/// Above this many words in one hunk a finer diff helps no cursor any more, and many such hunks would add up.
const WORD_PIECES: usize = 300;

/// The changes that turn `old` into `new`: sorted, not overlapping, never inside a character or a CRLF. `base` (bytes)
/// is added to every offset: the place of `old` in its document.
///
/// The time is bounded whatever the texts are (no clock is asked, so the same texts give the same changes).
pub fn smallest_changes(old: &str, new: &str, base: usize, granularity: Granularity) -> Vec<TextChange> {
    if old == new {
        return Vec::new();
    }
    let hunks = diff(&whole_lines(old), &whole_lines(new), base);
    match granularity {
        Granularity::Line => hunks.into_iter().map(Hunk::into_change).collect(),
        Granularity::Word => hunks.into_iter().flat_map(by_words).collect(),
    }
}

fn whole_lines(text: &str) -> Vec<&str> {
    lines(text).filter_map(|line| text.get(line.start..line.end())).collect()
}

/// `text` with `changes` applied; they are as [`smallest_changes`] returns them for base 0. Changes that do not fit
/// the text (out of bounds, inside a character, overlapping) are left out.
pub fn apply(text: &str, changes: &[TextChange]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for change in changes {
        if let (Some(kept), true) = (text.get(done..change.range.start), text.is_char_boundary(change.range.end)) {
            result.push_str(kept);
            result.push_str(&change.text);
            done = change.range.end.max(change.range.start);
        }
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}

/// What `base` becomes when both the changes that led to `ours` and those that led to `theirs` are made, line by line;
/// `None` where the two changed the same lines, or lines next to each other, in different ways.
///
/// Whoever changed nothing adds nothing: the result is then the other text. The time grows with the product of the lines
/// and the changes, so the caller bounds the texts.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    diffy::merge(base, ours, theirs).ok()
}

/// A stretch of the old text and what stands for it in the new.
struct Hunk<'a> {
    at: usize,
    old: String,
    new: Vec<&'a str>,
}

impl Hunk<'_> {
    fn into_change(self) -> TextChange {
        TextChange { range: self.at..self.at + self.old.len(), text: self.new.concat() }
    }
}

fn diff<'a>(old: &[&str], new: &[&'a str], base: usize) -> Vec<Hunk<'a>> {
    let algorithm = if old.len() + new.len() <= EXACT_LINES { Algorithm::RawMyers } else { Algorithm::Hunt };
    let mut at = base;
    let mut hunks: Vec<Hunk<'a>> = Vec::new();
    for op in capture_diff_slices(algorithm, old, new) {
        let old_text = old.get(op.old_range()).unwrap_or_default().concat();
        let length = old_text.len();
        if !matches!(op, DiffOp::Equal { .. }) {
            let new_pieces = new.get(op.new_range()).unwrap_or_default();
            match hunks.last_mut().filter(|last| last.at + last.old.len() == at) {
                Some(last) => {
                    last.old.push_str(&old_text);
                    last.new.extend(new_pieces);
                }
                None => hunks.push(Hunk { at, old: old_text, new: new_pieces.to_vec() }),
            }
        }
        at += length;
    }
    hunks
}

/// A hunk of lines as changes of words. A hunk that only adds or only removes stays whole.
fn by_words(hunk: Hunk<'_>) -> Vec<TextChange> {
    let new = hunk.new.concat();
    if hunk.old.is_empty() || new.is_empty() {
        return vec![hunk.into_change()];
    }
    let (old_words, new_words) = (words(&hunk.old), words(&new));
    if old_words.len() + new_words.len() > WORD_PIECES {
        return vec![hunk.into_change()];
    }
    diff(&old_words, &new_words, hunk.at).into_iter().map(Hunk::into_change).collect()
}

/// The words, runs of blanks, line breaks and single signs that `text` is made of.
fn words(text: &str) -> Vec<&str> {
    // What is neither a letter nor ASCII stays with its neighbours, so that no combined character is cut.
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
    let is_blank = |c: char| matches!(c, ' ' | '\t');
    let (mut words, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let end = match first {
            _ if is_of_word(first) => rest.find(|c| !is_of_word(c)),
            _ if is_blank(first) => rest.find(|c| !is_blank(c)),
            '\r' if rest.starts_with("\r\n") => Some(2),
            _ => Some(1),
        };
        let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
        words.push(word);
        rest = behind;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_inside_of_a_line() {
        let changes = smallest_changes("let x = one(1);\n", "let x = two(1);\n", 0, Granularity::Word);
        assert_eq!(changes, [TextChange { range: 8..11, text: "two".into() }]);
    }

    #[test]
    fn changes_that_do_not_fit_are_left_out() {
        assert_eq!(apply("é", &[TextChange { range: 1..2, text: "x".into() }]), "é");
        assert_eq!(apply("ab", &[TextChange { range: 1..9, text: "x".into() }]), "ab");
    }

    #[test]
    fn different_changes_of_one_line_are_not_made_one() {
        assert_eq!(merge("a\nb\nc\n", "a\nB\nc\n", "a\n2\nc\n"), None);
        assert_eq!(merge("a\nb\nc\n", "a\nB\nc\n", "a\nc\n"), None);
        assert_eq!(merge("a\r\nb\r\nc", "a\r\nb\r\nC", "A\r\nb\r\nc").as_deref(), Some("A\r\nb\r\nC"));
    }
}
