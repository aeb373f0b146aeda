//! Lone surrogate escapes (`"\ud83d"`), which strict JSON parsers reject.
//!
//! Some services cut their answer by UTF-16 units, so the halves of an emoji come in two frames. Each half becomes a
//! private character, so that the JSON parses. The [`SurrogateJoiner`] joins the halves again.

use serde_json::Value;

/// Lone surrogates D800..=DFFF become U+10F800..=U+10FFFF, the end of the last private plane, which texts do not use.
const MARK: u32 = 0x10_F800 - 0xD800;

/// The JSON with every lone surrogate escape replaced by its mark; `None` if there is none.
pub(super) fn mark_lone(json: &str) -> Option<String> {
    let mut marked = String::with_capacity(json.len());
    let mut found = false;
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        marked.push_str(before);
        let mut escape = after.chars();
        let kind = escape.next();
        let escaped = (kind == Some('u')).then(|| unit(escape.as_str())).flatten();
        match escaped.map(|(half, tail)| (half, tail, tail.strip_prefix("\\u").and_then(unit))) {
            Some((high @ 0xD800..=0xDBFF, _, Some((low @ 0xDC00..=0xDFFF, end)))) => {
                let scalar = 0x1_0000 + ((u32::from(high) - 0xD800) << 10) + (u32::from(low) - 0xDC00);
                marked.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = end;
            }
            Some((half @ 0xD800..=0xDFFF, tail, _)) => {
                marked.push(char::from_u32(u32::from(half) + MARK).unwrap_or(char::REPLACEMENT_CHARACTER));
                found = true;
                rest = tail;
            }
            _ => {
                marked.push('\\');
                marked.extend(kind);
                rest = escape.as_str();
            }
        }
    }
    marked.push_str(rest);
    found.then_some(marked)
}

/// The value of the four hex digits at the start of `text`, and the rest.
fn unit(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| u16::from_str_radix(digits, 16).ok().map(|unit| (unit, rest))).flatten()
}

/// A text after its marks were resolved.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) leading_half: Option<u16>,
    pub(super) text: String,
    pub(super) trailing_half: Option<u16>,
}

/// Removes the marks of a parsed text: halves at its ends are returned, others become U+FFFD.
pub(super) fn unmark(text: &str) -> Piece {
    let Some(first) = text.chars().next().map(half_of) else { return Piece::default() };
    let leading_half = first.filter(|half| *half >= 0xDC00);
    let rest = leading_half.and_then(|_| text.get(4..)).unwrap_or(text);
    let trailing_half = rest.chars().next_back().and_then(half_of).filter(|half| *half < 0xDC00);
    let rest = trailing_half.and_then(|_| rest.get(..rest.len() - 4)).unwrap_or(rest);
    let text = if rest.contains(is_mark) { rest.replace(is_mark, "\u{fffd}") } else { rest.to_owned() };
    Piece { leading_half, text, trailing_half }
}

/// Replaces every mark in every string of a value with U+FFFD.
pub(super) fn replace_marks(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(is_mark) => *text = text.replace(is_mark, "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(replace_marks),
        Value::Object(fields) => fields.values_mut().for_each(replace_marks),
        _ => {}
    }
}

fn is_mark(c: char) -> bool {
    half_of(c).is_some()
}

fn half_of(c: char) -> Option<u16> {
    u32::from(c).checked_sub(MARK).and_then(|half| u16::try_from(half).ok()).filter(|half| *half >= 0xD800)
}

/// Joins characters whose halves came in two frames.
#[derive(Debug, Default)]
pub(in crate::agents_api) struct SurrogateJoiner {
    high: Option<u16>,
}

impl SurrogateJoiner {
    /// The text to deliver for a frame; may be empty. A high half at its end waits for the next frame.
    pub(in crate::agents_api) fn push(&mut self, frame: &mut super::Frame) -> String {
        let text = frame.text.take().unwrap_or_default();
        let nothing = text.is_empty() && frame.leading_half.is_none() && frame.trailing_half.is_none();
        if nothing {
            return text;
        }
        let lead = match (self.high.take(), frame.leading_half) {
            (None, None) => None,
            (high, low) => Some(char::decode_utf16(high.into_iter().chain(low)).map(|c| c.unwrap_or('\u{fffd}'))),
        };
        self.high = frame.trailing_half;
        match lead {
            None => text,
            Some(lead) => lead.chain(text.chars()).collect(),
        }
    }

    /// Whether a half waits for its other half.
    pub(in crate::agents_api) fn is_waiting(&self) -> bool {
        self.high.is_some()
    }

    /// The rest at the end of the answer: U+FFFD for a half whose other half never came.
    pub(in crate::agents_api) fn finish(&mut self) -> Option<String> {
        self.high.take().map(|_| char::REPLACEMENT_CHARACTER.to_string())
    }
}
