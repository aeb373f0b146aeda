//! What can go wrong between here and the agent, told so that a person can act on it.

mod upload;

use std::fmt;
use std::time::Duration;

use super::failure;
use crate::i18n::{Language, Message, message};

pub(crate) use upload::MAX_FILE_NAME_BYTES;
pub use upload::{FileProblem, MAX_UPLOAD_BYTES, Operation};

/// A failed call. [`ApiError::message`] says what happened, to what, and what to do next; it never holds a secret, a
/// credential of a URL, or a page of HTML. `Display` is the same in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// No usable credential, or the service refused the one given.
    Credentials {
        /// What happened; a clause without its full stop.
        problem: Message,
        /// What to do next.
        remedy: Message,
        /// HTTP status, where a service answered.
        status: Option<u16>,
        /// The service's own error code, such as `invalid_client`.
        code: Option<String>,
    },
    /// The credential is good, but not for this agent.
    Forbidden {
        /// The agent id that was asked.
        agent: String,
        /// HTTP status.
        status: u16,
        /// The service's own error code.
        code: Option<String>,
        /// What the service said, or nothing.
        details: String,
    },
    /// Too many requests a minute, still after waiting.
    RateLimited {
        /// How long the service asks to wait, where it said so.
        retry_after: Option<Duration>,
        /// HTTP status, where a service answered.
        status: Option<u16>,
        /// The service's own error code.
        code: Option<String>,
        /// It is the sign-in that was asked for too often, and not an agent.
        is_sign_in: bool,
    },
    /// The account has no credits left.
    Quota {
        /// HTTP status; `None` for an error inside a stream.
        status: Option<u16>,
        /// The service's own error code.
        code: Option<String>,
        /// What the service said, or nothing.
        details: String,
    },
    /// The prompt does not fit into the model.
    PromptTooLarge {
        /// Tokens that the prompt has.
        tokens: Option<u64>,
        /// Tokens that the model takes.
        limit: Option<u64>,
        /// HTTP status, where a service answered with one.
        status: Option<u16>,
        /// The service's own error code.
        code: Option<String>,
    },
    /// The service could not be reached, or the connection broke before any text.
    Network {
        /// What happened, to which host; a clause without its full stop.
        problem: Message,
        /// What to do next.
        remedy: Message,
        /// HTTP status, where a proxy answered with one.
        status: Option<u16>,
        /// Whether the same request may fare better.
        again: Again,
    },
    /// A phase took longer than its limit.
    Timeout {
        /// Host that was asked.
        host: String,
        /// What was waited for.
        phase: ApiPhase,
        /// The limit that was exceeded.
        limit: Duration,
    },
    /// The answer broke off: the stream ended without a frame that says why.
    Truncated {
        /// What broke, where it is known.
        cause: Option<Message>,
    },
    /// The service answered with success, and said nothing at all.
    NoReply {
        /// Host that answered.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// The service failed, or refused the request for a reason of its own.
    Server {
        /// Host that answered.
        host: String,
        /// HTTP status; `None` for an error inside a stream.
        status: Option<u16>,
        /// The service's own error code.
        code: Option<String>,
        /// What the service said, or nothing.
        details: String,
    },
    /// A service beside the chat refused what was asked of it, or failed.
    Rejected {
        /// Host that answered.
        host: String,
        /// What was asked of it.
        task: Operation,
        /// HTTP status.
        status: u16,
        /// The service's own error code, such as `EntityTooLarge`.
        code: Option<String>,
        /// What the service said, or nothing.
        details: String,
    },
    /// A file is not one that can be uploaded; nothing was sent, or not all of it.
    File {
        /// Name of the file.
        name: String,
        /// What is wrong with it, and what to do.
        problem: FileProblem,
    },
    /// What came, or what was configured, does not follow the protocol.
    Protocol {
        /// What happened; a clause without its full stop.
        problem: Message,
        /// What to do next.
        remedy: Message,
        /// HTTP status, where a service answered.
        status: Option<u16>,
    },
}

/// Whether a request that failed by the network may fare better, sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Again {
    /// It may, after a while.
    Usual,
    /// Hardly: one quick look whether it was a hiccup is all.
    Once,
    /// It will, at once, and it was not acted upon before.
    AtOnce,
    /// It will not, or may have been acted upon.
    Never,
}

/// The kinds of the public contract (`data.kind` of an error response).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// `credentials`
    Credentials,
    /// `forbidden`
    Forbidden,
    /// `rateLimited`
    RateLimited,
    /// `quota`
    Quota,
    /// `promptTooLarge`
    PromptTooLarge,
    /// `network`
    Network,
    /// `timeout`
    Timeout,
    /// `truncated`
    Truncated,
    /// `server`
    Server,
    /// `protocol`
    Protocol,
    /// `refused`
    Refused,
}

/// What a timed-out call was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiPhase {
    /// DNS, TCP, TLS and proxy, up to the moment the request is written (`timeouts.connectMs`).
    Connect,
    /// From the request sent to the first text (`timeouts.firstTokenMs`).
    FirstText,
    /// Between two texts (`timeouts.idleMs`).
    Idle,
    /// The reply of the token endpoint.
    Token,
    /// From the request sent to a reply that is not streamed, when it took so long that a gateway cut it.
    PlainReply,
    /// The reply to a short request beside the chat.
    Reply,
    /// Between two pieces of a file that is uploaded, and from the last one to the reply (`timeouts.idleMs`).
    Upload,
}

impl ApiError {
    /// The kind of the public contract.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Credentials { .. } => ErrorKind::Credentials,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Quota { .. } => ErrorKind::Quota,
            Self::PromptTooLarge { .. } => ErrorKind::PromptTooLarge,
            Self::Network { .. } => ErrorKind::Network,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Truncated { .. } | Self::NoReply { .. } => ErrorKind::Truncated,
            Self::Server { .. } => ErrorKind::Server,
            Self::Rejected { status: 403, .. } => ErrorKind::Forbidden,
            Self::Rejected { .. } => ErrorKind::Server,
            Self::File { .. } => ErrorKind::Refused,
            Self::Protocol { .. } => ErrorKind::Protocol,
        }
    }

    /// HTTP status, where a service answered with one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Forbidden { status, .. } | Self::NoReply { status, .. } | Self::Rejected { status, .. } => {
                Some(*status)
            }
            Self::Credentials { status, .. }
            | Self::RateLimited { status, .. }
            | Self::Quota { status, .. }
            | Self::PromptTooLarge { status, .. }
            | Self::Network { status, .. }
            | Self::Server { status, .. }
            | Self::Protocol { status, .. } => *status,
            Self::Timeout { .. } | Self::Truncated { .. } | Self::File { .. } => None,
        }
    }

    /// The service's own error code, such as `INFERENCE_6001_LLM_MODEL_BAD_REQUEST`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Credentials { code, .. }
            | Self::Forbidden { code, .. }
            | Self::RateLimited { code, .. }
            | Self::Quota { code, .. }
            | Self::PromptTooLarge { code, .. }
            | Self::Rejected { code, .. }
            | Self::Server { code, .. } => code.as_deref(),
            Self::Network { .. }
            | Self::Timeout { .. }
            | Self::Truncated { .. }
            | Self::NoReply { .. }
            | Self::File { .. }
            | Self::Protocol { .. } => None,
        }
    }
}

impl ApiError {
    /// What happened, to what, and what to do next.
    pub fn message(&self) -> Message {
        match self {
            Self::File { .. } => self.problem(),
            _ => Message::joined(vec![self.problem(), self.remedy()], ". "),
        }
    }

    /// The same for a place of one line, whose end is cut off: what to do next, then what happened.
    pub fn remedy_first(&self) -> Message {
        match self {
            Self::File { .. } => self.problem(),
            _ => Message::joined(vec![self.remedy(), self.problem()], " "),
        }
    }

    /// What happened, to what, in a clause.
    pub fn problem(&self) -> Message {
        match self {
            Self::Credentials { problem, .. } | Self::Network { problem, .. } | Self::Protocol { problem, .. } => {
                problem.clone()
            }
            Self::Forbidden { agent, status, .. } => message!("api-forbidden", agent = agent, status = *status),
            Self::RateLimited { is_sign_in: true, .. } => message!("api-sign-in-limited"),
            Self::RateLimited { retry_after: Some(wait), .. } if !wait.is_zero() => {
                message!("api-rate-limited-for", wait = seconds(*wait))
            }
            Self::RateLimited { .. } => message!("api-rate-limited"),
            Self::Quota { .. } => message!("api-quota"),
            Self::PromptTooLarge { tokens, limit, .. } => match (*tokens, *limit) {
                (Some(tokens), Some(limit)) => message!("api-too-large", tokens = tokens, limit = limit),
                (None, Some(limit)) => message!("api-too-large-for", limit = limit),
                (Some(tokens), None) => message!("api-too-large-by", tokens = tokens),
                (None, None) => message!("api-too-large-somehow"),
            },
            Self::Timeout { host, phase, limit } => phase.problem(host, *limit),
            Self::Truncated { cause: Some(cause) } => message!("api-truncated-because", cause = cause),
            Self::Truncated { cause: None } => message!("api-truncated"),
            Self::NoReply { host, status } => message!("api-no-reply", host = host, status = *status),
            Self::Server { host, status, code, details } => {
                let how = answered(*status, code.as_deref());
                told(message!("api-server", host = host, how = how), details)
            }
            Self::Rejected { host, task, status, code, details } => {
                let how = answered(Some(*status), code.as_deref());
                told(message!("api-rejected", host = host, undone = task.undone(), how = how), details)
            }
            Self::File { name, problem } => problem.message(name),
        }
    }

    /// What to do next, in sentences.
    fn remedy(&self) -> Message {
        match self {
            Self::Credentials { remedy, .. } | Self::Network { remedy, .. } | Self::Protocol { remedy, .. } => {
                remedy.clone()
            }
            Self::Forbidden { details, .. } => said(message!("api-forbidden-remedy"), details),
            Self::RateLimited { is_sign_in: true, .. } => message!("api-sign-in-limited-remedy"),
            Self::RateLimited { retry_after: Some(wait), .. } if !wait.is_zero() => {
                message!("api-rate-limited-for-remedy")
            }
            Self::RateLimited { .. } => message!("api-rate-limited-remedy"),
            Self::Quota { details, .. } => said(message!("api-quota-remedy"), details),
            Self::PromptTooLarge { .. } => message!("api-too-large-remedy"),
            Self::Timeout { phase, .. } => phase.remedy(),
            Self::Truncated { .. } => message!("api-truncated-remedy"),
            Self::NoReply { .. } => message!("api-no-reply-remedy"),
            Self::Server { code, details, status, .. }
                if failure::is_conversation_gone(*status, code.as_deref(), details) =>
            {
                message!("api-conversation-gone-remedy")
            }
            Self::Server { status, .. } => server_remedy(*status),
            Self::Rejected { task, status, .. } => task.remedy(*status),
            // What is wrong with a file says itself what to do.
            Self::File { .. } => Message::verbatim(""),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().text(Language::En))
    }
}

impl std::error::Error for ApiError {}

impl ErrorKind {
    /// The name used in the public contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rateLimited",
            Self::Quota => "quota",
            Self::PromptTooLarge => "promptTooLarge",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Truncated => "truncated",
            Self::Server => "server",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
        }
    }
}

impl ApiPhase {
    fn problem(self, host: &str, limit: Duration) -> Message {
        let limit = seconds(limit);
        match self {
            Self::Connect => message!("api-timeout-connect", host = host.to_owned(), limit = limit),
            Self::FirstText => message!("api-timeout-first-text", host = host.to_owned(), limit = limit),
            Self::Idle => message!("api-timeout-idle", host = host.to_owned(), limit = limit),
            Self::Token => message!("api-timeout-token", host = host.to_owned(), limit = limit),
            Self::PlainReply => message!("api-timeout-plain-reply", host = host.to_owned(), limit = limit),
            Self::Reply => message!("api-timeout-reply", host = host.to_owned(), limit = limit),
            Self::Upload => message!("api-timeout-upload", host = host.to_owned(), limit = limit),
        }
    }

    fn remedy(self) -> Message {
        match self {
            Self::Connect => message!("api-timeout-connect-remedy"),
            Self::FirstText => message!("api-timeout-first-text-remedy"),
            Self::Idle => message!("api-timeout-idle-remedy"),
            Self::Token => message!("api-timeout-token-remedy"),
            Self::PlainReply => message!("api-timeout-plain-reply-remedy"),
            Self::Reply => message!("api-timeout-reply-remedy"),
            Self::Upload => message!("api-timeout-upload-remedy"),
        }
    }
}

/// A duration for people: milliseconds below a second, else whole seconds, rounded up.
pub(super) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{} s", duration.as_millis().div_ceil(1000))
    }
}

/// `message`, and in a sentence of its own what the service said.
fn said(message: Message, details: &str) -> Message {
    if details.is_empty() {
        return message;
    }
    let details = message!("api-said", details = details.trim_end_matches('.').to_owned());
    Message::joined(vec![message, details], " ")
}

/// `message`, and behind a colon what the service said.
fn told(message: Message, details: &str) -> Message {
    if details.is_empty() {
        return message;
    }
    Message::joined(vec![message, Message::verbatim(details.trim_end_matches('.').to_owned())], ": ")
}

fn answered(status: Option<u16>, code: Option<&str>) -> Message {
    match (status, code) {
        (Some(status), Some(code)) => Message::verbatim(format!("HTTP {status} ({code})")),
        (Some(status), None) => Message::verbatim(format!("HTTP {status}")),
        (None, Some(code)) => message!("api-with-an-error-code", code = code.to_owned()),
        (None, None) => message!("api-with-an-error"),
    }
}

fn server_remedy(status: Option<u16>) -> Message {
    match status {
        Some(404 | 405 | 410) => message!("api-server-not-there-remedy"),
        Some(400..=407 | 409..=499) => message!("api-server-refused-remedy"),
        _ => message!("api-server-remedy"),
    }
}
