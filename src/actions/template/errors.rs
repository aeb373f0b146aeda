//! The engine's errors as problems of a prompt file.

use minijinja::ErrorKind;

use crate::actions::problem::Problem;
use crate::i18n::{Message, message};

/// The name of every template in the engine. Its form tells the engine to escape nothing.
pub(super) const NAME: &str = "prompt";

/// The engine's error, usually in its own words.
pub(super) fn of_engine(error: &minijinja::Error) -> Problem {
    let detail = error.detail();
    let reason = match (error.kind(), detail) {
        (ErrorKind::OutOfFuel, _) => message!("template-too-many-steps"),
        (ErrorKind::SyntaxError, None) => message!("template-none"),
        (ErrorKind::SyntaxError, Some(detail)) => match detail.strip_prefix("unknown statement ") {
            Some(name) => not_available(message!("template-blocks", name = name.to_owned())),
            None => Message::verbatim(detail.to_owned()),
        },
        (kind, None) => Message::verbatim(kind.to_string()),
        (kind, Some(detail)) => Message::verbatim(format!("{kind}: {detail}")),
    };
    Problem { line: error.line(), reason }
}

/// The template is valid Jinja, but this part is not allowed.
pub(super) fn not_available(what: Message) -> Message {
    message!("template-not-available", what = what)
}
