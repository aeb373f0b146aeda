//! The settings that an editor may send: every key, its default, and how the agent of a job is chosen from them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Environment;
use super::layers::{self, Layer, SettingsError, Warning};
use crate::agents_api::without_page;
use crate::i18n::Language;

/// How the server behaves. Field for field the settings table of the documentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Default agent: an id, or a name from `agents`.
    pub agent: Option<String>,
    /// Agents by the name that the user gave them.
    pub agents: BTreeMap<String, AgentSettings>,
    /// Overrides of built-in actions, by action id.
    pub actions: BTreeMap<String, ActionOverride>,
    /// Language of titles, messages and answers.
    pub language: LanguageSetting,
    /// Whether answers are streamed; else the plain REST reply is used.
    pub streaming: bool,
    /// Knowledge sources.
    pub knowledge: KnowledgeSettings,
    /// The connection to the service.
    pub connection: ConnectionSettings,
    /// Conversations.
    pub conversation: ConversationSettings,
    /// What becomes of an edit.
    pub edit: EditSettings,
    /// Where an answer is shown.
    pub answer: AnswerSettings,
    /// Remarks at their lines.
    pub remarks: RemarkSettings,
    /// What is sent around the selection.
    pub context: ContextSettings,
    /// The guard against sending secrets.
    pub secrets: SecretSettings,
    /// How long a reply may take.
    pub timeouts: TimeoutSettings,
    /// How often a request is tried.
    pub retry: RetrySettings,
    /// How much is asked at once.
    pub limits: LimitSettings,
    /// Merged into the chat body, for fields that have no setting.
    pub extra_body: Map<String, Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            agent: None,
            agents: BTreeMap::new(),
            actions: BTreeMap::new(),
            language: LanguageSetting::Auto,
            streaming: true,
            knowledge: KnowledgeSettings::default(),
            connection: ConnectionSettings::default(),
            conversation: ConversationSettings::default(),
            edit: EditSettings::default(),
            answer: AnswerSettings::default(),
            remarks: RemarkSettings::default(),
            context: ContextSettings::default(),
            secrets: SecretSettings::default(),
            timeouts: TimeoutSettings::default(),
            retry: RetrySettings::default(),
            limits: LimitSettings::default(),
            extra_body: Map::new(),
        }
    }
}

impl Settings {
    /// The settings of the editor (`lsp`, bare or under `stackspot-lsp`) over those of the user file over the defaults,
    /// key by key; `null` is unset. What guards the user (`secrets.guard`, `edit.apply`) the editor can make stricter than the
    /// user file and never looser. Keys that mean nothing here become warnings, and so does what is too loose.
    ///
    /// # Errors
    /// Every value of a wrong type or out of bounds, each with its full key and what was expected.
    pub fn from_layers(user_file: &Value, lsp: &Value) -> Result<(Self, Vec<Warning>), SettingsError> {
        let mut warnings = Vec::new();
        let mut problems = Vec::new();
        let mut merged = layers::read(Layer::UserFile, user_file, &mut warnings, &mut problems);
        let mut over = layers::read(Layer::Editor, lsp, &mut warnings, &mut problems);
        layers::hold_floors(&merged, &mut over, &mut warnings);
        layers::merge(&mut merged, over);
        layers::require_agent_ids(&merged, &mut problems);
        if !problems.is_empty() {
            return Err(SettingsError { problems });
        }
        match serde_json::from_value(Value::Object(merged)) {
            Ok(settings) => Ok((settings, warnings)),
            Err(error) => Err(SettingsError::unforeseen(&error)),
        }
    }

    /// The agent to ask: `name_or_id` where a job or an action names one, else the setting `agent`, else
    /// `default_agent` (of the environment or the user file, see `LoadedConnection::default_agent`). Each may be an id,
    /// a name from `agents`, or the address of an agent's page. `None` where none of them names an agent.
    pub fn resolve_agent(&self, name_or_id: Option<&str>, default_agent: Option<&str>) -> Option<AgentChoice> {
        let wanted = [name_or_id, self.agent.as_deref(), default_agent];
        let wanted = wanted.into_iter().flatten().map(str::trim).find(|text| !text.is_empty())?;
        let wanted = without_page(wanted);
        // An id that stands in the table gets what the table says of it, just as its name would.
        let named = self.agents.get_key_value(wanted);
        let entry = named.or_else(|| self.agents.iter().find(|(_, agent)| agent.id == wanted));
        let mut knowledge = self.knowledge.clone();
        let mut extra_body = self.extra_body.clone();
        let Some((name, agent)) = entry else {
            return Some(AgentChoice { id: wanted.into(), name: None, version_number: None, knowledge, extra_body });
        };
        if let Some(own) = &agent.knowledge {
            own.apply_to(&mut knowledge);
        }
        if let Some(sources) = &agent.knowledge_sources {
            knowledge.sources.clone_from(sources);
        }
        extra_body.extend(agent.extra_body.clone());
        let (id, name) = (without_page(&agent.id).to_owned(), Some(name.clone()));
        Some(AgentChoice { id, name, version_number: agent.version_number, knowledge, extra_body })
    }
}

/// The agent of one job, with all that the settings say of it already worked in.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentChoice {
    /// The agent's id.
    pub id: String,
    /// Its name in `agents`, where it stands there.
    pub name: Option<String>,
    /// `agent_version_number`, where the user pinned one.
    pub version_number: Option<u64>,
    /// `knowledge`, with the agent's own over the general ones.
    pub knowledge: KnowledgeSettings,
    /// `extraBody`, with the agent's own over the general one.
    pub extra_body: Map<String, Value>,
}

/// An entry of `agents`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentSettings {
    /// The agent's id.
    pub id: String,
    /// The version to ask, else the published one.
    pub version_number: Option<u64>,
    /// Knowledge sources for this agent.
    pub knowledge: Option<OwnKnowledge>,
    /// Ids of knowledge sources for this agent, instead of those of `knowledge.sources`.
    pub knowledge_sources: Option<Vec<String>>,
    /// Merged into the chat body for this agent.
    pub extra_body: Map<String, Value>,
}

/// Knowledge sources of one agent or action: on or off, or the single settings that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OwnKnowledge {
    /// On or off.
    Enabled(bool),
    /// What differs from the general settings.
    #[serde(rename_all = "camelCase")]
    Differing {
        /// Over `knowledge.enabled`.
        enabled: Option<bool>,
        /// Over `knowledge.returnSources`.
        return_sources: Option<bool>,
        /// Over `knowledge.deepSearch`.
        deep_search: Option<bool>,
    },
}

impl OwnKnowledge {
    /// Lays them over more general ones.
    pub fn apply_to(&self, knowledge: &mut KnowledgeSettings) {
        match *self {
            Self::Enabled(enabled) => knowledge.enabled = enabled,
            Self::Differing { enabled, return_sources, deep_search } => {
                knowledge.enabled = enabled.unwrap_or(knowledge.enabled);
                knowledge.return_sources = return_sources.unwrap_or(knowledge.return_sources);
                knowledge.deep_search = deep_search.unwrap_or(knowledge.deep_search);
            }
        }
    }
}

/// An entry of `actions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionOverride {
    /// `false` takes the action out of every menu.
    pub enabled: Option<bool>,
    /// The agent this action asks: an id, or a name from `agents`.
    pub agent: Option<String>,
    /// The prompt, instead of the built-in one.
    pub prompt: Option<String>,
    /// The title in menus.
    pub title: Option<String>,
    /// Knowledge sources for this action, whichever agent it asks.
    pub knowledge: Option<OwnKnowledge>,
    /// Ids of knowledge sources for this action, instead of those of its agent.
    pub knowledge_sources: Option<Vec<String>>,
}

/// `knowledge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KnowledgeSettings {
    /// Sent as `stackspot_knowledge`.
    pub enabled: bool,
    /// Sent as `return_ks_in_response`.
    pub return_sources: bool,
    /// Sent as `deep_search_ks`.
    pub deep_search: bool,
    /// Sent as `knowledge_source_ids`: searched beside the agent's own.
    pub sources: Vec<String>,
}

impl Default for KnowledgeSettings {
    fn default() -> Self {
        Self { enabled: false, return_sources: true, deep_search: false, sources: Vec::new() }
    }
}

/// `connection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionSettings {
    /// Whether a menu that the user opens fetches the token and makes the connection.
    pub warm: bool,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self { warm: true }
    }
}

/// `conversation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationSettings {
    /// Sent as `use_conversation`.
    pub enabled: bool,
}

impl Default for ConversationSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `edit`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EditSettings {
    /// What is applied without asking.
    pub apply: EditApply,
}

/// `edit.apply`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EditApply {
    /// Applies what is safe and proposes the rest.
    #[default]
    Auto,
    /// Always proposes.
    Review,
}

/// `answer`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnswerSettings {
    /// Where answers are shown.
    pub surface: AnswerSurface,
}

/// `answer.surface`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AnswerSurface {
    /// The best that the client has.
    #[default]
    Auto,
    /// A virtual document.
    Virtual,
    /// A file.
    File,
    /// A message.
    Message,
}

/// `remarks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemarkSettings {
    /// How many remarks one review may have; at least 1.
    pub max: usize,
    /// Where they are shown.
    pub surface: RemarkSurface,
}

impl Default for RemarkSettings {
    fn default() -> Self {
        Self { max: 12, surface: RemarkSurface::Auto }
    }
}

/// `remarks.surface`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RemarkSurface {
    /// At their lines where the client shows diagnostics, else in a document.
    #[default]
    Auto,
    /// At their lines, as diagnostics.
    Inline,
    /// In a document.
    Document,
    /// Both.
    Both,
}

/// `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContextSettings {
    /// Budget of the whole prompt, in characters.
    pub max_chars: usize,
    /// Lines before, and lines after the selection.
    pub surrounding_lines: u32,
    /// Whether other open documents are added while the budget lasts.
    pub open_documents: bool,
}

impl Default for ContextSettings {
    fn default() -> Self {
        Self { max_chars: 60_000, surrounding_lines: 60, open_documents: false }
    }
}

/// `secrets`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretSettings {
    /// What happens when a prompt seems to hold a secret.
    pub guard: SecretGuard,
}

/// `secrets.guard`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretGuard {
    /// Asks before it is sent.
    #[default]
    Ask,
    /// Never sends it.
    Refuse,
    /// Does not look.
    Off,
}

/// `timeouts`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TimeoutSettings {
    /// Until connected, in milliseconds.
    pub connect_ms: u64,
    /// Until the first text, in milliseconds.
    pub first_token_ms: u64,
    /// Between texts, in milliseconds. Empty frames are no text.
    pub idle_ms: u64,
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        Self { connect_ms: 10_000, first_token_ms: 120_000, idle_ms: 60_000 }
    }
}

impl TimeoutSettings {
    /// Until connected.
    pub fn connect(self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    /// Until the first text.
    pub fn first_token(self) -> Duration {
        Duration::from_millis(self.first_token_ms)
    }

    /// Between texts.
    pub fn idle(self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }
}

/// `retry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetrySettings {
    /// How often a request is tried in all, before its first text; at least 1.
    pub max_attempts: u32,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { max_attempts: 3 }
    }
}

/// `limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitSettings {
    /// Requests a minute, shared by all jobs, and by all processes with the same credential; at least 1.
    pub requests_per_minute: u32,
    /// Jobs at once; at least 1. One more is queued.
    pub concurrent_jobs: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { requests_per_minute: 100, concurrent_jobs: 8 }
    }
}

/// `language`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LanguageSetting {
    /// The client's locale, else `LANG`, else English.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Brazilian Portuguese.
    #[serde(rename = "pt-BR")]
    PtBr,
}

impl LanguageSetting {
    /// The language to speak to a client of this `locale` (as in `initialize`).
    pub fn resolve(self, client_locale: Option<&str>, environment: &Environment) -> Language {
        match self {
            Self::En => Language::En,
            Self::PtBr => Language::PtBr,
            Self::Auto => {
                let locale = client_locale.map(str::trim).filter(|text| !text.is_empty());
                Language::of_locale(locale.or_else(|| environment.get("LANG")).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests;
