//! One connection to the service, shared by all jobs.

use std::sync::{Arc, Mutex};

use super::agents::Listing;
use super::budget::Budget;
use super::connection::Connection;
use super::http::Http;
use super::token::TokenSource;
use super::warm_up::ConnectionState;
use crate::tasks::lock;

/// The Agents API of one [`Connection`]: its token, its request budget, its counters.
pub struct AgentsApi {
    pub(super) connection: Connection,
    pub(super) http: Http,
    pub(super) tokens: TokenSource,
    pub(super) budget: Budget,
    /// The usage of each agent, in the order of their first requests.
    usage: Mutex<Vec<(String, Usage)>>,
    pub(super) listing: Listing,
    pub(super) connection_state: ConnectionState,
}

/// The usage since the start of this [`AgentsApi`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Chat requests sent, each attempt counted.
    pub requests: u64,
    /// Prompt tokens of all complete answers.
    pub input_tokens: u64,
    /// Answer tokens of all complete answers.
    pub output_tokens: u64,
}

impl AgentsApi {
    /// Does no I/O. The first request reads the TLS roots and requests a token.
    pub fn new(connection: Connection) -> Arc<Self> {
        let http = Http::new(connection.ca_bundle.clone(), connection.proxy.clone());
        let (tokens, budget, usage) = (TokenSource::default(), Budget::new(&connection), Mutex::default());
        let (listing, connection_state) = (Listing::default(), ConnectionState::default());
        Arc::new(Self { connection, http, tokens, budget, usage, listing, connection_state })
    }

    /// The usage of each agent id so far, in the order of their first requests.
    pub fn usage_by_agent(&self) -> Vec<(String, Usage)> {
        lock(&self.usage).clone()
    }

    /// Counts the usage of an agent.
    pub(super) fn count(&self, agent: &str, count: impl FnOnce(&mut Usage)) {
        let mut agents = lock(&self.usage);
        let known = agents.iter().position(|(id, _)| id == agent).unwrap_or(agents.len());
        if known == agents.len() {
            agents.push((agent.to_owned(), Usage::default()));
        }
        if let Some((_, usage)) = agents.get_mut(known) {
            count(usage);
        }
    }

    /// The service and the credential.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What was skipped to get a connection, such as an unreadable CA bundle. Complete after the first request.
    pub fn warnings(&self) -> Vec<crate::i18n::Message> {
        lock(&self.http.warnings).clone()
    }

    /// Why only the requests of this process were counted against the limit, if the shared count failed.
    pub fn counted_alone(&self) -> Option<crate::i18n::Message> {
        self.budget.alone.get().cloned()
    }
}

impl std::fmt::Debug for AgentsApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentsApi").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            requests: sum.requests + part.requests,
            input_tokens: sum.input_tokens + part.input_tokens,
            output_tokens: sum.output_tokens + part.output_tokens,
        })
    }
}
