//! One run, from the queue to its outcome.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::admission::wait_for_admission;
use super::audit::{Audit, AuditedRequest};
use super::landing::land;
use super::order::Order;
use super::phase::JobPhase;
use super::remarks::{self, JobRemark};
use super::timings::log_end;
use super::uploads::upload;
use super::{Answer, Failed, Job, JobError, Jobs, Proposal, Replacement};
use crate::actions::ActionResult;
use crate::agents_api::{AgentsApi, ApiError, Chat, ChatEnd, ChatEvent};
use crate::documents::Snapshot;
use crate::edit::{Granularity, TextChange};
use crate::i18n::Message;

/// The interface of a job to its environment.
pub trait Host: Send + Sync {
    /// The jobs of the process, including this one.
    fn jobs(&self) -> &Jobs;

    /// The service, connected on first use.
    fn api(&self) -> impl Future<Output = Result<Arc<AgentsApi>, JobError>> + Send;

    /// Whether the order may be sent, else why not. If a prompt seems to hold a secret, the user must consent. `asks`
    /// is called when the user is asked, to show this state of the job.
    fn consent(
        &self,
        job: &Job,
        order: &Order,
        asks: &(dyn Fn() + Sync),
    ) -> impl Future<Output = Result<(), JobError>> + Send;

    /// The file that gets a line for each job, if the user configured one.
    fn audit(&self) -> Option<&Audit> {
        None
    }

    /// Builds the order of a job again for the current text. `None` if the request is no longer known, or if the host
    /// runs only one job.
    fn rebuild_order(&self, _: &Job) -> impl Future<Output = Option<Result<Order, JobError>>> + Send {
        std::future::ready(None)
    }

    /// The capabilities of the editor or shell. The default is the minimum.
    fn capabilities(&self) -> HostCapabilities {
        HostCapabilities::default()
    }

    /// Whether an edit can go into a text of this name. The URI of an unnamed buffer or a folder listing may belong to
    /// another document.
    fn can_edit(&self, _: &Snapshot) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }

    /// Asks the editor or shell to make `changes`, which were computed for `snapshot`.
    fn apply(
        &self,
        job: &Job,
        snapshot: &Snapshot,
        changes: &[TextChange],
    ) -> impl Future<Output = ApplyEditReply> + Send;

    /// Requests a change of a file that is not open, or a new file. It must never overwrite a file.
    fn edit_file(&self, _: &Job, _: &Replacement) -> impl Future<Output = ApplyEditReply> + Send {
        std::future::ready(ApplyEditReply::Unsupported)
    }
}

/// The capabilities of the editor or shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostCapabilities {
    /// The granularity of the changes that it gets.
    pub granularity: Granularity,
    /// Whether it creates files.
    pub creates_files: bool,
    /// Whether it gets the version of the text for each edit, so that it may drop a stale one silently.
    pub drops_stale_edits: bool,
    /// Whether a user sees messages about an edit immediately, and can do the rest.
    pub tells_at_once: bool,
}

/// The client's answer to an edit. The server does not trust it, and checks the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyEditReply {
    /// It claims that it made the edit.
    Claimed,
    /// It refused, perhaps with a reason.
    Refused(Option<String>),
    /// It did not answer.
    Unanswered,
    /// It does not support the request.
    Unsupported,
}

/// The events of a job, in order.
#[derive(Debug, Clone)]
pub(crate) enum JobEvent {
    JobPhase(JobPhase),
    Text(String),
    /// A remark is complete and has its place.
    Remark(Arc<JobRemark>),
}

/// A job that ended with a result.
#[derive(Debug)]
pub(crate) struct Finished {
    pub agent: String,
    pub outcome: Outcome,
    pub answer: Arc<Answer>,
}

/// The outcome of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// The answer is to be shown.
    Answered {
        /// Why an edit became an answer, because it contains no new text, or why the answer is not whole. A sentence.
        reason: Option<Message>,
    },
    /// The edit is in the text, according to the client's own changes.
    Applied {
        /// What the edit still needs from the user, as a sentence.
        lacking: Option<Message>,
    },
    /// The edit waits for the user's decision.
    Proposed(Arc<Proposal>),
    /// The agent returned the text unchanged, or says that nothing should change.
    Unchanged {
        /// The reason in the agent's words, if it gave one.
        because: Option<Message>,
    },
}

impl Outcome {
    /// `outcome` of `RunResult`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::Applied { .. } => "applied",
            Self::Proposed(_) => "proposed",
            Self::Unchanged { .. } => "unchanged",
        }
    }
}

/// The longest answer, in bytes of UTF-8. It equals the longest frame. If an answer is longer, the server closes the
/// connection and keeps the text so far.
pub(super) const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Runs a job: builds its order, waits for its turn, asks the agent, and applies the edit if there is one. Events go to
/// `events`, in order; the sender is dropped at the end. Cancelling the job closes the HTTP stream immediately, and
/// prevents an edit from being sent. If the job fails, the agent's text so far stays in the job and in
/// [`Failed::partial`].
pub(crate) async fn run(
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &impl Host,
    events: UnboundedSender<JobEvent>,
) -> Result<Finished, Failed> {
    let span = tracing::info_span!("job", id = %job.id, action = %job.action.id);
    let mut asked = None;
    let ending = run_to_outcome(job, order, host, events, &mut asked).instrument(span.clone()).await;
    span.in_scope(|| log_end(job, &ending));
    if let Some(audit) = host.audit() {
        audit.write(job, asked.as_ref(), &ending);
    }
    ending
}

async fn run_to_outcome(
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &impl Host,
    events: UnboundedSender<JobEvent>,
    asked: &mut Option<AuditedRequest>,
) -> Result<Finished, Failed> {
    let started = Instant::now();
    let enter = |phase: JobPhase| {
        if job.phase().name() != phase.name() {
            tracing::debug!(phase = phase.name(), "the job continues");
        }
        job.enter(phase.clone());
        // The run continues without a listener.
        let _ = events.send(JobEvent::JobPhase(phase));
    };
    // The future is boxed because it contains the order several times, and the caller's stack is limited.
    let turn = Box::pin(wait_for_admission(job, order, host, &enter));
    let (_slot, Order { mut ask, target }) = unless_cancelled(&job.cancel, turn).await??;
    // Only this log level may contain the user's code.
    tracing::trace!(prompt = %ask.request.prompt, "the question");

    enter(JobPhase::Connecting);
    let api = unless_cancelled(&job.cancel, host.api()).await??;
    if api.has_to_look_up(&ask.request.agent_id) {
        if api.has_to_sign_in() {
            enter(JobPhase::SigningIn);
            // The look-up needs the token too, so it reports the error.
            let _ = unless_cancelled(&job.cancel, api.authenticate(&ask.limits.timeouts)).await?;
        }
        enter(JobPhase::LookingUp);
    }
    // A name that is not in the settings may be that of an agent of the account.
    let agent_id = Box::pin(api.agent_id(&ask.request.agent_id, ask.limits));
    let agent_id = unless_cancelled(&job.cancel, agent_id).await??;
    ask.request.agent_id = agent_id;
    let uploaded = Box::pin(upload(&api, &ask.uploads, ask.limits, &enter));
    ask.request.upload_ids = unless_cancelled(&job.cancel, uploaded).await??;
    if host.audit().is_some() {
        *asked = Some(AuditedRequest::of(&ask.request));
    }
    let (mut first_text, mut is_too_long) = (None, false);
    let mut on_event = |event: ChatEvent| {
        match event {
            ChatEvent::Text(text) => {
                if first_text.is_none() {
                    first_text = Some(started.elapsed());
                    enter(JobPhase::Streaming);
                }
                let room = MAX_ANSWER_BYTES.saturating_sub(job.text_len());
                let cut = text.floor_char_boundary(room);
                is_too_long = cut < text.len();
                let text = if is_too_long { text.get(..cut).unwrap_or_default().to_owned() } else { text };
                job.push_text(&text);
                let _ = events.send(JobEvent::Text(text));
                return if is_too_long { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            }
            ChatEvent::SigningIn => enter(JobPhase::SigningIn),
            ChatEvent::Connecting { .. } => enter(JobPhase::Connecting),
            ChatEvent::Waiting => enter(JobPhase::Waiting),
            ChatEvent::RateLimited { wait } => enter(JobPhase::RateLimited { wait }),
            ChatEvent::Retrying { attempt, wait, reason } => {
                // The remedy is not reported, because the retry is already in progress.
                enter(JobPhase::Retrying { attempt, wait, reason: reason.problem() });
            }
            ChatEvent::Done(_) => {}
        }
        ControlFlow::Continue(())
    };
    let result = match (&ask.remarks, &target) {
        (Some(wanted), Some(target)) => {
            remarks::ask(job, (&ask, target), wanted, &api, host, &events, &mut on_event).await
        }
        _ => {
            let chat = api.chat(ask.request.clone(), ask.limits);
            unless_cancelled(&job.cancel, receive(chat, &mut on_event)).await
        }
    };

    let (end, error) = match result {
        Ok(Ok(end)) => (Some(end), None),
        Ok(Err(_)) if is_too_long => (None, Some(JobError::AnswerTooLong)),
        Ok(Err(error)) => (None, Some(JobError::Api(error))),
        Err(cancelled) => (None, Some(cancelled)),
    };
    let answer = Arc::new(Answer { text: job.text_so_far(), end, first_text, total: started.elapsed() });
    let has_text = !answer.text.is_empty();
    if has_text {
        job.keep_answer(Arc::clone(&answer));
    }
    if let Some(error) = error {
        return Err(Failed { error, partial: has_text.then_some(answer) });
    }

    let outcome = match (job.action.result, &target) {
        (ActionResult::Answer | ActionResult::Remarks, _) | (_, None) => {
            Outcome::Answered { reason: answer.shortfall() }
        }
        // The answer has no text that could be an edit.
        _ if answer.text.trim().is_empty() && !answer.is_complete() => Outcome::Answered { reason: answer.shortfall() },
        (ActionResult::Replace | ActionResult::Insert | ActionResult::File, Some(target)) => {
            enter(JobPhase::Applying);
            let Some(outcome) = land(job, target, &answer, host).await else {
                return Err(Failed { error: JobError::Cancelled, partial: Some(answer) });
            };
            if let Outcome::Proposed(proposal) = &outcome {
                job.keep_proposal(Arc::clone(proposal));
            }
            outcome
        }
    };
    Ok(Finished { agent: ask.request.agent_id, outcome, answer })
}

/// Reads a chat to its end, or until `on_event` stops it.
pub(super) async fn receive(
    mut chat: Chat,
    mut on_event: impl FnMut(ChatEvent) -> ControlFlow<()>,
) -> Result<ChatEnd, ApiError> {
    while let Some(event) = chat.next().await {
        match event? {
            ChatEvent::Done(end) => return Ok(end),
            event => {
                if on_event(event).is_break() {
                    break;
                }
            }
        }
    }
    Err(ApiError::Truncated { cause: None })
}

/// Runs `future` to its end, or drops it when the job is cancelled.
pub(super) fn unless_cancelled<T>(
    cancel: &CancellationToken,
    future: impl Future<Output = T>,
) -> impl Future<Output = Result<T, JobError>> {
    cancel.run_until_cancelled(future).map(|ended| ended.ok_or(JobError::Cancelled))
}
