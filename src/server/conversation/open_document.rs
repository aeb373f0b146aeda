//! A conversation document that is open.

use super::document::{self, Conversation};
use crate::documents::Snapshot;
use crate::i18n::Message;
use crate::job::JobError;
use crate::server::jobs::run_request::Refusal;
use crate::server::session::Session;
use crate::server::state_files;

/// A conversation document that is open.
pub(crate) struct OpenConversation {
    pub(crate) snapshot: Snapshot,
    pub(crate) text: String,
    pub(crate) conversation: Conversation,
}

/// The conversation in a document, known by its place and its first line.
pub(crate) fn recognise(session: &Session, uri: &str) -> Option<OpenConversation> {
    if !state_files::contains(session, uri, state_files::CONVERSATIONS) {
        return None;
    }
    let snapshot = session.documents.snapshot(uri).ok()?;
    let text = snapshot.text.to_string();
    let conversation = document::parse(&text)?;
    Some(OpenConversation { snapshot, text, conversation })
}

/// The job that a step started, if it started one.
pub(crate) type StepResult = std::result::Result<Option<String>, Refusal>;

/// A step that cannot be made, with the reason.
pub(crate) fn refused(message: Message) -> Refusal {
    Refusal::Job(JobError::Refused(message))
}
