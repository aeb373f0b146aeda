//! The way to a service: which URLs may be asked, through which client, and what a broken connection means.

mod roots;
mod trouble;

use std::convert::Infallible;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, NoProxy, Proxy, RequestBuilder, Response, redirect, retry};
use secrecy::zeroize::Zeroizing;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::{Instant, sleep, timeout_at};
use url::{Host, Url};

use super::error::{ApiError, Phase};
use crate::i18n::{Language, Message, message};
pub(super) use trouble::{network, root_cause};

/// Builds each client when it is first needed, on a blocking thread: reading the system's roots takes a while.
pub(super) struct Http {
    ca_bundle: Option<PathBuf>,
    proxy: Option<String>,
    /// For `http://` to loopback: without TLS roots, and past every proxy, since nobody else may see what goes there.
    plain: OnceCell<Client>,
    /// For `https://`.
    secure: OnceCell<Client>,
    /// For `https://` to loopback, which no proxy can reach on our behalf.
    secure_loopback: OnceCell<Client>,
    warnings: Mutex<Vec<Message>>,
}

impl Http {
    pub(super) fn new(ca_bundle: Option<PathBuf>, proxy: Option<String>) -> Self {
        let [plain, secure, secure_loopback] = std::array::from_fn(|_| OnceCell::new());
        Self { ca_bundle, proxy, plain, secure, secure_loopback, warnings: Mutex::default() }
    }

    pub(super) fn warnings(&self) -> Vec<Message> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connects and sends; comes back once the request is being written, at the latest after `connect`.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Vec<u8>,
        connect: Duration,
        prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<InFlight, ApiError> {
        let host = host_of(&url);
        let client = self.client(&url).await?;
        let (body, mut sent) = TellWhenSent::new(body);
        let request = prepare(client.request(method, url)).body(reqwest::Body::wrap(body));
        let mut response: PendingResponse = Box::pin(request.send());
        let early = tokio::select! {
            biased;
            response = &mut response => Some(response),
            _ = &mut sent => None,
            () = sleep(connect) => return Err(ApiError::Timeout { host, phase: Phase::Connect, limit: connect }),
        };
        let sent_at = Instant::now();
        match early {
            Some(Err(error)) => Err(network(&host, &error)),
            Some(Ok(early)) => Ok(InFlight { host, response: Box::pin(std::future::ready(Ok(early))), sent_at }),
            None => Ok(InFlight { host, response, sent_at }),
        }
    }

    /// The client for such a URL, which is `https://`, or `http://` to loopback.
    pub(super) async fn client(&self, url: &Url) -> Result<Client, ApiError> {
        let loopback = is_loopback(url);
        let cell = match (url.scheme(), loopback) {
            ("http", _) => &self.plain,
            (_, true) => &self.secure_loopback,
            (_, false) => &self.secure,
        };
        let client = cell.get_or_try_init(|| async {
            if url.scheme() == "http" {
                return build(base().no_proxy().tls_certs_only([]));
            }
            let ca_bundle = self.ca_bundle.clone();
            let proxying = match &self.proxy {
                _ if loopback => Proxying::Never,
                None => Proxying::Environment,
                Some(proxy) => Proxying::Through(proxy.clone()),
            };
            let built = tokio::task::spawn_blocking(move || secure_client(ca_bundle.as_deref(), &proxying)).await;
            let (client, warning) = built.map_err(|error| unbuildable(&error.to_string()))??;
            if let Some(warning) = warning {
                tracing::warn!("{}", warning.text(Language::En));
                let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            Ok(client)
        });
        client.await.cloned()
    }
}

/// Joins a base URL of the settings and path segments, each percent-encoded. The base is refused where it would carry a
/// credential over the network in the clear.
pub(super) fn endpoint(base: &str, setting: &str, segments: &[&str]) -> Result<Url, ApiError> {
    let refused = |problem: Message, remedy: Message| ApiError::Protocol { problem, remedy, status: None };
    let example = || message!("api-address-remedy");
    let mut url = Url::parse(base.trim()).map_err(|error| {
        refused(message!("api-address-no-url", setting = setting.to_owned(), error = error.to_string()), example())
    })?;
    let setting = setting.to_owned();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            let problem = message!("api-address-plain", setting = setting);
            return Err(refused(problem, message!("api-address-plain-remedy")));
        }
        _ => return Err(refused(message!("api-address-scheme", setting = setting), example())),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            message!("api-address-password", setting = setting),
            message!("api-address-password-remedy"),
        ));
    }
    url.set_query(None);
    url.set_fragment(None);
    let mut path =
        url.path_segments_mut().map_err(|()| refused(message!("api-address-no-base", setting = setting), example()))?;
    path.pop_if_empty();
    for segment in segments {
        // The URL standard would resolve these away, and the request would go to another path.
        if matches!(*segment, "" | "." | "..") {
            return Err(ApiError::Protocol {
                problem: message!("api-no-segment", segment = (*segment).to_owned()),
                remedy: message!("api-no-segment-remedy"),
                status: None,
            });
        }
        path.push(segment);
    }
    drop(path);
    Ok(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Host and, where it is not the scheme's own, port.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the service");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What replies are taken: JSON, and whatever else rather than no reply at all, for an error may be told in another form.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.1");

/// The same for a streamed answer.
pub(super) const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream, application/json, */*;q=0.1");

fn base() -> ClientBuilder {
    // Without it every coding is as good as none to a server or a proxy.
    let plain = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    Client::builder()
        .default_headers(plain)
        .user_agent(concat!("stackspot-lsp/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
}

enum Proxying {
    Never,
    Environment,
    Through(String),
}

fn secure_client(ca_bundle: Option<&Path>, proxying: &Proxying) -> Result<(Client, Option<Message>), ApiError> {
    let configured = || -> Result<ClientBuilder, ApiError> {
        let proxy = match proxying {
            Proxying::Never => return Ok(base().no_proxy()),
            Proxying::Environment => return Ok(base()),
            Proxying::Through(proxy) => proxy.as_str(),
        };
        // The URL may hold a password, so neither it nor the parser's complaint is repeated.
        let proxy = Proxy::all(proxy).map_err(|_| ApiError::Network {
            problem: message!("api-no-proxy-url"),
            remedy: message!("api-no-proxy-url-remedy"),
            status: None,
        })?;
        Ok(base().proxy(proxy.no_proxy(NoProxy::from_env())))
    };
    let Some(path) = ca_bundle else { return Ok((build(configured()?)?, None)) };
    let (certificates, warning) = roots::read(path);
    let builder = configured()?;
    let builder = if certificates.is_empty() { builder } else { builder.tls_certs_merge(certificates) };
    Ok((build(builder)?, warning))
}

fn build(builder: ClientBuilder) -> Result<Client, ApiError> {
    builder.build().map_err(|error| unbuildable(&root_cause(&error)))
}

fn unbuildable(problem: &str) -> ApiError {
    ApiError::Network {
        problem: message!("api-no-client", problem = problem.to_owned()),
        remedy: message!("api-no-client-remedy"),
        status: None,
    }
}

type PendingResponse = Pin<Box<dyn Future<Output = Result<Response, reqwest::Error>> + Send>>;

/// A request that is sent, or being sent. Dropping it closes its connection.
pub(super) struct InFlight {
    pub(super) host: String,
    pub(super) sent_at: Instant,
    response: PendingResponse,
}

impl InFlight {
    /// The response's head. `limit` counts from the moment the request was sent.
    pub(super) async fn response(self, phase: Phase, limit: Duration) -> Result<Response, ApiError> {
        let Self { host, sent_at, response } = self;
        match timeout_at(sent_at + limit, response).await {
            Ok(Ok(response)) => taken(&host, response),
            Ok(Err(error)) => Err(network(&host, &error)),
            Err(_) => Err(ApiError::Timeout { host, phase, limit }),
        }
    }
}

/// The response, unless it sends us elsewhere or cannot be read.
pub(super) fn taken(host: &str, response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    if status.is_redirection() {
        return Err(ApiError::Protocol {
            problem: message!("api-redirect", host = host.to_owned(), status = status.to_string()),
            remedy: message!("api-in-between-remedy"),
            status: Some(status.as_u16()),
        });
    }
    match response.headers().get(CONTENT_ENCODING).map(|encoding| encoding.as_bytes()) {
        None | Some(b"" | b"identity") => Ok(response),
        Some(_) => Err(ApiError::Protocol {
            problem: message!("api-compressed", host = host.to_owned()),
            remedy: message!("api-compressed-remedy"),
            status: Some(status.as_u16()),
        }),
    }
}

/// The start of a body, for error replies: at most 64 KiB, and whatever came before the connection broke.
pub(super) async fn read_start(response: Response, deadline: Instant) -> String {
    read_at_most(64 << 10, response, deadline).await
}

/// At most `max` bytes of a body, and whatever came before the connection broke.
pub(super) async fn read_at_most(max: usize, mut response: Response, deadline: Instant) -> String {
    let mut body = Vec::new();
    while body.len() < max {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None) | Err(_)) | Err(_) => break,
        }
    }
    body.truncate(max);
    String::from_utf8_lossy(&body).into_owned()
}

/// A body that tells when it is taken, which is when the connection stands: up to then the connect limit holds.
struct TellWhenSent {
    bytes: Option<Bytes>,
    sent: Option<oneshot::Sender<()>>,
}

impl TellWhenSent {
    fn new(bytes: Vec<u8>) -> (Self, oneshot::Receiver<()>) {
        let (sent, told) = oneshot::channel();
        // It may hold the client secret, or the user's code.
        let bytes = Bytes::from_owner(Zeroizing::new(bytes));
        (Self { bytes: Some(bytes), sent: Some(sent) }, told)
    }
}

impl http_body::Body for TellWhenSent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        if let Some(sent) = self.sent.take() {
            // Nobody listens any more once the caller has given up; then there is nobody to tell.
            let _ = sent.send(());
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
