//! The actions in the document of an answer: cancel it, ask again, continue in a conversation.

use std::sync::Arc;

use serde_json::json;

use super::text;
use crate::documents::Anchor;
use crate::i18n::{Message, message};
use crate::server::session::{Record, Session};
use crate::server::state_files::{self, ANSWERS};
use crate::server::wire::{Command, Header, Item, SCHEME, Step, StepParams, VersionedDocument, kind, names};

/// The menu in an answer's document. Returns `None` in every other document.
pub(crate) fn menu(session: &Session, uri: &str) -> Option<Vec<Item>> {
    let Some(record) = by_uri(session, uri) else {
        return earlier(session, uri).map(|_| vec![continue_item(session, uri)]);
    };
    let by_job = json!({ "jobId": record.job.id });
    let item = |title: Message, kind, command: Command, argument| {
        Item::about_jobs(session.title(&title), kind, command, argument)
    };
    if !record.has_ended() {
        let title = message!("menu-cancel-job", title = &record.job.action.title);
        return Some(vec![item(title, kind::CANCEL, Command::Cancel, by_job)]);
    }
    let mut items = Vec::new();
    if session.history.params(&record.job.id).is_some() {
        items.push(item(message!("answer-menu-ask-again"), kind::RETRY, Command::Retry, by_job));
    }
    if record.sent_order().is_some() {
        items.push(continue_item(session, uri));
    }
    Some(items)
}

fn continue_item(session: &Session, uri: &str) -> Item {
    let title = session.title(&message!("answer-menu-continue"));
    let text_document = VersionedDocument { uri: uri.to_owned(), version: None };
    let argument = StepParams { text_document, step: Step::Continue, position: None };
    Item::about_jobs(title, kind::ASK, Command::Conversation, json!(argument))
}

/// An answer that continues in a conversation.
pub(crate) struct Continued {
    /// Its lines, its agent, and its conversation of the service. The id is that of its job.
    pub(crate) header: Header,
    pub(crate) code: String,
    pub(crate) question: String,
    pub(crate) answer: String,
    /// The selection of the question. It follows the edits.
    pub(crate) selection: Option<Anchor>,
}

/// The answer in this document. Returns `None` if the document is not an answer, or its question is unknown.
pub(crate) fn continued(session: &Session, uri: &str) -> Option<Continued> {
    match by_uri(session, uri) {
        Some(record) => continued_from_record(session, &record),
        None => earlier(session, uri),
    }
}

/// The answer of an earlier session, from the data in its file. The service stores the code.
fn earlier(session: &Session, uri: &str) -> Option<Continued> {
    let name = state_files::name_in(session, uri, ANSWERS)?;
    let text = session.documents.snapshot(uri).ok()?.text.to_string();
    let (above, note) = text.trim_end().rsplit_once('\n')?;
    // If the agent wrote text in the place of the note, that text does not contain the id.
    let header = Header::read(note).filter(|header| names::is_of(&name, &header.id))?;
    let answer = above.rsplit_once("\n---\n").map_or(above, |(answer, _)| answer);
    let (heading, answer) = answer.split_once('\n')?;
    let question = heading.trim_start_matches(['#', ' ']).to_owned();
    Some(Continued { header, code: String::new(), question, answer: answer.trim().to_owned(), selection: None })
}

/// The same for the answer of a job.
fn continued_from_record(session: &Session, record: &Record) -> Option<Continued> {
    let asked = record.sent_order()?;
    record.job.answer()?;
    let title = || record.job.action.title.text(session.language());
    Some(Continued {
        header: text::header(record, &asked),
        code: asked.code.clone(),
        question: text::instruction(session, record).unwrap_or_else(title),
        answer: record.job.text_after(0),
        selection: asked.unchanged().and_then(|(today, bytes)| session.documents.anchor(&today, bytes).ok()),
    })
}

/// The answer that a document of the client shows, virtual or a file.
pub(crate) fn by_uri(session: &Session, uri: &str) -> Option<Arc<Record>> {
    let name = match uri.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(':')) {
        Some(path) => path.rsplit('/').next()?.to_owned(),
        None => state_files::name_in(session, uri, ANSWERS)?,
    };
    session.history.named(&name)
}
