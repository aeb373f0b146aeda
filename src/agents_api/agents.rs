//! The agents that a credential can see. The endpoint is undocumented, so any reply with a list of agents is accepted.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout};
use url::Url;

use super::client::AgentsApi;
use super::error::{ApiError, ApiPhase, Operation};
use super::http::host_of;
use super::retry::Limits;
use super::simple_request::{SimpleRequest, answer_to};
use crate::i18n::message;
use crate::tasks::lock;

/// An agent of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its display name; the id if it has none.
    pub name: String,
    /// Its name in URLs.
    pub slug: Option<String>,
}

/// The agent that a user means by `name`: an agent with that id, else that slug, else exactly that name, else that name
/// in another case. `None` if no agent matches.
///
/// # Errors
/// Two agents match equally. Names are free text and agents are shared, so the server does not guess.
pub(crate) fn agent_called<'a>(name: &str, agents: &'a [Agent]) -> Result<Option<&'a Agent>, ApiError> {
    let lowercase = name.to_lowercase();
    let ways: [&dyn Fn(&Agent) -> bool; 4] = [
        &|agent| agent.id == name,
        &|agent| agent.slug.as_deref() == Some(name),
        &|agent| agent.name == name,
        &|agent| agent.name.to_lowercase() == lowercase,
    ];
    for fits in ways {
        let mut fitting = agents.iter().filter(|agent| fits(agent));
        match (fitting.next(), fitting.next()) {
            (None, _) => {}
            (Some(agent), None) => return Ok(Some(agent)),
            (Some(first), Some(second)) => return Err(ambiguous(name, first, second)),
        }
    }
    Ok(None)
}

fn ambiguous(name: &str, first: &Agent, second: &Agent) -> ApiError {
    let problem = message!("api-two-agents", name = name.to_owned(), first = &first.id, second = &second.id);
    ApiError::protocol(problem, message!("api-two-agents-remedy"), None)
}

/// The last list of agents of one connection.
#[derive(Default)]
pub(super) struct Listing {
    kept: Mutex<LastList>,
    /// Held while the list is requested. Waiting tasks find the list when they get the lock.
    in_flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct LastList {
    agents: Option<Arc<[Agent]>>,
    failed: Option<(ApiError, Instant)>,
}

/// After a failed list request, how long a look-up does not repeat it.
const HOLD_OFF: Duration = Duration::from_secs(60);

impl AgentsApi {
    /// The agents that the credential can see, requested now. They are kept for [`AgentsApi::known_agents`].
    ///
    /// # Errors
    /// The service did not list them. An agent's id can still be used.
    pub async fn agents(&self, limits: Limits) -> Result<Arc<[Agent]>, ApiError> {
        let _turn = self.listing.in_flight.lock().await;
        self.list(&limits).await
    }

    /// The last list of agents; `None` if there was none.
    pub fn known_agents(&self) -> Option<Arc<[Agent]>> {
        lock(&self.listing.kept).agents.clone()
    }

    /// The id of an agent that is given by id, slug or name. The list is requested only if it can matter. A name that
    /// is not in the list counts as an id, and so does any name if the service returns no list: the service decides.
    ///
    /// # Errors
    /// The list is not available now, for example because of the network; or a name matches two agents.
    pub async fn agent_id(&self, name_or_id: &str, limits: Limits) -> Result<String, ApiError> {
        if looks_like_id(name_or_id) || name_or_id.is_empty() {
            return Ok(name_or_id.to_owned());
        }
        let agents = match self.look_up(&limits).await {
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

    /// Whether [`AgentsApi::agent_id`] needs the list of agents.
    pub fn has_to_look_up(&self, name_or_id: &str) -> bool {
        !looks_like_id(name_or_id) && !name_or_id.is_empty() && self.known_agents().is_none()
    }

    /// The list for a look-up: the stored one if it exists.
    async fn look_up(&self, limits: &Limits) -> Result<Arc<[Agent]>, ApiError> {
        if let Some(agents) = self.known_agents() {
            return Ok(agents);
        }
        let _turn = self.listing.in_flight.lock().await;
        match &*lock(&self.listing.kept) {
            LastList { agents: Some(agents), .. } => return Ok(Arc::clone(agents)),
            LastList { failed: Some((error, at)), .. } if at.elapsed() < HOLD_OFF => return Err(error.clone()),
            _ => {}
        }
        self.list(limits).await
    }

    async fn list(&self, limits: &Limits) -> Result<Arc<[Agent]>, ApiError> {
        // The limit for both endpoints together, because the user waits for an answer, not for a list.
        let limit = limits.timeouts.connect + limits.timeouts.token;
        let listed = timeout(limit, agents(self, limits)).await.unwrap_or_else(|_| {
            let url = url(self, &[], &[])?;
            Err(ApiError::Timeout { host: host_of(&url), phase: ApiPhase::Reply, limit })
        });
        let mut kept = lock(&self.listing.kept);
        match listed {
            Ok(listed) => {
                let listed: Arc<[Agent]> = listed.into();
                *kept = LastList { agents: Some(Arc::clone(&listed)), failed: None };
                Ok(listed)
            }
            Err(error) => {
                kept.failed = Some((error.clone(), Instant::now()));
                Err(error)
            }
        }
    }
}

/// Agents per page.
const PAGE_SIZE: usize = 100;

/// The largest number of pages, in case the service never ends the list.
const MAX_PAGES: u32 = 50;

/// The list of the older endpoint; if that fails, of the newer one.
async fn agents(api: &AgentsApi, limits: &Limits) -> Result<Vec<Agent>, ApiError> {
    let url = url(api, &["v1", "agents"], &[("visibility", "personal")])?;
    let host = host_of(&url);
    let older = match get(api, limits, url).await {
        Ok(reply) => parse_agents(&reply),
        Err(ApiError::Rejected { status: 400..=402 | 404..=407 | 409..=499, .. }) => None,
        Err(error) => return Err(error),
    };
    let mut agents = match older {
        Some(agents) => agents,
        None => pages(api, limits).await?,
    };
    let mut seen = HashSet::new();
    agents.retain(|agent| seen.insert(agent.id.clone()));
    tracing::debug!("{host} lists {} agents", agents.len());
    Ok(agents)
}

/// All pages of the newer endpoint. The number of its first page is unknown: if 0 is refused, it is 1. If both return
/// the same agents, they count once.
async fn pages(api: &AgentsApi, limits: &Limits) -> Result<Vec<Agent>, ApiError> {
    let mut agents = Vec::new();
    let mut seen = HashSet::new();
    for page in 0..MAX_PAGES {
        let (number, size) = (page.to_string(), PAGE_SIZE.to_string());
        let query = [("page", &*number), ("size", &*size), ("visibility_list", "personal")];
        let url = url(api, &["v4", "agents"], &query)?;
        let listed = match get(api, limits, url.clone()).await {
            Ok(reply) => {
                let no_list = || message!("api-no-list", host = host_of(&url));
                parse_agents(&reply)
                    .ok_or_else(|| ApiError::protocol(no_list(), message!("api-no-list-remedy"), None))?
            }
            Err(ApiError::Rejected { status: 400 | 422, .. }) if page == 0 => continue,
            Err(error) => return Err(error),
        };
        let count = listed.len();
        let known = seen.len();
        seen.extend(listed.iter().map(|agent| agent.id.clone()));
        agents.extend(listed);
        // A service without pages returns the same ones again.
        if count < PAGE_SIZE || (page > 1 && seen.len() == known) {
            break;
        }
    }
    Ok(agents)
}

async fn get(api: &AgentsApi, limits: &Limits, url: Url) -> Result<String, ApiError> {
    answer_to(api, limits, &SimpleRequest { task: Operation::ListAgents, url, body: Vec::new() }).await
}

fn url(api: &AgentsApi, path: &[&str], query: &[(&str, &str)]) -> Result<Url, ApiError> {
    let mut url = api.connection.endpoints.agents.join(path)?;
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

/// An array of agents, or one in a member of an object. Items without an id are ignored.
fn parse_agents(reply: &str) -> Option<Vec<Agent>> {
    let value: Value = serde_json::from_str(reply.trim()).ok()?;
    let list = match &value {
        Value::Array(list) => list,
        Value::Object(members) => {
            ["items", "content", "data", "agents", "results"].iter().find_map(|name| members.get(*name)?.as_array())?
        }
        _ => return None,
    };
    Some(list.iter().filter_map(agent).collect())
}

fn agent(value: &Value) -> Option<Agent> {
    let field = |name: &str| value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty());
    let id = field("id").or_else(|| field("agent_id"))?.to_owned();
    let name = field("name").or_else(|| field("slug")).unwrap_or(&id).to_owned();
    Some(Agent { name, slug: field("slug").map(str::to_owned), id })
}

/// Whether the service has no list for this credential: it refuses, has no endpoint, or returns other data.
fn keeps_no_list(error: &ApiError) -> bool {
    matches!(error, ApiError::Rejected { status: 400..=407 | 409..=499, .. } | ApiError::Protocol { .. })
}

/// Whether the text can only be an id: a ULID, a UUID, a long hexadecimal number, or a text that begins with a digit
/// and has no lower-case letter and no punctuation.
fn looks_like_id(text: &str) -> bool {
    let is_short_id = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    let digits = text.chars().filter(|c| *c != '-').count();
    let has_uuid_groups = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let is_hexadecimal = text.chars().all(|c| c.is_ascii_hexdigit() || (c == '-' && has_uuid_groups)) && digits >= 16;
    is_short_id || is_hexadecimal || ulid::Ulid::from_string(text).is_ok()
}

/// The id in the address of an agent's page, as a browser shows it. Other texts are returned unchanged.
pub(crate) fn without_page(name_or_id: &str) -> &str {
    if !name_or_id.contains("://") {
        return name_or_id;
    }
    let parts = name_or_id.trim().rsplit(['/', '?', '#', '=', '&']);
    let mut ids = parts.filter(|part| part.len() >= 16 && looks_like_id(part));
    ids.next().unwrap_or(name_or_id)
}

#[cfg(test)]
mod tests {
    use super::{looks_like_id, without_page};

    #[test]
    fn the_address_of_an_agents_page_is_taken_for_its_id() {
        let id = "01HEX5R4G0000000000000000A";
        for page in
            ["https://ai.example/agents/{}", "https://ai.example/agents/{}/edit?tab=1", "https://ai.example/#/a?id={}"]
        {
            assert_eq!(without_page(&page.replace("{}", id)), id, "{page}");
        }
        for other in ["reviewer", "a/b", "https://ai.example/agents", ""] {
            assert_eq!(without_page(other), other);
        }
    }

    #[test]
    fn ulids_uuids_and_long_hex_numbers_are_ids_but_words_are_not() {
        let ids = "01HEX5R4G0000000000000000A 01hex5r4g0000000000000000a 01A 6f9619ff-8b86-d011-b42d-00c04fc964ff \
            6F9619FF-8B86-D011-B42D-00C04FC964FF 507f1f77bcf86cd799439011";
        for id in ids.split(' ') {
            assert!(looks_like_id(id), "{id}");
        }
        for name in
            ["reviewer", "Code Reviewer", "facade", "dead-beef", "3d-review", "7 wonders", "", "-----------------"]
        {
            assert!(!looks_like_id(name), "{name}");
        }
    }
}
