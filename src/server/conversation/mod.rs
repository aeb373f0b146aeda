//! Conversations: real Markdown documents in the state directory, in which the user asks by code actions and the answers
//! grow. They work in every editor that has code actions, and after a restart of the server.

mod document;
mod opening;
mod selection;
mod turn;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;

pub(super) use document::Header;
pub(super) use opening::{is_opened_by, open};
pub(crate) use selection::Conversations;

use self::document::Conversation;
use super::commands::Command;
use super::menu::Item;
use super::orders::Refusal;
use super::params::{VersionedDocument, WirePosition, invalid, read};
use super::session::{MessageKind, Session};
use super::{answers, edits};
use crate::documents::{DocumentUri, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{self, JobError};

/// The folder of conversations, in the state directory.
const FOLDER: &str = "conversations";

/// `{ "textDocument", "step", "position"? }` of `stackspot-lsp.conversation`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepParams {
    text_document: VersionedDocument,
    step: Step,
    #[serde(default)]
    position: Option<WirePosition>,
}

/// What can be done in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Step {
    Send,
    Retry,
    Insert,
    New,
    /// Goes on with an answer, in whose document it is asked for.
    Continue,
}

/// A conversation document that is open.
struct Open {
    snapshot: Snapshot,
    text: String,
    conversation: Conversation,
}

/// The conversation in a document, known by its place and its first line.
fn recognise(session: &Session, uri: &str) -> Option<Open> {
    if !is_one(session, uri) {
        return None;
    }
    let snapshot = session.documents.snapshot(uri).ok()?;
    let text = snapshot.text.to_string();
    let conversation = document::parse(&text)?;
    Some(Open { snapshot, text, conversation })
}

/// Whether a document is a conversation, by its place.
pub(super) fn is_one(session: &Session, uri: &str) -> bool {
    let folder = session.environment.state_dir().map(|directory| directory.join(FOLDER));
    let path = DocumentUri::parse(uri).to_file_path();
    path.is_some_and(|path| path.parent().is_some() && path.parent() == folder.as_deref())
}

/// Whether a path is that of a conversation of whatever state directory, as far as its folders tell.
pub(super) fn is_in_its_folder(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
        && path.parent().is_some_and(|folder| {
            folder.ends_with(FOLDER) && folder.parent().is_some_and(|it| it.ends_with("stackspot-lsp"))
        })
}

/// The menu in a conversation document; `None` in every other document.
pub(super) fn menu(session: &Session, uri: &str, at: Range<usize>) -> Option<Vec<Item>> {
    let Open { text, conversation, .. } = recognise(session, uri)?;
    let document = DocumentUri::parse(uri);
    let is_answering = session.jobs.live().iter().any(|job| job.document == document);
    let mut items = Vec::new();
    let mut add = |title: Message, name: &str, step: &str, position: Option<Value>| {
        let argument =
            job::without_nulls(json!({ "textDocument": { "uri": uri }, "step": step, "position": position }));
        let item = Item::about_jobs(session.title(&title), name, Command::Conversation, argument);
        items.push(Item { by_agent: true, ..item });
    };
    if !is_answering && conversation.open_question(&text).is_some() {
        add(message!("conversation-menu-send"), "send", "send", None);
    }
    if !is_answering && conversation.last_answered(&text).is_some() {
        add(message!("conversation-menu-retry"), "retry", "retry", None);
    }
    if let Some(block) = conversation.block_at(&text, at.start) {
        let position = session.documents.snapshot(uri).ok().map(|it| edits::wire_position(it.position(block.start)));
        add(message!("conversation-menu-insert"), "insert", "insert", position);
    }
    add(message!("conversation-menu-new"), "ask", "new", None);
    Some(items)
}

/// Runs a step of a conversation. What keeps it from going on is said by message.
///
/// # Errors
/// -32602 where the document is no conversation, or the argument is wrong.
pub(super) fn step(session: &Arc<Session>, argument: Value) -> Result<Value> {
    let StepParams { text_document, step, position } = read(argument)?;
    if step == Step::Continue {
        let answer = answers::continued(session, &text_document.uri);
        let none = || invalid(format!("textDocument.uri: {} is no answer to go on with", text_document.uri));
        opening::go_on(session, answer.ok_or_else(none)?);
        return Ok(Value::Null);
    }
    let Some(open) = recognise(session, &text_document.uri) else {
        return Err(invalid(format!("textDocument.uri: {} is no open conversation", text_document.uri)));
    };
    let done = match step {
        Step::Send => turn::send(session, &open),
        Step::Retry => turn::retry(session, &open),
        Step::Insert => selection::insert(session, &open, position),
        Step::New | Step::Continue => Ok(opening::anew(session, &open)),
    };
    match done {
        Ok(Some(job_id)) => Ok(json!({ "jobId": job_id })),
        Ok(None) => Ok(Value::Null),
        Err(Refusal::Arguments(error)) => Err(error),
        Err(Refusal::Job(error)) => {
            session.show_message(MessageKind::Error, &error.message());
            Ok(Value::Null)
        }
    }
}

type Done = std::result::Result<Option<String>, Refusal>;

fn refused(message: Message) -> Refusal {
    Refusal::Job(JobError::Refused(message))
}
