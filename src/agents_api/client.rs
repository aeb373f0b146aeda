//! One connection to the service, shared by all jobs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::agents::{Agent, Listing, agent_called, keeps_no_list, looks_like_id};
use super::budget::Budget;
use super::chat::{self, Chat};
use super::connection::Connection;
use super::error::ApiError;
use super::frame::Tokens;
use super::http::Http;
use super::line::Line;
use super::probe;
use super::request::ChatRequest;
use super::retry::{Limits, Timeouts};
use super::token::{TokenSource, TokenState};
use super::upload::{self, UploadFile};

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
    listing: Listing,
    pub(super) line: Line,
}

/// What each agent used, in the order in which they were first asked.
#[derive(Default)]
pub(super) struct UsageCounters(Mutex<Vec<(String, Usage)>>);

impl AgentsApi {
    /// Does no I/O: TLS roots are read, and a token is asked for, when the first request needs them.
    pub fn new(connection: Connection) -> Self {
        let http = Http::new(connection.ca_bundle.clone(), connection.proxy.clone());
        let (tokens, budget, usage) = (TokenSource::default(), Budget::new(&connection), UsageCounters::default());
        let (listing, line) = (Listing::default(), Line::default());
        Self { inner: Arc::new(Inner { connection, http, tokens, budget, usage, listing, line }) }
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

    /// Fetches a token and makes the connection for a question that may follow, so that it waits for neither. Sends no
    /// credential to whom it would not send it anyway, and nothing else; once at a time, and not at all where the line is
    /// warm. What goes wrong is for the question to tell.
    pub async fn warm(&self, limits: Limits) {
        self.inner.line.warm(&self.inner, &limits).await;
    }

    /// Whether the line is warm, and there is a token.
    pub fn is_warm(&self) -> bool {
        self.inner.line.is_warm() && self.token_state() == TokenState::Valid
    }

    /// Uploads a file and gives the id to put into [`ChatRequest::upload_ids`]. `progress` is called with the bytes of the
    /// file that are on their way, and with its size, as often as a piece goes out; it starts anew at 0 where a broken
    /// connection makes the file be sent again. Dropping the future ends the upload.
    ///
    /// # Errors
    /// What is wrong with the file ([`ApiError::File`], before anything is sent), and whatever keeps the service or its
    /// store from taking it.
    pub async fn upload(
        &self,
        file: &UploadFile,
        limits: Limits,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<String, ApiError> {
        upload::upload(&self.inner, file, &limits, progress).await
    }

    /// The agents that the credential can see, asked for now. They are kept for [`AgentsApi::known_agents`].
    ///
    /// # Errors
    /// Whatever keeps the service from listing them. An agent's id can be used all the same.
    pub async fn agents(&self, limits: Limits) -> Result<Arc<[Agent]>, ApiError> {
        self.inner.listing.ask(&self.inner, &limits).await
    }

    /// The agents as they were listed last; `None` where they never were.
    pub fn known_agents(&self) -> Option<Arc<[Agent]>> {
        self.inner.listing.kept()
    }

    /// The id of an agent that is given by id, slug or name. The list is asked for only where it can matter. What it does
    /// not show, and what is given to a service that keeps its list to itself, counts as an id: the service has the last
    /// word.
    ///
    /// # Errors
    /// Whatever keeps us from the list for now, such as the network, and a name that fits two of its agents.
    pub async fn agent_id(&self, name_or_id: &str, limits: Limits) -> Result<String, ApiError> {
        if looks_like_id(name_or_id) || name_or_id.is_empty() {
            return Ok(name_or_id.to_owned());
        }
        let agents = match self.inner.listing.look_up(&self.inner, &limits).await {
            Ok(agents) => agents,
            Err(error) if keeps_no_list(&error) => {
                tracing::warn!(
                    "\"{name_or_id}\" is taken for an agent's id, since there is no list of agents: {error}"
                );
                return Ok(name_or_id.to_owned());
            }
            Err(error) => return Err(error),
        };
        let agent = agent_called(name_or_id, &agents)?;
        Ok(agent.map_or_else(|| name_or_id.to_owned(), |agent| agent.id.clone()))
    }

    /// Whether [`AgentsApi::agent_id`] has to ask for the list of agents.
    pub fn has_to_look_up(&self, name_or_id: &str) -> bool {
        !looks_like_id(name_or_id) && !name_or_id.is_empty() && self.inner.listing.kept().is_none()
    }

    /// Whether a token has to be asked for before anything else can be.
    pub fn has_to_sign_in(&self) -> bool {
        !self.inner.tokens.is_at_hand(&self.inner.connection)
    }

    /// Whether the service at a base URL of the connection can be reached, and how long its answer took. Nothing is asked of
    /// it, and no credential sent. `setting` is the name under which the URL is set, for the error.
    ///
    /// # Errors
    /// Whatever keeps us from it: name, network, proxy, certificate.
    pub async fn probe(&self, base_url: &str, setting: &str, limits: Limits) -> Result<Duration, ApiError> {
        probe::probe(&self.inner, base_url, setting, &limits).await
    }

    /// Whether a token is at hand.
    pub fn token_state(&self) -> TokenState {
        self.inner.tokens.state()
    }

    /// What was used so far by the agent of each id, in the order in which they were first asked.
    pub fn usage_by_agent(&self) -> Vec<(String, Usage)> {
        self.inner.usage.read()
    }

    /// Whom is asked, and on whose behalf.
    pub fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// What was skipped to get a connection at all, such as an unreadable CA bundle. Complete after the first request.
    pub fn warnings(&self) -> Vec<crate::i18n::Message> {
        self.inner.http.warnings()
    }

    /// Why the requests of this process alone were counted against the limit, where others could not be asked.
    pub fn counted_alone(&self) -> Option<crate::i18n::Message> {
        self.inner.budget.counted_alone().cloned()
    }
}

impl std::fmt::Debug for AgentsApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentsApi").field("connection", &self.inner.connection).finish_non_exhaustive()
    }
}

impl UsageCounters {
    pub(super) fn count_request(&self, agent: &str) {
        self.of(agent, |usage| usage.requests += 1);
    }

    pub(super) fn count_tokens(&self, agent: &str, tokens: Tokens) {
        self.of(agent, |usage| {
            usage.input_tokens += tokens.input.unwrap_or(0);
            usage.output_tokens += tokens.output.unwrap_or(0);
        });
    }

    fn of(&self, agent: &str, count: impl FnOnce(&mut Usage)) {
        let mut agents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match agents.iter_mut().find(|(id, _)| id == agent) {
            Some((_, usage)) => count(usage),
            None => {
                let mut usage = Usage::default();
                count(&mut usage);
                agents.push((agent.to_owned(), usage));
            }
        }
    }

    fn read(&self) -> Vec<(String, Usage)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
