//! The lines that an answer in words may name, as links to them.

use crate::actions::ActionResult;
use crate::display::LineLinks;
use crate::job::Job;

/// Links to the lines that a job asks about, of the document at `uri`; `None` where its answer is no words, or the
/// document no file. The lines are known once the question is sent.
pub(crate) fn of(job: &Job, uri: &str) -> Option<LineLinks> {
    let lines = job.lines();
    let is_words = job.action.result == ActionResult::Answer;
    is_words.then(|| LineLinks::new(uri, lines.start.max(1)..=lines.end)).flatten()
}

/// The same for the document that the job was asked in.
pub(crate) fn here(job: &Job) -> Option<LineLinks> {
    of(job, &job.spelled_uri())
}
