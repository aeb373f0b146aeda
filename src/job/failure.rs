//! Why a job ended without a result.

use std::sync::Arc;

use super::Answer;
use super::run::MAX_ANSWER_BYTES;
use crate::actions::PromptTooLarge;
use crate::actions::prompt_files::PromptFileError;
use crate::agents_api::{ApiError, ErrorKind};
use crate::documents::DocumentError;
use crate::i18n::{Language, Message, message};

/// Why a job failed; `Display` is a sentence a person can act on.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().text(Language::En))]
pub enum JobError {
    /// The user, the client or the end of the session stopped it.
    Cancelled,
    /// The service did not give a whole answer.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The prompt is over the user's own budget; nothing was sent.
    #[error(transparent)]
    PromptTooLarge(#[from] PromptTooLarge),
    /// The prompt file gave no prompt; nothing was sent.
    #[error(transparent)]
    PromptFile(#[from] PromptFileError),
    /// The text is not what the client believes it to be; nothing was sent.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The settings or the credential do not allow a request; nothing was sent.
    NotConfigured(Message),
    /// More came than an answer can hold; the connection was closed.
    AnswerTooLong,
    /// A bug of this program ended it.
    Bug,
    /// There is nothing to ask about, nobody agreed to send it, or too many wait; nothing was sent.
    Refused(Message),
    /// The user was asked, and did not agree; nothing was sent. They know, so it is no error to them.
    Declined(Message),
}

impl JobError {
    /// The sentence for the user, for a place of one line, whose end is cut off.
    pub fn remedy_first(&self) -> Message {
        if let Self::Api(error) = self { error.remedy_first() } else { self.message() }
    }

    /// The sentence for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Cancelled => message!("job-cancelled"),
            Self::Bug => message!("job-bug"),
            Self::AnswerTooLong => message!("answer-too-long", megabytes = MAX_ANSWER_BYTES >> 20),
            Self::Api(error) => error.message(),
            Self::PromptTooLarge(error) => error.message(),
            Self::PromptFile(error) => error.message(),
            Self::Document(error) => error.message(),
            Self::NotConfigured(message) | Self::Refused(message) | Self::Declined(message) => message.clone(),
        }
    }

    /// `data.kind` of the error response; `None` for a cancelled job, which has a code of its own.
    pub fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Self::Cancelled => return None,
            Self::Bug => ErrorKind::Server.as_str(),
            Self::AnswerTooLong => ErrorKind::Truncated.as_str(),
            Self::Api(error) => error.kind().as_str(),
            Self::PromptTooLarge(_) => ErrorKind::PromptTooLarge.as_str(),
            Self::PromptFile(error) if error.is_too_large() => ErrorKind::PromptTooLarge.as_str(),
            Self::PromptFile(_) => "refused",
            Self::Document(_) => "outOfSync",
            Self::NotConfigured(_) => ErrorKind::Credentials.as_str(),
            Self::Refused(_) | Self::Declined(_) => "refused",
        })
    }

    /// HTTP status, where a service answered.
    pub fn status(&self) -> Option<u16> {
        if let Self::Api(error) = self { error.status() } else { None }
    }

    /// The service's own error code.
    pub fn code(&self) -> Option<&str> {
        if let Self::Api(error) = self { error.code() } else { None }
    }
}

/// How a job ended.
pub(crate) type Ending = Result<super::Finished, Failed>;

/// A failed job and what it had received by then.
#[derive(Debug)]
pub(crate) struct Failed {
    pub error: JobError,
    /// What had been received, where any text had.
    pub partial: Option<Arc<Answer>>,
}

impl<E: Into<JobError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), partial: None }
    }
}
