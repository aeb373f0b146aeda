//! What the user adds to the next question: files, lines, problems and changes. One command adds them, lists them with
//! their sizes, and removes them.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;

use crate::actions;
use crate::actions::context::{AddedKind, last_line};
use crate::documents::{DocumentUri, Located, Range, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{Added, Addition, JobError, ReadPart, without_nulls};
use crate::server::jobs::{RunRejected, diagnostics};
use crate::server::session::{Feedback, Handled, Session};
use crate::server::wire::{CodeActionParams, Command, ContextParams, Item, VersionedDocument, invalid, kind};

/// How many parts a menu can remove one by one.
const MOST_OFFERED: usize = 8;

/// `stackspot-lsp.context`: adds, removes, and lists. Errors: -32602 for wrong arguments. A part that cannot be added
/// is also an error, in words for the user, unless the user gets a message.
pub(super) async fn command(session: &Arc<Session>, params: ContextParams) -> Result<Handled> {
    let mut fresh = None;
    if let Some(kind) = params.add {
        let what = match addition(session, kind, &params) {
            Ok(what) => what,
            Err(RunRejected::Arguments(error)) => return Err(error),
            Err(RunRejected::Job(error)) => return refused(session, &params, error.message()),
        };
        match what.read(&session.documents, &session.workspace(false)).await {
            Ok(part) => fresh = Some((session.added.add(what), part)),
            Err(reason) => return refused(session, &params, reason),
        }
    }
    if let Some(id) = params.remove
        && !session.added.remove(id)
    {
        return Err(invalid(format!("remove: there is no part {id}")));
    }
    if params.clear {
        session.added.clear();
    }
    let added_now = fresh.as_ref().map(|(_, part)| name(part));
    let rows = rows(session, fresh).await;
    let budget = session.settings().context.max_chars;
    let chars: usize = rows.iter().filter_map(|(_, read)| Some(read.as_ref().ok()?.part.chars())).sum();
    let feedback = if params.say { context_message(added_now, &rows, (chars, budget)) } else { Feedback::none() };
    let language = session.language();
    let row = |(added, read): &(Added, std::result::Result<ReadPart, Message>)| match read {
        Ok(ReadPart { part, .. }) => json!({
            "id": added.id, "kind": part.kind.name(), "name": name_of(read).text(language), "file": &*part.name,
            "chars": part.chars(),
        }),
        Err(reason) => {
            json!({ "id": added.id, "name": name_of(read).text(language), "problem": reason.text(language) })
        }
    };
    let value = json!({ "parts": rows.iter().map(row).collect::<Vec<_>>(), "chars": chars, "budget": budget });
    Ok(Handled { value, feedback })
}

fn addition(session: &Session, kind: AddedKind, params: &ContextParams) -> std::result::Result<Addition, RunRejected> {
    let needed = |field: &str| RunRejected::argument(format!("{field}: it is needed"));
    let document = params.text_document.as_ref().ok_or_else(|| needed("textDocument"))?;
    let uri = DocumentUri::parse(&document.uri);
    let nothing = |cause: Message| {
        RunRejected::Job(JobError::Refused(message!(
            "added-unreadable",
            name = display_name(session, &uri),
            cause = cause
        )))
    };
    match kind {
        AddedKind::File => Ok(Addition::File(uri)),
        AddedKind::Lines => lines(session, document, params.range.ok_or_else(|| needed("range"))?).map_err(nothing),
        AddedKind::Problems => {
            let problems = diagnostics::parse_diagnostics(session, document, params.diagnostics.as_deref());
            let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
            if text.is_empty() {
                return Err(nothing(message!("added-no-problems")));
            }
            Ok(Addition::Problems { document: uri, text })
        }
        AddedKind::Changes => {
            let path = uri.to_file_path().ok_or_else(|| needed("textDocument.uri"))?;
            let folder = if path.is_dir() { path } else { path.parent().unwrap_or(&path).to_owned() };
            Ok(Addition::Changes { folder })
        }
    }
}

/// The name of a document as the user sees it.
fn display_name(session: &Session, uri: &DocumentUri) -> String {
    session.shown_path(uri).unwrap_or_else(|| uri.as_str().to_owned())
}

/// The whole lines of a range. Errors: why there are no lines.
fn lines(session: &Session, document: &VersionedDocument, range: Range) -> std::result::Result<Addition, Message> {
    let located = session.documents.locate(&document.uri, document.version, range);
    let Located { snapshot, bytes } = located.map_err(|error| Message::verbatim(error.to_string()))?;
    let bytes = actions::whole_lines(&snapshot.text, &bytes);
    if !actions::has_content(&snapshot.text, &bytes) {
        return Err(message!("added-no-lines"));
    }
    let first_line = snapshot.text.byte_to_line(bytes.start) + 1;
    Ok(Addition::Lines { document: DocumentUri::parse(&document.uri), first_line, text: snapshot.slice(bytes) })
}

/// A part that cannot be added: a message if the user wants that, or else the error of the command.
fn refused(session: &Session, params: &ContextParams, reason: Message) -> Result<Handled> {
    if !params.say {
        return Err(invalid(reason.text(session.language())));
    }
    Ok(Handled { value: Value::Null, feedback: Feedback::warning(reason) })
}

type Row = (Added, std::result::Result<ReadPart, Message>);

/// The present parts. `fresh` has the number and the content of a part that was read just now.
async fn rows(session: &Session, mut fresh: Option<(u64, ReadPart)>) -> Vec<Row> {
    let workspace = session.workspace(false);
    let mut rows = Vec::new();
    for added in session.added.all() {
        let read = match fresh.take_if(|(id, _)| *id == added.id) {
            Some((_, part)) => Ok(part),
            None => added.what.read(&session.documents, &workspace).await,
        };
        rows.push((added, read));
    }
    rows
}

fn context_message(added: Option<Message>, rows: &[Row], (chars, budget): (usize, usize)) -> Feedback {
    Feedback::info(match added {
        _ if rows.is_empty() => message!("added-none"),
        Some(name) => message!("added-to-next", name = name, count = rows.len(), chars = chars, budget = budget),
        None => {
            let names = Message::joined(rows.iter().map(|(_, read)| name_of(read)).collect(), ", ");
            message!("added-carried", names = names, chars = chars, budget = budget)
        }
    })
}

fn name_of(read: &std::result::Result<ReadPart, Message>) -> Message {
    match read {
        Ok(part) => name(part),
        Err(reason) => reason.clone(),
    }
}

/// The name of a part.
fn name(ReadPart { part, .. }: &ReadPart) -> Message {
    called(part.kind, part.name.to_string(), part.first_line..part.last_line())
}

/// The name of a part of this kind, of this file. `lines` are the lines of the part, both ends included.
fn called(kind: AddedKind, file: String, lines: std::ops::Range<usize>) -> Message {
    match kind {
        AddedKind::File => Message::verbatim(file),
        AddedKind::Lines if lines.start == lines.end => message!("added-lines", name = file, lines = lines.start),
        AddedKind::Lines => message!("added-lines", name = file, lines = format!("{}–{}", lines.start, lines.end)),
        AddedKind::Problems => message!("added-problems", name = file),
        AddedKind::Changes => message!("added-changes"),
    }
}

/// The entries of a document's menu: the parts that can be added here, and the present parts.
pub(super) fn menu(
    session: &Session,
    params: &CodeActionParams,
    snapshot: &Snapshot,
    bytes: &std::ops::Range<usize>,
) -> Vec<Item> {
    let document = json!({ "uri": &params.text_document.uri, "version": snapshot.version });
    let problems = Some(params.context.problems()).filter(|problems| !problems.is_empty());
    let add = |title: Message, kind: &str, range: Option<Range>, problems: Option<&[Value]>| {
        let argument = json!({
            "add": kind, "textDocument": document, "range": range, "diagnostics": problems, "say": true,
        });
        entry(session, title, without_nulls(argument))
    };
    let is_point = actions::is_point(&snapshot.text, bytes);
    let mut items = vec![if is_point {
        add(message!("menu-add-file"), "file", None, None)
    } else {
        add(message!("menu-add-lines"), "lines", Some(params.range), None)
    }];
    if problems.is_some() {
        items.push(add(message!("menu-add-problems"), "problems", Some(params.range), problems));
    }
    if session.work_trees.have(&snapshot.uri) {
        items.push(add(message!("menu-add-changes"), "changes", None, None));
    }
    items.extend(list_menu(session));
    items
}

/// The entries about the present parts.
pub(super) fn list_menu(session: &Session) -> Vec<Item> {
    let parts = session.added.all();
    if parts.is_empty() {
        return Vec::new();
    }
    let mut items = vec![entry(session, message!("menu-added-show", count = parts.len()), json!({ "say": true }))];
    for Added { id, what } in parts.iter().take(MOST_OFFERED) {
        let name = match what {
            Addition::File(uri) => called(AddedKind::File, display_name(session, uri), 0..0),
            Addition::Lines { document, first_line, text } => {
                called(AddedKind::Lines, display_name(session, document), *first_line..last_line(*first_line, text))
            }
            Addition::Problems { document, .. } => called(AddedKind::Problems, display_name(session, document), 0..0),
            Addition::Changes { .. } => called(AddedKind::Changes, String::new(), 0..0),
        };
        let argument = json!({ "remove": id, "say": true });
        items.push(entry(session, message!("menu-added-take-off", name = name), argument));
    }
    if parts.len() > 1 {
        items.push(entry(session, message!("menu-added-clear"), json!({ "clear": true, "say": true })));
    }
    items
}

fn entry(session: &Session, title: Message, argument: Value) -> Item {
    Item::about_jobs(title.text(session.language()), kind::CONTEXT, Command::Context, argument)
}
