//! The loop of attempts: how long to wait, and how often to retry.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use tokio::time::sleep;

use super::chat::{ChatEvent, NextEvent};
use super::client::AgentsApi;
use super::connection::Credential;
use super::error::{ApiError, ApiPhase, RetryHint, seconds};
use super::http::host_of;
use super::token::Bearer;
use crate::i18n::message;

/// The limits of one chat, from the settings at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// How often to retry.
    pub retry: Retry,
    /// Requests in any 60 seconds by all chats with the same credential (`limits.requestsPerMinute`); 0 counts as 1.
    pub requests_per_minute: u32,
}

/// How long each phase of a chat may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the request is being written (`timeouts.connectMs`).
    pub connect: Duration,
    /// From sending the request to the first text (`timeouts.firstTokenMs`). Empty frames do not count as text.
    pub first_text: Duration,
    /// Between two texts (`timeouts.idleMs`). Empty frames and comments do not count as text.
    pub idle: Duration,
    /// From sending the token request to its reply; also for other short requests, such as the list of agents.
    pub token: Duration,
}

/// How often a chat retries before its first text. It never retries after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Requests in all (`retry.maxAttempts`); 0 counts as 1.
    pub max_attempts: u32,
    /// The average wait after the first failure. It doubles after each further one.
    pub base: Duration,
    /// The same after a 429 without `Retry-After`. It triples after each further one.
    pub rate_limit_base: Duration,
}

/// A request that did not succeed.
pub(super) struct AttemptError {
    pub(super) error: ApiError,
    /// Text was delivered, or a store refused the file. The request must not be sent again.
    pub(super) is_final: bool,
    /// The token that received a 401.
    pub(super) refused: Option<Bearer>,
    /// How long the service asks to wait.
    pub(super) retry_after: Option<Duration>,
}

impl From<ApiError> for AttemptError {
    fn from(error: ApiError) -> Self {
        Self { error, is_final: false, refused: None, retry_after: None }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeouts: Timeouts::default(), retry: Retry::default(), requests_per_minute: 100 }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_text: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            token: Duration::from_secs(20),
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { max_attempts: 3, base: Duration::from_millis(500), rate_limit_base: Duration::from_secs(4) }
    }
}

/// The result of the first attempt that succeeds. `attempt` gets its number, from 1, and sends its request to `host`.
/// `events` gets each wait.
///
/// A refused token is renewed once. The retry after that is not an attempt, because the service did not read the
/// request.
pub(super) async fn with_retries<T, Attempt: Future<Output = Result<T, AttemptError>>>(
    api: &AgentsApi,
    limits: &Limits,
    host: &str,
    events: Option<&NextEvent>,
    attempt: impl Fn(u32) -> Attempt,
) -> Result<T, ApiError> {
    let mut number = 1;
    let mut is_renewed = false;
    loop {
        let AttemptError { error, is_final, refused, retry_after } = match attempt(number).await {
            Ok(result) => return Ok(result),
            Err(failure) => failure,
        };
        if is_final {
            return Err(error);
        }
        if let Some(refused) = &refused {
            api.tokens.discard_refused(refused);
            if matches!(api.connection.credential, Credential::Token(_)) {
                let (problem, remedy) =
                    (message!("api-ready-token-refused"), message!("api-ready-token-refused-remedy"));
                return Err(ApiError::credentials(problem, remedy, error.status(), error.code().map(str::to_owned)));
            }
            if std::mem::replace(&mut is_renewed, true) {
                return Err(error);
            }
            continue;
        }
        let Some(wait) = limits.retry.wait_after(&error, retry_after, number) else { return Err(error) };
        let wait = wait.max(api.tokens.cooldown());
        // The limit belongs to the account, so other requests to the host of the chats would be refused too.
        let chats = &api.connection.endpoints.inference;
        if matches!(error, ApiError::RateLimited { is_sign_in: false, .. })
            && chats.join(&[]).is_ok_and(|url| host_of(&url) == host)
        {
            api.budget.close_for(wait).await;
        }
        if number >= limits.retry.max_attempts {
            return Err(error);
        }
        number += 1;
        tracing::debug!("attempt {number} in {}: {error}", seconds(wait));
        if let Some(events) = events {
            let event = match error {
                ApiError::RateLimited { .. } => ChatEvent::RateLimited { wait },
                reason => ChatEvent::Retrying { attempt: number, wait, reason },
            };
            events.put(event).await;
        }
        sleep(wait).await;
    }
}

/// The longest accepted wait of `Retry-After`. A longer one is reported as an error.
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);

/// The wait before the only retry if a change is unlikely, for example for a refused port.
const QUICK_LOOK: Duration = Duration::from_millis(200);

const MAX_BACKOFF: Duration = Duration::from_secs(30);

impl Retry {
    /// How long to wait before a retry after `failures` failures, of which `error` was the last. `None` if a retry does
    /// not help. `asked` is the `Retry-After` of the reply.
    pub(super) fn wait_after(&self, error: &ApiError, asked: Option<Duration>, failures: u32) -> Option<Duration> {
        if asked.is_some_and(|asked| asked > MAX_RETRY_AFTER) {
            return None;
        }
        let backoff = match error {
            ApiError::RateLimited { .. } => self.rate_limit_backoff(failures),
            ApiError::Server { status: Some(status), .. } | ApiError::Rejected { status, .. }
                if super::error::may_pass(*status) =>
            {
                self.backoff(failures)
            }
            ApiError::Network { status: None, retry_hint, .. } => match retry_hint {
                RetryHint::WithBackoff => self.backoff(failures),
                RetryHint::OnceFast if failures == 1 => grown(self.base.min(QUICK_LOOK), 1, failures),
                RetryHint::Immediately => Duration::ZERO,
                RetryHint::OnceFast | RetryHint::Never => return None,
            },
            // A sent prompt may be billed, even if its answer timed out, so it is not sent again. A service that let a
            // short request time out would probably do so again.
            ApiError::Timeout { phase: ApiPhase::Connect, .. } => self.backoff(failures),
            // The stream ended before its first text. This equals a broken connection.
            ApiError::Truncated { .. } | ApiError::NoReply { status: 200, .. } => self.backoff(failures),
            _ => return None,
        };
        // The wait of the service may be longer than our own, never shorter, because "now" for all clients gives no
        // relief. Up to a tenth is added, so that its clients do not all return at once.
        Some(asked.map_or(backoff, |asked| asked.mul_f64(1.0 + fastrand::f64() / 10.0).max(backoff)))
    }

    /// The wait before a retry after `failures` failures (1 or more).
    fn backoff(&self, failures: u32) -> Duration {
        grown(self.base, 2, failures)
    }

    /// The same for a rate limit of unknown duration.
    fn rate_limit_backoff(&self, failures: u32) -> Duration {
        grown(self.rate_limit_base, 3, failures)
    }
}

/// 50 % to 150 % of `first`, multiplied by `factor` after each failure except the first.
fn grown(first: Duration, factor: u32, failures: u32) -> Duration {
    let average = first.saturating_mul(factor.saturating_pow(failures.saturating_sub(1)));
    average.min(MAX_BACKOFF).mul_f64(0.5 + fastrand::f64())
}

/// `retry-after-ms`, in milliseconds, or `Retry-After`, in seconds or as an HTTP date. A date is compared with the
/// response's own date if it has one, because the clock of this machine may be wrong.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |value: Option<&HeaderValue>| Some(value?.to_str().ok()?.trim().to_owned());
    let milliseconds = text(headers.get("retry-after-ms")).and_then(|value| value.parse::<f64>().ok());
    if let Some(asked) = milliseconds.and_then(|value| Duration::try_from_secs_f64(value / 1000.0).ok()) {
        return Some(asked);
    }
    let value = text(headers.get(RETRY_AFTER))?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(&value).ok()?;
    let said_at = headers.get(DATE).and_then(|said| httpdate::parse_http_date(said.to_str().ok()?.trim()).ok());
    let now = said_at.unwrap_or(now);
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Tue, 15 Nov 1994 08:12:31 GMT").unwrap();
        assert_eq!(retry_after(&header("7"), now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&header("Tue, 15 Nov 1994 08:12:40 GMT"), now), Some(Duration::from_secs(9)));
        assert_eq!(retry_after(&header("Tue, 15 Nov 1994 08:00:00 GMT"), now), Some(Duration::ZERO));
        let mut by_another_clock = header("Tue, 15 Nov 1994 10:00:07 GMT");
        by_another_clock.insert(DATE, "Tue, 15 Nov 1994 10:00:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&by_another_clock, now), Some(Duration::from_secs(7)));
        for unreadable in ["soon", "-3", "NaN", "inf", "1e300", ""] {
            assert_eq!(retry_after(&header(unreadable), now), None, "{unreadable}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn milliseconds_win_over_seconds_unless_unreadable() {
        let both = |milliseconds: &str| {
            let mut headers = header("7");
            headers.insert("retry-after-ms", milliseconds.parse().unwrap());
            retry_after(&headers, SystemTime::UNIX_EPOCH)
        };
        assert_eq!(both(" 300 "), Some(Duration::from_millis(300)));
        for unreadable in ["soon", "-3", "NaN", "inf", ""] {
            assert_eq!(both(unreadable), Some(Duration::from_secs(7)), "{unreadable}");
        }
    }

    #[test]
    fn a_service_that_asks_for_a_shorter_wait_than_ours_gets_ours() {
        let limited = ApiError::RateLimited { retry_after: None, status: Some(429), code: None, is_sign_in: false };
        let down = ApiError::Server { host: "h".to_owned(), status: Some(503), code: None, details: String::new() };
        let retry = Retry::default();
        for asked in [Duration::ZERO, Duration::from_millis(20)] {
            for _ in 0..100 {
                assert!(retry.wait_after(&limited, Some(asked), 1) >= Some(Duration::from_secs(2)));
                assert!(retry.wait_after(&down, Some(asked), 2) >= Some(Duration::from_millis(500)));
            }
        }
        assert!(retry.wait_after(&down, Some(Duration::from_secs(9)), 1) >= Some(Duration::from_secs(9)));
    }

    #[test]
    fn backoff_grows_and_is_bounded() {
        let retry = Retry::default();
        for _ in 0..100 {
            assert!((250..=750).contains(&retry.backoff(1).as_millis()));
            assert!((500..=1500).contains(&retry.backoff(2).as_millis()));
            assert!((2000..=6000).contains(&retry.rate_limit_backoff(1).as_millis()));
            assert!(retry.backoff(u32::MAX) <= MAX_BACKOFF * 3 / 2);
        }
    }
}
