//! What an agent said, whole or as far as it came.

use std::time::Duration;

use crate::agents_api::ChatEnd;
use crate::i18n::{Message, message};

/// An answer. It is kept whatever happens to the edit or the stream, because it was paid for.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The text, exactly the deltas joined.
    pub text: String,
    /// What came with the last frame; `None` when the answer is incomplete.
    pub end: Option<ChatEnd>,
    /// From the start of the job to the first text.
    pub first_text: Option<Duration>,
    /// From the start of the job to the end of the answer.
    pub total: Duration,
}

impl Answer {
    /// Whether the agent said that this is all.
    pub fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// One line with the time to the first text and the tokens, such as `first word after 1.2 s, 3.4 s in all, 749 → 5 tokens`.
    pub fn usage_line(&self) -> Message {
        let mut parts = Vec::new();
        if let Some(first) = self.first_text {
            parts.push(message!("usage-first-word", seconds = first));
        }
        parts.push(message!("usage-total", seconds = self.total));
        if let Some((input, output)) = self.end.as_ref().and_then(|end| Some((end.tokens.input?, end.tokens.output?))) {
            parts.push(message!("usage-tokens", input = input, output = output));
        }
        Message::joined(parts, ", ")
    }
}
