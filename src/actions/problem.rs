//! What is wrong in a prompt file or in its template, and on which line.

use std::fmt;

use crate::i18n::{Language, Message, message};

/// What is wrong with a prompt file, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line of the file, counted from one; `None` for what is wrong with the whole.
    pub line: Option<usize>,
    /// What is wrong, in a clause.
    pub reason: Message,
}

impl Problem {
    /// What is wrong, and where.
    pub(crate) fn message(&self) -> Message {
        match self.line {
            Some(line) => Message::joined(vec![message!("template-line", line = line), self.reason.clone()], ": "),
            None => self.reason.clone(),
        }
    }

    pub(super) fn at(line: usize, reason: Message) -> Self {
        Self { line: Some(line), reason }
    }

    pub(super) fn of_file(reason: Message) -> Self {
        Self { line: None, reason }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::En))
    }
}

/// `message`, and the one of the `known` names that was probably meant by `name`, if any is written much like it.
pub(super) fn suggesting<'a>(message: Message, name: &str, known: impl Iterator<Item = &'a str>) -> Message {
    const ALIKE: f64 = 0.75;
    let scored = known.map(|it| (strsim::jaro_winkler(name, it), it)).filter(|(score, _)| *score >= ALIKE);
    match scored.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
        Some((_, meant)) => {
            Message::joined(vec![message, message!("template-did-you-mean", meant = meant.to_owned())], "; ")
        }
        None => message,
    }
}
