//! `workspace/executeCommand`: every command is answered at once; what takes time goes on in a job.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;

use super::params::{CancelParams, JobParams, OptionalJobParams, RunParams, invalid, read};
use super::session::Session;
use super::{jobs, proposals};
use crate::documents::DocumentUri;
use crate::job::Job;

/// The commands of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Run,
    Cancel,
    Apply,
    Discard,
    ShowAnswer,
    Status,
}

impl Command {
    pub(crate) const ALL: [Self; 6] =
        [Self::Run, Self::Cancel, Self::Apply, Self::Discard, Self::ShowAnswer, Self::Status];

    /// The id on the wire.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Run => "stackspot-lsp.run",
            Self::Cancel => "stackspot-lsp.cancel",
            Self::Apply => "stackspot-lsp.apply",
            Self::Discard => "stackspot-lsp.discard",
            Self::ShowAnswer => "stackspot-lsp.showAnswer",
            Self::Status => "stackspot-lsp.status",
        }
    }
}

/// Runs a command.
///
/// # Errors
/// -32602 for an unknown command or a wrong argument, naming it.
pub(crate) fn execute(session: &Arc<Session>, command: &str, arguments: Vec<Value>) -> Result<Value> {
    let Some(known) = Command::ALL.into_iter().find(|it| it.id() == command) else {
        let all = Command::ALL.map(Command::id).join(", ");
        return Err(invalid(format!("unknown command \"{command}\"; known are {all}")));
    };
    let argument = arguments.into_iter().next().unwrap_or_else(|| json!({}));
    match known {
        Command::Run => run(session, argument),
        Command::Cancel => cancel(session, argument),
        Command::Apply => {
            let job = job(session, &read::<JobParams>(argument)?.job_id)?;
            proposals::apply(session, job).map(|()| Value::Null)
        }
        Command::Discard => {
            let job = job(session, &read::<JobParams>(argument)?.job_id)?;
            proposals::discard(&job).map(|()| Value::Null)
        }
        Command::ShowAnswer => show_answer(session, argument),
        Command::Status => Ok(status(session)),
    }
}

fn run(session: &Arc<Session>, argument: Value) -> Result<Value> {
    let params: RunParams = read(argument)?;
    let job_id = jobs::start_by_command(session, params)?;
    Ok(json!({ "jobId": job_id }))
}

fn cancel(session: &Session, argument: Value) -> Result<Value> {
    let params: CancelParams = read(argument)?;
    let document = params.text_document.map(|document| DocumentUri::parse(&document.uri));
    let picked = |job: &Job| {
        params.job_id.as_ref().is_none_or(|id| *id == job.id)
            && document.as_ref().is_none_or(|uri| *uri == job.document)
    };
    Ok(json!({ "cancelled": session.jobs.cancel(picked) }))
}

fn show_answer(session: &Arc<Session>, argument: Value) -> Result<Value> {
    let params: OptionalJobParams = read(argument)?;
    let shown = match params.job_id {
        Some(id) => job(session, &id)?,
        None => session.jobs.latest().ok_or_else(|| invalid("jobId: there is no answer yet; run an action first"))?,
    };
    jobs::show_again(session, shown);
    Ok(Value::Null)
}

fn status(session: &Session) -> Value {
    let row = |job: &Job, state: &str| json!({ "jobId": job.id, "action": job.action.id, "uri": &*job.client_uri, "state": state });
    let live = session.jobs.live().into_iter().map(|job| row(&job, job.phase().name()));
    let proposed = session.jobs.proposed().into_iter().map(|job| row(&job, "proposed"));
    let usage = session.service.usage();
    json!({
        "jobs": live.chain(proposed).collect::<Vec<_>>(),
        "agent": session.default_agent(),
        "sandbox": session.service.is_sandbox(),
        "token": session.service.token_state(),
        "usage": { "requests": usage.requests, "inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens },
    })
}

fn job(session: &Session, id: &str) -> Result<Arc<Job>> {
    session.jobs.get(id).ok_or_else(|| invalid(format!("jobId: there is no job \"{id}\", or it is too old to be kept")))
}
