//! `doctor`: what of the set-up works, step by step, and what to do about what does not.

mod report;

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;

use self::report::{Report, State};
use super::shell::{Failure, exit_code};
use crate::agents_api::{AgentsApi, ChatEvent, ChatRequest, Credential, Limits};
use crate::config::{Environment, LoadedConnection, Settings, UserFile, load_connection};
use crate::i18n::Language;
use crate::job::limits;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the checks as JSON: { ok, checks: [{ check, state, message, milliseconds? }] }
    #[arg(long)]
    json: bool,
    /// Never ask the agent, not even where its list does not show it: spends nothing for certain
    #[arg(long)]
    no_ask: bool,
}

pub(super) async fn run(args: Args) -> ExitCode {
    exit_code(examine(&args).await)
}

async fn examine(args: &Args) -> Result<(), Failure> {
    let mut report = Report::new(args.json);
    match configuration(&mut report).await? {
        Some((settings, connection)) => service(args, &mut report, &settings, &connection).await?,
        None => skip(&mut report, &["credential", "network", "token", "agent", "latency"]).await?,
    }
    report.end().await
}

/// The files and variables, without any network.
async fn configuration(report: &mut Report) -> Result<Option<(Settings, LoadedConnection)>, Failure> {
    let environment = Environment::from_process();
    let user_file = UserFile::read(&environment);
    let user_file = match user_file {
        Ok(user_file) => user_file,
        Err(error) => {
            report.add("settings", State::Failed, &sentence(&error), None).await?;
            return Ok(None);
        }
    };
    let (settings, warnings) = match Settings::from_layers(&user_file.settings, &Value::Null) {
        Ok(read) => read,
        Err(error) => {
            report.add("settings", State::Failed, &format!("{error}. Correct config.toml."), None).await?;
            return Ok(None);
        }
    };
    let connection = match load_connection(&environment, &user_file) {
        Ok(connection) => connection,
        Err(error) => {
            report.add("settings", State::Failed, &sentence(&error), None).await?;
            return Ok(None);
        }
    };
    for warning in warnings.iter().chain(&connection.warnings) {
        report.add("settings", State::Warning, &sentence(&warning.to_string()), None).await?;
    }
    let path = user_file.path.as_deref().map(|path| (path.display().to_string(), path.exists()));
    let message = match path {
        Some((path, true)) => format!("{path} is in order."),
        Some((path, false)) => format!("There is no {path}; the environment and the defaults hold."),
        None => "There is no home directory for a config.toml; the environment and the defaults hold.".to_owned(),
    };
    report.add("settings", State::Ok, &message, None).await?;
    Ok(Some((settings, connection)))
}

/// What was found, as a sentence; a question is one already.
fn sentence(found: &impl std::fmt::Display) -> String {
    let found = found.to_string();
    if found.ends_with(['.', '?', '!']) { found } else { format!("{found}.") }
}

/// The credential, and what it is good for.
async fn service(
    args: &Args,
    report: &mut Report,
    settings: &Settings,
    loaded: &LoadedConnection,
) -> Result<(), Failure> {
    let connection = match loaded.connection().await {
        Ok(connection) => connection.clone(),
        Err(error) => {
            report.add("credential", State::Failed, &sentence(&error), None).await?;
            return skip(report, &["network", "token", "agent", "latency"]).await;
        }
    };
    let message = match &connection.credential {
        Credential::ClientSecret { realm, client_id, .. } => format!("Client id {client_id} of realm {realm}."),
        Credential::Token(_) => "A ready token (STACKSPOT_TOKEN); it cannot be renewed.".to_owned(),
        Credential::Missing(why) => sentence(&why.text(Language::En)),
    };
    report.add("credential", State::Ok, &message, None).await?;

    let asks_for_token = matches!(connection.credential, Credential::ClientSecret { .. });
    let api = AgentsApi::new(connection);
    let limits = limits(settings);
    let is_reached = network(report, &api, limits, asks_for_token).await?;
    if !is_reached {
        return skip(report, &["token", "agent", "latency"]).await;
    }
    let started = tokio::time::Instant::now();
    if let Err(error) = api.authenticate(&limits.timeouts).await {
        report.add("token", State::Failed, &error.to_string(), None).await?;
        return skip(report, &["agent", "latency"]).await;
    }
    let token_time = started.elapsed();
    let (message, time) = match asks_for_token {
        true => ("The credential was accepted.", Some(token_time)),
        false => ("It is for the service to say whether the token still holds.", None),
    };
    report.add("token", State::Ok, message, time).await?;
    let first_text = agent(args, report, settings, loaded, &api, limits).await?;
    let (what, time) = match first_text {
        Some(time) => ("until the agent's first word", time),
        None => ("until a token was there", token_time),
    };
    report.add("latency", State::Ok, &format!("{} {what}.", milliseconds(time)), Some(time)).await
}

/// Whether each service can be reached: name, proxy, TLS.
async fn network(report: &mut Report, api: &AgentsApi, limits: Limits, asks_for_token: bool) -> Result<bool, Failure> {
    let endpoints = &api.connection().endpoints;
    let mut services = vec![
        (endpoints.inference.as_str(), "STACKSPOT_INFERENCE_URL"),
        (endpoints.data.as_str(), "STACKSPOT_DATA_URL"),
        (endpoints.agents.as_str(), "STACKSPOT_AGENTS_URL"),
    ];
    if asks_for_token {
        services.insert(0, (endpoints.idm.as_str(), "STACKSPOT_IDM_URL"));
    }
    let mut known: Vec<&str> = Vec::new();
    services.retain(|(url, _)| {
        !known.contains(url) && {
            known.push(url);
            true
        }
    });
    let probes = services.iter().map(|(url, setting)| api.probe(url, setting, limits));
    let answers = futures::future::join_all(probes).await;
    for warning in api.warnings() {
        report.add("network", State::Warning, &warning.text(Language::En), None).await?;
    }
    let mut needed = true;
    for ((url, setting), answer) in services.iter().zip(answers) {
        match answer {
            Ok(time) => report.add("network", State::Ok, &format!("{url} answers."), Some(time)).await?,
            Err(error) => {
                report.add("network", State::Failed, &error.to_string(), None).await?;
                needed &= !matches!(*setting, "STACKSPOT_IDM_URL" | "STACKSPOT_INFERENCE_URL");
            }
        }
    }
    Ok(needed)
}

/// Whether the configured agent exists for this credential. The list of agents says so for nothing; where it does not show
/// the agent, one short question decides: it is free of charge where the agent refuses it.
async fn agent(
    args: &Args,
    report: &mut Report,
    settings: &Settings,
    loaded: &LoadedConnection,
    api: &AgentsApi,
    limits: Limits,
) -> Result<Option<Duration>, Failure> {
    let Some(choice) = settings.resolve_agent(None, loaded.default_agent.as_deref()) else {
        let message = "No agent is configured. Set STACKSPOT_AGENT_ID, or `agent` in config.toml; \
                       stackspot-lsp agents lists those of the account.";
        report.add("agent", State::Failed, message, None).await?;
        return Ok(None);
    };
    let listed = api.agents(limits).await;
    let named = listed.as_ref().ok().and_then(|agents| agents.iter().find(|agent| agent.is_called(&choice.id)));
    if let Some(agent) = named {
        let message = format!("{} ({}) is among the agents of the account; it was not asked.", agent.name, agent.id);
        report.add("agent", State::Ok, &message, None).await?;
        return Ok(None);
    }
    let not_listed = match &listed {
        Ok(agents) => format!("Agent \"{}\" is not among the {} that the account lists", choice.id, agents.len()),
        Err(error) => format!("Whether agent \"{}\" exists is not known, for there is no list ({error})", choice.id),
    };
    if args.no_ask {
        let message = format!("{not_listed}. It was not asked: leave --no-ask out to ask it one short question.");
        report.add("agent", State::Warning, &message, None).await?;
        return Ok(None);
    }
    let mut limits = limits;
    limits.retry.max_attempts = 1;
    let request = ChatRequest {
        agent_id: choice.id.clone(),
        prompt: "Reply with the word OK and nothing else.".to_owned(),
        streaming: true,
        agent_version_number: choice.version_number,
        extra_body: choice.extra_body,
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
                let tokens = end.tokens.input.zip(end.tokens.output);
                let cost = tokens.map_or(String::new(), |(input, output)| format!(" ({input} → {output} tokens)"));
                let message = format!("Agent \"{}\" answered one short question{cost}.", choice.id);
                report.add("agent", State::Ok, &message, None).await?;
                return Ok(first_text);
            }
            Ok(_) => {}
            Err(error) => {
                report.add("agent", State::Failed, &error.to_string(), None).await?;
                return Ok(None);
            }
        }
    }
    Ok(first_text)
}

async fn skip(report: &mut Report, checks: &[&'static str]) -> Result<(), Failure> {
    for check in checks {
        report.add(check, State::Skipped, "Not checked, because of what failed above.", None).await?;
    }
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
