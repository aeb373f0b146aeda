//! Why a job ended without a result.

use std::sync::Arc;

use super::Answer;
use super::run::MAX_ANSWER_BYTES;
use crate::actions::PromptTooLarge;
use crate::actions::prompt_files::PromptFileError;
use crate::agents_api::{ApiError, ErrorKind};
use crate::documents::DocumentError;
use crate::i18n::{Language, Message, message};

/// Why a job failed. `Display` is a sentence with the next step for the user.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message().text(Language::En))]
pub enum JobError {
    /// The user, the client or the end of the session stopped the job.
    Cancelled,
    /// The service did not return a whole answer.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The prompt exceeds the user's budget. Nothing was sent.
    #[error(transparent)]
    PromptTooLarge(#[from] PromptTooLarge),
    /// The prompt file produced no prompt. Nothing was sent.
    #[error(transparent)]
    PromptFile(#[from] PromptFileError),
    /// The text differs from the client's text. Nothing was sent.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The settings or the credential do not allow a request. Nothing was sent.
    NotConfigured(Message),
    /// The answer was longer than the limit. The connection was closed.
    AnswerTooLong,
    /// A bug of this program ended the job.
    Bug,
    /// There is nothing to ask about, the user did not agree, or too many jobs wait. Nothing was sent.
    Refused(Message),
    /// The user was asked and did not agree. Nothing was sent. The user knows this, so it is not reported as an error.
    Declined(Message),
}

impl JobError {
    /// The message with the remedy first, for one line whose end may be cut off.
    pub fn remedy_first(&self) -> Message {
        if let Self::Api(error) = self { error.remedy_first() } else { self.message() }
    }

    /// The message for the user.
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

    /// `data.kind` of the error response. `None` for a cancelled job, which has its own code.
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

    /// HTTP status, if a service answered.
    pub fn status(&self) -> Option<u16> {
        if let Self::Api(error) = self { error.status() } else { None }
    }

    /// The error code of the service.
    pub fn code(&self) -> Option<&str> {
        if let Self::Api(error) = self { error.code() } else { None }
    }
}

/// How a job ended.
pub(crate) type Ending = Result<super::Finished, Failed>;

/// A failed job and what it had received before.
#[derive(Debug)]
pub(crate) struct Failed {
    pub error: JobError,
    /// The partial answer, if any text was received.
    pub partial: Option<Arc<Answer>>,
}

impl<E: Into<JobError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), partial: None }
    }
}
