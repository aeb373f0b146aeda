//! What is asked of an agent, and the body that says so on the wire.

use serde_json::{Map, Value};

/// One question to one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest {
    /// Id of the agent, a ULID.
    pub agent_id: String,
    /// The whole prompt: the service has no message list and no system prompt.
    pub prompt: String,
    /// Ask for SSE rather than one REST reply.
    pub streaming: bool,
    /// How the agent uses its knowledge sources.
    pub knowledge: Knowledge,
    /// Ids of knowledge sources to search beside the agent's own (`knowledge_source_ids`).
    pub knowledge_source_ids: Vec<String>,
    /// Let the service remember this turn.
    pub use_conversation: bool,
    /// The conversation to continue; `None` on its first turn. Sent only with `use_conversation`.
    pub conversation_id: Option<String>,
    /// Ids of uploaded files.
    pub upload_ids: Vec<String>,
    /// A version of the agent other than its latest.
    pub agent_version_number: Option<u64>,
    /// Further fields of the body. A field of this struct is never overridden by them.
    pub extra_body: Map<String, Value>,
}

/// How an agent uses its knowledge sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// `stackspot_knowledge`: let the agent use StackSpot's own knowledge.
    pub enabled: bool,
    /// `return_ks_in_response`: name the sources that were used.
    pub return_sources: bool,
    /// `deep_search_ks`: search longer.
    pub deep_search: bool,
}

/// Fields that this program decides; `extra_body` cannot touch them, so that no setting changes the prompt unseen.
const OWN_FIELDS: &str = "user_prompt streaming stackspot_knowledge return_ks_in_response use_conversation \
    conversation_id upload_ids deep_search_ks agent_version_number";

impl ChatRequest {
    /// The JSON body. Fields that say nothing are left out, as the working clients do.
    pub fn body(&self) -> Map<String, Value> {
        let mut body: Map<String, Value> = self
            .extra_body
            .iter()
            .filter(|(name, _)| !OWN_FIELDS.split(' ').any(|own| own == name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        body.insert("user_prompt".into(), self.prompt.as_str().into());
        body.insert("streaming".into(), self.streaming.into());
        body.insert("stackspot_knowledge".into(), self.knowledge.enabled.into());
        body.insert("return_ks_in_response".into(), self.knowledge.return_sources.into());
        body.insert("use_conversation".into(), self.use_conversation.into());
        if let (true, Some(id)) = (self.use_conversation, &self.conversation_id) {
            body.insert("conversation_id".into(), id.as_str().into());
        }
        if !self.upload_ids.is_empty() {
            body.insert("upload_ids".into(), self.upload_ids.clone().into());
        }
        let mut sources: Vec<&str> = Vec::new();
        for id in self.knowledge_source_ids.iter().map(|id| id.trim()).filter(|id| !id.is_empty()) {
            if !sources.contains(&id) {
                sources.push(id);
            }
        }
        if !sources.is_empty() {
            body.insert("knowledge_source_ids".into(), sources.into());
        }
        if self.knowledge.deep_search {
            body.insert("deep_search_ks".into(), true.into());
        }
        if let Some(version) = self.agent_version_number {
            body.insert("agent_version_number".into(), version.into());
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_ids_of_knowledge_sources_are_sent_once_and_without_blanks() {
        let knowledge_source_ids = ["01KSB", " 01KSA ", "", "01KSB"].map(str::to_owned).to_vec();
        let request = ChatRequest { knowledge_source_ids, ..Default::default() };
        assert_eq!(request.body()["knowledge_source_ids"], json!(["01KSB", "01KSA"]));
    }

    #[test]
    fn extra_body_adds_fields_and_overrides_none() {
        let extra = json!({"user_prompt": "evil", "conversation_id": "evil", "upload_ids": ["evil"], "top": 1});
        let request = ChatRequest {
            prompt: "mine".into(),
            extra_body: extra.as_object().unwrap().clone(),
            conversation_id: Some("unused without use_conversation".into()),
            ..Default::default()
        };
        let body = request.body();
        assert_eq!(body["user_prompt"], "mine");
        assert_eq!(body["top"], 1);
        assert!(!body.contains_key("conversation_id") && !body.contains_key("upload_ids"));
    }
}
