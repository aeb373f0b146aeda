//! What the user added by hand.

use std::sync::Arc;

use super::{Piece, Section, Source, attribute, line_words};

/// A part of a prompt that the user added by hand. It is always there: where it does not fit, nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedPart {
    /// What it is, in one word for the agent: `file`, `lines`, `problems` or `changes`.
    pub kind: &'static str,
    /// The file that it is of, as the agent and the user see it; a word of what it is, where it is of several.
    pub name: Arc<str>,
    /// The number of its first line in that file, counted from one.
    pub first_line: usize,
    /// The text itself.
    pub text: String,
}

impl AddedPart {
    /// The part between its tags.
    pub(crate) fn section(&self) -> Section {
        let lines = match self.kind {
            "lines" => format!(" lines=\"{}\"", line_words(&(self.first_line..self.last_line()))),
            _ => String::new(),
        };
        let piece = Piece {
            source: Source::File(Arc::clone(&self.name)),
            first_line: self.first_line,
            text: self.text.clone(),
        };
        let attributes = format!(" kind=\"{}\" file=\"{}\"{lines}", self.kind, attribute(&self.name));
        Section { attributes, ..Section::new("context", vec![piece]) }
    }

    /// The number of its last line.
    pub(crate) fn last_line(&self) -> usize {
        self.first_line + self.text.lines().count().saturating_sub(1)
    }

    /// Its length in characters, without its tags.
    pub(crate) fn chars(&self) -> usize {
        self.text.chars().count()
    }
}
