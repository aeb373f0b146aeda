//! The groups of the settings: each with its keys and their defaults.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Environment;
use crate::i18n::Language;

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
