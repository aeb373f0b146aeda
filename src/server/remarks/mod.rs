//! Remarks in the editor: diagnostics at their lines, their menu and lenses, and a document with all of them. Each
//! remark there has a link to its lines.
//!
//! The `remark_store` of the session has the remarks of each document. The job's own [`JobRemark`] has the place.

mod menu;
pub(crate) mod publish;

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use self::menu::{lenses, menu, review_file};
use self::publish::{is_inline, on_remarks_changed};
pub(crate) use self::publish::{is_ours, pull};
use crate::actions::{self, ActionResult};
use crate::config::RemarkSurface;
use crate::display;
use crate::documents::DocumentUri;
use crate::i18n::message;
use crate::job::{self, Ending, Job, JobRemark, RemarkPlace};
use crate::server::client::edits::workspace_edit;
use crate::server::session::{Session, StoredRemark};
use crate::server::wire::markdown;

/// A remark came.
pub(crate) fn on_remark(session: &Arc<Session>, job: &Arc<Job>, remark: &Arc<JobRemark>) {
    if job.remarks().first().is_some_and(|first| first.id == remark.id) {
        session.remarks.make_room(job);
    }
    session.remarks.add(StoredRemark { job: Arc::clone(job), remark: Arc::clone(remark) });
    on_remarks_changed(session, &job.document);
}

/// A job ended. Old remarks that were not replaced stay if it failed, and are removed if it found nothing.
pub(crate) fn on_job_ended(session: &Arc<Session>, job: &Job, ending: &Ending) {
    if job.action.result == ActionResult::Remarks && ending.is_ok() && job.remarks().is_empty() {
        session.remarks.make_room(job);
        on_remarks_changed(session, &job.document);
    }
}

/// A document was opened. If its text is the same as at its close, its remarks come back.
pub(crate) fn on_did_open(session: &Arc<Session>, document: &DocumentUri) {
    if session.remarks.on_did_open(&session.documents, document) {
        on_remarks_changed(session, document);
    }
}

/// Whether remarks are shown in a document.
pub(crate) fn is_in_document(session: &Session) -> bool {
    matches!(session.settings().remarks.surface, RemarkSurface::Document | RemarkSurface::Both) || !is_inline(session)
}

/// The remarks of a job in the form of `RunResult`. Returns `None` if its action does not ask for remarks.
pub(crate) fn rows(session: &Session, job: &Job) -> Option<Value> {
    (job.action.result == ActionResult::Remarks)
        .then(|| job.remarks().iter().filter_map(|remark| row(session, remark)).collect())
}

/// A remark in the form of `RunResult`. Returns `None` if it has no place.
pub(crate) fn row(session: &Session, remark: &JobRemark) -> Option<Value> {
    let place = remark.current_place()?;
    let edit = place.fix.as_ref().map(|fix| {
        let today = fix.rebased();
        workspace_edit(&session.profile, &today.snapshot, &today.changes)
    });
    Some(job::remark_row(remark, place.range(), edit))
}

/// The answer of a job with remarks, in Markdown that may be shown. Returns `None` for every other answer.
///
/// A message shows no links. There the lines are only named.
pub(crate) fn rendered(session: &Session, job: &Job, has_links: bool) -> Option<String> {
    if job.action.result != ActionResult::Remarks {
        return None;
    }
    let remarks = job.remarks();
    if remarks.is_empty() {
        let title = &job.action.title;
        return job.has_no_remarks().then(|| message!("remark-nothing", title = title).text(session.language()));
    }
    Some(remarks.iter().map(|remark| entry(session, job, remark, has_links)).collect())
}

/// A remark of an answer in Markdown that may be shown.
pub(crate) fn entry(session: &Session, job: &Job, remark: &JobRemark, has_links: bool) -> String {
    let lines = match remark.current_place() {
        Some(RemarkPlace { snapshot, bytes, .. }) => actions::lines(&snapshot.text, &bytes),
        None => remark.lines.0..remark.lines.1,
    };
    let label =
        if lines.start == lines.end { format!("L{}", lines.start) } else { format!("L{}-{}", lines.start, lines.end) };
    let address = markdown::address(&job.spelled_uri());
    let (severity, said) = (remark.severity.name(), display::title(&remark.message));
    let mut text = if has_links {
        format!("- **{severity}** [{label}](<{address}#L{}>): {said}\n", lines.start)
    } else {
        format!("- {severity} {label}: {said}\n")
    };
    if let Some(new_text) = remark.new_text.as_deref().filter(|text| !text.trim().is_empty()) {
        let fence = display::fence_around(new_text);
        let shown = display::plain(new_text);
        let indented: String = shown.lines().map(|line| format!("  {line}\n")).collect();
        let _ = write!(text, "\n  {fence}\n{indented}  {fence}\n");
    }
    if let Some(reason) = &remark.withheld {
        let _ = write!(text, "\n  *{}*\n", display::title(&reason.text(session.language())));
    }
    text + "\n"
}
