//! The first line of a conversation, and the headings of its turns.

use serde::{Deserialize, Serialize};

/// The data in the first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    /// The id of the document, a ULID.
    pub(crate) id: String,
    /// The service's id of the conversation, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conversation_id: Option<String>,
    /// The agent, if it is not the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<String>,
    /// The document of the selection, as the client spells it.
    pub(crate) uri: String,
    /// Its LSP language id.
    pub(crate) language_id: String,
    /// The first and the last line of the selection, both counted from one.
    pub(crate) lines: [usize; 2],
}

/// The speaker of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Developer,
    Agent,
}

const OPENING: &str = "<!-- stackspot-lsp ";
const CLOSING: &str = " -->";

impl Header {
    /// The first line of the document, a comment. No text in it can end the comment.
    pub(crate) fn line(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{OPENING}{}{CLOSING}", json.replace('>', "\\u003e"))
    }

    /// Reads such a line.
    pub(crate) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix(OPENING)?.strip_suffix(CLOSING)?).ok()
    }

    /// The mark of this document's headings: the random end of its id.
    fn mark(&self) -> &str {
        self.id.get(self.id.len().saturating_sub(10)..).unwrap_or(&self.id)
    }

    /// The heading of a turn with these words.
    pub(crate) fn heading(&self, speaker: Speaker, words: &str) -> String {
        let name = match speaker {
            Speaker::Developer => "question",
            Speaker::Agent => "answer",
        };
        format!("## {words} <!-- {name} {} -->", self.mark())
    }

    pub(crate) fn speaker(&self, line: &str) -> Option<Speaker> {
        let (_, comment) = line.strip_prefix("## ")?.rsplit_once("<!-- ")?;
        let (name, mark) = comment.strip_suffix(CLOSING)?.split_once(' ')?;
        match name {
            _ if mark != self.mark() => None,
            "question" => Some(Speaker::Developer),
            "answer" => Some(Speaker::Agent),
            _ => None,
        }
    }
}
