//! What can go wrong between here and the agent, told so that a person can act on it.

mod beside;

use std::time::Duration;

pub use beside::{FileProblem, MAX_FILE_NAME_BYTES, MAX_UPLOAD_BYTES, Task};

/// A failed call. `Display` says what happened, to what, and what to do next; it never holds a secret, a credential of a
/// URL, or a page of HTML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No usable credential, or the service refused the one given.
    #[error("{problem} {remedy}")]
    Credentials {
        /// What happened.
        problem: String,
        /// What to do next.
        remedy: String,
        /// HTTP status, where a service answered.
        status: Option<u16>,
        /// The service's own error code, such as `invalid_client`.
        code: Option<String>,
    },
    /// The credential is good, but not for this agent.
    #[error(
        "Agent \"{agent}\" is unknown or not shared with this credential (HTTP {status}). Check the agent id, and that \
         the account of STACKSPOT_REALM may use the agent.{}",
        said(.details)
    )]
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
    #[error(
        "The account's request rate is exhausted{}, or lower limits.requestsPerMinute.",
        match .retry_after {
            Some(wait) if !wait.is_zero() => format!(" for another {}. Run it again after that", seconds(*wait)),
            _ => ". Wait a minute and run it again".to_owned(),
        }
    )]
    RateLimited {
        /// How long the service asks to wait, where it said so.
        retry_after: Option<Duration>,
        /// HTTP status, where a service answered.
        status: Option<u16>,
        /// The service's own error code.
        code: Option<String>,
    },
    /// The account has no credits left.
    #[error("The account's quota is used up. Ask its administrator for credits, or use another account.{}", said(.details))]
    Quota {
        /// HTTP status.
        status: u16,
        /// The service's own error code.
        code: Option<String>,
        /// What the service said, or nothing.
        details: String,
    },
    /// The prompt does not fit into the model.
    #[error(
        "The prompt is too large{}. Select less text, or lower context.maxChars.",
        match (.tokens, .limit) {
            (Some(tokens), Some(limit)) => format!(": {tokens} tokens, and the agent takes {limit}"),
            (None, Some(limit)) => format!(": the agent takes {limit} tokens"),
            (Some(tokens), None) => format!(": {tokens} tokens"),
            (None, None) => String::new(),
        }
    )]
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
    #[error("{problem} {remedy}")]
    Network {
        /// What happened, to which host.
        problem: String,
        /// What to do next.
        remedy: String,
        /// HTTP status, where a proxy answered with one.
        status: Option<u16>,
    },
    /// A phase took longer than its limit.
    #[error("{host} {}. {}", .phase.problem(*.limit), .phase.remedy())]
    Timeout {
        /// Host that was asked.
        host: String,
        /// What was waited for.
        phase: Phase,
        /// The limit that was exceeded.
        limit: Duration,
    },
    /// The answer broke off: the stream ended without a frame that says why.
    #[error(
        "The answer broke off before its end{}. What was received is kept; run it again for a complete answer.",
        match .cause { Some(cause) => format!(" ({cause})"), None => String::new() }
    )]
    Truncated {
        /// What broke, where it is known.
        cause: Option<String>,
    },
    /// The service failed, or refused the request for a reason of its own.
    #[error("{host} answered {}{}. {}", answered(*.status, .code.as_deref()), told(.details), server_remedy(*.status))]
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
    #[error("{host} {} ({}){}. {}", .task.undone(), answered(Some(*.status), .code.as_deref()), told(.details), .task.remedy(*.status))]
    Rejected {
        /// Host that answered.
        host: String,
        /// What was asked of it.
        task: Task,
        /// HTTP status.
        status: u16,
        /// The service's own error code, such as `EntityTooLarge`.
        code: Option<String>,
        /// What the service said, or nothing.
        details: String,
    },
    /// A file is not one that can be uploaded; nothing was sent, or not all of it.
    #[error("\"{name}\" {problem}")]
    File {
        /// Name of the file.
        name: String,
        /// What is wrong with it, and what to do.
        problem: FileProblem,
    },
    /// What came, or what was configured, does not follow the protocol.
    #[error("{problem} {remedy}")]
    Protocol {
        /// What happened.
        problem: String,
        /// What to do next.
        remedy: String,
        /// HTTP status, where a service answered.
        status: Option<u16>,
    },
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
pub enum Phase {
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
            Self::Truncated { .. } => ErrorKind::Truncated,
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
            Self::Forbidden { status, .. } | Self::Quota { status, .. } | Self::Rejected { status, .. } => {
                Some(*status)
            }
            Self::Credentials { status, .. }
            | Self::RateLimited { status, .. }
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
            | Self::File { .. }
            | Self::Protocol { .. } => None,
        }
    }
}

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

impl Phase {
    fn problem(self, limit: Duration) -> String {
        let limit = seconds(limit);
        match self {
            Self::Connect => format!("could not be connected to within {limit}"),
            Self::FirstText => format!("sent no text within {limit}"),
            Self::Idle => format!("stopped sending text for {limit} in the middle of its answer"),
            Self::Token => format!("issued no token within {limit}"),
            Self::PlainReply => format!("gave no whole reply within {limit}"),
            Self::Reply => format!("sent no reply within {limit}"),
            Self::Upload => format!("took nothing more of the file for {limit}"),
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Connect => "Check the network, VPN and proxy, or raise timeouts.connectMs.",
            Self::FirstText => "Run it again, or raise timeouts.firstTokenMs for slow agents.",
            Self::Idle => {
                "What was received is kept; run it again, or raise timeouts.idleMs for agents that pause for long."
            }
            Self::Token => "Check the network and STACKSPOT_IDM_URL, then run it again.",
            Self::PlainReply => {
                "Set streaming to true: a gateway cuts replies that are not streamed at about 120 s, and streamed ones \
                 go on."
            }
            Self::Reply => "Check the network and run it again.",
            Self::Upload => "Check the network and upload it again, or raise timeouts.idleMs.",
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

fn said(details: &str) -> String {
    if details.is_empty() { String::new() } else { format!(" The service said: {}.", details.trim_end_matches('.')) }
}

fn told(details: &str) -> String {
    if details.is_empty() { String::new() } else { format!(": {}", details.trim_end_matches('.')) }
}

fn answered(status: Option<u16>, code: Option<&str>) -> String {
    match (status, code) {
        (Some(status), Some(code)) => format!("HTTP {status} ({code})"),
        (Some(status), None) => format!("HTTP {status}"),
        (None, Some(code)) => format!("with an error ({code})"),
        (None, None) => "with an error".to_owned(),
    }
}

fn server_remedy(status: Option<u16>) -> &'static str {
    match status {
        Some(404 | 405 | 410) => "Check the agent id and the endpoint (STACKSPOT_INFERENCE_URL).",
        Some(400..=407 | 409..=499) => {
            "The request was refused as it stands; check the agent's settings and extraBody."
        }
        _ => "Run it again in a moment; if it goes on, see the service's status page.",
    }
}
