//! The chat of the sandbox: a body read strictly, an answer by the scripted agent, sent as a stream or as one object.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use ulid::Ulid;

use super::agent::{self, Turn};
use super::failure::{self, FENCED, Failure, bad_request, unauthorized};
use super::http::{is_authorized, is_json};
use super::state::State;
use super::stream::{body, fat, plan, waited};

/// The most tokens that the service takes.
const TOKEN_LIMIT: usize = 272_000;

pub(super) async fn chat(
    Shared(state): Shared<Arc<State>>,
    Path(agent_id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if !is_authorized(&state, &headers) {
        return unauthorized();
    }
    let failure = Failure::of(&agent_id);
    let attempt = if failure == Some(Failure::Flaky) { state.next_flaky_attempt() } else { 0 };
    if let Some(response) = failure.and_then(|failure| failure.response(attempt)) {
        return response;
    }
    let request = match ChatRequest::read(&headers, &bytes, &state) {
        Ok(request) => request,
        Err(details) => return bad_request(&details),
    };
    let input = tokens(&request.user_prompt);
    if input > TOKEN_LIMIT {
        let details = format!(
            "Input tokens exceed the configured limit of {TOKEN_LIMIT} tokens. Your messages resulted in {input} tokens. \
             Please reduce the length of the messages."
        );
        return failure::error(StatusCode::BAD_REQUEST, "INFERENCE_6001_LLM_MODEL_BAD_REQUEST", &details);
    }
    let writing = state.writing();
    let conversation_id =
        request.use_conversation.then(|| request.conversation_id.clone().unwrap_or(Ulid::generate().to_string()));
    let turn = conversation_id.as_deref().map_or(Turn { number: 1, previous: None }, |id| state.turn(id));
    let reply = agent::answer(&request.user_prompt, &turn, state.options.fenced || agent_id == FENCED);
    if let Some(id) = &conversation_id {
        state.remember(id, turn.number, reply.topic);
    }
    let output = tokens(&reply.text);
    let last = |message: &str, tokens: Value| {
        let mut frame = fat(message);
        let mut set = |name: &str, value: Value| frame.insert(name.into(), value);
        set("stop_reason", "stop".into());
        set("tokens", tokens);
        set("message_id", Ulid::generate().to_string().into());
        set("upload_ids", request.upload_ids.iter().map(|id| (id.clone(), json!("sandbox"))).collect());
        if let Some(id) = &conversation_id {
            set("conversation_id", id.as_str().into());
        }
        if request.wants_sources {
            set("knowledge_source_id", json!(["sandbox-handbook"]));
            let source = json!({
                "type": "custom", "name": "Sandbox handbook", "slug": "sandbox-handbook", "document_score": 0.87,
                "document_id": "01STACKSP0TSANDB0XHANDB00K", "id": "01STACKSP0TSANDB0XKN0W0000",
            });
            set("source", json!([source]));
        }
        Value::from(frame)
    };
    let pacing = state.options.pacing;
    if request.streaming {
        // The service names tokens in its new way here, and in its old way in the plain reply.
        let steps = plan(&reply.text, last("", json!({ "input": input, "output": output })), pacing, failure);
        let mut response = body(steps, state, writing).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    if waited(pacing.whole(&reply.text), &state).await.is_err() {
        return closing();
    }
    match failure {
        Some(Failure::Stalled) => {
            state.closing.cancelled().await;
            closing()
        }
        Some(Failure::StreamError) => failure::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "SANDBOX_STREAM_ERROR",
            "The model failed in the middle of its answer.",
        ),
        Some(Failure::Truncated) => {
            let half: String = reply.text.chars().take(reply.text.chars().count() / 2).collect();
            axum::Json(Value::from(fat(&half))).into_response()
        }
        _ => axum::Json(last(&reply.text, json!({ "user": input, "enrichment": 0, "output": output }))).into_response(),
    }
}

fn closing() -> Response {
    failure::error(StatusCode::SERVICE_UNAVAILABLE, "SANDBOX_CLOSING", "The sandbox is closing.")
}

/// About as many as a model would count.
fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

/// A chat body, read strictly: what the service might tolerate is refused here, so that nobody comes to rely on it.
#[derive(Debug)]
struct ChatRequest {
    user_prompt: String,
    streaming: bool,
    use_conversation: bool,
    conversation_id: Option<String>,
    upload_ids: Vec<String>,
    wants_sources: bool,
}

impl ChatRequest {
    fn read(headers: &HeaderMap, bytes: &[u8], state: &State) -> Result<Self, String> {
        if !is_json(headers) {
            return Err("The Content-Type must be application/json".into());
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("The body is no JSON: {error}"))?;
        let Value::Object(fields) = value else { return Err("The body must be a JSON object".into()) };
        if fields.contains_key("user-prompt") {
            return Err("The prompt goes into user_prompt, with an underscore".into());
        }
        let user_prompt = match fields.get("user_prompt") {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::String(_)) => return Err("user_prompt must not be empty".into()),
            Some(_) => return Err("user_prompt must be a string".into()),
            None => return Err("user_prompt is missing".into()),
        };
        let knowledge = flag(&fields, "stackspot_knowledge")?;
        let return_sources = flag(&fields, "return_ks_in_response")?;
        flag(&fields, "deep_search_ks")?;
        if fields.get("agent_version_number").is_some_and(|value| !value.is_u64()) {
            return Err("agent_version_number must be a whole number".into());
        }
        let use_conversation = flag(&fields, "use_conversation")?;
        let conversation_id = match fields.get("conversation_id") {
            None => None,
            Some(Value::String(id)) if Ulid::from_string(id).is_ok() => Some(id.clone()),
            Some(_) => return Err("conversation_id must be a ULID, or be left out on the first turn".into()),
        };
        if conversation_id.is_some() && !use_conversation {
            return Err("conversation_id needs use_conversation: true".into());
        }
        let upload_ids = upload_ids(&fields, state)?;
        let streaming = flag(&fields, "streaming")?;
        let wants_sources = knowledge && return_sources;
        Ok(Self { user_prompt, streaming, use_conversation, conversation_id, upload_ids, wants_sources })
    }
}

fn flag(fields: &Map<String, Value>, name: &str) -> Result<bool, String> {
    match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(format!("{name} must be true or false")),
    }
}

fn upload_ids(fields: &Map<String, Value>, state: &State) -> Result<Vec<String>, String> {
    let ids = match fields.get("upload_ids") {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        }
        Some(_) => None,
    };
    let ids = ids.ok_or("upload_ids must be a list of strings")?;
    match ids.iter().find(|id| !state.is_upload(id)) {
        Some(unknown) => Err(format!("upload_ids holds {unknown}, which is no upload of this sandbox")),
        None => Ok(ids),
    }
}
