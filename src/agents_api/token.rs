//! Credentials to bearer token: all callers share one token and one request for it, and it is renewed in time.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use url::form_urlencoded;

use super::client::AgentsApi;
use super::connection::Credential;
use super::error::{ApiError, ApiPhase, RetryHint};
use super::error_reply::{self, ErrorBody};
use super::http::{Body, Broken, JSON, host_of, network, read_at_most, read_start};
use super::retry::{MAX_RETRY_AFTER, Timeouts};
use crate::i18n::{Message, message};
use crate::tasks::lock;

/// Whether a token is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// No token was needed yet, or none was issued.
    None,
    /// A token is available.
    Valid,
    /// The last token has expired, or the service refused it.
    Expired,
}

/// The token of one connection, shared by all its chats.
#[derive(Default)]
pub(super) struct TokenSource {
    state: Mutex<CacheState>,
    /// Held during a token request. Waiting tasks find the token when they get the lock.
    in_flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct CacheState {
    issued: Option<Issued>,
    /// Counts the tokens, so that a late 401 for an old one does not discard its successor.
    generation: u64,
    /// The last failure to get a token, and the earliest time of the next request.
    failed: Option<(ApiError, Instant)>,
}

struct Issued {
    bearer: Bearer,
    renew_at: Instant,
    expires_at: Instant,
}

/// A token for a caller.
#[derive(Clone)]
pub(super) struct Bearer {
    secret: SecretString,
    generation: u64,
    /// The user provided it; the service did not issue it.
    is_ready_made: bool,
}

impl Bearer {
    /// The value of the `Authorization` header, marked as sensitive.
    pub(super) fn header(&self) -> Result<HeaderValue, ApiError> {
        let value = HeaderValue::from_str(&format!("Bearer {}", self.secret.expose_secret()));
        let mut value = value.map_err(|_| match self.is_ready_made {
            true => ApiError::credentials(message!("api-odd-token"), message!("api-odd-token-remedy"), None, None),
            false => ApiError::protocol(message!("api-odd-issued-token"), message!("api-no-token-remedy"), None),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The text without this token, because a service may repeat it.
    pub(super) fn redact(&self, text: &str) -> String {
        redact(text, &self.secret)
    }
}

/// The largest accepted reply, in bytes.
const MAX_REPLY: usize = 256 << 10;

/// How long before its expiry a token is renewed; but never before half its life.
const MARGIN: Duration = Duration::from_secs(60);

/// How long to wait with token requests after the service issued none or timed out.
const HOLD_OFF: Duration = Duration::from_secs(5);

/// The same after an error of the service. All jobs of an editor request a token at once, which would not help it.
const BRIEF_HOLD_OFF: Duration = Duration::from_secs(1);

/// How long to wait with token requests after a failure. A broken connection needs no wait: a retry waits as long as
/// that of a chat.
fn cooldown(error: &ApiError) -> Option<Duration> {
    match error {
        ApiError::Network { status: None, .. } | ApiError::Timeout { phase: ApiPhase::Connect, .. } => None,
        ApiError::Server { status: Some(500..), .. } => Some(BRIEF_HOLD_OFF),
        ApiError::RateLimited { retry_after: Some(asked), .. } => Some((*asked).clamp(HOLD_OFF, MAX_RETRY_AFTER)),
        _ => Some(HOLD_OFF),
    }
}

/// The assumed life of a token without `expires_in`.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

impl AgentsApi {
    /// A valid token. It is requested if there is none, or if it expires soon.
    pub(super) async fn bearer(&self, timeouts: &Timeouts) -> Result<Bearer, ApiError> {
        let tokens = &self.tokens;
        let (realm, client_id, client_secret) = match &self.connection.credential {
            Credential::ClientSecret { realm, client_id, client_secret } => (realm, client_id, client_secret),
            Credential::Token(secret) => return Ok(tokens.ready_made(secret)),
            Credential::Missing(what) => {
                return Err(ApiError::credentials(message!("api-no-credential"), what.clone(), None, None));
            }
        };
        if let Some(bearer) = tokens.fresh() {
            return Ok(bearer);
        }
        let _turn = tokens.in_flight.lock().await;
        if let Some(bearer) = tokens.fresh() {
            return Ok(bearer);
        }
        if let Some(error) = tokens.cooldown_error() {
            return tokens.unexpired().ok_or(error);
        }
        let asked_at = Instant::now();
        let ask = || request(self, realm, client_id, client_secret, timeouts);
        let mut asked = ask().await;
        if matches!(
            asked,
            Err(ApiError::Network { status: None, retry_hint: RetryHint::WithBackoff | RetryHint::Immediately, .. })
        ) {
            // Usually an old connection was closed. A second token request costs nothing.
            asked = ask().await;
        }
        match asked {
            Ok((secret, lifetime)) => Ok(tokens.store_token(secret, asked_at, lifetime, false)),
            Err(error) => {
                lock(&tokens.state).failed = cooldown(&error).map(|wait| (error.clone(), Instant::now() + wait));
                tokens.unexpired().ok_or(error)
            }
        }
    }

    /// Ensures that a token is available, so that a wrong credential shows early. It sends nothing if there is one.
    ///
    /// # Errors
    /// No token can be obtained with the credential.
    pub async fn authenticate(&self, timeouts: &Timeouts) -> Result<(), ApiError> {
        self.bearer(timeouts).await.map(drop)
    }

    /// Whether a token must be requested first.
    pub fn has_to_sign_in(&self) -> bool {
        matches!(self.connection.credential, Credential::ClientSecret { .. }) && self.tokens.fresh().is_none()
    }

    /// Whether a token is available.
    pub fn token_state(&self) -> TokenState {
        match &lock(&self.tokens.state).issued {
            None => TokenState::None,
            Some(issued) if issued.expires_at > Instant::now() => TokenState::Valid,
            Some(_) => TokenState::Expired,
        }
    }
}

impl TokenSource {
    /// The API answered 401 to this token. A newer token is kept.
    pub(super) fn discard_refused(&self, refused: &Bearer) {
        let now = Instant::now();
        if let Some(issued) =
            lock(&self.state).issued.as_mut().filter(|issued| issued.bearer.generation == refused.generation)
        {
            issued.renew_at = now;
            issued.expires_at = now;
        }
    }

    /// How long until the next token request is allowed.
    pub(super) fn cooldown(&self) -> Duration {
        let now = Instant::now();
        lock(&self.state).failed.as_ref().map_or(Duration::ZERO, |(_, until)| until.saturating_duration_since(now))
    }

    fn ready_made(&self, secret: &SecretString) -> Bearer {
        let secret = SecretString::from(secret.expose_secret().trim().to_owned());
        // Each use is a new attempt. The service decides whether the token is still valid.
        self.store_token(secret, Instant::now(), MAX_LIFETIME, true)
    }

    fn store_token(&self, secret: SecretString, asked_at: Instant, lifetime: Duration, is_ready_made: bool) -> Bearer {
        let mut state = lock(&self.state);
        state.generation += 1;
        state.failed = None;
        let bearer = Bearer { secret, generation: state.generation, is_ready_made };
        let renew_at = asked_at + lifetime.saturating_sub(MARGIN).max(lifetime / 2);
        state.issued = Some(Issued { bearer: bearer.clone(), renew_at, expires_at: asked_at + lifetime });
        bearer
    }

    fn fresh(&self) -> Option<Bearer> {
        let now = Instant::now();
        lock(&self.state).issued.as_ref().filter(|issued| issued.renew_at > now).map(|issued| issued.bearer.clone())
    }

    /// A token that should be renewed, but is still valid while the renewal fails.
    fn unexpired(&self) -> Option<Bearer> {
        let now = Instant::now();
        lock(&self.state).issued.as_ref().filter(|issued| issued.expires_at > now).map(|issued| issued.bearer.clone())
    }

    fn cooldown_error(&self) -> Option<ApiError> {
        let now = Instant::now();
        lock(&self.state).failed.as_ref().filter(|(_, until)| *until > now).map(|(error, _)| error.clone())
    }
}

async fn request(
    api: &AgentsApi,
    realm: &str,
    client_id: &str,
    client_secret: &SecretString,
    timeouts: &Timeouts,
) -> Result<(SecretString, Duration), ApiError> {
    if realm.is_empty() {
        return Err(ApiError::credentials(message!("api-empty-realm"), REALM_REMEDY, None, None));
    }
    let url = api.connection.endpoints.idm.join(&[realm, "oidc", "oauth", "token"])?;
    let host = host_of(&url);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", client_id)
        .append_pair("client_secret", client_secret.expose_secret())
        .finish();
    let in_flight = api.http.send(Method::POST, url, form.into_bytes(), timeouts.connect, |request| {
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header(ACCEPT, JSON)
    });
    let in_flight = in_flight.await?;
    let deadline = in_flight.sent_at + timeouts.token;
    let response = in_flight.response(ApiPhase::Token, timeouts.token).await?;
    let status = response.status();
    let headers_retry_after = super::retry::retry_after(response.headers(), std::time::SystemTime::now());
    if !status.is_success() {
        let said = error_reply::read_body(&redact(&read_start(response, deadline).await, client_secret));
        return Err(refusal(&host, realm, status.as_u16(), said, headers_retry_after));
    }
    let Body { text, broken } = read_at_most(MAX_REPLY, response, deadline).await;
    let Reply { access_token, expires_in } = serde_json::from_str(text.trim()).unwrap_or_default();
    let access_token = access_token.map(Zeroizing::new);
    match access_token.as_deref().map(|token| token.trim()).filter(|token| !token.is_empty()) {
        // The token is used even if the body broke after it.
        Some(token) => Ok((SecretString::from(token), token_lifetime(expires_in.as_ref()))),
        None => Err(match broken {
            Some(Broken::Connection(error)) => network(&host, None, &error),
            Some(Broken::TooLate) => ApiError::Timeout { host, phase: ApiPhase::Token, limit: timeouts.token },
            None => {
                let problem = message!("api-no-token", host = host);
                ApiError::protocol(problem, message!("api-no-token-remedy"), status.as_u16())
            }
        }),
    }
}

/// The relevant fields of the token endpoint's reply.
#[derive(Default, Deserialize)]
struct Reply {
    access_token: Option<String>,
    expires_in: Option<Value>,
}

/// `expires_in` in seconds, as a number or a string.
fn token_lifetime(expires_in: Option<&Value>) -> Duration {
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let lifetime = seconds.filter(|seconds| *seconds > 0.0).map(|seconds| seconds.min(MAX_LIFETIME.as_secs_f64()));
    lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(DEFAULT_LIFETIME)
}

const REALM_REMEDY: Message = message!("api-realm-remedy");

/// The meaning of an error status of the token endpoint.
fn refusal(host: &str, realm: &str, status: u16, said: ErrorBody, retry_after: Option<Duration>) -> ApiError {
    let is_page = said.is_page;
    let speaks_of_realm = said.details.to_lowercase().contains("realm");
    if let Some(error) = error_reply::intermediary_error(host, status, &said).filter(|_| !speaks_of_realm) {
        return error;
    }
    let ErrorBody { code, details, .. } = said;
    let told = |problem: Message| match details.trim_end_matches('.') {
        "" => problem,
        details => message!("api-it-said", problem = problem, details = details.to_owned()),
    };
    match status {
        404 => {
            let problem = message!("api-no-such-realm", host = host.to_owned(), realm = realm.to_owned());
            ApiError::credentials(told(problem), REALM_REMEDY, status, code)
        }
        400 | 401 | 403 if speaks_of_realm => {
            let (host, realm) = (host.to_owned(), realm.to_owned());
            let problem = message!("api-realm-refused", host = host, realm = realm, status = status);
            ApiError::credentials(told(problem), REALM_REMEDY, status, code)
        }
        400 | 401 | 403
            if matches!(code.as_deref(), Some("invalid_scope" | "unsupported_grant_type" | "invalid_request")) =>
        {
            let (host, code_shown) = (host.to_owned(), code.clone().unwrap_or_default());
            let problem = message!("api-sign-in-not-so", host = host, code = code_shown);
            ApiError::credentials(told(problem), message!("api-sign-in-not-so-remedy"), status, code)
        }
        401 if is_page => {
            let problem = message!("api-blocked", host = host.to_owned(), status = status, title = details);
            ApiError::protocol(problem, message!("api-in-between-remedy"), status)
        }
        400..=403 => {
            let named = code.as_deref().map_or(String::new(), |code| format!(", {code}"));
            let (host, realm, reply) = (host.to_owned(), realm.to_owned(), format!("HTTP {status}{named}"));
            let problem = message!("api-client-refused", host = host, realm = realm, reply = reply);
            ApiError::credentials(told(problem), message!("api-client-refused-remedy"), status, code)
        }
        407 => error_reply::of_chat(host, "", status, ErrorBody { code, details, is_page }, retry_after),
        429 => ApiError::RateLimited { retry_after, status: Some(status), code, is_sign_in: true },
        _ => ApiError::Server { host: host.to_owned(), status: Some(status), code, details },
    }
}

fn redact(text: &str, secret: &SecretString) -> String {
    let secret = secret.expose_secret();
    if secret.is_empty() {
        return text.to_owned();
    }
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    text.replace(secret, "[secret]").replace(&encoded, "[secret]")
}
