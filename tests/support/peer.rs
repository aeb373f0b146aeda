//! A scripted Agents API on a loopback socket. It speaks HTTP/1.1 by hand, so that it can also do what no server should.
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
//! Chats are answered by the scripts in the order of their arrival; when none is left, by [`Peer::answer_by_default`]
//! (a short streamed answer). Tokens are `token-1`, `token-2`, … Every wait ends after [`PATIENCE`] with a panic that
//! says what did not happen, and a script that nobody asked for fails the test when the peer is dropped.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use stackspot_lsp::agents_api::{Connection, Credential, Endpoints};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that should happen at once.
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
    /// Counts the requests, so that waits wake up.
    arrivals: watch::Sender<usize>,
    connections: watch::Sender<usize>,
}

struct State {
    chats: VecDeque<(Script, Exchange)>,
    tokens: VecDeque<(Script, Exchange)>,
    /// Scripts for other paths, such as uploads: a path prefix, and its script.
    others: Vec<(String, Script, Exchange)>,
    default_chat: Script,
    requests: Vec<Request>,
    tokens_issued: usize,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Names in lower case.
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
            requests: Vec::new(),
            tokens_issued: 0,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            arrivals: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
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
            endpoints: Endpoints::all_at(&self.base_url()),
            credential: Credential::ClientSecret {
                realm: REALM.into(),
                client_id: CLIENT_ID.into(),
                client_secret: CLIENT_SECRET.to_owned().into(),
            },
            ca_bundle: None,
            proxy: None,
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

    /// Answers the next request whose path starts so, such as `/v2/file-upload/form` or `/v1/agents`.
    pub fn expect(&self, path_prefix: &str, script: Script) -> Exchange {
        let exchange = Exchange::new(path_prefix);
        self.lock().others.push((path_prefix.to_owned(), script, exchange.clone()));
        exchange
    }

    /// Answers every chat that no script is left for.
    pub fn answer_by_default(&self, script: Script) {
        self.lock().default_chat = script;
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// All chat requests so far.
    pub fn chats(&self) -> Vec<Request> {
        self.lock().requests.iter().filter(|request| request.is_chat()).cloned().collect()
    }

    /// How many token requests came so far.
    pub fn token_requests(&self) -> usize {
        self.lock().requests.iter().filter(|request| request.is_token()).count()
    }

    /// Waits until so many chat requests came, and gives the last of them.
    pub async fn chat_arrived(&self, count: usize) -> Request {
        assert!(count > 0, "chats are counted from 1");
        let mut arrivals = self.shared.arrivals.subscribe();
        patiently(&format!("chat request {count}"), arrivals.wait_for(|_| self.chats().len() >= count)).await.ok();
        self.chats()[count - 1].clone()
    }

    /// Waits until the clients hold exactly so many sockets open.
    pub async fn connections_open(&self, count: usize) {
        let mut connections = self.shared.connections.subscribe();
        patiently(&format!("{count} open connections"), connections.wait_for(|open| *open == count)).await.ok();
    }

    /// Scripts that nobody asked for are fine in this test.
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

/// One scripted answer, as it goes.
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

    /// Waits until the script ran to its end.
    pub async fn sent(&self) {
        self.wait("to be answered to the end", |progress| progress.sent).await;
    }

    /// Waits until the client closed its socket, during the script or after it.
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

/// A point in a script that waits for the test.
#[derive(Clone, Default)]
pub struct Gate(CancellationToken);

impl Gate {
    /// Lets the script go on, now and whenever it comes here.
    pub fn open(&self) {
        self.0.cancel();
    }
}

/// What a peer does with one request, step by step.
#[derive(Clone)]
pub struct Script {
    /// Status line and headers; `None` sends the steps bare.
    head: Option<(u16, Vec<(String, String)>)>,
    chunked: bool,
    steps: Vec<Step>,
    piece: Option<usize>,
}

#[derive(Clone)]
enum Step {
    Send(Vec<u8>),
    Gate(Gate),
    Stall,
    Close,
    Reset,
}

impl Script {
    /// `200`, `text/event-stream`, chunked. Without [`Script::end`] the answer has no last frame.
    pub fn stream() -> Self {
        Self { chunked: true, ..Self::status(200) }.header("content-type", "text/event-stream")
    }

    /// A whole REST reply of status 200.
    pub fn reply(body: &Value) -> Self {
        Self::status(200).header("content-type", "application/json").bytes(body.to_string())
    }

    /// An error of the service, `{type, code, details}`.
    pub fn error(status: u16, code: &str, details: &str) -> Self {
        let body = json!({"type": "error", "code": code, "details": details});
        Self::status(status).header("content-type", "application/json").bytes(body.to_string())
    }

    /// A status with whatever body the steps send, its length announced.
    pub fn status(status: u16) -> Self {
        Self { head: Some((status, Vec::new())), chunked: false, steps: Vec::new(), piece: None }
    }

    /// A token with a life in seconds.
    pub fn token(access_token: &str, expires_in: u64) -> Self {
        Self::reply(&json!({"access_token": access_token, "token_type": "bearer", "expires_in": expires_in}))
    }

    /// Nothing at all but the steps: the peer may lie about everything.
    pub fn raw() -> Self {
        Self { head: None, chunked: false, steps: Vec::new(), piece: None }
    }

    /// Adds a header. A `content-length` of one's own is taken for the truth.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some((_, headers)) = &mut self.head {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Cuts all that is sent into pieces of so many bytes, each a chunk of its own.
    pub fn in_pieces_of(mut self, bytes: usize) -> Self {
        self.piece = Some(bytes);
        self
    }

    /// A thin frame with a piece of the answer.
    pub fn text(self, text: &str) -> Self {
        self.bytes(sse_text(text))
    }

    /// A frame of any shape.
    pub fn frame(self, frame: &Value) -> Self {
        self.bytes(sse_frame(frame))
    }

    /// A `data:` line of any text.
    pub fn data(self, data: &str) -> Self {
        self.bytes(format!("data: {data}\n\n"))
    }

    /// Any bytes, in one write.
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(bytes.into()));
        self
    }

    /// The last frame: `stop`, 7 tokens in, 3 out.
    pub fn end(self) -> Self {
        self.bytes(sse_end("stop", 7, 3))
    }

    /// Waits until the test opens the gate.
    pub fn gate(mut self, gate: &Gate) -> Self {
        self.steps.push(Step::Gate(gate.clone()));
        self
    }

    /// Holds the connection open and says nothing more.
    pub fn stall(mut self) -> Self {
        self.steps.push(Step::Stall);
        self
    }

    /// Closes the connection here, in the middle of the reply.
    pub fn cut(mut self) -> Self {
        self.steps.push(Step::Close);
        self
    }

    /// Resets the connection here (RST).
    pub fn reset(mut self) -> Self {
        self.steps.push(Step::Reset);
        self
    }
}

/// A thin frame, as on the wire.
pub fn sse_text(text: &str) -> String {
    sse_frame(&json!({"message": text}))
}

/// A fat frame, as on the wire.
pub fn sse_fat_text(text: &str) -> String {
    let frame = json!({"upload_ids": {}, "knowledge_source_id": [], "source": [], "cross_account_source": [],
                       "tools_id": [], "agent_info": [], "message": text});
    sse_frame(&frame)
}

/// The last frame, as on the wire.
pub fn sse_end(stop_reason: &str, input: u64, output: u64) -> String {
    sse_frame(&json!({"message": "", "stop_reason": stop_reason, "tokens": {"input": input, "output": output},
                      "message_id": "01TESTMESSAGE"}))
}

/// Any frame, as on the wire.
pub fn sse_frame(frame: &Value) -> String {
    format!("data: {frame}\n\n")
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Aborted with this task, and with it all of its connections.
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            shared.connections.send_modify(|open| *open += 1);
            serve(socket, &shared).await;
            shared.connections.send_modify(|open| *open -= 1);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut socket: TcpStream, shared: &Shared) {
    socket.set_nodelay(true).ok();
    let mut received = Vec::new();
    let mut last: Option<Exchange> = None;
    while let Some(request) = read_request(&mut socket, &mut received).await {
        let (script, exchange) = choose(shared, &request);
        exchange.progress.send_modify(|progress| progress.request = Some(request.clone()));
        shared.state.lock().expect("no test panics with the state").requests.push(request);
        shared.arrivals.send_modify(|count| *count += 1);
        let outcome = perform(&mut socket, &mut received, script).await;
        match outcome {
            Outcome::Sent => exchange.progress.send_modify(|progress| progress.sent = true),
            Outcome::Ended => return exchange.progress.send_modify(|progress| progress.sent = true),
            Outcome::ClientGone => return exchange.progress.send_modify(|progress| progress.closed = true),
        }
        last = Some(exchange);
    }
    if let Some(exchange) = last {
        exchange.progress.send_modify(|progress| progress.closed = true);
    }
}

fn choose(shared: &Shared, request: &Request) -> (Script, Exchange) {
    let mut state = shared.state.lock().expect("no test panics with the state");
    if let Some(place) = state.others.iter().position(|(prefix, ..)| request.path.starts_with(prefix)) {
        let (_, script, exchange) = state.others.remove(place);
        return (script, exchange);
    }
    if request.is_token() {
        return state.tokens.pop_front().unwrap_or_else(|| {
            state.tokens_issued += 1;
            (Script::token(&format!("token-{}", state.tokens_issued), 1200), Exchange::new("token request"))
        });
    }
    if request.is_chat() {
        return state.chats.pop_front().unwrap_or_else(|| (state.default_chat.clone(), Exchange::new("chat")));
    }
    (Script::status(404), Exchange::new("unknown request"))
}

enum Outcome {
    /// The connection serves another request.
    Sent,
    /// The script ended the connection.
    Ended,
    /// The client did.
    ClientGone,
}

async fn perform(socket: &mut TcpStream, received: &mut Vec<u8>, script: Script) -> Outcome {
    let Script { head, chunked, steps, piece } = script;
    let framed = head.is_some() && chunked;
    if let Some((status, headers)) = head {
        let mut text = format!("HTTP/1.1 {status} Scripted\r\n");
        if chunked {
            text.push_str("transfer-encoding: chunked\r\n");
        } else if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            let length: usize =
                steps.iter().map(|step| if let Step::Send(bytes) = step { bytes.len() } else { 0 }).sum();
            text.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        if socket.write_all(text.as_bytes()).await.is_err() {
            return Outcome::ClientGone;
        }
    }
    for step in steps {
        match step {
            Step::Send(bytes) => {
                for piece in bytes.chunks(piece.unwrap_or(usize::MAX)) {
                    let framed = if framed { frame_chunk(piece) } else { piece.to_vec() };
                    if socket.write_all(&framed).await.is_err() {
                        return Outcome::ClientGone;
                    }
                    if piece.len() < bytes.len() {
                        // Lets the client read this piece before the next one is there.
                        tokio::task::yield_now().await;
                    }
                }
            }
            Step::Gate(gate) => tokio::select! {
                biased;
                () = gate.0.cancelled() => {}
                () = client_gone(socket, received) => return Outcome::ClientGone,
            },
            Step::Stall => {
                client_gone(socket, received).await;
                return Outcome::ClientGone;
            }
            Step::Close => {
                socket.shutdown().await.ok();
                return Outcome::Ended;
            }
            Step::Reset => {
                socket.set_zero_linger().ok();
                return Outcome::Ended;
            }
        }
    }
    if framed && socket.write_all(b"0\r\n\r\n").await.is_err() {
        return Outcome::ClientGone;
    }
    Outcome::Sent
}

fn frame_chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// Comes back when the client closed or reset the connection.
async fn client_gone(socket: &mut TcpStream, received: &mut Vec<u8>) {
    while matches!(socket.read_buf(received).await, Ok(1..)) {}
}

async fn read_request(socket: &mut TcpStream, received: &mut Vec<u8>) -> Option<Request> {
    let head_end = loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if !matches!(socket.read_buf(received).await, Ok(1..)) {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&received[..head_end]).into_owned();
    received.drain(..head_end + 4);
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    let mut request = Request { method, path, headers: headers.collect(), body: Vec::new() };
    let chunked = request.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let mut length = request.header("content-length").map_or(0, |length| length.parse().expect("a content length"));
    if !chunked {
        take_body(socket, received, length, &mut request.body).await?;
        return Some(request);
    }
    loop {
        let line_end = loop {
            if let Some(end) = received.windows(2).position(|window| window == b"\r\n") {
                break end;
            }
            if !matches!(socket.read_buf(received).await, Ok(1..)) {
                return None;
            }
        };
        let size = String::from_utf8_lossy(&received[..line_end]).into_owned();
        length = usize::from_str_radix(size.trim(), 16).expect("a chunk size");
        received.drain(..line_end + 2);
        take_body(socket, received, length, &mut request.body).await?;
        take_body(socket, received, 2, &mut Vec::new()).await?;
        if length == 0 {
            return Some(request);
        }
    }
}

async fn take_body(socket: &mut TcpStream, received: &mut Vec<u8>, length: usize, body: &mut Vec<u8>) -> Option<()> {
    while received.len() < length {
        if !matches!(socket.read_buf(received).await, Ok(1..)) {
            return None;
        }
    }
    body.extend(received.drain(..length));
    Some(())
}
