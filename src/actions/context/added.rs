//! The parts of a prompt that the user added by hand.

use std::sync::Arc;

use serde::Deserialize;

use super::{Piece, Section, Source, attribute, line_words};

/// The kind of an added part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AddedKind {
    /// A whole file.
    File,
    /// Whole lines of a document.
    Lines,
    /// The problems that the editor reports for a document.
    Problems,
    /// The changes since the last commit.
    Changes,
}

impl AddedKind {
    /// Its name, in prompts and on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Lines => "lines",
            Self::Problems => "problems",
            Self::Changes => "changes",
        }
    }
}

/// A part of a prompt that the user added by hand. It is never omitted: if it does not fit, nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedPart {
    /// Its kind.
    pub kind: AddedKind,
    /// The name of its file, as the agent and the user see it. If there are several files, a word for the content.
    pub name: Arc<str>,
    /// The number of its first line in that file, counted from one.
    pub first_line: usize,
    /// Its text.
    pub text: String,
}

impl AddedPart {
    /// The part between its tags.
    pub(crate) fn section(&self) -> Section {
        let lines = match self.kind {
            AddedKind::Lines => format!(" lines=\"{}\"", line_words(&(self.first_line..self.last_line()))),
            AddedKind::File | AddedKind::Problems | AddedKind::Changes => String::new(),
        };
        let (source, first_line) = (Source::File(Arc::clone(&self.name)), self.first_line);
        let piece = Piece { source, first_line, text: self.text.clone() };
        let attributes = format!(" kind=\"{}\" file=\"{}\"{lines}", self.kind.name(), attribute(&self.name));
        Section { attributes, ..Section::new("context", vec![piece]) }
    }

    /// The number of its last line.
    pub(crate) fn last_line(&self) -> usize {
        last_line(self.first_line, &self.text)
    }

    /// Its length in characters, without its tags.
    pub(crate) fn chars(&self) -> usize {
        self.text.chars().count()
    }
}

/// The number of the last line of a text whose first one has the number `first`.
pub(crate) fn last_line(first: usize, text: &str) -> usize {
    first + text.lines().count().saturating_sub(1)
}
