//! A chat's body, read strictly: what the service might tolerate is refused here, so that nobody comes to rely on it.

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use ulid::Ulid;

use super::http::is_json;
use super::state::{State, Upload};

#[derive(Debug)]
pub(super) struct ChatRequest {
    pub(super) user_prompt: String,
    pub(super) streaming: bool,
    pub(super) use_conversation: bool,
    pub(super) conversation_id: Option<String>,
    pub(super) uploads: Vec<Upload>,
    /// Whether the answer is to name its knowledge sources.
    pub(super) wants_sources: bool,
}

impl ChatRequest {
    /// Reads it, or says what is wrong with it.
    pub(super) fn read(headers: &HeaderMap, bytes: &[u8], state: &State) -> Result<Self, String> {
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
        let uploads = uploads(&fields, state)?;
        let streaming = flag(&fields, "streaming")?;
        let wants_sources = knowledge && return_sources;
        Ok(Self { user_prompt, streaming, use_conversation, conversation_id, uploads, wants_sources })
    }
}

fn flag(fields: &Map<String, Value>, name: &str) -> Result<bool, String> {
    match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(format!("{name} must be true or false")),
    }
}

fn uploads(fields: &Map<String, Value>, state: &State) -> Result<Vec<Upload>, String> {
    let ids = match fields.get("upload_ids") {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
        Some(_) => None,
    };
    let found = ids.ok_or("upload_ids must be a list of strings")?.into_iter().map(|id| match state.upload(id) {
        None => Err(format!("upload_ids holds {id}, which is no upload of this sandbox")),
        Some(Upload { size: None, file_name, .. }) => {
            Err(format!("upload_ids holds {id}, but the file {file_name} has not been sent to the url of its form"))
        }
        Some(upload) => Ok(upload),
    });
    found.collect()
}
