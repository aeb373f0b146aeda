//! The comment syntax of the languages that the scripted agent knows.

use crate::languages;

/// The comment syntax of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comments {
    /// The start of a comment that ends at the end of its line.
    pub(super) line: Option<&'static str>,
    /// The start and end of a comment that may be within a line.
    pub(super) block: Option<(&'static str, &'static str)>,
}

impl Comments {
    /// The comments of an LSP language id. For an unknown language, nothing is assumed.
    pub(super) fn of(language_id: &str) -> Self {
        let languages::Comments { line, block } = languages::comments(language_id.trim());
        Self { line: line.first().copied(), block: block.first().copied() }
    }

    /// Whether the agent knows the comments of the language.
    pub(super) fn are_known(self) -> bool {
        self.line.is_some() || self.block.is_some()
    }

    /// Whether code and markup mix, and only markup has comments.
    pub(super) fn is_of_markup(self) -> bool {
        self.block == Some(("<!--", "-->"))
    }

    /// A text as a comment on its own line. Returns `None` for a language without comments.
    pub(super) fn comment(self, text: &str) -> Option<String> {
        match (self.line, self.block) {
            (Some(start), _) => Some(format!("{start} {text}")),
            (None, block) => block.map(|(open, close)| format!("{open} {text} {close}")),
        }
    }
}
