//! Conversations: real Markdown documents in the state directory. The user asks by code actions, and the answers grow
//! in the document. They work in every editor with code actions, and after a restart of the server.

mod document;
mod opening;
mod selection;
mod turn;

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

pub(crate) use self::opening::{open, opens_conversation};
use self::selection::{OpenConversation, recognise};
use crate::documents::{DocumentUri, Position};
use crate::i18n::{Message, message};
use crate::server::answers;
use crate::server::jobs::RunRejected;
use crate::server::session::Session;
use crate::server::wire::{Command, Item, Step, StepParams, VersionedDocument, kind, parse_params};

/// The menu in a conversation document; `None` in every other document.
pub(crate) fn menu(session: &Session, uri: &str, at: Range<usize>) -> Option<Vec<Item>> {
    let OpenConversation { text, conversation, .. } = recognise(session, uri)?;
    let document = DocumentUri::parse(uri);
    let is_answering = session.jobs.live().iter().any(|job| job.document == document);
    let mut items = Vec::new();
    let mut add = |title: Message, kind: &'static str, step: Step, position: Option<Position>| {
        let text_document = VersionedDocument { uri: uri.to_owned(), version: None };
        let argument = StepParams { text_document, step, position };
        let item = Item::about_jobs(session.title(&title), kind, Command::Conversation, json!(argument));
        items.push(Item { by_agent: true, ..item });
    };
    if !is_answering && conversation.open_question(&text).is_some() {
        add(message!("conversation-menu-send"), kind::SEND, Step::Send, None);
    }
    if !is_answering && conversation.last_answered(&text).is_some() {
        add(message!("conversation-menu-retry"), kind::RETRY, Step::Retry, None);
    }
    if let Some(block) = conversation.block_at(&text, at.start) {
        let position = session.documents.snapshot(uri).ok().map(|it| it.position(block.start));
        add(message!("conversation-menu-insert"), kind::INSERT, Step::Insert, position);
    }
    add(message!("conversation-menu-new"), kind::ASK, Step::New, None);
    Some(items)
}

/// Runs a step of a conversation. Errors: a wrong argument, such as another document, or why it is impossible.
pub(crate) fn step(session: &Arc<Session>, argument: Value) -> Result<Value, RunRejected> {
    let StepParams { text_document, step, position } = parse_params(argument).map_err(RunRejected::Arguments)?;
    if step == Step::Continue {
        let answer = answers::continued(session, &text_document.uri);
        let none =
            || RunRejected::argument(format!("textDocument.uri: {} is no answer to go on with", text_document.uri));
        opening::continue_from_answer(session, answer.ok_or_else(none)?);
        return Ok(Value::Null);
    }
    let Some(open) = recognise(session, &text_document.uri) else {
        return Err(RunRejected::argument(format!("textDocument.uri: {} is no open conversation", text_document.uri)));
    };
    let job_id = match step {
        Step::Send => turn::send(session, &open)?,
        Step::Retry => turn::retry(session, &open)?,
        Step::Insert => selection::insert(session, &open, position)?,
        Step::New | Step::Continue => {
            opening::open_new(session, &open);
            return Ok(Value::Null);
        }
    };
    Ok(json!({ "jobId": job_id }))
}
