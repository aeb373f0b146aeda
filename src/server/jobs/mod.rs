//! Jobs as a client sees them: a command or a request starts them, progress shows them, and they end with a result, one
//! message or one error.

mod consent;
pub(crate) mod diagnostics;
pub(crate) mod fix_loop;
mod host;
pub(crate) mod presenter;
pub(crate) mod preview;
pub(crate) mod proposals;
pub(crate) mod remark_commands;
pub(crate) mod report;
pub(crate) mod run_request;
pub(crate) mod waiting;

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::mpsc;

pub(crate) use self::host::EditorHost;
use self::presenter::Presenter;
pub(crate) use self::run_request::{Question, RunRejected};
use crate::job::{self, Ending, Failed, Finished, Job, JobError, Outcome};
use crate::server::client::{Progress, ProgressChannels, refresh_lenses};
use crate::server::session::{Feedback, MessageKind, Session};
use crate::server::wire::Token;
use crate::server::{answers, remarks};
use crate::tasks::{self, lock};

/// Starts a job and shows it in these progress channels. `at_end` returns the messages for the user at its end.
pub(crate) fn start<F>(session: &Arc<Session>, question: Question, lines: ProgressChannels, at_end: F)
where
    F: FnOnce(Arc<Session>, Arc<Job>, Ending) -> BoxFuture<'static, Feedback> + Send + 'static,
{
    let Question { job, order, params, added } = question;
    session.history.begin(&job, params);
    let listed = Listed::new(session, &job, lines.progress.as_ref().map(|line| line.token().clone()));
    let mut presenter = Presenter::new(session, &job, lines);
    // The next question does not get these parts any more.
    session.added.remove_sent(&added);
    session.spawn("a job", |session| async move {
        let (events, happened) = mpsc::unbounded_channel();
        let host = EditorHost { session: &session };
        let (run, shown) = (job::run(&job, order, &host, events), presenter.follow(happened));
        // On the heap, so that the task stores it only once.
        let run = Box::pin(futures::future::join(run, shown).map(|(ending, ())| ending));
        let ending = match tasks::caught("the run of a job", run).await {
            Ok(ending) => ending,
            Err(tasks::Panicked) => {
                tracing::error!(id = %job.id, action = %job.action.id, "the job ended by a bug");
                Err(Failed { error: JobError::Bug, partial: job.broke_off() })
            }
        };
        let waits = matches!(ending, Ok(Finished { outcome: Outcome::Proposed(_), .. }));
        if waits {
            waiting::begin(&session, &job).await;
        }
        if let Err(failed) = &ending {
            session.added.restore_unsent(&added, failed);
        }
        presenter.finish(&ending);
        answers::on_job_ended(&session, &job, &ending);
        remarks::on_job_ended(&session, &job, &ending);
        drop(listed);
        if waits {
            refresh_lenses(&session);
        }
        let warnings = session.service.connection_warnings().into_iter();
        let warnings: Feedback = warnings.map(|warning| (MessageKind::Warning, warning)).collect();
        if session.audit.is_some() {
            // The server reports once, and as soon as it knows, that audit lines are missing. No job waits for that.
            session.spawn("the audit file", |session| async move {
                session.flush_audit().await.map_or_else(Feedback::none, Feedback::warning)
            });
        }
        warnings.and(at_end(session, job, ending).await)
    });
}

/// While this value exists, the job is in the list of live jobs, and its progress can be cancelled. This is true even
/// if its task panics.
struct Listed {
    session: Arc<Session>,
    job: Arc<Job>,
    token: Token,
}

impl Listed {
    fn new(session: &Arc<Session>, job: &Arc<Job>, progress_token: Option<Token>) -> Self {
        let token = progress_token.unwrap_or_else(|| Progress::own_token(&job.id));
        session.jobs.add(job);
        answers::save_while_streaming(session, session.history.record_of(job));
        lock(&session.progress).insert(token.clone(), job.cancel.clone());
        Self { session: Arc::clone(session), job: Arc::clone(job), token }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&self.session.progress).remove(&self.token);
        self.session.jobs.end(&self.job);
        if let Some(record) = self.session.history.record(&self.job.id) {
            record.mark_finished();
        }
    }
}
