//! Edits that wait for the user. A command applies or discards them.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};

use super::host::EditorHost;
use super::waiting;
use crate::i18n::{Message, message};
use crate::job::{self, Job, Proposal, Resolution, without_nulls};
use crate::server::client::{edits, refresh_lenses};
use crate::server::session::{Feedback, Session};
use crate::server::wire::{ApplyParams, invalid};

/// Applies a proposal in the background. If that fails, the user gets the reason as a message, and the edit still
/// waits. Text that the user typed inside its range is not changed, unless the parameters say how. Errors: -32602 if
/// nothing waits, or if the parameters request both ways.
pub(crate) fn apply(session: &Arc<Session>, job: Arc<Job>, params: &ApplyParams) -> Result<()> {
    let typed = match (params.merge, params.replace) {
        (false, false) => None,
        (true, false) => Some(Resolution::Merged),
        (false, true) => Some(Resolution::Replaced),
        (true, true) => return Err(invalid("merge, replace: only one of the two can be true")),
    };
    let part = params.part;
    if part.is_some() && typed.is_some() {
        return Err(invalid("part: a single change is neither merged nor put in place of what was typed"));
    }
    if let Some(number) = part {
        require_part(&job, number)?;
    }
    let Some(proposal) = job.take_proposal() else { return Err(nothing_waits()) };
    let proposal = proposal.relocated(&session.documents).map_or(proposal, Arc::new);
    let (owner, taken) = (Arc::clone(&job), Arc::clone(&proposal));
    session.spawn_or(
        "applying an edit",
        move |_| owner.keep_proposal(taken),
        |session| async move {
            let host = EditorHost { session: &session };
            let applied = match part {
                Some(part) => job::apply_part(&job, &proposal, part, &host).await,
                None => job::apply_proposal(&job, &proposal, typed, &host).await.map(|()| None),
            };
            let (title, mut feedback) = (&job.action.title, Feedback::none());
            match applied {
                Ok(Some(rest)) => {
                    job.keep_proposal(Arc::new(rest));
                    waiting::save(&session, &job).await;
                }
                Ok(None) => waiting::forget(&session, &job),
                Err(reason) => {
                    feedback = Feedback::warning(match proposal.has_conflict() {
                        true => message!("report-still-typed-in", title = title, reason = reason),
                        false => message!("report-still-proposed", title = title, reason = reason),
                    });
                    job.keep_proposal(proposal);
                }
            }
            refresh_lenses(&session);
            feedback
        },
    );
    Ok(())
}

/// Discards a proposal and keeps its answer. Errors: -32602 if nothing waits.
pub(crate) fn discard(session: &Arc<Session>, job: &Arc<Job>, part: Option<usize>) -> Result<()> {
    if let Some(number) = part {
        let proposal = require_part(job, number)?;
        if let Some(rest) = proposal.without_part(number) {
            job.keep_proposal(Arc::new(rest));
            let job = Arc::clone(job);
            session.spawn("keeping the rest of an edit", |session| async move { waiting::save(&session, &job).await });
            refresh_lenses(session);
            return Ok(());
        }
    }
    job.take_proposal().map(drop).ok_or_else(nothing_waits)?;
    waiting::forget(session, job);
    refresh_lenses(session);
    Ok(())
}

/// The waiting edit of a job, if it has a change with this number.
fn require_part(job: &Job, number: usize) -> Result<Arc<Proposal>> {
    let proposal = job.proposal().ok_or_else(nothing_waits)?;
    let numbers: Vec<_> = proposal.parts().iter().map(|part| part.number.to_string()).collect();
    if numbers.contains(&number.to_string()) {
        return Ok(proposal);
    }
    let known = if numbers.is_empty() { "it has one change alone".to_owned() } else { numbers.join(", ") };
    Err(invalid(format!("part: the edit of job \"{}\" has no change {number} that waits; {known}", job.id)))
}

/// The edit of a proposal for the present text, for plug-ins that show it themselves. Errors: -32602 if nothing waits.
pub(crate) fn describe(session: &Session, job: &Job) -> Result<Value> {
    let proposal = job.proposal().ok_or_else(nothing_waits)?;
    let found = proposal.relocated(&session.documents);
    let proposal = found.as_ref().unwrap_or(&proposal);
    if !proposal.is_offered() {
        return Err(invalid(format!("jobId: the document of job \"{}\" is not open, or holds another text", job.id)));
    }
    let reason = proposal.reason.text(session.language());
    let (edit, parts) = (edits::proposed_edit(session, job, proposal), edits::parts(session, proposal, true));
    Ok(without_nulls(json!({ "edit": edit, "reason": reason, "parts": parts })))
}

/// The error that no edit of the job waits.
pub(crate) fn nothing_waits() -> Error {
    invalid("jobId: its edit waits no more: it was applied or discarded")
}

/// A way to apply a waiting edit.
pub(crate) struct ApplyChoice {
    /// The title in a menu. It says where the edit is.
    pub(crate) title: Message,
    /// The title above the edit's own lines.
    pub(crate) short_title: Message,
    /// The argument of the command.
    pub(crate) argument: Value,
    /// This way keeps everything that the user typed.
    pub(crate) keeps_what_was_typed: bool,
}

/// The ways to apply a waiting edit. If the user typed inside its range, each way says what happens to that text. A way
/// that keeps it comes first.
pub(crate) fn apply_choices(job: &Job) -> Vec<ApplyChoice> {
    let (id, title, lines) = (&job.id, &job.action.title, job.lines_label());
    let choice =
        |title, short_title, argument| ApplyChoice { title, short_title, argument, keeps_what_was_typed: true };
    let waits = job.proposal();
    if let Some(file_edit) = waits.as_ref().and_then(|proposal| proposal.file_edit()) {
        let file = file_edit.destination().display_path();
        let short_title = message!("lens-apply-into", title = title, file = &file);
        let title = message!("menu-apply-into", title = title, lines = lines, file = file);
        return vec![choice(title, short_title, json!({ "jobId": id }))];
    }
    let Some(proposal) = waits.filter(|proposal| proposal.has_conflict()) else {
        let short_title = message!("lens-apply", title = title);
        let title = message!("menu-apply", title = title, lines = lines);
        return vec![choice(title, short_title, json!({ "jobId": id }))];
    };
    let mut ways = Vec::new();
    if proposal.merges_quickly() {
        let merged = message!("menu-apply-merged", title = title, lines = &lines);
        ways.push(choice(merged, message!("lens-apply-merged"), json!({ "jobId": id, "merge": true })));
    }
    let in_place = message!("menu-apply-in-place", title = title, lines = lines);
    let replaced = choice(in_place, message!("lens-apply-in-place"), json!({ "jobId": id, "replace": true }));
    ways.push(ApplyChoice { keeps_what_was_typed: false, ..replaced });
    ways
}
