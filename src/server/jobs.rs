//! Jobs as a client sees them: started by a command or a request, shown as progress, ended with a result, one message or
//! one error.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tower_lsp::jsonrpc::Result;

use super::errors::{error_response, refusal};
use super::orders::{self, Refusal};
use super::params::{RunParams, Token};
use super::presenter::{self, Presenter};
use super::progress::{Line, Progress};
use super::session::{MessageKind, Session};
use super::{answers, consent, conversation, edits, lenses, links, remarks, tasks, trust, waiting};
use crate::actions::ActionResult;
use crate::agents_api::AgentsApi;
use crate::display;
use crate::documents::Snapshot;
use crate::edit::TextChange;
use crate::i18n::{Message, message};
use crate::job::{
    self, Abilities, Applied, Audit, Draft, Failed, Finished, Host, Job, JobError, JobId, Order, Outcome, Replacement,
};

/// Starts a job for `stackspot-lsp.run`. What keeps it from running is said by message, like every other failure of it;
/// to a `partialResultToken`, though, everything is told there.
///
/// # Errors
/// -32602 for wrong arguments, -32803 where too many jobs wait.
pub(crate) fn start_by_command(session: &Arc<Session>, params: RunParams) -> Result<JobId> {
    has_room(session)?;
    let named = params.agent.clone();
    let lines = Lines::of(session, &params);
    match orders::place(session, params) {
        Ok((job, draft)) if conversation::is_opened_by(&job, &draft) => {
            let (id, session) = (job.id.clone(), Arc::clone(session));
            tasks::spawn("opening a conversation", async move {
                let opened = conversation::open(&session, &job, draft, named).await;
                match (lines.partial, opened) {
                    (Some(partial), Ok(opened)) => tell(&partial, Ok(run_result(&session, &job, &opened))),
                    (Some(partial), Err(error)) => tell(&partial, Err(refusal(error, session.language()))),
                    (None, Err(error)) => session.show_message(MessageKind::Error, &error.message()),
                    (None, Ok(_)) => {}
                }
            });
            Ok(id)
        }
        Ok((job, draft)) => {
            let (id, partial, defuses) = (job.id.clone(), lines.partial.clone(), lines.defuses);
            let order = order_of(session, &job, draft);
            let shown = Arc::clone(&job);
            let is_shown = partial.is_none() && job.action.result == ActionResult::Answer;
            start(session, job, order, lines, move |session, job, ending| {
                Box::pin(async move {
                    match partial {
                        Some(partial) => {
                            tell(&partial, reply(&session, &job, &ending, defuses));
                            answers::keep(&session, &job).await;
                        }
                        None => report(&session, &job, &ending),
                    }
                })
            });
            if is_shown {
                answers::follow(session, &shown);
            }
            Ok(id)
        }
        Err(Refusal::Arguments(error)) => Err(error),
        Err(Refusal::Job(error)) => {
            match lines.partial {
                Some(partial) => tell(&partial, Err(refusal(error, session.language()))),
                None => session.show_message(MessageKind::Error, &error.message()),
            }
            Ok(ulid::Ulid::generate().to_string())
        }
    }
}

fn has_room(session: &Session) -> Result<()> {
    session.jobs.room().map_err(|error| refusal(error, session.language()))
}

/// Gets the line to the agents ready, beside everything else, for the choice that the user is about to make.
pub(crate) fn warm(session: &Arc<Session>) {
    let settings = session.settings();
    if settings.connection.warm {
        let (limits, session) = (job::limits(&settings), Arc::clone(session));
        tasks::spawn("warming the line", async move { session.service.warm(limits).await });
    }
}

/// Runs a job for `stackspot-lsp/run`, to its end. Dropping the future cancels the job.
///
/// # Errors
/// -32602 for wrong arguments, -32800 when cancelled, else -32803 with the kind of failure.
pub(crate) async fn run_by_request(session: &Arc<Session>, params: RunParams) -> Result<Value> {
    has_room(session)?;
    let lines = Lines::of(session, &params);
    let named = params.agent.clone();
    let (job, draft) = orders::place(session, params).map_err(|refused| match refused {
        Refusal::Arguments(error) => error,
        Refusal::Job(error) => refusal(error, session.language()),
    })?;
    if conversation::is_opened_by(&job, &draft) {
        let opened = conversation::open(session, &job, draft, named).await;
        let opened = opened.map_err(|error| refusal(error, session.language()))?;
        return Ok(run_result(session, &job, &opened));
    }
    let _until_the_response =
        Pending { session: Arc::clone(session), cancel: job.cancel.clone(), lines: lines.clone() };
    let (done, result) = oneshot::channel();
    let order = order_of(session, &job, draft);
    let defuses = lines.defuses;
    start(session, job, order, lines, move |session, job, result| {
        let _ = done.send(reply(&session, &job, &result, defuses));
        Box::pin(async move { answers::keep(&session, &job).await })
    });
    result.await.unwrap_or_else(|_| Err(refusal(JobError::Bug, session.language())))
}

/// Starts a job that somebody else shows.
pub(super) fn run_in_background<O, F>(session: &Arc<Session>, job: Arc<Job>, order: O, at_end: F)
where
    O: Future<Output = std::result::Result<Order, JobError>> + Send + 'static,
    F: FnOnce(Arc<Session>, Arc<Job>, Ending) -> BoxFuture<'static, ()> + Send + 'static,
{
    start(session, job, order, Lines::default(), at_end);
}

fn order_of(
    session: &Arc<Session>,
    job: &Arc<Job>,
    draft: Draft,
) -> impl Future<Output = std::result::Result<Order, JobError>> + Send + 'static {
    let (documents, job) = (session.documents.clone(), Arc::clone(job));
    async move { draft.into_order(&documents, &job).await }
}

/// How a job ended.
pub(super) type Ending = std::result::Result<Finished, Failed>;

/// The lines to the tokens that a request or a command brought.
#[derive(Clone, Default)]
struct Lines {
    partial: Option<Line>,
    progress: Option<Line>,
    /// The client wants the answer as it may be shown, too.
    defuses: bool,
}

impl Lines {
    fn of(session: &Session, params: &RunParams) -> Self {
        let line = |token: &Token| Line::new(session.outbox.clone(), token.clone());
        Self {
            partial: params.partial_result_token.as_ref().map(line),
            progress: params.work_done_token.as_ref().map(line),
            defuses: params.answer_markdown,
        }
    }
}

/// Ends the partial results of a command with what a request would be answered with. A client behind a multiplexer needs
/// it: those know whose a command is, and send requests that they do not know to another server.
fn tell(partial: &Line, reply: Result<Value>) {
    partial.send(match reply {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error }),
    });
    partial.close();
}

/// A request that waits for its job. When the request goes first, because the client cancelled it, the job is cancelled
/// and the tokens are ended, for the response is about to be sent.
struct Pending {
    session: Arc<Session>,
    cancel: CancellationToken,
    lines: Lines,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(partial) = &self.lines.partial {
            partial.close();
        }
        if let Some(progress) = &self.lines.progress {
            progress.end(&presenter::CANCELLED.text(self.session.language()));
        }
    }
}

fn start<O, F>(session: &Arc<Session>, job: Arc<Job>, order: O, lines: Lines, at_end: F)
where
    O: Future<Output = std::result::Result<Order, JobError>> + Send + 'static,
    F: FnOnce(Arc<Session>, Arc<Job>, Ending) -> BoxFuture<'static, ()> + Send + 'static,
{
    let listed = Listed::new(session, &job, lines.progress.as_ref().map(|line| line.token().clone()));
    let mut presenter = Presenter::new(session, &job, lines.partial, lines.defuses, lines.progress);
    let session = Arc::clone(session);
    tasks::spawn("a job", async move {
        let (events, happened) = mpsc::unbounded_channel();
        let host = EditorHost { session: &session };
        let run =
            async { tokio::join!(job::run(&job, order, &session.jobs, &host, events), presenter.follow(happened)).0 };
        let ending = match tasks::caught("the run of a job", run).await {
            Ok(ending) => ending,
            Err(tasks::Panicked) => {
                tracing::error!(id = %job.id, action = %job.action.id, "the job ended by a bug");
                Err(Failed { error: JobError::Bug, partial: job.broke_off() })
            }
        };
        if matches!(ending, Ok(Finished { outcome: Outcome::Proposed(_), .. })) {
            waiting::look_for(&session, &job);
            // Whoever is told that an edit waits finds it again whatever happens next.
            waiting::keep(&session, &job).await;
        }
        presenter.finish(&ending);
        answers::ended(&session, &job, &ending);
        remarks::ended(&session, &job, &ending);
        drop(listed);
        if matches!(ending, Ok(Finished { outcome: Outcome::Proposed(_), .. })) {
            lenses::changed(&session);
        }
        for warning in session.service.connection_warnings() {
            session.show_message(MessageKind::Warning, &warning);
        }
        tell_of_audit(&session);
        at_end(session, job, ending).await;
    });
}

/// Tells, once and when it is known, that lines of jobs are missing. No job waits for that.
fn tell_of_audit(session: &Arc<Session>) {
    if session.audit.is_none() {
        return;
    }
    let session = Arc::clone(session);
    tasks::spawn("the audit file", async move {
        if let Some(problem) = session.settle_audit().await {
            session.show_message(MessageKind::Warning, &problem);
        }
    });
}

/// A job is in the list of live ones, and its progress can be cancelled, exactly as long as this is held, also when its
/// task panics.
struct Listed {
    session: Arc<Session>,
    job: Arc<Job>,
    token: Token,
}

impl Listed {
    fn new(session: &Arc<Session>, job: &Arc<Job>, progress_token: Option<Token>) -> Self {
        let token = progress_token.unwrap_or_else(|| Progress::own_token(&job.id));
        session.jobs.add(job);
        answers::begun(session, job);
        session.track_progress(token.clone(), job.cancel.clone());
        Self { session: Arc::clone(session), job: Arc::clone(job), token }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.session.forget_progress(&self.token);
        self.session.jobs.end(&self.job);
        answers::over(&self.session, &self.job);
    }
}

/// The editor as the owner of the text.
pub(crate) struct EditorHost<'a> {
    pub(crate) session: &'a Session,
}

impl Host for EditorHost<'_> {
    async fn api(&self) -> std::result::Result<Arc<AgentsApi>, JobError> {
        self.session.service.api().await
    }

    async fn consent(&self, job: &Job, order: &Order, asks: &(dyn Fn() + Sync)) -> std::result::Result<(), JobError> {
        answers::asked(self.session, job, order);
        trust::confirm_agent(self.session, job, order, asks).await?;
        consent::obtain(self.session, job, order, asks).await
    }

    fn audit(&self) -> Option<&Audit> {
        self.session.audit.as_ref()
    }

    async fn order_again(&self, job: &Job) -> Option<std::result::Result<Order, JobError>> {
        match orders::draft_again(self.session, job)? {
            Ok(draft) => Some(draft.into_order(&self.session.documents, job).await),
            Err(error) => Some(Err(error)),
        }
    }

    fn abilities(&self) -> Abilities {
        let profile = &self.session.profile;
        let creates_files = profile.apply_edit && profile.creates_files;
        let (granularity, drops_stale_edits) = (profile.granularity, profile.versioned_edits);
        Abilities { granularity, creates_files, drops_stale_edits, tells_at_once: true }
    }

    async fn can_edit(&self, snapshot: &Snapshot) -> bool {
        edits::names_a_text(&snapshot.uri).await
    }

    async fn apply(&self, job: &Job, snapshot: &Snapshot, changes: &[TextChange]) -> Applied {
        let label = job.action.title.text(self.session.language());
        edits::apply(self.session, Some(&label), snapshot, changes).await
    }

    async fn edit_file(&self, job: &Job, replacement: &Replacement) -> Applied {
        edits::apply_to_file(self.session, &job.action.title.text(self.session.language()), replacement).await
    }
}

/// What `stackspot-lsp/run` is answered with.
fn reply(session: &Session, job: &Job, ending: &Ending, defuses: bool) -> Result<Value> {
    match ending {
        Ok(finished) => {
            let mut result = run_result(session, job, finished);
            if let Some(fields) = result.as_object_mut().filter(|_| defuses) {
                let markdown = remarks::rendered(session, job, true);
                let markdown =
                    markdown.unwrap_or_else(|| display::defused_with_links(&finished.answer.text, links::here(job)));
                fields.insert("answerMarkdown".to_owned(), markdown.into());
            }
            Ok(result)
        }
        Err(failed) => Err(error_response(failed, session.language(), defuses, links::here(job))),
    }
}

/// `RunResult` of the contract, with the edit in the negotiated encoding.
fn run_result(session: &Session, job: &Job, finished: &Finished) -> Value {
    let edit = match &finished.outcome {
        Outcome::Proposed(proposal) => Some(edits::proposed_edit(session, job, proposal)),
        Outcome::Answered { .. } | Outcome::Applied { .. } | Outcome::Unchanged { .. } => None,
    };
    let parts = match &finished.outcome {
        Outcome::Proposed(proposal) => edits::parts(session, proposal, false),
        Outcome::Answered { .. } | Outcome::Applied { .. } | Outcome::Unchanged { .. } => None,
    };
    let mut result = job::run_result(job, finished, edit, parts, session.language());
    if let (Some(remarks), Some(fields)) = (remarks::rows(session, job), result.as_object_mut()) {
        fields.insert("remarks".to_owned(), remarks);
    }
    result
}

/// Says what became of a job that a command started; an answer to read is shown already.
fn report(session: &Arc<Session>, job: &Arc<Job>, ending: &Ending) {
    let say = |kind, message: &Message| session.show_message(kind, message);
    let title = &job.action.title;
    match ending {
        Ok(finished) if job.action.result == ActionResult::Remarks => remarks::report(session, job, finished),
        Ok(Finished { outcome: Outcome::Answered { reason: None }, .. }) => {}
        Ok(Finished { outcome: Outcome::Answered { reason: Some(reason) }, .. })
            if job.action.result == ActionResult::Answer =>
        {
            say(MessageKind::Warning, &message!("report-not-whole", title = title, reason = reason));
        }
        Ok(Finished { outcome: outcome @ Outcome::Answered { reason: Some(_) }, .. }) => {
            report_edit(session, job, outcome);
            answers::show(session, job);
        }
        Ok(Finished { outcome: Outcome::Applied { lacking: None }, answer, .. }) => {
            if !session.shows_progress_text() {
                say(MessageKind::Info, &message!("report-done", title = title, usage = answer.usage_line()));
            }
        }
        Ok(Finished { outcome, .. }) => report_edit(session, job, outcome),
        Err(failed) => report_failure(session, job, failed),
    }
}

/// Says why an edit is not in the text, or what it needs besides.
pub(super) fn report_edit(session: &Session, job: &Job, outcome: &Outcome) {
    let title = &job.action.title;
    let (kind, message) = match outcome {
        Outcome::Answered { reason: Some(reason) } => {
            (MessageKind::Warning, message!("report-changed-nothing", title = title, reason = reason))
        }
        Outcome::Proposed(proposal) if proposal.filed().is_some() => {
            (MessageKind::Info, message!("report-ready", title = title, reason = &proposal.reason))
        }
        Outcome::Proposed(proposal) if session.profile.one_line_messages => {
            (MessageKind::Info, message!("report-proposed-briefly", title = title, reason = &proposal.reason))
        }
        Outcome::Proposed(proposal) => {
            (MessageKind::Info, message!("report-proposed", title = title, reason = &proposal.reason))
        }
        Outcome::Unchanged { because: None } => (MessageKind::Info, message!("report-unchanged", title = title)),
        Outcome::Unchanged { because: Some(reason) } => {
            (MessageKind::Info, message!("report-unchanged-because", title = title, reason = reason))
        }
        Outcome::Applied { lacking: Some(reason) } => {
            (MessageKind::Info, message!("report-applied-lacking", title = title, reason = reason))
        }
        Outcome::Answered { reason: None } | Outcome::Applied { lacking: None } => return,
    };
    session.show_message(kind, &message);
}

/// Says why a job failed; that it was cancelled is known to whoever did it.
pub(super) fn report_failure(session: &Session, job: &Job, failed: &Failed) {
    if !matches!(failed.error, JobError::Cancelled) {
        let is_hidden = !answers::is_in_a_document(session, job);
        let kept = failed.partial.as_ref().filter(|_| is_hidden).map(|_| message!("report-answer-kept"));
        let is_short = session.profile.one_line_messages;
        let error = if is_short { failed.error.remedy_first() } else { failed.error.message() };
        let what = Message::joined([Some(error), kept].into_iter().flatten().collect(), " ");
        // What to do comes first: where a message has one line, its end is cut off.
        let subject = session.shown_path(&job.document).unwrap_or_else(|| job.client_uri.to_string());
        let message = message!("report-failed", what = what, title = &job.action.title, subject = subject);
        let kind = if matches!(failed.error, JobError::Declined(_)) { MessageKind::Info } else { MessageKind::Error };
        session.show_message(kind, &message);
    }
}
