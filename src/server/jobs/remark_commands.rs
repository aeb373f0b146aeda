//! Commands for remarks: apply and dismiss.

use std::sync::Arc;

use tower_lsp::jsonrpc::{Error, Result};

use super::host::EditorHost;
use super::{preview, waiting};
use crate::documents::DocumentUri;
use crate::i18n::{Message, message};
use crate::job::{self, Job, JobRemark};
use crate::server::client::refresh_lenses;
use crate::server::remarks::publish::on_remarks_changed;
use crate::server::session::{Feedback, LocatedRemark, Session};
use crate::server::wire::invalid;

/// The job with this id and with remarks. Errors: -32602 if there is no such job.
fn job(session: &Session, id: &str) -> Result<Arc<Job>> {
    session.jobs.get(id).or_else(|| session.remarks.job(id)).ok_or_else(unknown_job)
}

/// The error that no job with the id is known.
pub(crate) fn unknown_job() -> Error {
    invalid("jobId: this job is not known any more: it is of an earlier server, or too old")
}

/// Applies the fix of a remark in the background. If that fails, the user gets the reason as a message. A fix that the
/// user must check first is shown, and then waits as any edit. Errors: -32602 if there is no such remark.
pub(crate) fn apply(session: &Arc<Session>, job_id: &str, remark: usize) -> Result<()> {
    let job = job(session, job_id)?;
    let remark = known(&job, remark)?;
    session.spawn("applying a remark", |session| async move {
        if remark.current_place().is_some_and(|it| it.fix.is_none() && it.doubtful_fix.is_some()) {
            return match job::as_waiting_edit(&job, &remark, &session.jobs) {
                Ok(waiting) => proposed(&session, waiting).await,
                Err(reason) => after_applying(&session, &job, Err(reason)),
            };
        }
        let host = EditorHost { session: &session };
        let applied = job::apply_remark(&job, &remark, &host).await;
        after_applying(&session, &job, applied)
    });
    Ok(())
}

/// Applies all fixes of a job that have a place in the text, as one edit. Errors: -32602 if there is no such job.
pub(crate) fn apply_safe(session: &Arc<Session>, job_id: &str) -> Result<()> {
    let job = job(session, job_id)?;
    session.spawn("applying remarks", |session| async move {
        // Dismissed remarks are excluded.
        let located = session.remarks.located(&job.document).into_iter().filter(|it| it.job.id == job.id);
        let remarks: Vec<Arc<JobRemark>> = located.map(|LocatedRemark { remark, .. }| remark).collect();
        let host = EditorHost { session: &session };
        let applied = job::apply_remarks(&job, &remarks, &host).await;
        after_applying(&session, &job, applied.map(drop))
    });
    Ok(())
}

/// Shows a waiting edit, and the reason why it waits.
async fn proposed(session: &Arc<Session>, waiting: Arc<Job>) -> Feedback {
    waiting::begin(session, &waiting).await;
    refresh_lenses(session);
    let feedback = waiting.proposal().map_or_else(Feedback::none, |proposal| {
        let (title, reason) = (&waiting.action.title, proposal.reason.clone());
        Feedback::info(message!("remark-proposed", title = title, reason = reason))
    });
    // If another edit has replaced it meanwhile, it is not shown.
    let _ = preview::show(session, waiting);
    feedback
}

fn after_applying(session: &Arc<Session>, job: &Job, applied: std::result::Result<(), Message>) -> Feedback {
    on_remarks_changed(session, &job.document);
    let Err(reason) = applied else { return Feedback::none() };
    Feedback::warning(message!("remark-not-applied", title = &job.action.title, reason = reason))
}

/// Removes a remark. Errors: -32602 if there is no such remark.
pub(crate) fn dismiss(session: &Arc<Session>, job_id: &str, remark: usize) -> Result<()> {
    let job = job(session, job_id)?;
    let remark = known(&job, remark)?;
    session.remarks.retain(&job.document, |stored| stored.job.id != job.id || stored.remark.id != remark.id);
    on_remarks_changed(session, &job.document);
    Ok(())
}

/// Removes all remarks of a document.
pub(crate) fn dismiss_all(session: &Arc<Session>, uri: &str) {
    let document = DocumentUri::parse(uri);
    session.remarks.retain(&document, |_| false);
    on_remarks_changed(session, &document);
}

fn known(job: &Job, remark: usize) -> Result<Arc<JobRemark>> {
    job.remark(remark).ok_or_else(|| {
        let ids: Vec<String> = job.remarks().iter().map(|remark| remark.id.to_string()).collect();
        let known = if ids.is_empty() { "it has none".to_owned() } else { ids.join(", ") };
        invalid(format!("remark: job \"{}\" has no remark {remark}; {known}", job.id))
    })
}
