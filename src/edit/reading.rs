//! What a reply is: told once, before anybody asks whether it is safe.

use std::fmt;
use std::ops::Range;

use super::extract::{NoCode, Original, extract};
use super::forms::{Form, form};
use crate::i18n::{Language, Message, message};

/// What a reply is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// New text for the range, or for parts of it.
    Edit(Edit),
    /// The agent says that nothing should change, and perhaps why: one line.
    Unchanged {
        /// Why.
        because: Option<String>,
    },
    /// The agent says that it cannot be done there: one line that says why.
    Cannot {
        /// Why.
        because: String,
    },
}

/// New text, as it was told from a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What it replaces by what.
    pub new: New,
    /// The lines of the reply's imports, which belong to the head of the file: as the agent wrote them, trimmed, none blank.
    pub imports: Vec<String>,
    /// Why it may only be proposed; `None` where it is certain what was meant.
    pub guess: Option<Guess>,
}

/// What is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// All of the range, by text that has still to be made to fit.
    Whole(String),
    /// Parts of the range, which are sorted and do not overlap, by text that fits as it is.
    Parts(Vec<Part>),
}

/// A part of the range, and what goes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// In bytes of the range's text.
    pub range: Range<usize>,
    /// The new text.
    pub text: String,
}

/// Why what was told from a reply is only likely to be what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// The tag around the new text is not closed: the answer was cut.
    Unclosed,
}

impl Guess {
    /// The sentence for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Unclosed => message!("guess-unclosed"),
        }
    }
}

/// In English.
impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(Language::En))
    }
}

/// What `reply` is, for the range whose text is `original`'s.
///
/// # Errors
/// Says why where nothing in it is an answer of a form that is known; it is text to read then.
pub fn read(reply: &str, original: &Original<'_>) -> Result<Reading, NoCode> {
    let whole = |text| Edit { new: New::Whole(text), imports: Vec::new(), guess: None };
    match form(reply, original) {
        Some(Form::Code { text, imports, is_closed }) => {
            let guess = (!is_closed).then_some(Guess::Unclosed);
            Ok(Reading::Edit(Edit { imports, guess, ..whole(extract(text, original)?) }))
        }
        Some(Form::Unchanged { because }) => Ok(Reading::Unchanged { because }),
        Some(Form::Cannot { because }) => Ok(Reading::Cannot { because }),
        None => extract(reply, original).map(|text| Reading::Edit(whole(text))),
    }
}
