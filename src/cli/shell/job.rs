//! One job in a terminal or a pipeline: its growing answer, its progress, Ctrl-C.

use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::output::{Output, is_quiet, print_message, print_program_message, warn, write_line};
use super::{Failure, Shell, ShellHost};
use crate::display::plain_line;
use crate::documents::Snapshot;
use crate::edit::TextChange;
use crate::i18n::{Language, Message, message};
use crate::job::{self, Failed, Finished, Job, JobError, JobEvent, JobPhase, Order};
use crate::tasks::{self, Panicked};

/// How often the progress in a terminal is updated.
const TICK: Duration = Duration::from_millis(120);

/// The part of an answer that goes to stdout while it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum OutputMode {
    /// All of it.
    Text,
    /// Nothing: the command makes something else of it.
    Nothing,
    /// Nothing: the command makes one JSON document of it, or of a failure.
    Json,
}

/// The end of a job that did not fail.
pub(in crate::cli) struct Ended {
    /// The result of the job.
    pub(in crate::cli) finished: Finished,
    /// stdout. It contains the answer, if that was shown.
    pub(in crate::cli) output: Output,
    pub(in crate::cli) language: Language,
    /// Ctrl-C works as long as there is something to write.
    _watch: AbortOnDropHandle<Result<(), Panicked>>,
}

/// Runs a job to its end. Its stream is closed at once after Ctrl-C, or if the reader of stdout exits. Fails if the
/// answer is incomplete. The text so far is on stdout if it was to be shown, else on stderr.
pub(in crate::cli) async fn run_job(
    shell: &Shell,
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &ShellHost<'_>,
    shown: OutputMode,
) -> Result<Ended, Failure> {
    let (events, happened) = mpsc::unbounded_channel();
    let watch = cancel_on_interrupt(job.cancel.clone());
    let (result, display) =
        tokio::join!(job::run(job, order, host, events), Display::new(job, shown, shell.language).follow(happened));
    shell.tell_connection_warnings();
    if let Some(audit) = &shell.audit
        && let Some(problem) = audit.settled().await
    {
        warn(&problem, shell.language);
    }
    let Display { mut output, unwritten, .. } = display;
    // The job was cancelled for this, or ended before. In both cases, this is the only error to report.
    if let Some(unwritten) = unwritten {
        return Err(unwritten.into());
    }
    match result {
        Ok(finished) => {
            output.end_line().await?;
            Ok(Ended { finished, output, language: shell.language, _watch: watch })
        }
        Err(Failed { error, partial }) => {
            output.try_end_line().await;
            print_program_message(&error.message(), shell.language);
            match shown {
                OutputMode::Text => {}
                OutputMode::Nothing => {
                    if let Some(partial) = partial {
                        print_message(&message!("shell-partial"), shell.language);
                        write_line(&partial.text);
                    }
                }
                OutputMode::Json => {
                    let failure = job::failure_result(&error, partial.as_deref(), shell.language);
                    // The cancelled job also cancelled its output. Therefore a new output writes the text so far.
                    Output::new().write(&format!("{failure}\n")).await?;
                }
            }
            Err(Failure::AlreadyReported)
        }
    }
}

/// Cancels a job when the process is interrupted. Dropping the handle ends the watch.
fn cancel_on_interrupt(cancel: CancellationToken) -> AbortOnDropHandle<Result<(), Panicked>> {
    AbortOnDropHandle::new(tasks::spawn("waiting for an interrupt", async move {
        if interrupted().await {
            cancel.cancel();
        }
    }))
}

/// Waits for Ctrl-C, or for the signal or event that ends the programs of a pipeline or a window. Returns `false` if
/// neither can be watched.
async fn interrupted() -> bool {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        return tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt.is_ok(),
            signal = terminated.recv() => signal.is_some(),
        };
    }
    #[cfg(windows)]
    return crate::cli::console::asked_to_end().await;
    #[cfg(not(windows))]
    tokio::signal::ctrl_c().await.is_ok()
}

struct Display {
    output: Output,
    shown: OutputMode,
    cancel: CancellationToken,
    progress: ProgressBar,
    /// When the wait of the progress bar began.
    waits_since: Option<Instant>,
    /// Why some of the text is not on stdout.
    unwritten: Option<io::Error>,
    language: Language,
}

impl Display {
    fn new(job: &Job, shown: OutputMode, language: Language) -> Self {
        let cancel = job.cancel.clone();
        let output = Output::until(cancel.clone());
        Self { output, shown, cancel, progress: spinner(), waits_since: None, unwritten: None, language }
    }

    async fn follow(mut self, mut happened: UnboundedReceiver<JobEvent>) -> Self {
        loop {
            tokio::select! {
                biased;
                event = happened.recv() => match event {
                    Some(JobEvent::JobPhase(phase)) => self.show_phase(&phase),
                    Some(JobEvent::Text(text)) if self.shown == OutputMode::Text => self.show_text(&text).await,
                    Some(JobEvent::Text(_) | JobEvent::Remark(_)) => {}
                    None => break,
                },
                () = tokio::time::sleep(TICK), if self.waits_since.is_some() => self.show_wait(),
            }
        }
        self.progress.finish_and_clear();
        self
    }

    async fn show_text(&mut self, text: &str) {
        self.progress.finish_and_clear();
        if let Err(error) = self.output.write(text).await {
            if error.kind() != io::ErrorKind::Interrupted {
                self.unwritten.get_or_insert(error);
            }
            self.cancel.cancel();
        }
    }

    fn show_phase(&mut self, phase: &JobPhase) {
        self.waits_since = None;
        let remark = phase.message(Duration::ZERO);
        match phase {
            JobPhase::RateLimited { wait } | JobPhase::Retrying { wait, .. } => self.wait(*wait, &remark),
            JobPhase::Uploading { name, sent, size } => self.show_upload(name, *sent, *size),
            JobPhase::Preparing | JobPhase::AwaitingConsent | JobPhase::Queued(_) => {}
            JobPhase::Streaming if self.shown == OutputMode::Text => {}
            JobPhase::Streaming => self.spin(&message!("shell-streaming")),
            JobPhase::SigningIn
            | JobPhase::LookingUp
            | JobPhase::Connecting
            | JobPhase::Waiting
            | JobPhase::Applying => {
                self.spin(&remark);
            }
        }
    }

    fn spin(&self, message: &Message) {
        if !self.progress.is_finished() {
            self.progress.set_style(style("{spinner} {msg} {elapsed}"));
            self.progress.set_message(plain_line(&message.text(self.language)));
            self.progress.enable_steady_tick(TICK);
        }
    }

    /// A wait with a known end: a progress bar if stderr is a terminal, else a line.
    fn wait(&mut self, wait: Duration, remark: &Message) {
        if is_quiet() {
            return print_message(remark, self.language);
        }
        self.progress.set_style(style("{spinner} {msg} [{bar:20}]"));
        self.progress.set_message(plain_line(&remark.text(self.language)));
        self.progress.set_length(milliseconds(wait));
        self.waits_since = Some(Instant::now());
        self.show_wait();
    }

    fn show_wait(&self) {
        self.progress.set_position(self.waits_since.map_or(0, |since| milliseconds(since.elapsed())));
    }

    fn show_upload(&self, name: &str, sent: u64, size: u64) {
        let remark = message!("shell-uploading", name = plain_line(name)).text(self.language);
        self.progress.set_length(size);
        self.progress.set_position(sent);
        if self.progress.message() != remark {
            self.progress.set_style(style("{spinner} {msg} [{bar:20}] {decimal_bytes} / {decimal_total_bytes}"));
            self.progress.set_message(remark);
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Shown on stderr, but only if that is a terminal.
fn spinner() -> ProgressBar {
    let target = if is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    ProgressBar::with_draw_target(None, target).with_style(style("{spinner} {msg} {elapsed}"))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The changes as a `WorkspaceEdit` in the result. Positions count UTF-16 code units, as in LSP by default.
pub(in crate::cli) fn workspace_edit(snapshot: &Snapshot, changes: &[TextChange]) -> Value {
    let edit = |change: &TextChange| json!({ "range": snapshot.range(change.range.clone()), "newText": change.text });
    let edits: Vec<Value> = changes.iter().map(edit).collect();
    json!({ "changes": { &*snapshot.client_uri: edits } })
}

impl Ended {
    /// Fails if the answer is incomplete. The text so far was written, but a result of it is not a success.
    pub(in crate::cli) fn whole(&self) -> Result<(), Failure> {
        let answer = &self.finished.answer;
        if answer.is_complete() {
            return Ok(());
        }
        Err(answer.shortfall().unwrap_or_else(|| message!("answer-incomplete")).into())
    }

    /// Shows in a terminal the cost, and how to continue.
    pub(in crate::cli) fn tell_usage(&self) {
        if is_quiet() {
            return;
        }
        let answer = &self.finished.answer;
        write_line(&format!("[{}]", answer.usage_line().text(self.language)));
        if let Some(id) = answer.end.as_ref().and_then(|end| end.conversation_id.as_deref()) {
            print_message(&message!("shell-go-on", id = id.to_owned()), self.language);
        }
    }
}
