//! One connection to the service, shared by all jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chat::{self, Chat};
use super::connection::Connection;
use super::error::ApiError;
use super::frame::Tokens;
use super::http::Http;
use super::request::ChatRequest;
use super::retry::{Budget, Limits, Timeouts};
use super::token::{TokenSource, TokenState};

/// The Agents API of one [`Connection`]. Clones share the token, the request budget and the counters.
#[derive(Clone)]
pub struct AgentsApi {
    inner: Arc<Inner>,
}

/// What was used since the start of this [`AgentsApi`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Chat requests sent, each attempt counted.
    pub requests: u64,
    /// Prompt tokens of all complete answers.
    pub input_tokens: u64,
    /// Answer tokens of all complete answers.
    pub output_tokens: u64,
}

pub(super) struct Inner {
    pub(super) connection: Connection,
    pub(super) http: Http,
    pub(super) tokens: TokenSource,
    pub(super) budget: Budget,
    pub(super) usage: UsageCounters,
}

#[derive(Default)]
pub(super) struct UsageCounters {
    requests: AtomicU64,
    input_tokens: AtomicU64,
    output_tokens: AtomicU64,
}

impl AgentsApi {
    /// Does no I/O: TLS roots are read, and a token is asked for, when the first request needs them.
    pub fn new(connection: Connection) -> Self {
        let http = Http::new(connection.ca_bundle.clone(), connection.proxy.clone());
        let (tokens, budget, usage) = (TokenSource::default(), Budget::default(), UsageCounters::default());
        Self { inner: Arc::new(Inner { connection, http, tokens, budget, usage }) }
    }

    /// Asks an agent. Nothing is sent until the stream is polled; dropping it closes its socket.
    pub fn chat(&self, request: ChatRequest, limits: Limits) -> Chat {
        chat::start(Arc::clone(&self.inner), request, limits)
    }

    /// Makes sure that a token is at hand, so that a wrong credential shows early; sends nothing where there is one.
    ///
    /// # Errors
    /// Whatever keeps the credential from becoming a token.
    pub async fn authenticate(&self, timeouts: &Timeouts) -> Result<(), ApiError> {
        self.inner.tokens.bearer(&self.inner.http, &self.inner.connection, timeouts).await.map(drop)
    }

    /// Whether a token is at hand.
    pub fn token_state(&self) -> TokenState {
        self.inner.tokens.state()
    }

    /// What was used so far.
    pub fn usage(&self) -> Usage {
        self.inner.usage.read()
    }

    /// Whom is asked, and on whose behalf.
    pub fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// What was skipped to get a connection at all, such as an unreadable CA bundle. Complete after the first request.
    pub fn warnings(&self) -> Vec<String> {
        self.inner.http.warnings()
    }
}

impl std::fmt::Debug for AgentsApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentsApi").field("connection", &self.inner.connection).finish_non_exhaustive()
    }
}

impl UsageCounters {
    pub(super) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_tokens(&self, tokens: Tokens) {
        self.input_tokens.fetch_add(tokens.input.unwrap_or(0), Ordering::Relaxed);
        self.output_tokens.fetch_add(tokens.output.unwrap_or(0), Ordering::Relaxed);
    }

    fn read(&self) -> Usage {
        Usage {
            requests: self.requests.load(Ordering::Relaxed),
            input_tokens: self.input_tokens.load(Ordering::Relaxed),
            output_tokens: self.output_tokens.load(Ordering::Relaxed),
        }
    }
}
