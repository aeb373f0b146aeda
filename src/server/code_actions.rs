//! `textDocument/codeAction`: what can be done about a range, from memory alone.

use serde_json::{Map, Value, json};
use tower_lsp::jsonrpc::Result;

use super::commands::Command;
use super::params::{CodeActionParams, invalid};
use super::session::Session;
use crate::actions;
use crate::documents::{DocumentError, DocumentUri, Located};
use crate::job::Job;

/// The code actions for a range, as the client takes them: literals, or bare commands.
///
/// # Errors
/// -32602 for a range that starts after its end.
pub(crate) fn list(session: &Session, params: &CodeActionParams) -> Result<Vec<Value>> {
    let uri = &params.text_document.uri;
    let located = match session.documents.locate(uri, None, params.range.into()) {
        Ok(located) => located,
        Err(error @ DocumentError::Range { .. }) => return Err(invalid(format!("range: {error}"))),
        // Nothing can be asked about a text that is not known.
        Err(_) => return Ok(Vec::new()),
    };
    let mut list = ActionList { session, params, items: Vec::new() };
    for item in standing(session, &DocumentUri::parse(uri)) {
        list.push(&item);
    }
    let on_demand = !(params.context.is_automatic() && actions::is_point(&located.snapshot.text, &located.bytes));
    if on_demand && actions::has_scope(&located.snapshot.text, &located.bytes) {
        for action in actions::offered(&session.settings()) {
            list.push(&run_item(session, params, &located, &action));
        }
    }
    Ok(list.items)
}

struct Item {
    title: String,
    kind: String,
    command: Command,
    argument: Value,
    by_agent: bool,
}

/// What is about running jobs and waiting proposals; these come first.
fn standing(session: &Session, document: &DocumentUri) -> Vec<Item> {
    let own_kind = |name: &str| format!("{}.{name}", super::capabilities::OWN_KIND);
    let here = |jobs: Vec<std::sync::Arc<Job>>| jobs.into_iter().filter(move |job| job.document == *document);
    let mut items = Vec::new();
    let running: Vec<_> = here(session.jobs.live()).filter(|job| !job.cancel.is_cancelled()).collect();
    if let Some(job) = running.first() {
        let title = match running.len() {
            1 => format!("Cancel “{}”", job.action.title),
            several => format!("Cancel {several} StackSpot AI jobs"),
        };
        let argument = json!({ "textDocument": { "uri": &*job.client_uri } });
        items.push(Item { title, kind: own_kind("cancel"), command: Command::Cancel, argument, by_agent: false });
    }
    for job in here(session.jobs.proposed()) {
        let label = format!("“{}” for {}", job.action.title, job.lines_label());
        let argument = json!({ "jobId": job.id });
        for (verb, name, command) in [("Apply", "apply", Command::Apply), ("Discard", "discard", Command::Discard)] {
            let (title, argument) = (format!("{verb} {label}"), argument.clone());
            items.push(Item { title, kind: own_kind(name), command, argument, by_agent: command == Command::Apply });
        }
    }
    items
}

fn run_item(session: &Session, params: &CodeActionParams, located: &Located, action: &actions::Action) -> Item {
    let argument = json!({
        "action": action.id,
        "textDocument": { "uri": params.text_document.uri, "version": located.snapshot.version },
        "range": params.range,
    });
    let title = session.mark_sandbox(&action.title);
    Item { title, kind: action.kind.to_owned(), command: Command::Run, argument, by_agent: true }
}

struct ActionList<'a> {
    session: &'a Session,
    params: &'a CodeActionParams,
    items: Vec<Value>,
}

impl ActionList<'_> {
    fn push(&mut self, item: &Item) {
        let profile = &self.session.profile;
        if !self.params.context.wants(&item.kind) {
            return;
        }
        let command = json!({ "title": item.title, "command": item.command.id(), "arguments": [item.argument] });
        if !profile.code_action_literals {
            self.items.push(command);
            return;
        }
        let mut literal = Map::new();
        literal.insert("title".into(), item.title.as_str().into());
        literal.insert("kind".into(), item.kind.as_str().into());
        literal.insert("command".into(), command);
        if profile.code_action_tags && item.by_agent {
            literal.insert("tags".into(), json!([1]));
        }
        self.items.push(literal.into());
    }
}
