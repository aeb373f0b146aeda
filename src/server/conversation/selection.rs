//! An open conversation and its selection, which follows the edits. Code of an answer is inserted there.

use std::ops::Range;
use std::sync::Arc;

use super::document::{self, Conversation};
use crate::actions::{self, ASK, Action, ActionResult};
use crate::documents::{AnchorState, DocumentUri, Position, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{self, Answer, Job, JobError, JobId, Outcome, Target, syntax_of};
use crate::server::client::refresh_lenses;
use crate::server::jobs::{EditorHost, RunRejected, report, waiting};
use crate::server::session::{Feedback, Session};
use crate::server::state_files;
use crate::server::wire::Header;

/// A conversation document that is open.
pub(crate) struct OpenConversation {
    pub(crate) snapshot: Snapshot,
    pub(crate) text: String,
    pub(crate) conversation: Conversation,
}

/// The conversation in a document. The server recognises it by its path and its first line.
pub(crate) fn recognise(session: &Session, uri: &str) -> Option<OpenConversation> {
    if !state_files::contains(session, uri, state_files::CONVERSATIONS) {
        return None;
    }
    let snapshot = session.documents.snapshot(uri).ok()?;
    let text = snapshot.text.to_string();
    let conversation = document::parse(&text)?;
    Some(OpenConversation { snapshot, text, conversation })
}

/// The job that a step started.
pub(crate) type StepResult = Result<JobId, RunRejected>;

/// A step that is impossible, with the reason.
pub(crate) fn refused(message: Message) -> RunRejected {
    RunRejected::Job(JobError::Refused(message))
}

/// The present place of the selection.
pub(crate) struct Selection {
    pub(crate) snapshot: Snapshot,
    pub(crate) bytes: Range<usize>,
}

/// The present selection. It is followed in this session. After a restart it is found if its text occurs only once.
pub(crate) fn relocate_selection(session: &Session, conversation: &Conversation) -> Option<Selection> {
    let Header { id, uri, .. } = &conversation.header;
    if let Some(AnchorState::Live { snapshot, bytes, .. }) = session.selection(id).map(|it| it.state()) {
        return Some(Selection { snapshot, bytes });
    }
    let snapshot = session.documents.snapshot(uri).ok()?;
    let text = snapshot.text.to_string();
    let code = conversation.code.trim_end_matches('\n');
    let mut places = text.match_indices(code).map(|(at, _)| at).filter(|_| !code.is_empty());
    let start = places.next()?;
    places.next().is_none().then(|| Selection { snapshot, bytes: start..start + code.len() })
}

/// Inserts the code block at a position into the selection, as any edit.
pub(crate) fn insert(session: &Arc<Session>, open: &OpenConversation, position: Option<Position>) -> StepResult {
    let OpenConversation { snapshot, text, conversation } = open;
    let at = position.ok_or_else(|| RunRejected::argument("position: it is needed to find the code block"))?;
    let block = conversation.block_at(text, snapshot.offset(at));
    let Some(block) = block.and_then(|range| text.get(range)).map(str::to_owned) else {
        return Err(refused(message!("conversation-no-block")));
    };
    let shown = session.shown_path(&DocumentUri::parse(&conversation.header.uri));
    let Some(Selection { snapshot, bytes }) = relocate_selection(session, conversation) else {
        let name = shown.unwrap_or_else(|| conversation.header.uri.clone());
        return Err(refused(message!("conversation-no-selection", name = name)));
    };
    let action = session.catalogue().find(ASK).ok_or_else(|| refused(message!("conversation-switched-off")))?;
    let action = Action { result: ActionResult::Replace, ..action };
    let job = Arc::new(Job::new(action, snapshot.uri.clone(), Arc::clone(&snapshot.client_uri)));
    job.set_lines(actions::lines(&snapshot.text, &bytes));
    let anchor = session.documents.anchor(&snapshot, bytes.clone())?;
    let settings = session.settings();
    let review = settings.edit.apply == crate::config::EditApply::Review;
    let syntax = syntax_of(&snapshot);
    let target = Target { snapshot, bytes, anchor: Arc::new(anchor), syntax, destination: None, review };
    let block_of_answer = Answer { text: block, ..Answer::default() };
    let id = job.id.clone();
    session.spawn("inserting a block of code", |session| async move {
        let host = EditorHost { session: &session };
        let Some(outcome) = job::land(&job, &target, &block_of_answer, &host).await else {
            return Feedback::none();
        };
        if let Outcome::Proposed(proposal) = &outcome {
            job.keep_proposal(Arc::clone(proposal));
            session.jobs.end(&job);
            waiting::begin(&session, &job).await;
            refresh_lenses(&session);
        }
        report::of_edit(&session, &job, &outcome)
    });
    Ok(id)
}
