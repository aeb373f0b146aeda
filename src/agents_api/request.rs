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
const OWN_FIELDS: [&str; 9] = [
    "user_prompt",
    "streaming",
    "stackspot_knowledge",
    "return_ks_in_response",
    "use_conversation",
    "conversation_id",
    "upload_ids",
    "deep_search_ks",
    "agent_version_number",
];

impl ChatRequest {
    /// The JSON body. Fields that say nothing are left out, as the working clients do.
    pub fn body(&self) -> Map<String, Value> {
        let mut body: Map<String, Value> = self
            .extra_body
            .iter()
            .filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()))
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
    fn a_first_turn_leaves_out_all_that_is_not_said() {
        let request =
            ChatRequest { agent_id: "01A".into(), prompt: "Olá".into(), streaming: true, ..Default::default() };
        assert_eq!(
            Value::Object(request.body()),
            json!({"user_prompt": "Olá", "streaming": true, "stackspot_knowledge": false,
                   "return_ks_in_response": false, "use_conversation": false})
        );
    }

    #[test]
    fn a_later_turn_says_everything() {
        let request = ChatRequest {
            agent_id: "01A".into(),
            prompt: "p".into(),
            streaming: false,
            knowledge: Knowledge { enabled: true, return_sources: true, deep_search: true },
            knowledge_source_ids: vec!["01KSB".into(), " 01KSA ".into(), "".into(), "01KSB".into()],
            use_conversation: true,
            conversation_id: Some("01C".into()),
            upload_ids: vec!["01U".into()],
            agent_version_number: Some(3),
            extra_body: json!({"selected_model": "m"}).as_object().unwrap().clone(),
        };
        assert_eq!(
            Value::Object(request.body()),
            json!({"user_prompt": "p", "streaming": false, "stackspot_knowledge": true, "return_ks_in_response": true,
                   "use_conversation": true, "conversation_id": "01C", "upload_ids": ["01U"], "deep_search_ks": true,
                   "knowledge_source_ids": ["01KSB", "01KSA"],
                   "agent_version_number": 3, "selected_model": "m"})
        );
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
