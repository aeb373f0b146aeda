//! Shows a running job: progress with throttled messages, and partial results if the client requested them.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use crate::actions::ActionResult;
use crate::display::{self, Sanitizer};
use crate::i18n::{Language, Message, message};
use crate::job::{Failed, Finished, Job, JobEvent, JobPhase, Outcome};
use crate::server::client::{Progress, ProgressChannel, ProgressChannels};
use crate::server::remarks;
use crate::server::session::Session;
use crate::server::wire::links;

/// At most sixty frames of partial results a second.
const FRAME_INTERVAL: Duration = Duration::from_micros(16_667);

/// How often the seconds of a wait are updated.
const TICK: Duration = Duration::from_secs(1);

/// If more bytes than this wait for the client, the server collects partial results and sends them later.
const SLOW_CLIENT_BACKLOG: usize = 256 << 10;

/// How long a stream may be silent before the progress says so, in seconds.
const SILENT_SECONDS: u64 = 3;

/// How much of the latest text a progress message shows, in characters.
const LAST_WORDS_CHARS: usize = 40;

/// The end message of the progress of a cancelled job.
pub(crate) const CANCELLED: Message = message!("progress-cancelled");

pub(crate) struct Presenter {
    session: Arc<Session>,
    job: Arc<Job>,
    language: Language,
    title: String,
    progress: ProgressState,
    partial: Option<PartialResults>,
    phase: JobPhase,
    /// When the last event was: the phase began, or text came.
    since: Instant,
    received_chars: usize,
    /// How many remarks have come.
    remarks: usize,
    last_words: String,
}

/// The state of the progress for the user.
enum ProgressState {
    /// The client has no progress, or refused the token.
    Nothing,
    /// The server requested a token.
    Requested(BoxFuture<'static, Option<ProgressChannel>>),
    Begun(Progress),
}

impl Presenter {
    pub(crate) fn new(session: &Arc<Session>, job: &Arc<Job>, lines: ProgressChannels) -> Self {
        let ProgressChannels { partial, progress, sanitizes } = lines;
        let title = session.title(&match session.shown_path(&job.document) {
            Some(path) => message!("progress-title", title = &job.action.title, path = path),
            None => job.action.title.clone(),
        });
        let progress = match progress {
            Some(line) => ProgressState::Begun(Progress::begin(line, &title, session.language())),
            None if session.profile.work_done_progress => {
                ProgressState::Requested(Box::pin(Progress::create(session.outbox.clone(), job.id.clone())))
            }
            None => ProgressState::Nothing,
        };
        let partial = partial.map(|line| PartialResults {
            line,
            due: Instant::now(),
            waiting: String::new(),
            sanitizes,
            sanitizer: None,
        });
        Self {
            session: Arc::clone(session),
            job: Arc::clone(job),
            language: session.language(),
            title,
            progress,
            partial,
            phase: JobPhase::Preparing,
            since: Instant::now(),
            received_chars: 0,
            remarks: 0,
            last_words: String::new(),
        }
    }

    /// Shows events until the job has no more. Then all of the answer was sent.
    pub(crate) async fn follow(&mut self, mut events: UnboundedReceiver<JobEvent>) {
        loop {
            let tick = self.since + TICK * (self.seconds() + 1);
            let (partial_due, report_due) = (self.partial.as_ref().and_then(PartialResults::due), self.progress.due());
            let counts_seconds = self.counts_seconds();
            tokio::select! {
                biased;
                accepted = self.progress.accepted() => self.begin(accepted),
                event = events.recv() => match event {
                    Some(event) => self.on_event(event),
                    None => break,
                },
                () = sleep_until_some(partial_due) => self.flush_partial(false),
                () = sleep_until_some(report_due) => self.progress.flush(),
                () = sleep_until(tick), if counts_seconds => self.report(),
            }
        }
        self.flush_partial(true);
        self.show_what_was_no_remark();
    }

    /// An answer that should be remarks and has none is shown once it is complete: the user paid for it.
    fn show_what_was_no_remark(&self) {
        let Some(partial) = self.partial.as_ref().filter(|it| it.sanitizes) else { return };
        if self.job.action.result == ActionResult::Remarks && self.remarks == 0 && self.received_chars > 0 {
            let shown = remarks::rendered(&self.session, &self.job, true);
            let shown = shown.unwrap_or_else(|| display::sanitize(&self.job.text_after(0)));
            partial.line.send(json!({ "delta": "", "markdown": shown }));
        }
    }

    /// Ends the progress. After this, only the result of the job is shown.
    pub(crate) fn finish(&mut self, ending: &Result<Finished, Failed>) {
        let ProgressState::Begun(progress) = std::mem::replace(&mut self.progress, ProgressState::Nothing) else {
            return;
        };
        progress.end(&self.end_message(ending).text(self.language));
    }

    fn end_message(&self, ending: &Result<Finished, Failed>) -> Message {
        match ending {
            Ok(Finished { outcome, answer, .. }) => {
                let usage = answer.usage_line();
                match outcome {
                    _ if self.remarks > 0 => message!("progress-remarked", count = self.remarks, usage = usage),
                    Outcome::Answered { .. } => message!("progress-answered", usage = usage),
                    Outcome::Applied { .. } => message!("progress-applied", usage = usage),
                    Outcome::Proposed(_) => message!("progress-proposed", usage = usage),
                    Outcome::Unchanged { .. } => message!("progress-unchanged", usage = usage),
                }
            }
            Err(Failed { error, .. }) => match error.kind() {
                Some(kind) => message!("progress-failed", kind = kind),
                None => CANCELLED,
            },
        }
    }

    fn begin(&mut self, accepted: Option<ProgressChannel>) {
        self.progress = match accepted {
            Some(line) => ProgressState::Begun(Progress::begin(line, &self.title, self.language)),
            None => ProgressState::Nothing,
        };
        self.report();
    }

    fn on_event(&mut self, event: JobEvent) {
        match event {
            JobEvent::JobPhase(phase) => {
                // If the queue moves on, it is still the same wait.
                if !matches!((&phase, &self.phase), (JobPhase::Queued(_), JobPhase::Queued(_))) {
                    self.since = Instant::now();
                }
                self.phase = phase;
            }
            JobEvent::Text(text) => {
                self.since = Instant::now();
                self.received_chars += text.chars().count();
                remember_last_words(&mut self.last_words, &text);
                if let Some(partial) = &mut self.partial {
                    partial.waiting.push_str(&text);
                    self.flush_partial(false);
                }
            }
            JobEvent::Remark(remark) => {
                self.remarks += 1;
                remarks::on_remark(&self.session, &self.job, &remark);
                if let (Some(partial), Some(row)) = (&self.partial, remarks::row(&self.session, &remark)) {
                    partial.line.send(json!({ "remark": row }));
                    if partial.sanitizer.is_some() {
                        let entry = remarks::entry(&self.session, &self.job, &remark, true);
                        partial.line.send(json!({ "delta": "", "markdown": entry }));
                    }
                }
            }
        }
        self.report();
    }

    fn flush_partial(&mut self, at_end: bool) {
        let slow_client = self.session.outbox.backlog() > SLOW_CLIENT_BACKLOG;
        if let Some(partial) = &mut self.partial {
            partial.flush(at_end, slow_client, &self.job);
        }
    }

    fn report(&mut self) {
        let message = self.message();
        if let ProgressState::Begun(progress) = &mut self.progress {
            progress.report(message);
        }
    }

    fn message(&self) -> String {
        let elapsed = self.since.elapsed();
        let message = match &self.phase {
            JobPhase::Streaming if self.received_chars > 0 && self.remarks > 0 => {
                message!("progress-remarks", count = self.remarks)
            }
            JobPhase::Streaming if self.received_chars > 0 => {
                message!("progress-streaming", count = self.received_chars, words = &self.last_words)
            }
            phase => phase.message(elapsed),
        };
        let text = message.text(self.language);
        match elapsed.as_secs() {
            seconds if seconds > 0 && self.counts_up() => format!("{text} ({seconds} s)"),
            seconds if seconds >= SILENT_SECONDS && self.phase == JobPhase::Streaming => {
                message!("progress-silent", text = text, seconds = seconds).text(self.language)
            }
            _ => text,
        }
    }

    /// Whether the message changes every second, even without an event.
    fn counts_seconds(&self) -> bool {
        let counts_down = matches!(self.phase, JobPhase::RateLimited { .. } | JobPhase::Retrying { .. });
        let is_shown = matches!(self.progress, ProgressState::Begun(_));
        is_shown && (counts_down || self.counts_up() || self.phase == JobPhase::Streaming)
    }

    /// Whether the time is the only news of the phase.
    fn counts_up(&self) -> bool {
        use JobPhase::{AwaitingConsent, Connecting, LookingUp, Preparing, Queued, SigningIn, Waiting};
        matches!(self.phase, Preparing | AwaitingConsent | Queued(_) | SigningIn | LookingUp | Connecting | Waiting)
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.since.elapsed().as_secs()).unwrap_or(u32::MAX)
    }
}

impl ProgressState {
    /// The client's answer to the request for a token. Without a request, it is pending forever.
    async fn accepted(&mut self) -> Option<ProgressChannel> {
        match self {
            Self::Requested(answer) => answer.await,
            _ => std::future::pending().await,
        }
    }

    fn due(&self) -> Option<Instant> {
        if let Self::Begun(progress) = self { progress.due() } else { None }
    }

    fn flush(&mut self) {
        if let Self::Begun(progress) = self {
            progress.flush_if_due();
        }
    }
}

/// The growing answer. The first text is sent at once, later texts at most sixty times a second.
struct PartialResults {
    line: ProgressChannel,
    due: Instant,
    waiting: String,
    /// The client also wants the text in the form that may be shown.
    sanitizes: bool,
    /// The state of that form. The question is unknown before the answer begins.
    sanitizer: Option<Sanitizer>,
}

impl PartialResults {
    fn due(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.due)
    }

    fn flush(&mut self, at_end: bool, slow_client: bool, job: &Job) {
        let now = Instant::now();
        let is_open = at_end && self.sanitizes;
        if self.waiting.is_empty() && !is_open || now < self.due && !at_end {
            return;
        }
        self.due = now + FRAME_INTERVAL;
        if slow_client && !at_end {
            return;
        }
        let delta = std::mem::take(&mut self.waiting);
        let shown = self.sanitizes.then(|| {
            let sanitizer = self.sanitizer.get_or_insert_with(|| Sanitizer::with_links(links::here(job)));
            let shown = sanitizer.next(&delta);
            if at_end { shown + &sanitizer.end() } else { shown }
        });
        match shown {
            // Remarks are shown one by one.
            Some(_) if job.action.result == ActionResult::Remarks => {
                self.line.send(json!({ "delta": delta, "markdown": "" }))
            }
            Some(shown) if delta.is_empty() && shown.is_empty() => {}
            Some(shown) => self.line.send(json!({ "delta": delta, "markdown": shown })),
            None => self.line.send(json!({ "delta": delta })),
        }
    }
}

async fn sleep_until_some(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Keeps the end of the text in one line. The cost depends only on the length of the new text.
fn remember_last_words(last_words: &mut String, text: &str) {
    let tail = text.char_indices().rev().nth(LAST_WORDS_CHARS).map_or(0, |(at, _)| at);
    last_words.push_str(&text.get(tail..).unwrap_or_default().replace(['\r', '\n', '\t'], " "));
    if let Some((cut, _)) = last_words.char_indices().rev().nth(LAST_WORDS_CHARS) {
        last_words.drain(..cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_stay_short_and_in_one_line() {
        let mut words = String::new();
        for text in ["fn main() {\n", "\tprintln!(\"olá, é o fim da linha\");\n", &"é".repeat(500)] {
            remember_last_words(&mut words, text);
            assert!(words.chars().count() <= LAST_WORDS_CHARS + 1 && !words.contains('\n'), "{words}");
        }
        assert!(words.ends_with("éé"));
    }
}
