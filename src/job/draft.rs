//! From a draft to an order: what takes time, because it reads the text, done in the job and not where it was asked for.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::{Job, JobError, Order};
use crate::actions::{self, PromptContext};
use crate::agents_api::{ChatRequest, Knowledge, Limits, Retry, Timeouts};
use crate::config::{AgentChoice, Settings};
use crate::documents::{DocumentStore, Snapshot};
use crate::syntax::{self, CommentInstruction, Syntax};

/// What was asked for, at the moment in which it was asked for.
#[derive(Debug)]
pub struct Draft {
    /// The text at that moment.
    pub snapshot: Snapshot,
    /// What the client sent as the range, in bytes of the snapshot.
    pub selection: Range<usize>,
    /// Who is asked.
    pub agent: AgentChoice,
    /// The user's own words.
    pub instruction: Option<String>,
    /// What the editor reports about the range, one line each.
    pub diagnostics: Vec<String>,
    /// The conversation that this goes on with.
    pub conversation_id: Option<String>,
    /// The document's path as it is shown to the agent.
    pub path: Option<String>,
    /// Language of the answer, as a BCP 47 tag.
    pub answer_language: &'static str,
    /// Propose the edit, even if it is safe.
    pub review: bool,
    /// The settings of that moment.
    pub settings: Arc<Settings>,
}

/// What a job works on.
struct Target {
    bytes: Range<usize>,
    /// The comment inside of it that holds the instruction; it goes away with the edit.
    comment: Option<Range<usize>>,
}

impl Draft {
    /// Finds what is meant, and words the question. What is typed meanwhile is followed.
    ///
    /// # Errors
    /// Where the text is blank there, the prompt is too large, or the document went away.
    pub async fn into_order(self, documents: &DocumentStore, job: &Job) -> Result<Order, JobError> {
        let path = self.snapshot.uri.to_file_path();
        let syntax = syntax::language(&self.snapshot.language_id, path.as_deref());
        let Target { bytes, comment } = self.target(syntax).await?;
        job.works_on(lines(&self.snapshot.text, &bytes));
        let anchor = Arc::new(documents.anchor(&self.snapshot, bytes.clone())?);
        let prompt = actions::build(
            &self.snapshot.text,
            bytes.clone(),
            PromptContext {
                action: &job.action,
                language_id: &self.snapshot.language_id,
                path: self.path.as_deref(),
                diagnostics: &self.diagnostics,
                instruction: self.instruction.as_deref(),
                answer_language: self.answer_language,
                surrounding_lines: self.settings.context.surrounding_lines as usize,
                max_chars: self.settings.context.max_chars,
                left_out: comment.as_ref(),
            },
        )?;
        let Self { snapshot, agent, settings, conversation_id, review, .. } = self;
        let request = ChatRequest {
            agent_id: agent.id,
            prompt,
            streaming: settings.streaming,
            knowledge: Knowledge {
                enabled: agent.knowledge.enabled,
                return_sources: agent.knowledge.return_sources,
                deep_search: agent.knowledge.deep_search,
            },
            use_conversation: settings.conversation.enabled,
            conversation_id,
            upload_ids: Vec::new(),
            agent_version_number: agent.version_number,
            extra_body: agent.extra_body,
        };
        Ok(Order { snapshot, bytes, anchor, syntax, request, limits: limits(&settings), review })
    }

    /// What is meant by the selection. Parsing a large text takes a while, so it gets a thread of its own.
    async fn target(&self, syntax: Option<Syntax>) -> Result<Target, JobError> {
        let text = self.snapshot.text.clone();
        let (selection, instruction) = (self.selection.clone(), self.instruction.clone());
        let find = move || target(&text, syntax, selection, instruction.as_deref());
        let found = tokio::task::spawn_blocking(find).await;
        found.ok().flatten().ok_or_else(|| {
            let message = "There is nothing to work on at that place. Select some code and try again.";
            JobError::Refused(message.to_owned())
        })
    }
}

fn target(text: &Rope, syntax: Option<Syntax>, selection: Range<usize>, instruction: Option<&str>) -> Option<Target> {
    let bytes = actions::scope(text, syntax, selection)?;
    let is_ours = |comment: &CommentInstruction| Some(comment.text.as_str()) == instruction;
    let comment = instruction.and_then(|_| syntax::instructions(text, syntax, bytes.clone()).into_iter().find(is_ours));
    let comment = comment.map(|comment| comment.bytes);
    let bytes = match &comment {
        Some(comment) => bytes.start.min(comment.start)..bytes.end.max(comment.end),
        None => bytes,
    };
    Some(Target { bytes, comment })
}

/// The first and the last line of a range, both counted from one and both included.
fn lines(text: &Rope, bytes: &Range<usize>) -> Range<usize> {
    let line_of = |byte: usize| text.byte_to_line(byte) + 1;
    let last_byte = if bytes.is_empty() { bytes.end } else { bytes.end - 1 };
    line_of(bytes.start)..line_of(last_byte)
}

/// The limits of a request, by today's settings.
pub(crate) fn limits(settings: &Settings) -> Limits {
    Limits {
        timeouts: Timeouts {
            connect: settings.timeouts.connect(),
            first_text: settings.timeouts.first_token(),
            idle: settings.timeouts.idle(),
            ..Timeouts::default()
        },
        retry: Retry { max_attempts: settings.retry.max_attempts, ..Retry::default() },
        requests_per_minute: settings.limits.requests_per_minute,
    }
}
