//! The lines of a rope, in bytes.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::Node;

/// Finds the starts and ends of lines. An offset after the end of the text means its end.
pub(super) struct Lines<'a> {
    text: &'a Rope,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a Rope) -> Self {
        Self { text }
    }

    pub(super) fn line_of(&self, byte: usize) -> usize {
        self.text.byte_to_line(byte.min(self.text.len_bytes()))
    }

    /// The start of the line of `byte`.
    pub(super) fn start_of(&self, byte: usize) -> usize {
        self.text.line_to_byte(self.line_of(byte))
    }

    /// The end of the line of `byte`, after its line break.
    pub(super) fn end_of(&self, byte: usize) -> usize {
        self.text.line_to_byte((self.line_of(byte) + 1).min(self.text.len_lines()))
    }

    /// The line of the last character of `bytes` that is not blank.
    pub(super) fn last_line(&self, bytes: &Range<usize>) -> usize {
        self.line_of(self.trimmed_end(bytes))
    }

    /// Whether `bytes`, without the blanks at their end, contain a line break.
    pub(super) fn several(&self, bytes: &Range<usize>) -> bool {
        self.line_of(bytes.start) < self.last_line(bytes)
    }

    /// The end of `bytes` without blanks and line breaks.
    pub(super) fn trimmed_end(&self, bytes: &Range<usize>) -> usize {
        let mut end = bytes.end.min(self.text.len_bytes());
        while end > bytes.start && self.text.get_byte(end - 1).is_some_and(|byte| byte.is_ascii_whitespace()) {
            end -= 1;
        }
        end
    }

    /// The start of the line of `byte`, if only blanks precede `byte`.
    pub(super) fn start_if_blank_before(&self, byte: usize) -> Option<usize> {
        starts_its_line(self.text, byte).then(|| self.start_of(byte))
    }

    /// The end of the line of `byte`, before its line break, if only blanks follow `byte`. Otherwise `byte`.
    pub(super) fn end_if_blank_after(&self, byte: usize) -> usize {
        let mut end = byte;
        while self.text.get_byte(end).is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            end += 1;
        }
        match self.text.get_byte(end) {
            None | Some(b'\n' | b'\r') => end,
            Some(_) => byte,
        }
    }
}

/// The text of a node.
pub(super) fn text_of(text: &Rope, node: &Node<'_>) -> String {
    text.get_byte_slice(node.byte_range()).map(String::from).unwrap_or_default()
}

/// Whether only blanks precede `byte` on its line.
pub(super) fn starts_its_line(text: &Rope, byte: usize) -> bool {
    let at = before_blanks(text, byte.min(text.len_bytes()));
    at == 0 || matches!(text.get_byte(at - 1), Some(b'\n' | b'\r'))
}

/// The position before the blanks that precede `byte`.
pub(super) fn before_blanks(text: &Rope, byte: usize) -> usize {
    let mut at = byte;
    while at > 0 && matches!(text.get_byte(at - 1), Some(b' ' | b'\t')) {
        at -= 1;
    }
    at
}

/// The text of a picture, and the bytes between its `«` and `»`.
#[cfg(test)]
pub(super) fn undrawn(picture: &str) -> (Rope, Range<usize>) {
    let (start, end) = (picture.find('«').unwrap(), picture.find('»').unwrap() - '«'.len_utf8());
    (Rope::from_str(&picture.replace(['«', '»'], "")), start..end)
}
