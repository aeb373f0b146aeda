//! What is gathered from the frames of one answer.

use std::collections::HashSet;
use std::time::Duration;

use crate::agents_api::frame::{Frame, Joiner, Source, Tokens};

/// How a complete answer ended, and what it rests on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatEnd {
    /// Why the answer ended, such as `stop`; `None` only for a REST reply that does not say.
    pub stop_reason: Option<String>,
    /// Token counts, where the service gave them.
    pub tokens: Tokens,
    /// Id of the answer.
    pub message_id: Option<String>,
    /// Id of the conversation, to continue it.
    pub conversation_id: Option<String>,
    /// What the answer rests on, without repetition.
    pub sources: Vec<Source>,
    /// Ids of the knowledge sources that were used, without repetition.
    pub knowledge_source_ids: Vec<String>,
    /// Ids of the tools that were used, without repetition.
    pub tool_ids: Vec<String>,
    /// Ids of the uploads that were used, without repetition.
    pub upload_ids: Vec<String>,
    /// From the request sent to the first text; `None` for an answer without text.
    pub first_text: Option<Duration>,
    /// From the request sent to the end. Retries and waits before that request do not count.
    pub total: Duration,
}

/// An answer in the making.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) end: ChatEnd,
    joiner: Joiner,
    seen_sources: HashSet<[Option<String>; 4]>,
    /// Frames repeat their ids; a set for each list keeps the cost linear.
    seen_ids: [HashSet<String>; 3],
}

impl Answer {
    /// Takes a frame in, and hands out its text (which may be empty).
    pub(super) fn take_in(&mut self, mut frame: Frame) -> String {
        let text = self.joiner.push(&mut frame);
        let end = &mut self.end;
        end.stop_reason = frame.stop_reason.or(end.stop_reason.take());
        end.tokens.input = frame.tokens.input.or(end.tokens.input);
        end.tokens.output = frame.tokens.output.or(end.tokens.output);
        end.message_id = frame.message_id.or(end.message_id.take());
        end.conversation_id = frame.conversation_id.or(end.conversation_id.take());
        for source in frame.sources {
            let key = [Some(source.kind.clone()), source.id.clone(), source.name.clone(), source.slug.clone()];
            if self.seen_sources.insert(key) {
                end.sources.push(source);
            }
        }
        let [knowledge, tools, uploads] = &mut self.seen_ids;
        add_new(&mut end.knowledge_source_ids, knowledge, frame.knowledge_source_ids);
        add_new(&mut end.tool_ids, tools, frame.tool_ids);
        add_new(&mut end.upload_ids, uploads, frame.upload_ids);
        text
    }

    /// Whether text is held back for its second half, so that no text may go past [`Answer::take_in`].
    pub(super) fn holds_text_back(&self) -> bool {
        self.joiner.is_waiting()
    }

    /// Text that was held back for a second half that never came.
    pub(super) fn last_text(&mut self) -> Option<String> {
        self.joiner.finish()
    }
}

fn add_new(list: &mut Vec<String>, seen: &mut HashSet<String>, ids: Vec<String>) {
    for id in ids {
        if seen.insert(id.clone()) {
            list.push(id);
        }
    }
}
