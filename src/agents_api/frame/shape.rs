//! What a frame contains.

use serde::Serialize;

use super::error::FrameError;

/// The content of one frame. A REST reply is one frame with the whole answer. Fields with the names of
/// [`ChatEnd`](crate::agents_api::ChatEnd) have the same meaning for this frame.
#[allow(missing_docs, reason = "a field of the name of one of the answer's means the same")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// The next piece of the answer; `None` if it is missing or empty.
    pub text: Option<String>,
    /// A low surrogate at the start of `text`: the second half of a character that an earlier frame began.
    pub leading_half: Option<u16>,
    /// A high surrogate at the end of `text`: the first half of a character that a later frame completes.
    pub trailing_half: Option<u16>,
    /// Why the answer ended: a word, only in the last frame. A blank, `null` or another type is not a reason.
    pub stop_reason: Option<String>,
    /// The frame ends the answer, with or without a reason.
    pub ends: bool,
    pub tokens: Tokens,
    pub message_id: Option<String>,
    pub conversation_id: Option<String>,
    /// Items of `source` and `cross_account_source`.
    pub sources: Vec<Source>,
    pub knowledge_source_ids: Vec<String>,
    pub tool_ids: Vec<String>,
    pub upload_ids: Vec<String>,
    /// The frame is an error.
    pub error: Option<FrameError>,
    /// An error in a frame that also has text, or the end of the answer.
    pub complaint: Option<FrameError>,
    /// The frame could not be read, or not completely. Its content is lost.
    pub is_lost: bool,
}

/// Token counts of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Tokens of the prompt.
    pub input: Option<u64>,
    /// Tokens of the answer.
    pub output: Option<u64>,
}

/// A source of the agent's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// Its type, such as `knowledge_source`; `source` if the service does not name it.
    pub kind: String,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its name in URLs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// The score of its match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}
