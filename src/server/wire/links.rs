//! Links to the lines that an answer in words may name.

use crate::actions::ActionResult;
use crate::display::LineLinks;
use crate::job::Job;

/// Links to the lines of a job's question, in the document at `uri`. Returns `None` if its answer is not words, or the
/// document is not a file. The lines are known once the question is sent.
pub(crate) fn links_in_answer(job: &Job, uri: &str) -> Option<LineLinks> {
    let lines = job.lines();
    let is_words = job.action.result == ActionResult::Answer;
    is_words.then(|| LineLinks::new(uri, lines.start.max(1)..=lines.end)).flatten()
}

/// The same for the document of the job itself.
pub(crate) fn here(job: &Job) -> Option<LineLinks> {
    links_in_answer(job, &job.spelled_uri())
}
