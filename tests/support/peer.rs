//! A scripted Agents API on a loopback socket. It writes HTTP/1.1 by hand, therefore also invalid responses.
//!
//! ```ignore
//! let peer = Peer::start().await;
//! let gate = Gate::default();
//! let chat = peer.expect_chat(Script::stream().text("Hel").gate(&gate).text("lo").end());
//! // … start a chat against `peer.connection()`, or a program with `peer.environment()` …
//! let request = chat.arrived().await;           // the recorded request
//! assert_eq!(request.json()["user_prompt"], "Hi");
//! gate.open();                                  // "Hel" was sent; now "lo" and the end follow
//! chat.sent().await;                            // the script ran to its end
//! chat.closed().await;                          // the client closed its socket
//! ```
//!
//! Scripts answer chats in the order of their arrival. If none is left, [`Peer::answer_by_default`] answers (a short
//! stream). Tokens are `token-1`, `token-2`, … Every wait ends after [`PATIENCE`] with a panic that says what is
//! missing. If a script is not used, the test fails when the peer is dropped.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use stackspot_lsp::testing::agents_api::{Connection, Credential, Endpoints, ProxySettings};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

mod script;
mod wire;

pub use script::{Gate, Script, sse_end, sse_fat_text, sse_frame, sse_text};

/// How long a test waits for an immediate event.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The realm, client id and secret that [`Peer::connection`] and [`Peer::environment`] use.
pub const REALM: &str = "test-realm";
pub const CLIENT_ID: &str = "test-client";
pub const CLIENT_SECRET: &str = "s3cret-of-the-test-client";

/// The server. Dropping it closes everything.
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    /// Counts the requests, to wake up the waits.
    arrivals: watch::Sender<usize>,
    connections: watch::Sender<usize>,
}

struct State {
    chats: VecDeque<(Script, Exchange)>,
    tokens: VecDeque<(Script, Exchange)>,
    /// Scripts for other paths, such as uploads: a path prefix, and its script.
    others: Vec<(String, Script, Exchange)>,
    default_chat: Script,
    /// Creates an answer from the request. Such chats are not stored in `requests`.
    agent: Option<Agent>,
    requests: Vec<Request>,
    tokens_issued: usize,
}

/// An agent of a test: a function from a chat to its answer.
type Agent = Arc<dyn Fn(&Request) -> Script + Send + Sync>;

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{} has no JSON body: {error}", self.path))
    }

    /// A field of a form-encoded body.
    pub fn form(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub fn is_chat(&self) -> bool {
        self.path.starts_with("/v1/agent/") && self.path.ends_with("/chat")
    }

    pub fn is_token(&self) -> bool {
        self.path.ends_with("/oidc/oauth/token")
    }
}

impl Peer {
    /// Listens on a free loopback port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let state = State {
            chats: VecDeque::new(),
            tokens: VecDeque::new(),
            others: Vec::new(),
            default_chat: Script::stream().text("An answer by default.").end(),
            agent: None,
            requests: Vec::new(),
            tokens_issued: 0,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            arrivals: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(wire::accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// Without a trailing slash.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection to this peer, with a client secret.
    pub fn connection(&self) -> Connection {
        Connection {
            endpoints: Endpoints::all_at(self.base_url().parse().expect("a loopback address")),
            credential: Credential::ClientSecret {
                realm: REALM.into(),
                client_id: CLIENT_ID.into(),
                client_secret: CLIENT_SECRET.to_owned().into(),
            },
            account_id: None,
            ca_bundle: None,
            proxy: ProxySettings::default(),
            state_dir: None,
        }
    }

    /// The same as environment variables, for the program as a child.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let endpoint = |name| (name, self.base_url());
        vec![
            ("STACKSPOT_REALM", REALM.to_owned()),
            ("STACKSPOT_CLIENT_ID", CLIENT_ID.to_owned()),
            ("STACKSPOT_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("STACKSPOT_AGENT_ID", "01TESTAGENT".to_owned()),
            endpoint("STACKSPOT_IDM_URL"),
            endpoint("STACKSPOT_INFERENCE_URL"),
            endpoint("STACKSPOT_DATA_URL"),
            endpoint("STACKSPOT_AGENTS_URL"),
        ]
    }

    /// Answers the next unanswered chat with this script.
    pub fn expect_chat(&self, script: Script) -> Exchange {
        let exchange = Exchange::new("chat");
        self.lock().chats.push_back((script, exchange.clone()));
        exchange
    }

    /// Answers the next unanswered token request with this script.
    pub fn expect_token(&self, script: Script) -> Exchange {
        let exchange = Exchange::new("token request");
        self.lock().tokens.push_back((script, exchange.clone()));
        exchange
    }

    /// Answers the next request whose path has this prefix, such as `/v2/file-upload/form` or `/v1/agents`.
    pub fn expect(&self, path_prefix: &str, script: Script) -> Exchange {
        let exchange = Exchange::new(path_prefix);
        self.lock().others.push((path_prefix.to_owned(), script, exchange.clone()));
        exchange
    }

    /// Answers every chat without a script of its own.
    pub fn answer_by_default(&self, script: Script) {
        self.lock().default_chat = script;
    }

    /// Answers every chat without a script of its own with the result of `agent`. For long runs: these requests are not
    /// stored.
    pub fn answer_as(&self, agent: impl Fn(&Request) -> Script + Send + Sync + 'static) {
        self.lock().agent = Some(Arc::new(agent));
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// All chat requests so far.
    pub fn chats(&self) -> Vec<Request> {
        self.lock().requests.iter().filter(|request| request.is_chat()).cloned().collect()
    }

    /// The number of token requests so far.
    pub fn token_requests(&self) -> usize {
        self.lock().requests.iter().filter(|request| request.is_token()).count()
    }

    /// Waits until this number of chat requests has arrived, and returns the last of them.
    pub async fn chat_arrived(&self, count: usize) -> Request {
        assert!(count > 0, "chats are counted from 1");
        let mut arrivals = self.shared.arrivals.subscribe();
        patiently(&format!("chat request {count}"), arrivals.wait_for(|_| self.chats().len() >= count)).await.ok();
        self.chats()[count - 1].clone()
    }

    /// Waits until the clients have exactly this number of open sockets.
    pub async fn connections_open(&self, count: usize) {
        let mut connections = self.shared.connections.subscribe();
        patiently(&format!("{count} open connections"), connections.wait_for(|open| *open == count)).await.ok();
    }

    /// Allows unused scripts in this test.
    pub fn forget_unused(&self) {
        let mut state = self.lock();
        state.chats.clear();
        state.tokens.clear();
        state.others.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().expect("no test panics with the state")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
        if !std::thread::panicking() {
            let state = self.lock();
            let unused = (state.chats.len(), state.tokens.len(), state.others.len());
            assert_eq!(unused, (0, 0, 0), "scripts that nobody asked for (chats, tokens, others)");
        }
    }
}

/// One scripted answer and its progress.
#[derive(Clone)]
pub struct Exchange {
    name: String,
    progress: watch::Sender<Progress>,
}

#[derive(Default, Clone)]
struct Progress {
    request: Option<Request>,
    sent: bool,
    closed: bool,
}

impl Exchange {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), progress: watch::Sender::default() }
    }

    /// Waits for the request that this script answers.
    pub async fn arrived(&self) -> Request {
        self.wait("to arrive", |progress| progress.request.is_some()).await.request.expect("just awaited")
    }

    /// Waits until the script has finished.
    pub async fn sent(&self) {
        self.wait("to be answered to the end", |progress| progress.sent).await;
    }

    /// Waits until the client has closed its socket, during or after the script.
    pub async fn closed(&self) {
        self.wait("to be closed by the client", |progress| progress.closed).await;
    }

    pub fn is_closed(&self) -> bool {
        self.progress.borrow().closed
    }

    async fn wait(&self, what: &str, done: impl FnMut(&Progress) -> bool) -> Progress {
        let mut progress = self.progress.subscribe();
        let what = format!("the {} {what}", self.name);
        let progress = patiently(&what, progress.wait_for(done)).await;
        progress.expect("the exchange holds a sender").clone()
    }
}

async fn patiently<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}
