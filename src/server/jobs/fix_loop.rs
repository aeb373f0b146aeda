//! A fix that did not help: the server sends the remaining problems of its place to the agent again.

use serde_json::Value;

use super::diagnostics;
use crate::actions::{self, FIX};
use crate::display;
use crate::documents::{AnchorState, DocumentUri, Snapshot};
use crate::i18n::message;
use crate::job::Job;
use crate::server::session::Session;
use crate::server::wire::{Argument, CodeActionContext, Command, Item, RunArgument, RunParams};

/// How many earlier tries a prompt contains.
const TOLD_TRIES: usize = 3;

/// How much of an earlier reply a prompt contains, in characters.
const TOLD_REPLY_CHARS: usize = 6_000;

/// The menu entry for problems at the place of an applied fix, the latest fix first. Only the present reports count.
/// They came after the text contained the fix, because only then the fix counts as applied.
pub(crate) fn retry_item(session: &Session, uri: &str, context: &CodeActionContext) -> Option<Item> {
    let document = DocumentUri::parse(uri);
    let jobs = session.jobs.applied().into_iter();
    let mut tries = jobs.filter(|job| job.action.id == FIX && job.document == document);
    tries.find_map(|job| item(session, uri, &job, context))
}

fn item(session: &Session, uri: &str, job: &Job, context: &CodeActionContext) -> Option<Item> {
    let AnchorState::Live { snapshot, bytes, .. } = job.applied()?.state() else { return None };
    if !actions::has_scope(&snapshot.text, &bytes) {
        return None;
    }
    let fixed = actions::lines(&snapshot.text, &bytes);
    let is_there = |problem: &&Value| {
        lines_of(session, uri, &snapshot, problem).is_some_and(|it| it.start <= fixed.end && fixed.start <= it.end)
    };
    let problems: Vec<Value> = context.problems().iter().filter(is_there).cloned().collect();
    if problems.is_empty() {
        return None;
    }
    let argument = RunArgument {
        diagnostics: problems.clone(),
        tried_job_id: Some(job.id.clone()),
        conversation_id: conversation(session, job),
        ..RunArgument::new(FIX.into(), uri, snapshot.version, snapshot.range(bytes))
    };
    let title = session.title(&message!("menu-fix-again"));
    Some(Item { problems, ..Item::new(title, job.action.kind.clone(), Command::Run, Argument::Run(argument)) })
}

/// The lines of a problem in `snapshot`, the first and the last, counted from one.
fn lines_of(session: &Session, uri: &str, snapshot: &Snapshot, problem: &Value) -> Option<std::ops::Range<usize>> {
    let range = serde_json::from_value(problem.get("range")?.clone()).ok()?;
    let located = session.documents.locate(uri, Some(snapshot.version), range).ok()?;
    Some(actions::lines(&located.snapshot.text, &located.bytes))
}

/// The conversation of a job, if the service stores it.
fn conversation(session: &Session, job: &Job) -> Option<String> {
    let end = job.answer()?.end.clone()?;
    end.conversation_id.filter(|_| session.settings().conversation.enabled)
}

/// The text for the agent about the job whose fix did not help. In the same conversation the agent knows its own try.
/// Otherwise the text contains the problems and the replies of the last tries.
pub(crate) fn previous_attempts(session: &Session, job_id: &str) -> Option<String> {
    let job = session.jobs.get(job_id)?;
    let mut words = String::from(
        "An earlier fix is in the file now, and the editor reports problems there again. Fix the problems that it \
         reports now without bringing back those that the earlier fix was for, and do not repeat what did not work.",
    );
    if conversation(session, &job).is_none() {
        let mut next = Some(job_id.to_owned());
        for _ in 0..TOLD_TRIES {
            let Some(try_) = next.take().and_then(|id| session.jobs.get(&id)) else { break };
            let asked = session.history.params(&try_.id);
            words.push_str(&attempt_text(session, &try_, asked.as_ref()));
            next = asked.and_then(|asked| asked.tried_job_id);
        }
    }
    Some(words)
}

fn attempt_text(session: &Session, job: &Job, asked: Option<&RunParams>) -> String {
    let read =
        |asked: &RunParams| diagnostics::parse_diagnostics(session, &asked.text_document, asked.diagnostics.as_deref());
    let problems: Vec<String> = asked.map(read).unwrap_or_default().iter().map(ToString::to_string).collect();
    let reply = job.answer().map(|answer| answer.text.clone()).unwrap_or_default();
    let reply = display::shortened(&reply, TOLD_REPLY_CHARS);
    let problems = match problems.is_empty() {
        true => String::new(),
        false => format!("\n\nThe problems that it was for:\n{}", problems.join("\n")),
    };
    format!("{problems}\n\nThe reply that was tried:\n{}", reply.trim_end())
}
