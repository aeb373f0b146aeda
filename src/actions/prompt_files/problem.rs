//! What is wrong with a prompt file.

use std::fmt;

use super::front_matter::Expected;
use crate::actions::template::TemplateError;

/// What is wrong with a prompt file, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from one; `None` for what is wrong with the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a prompt file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A link of a workspace leads out of it.
    #[error("it lies outside of the workspace folder, and links out of it are not followed")]
    OutsideOfWorkspace,
    /// It is larger than a prompt file may be.
    #[error("it is larger than {} KiB", super::LARGEST_FILE >> 10)]
    TooLarge,
    /// There are more files than are looked at.
    #[error(
        "there are more than {} prompt files in its folder; this one and those behind it are left out",
        super::MOST_FILES
    )]
    TooMany,
    /// It is no text.
    #[error("it is not written in UTF-8")]
    NotUtf8,
    /// Its name cannot be the name of an action.
    #[error("its name may have letters, digits, “-” and “_” alone, {} at most", super::LONGEST_NAME_CHARS)]
    Name,
    /// An action of the server has the name.
    #[error("its name is that of a built-in action; rename the file")]
    BuiltIn,
    /// There is nothing to ask.
    #[error("there is no prompt in it")]
    Empty,
    /// `---` without its end.
    #[error("the front matter is not closed by a line “---”")]
    FrontMatterLeftOpen,
    /// Front matter of many lines.
    #[error("the front matter is too long")]
    FrontMatterTooLong,
    /// No YAML, or not of this form.
    #[error("the front matter is no valid YAML: {0}")]
    NotYaml(String),
    /// A key that means nothing.
    #[error("there is no key “{key}”{}", suggestion.as_deref().map(|it| format!("; did you mean “{it}”?")).unwrap_or_default())]
    UnknownKey {
        /// As it is written.
        key: String,
        /// One that is written much like it.
        suggestion: Option<String>,
    },
    /// A value of another type.
    #[error("“{key}” must be {}", match expected {
        Expected::Text => "a text",
        Expected::Texts => "a list of texts",
        Expected::Result => "“answer”, “replace”, “insert” or “file”",
        Expected::Instruction => "true, false or a text",
        Expected::Switch => "true or false",
    })]
    WrongType {
        /// The key.
        key: String,
        /// What had to stand there.
        expected: Expected,
    },
    /// A kind of code action that editors may run unasked.
    #[error("the kind “{0}” is not allowed; take “quickfix”, “refactor.…” or “stackspot-lsp.…”")]
    KindNotAllowed(String),
    /// A file to upload that no workspace holds.
    #[error("the file “{0}” lies outside of the workspace; name files by their paths inside of it")]
    FileOutside(String),
    /// A pattern for files that is none.
    #[error("“{0}” is no pattern for files: {1}")]
    NoPattern(String, String),
    /// The template is wrong.
    #[error("{0}")]
    Template(crate::actions::template::Reason),
}

impl Problem {
    pub(super) fn at(line: usize, reason: Reason) -> Self {
        Self { line: Some(line), reason }
    }

    pub(super) fn of_file(reason: Reason) -> Self {
        Self { line: None, reason }
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        Self { line: error.line, reason: Reason::Template(error.reason) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "line {line}: ")?;
        }
        write!(out, "{}", self.reason)
    }
}
