//! The result of a job, as a response and as a message.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;

use crate::actions::ActionResult;
use crate::display;
use crate::i18n::{Message, message};
use crate::job::{self, Ending, Failed, Finished, Job, JobError, Outcome};
use crate::server::client::edits;
use crate::server::session::{Feedback, MessageKind, Session};
use crate::server::wire::{error_response, links};
use crate::server::{answers, remarks};

/// The response to `stackspot-lsp/run`.
pub(crate) fn reply(session: &Session, job: &Job, ending: &Ending, sanitizes: bool) -> Result<Value> {
    match ending {
        Ok(finished) => {
            let mut result = run_result(session, job, finished);
            if let Some(fields) = result.as_object_mut().filter(|_| sanitizes) {
                let markdown = remarks::rendered(session, job, true);
                let markdown =
                    markdown.unwrap_or_else(|| display::sanitize_with_links(&finished.answer.text, links::here(job)));
                fields.insert("answerMarkdown".to_owned(), markdown.into());
            }
            Ok(result)
        }
        Err(failed) => Err(error_response(failed, session.error_audience(), sanitizes, links::here(job))),
    }
}

/// `RunResult` of the contract, with the edit in the negotiated encoding.
pub(crate) fn run_result(session: &Session, job: &Job, finished: &Finished) -> Value {
    let (edit, parts) = match &finished.outcome {
        Outcome::Proposed(proposal) => {
            (Some(edits::proposed_edit(session, job, proposal)), edits::parts(session, proposal, false))
        }
        Outcome::Answered { .. } | Outcome::Applied { .. } | Outcome::Unchanged { .. } => (None, None),
    };
    let mut result = job::run_result(job, finished, edit, parts, session.language());
    if let (Some(remarks), Some(fields)) = (remarks::rows(session, job), result.as_object_mut()) {
        fields.insert("remarks".to_owned(), remarks);
    }
    result
}

/// The message about a job that a command started. An answer to read is already shown.
pub(crate) fn report(session: &Arc<Session>, job: &Arc<Job>, ending: &Ending) -> Feedback {
    let title = &job.action.title;
    match ending {
        Ok(finished) if job.action.result == ActionResult::Remarks => of_remarks(session, job, finished),
        Ok(Finished { outcome: Outcome::Answered { reason: None }, .. }) => Feedback::none(),
        Ok(Finished { outcome: Outcome::Answered { reason: Some(reason) }, .. })
            if job.action.result == ActionResult::Answer =>
        {
            Feedback::warning(message!("report-not-whole", title = title, reason = reason))
        }
        Ok(Finished { outcome: outcome @ Outcome::Answered { reason: Some(_) }, .. }) => {
            answers::show_final(session, job);
            of_edit(session, job, outcome)
        }
        Ok(Finished { outcome: Outcome::Applied { lacking: None }, answer, .. }) => {
            if session.shows_progress_text() {
                return Feedback::none();
            }
            Feedback::info(message!("report-done", title = title, usage = answer.usage_line()))
        }
        Ok(Finished { outcome, .. }) => of_edit(session, job, outcome),
        Err(failed) => of_failure(session, job, failed),
    }
}

/// Why an edit is not in the text, or what it also needs.
pub(crate) fn of_edit(session: &Session, job: &Job, outcome: &Outcome) -> Feedback {
    let title = &job.action.title;
    Feedback::info(match outcome {
        Outcome::Answered { reason: None } | Outcome::Applied { lacking: None } => return Feedback::none(),
        Outcome::Answered { reason: Some(reason) } => {
            return Feedback::warning(message!("report-changed-nothing", title = title, reason = reason));
        }
        Outcome::Proposed(proposal) => {
            let reason = &proposal.reason;
            match proposal.file_edit() {
                Some(_) => message!("report-ready", title = title, reason = reason),
                None if session.profile.one_line_messages => {
                    message!("report-proposed-briefly", title = title, reason = reason)
                }
                None => message!("report-proposed", title = title, reason = reason),
            }
        }
        Outcome::Unchanged { because: None } => message!("report-unchanged", title = title),
        Outcome::Unchanged { because: Some(reason) } => {
            message!("report-unchanged-because", title = title, reason = reason)
        }
        Outcome::Applied { lacking: Some(reason) } => {
            message!("report-applied-lacking", title = title, reason = reason)
        }
    })
}

/// Why a job failed. Cancelling needs no message: the user knows about it.
pub(crate) fn of_failure(session: &Session, job: &Job, failed: &Failed) -> Feedback {
    if matches!(failed.error, JobError::Cancelled) {
        return Feedback::none();
    }
    let is_hidden = !answers::is_in_a_document(session, job);
    let kept = failed.partial.as_ref().filter(|_| is_hidden).map(|_| message!("report-answer-kept"));
    let is_short = session.profile.one_line_messages;
    let error = if is_short { failed.error.remedy_first() } else { failed.error.message() };
    let what = Message::joined([Some(error), kept].into_iter().flatten().collect(), " ");
    // The next step comes first: if a message has one line, its end is cut off.
    let subject = session.shown_path(&job.document).unwrap_or_else(|| job.client_uri.to_string());
    let message = message!("report-failed", what = what, title = &job.action.title, subject = subject);
    let kind = if matches!(failed.error, JobError::Declined(_)) { MessageKind::Info } else { MessageKind::Error };
    Feedback::of(kind, message)
}

/// The findings of a job that a command started, if its lines do not show them.
fn of_remarks(session: &Arc<Session>, job: &Arc<Job>, finished: &Finished) -> Feedback {
    let (title, count) = (&job.action.title, job.remarks().len());
    let shortfall = finished.answer.shortfall().map_or_else(Feedback::none, |reason| {
        Feedback::warning(message!("report-not-whole", title = title, reason = reason))
    });
    shortfall.and(match count {
        0 if job.has_no_remarks() => Feedback::info(message!("remark-nothing", title = title)),
        // Without a remark it is an answer in another form. The user paid for it, and can read it.
        count if count == 0 || remarks::is_in_document(session) => {
            answers::show_final(session, job);
            Feedback::none()
        }
        _ if session.shows_progress_text() => Feedback::none(),
        count => Feedback::info(message!("remark-count", title = title, count = count)),
    })
}
