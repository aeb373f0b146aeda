//! The routes of the sandbox for tokens and agents. Chats and uploads are in other modules.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Form, Path, Query, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use serde::Deserialize;
use serde_json::{Value, json};

use super::agent_ids::{FENCED, SANDBOX_AGENT_ID, failing};
use super::chat::chat;
use super::failure::{bad_request, error};
use super::headers::{authorized, credentials};
use super::state::{SandboxState, TOKEN_SECONDS, pause};
use super::stream::closing;
use super::uploads::{upload_file, upload_form};

/// The limit leaves room for a prompt far over the service's limit. Such a prompt must get the service's error.
const BODY_LIMIT: usize = 32 << 20;

pub(super) fn router(state: Arc<SandboxState>) -> Router {
    Router::new()
        .route("/{realm}/oidc/oauth/token", post(token))
        .route("/v1/agent/{agent_id}/chat", post(chat))
        .route("/v1/agents", get(agents))
        .route("/v4/agents", get(agents_page))
        .route("/v2/file-upload/form", post(upload_form))
        .route("/upload/{id}", post(upload_file))
        .fallback(async || {
            error(StatusCode::NOT_FOUND, "SANDBOX_NOT_FOUND", "The sandbox serves nothing at this path.")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(Arc::clone(&state), for_this_machine))
        .with_state(state)
}

/// Rejects requests unless their host is a name of this machine. An attacker can point another name at this machine.
/// Then the browser treats the page and the sandbox as one origin.
async fn for_this_machine(Shared(state): Shared<Arc<SandboxState>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // In HTTP/2, the host is part of the URI.
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    if host.is_some_and(names_this_machine) {
        if request.method() == Method::OPTIONS {
            return not_for_pages(&state);
        }
        return next.run(request).await;
    }
    error(StatusCode::MISDIRECTED_REQUEST, "SANDBOX_HOST", "The sandbox answers 127.0.0.1, localhost and [::1] alone.")
}

/// The reply to a browser's preflight request: a page may not send requests. The sandbox tells its user the reason.
fn not_for_pages(state: &SandboxState) -> Response {
    let what = "A page in a browser may not ask (CORS preflight): send the request from the page's own server";
    state.report_once(format!("refused: {what}"));
    error(StatusCode::FORBIDDEN, "SANDBOX_NO_CORS", what)
}

/// Whether the value of `Host` is a name of this machine, with or without a port.
fn names_this_machine(host: &str) -> bool {
    let is_port = |port: &str| port.chars().all(|c| c.is_ascii_digit());
    let name =
        host.rsplit_once(':').filter(|(name, port)| is_port(port) && !name.ends_with(':')).map_or(host, |it| it.0);
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

async fn token(
    Shared(state): Shared<Arc<SandboxState>>,
    Path(realm): Path<String>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Response, Response> {
    let oauth = |status: StatusCode, error: &str, description: &str| {
        (status, axum::Json(json!({ "error": error, "error_description": description }))).into_response()
    };
    let wrong = |error: &str, description: &str| oauth(StatusCode::BAD_REQUEST, error, description);
    let Form(mut request) = form.map_err(|_| wrong("invalid_request", "The body must be form-encoded"))?;
    if request.grant_type != "client_credentials" {
        return Err(wrong("unsupported_grant_type", "grant_type must be client_credentials"));
    }
    if request.client_id.is_empty()
        && request.client_secret.is_empty()
        && let Some((id, secret)) = basic(&headers)
    {
        let what = "The client id and secret go into the form, as client_id and client_secret, not into HTTP Basic";
        state.let_pass(what.into()).map_err(|what| wrong("invalid_request", &what))?;
        (request.client_id, request.client_secret) = (id, secret);
    }
    if request.client_id.is_empty() || request.client_secret.is_empty() {
        return Err(wrong("invalid_request", "client_id and client_secret must not be empty"));
    }
    let rule = state.play.token(&realm, &request.client_id);
    if let Some(rule) = rule {
        state.unless_closing(pause(rule.delay_ms)).await.map_err(|_| closing())?;
        if let Some(error) = &rule.error {
            return Err(error.response());
        }
        if let Some(error) = &rule.oauth_error {
            let status = rule.status.and_then(|status| StatusCode::from_u16(status).ok());
            let description = rule.description.as_deref().unwrap_or("As the scenario asks");
            return Err(oauth(status.unwrap_or(StatusCode::UNAUTHORIZED), error, description));
        }
    } else if request.client_id == "invalid" {
        let description = "Invalid client or invalid client credentials";
        return Err(oauth(StatusCode::UNAUTHORIZED, "invalid_client", description));
    }
    let seconds = rule.and_then(|rule| rule.expires_in).unwrap_or(TOKEN_SECONDS);
    let reply = json!({ "access_token": state.issue_token(seconds), "token_type": "Bearer", "expires_in": seconds });
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(reply)).into_response())
}

/// The id and the secret of HTTP Basic. Both are form-encoded, as OAuth 2 requires (RFC 6749, 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (encoded, _) = credentials(headers, "Basic")?;
    let decoded = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    Some((plain(id), plain(secret)))
}

fn all_agents(state: &SandboxState) -> Vec<Value> {
    let own = json!({ "id": SANDBOX_AGENT_ID, "name": "Sandbox agent", "slug": "sandbox-agent" });
    let others = failing().chain([FENCED]).map(|id| json!({ "id": id, "name": format!("Sandbox: {id}"), "slug": id }));
    let listed = state.play.scenario.agents.iter().map(|agent| json!(agent));
    listed.chain(std::iter::once(own)).chain(others).collect()
}

async fn agents(
    Shared(state): Shared<Arc<SandboxState>>,
    headers: HeaderMap,
) -> Result<axum::Json<Vec<Value>>, Response> {
    authorized(&state, &headers)?;
    Ok(axum::Json(all_agents(&state)))
}

/// The requested page, from 1, and its size in agents.
#[derive(Debug, Deserialize)]
struct PageRequest {
    page: Option<usize>,
    size: Option<usize>,
}

async fn agents_page(
    Shared(state): Shared<Arc<SandboxState>>,
    headers: HeaderMap,
    page: Result<Query<PageRequest>, QueryRejection>,
) -> Result<axum::Json<Value>, Response> {
    authorized(&state, &headers)?;
    let Query(PageRequest { page, size }) = page.map_err(|_| bad_request("page and size must be whole numbers"))?;
    let (page, size) = (page.unwrap_or(1), size.unwrap_or(50));
    // It is unknown whether the service counts pages from 0 or 1. Therefore both numbers return the first page.
    if page == 0 && state.options.strict || size == 0 {
        return Err(bad_request("page and size count from 1"));
    }
    let agents = all_agents(&state).into_iter().skip(page.saturating_sub(1).saturating_mul(size)).take(size);
    Ok(axum::Json(json!({ "items": agents.collect::<Vec<_>>() })))
}
