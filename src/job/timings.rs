//! How long each phase of a job took.

use std::time::Duration;

use tokio::time::Instant;

use super::{Failed, Finished, Job, JobPhase};

/// Times since the request for the job; `None` for phases that it did not reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timings {
    asked: Instant,
    /// The job got its turn, and its prompt may be sent.
    pub(super) queue: Option<Duration>,
    /// The request is on its way to the agent.
    pub(super) connect: Option<Duration>,
    /// The first text came.
    pub(super) first_text: Option<Duration>,
}

impl Default for Timings {
    fn default() -> Self {
        Self { asked: Instant::now(), queue: None, connect: None, first_text: None }
    }
}

impl Timings {
    /// Records that the job enters a phase. After a failed attempt, the first time counts.
    pub(super) fn entered(&mut self, phase: &JobPhase) {
        let time = match phase {
            JobPhase::SigningIn | JobPhase::LookingUp | JobPhase::Connecting => &mut self.queue,
            JobPhase::Waiting => &mut self.connect,
            JobPhase::Streaming => &mut self.first_text,
            _ => return,
        };
        time.get_or_insert(self.asked.elapsed());
    }

    pub(super) fn total(&self) -> Duration {
        self.asked.elapsed()
    }
}

/// Logs how long a job took and how it ended. It logs no text of the user or the agent.
pub(super) fn log_end(job: &Job, ending: &Result<Finished, Failed>) {
    let (outcome, answer) = match ending {
        Ok(finished) => (finished.outcome.name(), Some(&finished.answer)),
        Err(failed) => (failed.error.kind().unwrap_or("cancelled"), failed.partial.as_ref()),
    };
    let milliseconds = |time: Option<Duration>| time.map(|time| time.as_millis());
    let timings = job.timings();
    let tokens = answer.and_then(|answer| answer.end.as_ref()).map(|end| end.tokens).unwrap_or_default();
    tracing::info!(
        outcome,
        queue_ms = milliseconds(timings.queue),
        connect_ms = milliseconds(timings.connect),
        first_text_ms = milliseconds(timings.first_text),
        total_ms = milliseconds(Some(timings.total())),
        answer_bytes = answer.map(|answer| answer.text.len()),
        input_tokens = tokens.input,
        output_tokens = tokens.output,
        "the job ended"
    );
    if let Some(answer) = answer {
        tracing::trace!(answer = %answer.text, "the answer");
    }
}
