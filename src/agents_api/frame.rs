//! One `data:` object of a chat answer. Missing fields cause no error.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::sse::Event;

mod error;
mod fast_path;
mod nearly_json;
mod shape;
mod surrogates;

pub(crate) use error::FrameError;
use error::text_of;
pub(super) use error::{code, details, flatten, is_whole, said};
pub(crate) use shape::Source;
pub(super) use shape::{Frame, Tokens};
use surrogates::Piece;
pub(super) use surrogates::SurrogateJoiner;

/// Reads one event. Most frames contain only text and ids, and are read in one pass; for others see [`parse_frame`].
pub fn parse_event(event: &Event) -> Option<Frame> {
    let plain = if event.name == "message" { fast_path::read_plain_frame(&event.data) } else { None };
    plain.map(Frame::from).or_else(|| parse_frame(&event.name, &event.text()))
}

/// The text of an event with only text, not copied if it has no escapes; `None` if [`parse_event`] must read it.
pub(super) fn plain_text(event: &Event) -> Option<Cow<'_, str>> {
    if event.name != "message" {
        return None;
    }
    // Nearly all events have this shape.
    if let Some(text) = fast_path::bare_message(&event.data) {
        return Some(text.into());
    }
    let plain = fast_path::read_plain_frame(&event.data)?;
    let has_ids = plain.conversation_id.is_some() || plain.message_id.is_some();
    if has_ids { None } else { Some(plain.message.unwrap_or_default()) }
}

/// Reads the data of one event. `None` if it has no content: `[DONE]`, not JSON, or not an object. A broken object is
/// read as far as possible; the rest is lost. An event named `error` is an error, whatever its data.
pub(crate) fn parse_frame(event_name: &str, data: &str) -> Option<Frame> {
    let is_error = event_name == "error";
    let frame = match parse_lenient(data) {
        Some((Value::Object(object), piece, is_cut)) => {
            Frame { is_lost: is_cut, ..frame_of_object(&object, piece, is_error) }
        }
        _ if is_error => {
            let error = FrameError { code: None, details: data.to_owned() };
            Frame { error: Some(error), ..Frame::default() }
        }
        _ if data.trim_start().starts_with('{') => Frame { is_lost: true, ..Frame::default() },
        _ if event_name == "done" => Frame::default(),
        _ => return None,
    };
    Some(Frame { ends: frame.ends || event_name == "done", ..frame })
}

/// JSON, its `message`, and whether its end is missing. If strict parsing fails, lone surrogate escapes are accepted:
/// halves at the ends of the message are returned, others become U+FFFD. The last resort is nearly-JSON.
fn parse_lenient(data: &str) -> Option<(Value, Piece, bool)> {
    if let Ok(value) = serde_json::from_str::<Value>(data) {
        let text = message_of(&value);
        return Some((value, Piece { text, ..Piece::default() }, false));
    }
    let marked = surrogates::mark_lone(data);
    let strict = marked.as_deref().and_then(|marked| serde_json::from_str::<Value>(marked).ok());
    let (mut value, is_cut) = match strict {
        Some(value) => (value, false),
        None if data.trim_start().starts_with('{') => {
            nearly_json::parse_nearly_json(marked.as_deref().unwrap_or(data))?
        }
        None => return None,
    };
    let piece = surrogates::unmark(&message_of(&value));
    surrogates::replace_marks(&mut value);
    Some((value, piece, is_cut))
}

/// The text of a frame, in the service's own shape or in that of its gateway.
fn message_of(frame: &Value) -> String {
    match frame.get("message") {
        Some(message) => message_text(message),
        None => text_of_choice(frame).map(message_text).unwrap_or_default(),
    }
}

/// The text of a frame in the format of OpenAI's chat completions: of the first choice, because only one is requested.
fn text_of_choice(frame: &Value) -> Option<&Value> {
    let choice = frame.get("choices")?.get(0)?;
    let said = choice.get("delta").or_else(|| choice.get("message"));
    said.and_then(|said| said.get("content")).or_else(|| choice.get("text"))
}

fn frame_of_object(object: &Map<String, Value>, piece: Piece, is_error: bool) -> Frame {
    let has_text = piece != Piece::default();
    let finish_reason = || object.get("choices")?.get(0)?.get("finish_reason");
    let stop_reason = object.get("stop_reason").or_else(finish_reason).and_then(said);
    let (error, complaint) = error::read_frame_error(object, is_error, has_text, stop_reason.as_deref());
    let piece = if error.is_some() { Piece::default() } else { piece };
    let mut sources = Vec::new();
    for field in ["source", "cross_account_source"] {
        sources.extend(items(object.get(field)).filter_map(source));
    }
    Frame {
        text: (!piece.text.is_empty()).then_some(piece.text),
        leading_half: piece.leading_half,
        trailing_half: piece.trailing_half,
        stop_reason,
        ends: object.get("type").and_then(Value::as_str) == Some("done"),
        tokens: tokens(object.get("tokens").or_else(|| object.get("usage"))),
        message_id: object.get("message_id").and_then(id),
        conversation_id: object.get("conversation_id").and_then(id),
        sources,
        knowledge_source_ids: ids(object.get("knowledge_source_id")),
        tool_ids: ids(object.get("tools_id")),
        upload_ids: ids(object.get("upload_ids")),
        error,
        complaint,
        is_lost: false,
    }
}

/// A message as text: the parts of lists joined; objects that are not text parts as JSON.
fn message_text(message: &Value) -> String {
    match message {
        Value::Null => String::new(),
        Value::Array(parts) => parts.iter().map(message_text).collect(),
        Value::Object(members) if members.is_empty() => String::new(),
        Value::Object(members) => part_of_text(members).map_or_else(|| message.to_string(), message_text),
        leaf => text_of(leaf).unwrap_or_default(),
    }
}

/// The text of a part that contains only text.
fn part_of_text(members: &Map<String, Value>) -> Option<&Value> {
    let is_beside = |name: &String| matches!(name.as_str(), "type" | "id" | "index" | "role" | "annotations");
    let mut telling = members.iter().filter(|(name, value)| !is_beside(name) && !value.is_null());
    let (name, text) = telling.next()?;
    let is_text = matches!(name.as_str(), "text" | "content" | "value") && (text.is_string() || text.is_array());
    (is_text && telling.next().is_none()).then_some(text)
}

/// An id: a word, or a number.
fn id(value: &Value) -> Option<String> {
    if value.is_number() { Some(value.to_string()) } else { said(value) }
}

fn tokens(value: Option<&Value>) -> Tokens {
    let count = |name| value.and_then(|tokens| tokens.get(name)).and_then(count);
    let former = match (count("user"), count("enrichment")) {
        (None, None) => None,
        (user, enrichment) => Some(user.unwrap_or(0).saturating_add(enrichment.unwrap_or(0))),
    };
    Tokens {
        input: count("input").or(former).or_else(|| count("prompt_tokens")),
        output: count("output").or_else(|| count("completion_tokens")),
    }
}

fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let float = number.as_f64()?;
            // The cast saturates, and no model counts beyond 2^53.
            (float >= 0.0).then_some(float as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The items of an array. A single value counts as an array of one; null and an empty object as an empty array.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let slice = match value {
        None | Some(Value::Null) => &[],
        Some(Value::Object(fields)) if fields.is_empty() => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    slice.iter()
}

fn ids(value: Option<&Value>) -> Vec<String> {
    // The service returns `upload_ids` as an object whose keys are the ids.
    if let Some(Value::Object(fields)) = value
        && !fields.contains_key("id")
    {
        return fields.keys().cloned().collect();
    }
    items(value).filter_map(|item| id(item.get("id").unwrap_or(item))).collect()
}

fn source(value: &Value) -> Option<Source> {
    let field = |names: [&str; 2]| names.iter().find_map(|name| value.get(*name).and_then(id));
    match value {
        Value::Object(_) => Some(Source {
            kind: field(["type", "document_type"]).unwrap_or_else(|| "source".to_owned()),
            id: field(["document_id", "id"]),
            name: field(["name", "document_name"]),
            slug: field(["slug", "knowledge_source_slug"]),
            score: value.get("document_score").or_else(|| value.get("score")).and_then(score),
        }),
        _ => {
            let name = id(value)?;
            Some(Source { kind: "source".to_owned(), id: None, name: Some(name), slug: None, score: None })
        }
    }
}

fn score(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|score| score.is_finite())
}

#[cfg(test)]
mod tests;
