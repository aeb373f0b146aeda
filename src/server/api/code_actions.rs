//! `textDocument/codeAction`: the actions for a range, from memory alone.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::json;
use tower_lsp::jsonrpc::Result;

use super::{context, fix_rule, prompt_preview};
use crate::actions::{self, Action, EDIT, FIX, MenuRule, QUICK_FIX, REWRITE};
use crate::display::shortened;
use crate::documents::{self, DocumentError, DocumentUri, Located, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{Job, Part, syntax_of};
use crate::server::jobs::fix_loop;
use crate::server::jobs::proposals::apply_choices;
use crate::server::session::Session;
use crate::server::wire::{Argument, CodeActionParams, Command, Item, RunArgument, decisions_first, invalid, kind};
use crate::server::{answers, conversation, remarks};
use crate::syntax::{self, worker};

/// How much of an instruction a menu title shows, in characters.
const INSTRUCTION_CHARS: usize = 60;

/// The code actions for a range, of the requested kinds. Errors: -32602 if the range starts after its end.
pub(crate) async fn list(session: &Session, mut params: CodeActionParams) -> Result<Vec<Item>> {
    if session.profile.range_end_is_inclusive {
        end_behind_the_last_character(session, &mut params);
    }
    let reported = params.context.problems().to_vec();
    // The server's own remarks are not problems of another tool. The menu finds their actions by their lines.
    let on_remarks = remarks::menu(session, &params);
    params.context.without(remarks::is_ours);
    let params = &params;
    let uri = &params.text_document.uri;
    let mut items = match answers::menu(session, uri).or_else(|| prompt_preview::menu(session, uri)) {
        Some(items) => only_if_invoked(items, params),
        None => about_text(session, params, on_remarks).await?,
    };
    items.retain(|item| params.context.wants(&item.kind));
    if params.context.wants_all() {
        decisions_first(&mut items, &session.profile, &reported);
    }
    Ok(items)
}

/// Actions that are always available do not show a light bulb.
fn only_if_invoked(items: Vec<Item>, params: &CodeActionParams) -> Vec<Item> {
    if params.context.is_automatic() { Vec::new() } else { items }
}

/// The menu in a document that can be asked about, and in a conversation.
async fn about_text(session: &Session, params: &CodeActionParams, on_remarks: Vec<Item>) -> Result<Vec<Item>> {
    let uri = &params.text_document.uri;
    let mut items = job_items(session, &DocumentUri::parse(uri), params.range);
    items.extend(on_remarks);
    let located = match session.documents.locate(uri, None, params.range) {
        Ok(located) => located,
        Err(error @ DocumentError::Range { .. }) => return Err(invalid(format!("range: {error}"))),
        // Without the text of the document, no question is possible. A running job can still be cancelled.
        Err(_) => return Ok(items),
    };
    let Located { snapshot, bytes } = &located;
    if let Some(steps) = conversation::menu(session, uri, bytes.clone()) {
        items.extend(only_if_invoked(steps, params));
        items.extend(only_if_invoked(context::list_menu(session), params));
    } else if actions::has_scope(&snapshot.text, bytes) {
        items.extend(askable(session, params, snapshot, bytes).await);
    }
    Ok(items)
}

/// The actions that can be run on a range.
async fn askable(session: &Session, params: &CodeActionParams, snapshot: &Snapshot, bytes: &Range<usize>) -> Vec<Item> {
    session.prompt_files.wait_shortly().await;
    if !params.context.is_automatic() {
        session.prompt_files.mark_served_early();
    }
    let (catalogue, mut items) = (session.catalogue(), Vec::new());
    let bulb_on_a_point = params.context.is_automatic() && actions::is_point(&snapshot.text, bytes);
    if !bulb_on_a_point && catalogue.find(EDIT).is_some() {
        for instruction in instructions(snapshot, bytes.clone()).await {
            let words = format!("StackSpot: {}", shortened(&instruction, INSTRUCTION_CHARS));
            let argument = run_argument(EDIT.into(), params, snapshot);
            let argument = Argument::Run(RunArgument { instruction: Some(instruction), ..argument });
            items.push(Item::new(session.title(&Message::verbatim(words)), REWRITE.into(), Command::Run, argument));
        }
    }
    let (mut main, mut others) = (None, Vec::new());
    for action in catalogue.enabled().filter(|action| action.is_for(&snapshot.language_id)) {
        let shown = match action.offered {
            MenuRule::Always => !bulb_on_a_point,
            MenuRule::WithDiagnostics => !params.context.problems().is_empty() || !params.context.is_automatic(),
            MenuRule::NeedsInstruction => false,
        };
        if shown {
            let item = run_item(session, params, snapshot, &action);
            // An action that fixes a problem comes first.
            let place = if item.problems.is_empty() { &mut others } else { &mut items };
            if action.id == FIX {
                place.extend(fix_loop::retry_item(session, &params.text_document.uri, &params.context));
            }
            // The default action is about the problems, if there are any: the user probably wants that.
            if main.is_none() || action.id == FIX && !item.problems.is_empty() {
                main = Some(item.argument.clone());
            }
            place.push(item);
            if action.id == actions::REVIEW && !params.context.is_automatic() {
                others.extend(remarks::review_file(session, &params.text_document.uri, snapshot));
            }
        }
    }
    items.extend(fix_rule::menu(session, params, snapshot));
    items.append(&mut others);
    if !params.context.is_automatic() {
        items.extend(context::menu(session, params, snapshot, bytes));
    }
    if let Some(argument) = main.filter(|_| !params.context.is_automatic()) {
        let (title, argument) = (session.title(&message!("menu-show-prompt")), json!({ "run": argument }));
        items.push(Item::about_jobs(title, kind::SHOW_PROMPT, Command::ShowPrompt, argument));
    }
    items
}

/// Extends the user's selection, if the client's range ends before its last character.
fn end_behind_the_last_character(session: &Session, params: &mut CodeActionParams) {
    let Ok(located) = session.documents.locate(&params.text_document.uri, None, params.range) else { return };
    let Located { snapshot, bytes } = located;
    let following = snapshot.text.get_byte_slice(bytes.end..).into_iter().flat_map(|rest| rest.chars().take(2));
    let last: usize = match following.collect::<Vec<_>>().as_slice() {
        ['\r', '\n'] => 2,
        [first, ..] => first.len_utf8(),
        [] => 0,
    };
    params.range = snapshot.range(bytes.start..bytes.end + last);
}

/// The entries about running jobs and waiting proposals. These come first.
fn job_items(session: &Session, document: &DocumentUri, range: documents::Range) -> Vec<Item> {
    let here = |jobs: Vec<std::sync::Arc<Job>>| jobs.into_iter().filter(move |job| job.document == *document);
    let (mut items, language) = (Vec::new(), session.language());
    let running: Vec<_> = here(session.jobs.live()).filter(|job| !job.cancel.is_cancelled()).collect();
    if let Some(job) = running.first() {
        let title = match running.len() {
            1 => message!("menu-cancel-job", title = &job.action.title),
            several => message!("menu-cancel-jobs", count = several),
        };
        let argument = json!({ "textDocument": { "uri": &*job.client_uri } });
        items.push(Item::about_jobs(title.text(language), kind::CANCEL, Command::Cancel, argument));
    }
    for job in session.jobs.proposed().into_iter().filter(|job| job.edit_document() == *document) {
        let (title, lines, argument) = (&job.action.title, job.lines_label(), json!({ "jobId": job.id }));
        let preview = message!("menu-preview", title = title, lines = &lines).text(language);
        let preview = Item::about_jobs(preview, kind::PREVIEW_EDIT, Command::ShowEdit, argument.clone());
        let ways = apply_choices(&job);
        let first_is_safe = ways.first().is_some_and(|way| way.keeps_what_was_typed);
        let mut whole: Vec<Item> = ways
            .into_iter()
            .map(|way| Item::about_jobs(way.title.text(language), kind::APPLY, Command::Apply, way.argument))
            .collect();
        whole.insert(if first_is_safe { whole.len() } else { 0 }, preview);
        items.extend(whole);
        let discard = message!("menu-discard", title = title, lines = lines).text(language);
        items.push(Item::about_jobs(discard, kind::DISCARD, Command::Discard, argument));
        items.extend(changes_at(session, &job, range));
    }
    items
}

/// The actions for single changes of a waiting edit that are in a range.
fn changes_at(session: &Session, job: &Job, range: documents::Range) -> Vec<Item> {
    let Some(proposal) = job.proposal() else { return Vec::new() };
    let here = |part: &Part| {
        let lines = part.lines();
        lines.start <= range.end.line as usize && range.start.line as usize <= lines.end
    };
    let items = |part: Part| {
        let argument = json!({ "jobId": job.id, "part": part.number });
        let line = part.lines().start + 1;
        let item = |title: Message, kind, command| {
            Item::about_jobs(title.text(session.language()), kind, command, argument.clone())
        };
        [
            item(message!("menu-apply-part", title = &job.action.title, line = line), kind::APPLY, Command::Apply),
            item(
                message!("menu-discard-part", title = &job.action.title, line = line),
                kind::DISCARD,
                Command::Discard,
            ),
        ]
    };
    proposal.parts().into_iter().filter(here).flat_map(items).collect()
}

/// The instructions in the comments inside or directly above a range. If a grammar can check it quickly, text that is
/// not a comment is excluded. The job checks again.
async fn instructions(snapshot: &Snapshot, bytes: Range<usize>) -> Vec<String> {
    let text = &snapshot.text;
    let around = if actions::is_point(text, &bytes) { actions::paragraph(text, bytes.clone()) } else { None };
    let grammar = syntax_of(snapshot).filter(|_| text.len_bytes() <= QUICKLY_PARSED_BYTES);
    let bytes = around.unwrap_or(bytes);
    let mut found = syntax::instructions(text, None, bytes.clone());
    if grammar.is_some() && !found.is_empty() {
        let text = text.clone();
        let asked = move || worker::with_menu_limit(|| syntax::instructions(&text, grammar, bytes));
        found = tokio::task::spawn_blocking(asked).await.unwrap_or(found);
    }
    found.into_iter().map(|comment| comment.text).filter(|text| !text.is_empty()).collect()
}

/// A text of this size is parsed in some milliseconds.
const QUICKLY_PARSED_BYTES: usize = 64 << 10;

fn run_argument(action: Cow<'static, str>, params: &CodeActionParams, snapshot: &Snapshot) -> RunArgument {
    RunArgument::new(action, &params.text_document.uri, snapshot.version, params.range)
}

fn run_item(session: &Session, params: &CodeActionParams, snapshot: &Snapshot, action: &Action) -> Item {
    let about_problems = action.offered == MenuRule::WithDiagnostics;
    let problems = if about_problems { params.context.problems().to_vec() } else { Vec::new() };
    let argument = RunArgument { diagnostics: problems.clone(), ..run_argument(action.id.clone(), params, snapshot) };
    let without_problems = about_problems && action.file.is_none() && problems.is_empty();
    let title = session.title(if without_problems { &actions::FIX_WITHOUT_PROBLEMS } else { &action.title });
    // Clients show quick fixes first. A quick fix without a problem must not be first.
    let is_first_for_nothing = action.kind == QUICK_FIX && problems.is_empty() && params.context.wants_all();
    let kind = if is_first_for_nothing { REWRITE.into() } else { action.kind.clone() };
    Item { problems, ..Item::new(title, kind, Command::Run, Argument::Run(argument)) }
}
