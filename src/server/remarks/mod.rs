//! Remarks as the editor has them: diagnostics at their lines, the menu and the lenses on these, and a document with all.
//!
//! The `shelf` knows which remarks a document has; where each stands is told by the job's own [`JobRemark`].

mod choose;
mod document;
mod menu;
mod publish;
mod shelf;

use std::sync::Arc;

use serde_json::Value;

pub(super) use self::choose::{apply, apply_safe, dismiss, dismiss_all};
pub(super) use self::document::{entry, rendered};
pub(super) use self::menu::{lenses, menu, review_file};
pub(super) use self::publish::{is_ours, pull};
pub(crate) use self::shelf::Shelf;
use self::shelf::Shelved;
use super::edits::workspace_edit;
use super::session::{MessageKind, Session};
use super::{answers, lenses};
use crate::actions::ActionResult;
use crate::config::RemarkSurface;
use crate::documents::DocumentUri;
use crate::i18n::message;
use crate::job::{self, Finished, Job, JobRemark};

/// A remark came.
pub(super) fn come(session: &Arc<Session>, job: &Arc<Job>, remark: &Arc<JobRemark>) {
    if job.remarks().first().is_some_and(|first| first.id == remark.id) {
        session.remarks.make_room(job);
    }
    session.remarks.add(Shelved { job: Arc::clone(job), remark: Arc::clone(remark) });
    changed_here(session, &job.document);
}

/// A job ended. Remarks that nothing came in place of stay where it failed, and go where it found nothing.
pub(super) fn ended(session: &Arc<Session>, job: &Job, ending: &super::jobs::Ending) {
    if job.action.result == ActionResult::Remarks && ending.is_ok() && job.remarks().is_empty() {
        session.remarks.make_room(job);
        changed_here(session, &job.document);
    }
}

/// Shows what a job that a command started found, where its lines do not show it.
pub(super) fn report(session: &Arc<Session>, job: &Arc<Job>, finished: &Finished) {
    let (title, count) = (&job.action.title, job.remarks().len());
    if let Some(reason) = finished.answer.shortfall() {
        session.show_message(MessageKind::Warning, &message!("report-not-whole", title = title, reason = reason));
    }
    match count {
        0 if job.has_nothing_to_remark() => {
            session.show_message(MessageKind::Info, &message!("remark-nothing", title = title));
        }
        // It is an answer in a form of its own: it was paid for, and can be read.
        0 => answers::show(session, job),
        count => {
            if is_in_document(session) {
                answers::show(session, job);
            } else if !session.shows_progress_text() {
                session.show_message(MessageKind::Info, &message!("remark-count", title = title, count = count));
            }
        }
    }
}

/// A document is about to be closed.
pub(super) fn closing(session: &Arc<Session>, uri: &str) {
    session.remarks.parks(session, &DocumentUri::parse(uri));
}

/// A document was closed, and with it what stood in it.
pub(super) fn closed(session: &Arc<Session>, uri: &str) {
    publish::now(session, &DocumentUri::parse(uri));
}

/// A document was opened: with the text that it was closed with its remarks come back.
pub(super) fn opened(session: &Arc<Session>, uri: &str) {
    let document = DocumentUri::parse(uri);
    if session.remarks.reopens(session, &document) {
        changed_here(session, &document);
    }
}

/// A document changed.
pub(super) fn changed(session: &Arc<Session>, uri: &str) {
    publish::soon(session, uri);
}

/// What stands in a document is another by now.
fn changed_here(session: &Arc<Session>, document: &DocumentUri) {
    publish::now(session, document);
    lenses::changed(session);
}

/// Whether remarks stand at their lines.
pub(super) fn is_inline(session: &Session) -> bool {
    let profile = &session.profile;
    let can = profile.publishes_diagnostics || profile.pulls_diagnostics;
    can && session.settings().remarks.surface != RemarkSurface::Document
}

/// Whether they are shown in a document.
fn is_in_document(session: &Session) -> bool {
    matches!(session.settings().remarks.surface, RemarkSurface::Document | RemarkSurface::Both) || !is_inline(session)
}

/// The remarks of a job as `RunResult` has them; `None` where its action asks for none.
pub(super) fn rows(session: &Session, job: &Job) -> Option<Value> {
    (job.action.result == ActionResult::Remarks)
        .then(|| job.remarks().iter().filter_map(|remark| row(session, remark)).collect())
}

/// A remark as `RunResult` has it; `None` for one that stands nowhere.
pub(super) fn row(session: &Session, remark: &JobRemark) -> Option<Value> {
    let standing = remark.standing()?;
    let edit = standing.fix.as_ref().map(|fix| {
        let today = fix.rebased();
        workspace_edit(&session.profile, &today.snapshot, &today.changes)
    });
    Some(job::remark_row(remark, standing.range(), edit))
}
