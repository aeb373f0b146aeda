//! The place of a piece of code.

use std::ops::Range;

use ropey::Rope;

use super::lines::{Line, dominant_eol, lines};

/// The number of lines on either side that show the document's indentation, if the range does not.
const SURROUNDING_LINES: usize = 200;

/// The range that a piece of code replaces, and the properties of its document that the code must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The text of the range.
    pub original: String,
    /// The text before the range on its first line.
    pub before: String,
    /// The text after the range on its last line, without the line break.
    pub after: String,
    /// The indentation of a new line at an empty place: that of the deeper neighbour.
    pub(crate) vacant: String,
    /// Lines above the range, up to the range.
    pub above: String,
    /// Lines below the range, from the end of the range's last line.
    pub below: String,
    /// The line break of the result: the most frequent one of the range, or else of the document.
    pub eol: &'static str,
}

impl Site {
    /// The text after the range on its last line. Empty if the range ends with the line break.
    pub(crate) fn rest_of_line(&self) -> &str {
        if self.original.ends_with(['\n', '\r']) { "" } else { &self.after }
    }

    /// Whether there is text beside the range on its first or last line.
    pub(crate) fn is_part_of_lines(&self) -> bool {
        // A byte order mark at the start of a document is not text.
        let is_blank = |text: &str| text.chars().all(|c| c.is_whitespace() || c == '\u{feff}');
        !is_blank(&self.original) && [&self.before, self.rest_of_line()].into_iter().any(|text| !is_blank(text))
    }

    /// The lines around the range, which show the document's indentation.
    pub(crate) fn surroundings(&self) -> String {
        [self.above.as_str(), &self.below].concat()
    }

    /// The site of `range` (bytes) in `document`. Returns `None` if the range is not valid: past the document's end,
    /// reversed, or inside a character or a CRLF.
    pub fn of(document: &Rope, range: Range<usize>) -> Option<Self> {
        if range.start > range.end || range.end > document.len_bytes() {
            return None;
        }
        let original = document.get_byte_slice(range.clone())?.to_string();
        let splits_crlf =
            |at: usize| at > 0 && document.get_byte(at - 1) == Some(b'\r') && document.get_byte(at) == Some(b'\n');
        if splits_crlf(range.start) || splits_crlf(range.end) {
            return None;
        }
        let first = document.byte_to_line(range.start);
        let last = document.byte_to_line(range.end);
        let text =
            |range: Range<usize>| document.get_byte_slice(range).map(|slice| slice.to_string()).unwrap_or_default();
        let line_end = document.line_to_byte((last + 1).min(document.len_lines()));
        let from = document.line_to_byte(first.saturating_sub(SURROUNDING_LINES));
        let to = document.line_to_byte((last + 1 + SURROUNDING_LINES).min(document.len_lines()));
        let rest_of_line = text(range.end..line_end);
        let eol = dominant_eol(lines(&original)).or_else(|| document_eol(document)).unwrap_or("\n");
        let above = text(from..document.line_to_byte(first));
        // If a range ends with its line break, it ends at the start of the next line.
        let below = text(if original.ends_with(['\n', '\r']) { range.end } else { line_end }..to.max(line_end));
        let with_text = |line: &Line<'_>| !line.is_blank();
        let upper = lines(&above).filter(with_text).last().map_or("", |line| line.indentation());
        let lower = lines(&below).find(with_text).map_or("", |line| line.indentation());
        Some(Self {
            vacant: if upper.len() > lower.len() { upper } else { lower }.to_owned(),
            before: text(document.line_to_byte(first)..range.start),
            after: lines(&rest_of_line).next().map(|line| line.content.to_owned()).unwrap_or_default(),
            above,
            below,
            eol,
            original,
        })
    }
}

/// The most frequent line break of `document`.
fn document_eol(document: &Rope) -> Option<&'static str> {
    let (mut lf, mut crlf, mut cr) = (0usize, 0usize, 0usize);
    let mut after_cr = false;
    for byte in document.bytes() {
        match byte {
            b'\n' if after_cr => (cr, crlf) = (cr - 1, crlf + 1),
            b'\n' => lf += 1,
            b'\r' => cr += 1,
            _ => {}
        }
        after_cr = byte == b'\r';
    }
    [("\n", lf), ("\r\n", crlf), ("\r", cr)]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .max_by_key(|(_, n)| *n)
        .map(|(eol, _)| eol)
}
