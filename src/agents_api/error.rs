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
///
/// In each of them `host` is whom was asked, `status` the HTTP status where a service or a proxy answered with one, `code` the
/// service's own error code, and `details` what it said, or nothing; `problem` is what happened, in a clause without its full
/// stop, and `remedy` what to do next.
#[allow(missing_docs, reason = "a field of one name means the same in all of them, and is told once")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// No usable credential, or the service refused the one given.
    Credentials { problem: Message, remedy: Message, status: Option<u16>, code: Option<String> },
    /// The credential is good, but not for this agent.
    Forbidden { agent: String, status: u16, code: Option<String>, details: String },
    /// Too many requests a minute, still after waiting.
    RateLimited {
        /// How long the service asks to wait, where it said so.
        retry_after: Option<Duration>,
        status: Option<u16>,
        code: Option<String>,
        /// It is the sign-in that was asked for too often, and not an agent.
        is_sign_in: bool,
    },
    /// The account has no credits left.
    Quota { status: Option<u16>, code: Option<String>, details: String },
    /// The prompt does not fit into the model.
    PromptTooLarge {
        /// Tokens that the prompt has.
        tokens: Option<u64>,
        /// Tokens that the model takes.
        limit: Option<u64>,
        status: Option<u16>,
        code: Option<String>,
    },
    /// The service could not be reached, or the connection broke before any text.
    Network {
        problem: Message,
        remedy: Message,
        status: Option<u16>,
        /// Whether the same request may fare better.
        again: Again,
    },
    /// A phase took longer than its limit.
    Timeout {
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
    NoReply { host: String, status: u16 },
    /// The service failed, or refused the request for a reason of its own.
    Server { host: String, status: Option<u16>, code: Option<String>, details: String },
    /// A service beside the chat refused what was asked of it, or failed.
    Rejected {
        host: String,
        /// What was asked of it.
        task: Operation,
        status: u16,
        code: Option<String>,
        details: String,
    },
    /// A file is not one that can be uploaded; nothing was sent, or not all of it.
    File {
        /// Name of the file.
        name: String,
        problem: FileProblem,
    },
    /// What came, or what was configured, does not follow the protocol.
    Protocol { problem: Message, remedy: Message, status: Option<u16> },
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

/// The kinds of the public contract (`data.kind` of an error response), by the names that [`ErrorKind::as_str`] gives them.
#[allow(missing_docs, reason = "the names of the contract are told once, where they are given")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    Credentials,
    Forbidden,
    RateLimited,
    Quota,
    PromptTooLarge,
    Network,
    Timeout,
    Truncated,
    Server,
    Protocol,
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
            _ => None,
        }
    }
}

impl ApiError {
    /// What keeps a credential from being one; `remedy` says what to do next.
    pub(super) fn credentials(
        problem: Message,
        remedy: Message,
        status: impl Into<Option<u16>>,
        code: Option<String>,
    ) -> Self {
        Self::Credentials { problem, remedy, status: status.into(), code }
    }

    /// What happened on the way to a service; `remedy` says what to do next.
    pub(super) fn network(problem: Message, remedy: Message, again: Again) -> Self {
        Self::Network { problem, remedy, status: None, again }
    }

    /// What does not follow the protocol; `remedy` says what to do next.
    pub(super) fn protocol(problem: Message, remedy: Message, status: impl Into<Option<u16>>) -> Self {
        Self::Protocol { problem, remedy, status: status.into() }
    }

    /// What happened, to what, and what to do next.
    pub fn message(&self) -> Message {
        match self.told() {
            (problem, Some(remedy)) => Message::joined(vec![problem, remedy], ". "),
            (problem, None) => problem,
        }
    }

    /// The same for a place of one line, whose end is cut off: what to do next, then what happened.
    pub fn remedy_first(&self) -> Message {
        match self.told() {
            (problem, Some(remedy)) => Message::joined(vec![remedy, problem], " "),
            (problem, None) => problem,
        }
    }

    /// What happened, to what, in a clause.
    pub fn problem(&self) -> Message {
        self.told().0
    }

    /// What happened, in a clause, and in sentences what to do next; what is wrong with a file says that itself.
    fn told(&self) -> (Message, Option<Message>) {
        let (problem, remedy) = match self {
            Self::Credentials { problem, remedy, .. }
            | Self::Network { problem, remedy, .. }
            | Self::Protocol { problem, remedy, .. } => (problem.clone(), remedy.clone()),
            Self::Forbidden { agent, status, details, .. } => {
                let problem = message!("api-forbidden", agent = agent, status = *status);
                (problem, said(message!("api-forbidden-remedy"), details))
            }
            Self::RateLimited { is_sign_in: true, .. } => {
                (message!("api-sign-in-limited"), message!("api-sign-in-limited-remedy"))
            }
            Self::RateLimited { retry_after: Some(wait), .. } if !wait.is_zero() => {
                let problem = message!("api-rate-limited-for", wait = seconds(*wait));
                (problem, message!("api-rate-limited-for-remedy"))
            }
            Self::RateLimited { .. } => (message!("api-rate-limited"), message!("api-rate-limited-remedy")),
            Self::Quota { details, .. } => (message!("api-quota"), said(message!("api-quota-remedy"), details)),
            Self::PromptTooLarge { tokens, limit, .. } => {
                let problem = match (*tokens, *limit) {
                    (Some(tokens), Some(limit)) => message!("api-too-large", tokens = tokens, limit = limit),
                    (None, Some(limit)) => message!("api-too-large-for", limit = limit),
                    (Some(tokens), None) => message!("api-too-large-by", tokens = tokens),
                    (None, None) => message!("api-too-large-somehow"),
                };
                (problem, message!("api-too-large-remedy"))
            }
            Self::Timeout { host, phase, limit } => (phase.problem(host, *limit), phase.remedy()),
            Self::Truncated { cause: Some(cause) } => {
                (message!("api-truncated-because", cause = cause), message!("api-truncated-remedy"))
            }
            Self::Truncated { cause: None } => (message!("api-truncated"), message!("api-truncated-remedy")),
            Self::NoReply { host, status } => {
                (message!("api-no-reply", host = host, status = *status), message!("api-no-reply-remedy"))
            }
            Self::Server { host, status, code, details } => {
                let how = answered(*status, code.as_deref());
                let remedy = match *status {
                    status if failure::is_conversation_gone(status, code.as_deref(), details) => {
                        message!("api-conversation-gone-remedy")
                    }
                    Some(404 | 405 | 410) => message!("api-server-not-there-remedy"),
                    Some(400..=407 | 409..=499) => message!("api-server-refused-remedy"),
                    _ => message!("api-server-remedy"),
                };
                (told(message!("api-server", host = host, how = how), details), remedy)
            }
            Self::Rejected { host, task, status, code, details } => {
                let how = answered(Some(*status), code.as_deref());
                let problem = message!("api-rejected", host = host, undone = task.undone(), how = how);
                (told(problem, details), task.remedy(*status))
            }
            Self::File { name, problem } => return (problem.message(name), None),
        };
        (problem, Some(remedy))
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
    fn problem(self, host: &String, limit: Duration) -> Message {
        let limit = seconds(limit);
        match self {
            Self::Connect => message!("api-timeout-connect", host = host, limit = limit),
            Self::FirstText => message!("api-timeout-first-text", host = host, limit = limit),
            Self::Idle => message!("api-timeout-idle", host = host, limit = limit),
            Self::Token => message!("api-timeout-token", host = host, limit = limit),
            Self::PlainReply => message!("api-timeout-plain-reply", host = host, limit = limit),
            Self::Reply => message!("api-timeout-reply", host = host, limit = limit),
            Self::Upload => message!("api-timeout-upload", host = host, limit = limit),
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
