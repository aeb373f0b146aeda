//! The frames of which an answer has thousands: a `message`, ids, and lists with nothing in them.

use std::borrow::Cow;

use memchr::memchr2;

use super::Frame;

/// A frame that says no more than this.
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

/// The message of a frame of the shortest shape, `{"message":"…"}` without escapes.
pub(super) fn bare_message(data: &[u8]) -> Option<&str> {
    let message = data.strip_prefix(b"{\"message\":\"")?.strip_suffix(b"\"}")?;
    if is_plain(message) { std::str::from_utf8(message).ok() } else { None }
}

/// Reads a frame in one pass of its bytes, with a copy of a text that has escapes alone; `None` for one that may say more, or
/// say it in another way.
pub(super) fn read(data: &[u8]) -> Option<Plain<'_>> {
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
            // Of a name that comes twice the last one holds.
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

/// A string at the start as it is written, with its quotes, and what follows it.
fn string(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = rest.strip_prefix(b"\"")?;
    let mut end = memchr2(b'"', b'\\', inside)?;
    while inside.get(end) == Some(&b'\\') {
        // What is escaped may be a quote.
        end += 2 + memchr2(b'"', b'\\', inside.get(end + 2..)?)?;
    }
    rest.split_at_checked(end + 2)
}

/// What a string with its quotes says; `None` where JSON does not allow it so.
fn decoded(written: &[u8]) -> Option<Cow<'_, str>> {
    let inside = written.get(1..written.len() - 1)?;
    if is_plain(inside) {
        return std::str::from_utf8(inside).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice::<String>(written).ok().map(Cow::Owned)
}

/// Whether JSON has this in a string as it is: no quote, no escape, no control character. Every byte is looked at, which is
/// faster than to stop at the first of those.
fn is_plain(inside: &[u8]) -> bool {
    !inside.iter().fold(false, |other, byte| other | (*byte < b' ') | (*byte == b'"') | (*byte == b'\\'))
}

/// What follows a null, or a list or an object with nothing in it.
fn nothing(rest: &[u8]) -> Option<&[u8]> {
    [b"[]".as_slice(), b"{}", b"null"].iter().find_map(|nothing| rest.strip_prefix(*nothing))
}

fn after_blanks(rest: &[u8]) -> &[u8] {
    match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        Some(blanks) => rest.get(blanks..).unwrap_or_default(),
        None => &[],
    }
}
