//! Scenarios: the answers, pace and faults of the sandbox, read from a TOML file. Their reference is `docs/sandbox.md`.
//! It explains each key and each value.

mod play;
mod read;

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(super) use play::Play;
use read::{error_status, one_or_many};

/// The behavior of a sandbox, request by request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    pub(super) pace: Option<Pace>,
    rate_limit: Option<RateLimit>,
    #[serde(rename = "agent")]
    pub(super) agents: Vec<ListedAgent>,
    #[serde(rename = "rule")]
    rules: Vec<toml::Spanned<Rule>>,
    #[serde(rename = "token")]
    tokens: Vec<TokenRule>,
    #[serde(rename = "upload")]
    uploads: Vec<UploadRule>,
}

/// A scenario cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// The file, or a file that it refers to, cannot be read.
    #[error("{} cannot be read: {reason}. Check its path and permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: String,
    },
    /// The file is not TOML, or contains something unknown.
    #[error("{}:{line}: {problem}. docs/sandbox.md lists what a scenario may hold", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem in this line.
        problem: String,
    },
}

/// An agent in the list of agents. Rules may refer to it by its name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedAgent {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) slug: Option<String>,
}

/// The chats that a rule matches, and the answer to them. The first matching rule applies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(deserialize_with = "one_or_many")]
    agent: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    action: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    contains: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    nth: Vec<NonZeroU64>,
    pub(super) reply: Option<String>,
    reply_file: Option<PathBuf>,
    pub(super) delay_ms: u64,
    pub(super) error: Option<ErrorReply>,
    pub(super) pace: Option<Pace>,
    pub(super) frames: Frames,
    pub(super) faults: Vec<Fault>,
    pub(super) stop_reason: Option<String>,
    pub(super) tokens: Option<TokenCounts>,
    pub(super) sources: Option<Vec<SourceItem>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorReply {
    #[serde(deserialize_with = "error_status")]
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) details: Option<String>,
    pub(super) body: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) retry_after: Option<u64>,
}

/// The speed at which an answer is written.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pace {
    pub(super) first_ms: u64,
    pub(super) chars_per_second: Option<NonZeroU32>,
    pub(super) chunk_chars: Option<NonZeroUsize>,
}

/// The shape of the frames. The service uses two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Frames {
    #[default]
    Mixed,
    Fat,
    Thin,
}

/// A fault in the middle of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    /// The fault occurs after this number of characters. If the answer is shorter, it occurs at the end.
    #[serde(default)]
    pub(super) after: usize,
    pub(super) then: FaultKind,
    pub(super) every_ms: Option<NonZeroU64>,
}

/// The kind of fault. The first six end the answer. After the others, the answer continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FaultKind {
    Close,
    Reset,
    Stall,
    EmptyFrames,
    ErrorFrame,
    CutCharacter,
    InvalidUtf8,
    BrokenJson,
    NonFinite,
    Bom,
    LoneSurrogate,
    Comment,
}

/// The token counts to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenCounts {
    pub(super) input: u64,
    pub(super) output: u64,
}

/// A knowledge source, as an item of `source`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceItem {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl SourceItem {
    /// A source from a request.
    pub(super) fn named(id: &str) -> Self {
        Self {
            kind: Some("custom".to_owned()),
            name: Some(format!("Named by the request: {id}")),
            slug: Some(id.to_owned()),
            id: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// The source of the sandbox's own agent.
    pub(super) fn handbook() -> Self {
        Self {
            kind: Some("custom".to_owned()),
            name: Some("Sandbox handbook".to_owned()),
            slug: Some("sandbox-handbook".to_owned()),
            document_score: Some(0.87),
            document_id: Some("01STACKSP0TSANDB0XHANDB00K".to_owned()),
            id: Some("01STACKSP0TSANDB0XKN0W0000".to_owned()),
        }
    }
}

/// The number of chats a minute that get an answer, over all agents. The others get 429.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateLimit {
    pub(super) requests_per_minute: NonZeroUsize,
    #[serde(default)]
    pub(super) retry_after: bool,
}

/// The reply to a request for a token. The first matching rule applies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TokenRule {
    #[serde(deserialize_with = "one_or_many")]
    realm: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    client_id: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    nth: Vec<NonZeroU64>,
    pub(super) delay_ms: u64,
    pub(super) expires_in: Option<u64>,
    pub(super) oauth_error: Option<String>,
    pub(super) description: Option<String>,
    #[serde(deserialize_with = "read::optional_error_status")]
    pub(super) status: Option<u16>,
    pub(super) error: Option<ErrorReply>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UploadStep {
    Form,
    File,
}

/// The reply to an upload. The first matching rule applies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UploadRule {
    step: UploadStep,
    #[serde(default, deserialize_with = "one_or_many")]
    contains: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    nth: Vec<NonZeroU64>,
    #[serde(default)]
    pub(super) delay_ms: u64,
    pub(super) error: Option<ErrorReply>,
}

impl FaultKind {
    /// Whether this fault ends the answer.
    pub(super) fn ends_the_answer(self) -> bool {
        matches!(
            self,
            Self::Close | Self::Reset | Self::Stall | Self::EmptyFrames | Self::ErrorFrame | Self::CutCharacter
        )
    }
}

#[cfg(test)]
mod tests;
