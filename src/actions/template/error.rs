//! What is wrong with a template.

use minijinja::ErrorKind;

use crate::i18n::{Language, Message, message};

/// Why a template cannot be used, or could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message().text(Language::En))]
pub struct TemplateError {
    /// The line of the file, counted from one; `None` for what is wrong with the whole.
    pub line: Option<usize>,
    /// What is wrong there.
    pub reason: TemplateProblem,
}

/// What is wrong in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateProblem {
    /// The engine does not understand it, or could not do it; in its own words.
    Engine(String),
    /// The engine finds nothing that it understands.
    NoTemplate,
    /// It is Jinja, but not allowed here.
    NotAvailable(Message),
    /// No such variable.
    UnknownVariable {
        /// As it is written.
        name: String,
        /// One that is written much like it.
        suggestion: Option<String>,
    },
    /// No such filter or test.
    Unknown {
        /// `filter` or `test`.
        what: &'static str,
        /// As it is written.
        name: String,
        /// One that is written much like it.
        suggestion: Option<String>,
    },
    /// One tag, or the whole, is larger than a template may be.
    TooComplex(Message),
    /// The fuel is spent.
    TooManySteps,
    /// Everything in it depends on something that is not there.
    Blank,
    /// The budget of the prompt is spent.
    TooLong {
        /// What was left for the template, in characters.
        max_chars: usize,
    },
}

impl TemplateProblem {
    /// What is wrong, in a clause.
    pub fn message(&self) -> Message {
        match self {
            Self::Engine(words) => Message::verbatim(words.clone()),
            Self::NoTemplate => message!("template-none"),
            Self::NotAvailable(what) => message!("template-not-available", what = what),
            Self::UnknownVariable { name, suggestion } => {
                suggesting(message!("template-no-variable", name = name), suggestion.as_deref())
            }
            Self::Unknown { what: "test", name, suggestion } => {
                suggesting(message!("template-no-test", name = name), suggestion.as_deref())
            }
            Self::Unknown { name, suggestion, .. } => {
                suggesting(message!("template-no-filter", name = name), suggestion.as_deref())
            }
            Self::TooComplex(message) => message.clone(),
            Self::TooManySteps => message!("template-too-many-steps"),
            Self::Blank => message!("template-blank"),
            Self::TooLong { max_chars } => message!("template-too-long", chars = *max_chars),
        }
    }
}

/// `message`, and what was probably meant.
pub(in crate::actions) fn suggesting(message: Message, suggestion: Option<&str>) -> Message {
    match suggestion {
        Some(meant) => {
            Message::joined(vec![message, message!("template-did-you-mean", meant = meant.to_owned())], "; ")
        }
        None => message,
    }
}

/// `message`, and in front of it the line that it is about.
pub(in crate::actions) fn at_line(line: Option<usize>, message: Message) -> Message {
    match line {
        Some(line) => Message::joined(vec![message!("template-line", line = line), message], ": "),
        None => message,
    }
}

impl TemplateError {
    /// What is wrong, and where.
    pub fn message(&self) -> Message {
        at_line(self.line, self.reason.message())
    }

    /// The same, so many lines further down.
    pub(super) fn moved_down(self, lines: usize) -> Self {
        Self { line: self.line.map(|line| line.saturating_add(lines)), ..self }
    }
}

impl From<&minijinja::Error> for TemplateError {
    fn from(error: &minijinja::Error) -> Self {
        let detail = error.detail();
        let reason = match error.kind() {
            ErrorKind::OutOfFuel => TemplateProblem::TooManySteps,
            ErrorKind::SyntaxError => match detail.and_then(|detail| detail.strip_prefix("unknown statement ")) {
                Some(statement) => {
                    TemplateProblem::NotAvailable(message!("template-blocks", name = statement.to_owned()))
                }
                None => detail.map_or(TemplateProblem::NoTemplate, |detail| TemplateProblem::Engine(detail.to_owned())),
            },
            kind => {
                TemplateProblem::Engine(detail.map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")))
            }
        };
        Self { line: error.line(), reason }
    }
}
