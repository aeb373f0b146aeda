//! Why a command fails.

use crate::i18n::{Message, message};
use crate::job::JobError;

/// Why a command failed.
#[derive(Debug)]
pub(in crate::cli) enum Failure {
    /// The arguments are wrong. The message says why.
    Usage(Message),
    /// It failed. The message says why, and what to do next.
    Error(Message),
    /// It failed, and has already reported it.
    AlreadyReported,
    /// The reader of its output has exited. This is allowed, but the result was lost. Therefore it is not a success.
    BrokenPipe,
}

impl From<Message> for Failure {
    fn from(what: Message) -> Self {
        Self::Error(what)
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::Error(error.message())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            std::io::ErrorKind::Interrupted => JobError::Cancelled.into(),
            _ => Self::Error(message!("shell-not-written", error = error.to_string())),
        }
    }
}
