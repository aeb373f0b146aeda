//! `doctor`: checks the set-up step by step, and says how to fix what does not work.

mod report;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use self::report::{Check, CheckState, Report};
use super::shell::Failure;
use crate::agents_api::{AgentsApi, ChatEvent, ChatRequest, Credential, Limits, agent_called};
use crate::config::{AgentChoice, Environment, LoadedConnection, Settings, UserFile, load_connection};
use crate::i18n::{Language, Message, message};
use crate::job::limits;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the checks as JSON: { ok, checks: [{ check, state, message, milliseconds? }] }
    #[arg(long)]
    json: bool,
    /// Never ask the agent, even if the list does not contain it. This check then costs nothing
    #[arg(long)]
    no_ask: bool,
}

pub(super) async fn run(args: Args, language: Language) -> Result<(), Failure> {
    let mut report = Report::new(args.json, language);
    match configuration(&mut report).await? {
        Some((settings, connection)) => service(&args, &mut report, &settings, &connection).await?,
        None => skip(&mut report, Check::Credential).await?,
    }
    report.end().await
}

/// Checks the files and variables, without the network.
async fn configuration(report: &mut Report) -> Result<Option<(Settings, LoadedConnection)>, Failure> {
    let environment = Environment::from_process();
    let read = || -> Result<_, Message> {
        let user_file = UserFile::read(&environment)?;
        let settings = Settings::from_layers(&user_file.settings, &[]);
        let settings = settings.map_err(|error| message!("shell-settings-unusable", problem = error))?;
        let connection = load_connection(&environment, &user_file)?;
        Ok((user_file.path, settings, connection))
    };
    let (path, (settings, warnings), connection) = match read() {
        Ok(read) => read,
        Err(error) => {
            report.add(Check::Settings, CheckState::Failed, &error).await?;
            return Ok(None);
        }
    };
    for warning in warnings.iter().chain(&connection.warnings).chain(&connection.unwrapped) {
        report.add(Check::Settings, CheckState::Warning, &warning.message).await?;
    }
    let message = match path.map(|path| (path.display().to_string(), path.exists())) {
        Some((path, true)) => message!("doctor-file-in-order", path = path),
        Some((path, false)) => message!("doctor-no-file", path = path),
        None => message!("doctor-no-home"),
    };
    report.add(Check::Settings, CheckState::Ok, &message).await?;
    Ok(Some((settings, connection)))
}

/// Checks the credential, and what it can access.
async fn service(
    args: &Args,
    report: &mut Report,
    settings: &Settings,
    loaded: &LoadedConnection,
) -> Result<(), Failure> {
    let connection = match loaded.connection().await {
        Ok(connection) => connection.clone(),
        Err(error) => {
            report.add(Check::Credential, CheckState::Failed, &error).await?;
            return skip(report, Check::Network).await;
        }
    };
    let message = match &connection.credential {
        Credential::ClientSecret { realm, client_id, .. } => {
            message!("doctor-client-id", id = client_id, realm = realm)
        }
        Credential::Token(_) => message!("doctor-ready-token"),
        Credential::Missing(why) => why.clone(),
    };
    report.add(Check::Credential, CheckState::Ok, &message).await?;

    let asks_for_token = matches!(connection.credential, Credential::ClientSecret { .. });
    let api = AgentsApi::new(connection);
    let limits = limits(settings);
    let is_reached = network(report, &api, limits, asks_for_token).await?;
    if !is_reached {
        return skip(report, Check::Token).await;
    }
    let started = tokio::time::Instant::now();
    if let Err(error) = api.authenticate(&limits.timeouts).await {
        report.add(Check::Token, CheckState::Failed, &error.message()).await?;
        return skip(report, Check::Agent).await;
    }
    let token_time = started.elapsed();
    let (message, time) = match asks_for_token {
        true => (message!("doctor-accepted"), Some(token_time)),
        false => (message!("doctor-token-untried"), None),
    };
    report.add_timed(Check::Token, CheckState::Ok, &message, time).await?;
    let first_text = agent(args, report, settings, loaded, &api, limits).await?;
    let (message, time) = match first_text {
        Some(time) => (message!("doctor-until-first-word", milliseconds = milliseconds(time)), time),
        None => (message!("doctor-until-token", milliseconds = milliseconds(token_time)), token_time),
    };
    report.add_timed(Check::Latency, CheckState::Ok, &message, Some(time)).await
}

/// Whether each service can be reached: name, proxy, TLS.
async fn network(report: &mut Report, api: &AgentsApi, limits: Limits, asks_for_token: bool) -> Result<bool, Failure> {
    let endpoints = &api.connection().endpoints;
    // Each with whether a question needs it.
    let mut services = vec![(&endpoints.inference, true), (&endpoints.data, false), (&endpoints.agents, false)];
    if asks_for_token {
        services.insert(0, (&endpoints.idm, true));
    }
    let mut known = HashSet::new();
    services.retain(|(endpoint, _)| known.insert(*endpoint));
    let probes = services.iter().map(|(endpoint, _)| api.probe(endpoint, limits));
    let answers = futures::future::join_all(probes).await;
    for warning in api.warnings() {
        report.add(Check::Network, CheckState::Warning, &warning).await?;
    }
    let mut is_reached = true;
    for ((endpoint, is_needed), answer) in services.iter().zip(answers) {
        match answer {
            Ok(time) => {
                let message = message!("doctor-answers", url = endpoint.as_str().to_owned());
                report.add_timed(Check::Network, CheckState::Ok, &message, Some(time)).await?;
            }
            Err(error) => {
                report.add(Check::Network, CheckState::Failed, &error.message()).await?;
                is_reached &= !is_needed;
            }
        }
    }
    Ok(is_reached)
}

/// Whether the configured agent exists for this credential. The list of agents shows this without cost. If it does not
/// contain the agent, one short question decides. The question is free if the agent refuses it.
async fn agent(
    args: &Args,
    report: &mut Report,
    settings: &Settings,
    loaded: &LoadedConnection,
    api: &Arc<AgentsApi>,
    limits: Limits,
) -> Result<Option<Duration>, Failure> {
    let Some(choice) = settings.resolve_agent(None, loaded.default_agent.as_deref()) else {
        report.add(Check::Agent, CheckState::Failed, &message!("doctor-no-agent")).await?;
        return Ok(None);
    };
    let listed = api.agents(limits).await;
    let named = listed.as_ref().map_or(Ok(None), |agents| agent_called(&choice.id, agents));
    let not_asked = |found: Message| (CheckState::Warning, message!("doctor-agent-not-asked", found = found));
    let (state, message) = match (named, &listed) {
        (Err(ambiguous), _) => (CheckState::Failed, ambiguous.message()),
        (Ok(Some(agent)), _) => (CheckState::Ok, message!("doctor-agent-listed", name = &agent.name, id = &agent.id)),
        (Ok(None), _) if !args.no_ask => return time_first_word(report, &choice, api, limits).await,
        (Ok(None), Ok(agents)) => not_asked(message!("doctor-agent-not-listed", id = &choice.id, count = agents.len())),
        (Ok(None), Err(error)) => {
            not_asked(message!("doctor-agent-not-known", id = &choice.id, error = error.message()))
        }
    };
    report.add(Check::Agent, state, &message).await?;
    Ok(None)
}

/// How long the agent took to the first word of an answer to a short question, if it answered.
async fn time_first_word(
    report: &mut Report,
    choice: &AgentChoice,
    api: &Arc<AgentsApi>,
    mut limits: Limits,
) -> Result<Option<Duration>, Failure> {
    limits.retry.max_attempts = 1;
    let request = ChatRequest {
        agent_id: choice.id.clone(),
        prompt: "Reply with the word OK and nothing else.".to_owned(),
        streaming: true,
        agent_version_number: choice.version_number,
        extra_body: choice.extra_body.clone(),
        ..ChatRequest::default()
    };
    let started = tokio::time::Instant::now();
    let mut chat = api.chat(request, limits);
    let mut first_text = None;
    while let Some(event) = chat.next().await {
        match event {
            Ok(ChatEvent::Text(_)) => {
                first_text.get_or_insert_with(|| started.elapsed());
            }
            Ok(ChatEvent::Done(end)) => {
                let message = match end.tokens.input.zip(end.tokens.output) {
                    Some((input, output)) => {
                        let cost = message!("usage-tokens", input = input, output = output);
                        message!("doctor-agent-answered-for", id = &choice.id, cost = cost)
                    }
                    None => message!("doctor-agent-answered", id = &choice.id),
                };
                report.add(Check::Agent, CheckState::Ok, &message).await?;
                return Ok(first_text);
            }
            Ok(_) => {}
            Err(error) => {
                report.add(Check::Agent, CheckState::Failed, &error.message()).await?;
                return Ok(None);
            }
        }
    }
    Ok(first_text)
}

/// Skips this check and the checks after it.
async fn skip(report: &mut Report, first: Check) -> Result<(), Failure> {
    for check in Check::ALL.into_iter().filter(|check| *check >= first) {
        report.add(check, CheckState::Skipped, &message!("doctor-not-checked")).await?;
    }
    Ok(())
}

/// In whole milliseconds.
fn milliseconds(time: Duration) -> Message {
    Message::verbatim(format!("{} ms", time.as_millis()))
}
