//! What is wrong with a template.

use minijinja::ErrorKind;

/// Why a template cannot be used, or could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct TemplateError {
    /// The line of the file, counted from one; `None` for what is wrong with the whole.
    pub line: Option<usize>,
    /// What is wrong there.
    pub reason: Reason,
}

/// What is wrong in a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The engine does not understand it, or could not do it.
    #[error("{0}")]
    Engine(String),
    /// It is Jinja, but not allowed here.
    #[error("{0} are not available in prompt files")]
    NotAvailable(String),
    /// No such variable.
    #[error("there is no variable “{name}”{}", suggestion.as_deref().map(|it| format!("; did you mean “{it}”?")).unwrap_or_default())]
    UnknownVariable {
        /// As it is written.
        name: String,
        /// One that is written much like it.
        suggestion: Option<String>,
    },
    /// No such filter or test.
    #[error("there is no {what} “{name}”{}", suggestion.as_deref().map(|it| format!("; did you mean “{it}”?")).unwrap_or_default())]
    Unknown {
        /// `filter` or `test`.
        what: &'static str,
        /// As it is written.
        name: String,
        /// One that is written much like it.
        suggestion: Option<String>,
    },
    /// One tag, or the whole, is larger than a template may be.
    #[error("{0}")]
    TooComplex(&'static str),
    /// The fuel is spent.
    #[error("the template takes too many steps")]
    TooManySteps,
    /// Everything in it depends on something that is not there.
    #[error("nothing is left of the prompt, for all of it depends on something that is not there")]
    Blank,
    /// The budget of the prompt is spent.
    #[error("the prompt gets longer than the {max_chars} characters that “context.maxChars” leaves for it")]
    TooLong {
        /// What was left for the template, in characters.
        max_chars: usize,
    },
}

impl TemplateError {
    /// The same, so many lines further down.
    pub(super) fn moved_down(self, lines: usize) -> Self {
        Self { line: self.line.map(|line| line.saturating_add(lines)), ..self }
    }
}

impl From<&minijinja::Error> for TemplateError {
    fn from(error: &minijinja::Error) -> Self {
        let detail = error.detail();
        let reason = match error.kind() {
            ErrorKind::OutOfFuel => Reason::TooManySteps,
            ErrorKind::SyntaxError => match detail.and_then(|detail| detail.strip_prefix("unknown statement ")) {
                Some(statement) => Reason::NotAvailable(format!("“{statement}” blocks")),
                None => Reason::Engine(detail.unwrap_or("it is no valid template").to_owned()),
            },
            kind => Reason::Engine(detail.map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}"))),
        };
        Self { line: error.line(), reason }
    }
}
