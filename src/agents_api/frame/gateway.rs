//! Frames in the shape of OpenAI's chat completions, which the service's gateway speaks as well.

use serde_json::{Map, Value};

/// The text of the first choice, which is the only one that is ever asked for.
pub(super) fn text(frame: &Value) -> Option<&Value> {
    let choice = frame.get("choices")?.get(0)?;
    let said = choice.get("delta").or_else(|| choice.get("message"));
    said.and_then(|said| said.get("content")).or_else(|| choice.get("text"))
}

/// Why it ended.
pub(super) fn finish_reason(frame: &Map<String, Value>) -> Option<&Value> {
    frame.get("choices")?.get(0)?.get("finish_reason")
}
