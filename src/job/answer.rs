//! The answer of an agent, complete or partial.

use std::time::Duration;

use crate::agents_api::{ChatEnd, Shortfall, Source};
use crate::i18n::{Message, message};

/// An answer. It is kept if the edit or the stream fails, because the user paid for it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The text: the deltas, joined exactly.
    pub text: String,
    /// The data of the last frame; `None` if the answer is incomplete.
    pub end: Option<ChatEnd>,
    /// Time from the start of the job to the first text.
    pub first_text: Option<Duration>,
    /// Time from the start of the job to the end of the answer.
    pub total: Duration,
}

impl Answer {
    /// Whether the agent finished its answer.
    pub fn is_complete(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.shortfall.is_none())
    }

    /// Why an answer that has ended is not whole, as a sentence. `None` for a whole answer, and for one that broke off,
    /// because its failure says so.
    pub fn shortfall(&self) -> Option<Message> {
        let end = self.end.as_ref()?;
        Some(match end.shortfall.as_ref()? {
            Shortfall::Lost => message!("answer-lost"),
            Shortfall::Error(error) => message!("answer-with-an-error", error = error.trim_end_matches('.').to_owned()),
            Shortfall::StopReason(reason) => message!("withheld-cut-short", reason = reason.clone()),
            Shortfall::Empty => match &end.stop_reason {
                Some(reason) => message!("answer-without-text-because", reason = reason.clone()),
                None => message!("answer-without-text"),
            },
        })
    }

    /// The names of the knowledge sources that the agent used, with the score if one exists. Each is one line without
    /// characters that Markdown would interpret.
    pub fn sources(&self) -> Vec<String> {
        let named = |source: &Source| {
            let name = source.name.as_deref().or(source.slug.as_deref()).or(source.id.as_deref())?;
            let name = name.replace(|c: char| c.is_control() || matches!(c, '*' | '<'), " ");
            let score = source.score.map(|score| format!(" ({score:.2})")).unwrap_or_default();
            Some(name.split_whitespace().collect::<Vec<_>>().join(" ") + &score)
        };
        self.end.iter().flat_map(|end| &end.sources).filter_map(named).collect()
    }

    /// The same in one line; `None` without sources.
    pub fn sources_line(&self) -> Option<Message> {
        let names = self.sources();
        (!names.is_empty()).then(|| message!("answer-sources", names = names.join(", ")))
    }

    /// The time to the first text, and the tokens, such as `first word after 1.2 s, 3.4 s in all, 749 → 5 tokens`.
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
