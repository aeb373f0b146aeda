//! The line to the services: whether there is one, and one to the agents, made before a question is asked: a token at hand, and
//! a connection that stands.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::Method;
use tokio::time::{Instant, timeout};

use super::client::AgentsApi;
use super::error::{ApiError, ApiPhase};
use super::failure;
use super::http::{endpoint, host_of};
use super::locked;
use super::retry::Limits;
use super::token::TokenState;

/// What is known of the line.
#[derive(Default)]
pub(super) struct Line {
    /// Held while it is being warmed.
    warming: tokio::sync::Mutex<()>,
    /// When the service was heard last.
    heard: Mutex<Option<Instant>>,
}

/// How long a connection on which the service was heard is taken to stand. Within that time no further menu does anything.
const WARM: Duration = Duration::from_secs(20);

/// How long a reply is waited for that nobody needs but for the connection it comes on.
const REPLY: Duration = Duration::from_secs(10);

impl Line {
    /// The service was heard: its connection is kept, and stands.
    pub(super) fn is_heard(&self) {
        *locked(&self.heard) = Some(Instant::now());
    }

    fn is_warm(&self) -> bool {
        locked(&self.heard).is_some_and(|at| at.elapsed() < WARM)
    }
}

impl AgentsApi {
    /// Fetches a token and makes the connection for a question that may follow, so that it waits for neither. Sends no
    /// credential to whom it would not send it anyway, and nothing else; once at a time, and not at all where the line is
    /// warm. What goes wrong is for the question to tell.
    pub async fn warm(&self, limits: Limits) {
        let Ok(_once_at_a_time) = self.line.warming.try_lock() else { return };
        let token = async {
            if let Err(error) = self.bearer(&limits.timeouts).await {
                tracing::debug!("no token for a warm line: {error}");
            }
        };
        let connection = async {
            if !self.line.is_warm() {
                self.connect(&limits).await;
            }
        };
        tokio::join!(token, connection);
    }

    /// Whether the line is warm, and there is a token.
    pub fn is_warm(&self) -> bool {
        self.line.is_warm() && self.token_state() == TokenState::Valid
    }

    /// Asks for the head of the service's root, without a credential: its answer, whatever it is, leaves a connection behind.
    async fn connect(&self, limits: &Limits) {
        let Ok(url) = endpoint(&self.connection.endpoints.inference, "STACKSPOT_INFERENCE_URL", &[]) else { return };
        let asked = async {
            let sent =
                self.http.send(Method::HEAD, url, Vec::new(), limits.timeouts.connect, |request| request).await?;
            sent.response(ApiPhase::Reply, REPLY).await
        };
        match timeout(limits.timeouts.connect + REPLY, asked).await {
            Ok(Ok(response)) => {
                // Read to its end, of which there is none after a head: only then is the connection free for the question.
                let _ = response.bytes().await;
                self.line.is_heard();
            }
            Ok(Err(error)) => tracing::debug!("no connection for a warm line: {error}"),
            Err(_) => tracing::debug!("no connection for a warm line in time"),
        }
    }

    /// Whether the service at a base URL of the connection can be reached, and how long its answer took. Nothing is asked of
    /// it, and no credential sent. Any answer will do: it shows that the name resolves, that the proxy lets us through, and
    /// that the certificate is trusted. `setting` is the name under which the URL is set, for the error.
    ///
    /// # Errors
    /// Whatever keeps us from it: name, network, proxy, certificate.
    pub async fn probe(&self, base_url: &str, setting: &str, limits: Limits) -> Result<Duration, ApiError> {
        let url = endpoint(base_url, setting, &[])?;
        let host = host_of(&url);
        let started = Instant::now();
        let sent = self.http.send(Method::GET, url, Vec::new(), limits.timeouts.connect, |request| request).await?;
        match sent.response(ApiPhase::Reply, limits.timeouts.token).await {
            Ok(response) if matches!(response.status().as_u16(), 407 | 511) => {
                Err(failure::of_chat(&host, "", response.status().as_u16(), failure::Said::default(), None))
            }
            // A redirect is refused elsewhere, since it would carry a credential; it is an answer all the same.
            Ok(_) | Err(ApiError::Protocol { status: Some(_), .. }) => Ok(started.elapsed()),
            Err(error) => Err(error),
        }
    }
}
