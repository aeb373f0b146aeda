//! Short requests besides the chat, with the same token: the form of an upload, the list of agents.

use std::time::SystemTime;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::de::IgnoredAny;
use url::Url;

use super::client::AgentsApi;
use super::error::{ApiError, ApiPhase, Operation};
use super::error_reply;
use super::http::{Body, Broken, JSON, host_of, network, read_at_most, read_start};
use super::retry::{AttemptError, Limits, retry_after, with_retries};

/// A request that may be repeated, because it costs nothing.
pub(super) struct SimpleRequest {
    pub(super) task: Operation,
    pub(super) url: Url,
    /// The JSON for a `POST`; empty for a `GET`.
    pub(super) body: Vec<u8>,
}

/// The largest accepted reply, in bytes.
const MAX_REPLY: usize = 8 << 20;

/// The body of a successful reply.
pub(super) async fn answer_to(api: &AgentsApi, limits: &Limits, call: &SimpleRequest) -> Result<String, ApiError> {
    with_retries(api, limits, &host_of(&call.url), None, |_| send(api, limits, call)).await
}

async fn send(api: &AgentsApi, limits: &Limits, call: &SimpleRequest) -> Result<String, AttemptError> {
    let SimpleRequest { task, url, body } = call;
    // An upload belongs to an account.
    let account = api.connection.account_id.as_ref().filter(|_| *task == Operation::PrepareUpload);
    let method = if body.is_empty() { Method::GET } else { Method::POST };
    let host = host_of(url);
    let bearer = api.bearer(&limits.timeouts).await?;
    let authorization = bearer.header()?;
    let in_flight = api.http.send(method, url.clone(), body.clone(), limits.timeouts.connect, |request| {
        let request = request.header(AUTHORIZATION, authorization).header(ACCEPT, JSON);
        let request = account.into_iter().fold(request, |request, id| request.header("x-account-id", id));
        if body.is_empty() { request } else { request.header(CONTENT_TYPE, "application/json") }
    });
    let in_flight = in_flight.await?;
    let deadline = in_flight.sent_at + limits.timeouts.token;
    let response = in_flight.response(ApiPhase::Reply, limits.timeouts.token).await?;
    let status = response.status();
    let retry_after = retry_after(response.headers(), SystemTime::now());
    if status.is_success() {
        let Body { text, broken } = read_at_most(MAX_REPLY, response, deadline).await;
        let is_whole = || serde_json::from_str::<IgnoredAny>(&text).is_ok();
        return match broken {
            Some(Broken::Connection(error)) if !is_whole() => Err(network(&host, None, &error).into()),
            Some(Broken::TooLate) if !is_whole() => {
                Err(ApiError::Timeout { host, phase: ApiPhase::Reply, limit: limits.timeouts.token }.into())
            }
            _ => Ok(text.to_string()),
        };
    }
    let said = error_reply::read_body(&bearer.redact(&read_start(response, deadline).await));
    let error = error_reply::of_call(&host, *task, status.as_u16(), said, retry_after);
    let refused = (status.as_u16() == 401).then_some(bearer);
    Err(AttemptError { error, is_final: false, refused, retry_after })
}
