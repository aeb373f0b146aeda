//! One question and its answer: token, request, stream, end. A retry is possible only before the first text.

mod answer;
mod reply;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use tokio::time::{Instant, sleep};
use url::Url;

pub use answer::{ChatEnd, Shortfall};

use super::client::AgentsApi;
use super::error::{ApiError, ApiPhase};
use super::error_reply;
use super::http::{EVENTS, InFlight, JSON, host_of, read_start};
use super::request::ChatRequest;
use super::retry::{AttemptError, Limits, retry_after, with_retries};
use super::token::Bearer;
use crate::i18n::message;
use crate::tasks::lock;

/// The events of a chat, in this order: `SigningIn`, `Connecting`, `Waiting`, `Text`…, `Done`, with waits between.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    /// A token is requested, because none is available.
    SigningIn,
    /// The connection to the service is being made.
    Connecting {
        /// 1 for the first request.
        attempt: u32,
    },
    /// The request was sent; the agent has not answered yet.
    Waiting,
    /// The request limit is reached, here or at the service. The chat continues after this wait.
    RateLimited {
        /// The time until the next request.
        wait: Duration,
    },
    /// The attempt failed before its first text. The chat retries after this wait.
    Retrying {
        /// The number of the next attempt.
        attempt: u32,
        /// The time until the next request.
        wait: Duration,
        /// Why the last attempt failed.
        reason: ApiError,
    },
    /// The next piece of the answer; never empty. Joined, the pieces are the answer.
    Text(String),
    /// The answer is complete. This is the last event.
    Done(ChatEnd),
}

/// The events of one chat. It ends after `Done` or an error; dropping it closes its socket.
pub struct Chat {
    /// `None` after the end of the chat.
    driver: Option<Driver>,
    next: NextEvent,
}

type Driver = Pin<Box<dyn Future<Output = Result<ChatEnd, ApiError>> + Send>>;

impl Chat {
    /// The next event; `None` after `Done` or an error. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<ChatEvent, ApiError>> {
        let driver = self.driver.as_mut()?;
        let (event, has_ended) = std::future::poll_fn(|cx| match driver.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready((result.map(ChatEvent::Done), true)),
            Poll::Pending => match lock(&self.next.0).take() {
                Some(event) => Poll::Ready((Ok(event), false)),
                None => Poll::Pending,
            },
        })
        .await;
        if has_ended {
            self.driver = None;
        }
        Some(event)
    }
}

/// The slot for the driver's next event, which [`Chat`] takes. One slot is enough: the driver waits until it is empty.
/// Therefore a slow reader slows down the socket, and events do not accumulate.
#[derive(Clone, Default)]
pub(super) struct NextEvent(Arc<Mutex<Option<ChatEvent>>>);

impl NextEvent {
    pub(super) async fn put(&self, event: ChatEvent) {
        *lock(&self.0) = Some(event);
        // After the reader takes the event, it polls again for the next one. Therefore no wake-up is needed.
        std::future::poll_fn(|_| if lock(&self.0).is_none() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl AgentsApi {
    /// Asks an agent. Nothing is sent before the stream is polled; dropping it closes its socket.
    pub fn chat(self: &Arc<Self>, request: ChatRequest, limits: Limits) -> Chat {
        let next = NextEvent::default();
        let task = ChatTask { api: Arc::clone(self), limits, events: next.clone(), body: Vec::new(), request };
        Chat { driver: Some(Box::pin(task.drive())), next }
    }
}

struct ChatTask {
    api: Arc<AgentsApi>,
    request: ChatRequest,
    body: Vec<u8>,
    limits: Limits,
    events: NextEvent,
}

impl ChatTask {
    async fn drive(mut self) -> Result<ChatEnd, ApiError> {
        self.body = serde_json::to_vec(&self.request.body()).unwrap_or_default();
        let Self { api, request, limits, events, .. } = &self;
        let url = self.url()?;
        let end = with_retries(api, limits, &host_of(&url), Some(events), |number| self.attempt(number, &url)).await?;
        api.count(&request.agent_id, |usage| {
            usage.input_tokens += end.tokens.input.unwrap_or(0);
            usage.output_tokens += end.tokens.output.unwrap_or(0);
        });
        Ok(end)
    }

    fn url(&self) -> Result<Url, ApiError> {
        let agent = &self.request.agent_id;
        if agent.is_empty() {
            return Err(ApiError::protocol(message!("api-no-agent"), message!("api-no-agent-remedy"), None));
        }
        self.api.connection.endpoints.inference.join(&["v1", "agent", agent, "chat"])
    }

    async fn attempt(&self, attempt: u32, url: &Url) -> Result<ChatEnd, AttemptError> {
        let Self { api, request, limits, .. } = self;
        let host = host_of(url);
        if api.has_to_sign_in() {
            self.events.put(ChatEvent::SigningIn).await;
        }
        let bearer = api.bearer(&limits.timeouts).await?;
        let authorization = bearer.header()?;
        self.events.put(ChatEvent::Connecting { attempt }).await;
        while let Err(wait) = api.budget.take_permit(limits.requests_per_minute).await {
            self.events.put(ChatEvent::RateLimited { wait }).await;
            sleep(wait).await;
        }
        api.count(&request.agent_id, |usage| usage.requests += 1);
        let accept = if request.streaming { EVENTS } else { JSON };
        let (url, body) = (url.clone(), self.body.clone());
        let in_flight = api.http.send(Method::POST, url, body, limits.timeouts.connect, |builder| {
            builder.header(AUTHORIZATION, authorization).header(CONTENT_TYPE, "application/json").header(ACCEPT, accept)
        });
        let in_flight = in_flight.await?;
        let sent_at = in_flight.sent_at;
        let answer = self.answer(in_flight, &host, bearer).await;
        answer.map_err(|failure| if request.streaming { failure } else { cut_by_gateway(failure, &host, sent_at) })
    }

    /// The answer to a sent request.
    async fn answer(&self, in_flight: InFlight<'_>, host: &str, bearer: Bearer) -> Result<ChatEnd, AttemptError> {
        let Self { request, limits, .. } = self;
        let sent_at = in_flight.sent_at;
        self.events.put(ChatEvent::Waiting).await;
        let response = in_flight.response(ApiPhase::FirstText, limits.timeouts.first_text).await?;
        self.api.connection_state.record_reply();
        let status = response.status().as_u16();
        if !response.status().is_success() {
            let retry_after = retry_after(response.headers(), SystemTime::now());
            let deadline = (Instant::now() + ERROR_BODY).min(sent_at + limits.timeouts.first_text);
            let said = error_reply::read_body(&bearer.redact(&read_start(response, deadline).await));
            return Err(AttemptError {
                error: error_reply::of_chat(host, &request.agent_id, status, said, retry_after),
                is_final: false,
                refused: (status == 401).then_some(bearer),
                retry_after,
            });
        }
        reply::read_chat_reply(response, host, &bearer, sent_at, &limits.timeouts, &self.events).await
    }
}

/// A gateway cuts replies that are not streamed at about 120 seconds, with or without an error. A reply that breaks
/// after 100 seconds or more would break again, and a retry costs the same again.
fn cut_by_gateway(failure: AttemptError, host: &str, sent_at: Instant) -> AttemptError {
    const NEARLY: Duration = Duration::from_secs(100);
    let waited = sent_at.elapsed();
    let is_cut = match failure.error {
        ApiError::Server { status: Some(status), .. } => super::error::may_pass(status),
        ApiError::Network { status: None, .. }
        | ApiError::Truncated { .. }
        | ApiError::NoReply { .. }
        | ApiError::Timeout { phase: ApiPhase::FirstText, .. } => true,
        _ => false,
    };
    if is_cut && waited >= NEARLY && !failure.is_final {
        let limit = Duration::from_secs(waited.as_secs());
        return ApiError::Timeout { host: host.to_owned(), phase: ApiPhase::PlainReply, limit }.into();
    }
    failure
}

/// How long to wait for the body of an error reply. The status is more important.
const ERROR_BODY: Duration = Duration::from_secs(5);
