//! The errors between this process and the agent, with messages that tell the user what to do.

mod status;
mod upload;

use std::fmt;
use std::time::Duration;

use crate::i18n::{Language, Message, message};

use status::is_conversation_gone;
pub(super) use status::may_pass;
pub(crate) use upload::MAX_FILE_NAME_BYTES;
pub use upload::{FileProblem, MAX_UPLOAD_BYTES, Operation};

/// A failed call. [`ApiError::message`] says what happened, where, and what to do next. It never holds a secret, a
/// credential of a URL, or an HTML page. `Display` is the same in English.
///
/// Fields with the same meaning in all variants: `host` is the host of the request, `status` the HTTP status of a
/// service or a proxy, if one answered. `code` is the error code of the service, and `details` its text, or empty.
/// `problem` says what happened, in a clause without its full stop. `remedy` says what to do next.
#[allow(missing_docs, reason = "a field of one name means the same in all of them, and is told once")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// There is no usable credential, or the service refused it.
    Credentials { problem: Message, remedy: Message, status: Option<u16>, code: Option<String> },
    /// The credential is valid, but may not use this agent.
    Forbidden { agent: String, status: u16, code: Option<String>, details: String },
    /// Too many requests per minute, even after waiting.
    RateLimited {
        /// How long the service asks to wait, if it says so.
        retry_after: Option<Duration>,
        status: Option<u16>,
        code: Option<String>,
        /// The sign-in was limited, not an agent.
        is_sign_in: bool,
    },
    /// The account has no credits left.
    Quota { status: Option<u16>, code: Option<String>, details: String },
    /// The prompt does not fit into the model.
    PromptTooLarge {
        /// Tokens in the prompt.
        tokens: Option<u64>,
        /// Tokens that the model accepts.
        limit: Option<u64>,
        status: Option<u16>,
        code: Option<String>,
    },
    /// The service could not be reached, or the connection broke before any text.
    Network {
        problem: Message,
        remedy: Message,
        status: Option<u16>,
        /// Whether a retry of the request may succeed.
        retry_hint: RetryHint,
    },
    /// A phase exceeded its time limit.
    Timeout {
        host: String,
        /// The phase that timed out.
        phase: ApiPhase,
        /// The limit that was exceeded.
        limit: Duration,
    },
    /// The answer was cut: the stream ended without a frame that gives a reason.
    Truncated {
        /// The cause, if it is known.
        cause: Option<Message>,
    },
    /// The service answered with success, but with an empty reply.
    NoReply { host: String, status: u16 },
    /// The service failed, or refused the request for its own reason.
    Server { host: String, status: Option<u16>, code: Option<String>, details: String },
    /// Another service than the chat refused the request, or failed.
    Rejected {
        host: String,
        /// The operation.
        task: Operation,
        status: u16,
        code: Option<String>,
        details: String,
    },
    /// A file cannot be uploaded. Nothing was sent, or only a part of it.
    File {
        /// Name of the file.
        name: String,
        problem: FileProblem,
    },
    /// A reply or a configured value does not follow the protocol.
    Protocol { problem: Message, remedy: Message, status: Option<u16> },
}

/// Whether a retry may succeed after a network error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryHint {
    /// It may succeed after a while.
    WithBackoff,
    /// It will probably fail. One fast retry covers a short interruption.
    OnceFast,
    /// It will succeed immediately, because the service did not process the request.
    Immediately,
    /// It will fail, or the service may have processed the request.
    Never,
}

/// The error kinds of the public contract (`data.kind` of an error response). [`ErrorKind::as_str`] gives their names.
#[allow(missing_docs, reason = "the contract documents these names in one place")]
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

/// The phase in which a call timed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiPhase {
    /// DNS, TCP, TLS and proxy, up to the moment the request is written (`timeouts.connectMs`).
    Connect,
    /// From sending the request to the first text (`timeouts.firstTokenMs`).
    FirstText,
    /// Between two pieces of text (`timeouts.idleMs`).
    Idle,
    /// The reply of the token endpoint.
    Token,
    /// From sending the request to a reply that is not streamed, if a gateway cut it because it was slow.
    PlainReply,
    /// The reply to a short request other than the chat.
    Reply,
    /// Between two pieces of an uploaded file, and from the last one to the reply (`timeouts.idleMs`).
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

    /// HTTP status, if a service answered with one.
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

    /// The error code of the service, such as `INFERENCE_6001_LLM_MODEL_BAD_REQUEST`.
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
    /// Why a credential is not usable; `remedy` says what to do next.
    pub(super) fn credentials(
        problem: Message,
        remedy: Message,
        status: impl Into<Option<u16>>,
        code: Option<String>,
    ) -> Self {
        Self::Credentials { problem, remedy, status: status.into(), code }
    }

    /// What failed on the way to a service; `remedy` says what to do next.
    pub(super) fn network(problem: Message, remedy: Message, retry_hint: RetryHint) -> Self {
        Self::Network { problem, remedy, status: None, retry_hint }
    }

    /// What does not follow the protocol; `remedy` says what to do next.
    pub(super) fn protocol(problem: Message, remedy: Message, status: impl Into<Option<u16>>) -> Self {
        Self::Protocol { problem, remedy, status: status.into() }
    }

    /// What happened, where, and what to do next.
    pub fn message(&self) -> Message {
        match self.problem_and_remedy() {
            (problem, Some(remedy)) => Message::joined(vec![problem, remedy], ". "),
            (problem, None) => problem,
        }
    }

    /// The same for one line whose end may be cut: first what to do next, then what happened.
    pub fn remedy_first(&self) -> Message {
        match self.problem_and_remedy() {
            (problem, Some(remedy)) => Message::joined(vec![remedy, problem], " "),
            (problem, None) => problem,
        }
    }

    /// What happened and where, in a clause.
    pub fn problem(&self) -> Message {
        self.problem_and_remedy().0
    }

    /// What happened, in a clause, and sentences with the next step. For a file, the problem already contains it.
    fn problem_and_remedy(&self) -> (Message, Option<Message>) {
        let (problem, remedy) = match self {
            Self::Credentials { problem, remedy, .. }
            | Self::Network { problem, remedy, .. }
            | Self::Protocol { problem, remedy, .. } => (problem.clone(), remedy.clone()),
            Self::Forbidden { agent, status, details, .. } => {
                let problem = message!("api-forbidden", agent = agent, status = *status);
                (problem, with_sentence(message!("api-forbidden-remedy"), details))
            }
            Self::RateLimited { is_sign_in: true, .. } => {
                (message!("api-sign-in-limited"), message!("api-sign-in-limited-remedy"))
            }
            Self::RateLimited { retry_after: Some(wait), .. } if !wait.is_zero() => {
                let problem = message!("api-rate-limited-for", wait = seconds(*wait));
                (problem, message!("api-rate-limited-for-remedy"))
            }
            Self::RateLimited { .. } => (message!("api-rate-limited"), message!("api-rate-limited-remedy")),
            Self::Quota { details, .. } => {
                (message!("api-quota"), with_sentence(message!("api-quota-remedy"), details))
            }
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
                let problem = match (*status, code) {
                    (Some(status), code) => message!("api-server", host = host, reply = reply(status, code.as_deref())),
                    (None, Some(code)) => message!("api-server-error-code", host = host, code = code),
                    (None, None) => message!("api-server-error", host = host),
                };
                let remedy = match *status {
                    status if is_conversation_gone(status, code.as_deref(), details) => {
                        message!("api-conversation-gone-remedy")
                    }
                    Some(status) if may_pass(status) => message!("api-server-remedy"),
                    Some(404 | 405 | 410) => message!("api-server-not-there-remedy"),
                    Some(400..=499) => message!("api-server-refused-remedy"),
                    _ => message!("api-server-remedy"),
                };
                (with_details(problem, details), remedy)
            }
            Self::Rejected { host, task, status, code, details } => {
                let problem = task.problem(host, reply(*status, code.as_deref()));
                (with_details(problem, details), task.remedy(*status))
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

/// A duration for users: milliseconds below a second, else whole seconds, rounded up.
pub(super) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{} s", duration.as_millis().div_ceil(1000))
    }
}

/// What to do, then the text of the service as its own sentence.
fn with_sentence(remedy: Message, details: &str) -> Message {
    match details.trim_end_matches('.') {
        "" => remedy,
        details => message!("api-said", remedy = remedy, details = details.to_owned()),
    }
}

/// The problem, and the text of the service.
fn with_details(problem: Message, details: &str) -> Message {
    match details.trim_end_matches('.') {
        "" => problem,
        details => message!("api-details", problem = problem, details = details.to_owned()),
    }
}

/// A status, and the code of the service if it gave one.
fn reply(status: u16, code: Option<&str>) -> String {
    code.map_or_else(|| format!("HTTP {status}"), |code| format!("HTTP {status} ({code})"))
}
