//! A server with one method for each behavior, and a client that sends bare frames.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use stackspot_lsp::testing::server::transport::{ClientError, ExitStatus, MAX_BACKLOG_BYTES, Options, Outbox, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower_lsp::{LanguageServer, LspService, gen_lsp_types as lsp, jsonrpc};

/// Far longer than any step here takes. It ends a test that would hang.
const LONG: Duration = Duration::from_secs(20);

/// What the server received, for the checks of the test.
#[derive(Default)]
pub struct Seen {
    pub versions: Vec<i32>,
    pub dropped_handlers: usize,
    pub client_errors: Vec<ClientError>,
}

pub struct Toy {
    outbox: Outbox,
    seen: Arc<Mutex<Seen>>,
}

impl LanguageServer for Toy {
    async fn initialize(&self, _: lsp::InitializeParams) -> jsonrpc::Result<lsp::InitializeResult> {
        Ok(lsp::InitializeResult::default())
    }

    async fn shutdown(&self) -> jsonrpc::Result<()> {
        Ok(())
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        self.seen.lock().unwrap().versions.push(params.text_document.version);
        // Code after an await must not delay the next change.
        tokio::task::yield_now().await;
    }
}

impl Toy {
    async fn echo(&self, params: Value) -> jsonrpc::Result<Value> {
        Ok(params)
    }

    async fn large(&self, bytes: usize) -> jsonrpc::Result<String> {
        Ok("x".repeat(bytes))
    }

    async fn pend(&self) -> jsonrpc::Result<Value> {
        let _dropped = CountDrop(self.seen.clone());
        std::future::pending().await
    }

    /// Sends `count` notifications, half of them after an await, then answers.
    async fn burst(&self, count: usize) -> jsonrpc::Result<usize> {
        for number in 0..count {
            if number == count / 2 {
                tokio::task::yield_now().await;
            }
            self.outbox.notify("toy/note", json!({ "number": number }));
        }
        Ok(count)
    }

    /// Sends a request to the client and answers with its response. Records errors.
    async fn ask(&self, timeout_ms: u64) -> jsonrpc::Result<Value> {
        let asked = self.outbox.request("toy/question", json!({}), Duration::from_millis(timeout_ms)).await;
        asked.map_err(|error| {
            self.seen.lock().unwrap().client_errors.push(error.clone());
            jsonrpc::Error { message: error.to_string().into(), ..jsonrpc::Error::internal_error() }
        })
    }

    /// Cancels a question as soon as it is queued.
    async fn ask_in_vain(&self) -> jsonrpc::Result<Value> {
        drop(self.outbox.request("toy/question", (), LONG));
        Ok(Value::Null)
    }

    async fn droppable(&self, text: String) -> jsonrpc::Result<bool> {
        Ok(self.outbox.notify_if_room("toy/droppable", text))
    }

    async fn panic_at(&self, when: String) -> jsonrpc::Result<Value> {
        if when == "later" {
            tokio::task::yield_now().await;
        }
        panic!("the toy breaks {when}");
    }

    async fn panic_note(&self, when: String) {
        let _ = self.panic_at(when).await;
    }
}

struct CountDrop(Arc<Mutex<Seen>>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.lock().unwrap().dropped_handlers += 1;
    }
}

/// The setup of a session that differs from the default.
pub struct Setup {
    /// The size of the pipe in each direction, in bytes.
    pub pipe: usize,
    pub max_backlog: usize,
    pub options: Options,
}

impl Default for Setup {
    fn default() -> Self {
        Self { pipe: 1 << 20, max_backlog: MAX_BACKLOG_BYTES, options: Options::default() }
    }
}

pub struct Client {
    reader: Option<DuplexStream>,
    writer: Option<DuplexStream>,
    server: JoinHandle<ExitStatus>,
    pub outbox: Outbox,
    pub seen: Arc<Mutex<Seen>>,
}

impl Client {
    pub fn connect(setup: Setup) -> Self {
        let (writer, input) = duplex(setup.pipe);
        let (output, reader) = duplex(setup.pipe);
        let (outbox, outgoing) = Outbox::with_max_backlog(setup.max_backlog);
        let seen = Arc::<Mutex<Seen>>::default();
        let toy = Toy { outbox: outbox.clone(), seen: seen.clone() };
        let service = LspService::build(|_| toy)
            .custom_method("toy/echo", Toy::echo)
            .custom_method("toy/large", Toy::large)
            .custom_method("toy/pend", Toy::pend)
            .custom_method("toy/burst", Toy::burst)
            .custom_method("toy/ask", Toy::ask)
            .custom_method("toy/askInVain", Toy::ask_in_vain)
            .custom_method("toy/droppable", Toy::droppable)
            .custom_method("toy/panic", Toy::panic_at)
            .custom_method("toy/panicNote", Toy::panic_note)
            .finish();
        let server = tokio::spawn(serve(service, outgoing, input, output, setup.options));
        Self { reader: Some(reader), writer: Some(writer), server, outbox, seen }
    }

    /// A client that is initialized. Its `initialize` had the id 0.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    pub async fn start_with(setup: Setup) -> Self {
        let mut client = Self::connect(setup);
        client.initialize(json!({ "capabilities": {} })).await;
        client
    }

    pub async fn initialize(&mut self, params: Value) {
        let answer = self.try_initialize(params).await;
        assert_eq!(answer["result"], json!({ "capabilities": {} }), "{answer}");
    }

    pub async fn try_initialize(&mut self, params: Value) -> Value {
        self.request(0, "initialize", params).await;
        self.next().await
    }

    pub async fn request(&mut self, id: impl Into<Value>, method: &str, params: impl Into<Value>) {
        let (id, params) = (id.into(), params.into());
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
    }

    pub async fn notify(&mut self, method: &str, params: impl Into<Value>) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params.into() })).await;
    }

    pub async fn reply(&mut self, id: &Value, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result })).await;
    }

    pub async fn send(&mut self, message: &Value) {
        self.raw(frame(&message.to_string()).as_bytes()).await;
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        timeout(LONG, writer.write_all(bytes)).await.expect("the server does not read").unwrap();
    }

    /// The next message of the server.
    pub async fn next(&mut self) -> Value {
        timeout(LONG, self.read()).await.expect("the server says nothing").expect("the server hung up")
    }

    /// All further messages of the server before it closes the connection.
    pub async fn rest(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        while let Some(message) = timeout(LONG, self.read()).await.expect("the server does not hang up") {
            messages.push(message);
        }
        messages
    }

    /// Requests an echo: the session works, and no message before it was unread.
    pub async fn assert_alive(&mut self) {
        self.request("alive?", "toy/echo", json!({ "yes": true })).await;
        assert_eq!(self.next().await, json!({ "jsonrpc": "2.0", "id": "alive?", "result": { "yes": true } }));
    }

    /// Closes the server's input.
    pub fn hang_up(&mut self) {
        self.writer = None;
    }

    /// Closes the server's output.
    pub fn stop_reading(&mut self) {
        self.reader = None;
    }

    /// The status of the session. Streams that the client left open stay open until then.
    pub async fn status(self) -> ExitStatus {
        timeout(LONG, self.server).await.expect("the session does not end").unwrap()
    }

    async fn read(&mut self) -> Option<Value> {
        let reader = self.reader.as_mut().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match reader.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) if head.is_empty() => return None,
                Err(error) => panic!("the server hung up within a header: {error}"),
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.strip_prefix("Content-Length: ").expect("one header of the usual form").trim_end();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).await.unwrap();
        Some(serde_json::from_slice(&body).unwrap())
    }
}

pub fn frame(body: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A response with an error: its id, code and message.
pub fn error(message: &Value) -> (&Value, i64, &str) {
    let error = &message["error"];
    (&message["id"], error["code"].as_i64().unwrap(), error["message"].as_str().unwrap())
}
