//! The data that is collected from the frames of one answer.

use std::collections::HashSet;
use std::time::Duration;

use crate::agents_api::frame::{Frame, FrameError, Source, SurrogateJoiner, Tokens, is_whole};

/// How an answer ended, and its sources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatEnd {
    /// Why the answer ended, such as `stop`; `None` only if the service reported the end without a reason.
    pub stop_reason: Option<String>,
    /// Why the answer is not whole, if the service shows it.
    pub shortfall: Option<Shortfall>,
    /// Token counts, if the service sent them.
    pub tokens: Tokens,
    /// Id of the answer.
    pub message_id: Option<String>,
    /// Id of the conversation, to continue it.
    pub conversation_id: Option<String>,
    /// The sources of the answer, without duplicates.
    pub sources: Vec<Source>,
    /// Ids of the knowledge sources that were used, without duplicates.
    pub knowledge_source_ids: Vec<String>,
    /// Ids of the tools that were used, without duplicates.
    pub tool_ids: Vec<String>,
    /// Ids of the uploads that were used, without duplicates.
    pub upload_ids: Vec<String>,
    /// Time from sending the request to the first text; `None` for an answer without text.
    pub first_text: Option<Duration>,
    /// Time from sending the request to the end. Earlier retries and waits do not count.
    pub total: Duration,
}

/// Why an answer that has ended is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortfall {
    /// A frame with a piece of it could not be read.
    Lost,
    /// The service reported an error with the answer: its code and its text.
    Error(String),
    /// It ended for a reason that a whole answer does not have.
    StopReason(String),
    /// It has no text, or only blanks.
    Empty,
}

/// An answer that is still arriving.
#[derive(Default)]
pub(super) struct AnswerBuilder {
    pub(super) end: ChatEnd,
    /// The service reported the end or its reason.
    pub(super) has_ended: bool,
    /// A piece of its text is lost.
    is_lost: bool,
    /// The text so far is more than blanks.
    pub(super) has_words: bool,
    complaint: Option<FrameError>,
    /// Holds back text before the second half of a character. While it waits, all text must pass
    /// [`AnswerBuilder::take_in`].
    pub(super) joiner: SurrogateJoiner,
    seen_sources: HashSet<[Option<String>; 4]>,
    /// Frames repeat their ids. One set per list keeps the cost linear.
    seen_ids: [HashSet<String>; 3],
}

impl AnswerBuilder {
    /// Adds a frame, and returns its text (which may be empty).
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

    /// The end of the answer, and whether it is whole. A lost frame outweighs an error that the service reported.
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
