//! A hover over code that a question was about shows the start of the answer, until that code changes.
//!
//! If a client can register hovers later, the server registers them only while there is an answer to show. Some clients
//! complain about each empty hover.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;

use super::{file, text};
use crate::display::title;
use crate::documents::DocumentUri;
use crate::i18n::message;
use crate::server::client::{Answered, CLIENT_TIMEOUT, register};
use crate::server::session::{AnswerView, Record, Session};
use crate::server::state_files::{self, CONVERSATIONS};
use crate::server::wire::{HoverParams, parse_params};
use crate::tasks::lock;

/// How much of an answer a hover shows, in characters.
const CHARS: usize = 1_200;

/// The registered method, and its id.
const METHOD: &str = "textDocument/hover";
const ID: &str = "stackspot-lsp/hover";

/// `textDocument/hover`: the start of the latest answer about this place, and a link to all of it. Errors: -32602.
pub(crate) fn hover(session: &Session, params: Value) -> Result<Value> {
    let HoverParams { text_document, position } = parse_params(params)?;
    let Ok(today) = session.documents.snapshot(&text_document.uri) else { return Ok(Value::Null) };
    let at = today.offset(position);
    let found = session.history.latest_first().into_iter().find_map(|record| {
        let (snapshot, bytes) = code_range(&record)?;
        (snapshot.uri == today.uri && bytes.start <= at && at < bytes.end).then_some((record, bytes))
    });
    let Some((record, bytes)) = found else { return Ok(Value::Null) };
    let words = words(session, &record);
    let contents = match session.profile.hover_kind {
        Some(kind) => json!({ "kind": kind, "value": words }),
        None => json!(words),
    };
    Ok(json!({ "contents": contents, "range": today.range(bytes) }))
}

/// Where the code of an answer is. Returns `None` once that code has changed.
fn code_range(record: &Record) -> Option<(crate::documents::Snapshot, std::ops::Range<usize>)> {
    if record.state().is_answered { record.sent_order()?.unchanged() } else { None }
}

fn words(session: &Session, record: &Record) -> String {
    let language = session.language();
    let heading = title(&text::heading(session, record));
    let (start, is_all) = text::start(record, CHARS);
    let note = match record.job.answer() {
        Some(answer) if answer.is_complete() => String::new(),
        _ => format!("\n\n*{}*", message!("answer-incomplete").text(language)),
    };
    let whole = match link(session, record) {
        Some(uri) => message!("hover-open", uri = uri),
        None if is_all => return format!("**{}**\n\n{start}{note}", heading),
        None => message!("hover-command"),
    };
    format!("**{}**\n\n{start}{note}\n\n{}", heading, whole.text(language))
}

/// A link that the client can open: the conversation, or the answer's document.
fn link(session: &Session, record: &Record) -> Option<String> {
    if state_files::contains(session, &record.job.client_uri, CONVERSATIONS) {
        return Some(record.job.client_uri.to_string());
    }
    // All clients open a link to a file. Few of them open one with an unknown scheme.
    let file = || Some(DocumentUri::from_file_path(&file::path(session, record).ok()?).as_str().to_owned());
    match record.shown() {
        AnswerView::Virtual | AnswerView::File => file(),
        _ if record.state().written.is_some() => file(),
        _ => None,
    }
}

/// Tells the client if there is an answer to show. It does so only if the client can be told and that has changed.
pub(crate) fn reconcile(session: &Arc<Session>) {
    if !session.profile.registers_hover {
        return;
    }
    let mut registered = lock(&session.answers.registration);
    if registered.is_busy || registered.is_there == has_something(session) {
        return;
    }
    registered.is_busy = true;
    drop(registered);
    let idle = |session: &Session| lock(&session.answers.registration).is_busy = false;
    session.spawn_or("registering hovers", idle, |session| async move {
        loop {
            let wanted = has_something(&session);
            let options = json!({ "documentSelector": null });
            let answer = if wanted { register(&session, ID, METHOD, options) } else { unregister(&session) };
            if let Err(error) = answer.await {
                tracing::warn!(%error, "the client did not take the registration of hovers");
                return;
            }
            let mut registered = lock(&session.answers.registration);
            registered.is_there = wanted;
            if has_something(&session) == wanted {
                registered.is_busy = false;
                return;
            }
        }
    });
}

fn has_something(session: &Session) -> bool {
    session.history.latest_first().iter().any(|record| code_range(record).is_some())
}

fn unregister(session: &Session) -> Answered {
    // The protocol spells the word in this way.
    let gone = json!({ "unregisterations": [{ "id": ID, "method": METHOD }] });
    session.outbox.request("client/unregisterCapability", gone, CLIENT_TIMEOUT)
}
