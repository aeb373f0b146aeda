//! The groups of the settings, with their keys and defaults. The rows of `table.rs` explain the keys.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Environment;
use crate::i18n::Language;

/// An entry of `agents`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentSettings {
    pub id: String,
    pub version_number: Option<u64>,
    pub knowledge: Option<OwnKnowledge>,
    pub knowledge_sources: Option<Vec<String>>,
    pub extra_body: Map<String, Value>,
}

/// Knowledge sources of one agent or action: on or off, or only the settings that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OwnKnowledge {
    /// On or off.
    Enabled(bool),
    /// The settings that differ from the general ones.
    #[serde(rename_all = "camelCase")]
    Differing { enabled: Option<bool>, return_sources: Option<bool>, deep_search: Option<bool> },
}

impl OwnKnowledge {
    /// Applies them over more general ones.
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
    pub enabled: Option<bool>,
    pub agent: Option<String>,
    pub prompt: Option<String>,
    pub title: Option<String>,
    pub knowledge: Option<OwnKnowledge>,
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
    /// Sent as `knowledge_source_ids`: searched in addition to the agent's own.
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
    pub apply: EditApply,
}

/// `edit.apply`, from the loosest to the strictest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EditApply {
    /// Applies safe edits and proposes the others.
    #[default]
    Auto,
    /// Proposes every edit.
    Review,
}

/// `answer`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnswerSettings {
    pub surface: AnswerSurface,
}

/// `answer.surface`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AnswerSurface {
    /// The best surface that the client supports.
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
    pub max: usize,
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
    /// At their lines if the client shows diagnostics, else in a document.
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
    pub max_chars: usize,
    pub surrounding_lines: u32,
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
    pub guard: SecretGuard,
}

/// `secrets.guard`, from the loosest to the strictest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretGuard {
    /// Does not check.
    Off,
    /// Asks before a secret is sent.
    #[default]
    Ask,
    /// Never sends a secret.
    Refuse,
}

/// `timeouts`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TimeoutSettings {
    pub connect_ms: u64,
    pub first_token_ms: u64,
    /// Empty frames do not count as text.
    pub idle_ms: u64,
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        Self { connect_ms: 10_000, first_token_ms: 120_000, idle_ms: 60_000 }
    }
}

/// `retry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetrySettings {
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
    pub requests_per_minute: u32,
    pub concurrent_jobs: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { requests_per_minute: 100, concurrent_jobs: 8 }
    }
}

/// `language`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LanguageSetting {
    /// The client's locale, else `LANG`, else English.
    #[default]
    Auto,
    En,
    #[serde(rename = "pt-BR")]
    PtBr,
}

impl LanguageSetting {
    /// The language for a client with this `locale` (as in `initialize`).
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
