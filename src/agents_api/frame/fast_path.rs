//! The frames of which an answer has thousands: a `message`, ids, and lists with nothing in them.
//!
//! Two readers, the second for what the first leaves: [`text`] looks at bytes, for a message without escapes in compact
//! JSON; [`read`] is for all other frames of this kind. Both leave alone what they do not know.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use memchr::memchr2;

use super::Frame;

/// The text of a frame that says nothing else; `None` for one that may say more, or say it in another way.
pub(in crate::agents_api) fn text(data: &[u8]) -> Option<&str> {
    // The shortest of all shapes first.
    if let Some(message) = data.strip_prefix(b"{\"message\":\"").and_then(|rest| rest.strip_suffix(b"\"}"))
        && is_plain(message)
    {
        return std::str::from_utf8(message).ok();
    }
    let mut rest = data.strip_prefix(b"{")?;
    let mut text = None;
    loop {
        let (name, value) = string(rest)?;
        let value = value.strip_prefix(b":")?;
        rest = match name {
            b"message" if text.is_none() => {
                let (message, after) = string(value)?;
                text = Some(message);
                after
            }
            b"upload_ids"
            | b"knowledge_source_id"
            | b"source"
            | b"cross_account_source"
            | b"tools_id"
            | b"agent_info"
            | b"stop_reason"
            | b"tokens"
            | b"conversation_id"
            | b"message_id" => nothing(value)?,
            _ => return None,
        };
        match rest.split_first()? {
            (b',', after) => rest = after,
            (b'}', []) => return std::str::from_utf8(text?).ok(),
            _ => return None,
        }
    }
}

/// A string without escapes at the start, and what follows it.
fn string(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = rest.strip_prefix(b"\"")?;
    let (inside, after) = rest.split_at_checked(memchr2(b'"', b'\\', rest)?)?;
    let after = after.strip_prefix(b"\"")?;
    is_plain(inside).then_some((inside, after))
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

/// Reads a frame in one pass; `None` where it says more than this reader knows, or where it is no frame.
pub(super) fn read(data: &[u8]) -> Option<Frame> {
    // Cheaper than to find out by failing, and far from being true by chance.
    if data.first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice::<Plain>(data).ok().map(|Plain(frame)| frame)
}

struct Plain(Frame);

/// The fields of a frame.
enum Field {
    Message,
    ConversationId,
    MessageId,
    /// One that is read only where it says something.
    Telling,
    /// One that may make a frame an error, or another kind of frame, whatever it says.
    OfAnError,
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
                Ok(match name {
                    "message" => Field::Message,
                    "conversation_id" => Field::ConversationId,
                    "message_id" => Field::MessageId,
                    "stop_reason"
                    | "tokens"
                    | "source"
                    | "cross_account_source"
                    | "knowledge_source_id"
                    | "tools_id"
                    | "upload_ids" => Field::Telling,
                    name if super::error::FIELDS.contains(&name) => Field::OfAnError,
                    _ => Field::Other,
                })
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Plain;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a frame")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Plain, M::Error> {
                let mut frame = Frame::default();
                let mut seen = [false; 3];
                let mut first = |place: usize| {
                    let seen = seen.get_mut(place).is_none_or(|seen| std::mem::replace(seen, true));
                    if seen { Err(M::Error::custom("twice")) } else { Ok(()) }
                };
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::Message => {
                            first(0)?;
                            frame.text = map.next_value::<Text>()?.0;
                        }
                        Field::ConversationId => {
                            first(1)?;
                            frame.conversation_id = map.next_value::<Text>()?.0.filter(|id| super::error::is_word(id));
                        }
                        Field::MessageId => {
                            first(2)?;
                            frame.message_id = map.next_value::<Text>()?.0.filter(|id| super::error::is_word(id));
                        }
                        Field::Telling => {
                            map.next_value::<Nothing>()?;
                        }
                        Field::OfAnError => return Err(M::Error::custom("an error, perhaps")),
                        Field::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Plain(frame))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A string, of which an empty one says nothing, or null.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(Self(text.filter(|text| !text.is_empty())))
    }
}

/// Null, or a list or an object with nothing in it.
struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Empty;
        impl<'de> Visitor<'de> for Empty {
            type Value = Nothing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nothing")
            }

            fn visit_unit<E: Error>(self) -> Result<Nothing, E> {
                Ok(Nothing)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Nothing, S::Error> {
                match list.next_element::<IgnoredAny>()? {
                    None => Ok(Nothing),
                    Some(_) => Err(S::Error::custom("something")),
                }
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Nothing, M::Error> {
                match map.next_key::<IgnoredAny>()? {
                    None => Ok(Nothing),
                    Some(_) => Err(M::Error::custom("something")),
                }
            }
        }
        deserializer.deserialize_any(Empty)
    }
}
