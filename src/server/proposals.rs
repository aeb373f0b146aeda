//! Edits that wait for the user: applied or discarded by command.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;

use super::edits;
use super::jobs::EditorHost;
use super::lenses;
use super::params::{ApplyParams, invalid};
use super::session::{MessageKind, Session};
use super::tasks;
use super::waiting;
use crate::i18n::message;
use crate::job::{self, Job, Proposal, Typed, without_nulls};

/// Applies a proposal in the background. What keeps it from the text is said by message, and it goes on waiting. What the
/// user typed inside its range is left alone unless the parameters say what is to become of it.
///
/// # Errors
/// -32602 where nothing waits, or where both ways are asked for.
pub(crate) fn apply(session: &Arc<Session>, job: Arc<Job>, params: &ApplyParams) -> Result<()> {
    let typed = match (params.merge, params.replace) {
        (false, false) => None,
        (true, false) => Some(Typed::Merged),
        (false, true) => Some(Typed::Replaced),
        (true, true) => return Err(invalid("merge, replace: only one of the two can be true")),
    };
    let part = params.part;
    if part.is_some() && typed.is_some() {
        return Err(invalid("part: a single change is neither merged nor put in place of what was typed"));
    }
    if let Some(number) = part {
        has_part(&job, number)?;
    }
    let Some(proposal) = job.take_proposal() else { return Err(nothing_waits(&job)) };
    let proposal = proposal.found_again(&session.documents).map_or(proposal, Arc::new);
    let session = Arc::clone(session);
    tasks::spawn("applying an edit", async move {
        let host = EditorHost { session: &session };
        let applied = match (part, typed) {
            (Some(part), _) => job::apply_part(&job, &proposal, part, &session.jobs, &host).await,
            (None, Some(typed)) => {
                job::apply_over_typing(&job, &proposal, typed, &session.jobs, &host).await.map(|()| None)
            }
            (None, None) => job::apply_proposal(&job, &proposal, &session.jobs, &host).await.map(|()| None),
        };
        if let Ok(Some(rest)) = applied {
            waiting::keep_edit(&session, &job, &rest).await;
            job.keep_proposal(Arc::new(rest));
        } else if let Err(reason) = applied {
            let title = &job.action.title;
            let message = if proposal.is_typed_in() {
                message!("report-still-typed-in", title = title, reason = reason)
            } else {
                message!("report-still-proposed", title = title, reason = reason)
            };
            job.keep_proposal(proposal);
            session.show_message(MessageKind::Warning, &message);
        } else {
            waiting::forget(&session, &job);
        }
        lenses::changed(&session);
    });
    Ok(())
}

/// Discards a proposal; its answer is kept.
///
/// # Errors
/// -32602 where nothing waits.
pub(crate) fn discard(session: &Arc<Session>, job: &Arc<Job>, part: Option<usize>) -> Result<()> {
    if let Some(number) = part {
        let proposal = has_part(job, number)?;
        if let Ok(Some(rest)) = proposal.without_part(number) {
            job.keep_proposal(Arc::new(rest));
            let (keeping, job) = (Arc::clone(session), Arc::clone(job));
            tasks::spawn("keeping the rest of an edit", async move { waiting::keep(&keeping, &job).await });
            lenses::changed(session);
            return Ok(());
        }
    }
    job.take_proposal().map(drop).ok_or_else(|| nothing_waits(job))?;
    waiting::forget(session, job);
    lenses::changed(session);
    Ok(())
}

/// The waiting edit of a job, which has a change of this number.
fn has_part(job: &Job, number: usize) -> Result<Arc<Proposal>> {
    let proposal = job.proposal().ok_or_else(|| nothing_waits(job))?;
    let numbers: Vec<_> = proposal.parts().iter().map(|part| part.number.to_string()).collect();
    if numbers.contains(&number.to_string()) {
        return Ok(proposal);
    }
    let known = if numbers.is_empty() { "it has one change alone".to_owned() } else { numbers.join(", ") };
    Err(invalid(format!("part: the edit of job \"{}\" has no change {number} that waits; {known}", job.id)))
}

/// The edit of a proposal for the text of today, for plug-ins that show it themselves. It goes on waiting.
///
/// # Errors
/// -32602 where nothing waits.
pub(crate) fn describe(session: &Session, job: &Job) -> Result<Value> {
    let proposal = job.proposal().ok_or_else(|| nothing_waits(job))?;
    let found = proposal.found_again(&session.documents);
    let proposal = found.as_ref().unwrap_or(&proposal);
    if !proposal.is_offered() {
        return Err(invalid(format!("jobId: the document of job \"{}\" is not open, or holds another text", job.id)));
    }
    let reason = proposal.reason.text(session.language());
    Ok(without_nulls(
        json!({ "edit": edits::proposed_edit(session, job, proposal), "reason": reason, "parts": edits::parts(session, proposal, true) }),
    ))
}

/// That no edit of the job waits.
pub(super) fn nothing_waits(job: &Job) -> tower_lsp::jsonrpc::Error {
    invalid(format!("jobId: no edit of job \"{}\" waits to be applied", job.id))
}
