//! What is gathered from the frames of one answer.

use std::collections::HashSet;
use std::time::Duration;

use crate::agents_api::frame::{Frame, FrameError, Source, SurrogateJoiner, Tokens, is_whole};

/// How an answer ended, and what it rests on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatEnd {
    /// Why the answer ended, such as `stop`; `None` only where the service said that it is done, and not why.
    pub stop_reason: Option<String>,
    /// What keeps it from being whole, as far as the service let us know.
    pub shortfall: Option<Shortfall>,
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

/// Why an answer that has ended is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortfall {
    /// A piece of it came in a frame that could not be read.
    Lost,
    /// The service told of an error beside it: its code and its words, as one text.
    Error(String),
    /// It ended for a reason that is none of those of a whole answer.
    StopReason(String),
    /// It has no text, or blanks alone.
    Empty,
}

/// An answer in the making.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) end: ChatEnd,
    /// The service said that it is at its end, or why.
    pub(super) has_ended: bool,
    /// A piece of its text is lost.
    is_lost: bool,
    /// Text that is more than blanks has come.
    pub(super) has_words: bool,
    complaint: Option<FrameError>,
    /// Holds text back for the second half of a character: while it does, no text may go past [`Answer::take_in`].
    pub(super) joiner: SurrogateJoiner,
    seen_sources: HashSet<[Option<String>; 4]>,
    /// Frames repeat their ids; a set for each list keeps the cost linear.
    seen_ids: [HashSet<String>; 3],
}

impl Answer {
    /// Takes a frame in, and hands out its text (which may be empty).
    pub(super) fn take_in(&mut self, mut frame: Frame) -> String {
        let text = self.joiner.push(&mut frame);
        self.has_ended |= frame.ends || frame.stop_reason.is_some();
        self.is_lost |= frame.is_lost;
        self.complaint = self.complaint.take().or(frame.complaint);
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

    /// The end of an answer that has ended, and whether it is whole: what was lost weighs more than what was said of it.
    pub(super) fn end(self) -> ChatEnd {
        let Self { mut end, is_lost, has_words, complaint, .. } = self;
        let reason = end.stop_reason.clone().filter(|reason| !is_whole(reason));
        end.shortfall = match complaint {
            _ if is_lost => Some(Shortfall::Lost),
            Some(error) => Some(Shortfall::Error(error.in_a_line())),
            None => reason.map(Shortfall::StopReason).or_else(|| (!has_words).then_some(Shortfall::Empty)),
        };
        end
    }
}

fn add_new(list: &mut Vec<String>, seen: &mut HashSet<String>, ids: Vec<String>) {
    for id in ids {
        if seen.insert(id.clone()) {
            list.push(id);
        }
    }
}
