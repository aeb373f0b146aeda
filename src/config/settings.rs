//! The settings that an editor may send: every key with its default, and the choice of the agent of a job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::layers::{self, Layer, LayerReader, Warning};
use crate::agents_api::without_page;
use crate::i18n::{Message, message};

mod groups;

pub(crate) use groups::{
    ActionOverride, AgentSettings, AnswerSettings, AnswerSurface, ConnectionSettings, ContextSettings,
    ConversationSettings, EditApply, EditSettings, KnowledgeSettings, LanguageSetting, LimitSettings, RemarkSettings,
    RemarkSurface, RetrySettings, SecretGuard, SecretSettings, TimeoutSettings,
};

/// How the server behaves. Its fields are those of the settings table in the documentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Default agent: an id, or a name from `agents`.
    pub agent: Option<String>,
    /// Agents by the user's names for them.
    pub agents: BTreeMap<String, AgentSettings>,
    /// Overrides of built-in actions, by action id.
    pub actions: BTreeMap<String, ActionOverride>,
    /// Language of titles, messages and answers.
    pub language: LanguageSetting,
    /// Whether answers are streamed; else the server uses the plain REST reply.
    pub streaming: bool,
    /// Knowledge sources.
    pub knowledge: KnowledgeSettings,
    /// The connection to the service.
    pub connection: ConnectionSettings,
    /// Conversations.
    pub conversation: ConversationSettings,
    /// How edits are applied.
    pub edit: EditSettings,
    /// Where an answer is shown.
    pub answer: AnswerSettings,
    /// Remarks at their lines.
    pub remarks: RemarkSettings,
    /// The context that is sent with the selection.
    pub context: ContextSettings,
    /// The guard against sending secrets.
    pub secrets: SecretSettings,
    /// How long a reply may take.
    pub timeouts: TimeoutSettings,
    /// How often a request is tried.
    pub retry: RetrySettings,
    /// How many requests are sent at once.
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
    /// The settings of the editor over those of the user file over the defaults, key by key; `null` is unset. `editor` is
    /// what it sent, the first message first, bare or under `stackspot-lsp`. For the settings that protect the user
    /// (`secrets.guard`, `edit.apply`), the editor can only be stricter than the user file. Unknown keys and too loose
    /// values become warnings.
    ///
    /// # Errors
    /// Every value of a wrong type or out of bounds, in clauses, each with its full key and the expected value.
    pub fn from_layers(user_file: &Value, editor: &[Value]) -> Result<(Self, Vec<Warning>), Message> {
        let mut reader = LayerReader::new();
        let mut merged = reader.read(Layer::UserFile, std::slice::from_ref(user_file));
        let mut over = reader.read(Layer::Editor, editor);
        let LayerReader { mut warnings, mut problems, .. } = reader;
        layers::hold_floors(&merged, &mut over, &mut warnings);
        layers::merge("", &mut merged, over);
        layers::require_agent_ids(&merged, &mut problems);
        if !problems.is_empty() {
            return Err(Message::joined(problems.into_iter().map(|problem| problem.message).collect(), "; "));
        }
        // If the table accepts a value and `Settings` rejects it, this program has a bug. The error reports it.
        let settings = serde_json::from_value(Value::Object(merged));
        Ok((settings.map_err(|error| message!("settings-unreadable", error = error.to_string()))?, warnings))
    }

    /// The agent to ask: `name_or_id` if a job or an action names one, else the setting `agent`, else `default_agent`
    /// (of the environment or the user file, see `LoadedConnection::default_agent`). Each may be an id, a name from
    /// `agents`, or the address of an agent's page. `None` if none of them names an agent.
    pub fn resolve_agent(&self, name_or_id: Option<&str>, default_agent: Option<&str>) -> Option<AgentChoice> {
        let wanted = [name_or_id, self.agent.as_deref(), default_agent];
        let wanted = wanted.into_iter().flatten().map(str::trim).find(|text| !text.is_empty())?;
        let wanted = without_page(wanted);
        // An id in the table has the same settings as its name.
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

/// The agent of one job, with its settings already applied.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentChoice {
    /// The agent's id.
    pub id: String,
    /// Its name in `agents`, if it has one.
    pub name: Option<String>,
    /// `agent_version_number`, if the user pinned one.
    pub version_number: Option<u64>,
    /// `knowledge`; the agent's own values override the general ones.
    pub knowledge: KnowledgeSettings,
    /// `extraBody`; the agent's own fields override the general ones.
    pub extra_body: Map<String, Value>,
}

#[cfg(test)]
mod tests;
