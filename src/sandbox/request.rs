//! The body of a chat request. The sandbox accepts every request that works with the service. If a careful client would
//! send something else, it reports this. In strict mode, it refuses the request.

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use ulid::Ulid;

use super::headers::is_json;
use super::state::{SandboxState, Upload};

#[derive(Debug)]
pub(super) struct ChatRequest {
    pub(super) user_prompt: String,
    pub(super) streaming: bool,
    pub(super) use_conversation: bool,
    pub(super) conversation_id: Option<String>,
    pub(super) uploads: Vec<Upload>,
    /// Whether the answer must contain its knowledge sources.
    pub(super) wants_sources: bool,
    /// The knowledge sources in the request, in addition to the agent's own.
    pub(super) knowledge_source_ids: Vec<String>,
}

/// The fields with a known meaning. Other fields are ignored, as in the service.
const KNOWN: &str = "user_prompt streaming stackspot_knowledge return_ks_in_response deep_search_ks \
    agent_version_number use_conversation conversation_id upload_ids knowledge_source_ids knowledge_sources";

impl ChatRequest {
    /// Parses the request, or returns its error as text.
    pub(super) fn read(headers: &HeaderMap, bytes: &[u8], state: &SandboxState) -> Result<Self, String> {
        if !is_json(headers) {
            return Err("The Content-Type must be application/json".into());
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("The body is no JSON: {error}"))?;
        let Value::Object(mut fields) = value else { return Err("The body must be a JSON object".into()) };
        for name in KNOWN.split(' ') {
            if fields.get(name).is_some_and(Value::is_null) {
                state.let_pass(format!("{name} is null: leave it out where it has no value"))?;
                fields.remove(name);
            }
        }
        if let Some(prompt) = fields.remove("user-prompt") {
            // The example on the official page uses this name.
            state.let_pass("The prompt goes into user_prompt, with an underscore".into())?;
            fields.entry("user_prompt").or_insert(prompt);
        }
        let uploads = uploads(&fields, state)?;
        let user_prompt = match fields.get("user_prompt") {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::String(_)) if uploads.is_empty() => return Err("user_prompt must not be empty".into()),
            Some(Value::String(text)) => {
                let what = "user_prompt is empty beside upload_ids: say what the agent is to do with them";
                state.let_pass(what.into())?;
                text.clone()
            }
            Some(_) => return Err("user_prompt must be a string".into()),
            None => return Err("user_prompt is missing".into()),
        };
        let knowledge = flag(&fields, "stackspot_knowledge", state)?;
        let return_sources = flag(&fields, "return_ks_in_response", state)?;
        flag(&fields, "deep_search_ks", state)?;
        match fields.get("agent_version_number") {
            None => {}
            Some(Value::Number(number)) if number.is_u64() => {}
            Some(Value::String(text)) if text.parse::<u64>().is_ok() => {
                state.let_pass("agent_version_number must be a whole number, without quotes".into())?;
            }
            Some(_) => return Err("agent_version_number must be a whole number".into()),
        }
        let mut use_conversation = flag(&fields, "use_conversation", state)?;
        let conversation_id = match fields.get("conversation_id") {
            None => None,
            Some(Value::String(id)) if id.is_empty() => {
                state.let_pass("conversation_id is empty: leave it out on the first turn".into())?;
                None
            }
            Some(Value::String(id)) if Ulid::from_string(id).is_ok() => Some(id.clone()),
            Some(_) => return Err("conversation_id must be a ULID, or be left out on the first turn".into()),
        };
        if conversation_id.is_some() && !use_conversation {
            state.let_pass("conversation_id needs use_conversation: true".into())?;
            use_conversation = true;
        }
        let knowledge_source_ids = knowledge_sources(&fields, state)?;
        let streaming = flag(&fields, "streaming", state)?;
        let wants_sources = return_sources && (knowledge || !knowledge_source_ids.is_empty());
        Ok(Self {
            user_prompt,
            streaming,
            use_conversation,
            conversation_id,
            uploads,
            wants_sources,
            knowledge_source_ids,
        })
    }
}

fn flag(fields: &Map<String, Value>, name: &str, state: &SandboxState) -> Result<bool, String> {
    match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
            state.let_pass(format!("{name} must be true or false, without quotes"))?;
            Ok(text.eq_ignore_ascii_case("true"))
        }
        Some(_) => Err(format!("{name} must be true or false")),
    }
}

/// The strings of a list. Returns `None` for any other value.
fn strings(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn knowledge_sources(fields: &Map<String, Value>, state: &SandboxState) -> Result<Vec<String>, String> {
    let mut ids = Vec::new();
    for name in ["knowledge_source_ids", "knowledge_sources"] {
        let Some(value) = fields.get(name) else { continue };
        if name == "knowledge_sources" {
            state.let_pass("knowledge_sources is called knowledge_source_ids".into())?;
        }
        let named = strings(value).ok_or_else(|| format!("{name} must be a list of strings"))?;
        ids.extend(named.into_iter().map(str::to_owned));
    }
    Ok(ids)
}

fn uploads(fields: &Map<String, Value>, state: &SandboxState) -> Result<Vec<Upload>, String> {
    let Some(value) = fields.get("upload_ids") else { return Ok(Vec::new()) };
    let ids = strings(value).ok_or("upload_ids must be a list of strings")?;
    let found = ids.into_iter().map(|id| match state.upload(id) {
        None => Err(format!("upload_ids holds {id}, which is no upload of this sandbox")),
        Some(Upload { size: None, file_name, .. }) => {
            Err(format!("upload_ids holds {id}, but the file {file_name} has not been sent to the url of its form"))
        }
        Some(upload) => Ok(upload),
    });
    found.collect()
}
