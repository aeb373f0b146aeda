//! `textDocument/codeAction`: what can be done about a range, from memory alone.

use std::ops::Range;

use serde_json::{Map, Value, json};
use tower_lsp::jsonrpc::Result;

use super::commands::Command;
use super::params::{CodeActionParams, invalid};
use super::session::Session;
use super::{answers, conversation, fix_loop};
use crate::actions::{self, Action, Offered};
use crate::documents::{DocumentError, DocumentUri, Located, Snapshot};
use crate::i18n::{Message, message};
use crate::job::Job;
use crate::syntax;

/// The code actions for a range, as the client takes them: literals, or bare commands.
///
/// # Errors
/// -32602 for a range that starts after its end.
pub(crate) fn list(session: &Session, mut params: CodeActionParams) -> Result<Vec<Value>> {
    if session.profile.ends_one_short {
        end_behind_the_last_character(session, &mut params);
    }
    let params = &params;
    let uri = &params.text_document.uri;
    if let Some(items) = answers::menu(session, uri) {
        let mut list = ActionList { session, params, items: Vec::new() };
        // The bulb is not lit for what can be done at any time.
        items.into_iter().filter(|_| !params.context.is_automatic()).for_each(|item| list.push(item));
        return Ok(list.items);
    }
    let located = match session.documents.locate(uri, None, params.range.into()) {
        Ok(located) => located,
        Err(error @ DocumentError::Range { .. }) => return Err(invalid(format!("range: {error}"))),
        // Nothing can be asked about a text that is not known.
        Err(_) => return Ok(Vec::new()),
    };
    let mut list = ActionList { session, params, items: Vec::new() };
    for item in standing(session, &DocumentUri::parse(uri)) {
        list.push(item);
    }
    let Located { snapshot, bytes } = &located;
    if let Some(items) = conversation::menu(session, uri, bytes.clone()) {
        // The bulb is not lit for what can be done at any time.
        items.into_iter().filter(|_| !params.context.is_automatic()).for_each(|item| list.push(item));
        return Ok(list.items);
    }
    let catalogue = session.catalogue();
    if actions::has_scope(&snapshot.text, bytes) {
        let bulb_on_a_point = params.context.is_automatic() && actions::is_point(&snapshot.text, bytes);
        if !bulb_on_a_point && catalogue.find("edit").is_some() {
            for instruction in instructions(snapshot, bytes.clone()) {
                list.push(instruction_item(session, params, snapshot, &instruction));
            }
        }
        let mut main = None;
        for action in catalogue.enabled().filter(|action| action.is_for(&snapshot.language_id)) {
            let shown = match action.offered {
                Offered::Always => !bulb_on_a_point,
                Offered::ForProblems => !params.context.problems().is_empty() || !params.context.is_automatic(),
                Offered::WithInstruction => false,
            };
            if shown {
                if action.id == fix_loop::FIX
                    && let Some(again) = fix_loop::again(session, &params.text_document.uri, &params.context)
                {
                    list.push(again);
                }
                let item = run_item(session, params, snapshot, &action);
                // What it is about is what the user most likely wants: the problems, where there are any.
                if main.is_none() || action.id == fix_loop::FIX && !item.problems.is_empty() {
                    main = Some(item.argument.clone());
                }
                list.push(item);
            }
        }
        if let Some(argument) = main.filter(|_| !params.context.is_automatic()) {
            list.push(show_prompt_item(session, argument));
        }
    }
    Ok(list.items)
}

/// What the user selected, where the client's range ends before its last character.
fn end_behind_the_last_character(session: &Session, params: &mut CodeActionParams) {
    let Ok(located) = session.documents.locate(&params.text_document.uri, None, params.range.into()) else { return };
    let Located { snapshot, bytes } = located;
    let following = snapshot.text.get_byte_slice(bytes.end..).into_iter().flat_map(|rest| rest.chars().take(2));
    let last: usize = match following.collect::<Vec<_>>().as_slice() {
        ['\r', '\n'] => 2,
        [first, ..] => first.len_utf8(),
        [] => 0,
    };
    params.range = snapshot.range(bytes.start..bytes.end + last).into();
}

/// An entry of the menu.
pub(super) struct Item {
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) command: Command,
    pub(super) argument: Value,
    /// The problems that the action is about, as the client sent them.
    pub(super) problems: Vec<Value>,
    /// A language model has a hand in it.
    pub(super) by_agent: bool,
}

/// What is about running jobs and waiting proposals; these come first.
fn standing(session: &Session, document: &DocumentUri) -> Vec<Item> {
    let here = |jobs: Vec<std::sync::Arc<Job>>| jobs.into_iter().filter(move |job| job.document == *document);
    let (mut items, language) = (Vec::new(), session.language());
    let running: Vec<_> = here(session.jobs.live()).filter(|job| !job.cancel.is_cancelled()).collect();
    if let Some(job) = running.first() {
        let title = match running.len() {
            1 => message!("menu-cancel-job", title = &job.action.title),
            several => message!("menu-cancel-jobs", count = several),
        };
        let argument = json!({ "textDocument": { "uri": &*job.client_uri } });
        items.push(Item::about_jobs(title.text(language), "cancel", Command::Cancel, argument));
    }
    for job in here(session.jobs.proposed()) {
        for way in ways_to_apply(&job) {
            items.push(Item::about_jobs(way.title.text(language), "apply", Command::Apply, way.argument));
        }
        let (title, lines, argument) = (&job.action.title, job.lines_label(), json!({ "jobId": job.id }));
        let preview = message!("menu-preview", title = title, lines = &lines).text(language);
        items.push(Item::about_jobs(preview, "preview-edit", Command::ShowEdit, argument.clone()));
        let discard = message!("menu-discard", title = title, lines = lines).text(language);
        items.push(Item::about_jobs(discard, "discard", Command::Discard, argument));
    }
    items
}

/// A way to apply a waiting edit.
pub(super) struct Way {
    /// The title in a menu, which says where the edit is.
    pub(super) title: Message,
    /// The title above the edit's own lines.
    pub(super) brief: Message,
    /// The argument of the command.
    pub(super) argument: Value,
}

/// How a waiting edit can be applied. Where the user typed inside its range each way says what becomes of that; an edit that
/// keeps it comes first.
pub(super) fn ways_to_apply(job: &Job) -> Vec<Way> {
    let (id, title, lines) = (&job.id, &job.action.title, job.lines_label());
    let waits = job.proposal();
    if let Some(filed) = waits.as_ref().and_then(|proposal| proposal.filed()) {
        let file = filed.home().shown();
        let brief = message!("lens-apply-into", title = title, file = &file);
        let title = message!("menu-apply-into", title = title, lines = lines, file = file);
        return vec![Way { title, brief, argument: json!({ "jobId": id }) }];
    }
    let Some(proposal) = waits.filter(|proposal| proposal.is_typed_in()) else {
        let brief = message!("lens-apply", title = title);
        let title = message!("menu-apply", title = title, lines = lines);
        return vec![Way { title, brief, argument: json!({ "jobId": id }) }];
    };
    let merged = proposal.merges_quickly().then(|| Way {
        title: message!("menu-apply-merged", title = title, lines = &lines),
        brief: message!("lens-apply-merged", title = title),
        argument: json!({ "jobId": id, "merge": true }),
    });
    let replaced = Way {
        title: message!("menu-apply-in-place", title = title, lines = &lines),
        brief: message!("lens-apply-in-place", title = title),
        argument: json!({ "jobId": id, "replace": true }),
    };
    merged.into_iter().chain([replaced]).collect()
}

impl Item {
    fn about_jobs(title: String, name: &str, command: Command, argument: Value) -> Self {
        let kind = format!("{}.{name}", super::capabilities::OWN_KIND);
        Self { title, kind, command, argument, problems: Vec::new(), by_agent: command == Command::Apply }
    }
}

/// What the comments inside or right above a range ask for. Only a text that is quickly parsed is asked whether they are
/// comments indeed; the job itself looks again.
fn instructions(snapshot: &Snapshot, bytes: Range<usize>) -> Vec<String> {
    let text = &snapshot.text;
    let around = if actions::is_point(text, &bytes) { actions::paragraph(text, bytes.clone()) } else { None };
    let path = snapshot.uri.to_file_path();
    let grammar = syntax::language(&snapshot.language_id, path.as_deref());
    let grammar = grammar.filter(|_| text.len_bytes() <= QUICKLY_PARSED_BYTES);
    let found = syntax::instructions(text, grammar, around.unwrap_or(bytes));
    found.into_iter().map(|comment| comment.text).filter(|text| !text.is_empty()).collect()
}

/// A text of this size is parsed in a millisecond or two.
const QUICKLY_PARSED_BYTES: usize = 16 << 10;

fn instruction_item(session: &Session, params: &CodeActionParams, snapshot: &Snapshot, instruction: &str) -> Item {
    let argument = json!({
        "action": "edit",
        "textDocument": { "uri": params.text_document.uri, "version": snapshot.version },
        "range": params.range,
        "instruction": instruction,
    });
    let title = session.title(&Message::verbatim(format!("StackSpot: {}", shortened(instruction))));
    let kind = "refactor.rewrite".to_owned();
    Item { title, kind, command: Command::Run, argument, problems: Vec::new(), by_agent: true }
}

/// The start of a text, short enough for a menu.
fn shortened(text: &str) -> String {
    const MENU_CHARS: usize = 60;
    match text.char_indices().nth(MENU_CHARS) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

fn run_item(session: &Session, params: &CodeActionParams, snapshot: &Snapshot, action: &Action) -> Item {
    let about_problems = action.offered == Offered::ForProblems;
    let problems = if about_problems { params.context.problems().to_vec() } else { Vec::new() };
    let mut argument = json!({
        "action": action.id,
        "textDocument": { "uri": params.text_document.uri, "version": snapshot.version },
        "range": params.range,
    });
    if let Some(argument) = argument.as_object_mut().filter(|_| !problems.is_empty()) {
        argument.insert("diagnostics".to_owned(), problems.clone().into());
    }
    let without_problems = about_problems && action.file.is_none() && problems.is_empty();
    let title = if without_problems { actions::FIX_WITHOUT_PROBLEMS } else { action.title.clone() };
    let title = session.title(&title);
    Item { title, kind: action.kind.to_string(), command: Command::Run, argument, problems, by_agent: true }
}

/// Shows what a run with this argument would send.
fn show_prompt_item(session: &Session, argument: Value) -> Item {
    let title = session.title(&message!("menu-show-prompt"));
    let item = Item::about_jobs(title, "show-prompt", Command::ShowPrompt, json!({ "run": argument }));
    Item { by_agent: true, ..item }
}

struct ActionList<'a> {
    session: &'a Session,
    params: &'a CodeActionParams,
    items: Vec<Value>,
}

impl ActionList<'_> {
    /// Takes the item apart rather than copying it: a menu may have hundreds.
    fn push(&mut self, item: Item) {
        let profile = &self.session.profile;
        if !self.params.context.wants(&item.kind) {
            return;
        }
        let mut command = Map::new();
        command.insert("title".into(), item.title.as_str().into());
        command.insert("command".into(), item.command.id().into());
        command.insert("arguments".into(), vec![item.argument].into());
        if !profile.code_action_literals {
            self.items.push(command.into());
            return;
        }
        let mut literal = Map::new();
        literal.insert("title".into(), item.title.into());
        literal.insert("kind".into(), item.kind.into());
        literal.insert("command".into(), command.into());
        if !item.problems.is_empty() {
            literal.insert("diagnostics".into(), item.problems.into());
        }
        if profile.code_action_tags && item.by_agent {
            literal.insert("tags".into(), json!([1]));
        }
        self.items.push(literal.into());
    }
}
