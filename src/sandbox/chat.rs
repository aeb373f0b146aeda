//! The chat of the sandbox: it chooses the source of an answer and its faults.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use ulid::Ulid;

use super::agent::{self, AgentTurn};
use super::agent_ids::{self, FENCED};
use super::failure::{self, bad_request};
use super::headers::authorized;
use super::model::{Message, Role};
use super::request::ChatRequest;
use super::scenario::{Rule, SourceItem};
use super::state::{SandboxState, Upload, pause};
use super::stream::{AnswerSource, Envelope, Reply, closing, tokens_of};
use super::writing::{Faults, Rhythm, Written};

/// The maximum number of tokens that the service accepts.
const TOKEN_LIMIT: usize = 272_000;

pub(super) async fn chat(
    Shared(state): Shared<Arc<SandboxState>>,
    Path(agent_id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Response> {
    authorized(&state, &headers)?;
    let request = ChatRequest::read(&headers, &bytes, &state).map_err(|details| bad_request(&details))?;
    if let Err((limit, wait)) = state.play.let_through() {
        let mut response = failure::rate_limited(limit);
        if let Some(wait) = wait {
            // Whole seconds, rounded up.
            response.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        }
        return Err(response);
    }
    answer(state, &agent_id, request).await
}

/// Answers a valid request with the scenario, or else with the agent of this id.
async fn answer(state: Arc<SandboxState>, agent_id: &str, request: ChatRequest) -> Result<Response, Response> {
    let prompt = &request.user_prompt;
    let rule = state.play.rule(agent_id, &agent::action(prompt), prompt).cloned();
    let fails = rule.is_none() && agent_ids::failing().any(|id| id == agent_id);
    let rule = rule.unwrap_or_default();
    state.unless_closing(pause(rule.delay_ms)).await.map_err(|_| closing())?;
    if let Some(error) = &rule.error {
        return Err(error.response());
    }
    if let Some(response) = fails.then(|| agent_ids::instead_of_an_answer(agent_id, &state.flaky_attempts)).flatten() {
        return Err(response);
    }
    let input_tokens = tokens_of(prompt);
    if input_tokens > TOKEN_LIMIT {
        return Err(too_large(input_tokens));
    }
    let writing = state.writing();
    let conversation_id =
        request.use_conversation.then(|| request.conversation_id.clone().unwrap_or(Ulid::generate().to_string()));
    let mut conversation = conversation_id.as_deref().map(|id| state.conversation(id)).unwrap_or_default();
    conversation.turns += 1;
    let turn = AgentTurn {
        number: conversation.turns,
        previous: Some(conversation.topic).filter(|topic| !topic.is_empty()),
        client: state.options.client.clone(),
    };
    let own = agent::answer(prompt, &turn, &request.uploads, state.options.fenced || agent_id == FENCED);
    conversation.topic = own.topic;
    // An agent id that fails uses its own text. A scenario's reply does, too.
    let model = state.model.as_ref().filter(|_| rule.reply.is_none() && !fails && agent_id != FENCED);
    let answer = if let Some(model) = model {
        let mut messages = conversation.messages.clone();
        messages.push(Message { role: Role::User, content: with_files(prompt, &request.uploads) });
        let asked = state.unless_closing(model.ask(&messages)).await.map_err(|_| closing())?;
        let mut answer = asked.map_err(|error| error.response())?;
        answer.faults = Faults::new(rule.faults.clone());
        AnswerSource::Model(Box::new(answer), messages)
    } else {
        let text = rule.reply.as_deref().unwrap_or(&own.text);
        let mut faults = rule.faults.clone();
        faults.extend(fails.then(|| agent_ids::fault(agent_id, text)).flatten());
        let pace = rule.pace.or(state.play.scenario.pace);
        let rhythm = pace.map_or_else(|| Rhythm::from(state.options.pacing), Rhythm::from);
        AnswerSource::Written(Written::new(text, rhythm, faults))
    };
    if conversation_id.is_some() {
        state.remember(conversation);
    }
    let envelope = Envelope {
        conversation_id,
        upload_ids: request.uploads.iter().map(|upload| upload.id.clone()).collect(),
        sources: if request.wants_sources { sources(&rule, &request.knowledge_source_ids) } else { Vec::new() },
        stop_reason: rule.stop_reason,
        input_tokens,
        tokens: rule.tokens,
        frames: rule.frames,
    };
    let reply = Reply { answer, envelope, state, _writing: writing };
    Ok(if request.streaming { reply.into_stream() } else { reply.into_object().await })
}

/// The sources of an answer: those of the scenario or an example, and those that the request names.
fn sources(rule: &Rule, named: &[String]) -> Vec<SourceItem> {
    let own = rule.sources.clone().unwrap_or_else(|| vec![SourceItem::handbook()]);
    own.into_iter().chain(named.iter().map(|id| SourceItem::named(id))).collect()
}

/// A prompt with the text of its files in front.
fn with_files(prompt: &str, uploads: &[Upload]) -> String {
    let file = |upload: &Upload| {
        let text = String::from_utf8_lossy(&upload.start);
        format!("<file name=\"{}\">\n{}\n</file>\n", upload.file_name, text.trim_end())
    };
    let files: String = uploads.iter().map(file).collect();
    files + prompt
}

fn too_large(tokens: usize) -> Response {
    let details = format!(
        "Input tokens exceed the configured limit of {TOKEN_LIMIT} tokens. Your messages resulted in {tokens} tokens. \
         Please reduce the length of the messages."
    );
    failure::error(StatusCode::BAD_REQUEST, "INFERENCE_6001_LLM_MODEL_BAD_REQUEST", &details)
}
