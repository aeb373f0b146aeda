//! The question to an agent, and its HTTP body.

use serde_json::{Map, Value};

/// One question to one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest {
    /// Id of the agent, a ULID.
    pub agent_id: String,
    /// The whole prompt. The service has no message list and no system prompt.
    pub prompt: String,
    /// Ask for SSE rather than one REST reply.
    pub streaming: bool,
    /// How the agent uses its knowledge sources.
    pub knowledge: Knowledge,
    /// Ids of knowledge sources to search in addition to the agent's own (`knowledge_source_ids`).
    pub knowledge_source_ids: Vec<String>,
    /// The service remembers this turn.
    pub use_conversation: bool,
    /// The conversation to continue; `None` on its first turn. Sent only with `use_conversation`.
    pub conversation_id: Option<String>,
    /// Ids of uploaded files.
    pub upload_ids: Vec<String>,
    /// The version of the agent, if not the latest.
    pub agent_version_number: Option<u64>,
    /// Further fields of the body. They never override a field of this struct.
    pub extra_body: Map<String, Value>,
}

/// How an agent uses its knowledge sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// `stackspot_knowledge`: the agent may use StackSpot's own knowledge.
    pub enabled: bool,
    /// `return_ks_in_response`: name the sources that were used.
    pub return_sources: bool,
    /// `deep_search_ks`: search longer.
    pub deep_search: bool,
}

impl ChatRequest {
    /// The JSON body. Empty fields are omitted, as in other working clients. `extra_body` cannot set fields that this
    /// program decides. Therefore no setting changes the prompt unnoticed.
    pub fn body(&self) -> Map<String, Value> {
        let mut sources: Vec<&str> = Vec::new();
        for id in self.knowledge_source_ids.iter().map(|id| id.trim()).filter(|id| !id.is_empty()) {
            if !sources.contains(&id) {
                sources.push(id);
            }
        }
        let conversation_id = self.conversation_id.as_deref().filter(|_| self.use_conversation);
        let own: [(&str, Option<Value>); 9] = [
            ("user_prompt", Some(self.prompt.as_str().into())),
            ("streaming", Some(self.streaming.into())),
            ("stackspot_knowledge", Some(self.knowledge.enabled.into())),
            ("return_ks_in_response", Some(self.knowledge.return_sources.into())),
            ("use_conversation", Some(self.use_conversation.into())),
            ("conversation_id", conversation_id.map(Value::from)),
            ("upload_ids", Some(&self.upload_ids).filter(|ids| !ids.is_empty()).map(|ids| ids.clone().into())),
            ("deep_search_ks", self.knowledge.deep_search.then(|| true.into())),
            ("agent_version_number", self.agent_version_number.map(Value::from)),
        ];
        let mut body = self.extra_body.clone();
        if !sources.is_empty() {
            body.insert("knowledge_source_ids".to_owned(), sources.into());
        }
        for (name, value) in own {
            body.remove(name);
            body.extend(value.map(|value| (name.to_owned(), value)));
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knowledge_source_ids_are_sent_trimmed_without_duplicates() {
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
