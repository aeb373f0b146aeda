//! Remarks as the editor has them: diagnostics at their lines, the menu and the lenses on these, and a document with all.
//!
//! The `remark_shelf` of the session knows which remarks a document has; where each stands is told by the job's own [`JobRemark`].

mod document;
mod menu;
pub(crate) mod publish;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use self::document::{entry, rendered};
pub(crate) use self::menu::{lenses, menu, review_file};
use self::publish::{changed_here, is_inline};
pub(crate) use self::publish::{is_ours, pull};
use crate::actions::ActionResult;
use crate::config::RemarkSurface;
use crate::documents::DocumentUri;
use crate::job::{self, Ending, Job, JobRemark};
use crate::server::client::edits::workspace_edit;
use crate::server::session::{Session, Shelved};

/// A remark came.
pub(crate) fn come(session: &Arc<Session>, job: &Arc<Job>, remark: &Arc<JobRemark>) {
    if job.remarks().first().is_some_and(|first| first.id == remark.id) {
        session.remarks.make_room(job);
    }
    session.remarks.add(Shelved { job: Arc::clone(job), remark: Arc::clone(remark) });
    changed_here(session, &job.document);
}

/// A job ended. Remarks that nothing came in place of stay where it failed, and go where it found nothing.
pub(crate) fn on_job_ended(session: &Arc<Session>, job: &Job, ending: &Ending) {
    if job.action.result == ActionResult::Remarks && ending.is_ok() && job.remarks().is_empty() {
        session.remarks.make_room(job);
        changed_here(session, &job.document);
    }
}

/// A document was opened: with the text that it was closed with its remarks come back.
pub(crate) fn on_did_open(session: &Arc<Session>, document: &DocumentUri) {
    if session.remarks.reopens(&session.documents, document) {
        changed_here(session, document);
    }
}

/// Whether they are shown in a document.
pub(crate) fn is_in_document(session: &Session) -> bool {
    matches!(session.settings().remarks.surface, RemarkSurface::Document | RemarkSurface::Both) || !is_inline(session)
}

/// The remarks of a job as `RunResult` has them; `None` where its action asks for none.
pub(crate) fn rows(session: &Session, job: &Job) -> Option<Value> {
    (job.action.result == ActionResult::Remarks)
        .then(|| job.remarks().iter().filter_map(|remark| row(session, remark)).collect())
}

/// A remark as `RunResult` has it; `None` for one that stands nowhere.
pub(crate) fn row(session: &Session, remark: &JobRemark) -> Option<Value> {
    let standing = remark.standing()?;
    let edit = standing.fix.as_ref().map(|fix| {
        let today = fix.rebased();
        workspace_edit(&session.profile, &today.snapshot, &today.changes)
    });
    Some(job::remark_row(remark, standing.range(), edit))
}
