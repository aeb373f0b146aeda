//! A problem in a prompt file or in its template, and its line.

use std::fmt;

use crate::i18n::{Language, Message, message};

/// A problem in a prompt file, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line of the file, counted from one. `None` for a problem of the whole file.
    pub line: Option<usize>,
    /// The reason, as a clause.
    pub reason: Message,
}

impl Problem {
    /// The reason and the place.
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

/// `message` with the `known` name that is most similar to `name`, if one is similar enough.
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
