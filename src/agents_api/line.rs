//! The line to the agents, made before a question is asked: a token at hand, and a connection that stands.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use tokio::time::{Instant, timeout};

use super::client::Inner;
use super::error::ApiPhase;
use super::http::endpoint;
use super::retry::Limits;

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
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn is_warm(&self) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < WARM)
    }

    pub(super) async fn warm(&self, api: &Inner, limits: &Limits) {
        let Ok(_once_at_a_time) = self.warming.try_lock() else { return };
        let token = async {
            if let Err(error) = api.tokens.bearer(&api.http, &api.connection, &limits.timeouts).await {
                tracing::debug!("no token for a warm line: {error}");
            }
        };
        let connection = async {
            if !self.is_warm() {
                self.connect(api, limits).await;
            }
        };
        tokio::join!(token, connection);
    }

    /// Asks for the head of the service's root, without a credential: its answer, whatever it is, leaves a connection behind.
    async fn connect(&self, api: &Inner, limits: &Limits) {
        let Ok(url) = endpoint(&api.connection.endpoints.inference, "STACKSPOT_INFERENCE_URL", &[]) else { return };
        let asked = async {
            let sent = api.http.send(Method::HEAD, url, Vec::new(), limits.timeouts.connect, |request| request).await?;
            sent.response(ApiPhase::Reply, REPLY).await
        };
        match timeout(limits.timeouts.connect + REPLY, asked).await {
            Ok(Ok(response)) => {
                // Read to its end, of which there is none after a head: only then is the connection free for the question.
                let _ = response.bytes().await;
                self.is_heard();
            }
            Ok(Err(error)) => tracing::debug!("no connection for a warm line: {error}"),
            Err(_) => tracing::debug!("no connection for a warm line in time"),
        }
    }
}
