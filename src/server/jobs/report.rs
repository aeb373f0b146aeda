//! What became of a job, as a response and as a message.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;

use crate::actions::ActionResult;
use crate::display;
use crate::i18n::{Message, message};
use crate::job::{self, Ending, Failed, Finished, Job, JobError, Outcome};
use crate::server::client::edits;
use crate::server::session::Session;
use crate::server::wire::errors::error_response;
use crate::server::wire::links;
use crate::server::wire::message_kind::MessageKind;
use crate::server::{answers, remarks};

/// What `stackspot-lsp/run` is answered with.
pub(crate) fn reply(session: &Session, job: &Job, ending: &Ending, defuses: bool) -> Result<Value> {
    match ending {
        Ok(finished) => {
            let mut result = run_result(session, job, finished);
            if let Some(fields) = result.as_object_mut().filter(|_| defuses) {
                let markdown = remarks::rendered(session, job, true);
                let markdown =
                    markdown.unwrap_or_else(|| display::defused_with_links(&finished.answer.text, links::here(job)));
                fields.insert("answerMarkdown".to_owned(), markdown.into());
            }
            Ok(result)
        }
        Err(failed) => Err(error_response(failed, session.language(), defuses, links::here(job))),
    }
}

/// `RunResult` of the contract, with the edit in the negotiated encoding.
pub(crate) fn run_result(session: &Session, job: &Job, finished: &Finished) -> Value {
    let edit = match &finished.outcome {
        Outcome::Proposed(proposal) => Some(edits::proposed_edit(session, job, proposal)),
        Outcome::Answered { .. } | Outcome::Applied { .. } | Outcome::Unchanged { .. } => None,
    };
    let parts = match &finished.outcome {
        Outcome::Proposed(proposal) => edits::parts(session, proposal, false),
        Outcome::Answered { .. } | Outcome::Applied { .. } | Outcome::Unchanged { .. } => None,
    };
    let mut result = job::run_result(job, finished, edit, parts, session.language());
    if let (Some(remarks), Some(fields)) = (remarks::rows(session, job), result.as_object_mut()) {
        fields.insert("remarks".to_owned(), remarks);
    }
    result
}

/// Says what became of a job that a command started; an answer to read is shown already.
pub(crate) fn report(session: &Arc<Session>, job: &Arc<Job>, ending: &Ending) {
    let say = |kind, message: &Message| session.show_message(kind, message);
    let title = &job.action.title;
    match ending {
        Ok(finished) if job.action.result == ActionResult::Remarks => report_remarks(session, job, finished),
        Ok(Finished { outcome: Outcome::Answered { reason: None }, .. }) => {}
        Ok(Finished { outcome: Outcome::Answered { reason: Some(reason) }, .. })
            if job.action.result == ActionResult::Answer =>
        {
            say(MessageKind::Warning, &message!("report-not-whole", title = title, reason = reason));
        }
        Ok(Finished { outcome: outcome @ Outcome::Answered { reason: Some(_) }, .. }) => {
            report_edit(session, job, outcome);
            answers::show_final(session, job);
        }
        Ok(Finished { outcome: Outcome::Applied { lacking: None }, answer, .. }) => {
            if !session.shows_progress_text() {
                say(MessageKind::Info, &message!("report-done", title = title, usage = answer.usage_line()));
            }
        }
        Ok(Finished { outcome, .. }) => report_edit(session, job, outcome),
        Err(failed) => report_failure(session, job, failed),
    }
}

/// Says why an edit is not in the text, or what it needs besides.
pub(crate) fn report_edit(session: &Session, job: &Job, outcome: &Outcome) {
    let title = &job.action.title;
    let (kind, message) = match outcome {
        Outcome::Answered { reason: Some(reason) } => {
            (MessageKind::Warning, message!("report-changed-nothing", title = title, reason = reason))
        }
        Outcome::Proposed(proposal) if proposal.filed().is_some() => {
            (MessageKind::Info, message!("report-ready", title = title, reason = &proposal.reason))
        }
        Outcome::Proposed(proposal) if session.profile.one_line_messages => {
            (MessageKind::Info, message!("report-proposed-briefly", title = title, reason = &proposal.reason))
        }
        Outcome::Proposed(proposal) => {
            (MessageKind::Info, message!("report-proposed", title = title, reason = &proposal.reason))
        }
        Outcome::Unchanged { because: None } => (MessageKind::Info, message!("report-unchanged", title = title)),
        Outcome::Unchanged { because: Some(reason) } => {
            (MessageKind::Info, message!("report-unchanged-because", title = title, reason = reason))
        }
        Outcome::Applied { lacking: Some(reason) } => {
            (MessageKind::Info, message!("report-applied-lacking", title = title, reason = reason))
        }
        Outcome::Answered { reason: None } | Outcome::Applied { lacking: None } => return,
    };
    session.show_message(kind, &message);
}

/// Says why a job failed; that it was cancelled is known to whoever did it.
pub(crate) fn report_failure(session: &Session, job: &Job, failed: &Failed) {
    if !matches!(failed.error, JobError::Cancelled) {
        let is_hidden = !answers::is_in_a_document(session, job);
        let kept = failed.partial.as_ref().filter(|_| is_hidden).map(|_| message!("report-answer-kept"));
        let is_short = session.profile.one_line_messages;
        let error = if is_short { failed.error.remedy_first() } else { failed.error.message() };
        let what = Message::joined([Some(error), kept].into_iter().flatten().collect(), " ");
        // What to do comes first: where a message has one line, its end is cut off.
        let subject = session.shown_path(&job.document).unwrap_or_else(|| job.client_uri.to_string());
        let message = message!("report-failed", what = what, title = &job.action.title, subject = subject);
        let kind = if matches!(failed.error, JobError::Declined(_)) { MessageKind::Info } else { MessageKind::Error };
        session.show_message(kind, &message);
    }
}

/// Shows what a job that a command started found, where its lines do not show it.
fn report_remarks(session: &Arc<Session>, job: &Arc<Job>, finished: &Finished) {
    let (title, count) = (&job.action.title, job.remarks().len());
    if let Some(reason) = finished.answer.shortfall() {
        session.show_message(MessageKind::Warning, &message!("report-not-whole", title = title, reason = reason));
    }
    match count {
        0 if job.has_nothing_to_remark() => {
            session.show_message(MessageKind::Info, &message!("remark-nothing", title = title));
        }
        // It is an answer in a form of its own: it was paid for, and can be read.
        0 => answers::show_final(session, job),
        count => {
            if remarks::is_in_document(session) {
                answers::show_final(session, job);
            } else if !session.shows_progress_text() {
                session.show_message(MessageKind::Info, &message!("remark-count", title = title, count = count));
            }
        }
    }
}
