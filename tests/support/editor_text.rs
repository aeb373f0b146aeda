//! A document as a simple client stores it: a string. Positions are computed directly.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    Utf32,
}

impl Encoding {
    pub fn named(name: &str) -> Self {
        match name {
            "utf-8" => Self::Utf8,
            "utf-16" => Self::Utf16,
            "utf-32" => Self::Utf32,
            _ => panic!("no such position encoding: {name}"),
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A change by byte offsets in the text before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// The byte offset of a position. Returns `None` if it is outside the text or inside a character.
pub fn offset(text: &str, position: &Value, encoding: Encoding) -> Option<usize> {
    let (line, character) = (position["line"].as_u64()?, position["character"].as_u64()?);
    let (start, end) = *lines(text).get(usize::try_from(line).ok()?)?;
    let mut units = 0;
    for (at, next) in text[start..end].char_indices() {
        if units == character {
            return Some(start + at);
        }
        units += encoding.width(next) as u64;
    }
    (units == character).then_some(end)
}

/// The position of a byte offset.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> Value {
    let lines = lines(text);
    let line = lines.iter().rposition(|(start, _)| *start <= offset).unwrap();
    let character: usize = text[lines[line].0..offset].chars().map(|character| encoding.width(character)).sum();
    json!({ "line": line, "character": character })
}

/// The range of a change, in the text before it.
pub fn range(text: &str, change: &Change, encoding: Encoding) -> Value {
    json!({ "start": position(text, change.start, encoding), "end": position(text, change.end, encoding) })
}

/// Applies changes that all refer to the same text, as the edits of one `TextDocumentEdit` do. Returns the text and the
/// changes, sorted from the end to the start. In this order they can be applied one after the other.
pub fn apply(text: &str, mut changes: Vec<Change>) -> Result<(String, Vec<Change>), String> {
    changes.sort_by_key(|change| change.start);
    if let Some(pair) = changes.windows(2).find(|pair| pair[1].start < pair[0].end) {
        return Err(format!("edits overlap: {pair:?}"));
    }
    changes.reverse();
    let mut text = text.to_owned();
    for change in &changes {
        text.replace_range(change.start..change.end, &change.text);
    }
    Ok((text, changes))
}

/// The position of an offset after a change. An offset inside the change moves to its end.
pub fn follow(offset: usize, change: &Change) -> usize {
    if offset < change.start {
        offset
    } else if offset >= change.end {
        offset - change.end + change.start + change.text.len()
    } else {
        change.start + change.text.len()
    }
}

/// The lines of a text as byte ranges without their ends: LF, CRLF or CR.
fn lines(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut lines, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let length = match (bytes[at], bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => 2,
            (b'\r' | b'\n', _) => 1,
            _ => 0,
        };
        if length > 0 {
            lines.push((start, at));
            start = at + length;
        }
        at += length.max(1);
    }
    lines.push((start, bytes.len()));
    lines
}
