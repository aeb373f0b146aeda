//! What a reply is, once it was read.

use crate::edit::diff::TextChange;
use crate::i18n::Message;

/// What a reply is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// New text for the range, or for parts of it.
    Edit(Edit),
    /// The agent says that nothing should change, and perhaps why: one line.
    Unchanged(Option<String>),
    /// The agent says that it cannot be done there: one line that says why.
    Cannot(String),
}

/// New text, as it was told from a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What it replaces by what.
    pub new: New,
    /// The lines of the reply's imports, which belong to the head of the file: as the agent wrote them, trimmed, none blank.
    pub imports: Vec<String>,
    /// Why it may only be proposed; `None` where it is certain what was meant.
    pub guess: Option<Message>,
}

impl Edit {
    /// An edit that brings no imports.
    pub(super) fn of(new: New, guess: Option<Message>) -> Self {
        Self { new, imports: Vec::new(), guess }
    }
}

/// What is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// All of the range, by text that has still to be made to fit.
    Whole(String),
    /// Parts of the range, in bytes of its text, which are sorted and do not overlap, by text that fits as it is.
    Parts(Vec<TextChange>),
}

/// What JSON or the tags of other programs hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    Code(String),
    /// Old texts and the new texts in their places.
    Pairs(Vec<(String, String)>),
}
