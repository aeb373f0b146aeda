//! Errors in a frame or a reply, in the different formats of services and gateways.

use serde_json::{Map, Value};

/// An error in a stream, or in a reply with status 200.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrameError {
    /// The code of the service.
    pub code: Option<String>,
    /// Its text, as plain text.
    pub details: String,
}

impl FrameError {
    /// Code and details as one text.
    pub(in crate::agents_api) fn in_a_line(&self) -> String {
        let parts = [self.code.as_deref().unwrap_or_default(), &self.details];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }
}

/// Reads errors: an error that is the whole frame, and one with text or with the end of a whole answer. Errors in a
/// stream have no documented format. Four forms count: any data of an event named `error`; an object of type `error`;
/// an object with an `error` or similar member; a code with its details.
pub(super) fn read_frame_error(
    object: &Map<String, Value>,
    is_error: bool,
    has_text: bool,
    stop_reason: Option<&str>,
) -> (Option<FrameError>, Option<FrameError>) {
    if is_error || object.get("type").and_then(Value::as_str) == Some("error") {
        return (Some(error_of_object(object)), None);
    }
    let says = |name: &str| object.get(name).is_some_and(says_something);
    let has_code = says("code") && (says("type") || says("details"));
    let is_told = has_code || ["error", "errors", "fault"].into_iter().any(says);
    if is_told && (has_text || stop_reason.is_some_and(is_whole)) {
        // `message` belongs to the answer.
        let mut beside = object.clone();
        beside.remove("message");
        return (None, Some(error_of_object(&beside)));
    }
    // These names are common words. They mean an error only if the frame has no other content.
    let is_bare = !has_text && stop_reason.is_none() && !object.contains_key("message");
    let is_told = is_told || is_bare && ["msg", "Message", "title"].into_iter().any(says);
    (is_told.then(|| error_of_object(object)), None)
}

fn error_of_object(object: &Map<String, Value>) -> FrameError {
    FrameError { code: code(object), details: details(object).unwrap_or_default() }
}

/// The code of the service, in any of its places.
pub(in crate::agents_api) fn code(object: &Map<String, Value>) -> Option<String> {
    let inner = inner(object);
    let of = |object: &Map<String, Value>| {
        ["code", "Code", "errorCode", "error_code", "errorcode"].iter().find_map(|name| text_of(object.get(*name)?))
    };
    inner.and_then(of).or_else(|| of(object)).filter(|code| is_word(code))
}

/// The error text, from the first place that is not empty.
pub(in crate::agents_api) fn details(object: &Map<String, Value>) -> Option<String> {
    const NAMES: &str =
        "details error_description message faultstring detail Message msg title reason error errors fault";
    let of = |object: &Map<String, Value>| {
        let said = NAMES.split(' ').filter_map(|name| object.get(name)).filter(|value| says_something(value));
        said.map(text).find(|text| is_word(text))
    };
    let inner = inner(object).filter(|_| !object.get("errors").is_some_and(Value::is_array));
    inner.and_then(of).or_else(|| of(object))
}

/// The inner object of the error, if it is not the whole object.
fn inner(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    ["error", "fault", "errors"].iter().find_map(|name| match object.get(*name)? {
        Value::Object(inner) => Some(inner),
        Value::Array(list) => list.first()?.as_object(),
        _ => None,
    })
}

/// The text of an error; for a list of errors, the text of each.
fn text(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Object(object) => details(object).unwrap_or_else(|| flatten(value)),
        leaf => flatten(leaf),
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::String(text) => is_word(text),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
    }
}

/// A string with content: not blank, and not a placeholder for an empty value.
pub(in crate::agents_api) fn said(value: &Value) -> Option<String> {
    value.as_str().filter(|text| is_word(text)).map(str::to_owned)
}

pub(super) fn is_word(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !["null", "none", "undefined"].iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// Whether the stop reason is that of a whole answer: `stop`, the only one seen from this service, and the equivalents
/// of other vendors. Any other reason means that the answer was cut.
pub(in crate::agents_api) fn is_whole(stop_reason: &str) -> bool {
    const WHOLE: &str = "stop endturn endofturn stopsequence eos eostoken endofsequence endoftext";
    let letters = stop_reason.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    WHOLE.split(' ').any(|whole| whole == letters)
}

/// The text of a JSON value: strings without quotes; the leaves of arrays and objects, joined.
pub(in crate::agents_api) fn flatten(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(flatten).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            fields.values().map(flatten).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
        }
        leaf => text_of(leaf).unwrap_or_default(),
    }
}

/// A string, or a number or bool as text; null and compound values give `None`.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
