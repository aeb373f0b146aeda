//! `workspace/executeCommand`: the server answers every command at once, and slow work runs in a job. A command that
//! needs the prompt files waits for their first read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;

use super::{context, fix_rule, prompt_preview, run};
use crate::actions::{Action, MenuRule};
use crate::agents_api::Usage;
use crate::documents::DocumentUri;
use crate::job::{self, Job, JobId, without_nulls};
use crate::server::client::prompt_files;
use crate::server::jobs::{RunRejected, preview, proposals, remark_commands};
use crate::server::session::{Feedback, Handled, Session};
use crate::server::wire::{
    ActionsParams, ApplyParams, CancelParams, Command, DiscardParams, Fixes, FollowUpParams, JobParams, RunParams,
    ShowPromptParams, invalid, parse_params,
};
use crate::server::{answers, conversation};

/// Runs a command. Errors: -32602 that names an unknown command or a wrong argument.
pub(crate) async fn handle(session: &Arc<Session>, command: &str, arguments: Vec<Value>) -> Result<Handled> {
    let Some((known, _)) = Command::ALL.into_iter().find(|(_, id)| *id == command) else {
        let all = Command::ALL.map(|(_, id)| id).join(", ");
        return Err(invalid(format!("unknown command \"{command}\"; known are {all}")));
    };
    let mut argument = arguments.into_iter().next().filter(|argument| !argument.is_null()).unwrap_or_else(|| json!({}));
    match known {
        Command::Run => {
            prompt_files::wait_for_action(session, &mut argument).await;
            let params: RunParams = parse_params(argument)?;
            job_started(if params.each {
                fix_rule::run(session, &params)?
            } else {
                run::start_by_command(session, params)?
            })
        }
        Command::Cancel => cancel(session, argument).map(Into::into),
        Command::Apply => {
            let params: ApplyParams = parse_params(argument)?;
            match (params.remark, params.remarks) {
                (Some(remark), None) => remark_commands::apply(session, &params.job_id, remark)?,
                (None, Some(Fixes::Safe)) => remark_commands::apply_safe(session, &params.job_id)?,
                (Some(_), Some(_)) => return Err(invalid("remark, remarks: only one of the two can be there")),
                (None, None) => proposals::apply(session, job(session, &params.job_id)?, &params)?,
            }
            Ok(().into())
        }
        Command::Discard => {
            let DiscardParams { job_id, part, remark, text_document } = parse_params(argument)?;
            match (job_id, text_document, remark) {
                (Some(job_id), None, Some(remark)) => remark_commands::dismiss(session, &job_id, remark)?,
                (None, Some(document), None) => remark_commands::dismiss_all(session, &document.uri),
                (Some(job_id), None, None) => proposals::discard(session, &job(session, &job_id)?, part)?,
                _ => return Err(invalid("jobId: name the job, or with textDocument the document of the remarks")),
            }
            Ok(().into())
        }
        Command::Retry => run_again(session, &parse_params::<JobParams>(argument)?.job_id, |_| {}),
        Command::FollowUp => follow_up(session, argument),
        Command::ShowAnswer => show_answer(session, argument).await.map(Into::into),
        Command::Status => Ok(status(session).into()),
        Command::Actions => {
            prompt_files::wait_for_action(session, &mut argument).await;
            // With a document, the result is for a menu of the client's own.
            if argument.get("textDocument").is_some() {
                run::warm(session);
            }
            actions(session, argument).map(Into::into)
        }
        Command::Agents => Ok(agents(session).into()),
        Command::ShowEdit => preview::show(session, named(session, argument)?).map(Into::into),
        Command::Proposal => proposals::describe(session, &*named(session, argument)?).map(Into::into),
        Command::ShowPrompt => handled(prompt_preview::show(session, parse_params::<ShowPromptParams>(argument)?.run)),
        Command::Conversation => handled(conversation::step(session, argument)),
        Command::Context => context::command(session, parse_params(argument)?).await,
    }
}

/// If a job cannot start, the user sees the reason. It is not an error of the command.
fn handled(result: std::result::Result<impl Into<Handled>, RunRejected>) -> Result<Handled> {
    match result {
        Ok(handled) => Ok(handled.into()),
        Err(RunRejected::Arguments(error)) => Err(error),
        Err(RunRejected::Job(error)) => Ok(Handled { value: Value::Null, feedback: Feedback::error(error.message()) }),
    }
}

fn job_started((job_id, feedback): (JobId, Feedback)) -> Result<Handled> {
    Ok(Handled { value: json!({ "jobId": job_id }), feedback })
}

/// Asks an agent the same again, about the present text of the same range. `change` modifies the question.
fn run_again(session: &Arc<Session>, id: &str, change: impl FnOnce(&mut RunParams)) -> Result<Handled> {
    let Some(mut params) = session.history.params(id) else {
        let job = job(session, id)?;
        return Err(invalid(format!("jobId: what job \"{}\" asked is no longer known", job.id)));
    };
    change(&mut params);
    job_started(run::start_by_command(session, params)?)
}

/// Continues the conversation of a job: the same action on the same range, with further words of the user.
fn follow_up(session: &Arc<Session>, argument: Value) -> Result<Handled> {
    let FollowUpParams { job_id, instruction } = parse_params(argument)?;
    let job = job(session, &job_id)?;
    if instruction.trim().is_empty() {
        return Err(invalid("instruction: it is empty"));
    }
    let answer = job.answer().ok_or_else(|| invalid(format!("jobId: job \"{job_id}\" has no answer yet")))?;
    let conversation = answer.end.as_ref().and_then(|end| end.conversation_id.clone());
    run_again(session, &job_id, |params| {
        params.instruction = Some(instruction);
        params.conversation_id = conversation;
    })
}

/// The possible actions, in menu order. They are about a document if the argument names one. If it names an action, they
/// are only that one.
fn actions(session: &Arc<Session>, argument: Value) -> Result<Value> {
    let ActionsParams { action: asked, text_document, .. } = parse_params(argument)?;
    prompt_files::refresh_if_stale(session);
    let language = text_document.and_then(|it| session.documents.snapshot(&it.uri).ok()).map(|it| it.language_id);
    let row = |action: Cow<'_, Action>| {
        json!({
            "action": action.id,
            "title": session.title(&action.title),
            "shortTitle": session.short_title(&action.title),
            "kind": action.kind,
            "result": action.result.name(),
            "needsInstruction": action.offered == MenuRule::NeedsInstruction,
        })
    };
    let is_asked = |action: &Cow<'_, Action>| {
        asked.as_deref().is_none_or(|asked| action.id == asked)
            && language.as_deref().is_none_or(|language| action.is_for(language))
    };
    Ok(session.catalogue().enabled().filter(is_asked).map(row).collect())
}

/// The agents of the settings, and the known agents of the account. If those are unknown, the server requests them in
/// the background, for the next call.
fn agents(session: &Arc<Session>) -> Value {
    let settings = session.settings();
    if session.service.take_turn_to_list() {
        let limits = job::limits(&settings);
        session.spawn("listing the agents", |session| async move { session.service.list_agents(limits).await });
    }
    let known = session.service.known_agents();
    let known = known.as_deref().unwrap_or_default();
    let of_account = |id: &str| known.iter().find(|agent| agent.id == id);
    let configured = settings.agents.iter().map(|(name, agent)| {
        without_nulls(json!({ "id": agent.id, "name": name, "slug": of_account(&agent.id).map(|it| &it.slug) }))
    });
    let is_configured = |id: &str| settings.agents.values().any(|agent| agent.id == id);
    let others = known.iter().filter(|agent| !is_configured(&agent.id));
    let others = others.map(|agent| without_nulls(json!({ "id": agent.id, "name": agent.name, "slug": agent.slug })));
    configured.chain(others).collect()
}

fn cancel(session: &Session, argument: Value) -> Result<Value> {
    let params: CancelParams = parse_params(argument)?;
    let document = params.text_document.map(|document| DocumentUri::parse(&document.uri));
    let picked = |job: &Job| {
        params.job_id.as_ref().is_none_or(|id| *id == job.id)
            && document.as_ref().is_none_or(|uri| *uri == job.document)
    };
    Ok(json!({ "cancelled": session.jobs.cancel(picked) }))
}

/// Shows an answer of this session, or else the file of an earlier session's answer.
async fn show_answer(session: &Arc<Session>, argument: Value) -> Result<Value> {
    let params: JobParams<Option<String>> = parse_params(argument)?;
    let known = match &params.job_id {
        Some(id) => session.jobs.get(id),
        None => session.jobs.latest(),
    };
    if let Some(shown) = known {
        answers::show_again(session, &shown);
        return Ok(Value::Null);
    }
    match (answers::earlier(session, params.job_id.as_deref()).await, params.job_id) {
        (Some(path), _) => {
            session.spawn(
                "showing an earlier answer",
                |session| async move { answers::show_earlier(&session, path).await },
            );
            Ok(Value::Null)
        }
        (None, Some(id)) => job(session, &id).map(|_| Value::Null),
        (None, None) => Err(invalid("jobId: there is no answer yet; run an action first")),
    }
}

fn status(session: &Session) -> Value {
    let row = |job: &Job, state: &str| json!({ "jobId": job.id, "action": job.action.id, "uri": &*job.spelled_uri(), "state": state });
    let live = session.jobs.live().into_iter().map(|job| row(&job, job.phase().name()));
    let proposed = session.jobs.proposed().into_iter().map(|job| row(&job, "proposed"));
    let used = session.service.usage_by_agent();
    let in_all: Usage = used.iter().map(|(_, usage)| *usage).sum();
    let names = agent_names(session);
    let by_agent = used.into_iter().map(|(id, Usage { requests, input_tokens, output_tokens })| {
        let name = names.get(&id);
        without_nulls(json!({
            "id": id, "name": name,
            "requests": requests, "inputTokens": input_tokens, "outputTokens": output_tokens,
        }))
    });
    json!({
        "jobs": live.chain(proposed).collect::<Vec<_>>(),
        "agent": session.default_agent(),
        "sandbox": session.service.is_sandbox(),
        "token": session.service.token_state(),
        "usage": {
            "requests": in_all.requests,
            "inputTokens": in_all.input_tokens,
            "outputTokens": in_all.output_tokens,
        },
        "usageByAgent": by_agent.collect::<Vec<_>>(),
    })
}

/// The names of agents by their ids: the names of the settings, or else of the account.
fn agent_names(session: &Session) -> HashMap<String, String> {
    let known = session.service.known_agents();
    let of_account = known.iter().flat_map(|all| all.iter()).map(|agent| (agent.id.clone(), agent.name.clone()));
    let settings = session.settings();
    let configured = settings.agents.iter().map(|(name, agent)| (agent.id.clone(), name.clone()));
    of_account.chain(configured).collect()
}

fn job(session: &Session, id: &str) -> Result<Arc<Job>> {
    session.jobs.get(id).ok_or_else(remark_commands::unknown_job)
}

/// The job that the argument of a command names.
fn named(session: &Session, argument: Value) -> Result<Arc<Job>> {
    job(session, &parse_params::<JobParams>(argument)?.job_id)
}
