//! The result of reading a reply.

use crate::edit::diff::TextChange;
use crate::i18n::Message;

/// The kind of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParsedReply {
    /// New text for the range, or for parts of it.
    Edit(Edit),
    /// The agent says that no change is necessary. One line contains the reason, if any.
    Unchanged(Option<String>),
    /// The agent says that it cannot make the change. One line contains the reason.
    Cannot(String),
}

/// New text from a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The replacements.
    pub new: NewText,
    /// The import lines of the reply, for the head of the file: as the agent wrote them, trimmed, without blank lines.
    pub imports: Vec<String>,
    /// Why it may only be proposed. `None` if the meaning is certain.
    pub guess: Option<Message>,
}

impl Edit {
    /// An edit without imports.
    pub(super) fn of(new: NewText, guess: Option<Message>) -> Self {
        Self { new, imports: Vec::new(), guess }
    }
}

/// The replaced text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewText {
    /// The whole range. The server must still fit the new text to its place.
    Whole(String),
    /// Parts of the range, in bytes of its text, sorted and without overlap. The new texts fit without changes.
    Parts(Vec<TextChange>),
}

/// The content of JSON or of other programs' tags.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EnvelopeContent {
    Code(String),
    /// Pairs of an old text and a new text.
    Pairs(Vec<(String, String)>),
}
