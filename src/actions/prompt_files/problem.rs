//! What is wrong with a prompt file.

use std::fmt;

use super::front_matter::Expected;
use crate::actions::template::{self, TemplateError, at_line, suggesting};
use crate::i18n::{Language, Message, message};

/// What is wrong with a prompt file, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, counted from one; `None` for what is wrong with the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: PromptFileFault,
}

/// What is wrong with a prompt file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PromptFileFault {
    /// The file cannot be read.
    Unreadable(String),
    /// A folder, say.
    NoFile,
    /// A link of a workspace leads out of it.
    OutsideOfWorkspace,
    /// A link of a workspace leads to a file that the guard against secrets objects to.
    Guarded,
    /// It is larger than a prompt file may be.
    TooLarge,
    /// There are more files than are looked at.
    TooMany,
    /// It is no text.
    NotUtf8,
    /// Its name cannot be the name of an action.
    Name,
    /// An action of the server has the name.
    BuiltIn,
    /// There is nothing to ask.
    Empty,
    /// `---` without its end.
    FrontMatterLeftOpen,
    /// Front matter of many lines.
    FrontMatterTooLong,
    /// No YAML, or not of this form.
    NotYaml(String),
    /// A key that means nothing.
    UnknownKey {
        /// As it is written.
        key: String,
        /// One that is written much like it.
        suggestion: Option<String>,
    },
    /// A value of another type.
    WrongType {
        /// The key.
        key: String,
        /// What had to stand there.
        expected: Expected,
    },
    /// A kind of code action that editors may run unasked.
    KindNotAllowed(String),
    /// A file to upload that no workspace holds.
    FileOutside(String),
    /// A pattern for files that is none.
    NoPattern(String, String),
    /// The template is wrong.
    Template(template::TemplateProblem),
}

impl PromptFileFault {
    /// What is wrong, in a clause.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Unreadable(reason) => message!("prompt-problem-unreadable", reason = reason),
            Self::NoFile => message!("prompt-problem-no-file"),
            Self::OutsideOfWorkspace => message!("prompt-problem-outside"),
            Self::Guarded => message!("prompt-problem-guarded"),
            Self::TooLarge => message!("prompt-problem-too-large", kib = super::LARGEST_FILE >> 10),
            Self::TooMany => message!("prompt-problem-too-many", most = super::MOST_FILES),
            Self::NotUtf8 => message!("prompt-problem-not-utf8"),
            Self::Name => message!("prompt-problem-name", longest = super::LONGEST_NAME_CHARS),
            Self::BuiltIn => message!("prompt-problem-built-in"),
            Self::Empty => message!("prompt-problem-empty"),
            Self::FrontMatterLeftOpen => message!("prompt-problem-left-open"),
            Self::FrontMatterTooLong => message!("prompt-problem-too-long"),
            Self::NotYaml(reason) => message!("prompt-problem-no-yaml", reason = reason),
            Self::UnknownKey { key, suggestion } => {
                suggesting(message!("prompt-problem-no-key", key = key), suggestion.as_deref())
            }
            Self::WrongType { key, expected: Expected::Text } => message!("prompt-problem-no-text", key = key),
            Self::WrongType { key, expected: Expected::Texts } => message!("prompt-problem-no-texts", key = key),
            Self::WrongType { key, expected: Expected::Result } => message!("prompt-problem-no-result", key = key),
            Self::WrongType { key, expected: Expected::Instruction } => {
                message!("prompt-problem-no-instruction", key = key)
            }
            Self::WrongType { key, expected: Expected::Switch } => message!("prompt-problem-no-switch", key = key),
            Self::FileOutside(file) => message!("prompt-problem-file-outside", file = file),
            Self::NoPattern(pattern, reason) => {
                message!("prompt-problem-no-pattern", pattern = pattern, reason = reason)
            }
            Self::KindNotAllowed(kind) => message!("prompt-problem-kind", kind = kind),
            Self::Template(reason) => reason.message(),
        }
    }
}

impl Problem {
    /// What is wrong, and where.
    pub(crate) fn message(&self) -> Message {
        at_line(self.line, self.reason.message())
    }

    pub(super) fn at(line: usize, reason: PromptFileFault) -> Self {
        Self { line: Some(line), reason }
    }

    pub(super) fn of_file(reason: PromptFileFault) -> Self {
        Self { line: None, reason }
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        Self { line: error.line, reason: PromptFileFault::Template(error.reason) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::En))
    }
}
