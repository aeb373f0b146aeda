//! File uploads in two steps: the client gets a form, then sends the file to the store of that form.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Path, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::failure::bad_request;
use super::headers::{authorized, is_json};
use super::scenario::UploadStep;
use super::state::{SandboxState, pause};
use super::stream::closing;

/// The maximum part of a file that is kept for a model, in bytes.
const KEPT_OF_A_FILE: usize = 64 << 10;

#[derive(Debug, Deserialize)]
struct UploadRequest {
    file_name: String,
    target_type: String,
    expiration: Option<u64>,
}

pub(super) async fn upload_form(
    Shared(state): Shared<Arc<SandboxState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    authorized(&state, &headers)?;
    if !is_json(&headers) {
        return Err(bad_request("The Content-Type must be application/json"));
    }
    let request: UploadRequest = serde_json::from_slice(&body)
        .map_err(|error| bad_request(&format!("The body of a file upload is wrong: {error}")))?;
    let let_pass = [
        (request.expiration.is_none(), "expiration is missing: say how long the file is to be kept, such as 60"),
        (headers.get("x-account-id").is_some_and(|id| id.is_empty()), "x-account-id is empty: leave it out"),
    ];
    for (_, what) in let_pass.into_iter().filter(|(is_so, _)| *is_so) {
        state.let_pass(what.into()).map_err(|refused| bad_request(&refused))?;
    }
    if request.target_type != "CONTEXT" || request.expiration == Some(0) || request.file_name.is_empty() {
        let what = "file_name must be set, target_type must be CONTEXT, and expiration at least 1";
        return Err(bad_request(what));
    }
    unless_refused(&state, UploadStep::Form, &request.file_name).await?;
    let id = state.new_upload(request.file_name.clone());
    let url = format!("{}/upload/{id}", state.base_url.as_str());
    let form = json!({ "key": format!("{id}/{}", request.file_name), "policy": "sandbox" });
    Ok((StatusCode::CREATED, axum::Json(json!({ "id": id, "url": url, "form": form }))).into_response())
}

/// The store of the form. Like the real store, it refuses a bearer token in addition to the signed form. It ignores
/// fields after the file.
pub(super) async fn upload_file(
    Shared(state): Shared<Arc<SandboxState>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<StatusCode, Response> {
    let upload = state.upload(&id).ok_or_else(|| StatusCode::NOT_FOUND.into_response())?;
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(bad_request("Only one authentication is allowed: leave the Authorization header out"));
    }
    let multipart = Multipart::from_request(request, &state).await;
    let multipart = multipart.map_err(|_| bad_request("The upload must be multipart/form-data, with a boundary"))?;
    let file = file_of(multipart, &format!("{id}/{}", upload.file_name)).await;
    let (size, start) = file
        .map_err(|error| bad_request(&format!("The multipart body is wrong: {error}")))?
        .ok_or_else(|| bad_request("Every field of the form must be sent as it is, then the file, last"))?;
    unless_refused(&state, UploadStep::File, &upload.file_name).await?;
    state.receive_upload(&id, size, start);
    Ok(StatusCode::NO_CONTENT)
}

/// The size of the file in bytes, and its start. Returns `None` if the fields before it are not those of the form.
async fn file_of(mut multipart: Multipart, key: &str) -> Result<Option<(u64, Vec<u8>)>, MultipartError> {
    let (mut has_key, mut has_policy) = (false, false);
    while let Some(mut field) = multipart.next_field().await? {
        match field.name() {
            Some("key") => has_key = field.text().await? == key,
            Some("policy") => has_policy = field.text().await? == "sandbox",
            Some("file") => {
                let (mut size, mut start) = (0, Vec::new());
                while let Some(chunk) = field.chunk().await? {
                    size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                    let room = KEPT_OF_A_FILE.saturating_sub(start.len());
                    start.extend(chunk.iter().take(room));
                }
                return Ok((has_key && has_policy).then_some((size, start)));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Continues unless the scenario answers.
async fn unless_refused(state: &SandboxState, step: UploadStep, file_name: &str) -> Result<(), Response> {
    let Some(rule) = state.play.upload(step, file_name) else { return Ok(()) };
    state.unless_closing(pause(rule.delay_ms)).await.map_err(|_| closing())?;
    rule.error.as_ref().map_or(Ok(()), |error| Err(error.response()))
}
