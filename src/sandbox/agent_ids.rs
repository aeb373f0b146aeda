//! The ids of the agents: the sandbox's own one, and those that fail, each in a documented way.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::failure::{error, rate_limited, unauthorized, unavailable};
use super::scenario::{Fault, FaultKind};
use super::writing::chars_of_words;

/// The id of the sandbox's own agent. Every other id answers as well, except those of the agents that fail.
pub const SANDBOX_AGENT_ID: &str = "01STACKSP0TSANDB0XAGENT000";

/// The number of words that an agent writes before it stalls or fails.
const WORDS_BEFORE_FAILURE: usize = 5;

/// The number of chats a minute that the service allows an account, for all agents together.
const LIMIT_PER_MINUTE: usize = 100;

/// The ids of the agents that fail, as listed in docs/sandbox.md.
pub(super) fn failing() -> impl Iterator<Item = &'static str> {
    "forbidden unauthorized rate-limited quota server-error flaky truncated stalled stream-error".split(' ')
}

/// The id of the agent that writes code in prose and a fence.
pub(super) const FENCED: &str = "fenced";

/// The response of an agent that fails before any answer. Returns `None` if the agent answers or fails during the
/// answer. `flaky_attempts` counts the requests to flaky agents.
pub(super) fn instead_of_an_answer(agent_id: &str, flaky_attempts: &AtomicU64) -> Option<Response> {
    Some(match agent_id {
        "forbidden" => (StatusCode::FORBIDDEN, Body::empty()).into_response(),
        "unauthorized" => unauthorized(),
        "rate-limited" => rate_limited(LIMIT_PER_MINUTE),
        "quota" => error(
            StatusCode::TOO_MANY_REQUESTS,
            "INFERENCE_QUOTA_EXCEEDED",
            "Your account has no credits left: the quota of this month is used up.",
        ),
        "server-error" => unavailable(),
        "flaky" if flaky_attempts.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => unavailable(),
        _ => return None,
    })
}

/// The fault in the answer of an agent that fails.
pub(super) fn fault(agent_id: &str, text: &str) -> Option<Fault> {
    let a_few = || chars_of_words(text, |_| WORDS_BEFORE_FAILURE);
    let (after, then) = match agent_id {
        "truncated" => (chars_of_words(text, |words| words / 2), FaultKind::Close),
        "stalled" => (a_few(), FaultKind::EmptyFrames),
        "stream-error" => (a_few(), FaultKind::ErrorFrame),
        _ => return None,
    };
    Some(Fault { after, then, every_ms: None })
}
