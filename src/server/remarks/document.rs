//! All remarks of an answer as a document, each with a link to its lines.

use std::fmt::Write as _;

use crate::actions::{self, ActionResult};
use crate::display;
use crate::i18n::message;
use crate::job::{Job, JobRemark, Standing};
use crate::server::session::Session;
use crate::server::wire::markdown;

/// The answer of a job in Markdown that may be shown, where it is one of remarks; `None` for every other answer.
///
/// In a message, which shows no links, the lines are named alone.
pub(crate) fn rendered(session: &Session, job: &Job, has_links: bool) -> Option<String> {
    if job.action.result != ActionResult::Remarks {
        return None;
    }
    let remarks = job.remarks();
    if remarks.is_empty() {
        let title = &job.action.title;
        return job.has_nothing_to_remark().then(|| message!("remark-nothing", title = title).text(session.language()));
    }
    Some(remarks.iter().map(|remark| entry(session, job, remark, has_links)).collect())
}

/// A remark of an answer in Markdown that may be shown.
pub(crate) fn entry(session: &Session, job: &Job, remark: &JobRemark, has_links: bool) -> String {
    let lines = match remark.standing() {
        Some(Standing { snapshot, bytes, .. }) => actions::lines(&snapshot.text, &bytes),
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
        let longest = new_text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        let shown = display::plain(new_text);
        let indented: String = shown.lines().map(|line| format!("  {line}\n")).collect();
        let _ = write!(text, "\n  {fence}\n{indented}  {fence}\n");
    }
    if let Some(reason) = &remark.withheld {
        let _ = write!(text, "\n  *{}*\n", display::title(&reason.text(session.language())));
    }
    text + "\n"
}
