//! One run from the queue to its outcome.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::admission::wait_for_admission;
use super::audit::{Audit, AuditedRequest};
use super::landing::land;
use super::order::Order;
use super::remarks::{self, JobRemark};
use super::timings::log_end;
use super::uploads::upload;
use super::{Answer, Failed, Job, JobError, Jobs, Proposal, Replacement};
use crate::actions::ActionResult;
use crate::agents_api::{AgentsApi, ApiError, Chat, ChatEnd, ChatEvent};
use crate::documents::Snapshot;
use crate::edit::{Granularity, TextChange};
use crate::i18n::Message;

/// What a job needs from the world.
pub trait Host: Send + Sync {
    /// The jobs of the process, of which each is one.
    fn jobs(&self) -> &Jobs;

    /// The service, connected on first use.
    fn api(&self) -> impl Future<Output = Result<Arc<AgentsApi>, JobError>> + Send;

    /// Whether the order may be sent, else why not: a prompt that seems to hold a secret needs the user's consent.
    /// `asks` is called where somebody is asked, for whoever shows the job.
    fn consent(
        &self,
        job: &Job,
        order: &Order,
        asks: &(dyn Fn() + Sync),
    ) -> impl Future<Output = Result<(), JobError>> + Send;

    /// The file that gets a line for each job, where the user asked for one.
    fn audit(&self) -> Option<&Audit> {
        None
    }

    /// Makes the order of a job out anew, about the text as it is by now. `None` where what was asked is no longer known, or
    /// only ever one job runs.
    fn rebuild_order(&self, _: &Job) -> impl Future<Output = Option<Result<Order, JobError>>> + Send {
        std::future::ready(None)
    }

    /// What whoever owns the text can do; the least, unless the host says more.
    fn capabilities(&self) -> HostCapabilities {
        HostCapabilities::default()
    }

    /// Whether there is a text of this name that an edit can go into. An unnamed buffer or the listing of a folder may have
    /// an address that the owner of the text takes for another document.
    fn can_edit(&self, _: &Snapshot) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }

    /// Asks whoever owns the text to make `changes`, which were computed for `snapshot`.
    fn apply(
        &self,
        job: &Job,
        snapshot: &Snapshot,
        changes: &[TextChange],
    ) -> impl Future<Output = ApplyEditReply> + Send;

    /// Asks for a change of a file that is not open, or for a new file; it must never overwrite one.
    fn edit_file(&self, _: &Job, _: &Replacement) -> impl Future<Output = ApplyEditReply> + Send {
        std::future::ready(ApplyEditReply::Unsupported)
    }
}

/// What the owner of the text can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostCapabilities {
    /// How fine the changes are that it is asked to make.
    pub granularity: Granularity,
    /// Whether it creates files.
    pub creates_files: bool,
    /// Whether it is told which text an edit is for, so that it may drop one for an older text without a word.
    pub drops_stale_edits: bool,
    /// Whether somebody sees at once what is said of an edit, and can do what is left to do.
    pub tells_at_once: bool,
}

/// What the owner of the text said when it was asked to change it. None of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyEditReply {
    /// It says that it did.
    Claimed,
    /// It says that it did not, and perhaps why.
    Refused(Option<String>),
    /// It said nothing.
    Unanswered,
    /// It cannot be asked.
    Unsupported,
}

/// What happens to a job, in order.
#[derive(Debug, Clone)]
pub(crate) enum JobEvent {
    JobPhase(JobPhase),
    Text(String),
    /// A remark of it is whole, and has its place.
    Remark(Arc<JobRemark>),
}

/// Where a job stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum JobPhase {
    /// Its prompt is being made, and looked at for secrets.
    #[default]
    Preparing,
    AwaitingConsent,
    /// It waits for other jobs to end, before it or in its way.
    Queued(Queued),
    SigningIn,
    /// It waits for the list of agents, to find the one of the name that was given.
    LookingUp,
    Connecting,
    /// A file goes to the service, of which so many bytes are on their way.
    Uploading {
        name: String,
        sent: u64,
        size: u64,
    },
    RateLimited {
        wait: Duration,
    },
    /// An attempt failed before any text came, for a reason in a clause; the next one follows, counted from one.
    Retrying {
        attempt: u32,
        wait: Duration,
        reason: Message,
    },
    /// The request is sent; the agent has said nothing yet.
    Waiting,
    Streaming,
    /// The edit is on its way.
    Applying,
}

/// Whom a job waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Queued {
    /// Its place in the queue: so many jobs get their turn before.
    Place { ahead: usize },
    /// A job that edits the same lines, and was asked for earlier.
    Behind { title: Message, lines: Message },
}

impl JobPhase {
    /// One word, as `stackspot-lsp.status` reports it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::AwaitingConsent => "asking",
            Self::Queued(_) => "queued",
            // To whoever reads the status it is one state.
            Self::SigningIn | Self::LookingUp | Self::Connecting => "connecting",
            Self::Uploading { .. } => "uploading",
            Self::RateLimited { .. } => "rateLimited",
            Self::Retrying { .. } => "retrying",
            Self::Waiting => "waiting",
            Self::Streaming => "streaming",
            Self::Applying => "applying",
        }
    }
}

/// A job that came to its end.
#[derive(Debug)]
pub(crate) struct Finished {
    pub agent: String,
    pub outcome: Outcome,
    pub answer: Arc<Answer>,
}

/// What became of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// It is to be shown.
    Answered {
        /// Why an edit became an answer, as no new text can be told from it, or why the answer is not whole: a sentence.
        reason: Option<Message>,
    },
    /// The edit is in the text, as the client's own changes show.
    Applied {
        /// What it needs besides, which is for the user to do: a sentence.
        lacking: Option<Message>,
    },
    /// The edit waits for the user's decision.
    Proposed(Arc<Proposal>),
    /// The agent returned the text as it is, or says that nothing should change.
    Unchanged {
        /// Why, in the agent's words, where it said so.
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

/// The longest answer, in bytes of UTF-8: as long as one frame may be. Where more comes the connection is closed, and what had
/// come is kept.
pub(super) const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Runs a job: makes its order out, waits for its turn, asks the agent, and lands the edit if there is one. What
/// happens goes to `events`, in order; the sender is dropped with the end. Cancelling the job closes the HTTP stream at
/// once, and keeps an edit from being sent. What the agent had said before a failure is kept in the job and in
/// [`Failed::partial`].
pub(crate) async fn run(
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &impl Host,
    events: UnboundedSender<JobEvent>,
) -> Result<Finished, Failed> {
    let span = tracing::info_span!("job", id = %job.id, action = %job.action.id);
    let mut asked = None;
    let ending = go(job, order, host, events, &mut asked).instrument(span.clone()).await;
    span.in_scope(|| log_end(job, &ending));
    if let Some(audit) = host.audit() {
        audit.write(job, asked.as_ref(), &ending);
    }
    ending
}

async fn go(
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &impl Host,
    events: UnboundedSender<JobEvent>,
    asked: &mut Option<AuditedRequest>,
) -> Result<Finished, Failed> {
    let started = Instant::now();
    let enter = |phase: JobPhase| {
        if job.phase().name() != phase.name() {
            tracing::debug!(phase = phase.name(), "the job goes on");
        }
        job.enter(phase.clone());
        // Nobody listening is no reason to stop.
        let _ = events.send(JobEvent::JobPhase(phase));
    };
    // On the heap: it holds the order several times over, and whoever runs a job has a stack of his own to mind.
    let turn = Box::pin(wait_for_admission(job, order, host, &enter));
    let (_slot, Order { mut ask, target }) = unless_cancelled(&job.cancel, turn).await??;
    // Whoever reads a log may read the code in it at this level alone.
    tracing::trace!(prompt = %ask.request.prompt, "the question");

    enter(JobPhase::Connecting);
    let api = unless_cancelled(&job.cancel, host.api()).await??;
    if api.has_to_look_up(&ask.request.agent_id) {
        if api.has_to_sign_in() {
            enter(JobPhase::SigningIn);
            // What is wrong with it the look-up tells, which cannot do without.
            let _ = unless_cancelled(&job.cancel, api.authenticate(&ask.limits.timeouts)).await?;
        }
        enter(JobPhase::LookingUp);
    }
    // What the settings do not name may be the name of one of the account's agents.
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
                // What to do about it is nobody's business yet: it is being done.
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
        // Nothing was said that could be an edit.
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

/// Reads a chat to its end, or until `on_event` has had enough.
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

/// Runs `future` to its end, or drops it as soon as the job is cancelled.
pub(super) fn unless_cancelled<T>(
    cancel: &CancellationToken,
    future: impl Future<Output = T>,
) -> impl Future<Output = Result<T, JobError>> {
    cancel.run_until_cancelled(future).map(|ended| ended.ok_or(JobError::Cancelled))
}
