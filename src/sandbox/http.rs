//! The routes of the sandbox, but for the chat itself: tokens, agents, uploads.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::SANDBOX_AGENT_ID;
use super::chat::chat;
use super::failure::{Failure, bad_request, error, unauthorized};
use super::state::{State, TOKEN_SECONDS};

/// Room for a prompt well over the service's limit, which must be answered with the service's error.
const BODY_LIMIT: usize = 32 << 20;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/{realm}/oidc/oauth/token", post(token))
        .route("/v1/agent/{agent_id}/chat", post(chat))
        .route("/v1/agents", get(agents))
        .route("/v4/agents", get(agents_page))
        .route("/v2/file-upload/form", post(upload_form))
        .route("/upload/{id}", post(upload))
        .fallback(async || {
            error(StatusCode::NOT_FOUND, "SANDBOX_NOT_FOUND", "The sandbox serves nothing at this path.")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(state)
}

/// Whether a request carries a bearer token that this sandbox gave out and that still holds.
pub(super) fn is_authorized(state: &State, headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|token| state.is_valid_token(token))
}

/// Whether the body says it is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(';').next().is_some_and(|kind| kind.trim() == "application/json"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

async fn token(Shared(state): Shared<Arc<State>>, form: Result<Form<TokenRequest>, FormRejection>) -> Response {
    let oauth = |status: StatusCode, error: &str, description: &str| {
        (status, axum::Json(json!({ "error": error, "error_description": description }))).into_response()
    };
    let Ok(Form(request)) = form else {
        return oauth(StatusCode::BAD_REQUEST, "invalid_request", "The body must be form-encoded");
    };
    if request.grant_type != "client_credentials" {
        return oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials");
    }
    if request.client_id.is_empty() || request.client_secret.is_empty() {
        return oauth(StatusCode::BAD_REQUEST, "invalid_request", "client_id and client_secret must not be empty");
    }
    if request.client_id == "invalid" {
        return oauth(StatusCode::UNAUTHORIZED, "invalid_client", "Invalid client or invalid client credentials");
    }
    let reply = json!({ "access_token": state.issue_token(), "token_type": "Bearer", "expires_in": TOKEN_SECONDS });
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(reply)).into_response()
}

fn all_agents() -> Vec<Value> {
    let own = json!({ "id": SANDBOX_AGENT_ID, "name": "Sandbox agent", "slug": "sandbox-agent" });
    let others = Failure::ids().map(|id| json!({ "id": id, "name": format!("Sandbox: {id}"), "slug": id }));
    std::iter::once(own).chain(others).collect()
}

async fn agents(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    if !is_authorized(&state, &headers) {
        return unauthorized();
    }
    axum::Json(all_agents()).into_response()
}

async fn agents_page(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    if !is_authorized(&state, &headers) {
        return unauthorized();
    }
    axum::Json(json!({ "items": all_agents() })).into_response()
}

#[derive(Debug, Deserialize)]
struct UploadRequest {
    file_name: String,
    target_type: String,
    expiration: u64,
}

async fn upload_form(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_authorized(&state, &headers) {
        return unauthorized();
    }
    match serde_json::from_slice::<UploadRequest>(&body) {
        Err(error) => bad_request(&format!("The body of a file upload is wrong: {error}")),
        Ok(request) if request.target_type != "CONTEXT" || request.expiration == 0 || request.file_name.is_empty() => {
            bad_request("file_name must be set, target_type must be CONTEXT, and expiration at least 1")
        }
        Ok(request) => {
            let id = state.new_upload();
            let url = format!("{}/upload/{id}", state.base_url);
            let form = json!({ "key": format!("{id}/{}", request.file_name), "policy": "sandbox" });
            (StatusCode::CREATED, axum::Json(json!({ "id": id, "url": url, "form": form }))).into_response()
        }
    }
}

/// The store behind the upload. Like the real one it refuses a bearer beside the signed form, and reads no field after
/// the file.
async fn upload(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let at = |name: &str| text.find(&format!("name=\"{name}\""));
    let fields_precede_file = match (at("key"), at("policy"), at("file")) {
        (Some(key), Some(policy), Some(file)) => key < file && policy < file,
        _ => false,
    };
    if headers.contains_key(header::AUTHORIZATION) {
        return bad_request("Only one authentication is allowed: leave the Authorization header out");
    }
    if !kind.starts_with("multipart/form-data") || !fields_precede_file {
        return bad_request("The upload must be multipart/form-data: every field of the form, then the file, last");
    }
    if state.is_upload(&id) { StatusCode::NO_CONTENT.into_response() } else { StatusCode::NOT_FOUND.into_response() }
}
