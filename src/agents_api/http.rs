//! HTTP to a service: permitted URLs, the client for each, and the meaning of a broken connection.

mod connect_error;
mod notify_on_read;
mod proxy;
mod response;
mod roots;
mod tunnel;
mod verifier;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, Proxy, RequestBuilder, Response, redirect, retry};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::connection::{ProxyAddress, ProxySettings};
use super::error::{ApiError, ApiPhase, RetryHint};
use super::private_address::is_loopback;
use crate::i18n::{Language, Message, message};
use crate::tasks::lock;

pub(crate) use connect_error::root_cause;
pub(super) use connect_error::{is_keep_alive_timeout, keep_alive_error, network, plain_cause};
use notify_on_read::NotifyOnRead;
pub(super) use proxy::host_of;
pub(crate) use proxy::parse as parse_proxy;
pub(super) use response::{Body, Broken, check_response, read_at_most, read_start};
use tunnel::ActiveProxy;

/// The clients of a connection. Each is built at its first use on a blocking thread, because reading the system's roots
/// is slow.
pub(super) struct Http {
    ca_bundle: Option<PathBuf>,
    proxy: ProxySettings,
    clients: Mutex<Arc<Clients>>,
    /// The last use of a client, by a clock that stops while the machine sleeps and by one that does not.
    used: Mutex<Option<(std::time::Instant, SystemTime)>>,
    /// A service reported that it only speaks HTTP/1.1.
    http1_only: AtomicBool,
    /// What was skipped to build a client.
    pub(super) warnings: Mutex<Vec<Message>>,
}

#[derive(Default)]
struct Clients {
    /// For `http://` to loopback. It has no TLS roots and uses no proxy, because no other machine may see this traffic.
    plain: OnceCell<Client>,
    /// For `https://`, through the proxy if there is one.
    secure: OnceCell<Client>,
    /// For `https://` without the proxy: to loopback, which a proxy cannot reach for us, and to hosts in `NO_PROXY`.
    direct: OnceCell<Client>,
}

impl Http {
    pub(super) fn new(ca_bundle: Option<PathBuf>, proxy: ProxySettings) -> Self {
        let (clients, used, warnings) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { ca_bundle, proxy, clients, used, http1_only: AtomicBool::new(false), warnings }
    }

    /// Connects and sends. It returns when the request is being written, or after `connect` at the latest.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Vec<u8>,
        connect: Duration,
        prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<InFlight<'_>, ApiError> {
        let client = self.client(&url).await?;
        let (body, mut sent) = NotifyOnRead::new(body);
        let request = prepare(client.request(method, url.clone())).body(reqwest::Body::wrap(body));
        let mut response: PendingResponse = Box::pin(request.send());
        let early = tokio::select! {
            biased;
            response = &mut response => Some(response),
            _ = &mut sent => None,
            () = sleep(connect) => {
                return Err(ApiError::Timeout { host: host_of(&url), phase: ApiPhase::Connect, limit: connect });
            }
        };
        let sent_at = Instant::now();
        let response = match early {
            Some(Err(error)) => return Err(self.connect_error(&url, &error).await),
            Some(Ok(early)) => Box::pin(std::future::ready(Ok(early))),
            None => response,
        };
        Ok(InFlight { http: self, host: host_of(&url), response, sent_at, url })
    }

    /// The meaning of a failed request. If a proxy did not forward it, the proxy is asked why.
    pub(super) async fn connect_error(&self, url: &Url, error: &reqwest::Error) -> ApiError {
        if connect_error::wants_http1(error) && !self.http1_only.swap(true, Ordering::Relaxed) {
            // The service did not process the request. The next one uses HTTP/1.1.
            *lock(&self.clients) = Arc::default();
        }
        let proxy = self.proxy_to(url).ok().flatten();
        if let Some(proxy) = proxy.as_ref().filter(|_| connect_error::is_tunnel_error(error))
            && let Some(told) = proxy.tunnel_error(url).await
        {
            return told;
        }
        connect_error::network(&host_of(url), proxy.as_ref().map(ActiveProxy::address), error)
    }

    /// The proxy for a URL; `None` if no setting names one.
    fn proxy_to(&self, url: &Url) -> Result<Option<ActiveProxy>, ApiError> {
        let address = self.proxy.proxy.as_ref().filter(|_| !self.is_direct(url));
        let in_use = |address: &ProxyAddress| {
            let url = proxy::url_of(address)?;
            Ok(ActiveProxy { url, setting: address.setting.clone() })
        };
        address.map(in_use).transpose()
    }

    fn is_direct(&self, url: &Url) -> bool {
        is_loopback(url) || proxy::bypasses(&self.proxy.no_proxy, url)
    }

    /// The client for a URL, which is `https://`, or `http://` to loopback.
    ///
    /// # Errors
    /// The configured proxy cannot be used, or this machine cannot build a client.
    pub(super) async fn client(&self, url: &Url) -> Result<Client, ApiError> {
        let clients = self.clients();
        let direct = self.is_direct(url);
        let cell = match (url.scheme(), direct) {
            ("http", _) => &clients.plain,
            (_, true) => &clients.direct,
            (_, false) => &clients.secure,
        };
        let client = cell.get_or_try_init(|| async {
            let http1_only = self.http1_only.load(Ordering::Relaxed);
            let base = base(http1_only);
            let base = match (&self.proxy.proxy, direct) {
                _ if url.scheme() == "http" => return build(base.no_proxy().tls_certs_only([])),
                (_, true) => base.no_proxy(),
                // The proxy settings of the system, if there are any.
                (None, false) => base,
                (Some(address), false) => {
                    let unusable = |_| proxy::unusable(&address.setting);
                    base.proxy(Proxy::all(proxy::url_of(address)?.as_str()).map_err(unusable)?)
                }
            };
            let ca_bundle = self.ca_bundle.clone();
            let built =
                tokio::task::spawn_blocking(move || secure_client(base, ca_bundle.as_deref(), http1_only)).await;
            let (client, warning) = built.map_err(|error| unbuildable(&error.to_string()))??;
            if let Some(warning) = warning {
                tracing::warn!("{}", warning.text(Language::En));
                let mut warnings = lock(&self.warnings);
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            Ok(client)
        });
        client.await.cloned()
    }

    /// The current clients. If the machine slept since the last request, its connections are considered dead, and all
    /// clients are new.
    fn clients(&self) -> Arc<Clients> {
        let now = (std::time::Instant::now(), SystemTime::now());
        let mut clients = lock(&self.clients);
        if lock(&self.used).replace(now).is_some_and(|before| was_suspended(before, now)) {
            tracing::debug!("the machine slept: connecting anew");
            *clients = Arc::default();
        }
        Arc::clone(&clients)
    }
}

/// How much more time the wall clock may show than the clock of the awake machine, before it counts as sleep.
const NO_SLEEP: Duration = Duration::from_secs(10);

fn was_suspended(before: (std::time::Instant, SystemTime), now: (std::time::Instant, SystemTime)) -> bool {
    let awake = now.0.saturating_duration_since(before.0);
    now.1.duration_since(before.1).is_ok_and(|passed| passed > awake + NO_SLEEP)
}

/// The accepted replies: JSON, but also any other type, because an error may come in another format.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.1");

/// The same for a streamed answer.
pub(super) const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream, application/json, */*;q=0.1");

/// After this time without an acknowledgement, a connection counts as dead. Only on Linux can TCP check this.
const UNHEARD: Duration = Duration::from_secs(6);

/// How long an idle connection is kept for the next request. A router eventually drops idle ones without notice.
const KEPT: Duration = Duration::from_secs(30);

/// How often an HTTP/2 connection is checked with a ping.
const PING: Duration = Duration::from_secs(10);

fn base(http1_only: bool) -> ClientBuilder {
    // Without this header, a server or a proxy may use any coding.
    let plain = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    let builder = Client::builder()
        .default_headers(plain)
        .pool_idle_timeout(KEPT)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(UNHEARD)
        .http2_keep_alive_while_idle(true);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let builder = builder.tcp_user_timeout(UNHEARD);
    let builder = if http1_only { builder.http1_only() } else { builder };
    builder
        .user_agent(concat!("stackspot-lsp/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        // After many parallel jobs, only some of their connections are kept.
        .pool_max_idle_per_host(8)
}

fn secure_client(
    base: ClientBuilder,
    ca_bundle: Option<&Path>,
    http1_only: bool,
) -> Result<(Client, Option<Message>), ApiError> {
    let (added, warning) = ca_bundle.map_or_else(Default::default, roots::read_roots);
    let tls = verifier::tls(added, http1_only).map_err(|error| unbuildable(&error.to_string()))?;
    Ok((build(base.tls_backend_preconfigured(tls))?, warning))
}

fn build(builder: ClientBuilder) -> Result<Client, ApiError> {
    builder.build().map_err(|error| unbuildable(&root_cause(&error)))
}

fn unbuildable(problem: &str) -> ApiError {
    let problem = message!("api-no-client", problem = problem.to_owned());
    ApiError::network(problem, message!("api-no-client-remedy"), RetryHint::Never)
}

type PendingResponse = Pin<Box<dyn Future<Output = Result<Response, reqwest::Error>> + Send>>;

/// A request that was sent or is being sent. Dropping it closes its connection.
pub(super) struct InFlight<'a> {
    http: &'a Http,
    url: Url,
    pub(super) host: String,
    pub(super) sent_at: Instant,
    response: PendingResponse,
}

impl InFlight<'_> {
    /// The response's head. `limit` counts from sending the request.
    pub(super) async fn response(self, phase: ApiPhase, limit: Duration) -> Result<Response, ApiError> {
        let Self { http, url, host, sent_at, response } = self;
        match timeout_at(sent_at + limit, response).await {
            Ok(Ok(response)) => check_response(&host, response),
            Ok(Err(error)) if is_keep_alive_timeout(&error) => {
                Err(keep_alive_error(&host, sent_at.elapsed() < UNHEARD * 3 / 2))
            }
            Ok(Err(error)) => Err(http.connect_error(&url, &error).await),
            Err(_) => Err(ApiError::Timeout { host, phase, limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_slept_is_known_by_its_two_clocks() {
        let (then, noon) = (std::time::Instant::now(), SystemTime::UNIX_EPOCH + Duration::from_secs(43_200));
        let after = |awake: u64, passed: u64| (then + Duration::from_secs(awake), noon + Duration::from_secs(passed));
        assert!(was_suspended((then, noon), after(5, 3_605)), "an hour in the bag");
        assert!(!was_suspended((then, noon), after(3_600, 3_601)), "an hour of work");
        assert!(!was_suspended((then, noon), after(5, 8)), "a clock that was put right a little");
        assert!(!was_suspended((after(0, 60).0, after(0, 60).1), (then, noon)), "a clock that was put back");
    }
}
