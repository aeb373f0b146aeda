//! The most frequent frames of an answer: a `message`, ids, and empty lists.

use std::borrow::Cow;

use memchr::memchr2;

use super::Frame;

/// A frame with only these fields.
#[derive(Default)]
pub(super) struct Plain<'a> {
    pub(super) message: Option<Cow<'a, str>>,
    pub(super) conversation_id: Option<Cow<'a, str>>,
    pub(super) message_id: Option<Cow<'a, str>>,
}

impl From<Plain<'_>> for Frame {
    fn from(Plain { message, conversation_id, message_id }: Plain<'_>) -> Self {
        let id = |id: Option<Cow<'_, str>>| id.filter(|id| super::error::is_word(id)).map(Cow::into_owned);
        Self {
            text: message.filter(|text| !text.is_empty()).map(Cow::into_owned),
            conversation_id: id(conversation_id),
            message_id: id(message_id),
            ..Self::default()
        }
    }
}

/// The message of the shortest frame, `{"message":"…"}` without escapes.
pub(super) fn bare_message(data: &[u8]) -> Option<&str> {
    let message = data.strip_prefix(b"{\"message\":\"")?.strip_suffix(b"\"}")?;
    if is_plain(message) { std::str::from_utf8(message).ok() } else { None }
}

/// Reads a frame in one pass. Only text with escapes is copied. `None` for a frame that may contain more, or has
/// another format.
pub(super) fn read_plain_frame(data: &[u8]) -> Option<Plain<'_>> {
    let mut plain = Plain::default();
    let mut rest = after_blanks(data).strip_prefix(b"{")?;
    loop {
        let (name, value) = string(after_blanks(rest))?;
        let value = after_blanks(after_blanks(value).strip_prefix(b":")?);
        let field = match name {
            b"\"message\"" => Some(&mut plain.message),
            b"\"conversation_id\"" => Some(&mut plain.conversation_id),
            b"\"message_id\"" => Some(&mut plain.message_id),
            b"\"upload_ids\""
            | b"\"knowledge_source_id\""
            | b"\"source\""
            | b"\"cross_account_source\""
            | b"\"tools_id\""
            | b"\"agent_info\""
            | b"\"stop_reason\""
            | b"\"tokens\"" => None,
            _ => return None,
        };
        let after = match (nothing(value), field) {
            // If a name occurs twice, the last one applies.
            (_, Some(Some(_))) | (None, None) => return None,
            (Some(after), _) => after,
            (None, Some(field)) => {
                let (written, after) = string(value)?;
                *field = Some(decoded(written)?);
                after
            }
        };
        rest = match after_blanks(after).split_first()? {
            (b',', after) => after,
            (b'}', after) if after_blanks(after).is_empty() => return Some(plain),
            _ => return None,
        };
    }
}

/// The string at the start, as written with its quotes, and the rest.
fn string(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = rest.strip_prefix(b"\"")?;
    let mut end = memchr2(b'"', b'\\', inside)?;
    while inside.get(end) == Some(&b'\\') {
        // The escaped character may be a quote.
        end += 2 + memchr2(b'"', b'\\', inside.get(end + 2..)?)?;
    }
    rest.split_at_checked(end + 2)
}

/// The content of a string with its quotes; `None` if it is not valid JSON.
fn decoded(written: &[u8]) -> Option<Cow<'_, str>> {
    let inside = written.get(1..written.len() - 1)?;
    if is_plain(inside) {
        return std::str::from_utf8(inside).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice::<String>(written).ok().map(Cow::Owned)
}

/// Whether the bytes are a JSON string without escapes: no quote, backslash or control character. Reading every byte is
/// faster than stopping at the first of them.
fn is_plain(inside: &[u8]) -> bool {
    !inside.iter().fold(false, |other, byte| other | (*byte < b' ') | (*byte == b'"') | (*byte == b'\\'))
}

/// The rest after a null, an empty list or an empty object.
fn nothing(rest: &[u8]) -> Option<&[u8]> {
    [b"[]".as_slice(), b"{}", b"null"].iter().find_map(|nothing| rest.strip_prefix(*nothing))
}

fn after_blanks(rest: &[u8]) -> &[u8] {
    match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        Some(blanks) => rest.get(blanks..).unwrap_or_default(),
        None => &[],
    }
}
