//! Positions in the client's units, and the corresponding byte offsets.

use crate::i18n::{Language, Message, message};
use ropey::Rope;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A range of byte offsets into the UTF-8 text.
pub(crate) type ByteRange = std::ops::Range<usize>;

/// The unit in which a client counts [`Position::character`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, LSP's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A place in a text, in the client's position encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Position {
    /// The line, counted from 0.
    pub line: u32,
    /// The offset in the line, counted from 0, in units of the [`PositionEncoding`].
    pub character: u32,
}

impl Position {
    /// The position at `line` and `character`, both counted from 0.
    pub const fn new(line: u32, character: u32) -> Self {
        Self { line, character }
    }
}

/// A range of text between two positions; `end` is the first position outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Range {
    /// Where the range begins.
    pub start: Position,
    /// The first position after the range.
    pub end: Position,
}

impl Range {
    /// The range from `start` to `end`, exclusive.
    pub const fn new(start: Position, end: Position) -> Self {
        Self { start, end }
    }
}

/// A range that ends before it starts. Its meaning is unclear, so the operation fails.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.message().text(Language::En))]
pub struct RangeError(pub Range);

impl RangeError {
    /// Where it starts and ends.
    pub fn message(&self) -> Message {
        let place = |at: Position| message!("range-place", line = at.line, character = at.character);
        message!("range-backwards", start = place(self.0.start), end = place(self.0.end))
    }
}

/// The byte offset of `position`. Past the end of a line: its end, before the terminator. Past the last line: the end
/// of the text. Inside a character: its start.
pub fn offset(encoding: PositionEncoding, text: &Rope, position: Position) -> usize {
    let line = position.line as usize;
    if line >= text.len_lines() {
        return text.len_bytes();
    }
    let character = position.character as usize;
    let start = text.line_to_char(line);
    let end = line_end(text, line);
    let wanted = match encoding {
        PositionEncoding::Utf8 => {
            text.byte_to_char((text.char_to_byte(start).saturating_add(character)).min(text.char_to_byte(end)))
        }
        PositionEncoding::Utf16 => text
            .utf16_cu_to_char((text.char_to_utf16_cu(start).saturating_add(character)).min(text.char_to_utf16_cu(end))),
        PositionEncoding::Utf32 => start.saturating_add(character).min(end),
    };
    text.char_to_byte(wanted)
}

/// The position of the byte offset `byte`. Past the end: the end of the text. Inside a character: its start. Between CR
/// and LF of one line break: before the break, because no position can name that place.
pub fn position(encoding: PositionEncoding, text: &Rope, byte: usize) -> Position {
    let mut at = text.byte_to_char(byte.min(text.len_bytes()));
    if is_inside_line_break(text, text.char_to_byte(at)) {
        at = at.saturating_sub(1);
    }
    let line = text.char_to_line(at);
    let start = text.line_to_char(line);
    let character = match encoding {
        PositionEncoding::Utf8 => text.char_to_byte(at) - text.char_to_byte(start),
        PositionEncoding::Utf16 => text.char_to_utf16_cu(at) - text.char_to_utf16_cu(start),
        PositionEncoding::Utf32 => at - start,
    };
    Position::new(saturating_u32(line), saturating_u32(character))
}

/// The byte offsets of `range`, each as [`offset`] finds it; [`RangeError`] if the range starts after its end.
pub fn range_to_bytes(encoding: PositionEncoding, text: &Rope, range: Range) -> Result<ByteRange, RangeError> {
    if range.start > range.end {
        return Err(RangeError(range));
    }
    Ok(offset(encoding, text, range.start)..offset(encoding, text, range.end))
}

/// Whether the byte offset `byte` is between the CR and the LF of one line break.
pub(super) fn is_inside_line_break(text: &Rope, byte: usize) -> bool {
    byte > 0 && text.get_byte(byte) == Some(b'\n') && text.get_byte(byte - 1) == Some(b'\r')
}

/// `bytes` limited to `text`, with both ends at the start of a character.
pub(super) fn clamp(text: &Rope, bytes: &ByteRange) -> ByteRange {
    let round = |byte: usize| text.char_to_byte(text.byte_to_char(byte.min(text.len_bytes())));
    let start = round(bytes.start);
    start..round(bytes.end).max(start)
}

/// The char index at which `line` ends, before its terminator.
fn line_end(text: &Rope, line: usize) -> usize {
    let start = text.line_to_char(line);
    let next = text.line_to_char(line + 1);
    let is = |at: usize, wanted: char| at > start && text.get_char(at - 1) == Some(wanted);
    if is(next, '\n') {
        if is(next - 1, '\r') { next - 2 } else { next - 1 }
    } else if is(next, '\r') {
        next - 1
    } else {
        next
    }
}

fn saturating_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
