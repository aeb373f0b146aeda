//! `stackspot-lsp.run` and `stackspot-lsp/run`: start a job and answer the request.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tower_lsp::jsonrpc::Result;

use crate::actions::ActionResult;
use crate::job::{self, JobError, JobId};
use crate::server::client::{ProgressChannel, ProgressChannels};
use crate::server::jobs::run_request::{self, Prepared};
use crate::server::jobs::{RunRejected, presenter, report, start};
use crate::server::session::{Feedback, Session};
use crate::server::wire::{RunParams, refusal};
use crate::server::{answers, conversation};

/// Starts a job for `stackspot-lsp.run`. If it cannot run, the user gets a message, as for every other failure. A
/// `partialResultToken` gets everything instead. Errors: -32602 for wrong arguments, -32803 if too many jobs wait.
pub(crate) fn start_by_command(session: &Arc<Session>, params: RunParams) -> Result<(JobId, Feedback)> {
    require_room(session)?;
    let named = params.agent.clone();
    let lines = ProgressChannels::of(session, &params);
    match run_request::prepare(session, params) {
        Ok(Prepared { job, draft, .. }) if conversation::opens_conversation(&job, &draft) => {
            let id = job.id.clone();
            session.spawn("opening a conversation", |session| async move {
                let (opened, feedback) = match conversation::open(&session, &job, draft, named).await {
                    Ok(opened) => opened,
                    Err(error) => return kept_from_running(&session, lines.partial, error),
                };
                if let Some(partial) = lines.partial {
                    finish_partial_results(&partial, Ok(report::run_result(&session, &job, &opened)));
                }
                feedback
            });
            Ok((id, Feedback::none()))
        }
        Ok(prepared) => {
            let shown = Arc::clone(&prepared.job);
            let (id, partial, sanitizes) = (shown.id.clone(), lines.partial.clone(), lines.sanitizes);
            let is_shown = partial.is_none() && shown.action.result == ActionResult::Answer;
            start(session, prepared.into_question(session), lines, move |session, job, ending| {
                Box::pin(async move {
                    match partial {
                        Some(partial) => {
                            finish_partial_results(&partial, report::reply(&session, &job, &ending, sanitizes));
                            answers::save(&session, &session.history.record_of(&job)).await;
                            Feedback::none()
                        }
                        None => report::report(&session, &job, &ending),
                    }
                })
            });
            if is_shown {
                answers::stream(session, &shown);
            }
            Ok((id, Feedback::none()))
        }
        Err(RunRejected::Arguments(error)) => Err(error),
        Err(RunRejected::Job(error)) => {
            Ok((ulid::Ulid::generate().to_string(), kept_from_running(session, lines.partial, error)))
        }
    }
}

/// A job of a command is impossible: the error goes to the place of the answer, or else to the user.
fn kept_from_running(session: &Session, partial: Option<ProgressChannel>, error: JobError) -> Feedback {
    let Some(partial) = partial else { return Feedback::error(error.message()) };
    finish_partial_results(&partial, Err(refusal(error, session.error_audience())));
    Feedback::none()
}

fn require_room(session: &Session) -> Result<()> {
    session.jobs.check_room().map_err(|error| refusal(error, session.error_audience()))
}

/// Connects to the agents in the background, because the user is about to choose an action.
pub(crate) fn warm(session: &Arc<Session>) {
    let settings = session.settings();
    if settings.connection.warm && !session.service.is_warm() {
        let limits = job::limits(&settings);
        session.spawn("warming the line", |session| async move { session.service.warm(limits).await });
    }
}

/// Runs a job for `stackspot-lsp/run`, to its end. Dropping the future cancels the job. Errors: -32602 for wrong
/// arguments, -32800 when cancelled, else -32803 with the kind of failure.
pub(crate) async fn run_by_request(session: &Arc<Session>, params: RunParams) -> Result<Value> {
    require_room(session)?;
    let lines = ProgressChannels::of(session, &params);
    let named = params.agent.clone();
    let prepared = run_request::prepare(session, params).map_err(|refused| match refused {
        RunRejected::Arguments(error) => error,
        RunRejected::Job(error) => refusal(error, session.error_audience()),
    })?;
    let job = Arc::clone(&prepared.job);
    if conversation::opens_conversation(&job, &prepared.draft) {
        let opened = conversation::open(session, &job, prepared.draft, named).await;
        let (opened, feedback) = opened.map_err(|error| refusal(error, session.error_audience()))?;
        session.publish(feedback);
        return Ok(report::run_result(session, &job, &opened));
    }
    let _until_the_response =
        Pending { session: Arc::clone(session), cancel: job.cancel.clone(), lines: lines.clone() };
    let (done, result) = oneshot::channel();
    let sanitizes = lines.sanitizes;
    start(session, prepared.into_question(session), lines, move |session, job, result| {
        let _ = done.send(report::reply(&session, &job, &result, sanitizes));
        Box::pin(async move {
            answers::save(&session, &session.history.record_of(&job)).await;
            Feedback::none()
        })
    });
    result.await.unwrap_or_else(|_| Err(refusal(JobError::Bug, session.error_audience())))
}

/// Ends the partial results of a command with the response of a request. A client behind a multiplexer needs this:
/// multiplexers route commands correctly, but send unknown requests to another server.
fn finish_partial_results(partial: &ProgressChannel, reply: Result<Value>) {
    partial.send(match reply {
        Ok(result) => json!({ "result": result }),
        Err(error) => json!({ "error": error }),
    });
    partial.close();
}

/// A request that waits for its job. If the client cancels the request, this cancels the job and ends the tokens,
/// because the response follows immediately.
struct Pending {
    session: Arc<Session>,
    cancel: CancellationToken,
    lines: ProgressChannels,
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
