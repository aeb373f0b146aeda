//! Whether a service can be reached at all, before anything is asked of it.

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::client::Inner;
use super::error::{ApiError, ApiPhase};
use super::failure;
use super::http::{endpoint, host_of};
use super::retry::Limits;

/// Asks for the root of a base URL, without a credential, and gives the time until its answer. Any answer will do: it shows
/// that the name resolves, that the proxy lets us through, and that the certificate is trusted.
pub(super) async fn probe(api: &Inner, base: &str, setting: &str, limits: &Limits) -> Result<Duration, ApiError> {
    let url = endpoint(base, setting, &[])?;
    let host = host_of(&url);
    let started = Instant::now();
    let sent = api.http.send(Method::GET, url, Vec::new(), limits.timeouts.connect, |request| request).await?;
    let response = sent.response(ApiPhase::Reply, limits.timeouts.token).await;
    match response {
        Ok(response) if matches!(response.status().as_u16(), 407 | 511) => {
            Err(failure::of_chat(&host, "", response.status().as_u16(), failure::Said::default(), None))
        }
        // A redirect is refused elsewhere, since it would carry a credential; it is an answer all the same.
        Ok(_) | Err(ApiError::Protocol { status: Some(_), .. }) => Ok(started.elapsed()),
        Err(error) => Err(error),
    }
}
