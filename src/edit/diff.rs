//! Finds the smallest changes between two texts, and merges two sets of changes to one text.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lines::lines;

/// One change of a text: `text` replaces the bytes of `range`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    /// The replaced bytes of the text before all changes.
    pub range: Range<usize>,
    /// The new text.
    pub text: String,
}

/// The size of the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Granularity {
    /// Whole lines, as in a diff for people.
    #[default]
    Line,
    /// Words inside of replaced lines. The cursor and the marks in a line stay in place, too.
    Word,
}

/// Up to this number of lines on both sides, the diff is minimal. Above it, that could take seconds, therefore Hunt's
/// algorithm is used. Its diff is minimal, too, unless the lines repeat so much that it must fall back.
const EXACT_LINES: usize = 1_000;

/// Above this number of words in a hunk, a finer diff does not help the cursor, and many such hunks take too long.
const WORD_PIECES: usize = 300;

/// The changes that turn `old` into `new`: sorted, without overlap, never inside a character or a CRLF. `base` (bytes),
/// the place of `old` in its document, is added to every offset.
///
/// The time is limited for any text. The limit does not use a clock, so the same texts give the same changes.
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

/// Applies `changes` to `text`; they are as [`smallest_changes`] returns them for base 0. It skips changes that do not
/// fit the text (out of bounds, inside a character, overlapping).
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

/// Merges the changes from `base` to `ours` and from `base` to `theirs`, line by line. Returns `None` if both changed
/// the same lines, or adjacent lines, in different ways.
///
/// If one side has no changes, the result is the other side. The time grows with the product of the lines and the
/// changes, so the caller limits the texts.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    diffy::merge(base, ours, theirs).ok()
}

/// A part of the old text and its replacement in the new text.
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

/// A hunk of lines as changes of words. A hunk that only adds or only removes is not split.
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

/// The words, runs of blanks, line breaks and single signs of `text`.
fn words(text: &str) -> Vec<&str> {
    // A character that is not ASCII and not a letter stays with its neighbours. Therefore no combined character is cut.
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
    fn unfitting_changes_are_omitted() {
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
