//! The frames of which an answer has thousands: a `message`, ids, and lists with nothing in them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Frame;

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
    /// One that makes a frame an error, whatever it says.
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
                    "type" | "code" | "details" | "error" => Field::OfAnError,
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
                            frame.conversation_id = map.next_value::<Text>()?.0;
                        }
                        Field::MessageId => {
                            first(2)?;
                            // One that is empty counts as well.
                            frame.message_id = map.next_value::<Option<String>>()?;
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
