//! The connection to the services. The server checks it, and prepares a token and an open connection to the agents
//! before a question is asked.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::Method;
use tokio::time::{Instant, timeout};

use super::client::AgentsApi;
use super::endpoint::Endpoint;
use super::error::{ApiError, ApiPhase};
use super::error_reply;
use super::http::host_of;
use super::retry::Limits;
use super::token::TokenState;
use crate::tasks::lock;

/// The state of the connection.
#[derive(Default)]
pub(super) struct ConnectionState {
    /// Held during the preparation.
    warming: tokio::sync::Mutex<()>,
    /// The last reply of the service.
    last_reply: Mutex<Option<Instant>>,
}

/// How long a connection counts as open after a reply. During that time, further menus do nothing.
const WARM: Duration = Duration::from_secs(20);

/// How long to wait for a reply that only opens the connection.
const REPLY: Duration = Duration::from_secs(10);

impl ConnectionState {
    /// Records a reply of the service: its connection is open.
    pub(super) fn record_reply(&self) {
        *lock(&self.last_reply) = Some(Instant::now());
    }

    fn is_warm(&self) -> bool {
        lock(&self.last_reply).is_some_and(|at| at.elapsed() < WARM)
    }
}

impl AgentsApi {
    /// Fetches a token and opens the connection for a possible question, so that the question does not wait. It sends
    /// nothing else, and sends the credential only to its usual receiver. Only one preparation runs at a time, and none
    /// if all is ready. The question itself reports errors.
    pub async fn warm(&self, limits: Limits) {
        let Ok(_once_at_a_time) = self.connection_state.warming.try_lock() else { return };
        let token = async {
            if let Err(error) = self.bearer(&limits.timeouts).await {
                tracing::debug!("no token for a warm line: {error}");
            }
        };
        let connection = async {
            if !self.connection_state.is_warm() {
                self.connect(&limits).await;
            }
        };
        tokio::join!(token, connection);
    }

    /// Whether the connection is open, and a token is available.
    pub fn is_warm(&self) -> bool {
        self.connection_state.is_warm() && self.token_state() == TokenState::Valid
    }

    /// Sends `HEAD` for the service's root without a credential. Any reply leaves an open connection.
    async fn connect(&self, limits: &Limits) {
        let Ok(url) = self.connection.endpoints.inference.join(&[]) else { return };
        let asked = async {
            let sent =
                self.http.send(Method::HEAD, url, Vec::new(), limits.timeouts.connect, |request| request).await?;
            sent.response(ApiPhase::Reply, REPLY).await
        };
        match timeout(limits.timeouts.connect + REPLY, asked).await {
            Ok(Ok(response)) => {
                // The empty body must be read to its end. Only then can the question use the connection.
                let _ = response.bytes().await;
                self.connection_state.record_reply();
            }
            Ok(Err(error)) => tracing::debug!("no connection for a warm line: {error}"),
            Err(_) => tracing::debug!("no connection for a warm line in time"),
        }
    }

    /// Whether a service of the connection can be reached, and how long its reply took. It sends no question and no
    /// credential. Any reply is enough: it shows that the name resolves, the proxy forwards, and the certificate is
    /// trusted.
    ///
    /// # Errors
    /// The service cannot be reached: name, network, proxy, certificate.
    pub async fn probe(&self, endpoint: &Endpoint, limits: Limits) -> Result<Duration, ApiError> {
        let url = endpoint.join(&[])?;
        let host = host_of(&url);
        let started = Instant::now();
        let sent = self.http.send(Method::GET, url, Vec::new(), limits.timeouts.connect, |request| request).await?;
        match sent.response(ApiPhase::Reply, limits.timeouts.token).await {
            Ok(response) if matches!(response.status().as_u16(), 407 | 511) => Err(error_reply::of_chat(
                &host,
                "",
                response.status().as_u16(),
                error_reply::ErrorBody::default(),
                None,
            )),
            // Other code rejects a redirect, because it would carry a credential. Here it counts as a reply.
            Ok(_) | Err(ApiError::Protocol { status: Some(_), .. }) => Ok(started.elapsed()),
            Err(error) => Err(error),
        }
    }
}
