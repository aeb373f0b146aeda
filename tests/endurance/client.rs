//! A lean client of the program: documents as text, answers in whatever manner the story wants, and no memory of the rest.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::editor_text::{Change, Encoding, apply, offset, range};

/// How long a story waits for what should happen, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(600);

/// How the client treats a request of the server.
#[derive(Debug, Clone)]
pub enum Manner {
    /// As an editor that works.
    Properly,
    Never,
    /// It does at once what is asked, and says so late.
    Late(Duration),
    Twice,
    /// With this result, and without doing anything.
    Wrongly(Value),
    Error,
}

/// What looks at each edit before it is made: the document, and its text before and after.
type Judge = Box<dyn FnMut(&str, &str, &str) -> Result<(), String> + Send>;

pub struct Document {
    pub version: i64,
    pub text: String,
}

pub struct State {
    pub documents: BTreeMap<String, Document>,
    /// How each request of the server is treated, by its method.
    pub manner: Box<dyn FnMut(&str) -> Manner + Send>,
    pub judge: Judge,
    /// What went wrong: edits that are wrong, frames that are none.
    pub wrongs: Vec<String>,
    /// How many messages of the server came, by method.
    pub counts: HashMap<String, u64>,
    /// What stderr said.
    said: String,
    responses: HashMap<i64, Value>,
    next_id: i64,
    closed: bool,
}

#[derive(Clone)]
pub struct Link {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    outgoing: mpsc::UnboundedSender<Value>,
}

pub struct Client {
    pub child: Child,
    pub link: Link,
    reads: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
    stderr: JoinHandle<()>,
}

impl Client {
    /// Starts the program and initializes it with these options.
    pub async fn start(command: Command, options: Value) -> Self {
        Self::start_in(command, options, None).await
    }

    /// The same in a workspace.
    pub async fn start_in(mut command: Command, options: Value, folder: Option<&Path>) -> Self {
        let mut child = command.spawn().unwrap();
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let (outgoing, mut queue) = mpsc::unbounded_channel::<Value>();
        let writing = tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                let body = message.to_string();
                if input.write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        let state = State {
            documents: BTreeMap::new(),
            manner: Box::new(|_| Manner::Properly),
            judge: Box::new(|_, _, _| Ok(())),
            wrongs: Vec::new(),
            counts: HashMap::new(),
            said: String::new(),
            responses: HashMap::new(),
            next_id: 0,
            closed: false,
        };
        let link = Link { state: Arc::new(Mutex::new(state)), changed: Arc::default(), outgoing };
        let heard = link.clone();
        let stderr = tokio::spawn(async move {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = errors.read(&mut bytes).await {
                heard.state().said.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        let (reads, gate) = watch::channel(true);
        let reading = tokio::spawn(read_all(BufReader::new(output), link.clone(), gate));
        let client = Self { child, link, reads, tasks: [writing, reading], stderr };
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-16"] },
            "window": { "workDoneProgress": true, "showDocument": { "support": true } },
            "workspace": { "applyEdit": true, "workspaceEdit": { "documentChanges": true } },
            "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [""] } } } },
        });
        let root = folder.map(|folder| url::Url::from_directory_path(folder).unwrap().to_string());
        let params = json!({
            "capabilities": capabilities, "processId": null, "initializationOptions": options, "rootUri": root,
        });
        let reply = client.link.ask("initialize", params).await;
        assert_eq!(reply["result"]["serverInfo"]["name"], "stackspot-lsp", "{reply}");
        client.link.tell("initialized", json!({}));
        client
    }

    /// Stops reading what the server says, or begins again.
    pub fn reads(&self, reads: bool) {
        self.reads.send_replace(reads);
    }

    /// The client is gone from one moment to the next: its ends of both pipes are closed. How the server ended.
    pub async fn die(mut self) -> Ended {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.ended().await
    }

    /// Shuts the server down.
    pub async fn shut_down(mut self) -> Ended {
        self.link.ask("shutdown", Value::Null).await;
        self.link.tell("exit", Value::Null);
        self.ended().await
    }

    async fn ended(&mut self) -> Ended {
        let began = std::time::Instant::now();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("the server ends when told").unwrap();
        let took = began.elapsed();
        timeout(PATIENCE, &mut self.stderr).await.expect("stderr ends").unwrap();
        let stderr = std::mem::take(&mut self.link.state().said);
        Ended { code: status.code(), stderr, took }
    }
}

/// How the server ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stderr: String,
    pub took: Duration,
}

impl Link {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn send(&self, message: Value) {
        // A server that has ended hears nothing, which its end tells.
        let _ = self.outgoing.send(message);
    }

    pub fn tell(&self, method: &str, params: Value) {
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(message);
    }

    /// Sends a request and goes on; its id.
    pub fn request(&self, method: &str, params: Value) -> i64 {
        let id = {
            let mut state = self.state();
            state.next_id += 1;
            state.next_id
        };
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(message);
        id
    }

    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.response(id).await
    }

    /// Waits for the response to a request.
    pub async fn response(&self, id: i64) -> Value {
        self.wait(&format!("the response to request {id}"), |state| state.responses.remove(&id)).await
    }

    /// The response to a request, if it has come.
    pub fn take_response(&self, id: i64) -> Option<Value> {
        self.state().responses.remove(&id)
    }

    /// Waits until the state yields something.
    pub async fn wait<T>(&self, what: &str, mut wanted: impl FnMut(&mut State) -> Option<T>) -> T {
        let found = timeout(PATIENCE, async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                {
                    let mut state = self.state();
                    if let Some(found) = wanted(&mut state) {
                        return found;
                    }
                    assert!(!state.closed, "the server hung up before {what}: {}", state.said);
                }
                changed.await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }

    pub fn open(&self, uri: &str, language: &str, text: &str) {
        let document = Document { version: 1, text: text.to_owned() };
        self.state().documents.insert(uri.to_owned(), document);
        let item = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub fn close(&self, uri: &str) {
        self.state().documents.remove(uri);
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// Closes a document and opens it again with the text that it has at this moment.
    pub fn reopen(&self, uri: &str, language: &str) {
        let mut state = self.state();
        let text = state.documents[uri].text.clone();
        let item = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        state.documents.insert(uri.to_owned(), Document { version: 1, text });
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub fn text(&self, uri: &str) -> String {
        self.state().documents[uri].text.clone()
    }

    /// The user replaces bytes of a document.
    pub fn change(&self, uri: &str, change: &Change) {
        self.change_as(uri, |_| Some(change.clone()));
    }

    /// The user replaces bytes of a document as it is at this moment: no edit of the server comes in between.
    pub fn change_as(&self, uri: &str, change: impl FnOnce(&str) -> Option<Change>) {
        let mut state = self.state();
        if let Some(change) = change(&state.documents[uri].text) {
            let message = state.changed(uri, vec![change]).unwrap();
            self.send(message);
        }
    }

    /// The `RunParams` of an action on the first occurrence of `needle`.
    pub fn run_params(&self, action: &str, uri: &str, needle: &str) -> Value {
        let params = self.run_params_of(action, uri, |_| Some(needle.to_owned()));
        params.unwrap_or_else(|| panic!("no {needle:?} in {}", self.text(uri)))
    }

    /// The same on what `needle` finds in the text as it is at this moment; `None` where it finds nothing.
    pub fn run_params_of(&self, action: &str, uri: &str, needle: impl FnOnce(&str) -> Option<String>) -> Option<Value> {
        let state = self.state();
        let document = &state.documents[uri];
        let needle = needle(&document.text)?;
        let start = document.text.find(&needle)?;
        let change = Change { start, end: start + needle.len(), text: String::new() };
        let identifier = json!({ "uri": uri, "version": document.version });
        let range = range(&document.text, &change, Encoding::Utf16);
        Some(json!({ "action": action, "textDocument": identifier, "range": range }))
    }

    pub fn menu_params(uri: &str, range: &Value) -> Value {
        json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [], "triggerKind": 1 } })
    }

    pub async fn status(&self) -> Value {
        self.ask("workspace/executeCommand", json!({ "command": "stackspot-lsp.status" })).await["result"].clone()
    }

    fn receive(&self, message: &Value) {
        let Some(method) = message["method"].as_str() else {
            if let Some(id) = message["id"].as_i64()
                && self.state().responses.insert(id, message.clone()).is_some()
            {
                self.state().wrongs.push(format!("a second response to request {id}"));
            }
            return;
        };
        let manner = {
            let mut state = self.state();
            *state.counts.entry(method.to_owned()).or_default() += 1;
            if message.get("id").is_none() {
                return;
            }
            (state.manner)(method)
        };
        match manner {
            Manner::Properly => self.reply(message, self.done(method, message)),
            Manner::Never => {}
            Manner::Late(time) => {
                let (link, result, message) = (self.clone(), self.done(method, message), message.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(time).await;
                    link.reply(&message, result);
                });
            }
            Manner::Twice => {
                self.reply(message, self.done(method, message));
                self.reply(message, json!({ "applied": false, "success": false }));
            }
            Manner::Wrongly(result) => self.reply(message, result),
            Manner::Error => {
                let error = json!({ "code": -32603, "message": "this editor would rather not" });
                self.send(json!({ "jsonrpc": "2.0", "id": message["id"], "error": error }));
            }
        }
    }

    /// Does what is asked; the result.
    fn done(&self, method: &str, message: &Value) -> Value {
        let params = &message["params"];
        match method {
            "workspace/applyEdit" => {
                let mut state = self.state();
                match state.applied(&params["edit"]) {
                    Ok(changes) => {
                        changes.into_iter().for_each(|change| self.send(change));
                        json!({ "applied": true })
                    }
                    Err(reason) => json!({ "applied": false, "failureReason": reason }),
                }
            }
            "window/showDocument" => json!({ "success": true }),
            "window/showMessageRequest" => params["actions"][0].clone(),
            _ => Value::Null,
        }
    }

    fn reply(&self, message: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
    }
}

impl State {
    /// Changes a document; the `didChange` that says so.
    fn changed(&mut self, uri: &str, changes: Vec<Change>) -> Result<Value, String> {
        let document = self.documents.get_mut(uri).ok_or_else(|| format!("{uri} is not open"))?;
        let (text, in_order) = apply(&document.text, changes)?;
        let mut before = std::mem::replace(&mut document.text, text);
        let mut events = Vec::new();
        for change in &in_order {
            events.push(json!({ "range": range(&before, change, Encoding::Utf16), "text": change.text }));
            before.replace_range(change.start..change.end, &change.text);
        }
        document.version += 1;
        let identifier = json!({ "uri": uri, "version": document.version });
        let params = json!({ "textDocument": identifier, "contentChanges": events });
        Ok(json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }))
    }

    /// Makes an edit of the server; the messages that say so. An edit of another version is refused.
    fn applied(&mut self, edit: &Value) -> Result<Vec<Value>, String> {
        let mut messages = Vec::new();
        for change in edit["documentChanges"].as_array().into_iter().flatten() {
            let uri = change["textDocument"]["uri"].as_str().ok_or("this client makes no files")?.to_owned();
            let document = self.documents.get(&uri).ok_or_else(|| format!("{uri} is not open"))?;
            if change["textDocument"]["version"] != document.version {
                return Err("the edit is for another version".into());
            }
            let mut changes = Vec::new();
            for edit in change["edits"].as_array().into_iter().flatten() {
                let at = |end: &str| offset(&document.text, &edit["range"][end], Encoding::Utf16);
                let (Some(start), Some(end)) = (at("start"), at("end")) else {
                    self.wrongs.push(format!("no such range in {uri}: {edit}"));
                    return Err("no such range".into());
                };
                changes.push(Change { start, end, text: edit["newText"].as_str().unwrap_or_default().to_owned() });
            }
            let before = document.text.clone();
            let message = self.changed(&uri, changes)?;
            let after = &self.documents[&uri].text;
            if let Err(wrong) = (self.judge)(&uri, &before, after) {
                self.wrongs.push(format!("{wrong}\n  edit: {change}"));
            }
            messages.push(message);
        }
        Ok(messages)
    }
}

async fn read_all(mut output: BufReader<ChildStdout>, link: Link, mut gate: watch::Receiver<bool>) {
    loop {
        if gate.wait_for(|reads| *reads).await.is_err() {
            return;
        }
        let message = frame(&mut output).await;
        match &message {
            Ok(Some(message)) => link.receive(message),
            Ok(None) => link.state().closed = true,
            Err(wrong) => {
                let mut state = link.state();
                state.wrongs.push(wrong.clone());
                state.closed = true;
            }
        }
        link.changed.notify_waiters();
        if !matches!(message, Ok(Some(_))) {
            return;
        }
    }
}

/// One message off a stream that holds frames alone; `None` at its end.
async fn frame(output: &mut BufReader<ChildStdout>) -> Result<Option<Value>, String> {
    let mut header = String::new();
    if output.read_line(&mut header).await.map_err(|error| error.to_string())? == 0 {
        return Ok(None);
    }
    let length = header.strip_prefix("Content-Length: ").and_then(|rest| rest.trim_end().parse::<usize>().ok());
    let length = length.ok_or_else(|| format!("no frame begins so: {header:?}"))?;
    let mut body = vec![0; length + 2];
    output.read_exact(&mut body).await.map_err(|error| format!("the output ends within a frame: {error}"))?;
    serde_json::from_slice(&body[2..]).map(Some).map_err(|error| format!("a frame holds no JSON: {error}"))
}
