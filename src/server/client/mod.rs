//! Requests to the client: edits, documents, answers of the user, progress, settings, registrations.

pub(crate) mod edits;
pub(crate) mod growing_document;
mod progress;
pub(crate) mod prompt_files;
mod requests;
pub(crate) mod settings;

pub(crate) use self::growing_document::{AnswerCursor, End, INTERVAL, InsertionPoint};
pub(crate) use self::progress::{Progress, ProgressChannel, ProgressChannels};
pub(crate) use self::requests::{Answered, CLIENT_TIMEOUT, ask_yes_no, open, refresh_lenses, register, show_document};
