//! A small LSP client, with only the parts of an editor that a session needs.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};

/// One open document and the connection to the server.
pub(super) struct Editor {
    input: BufReader<ReadHalf<DuplexStream>>,
    output: WriteHalf<DuplexStream>,
    next_id: i64,
    uri: String,
    version: i32,
    text: String,
    events: VecDeque<Event>,
}

/// A message from the server.
pub(super) enum Event {
    /// A part of an answer.
    Delta(String),
    /// The response to a request of the editor; an error is its message.
    Response { id: i64, result: Result<Value, String> },
}

impl Editor {
    /// An editor with this locale.
    pub(super) async fn connect(stream: DuplexStream, locale: &str) -> io::Result<Self> {
        let (input, output) = tokio::io::split(stream);
        let (uri, text, events) = Default::default();
        let mut editor = Self { input: BufReader::new(input), output, next_id: 1, uri, version: 1, text, events };
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } },
            "workspace": { "applyEdit": true, "workspaceEdit": { "documentChanges": true } },
        });
        let params = json!({ "processId": null, "rootUri": null, "locale": locale, "capabilities": capabilities });
        let id = editor.request("initialize", params).await?;
        editor.response(id).await?;
        editor.notify("initialized", json!({})).await?;
        Ok(editor)
    }

    pub(super) async fn open(&mut self, uri: &str, language_id: &str, text: &str) -> io::Result<()> {
        (self.uri, self.text) = (uri.to_owned(), text.to_owned());
        let document = json!({ "uri": uri, "languageId": language_id, "version": self.version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document })).await
    }

    pub(super) fn text(&self) -> String {
        self.text.clone()
    }

    pub(super) async fn code_actions(&mut self, lines: Range<u32>) -> io::Result<Vec<Value>> {
        let position = |line: u32| json!({ "line": line, "character": 0 });
        let range = json!({ "start": position(lines.start), "end": position(lines.end) });
        let params = json!({ "textDocument": { "uri": self.uri }, "range": range, "context": { "diagnostics": [] } });
        let id = self.request("textDocument/codeAction", params).await?;
        Ok(self.response(id).await?.as_array().cloned().unwrap_or_default())
    }

    /// Starts a job whose deltas and response arrive as events. Returns the id of the request.
    pub(super) async fn run(&mut self, params: &Value) -> io::Result<i64> {
        let mut params = params.as_object().cloned().unwrap_or_default();
        params.insert("partialResultToken".to_owned(), json!("demo"));
        self.request("stackspot-lsp/run", params.into()).await
    }

    pub(super) async fn cancel(&mut self, id: i64) -> io::Result<()> {
        self.notify("$/cancelRequest", json!({ "id": id })).await
    }

    pub(super) async fn shut_down(&mut self) -> io::Result<()> {
        let id = self.request("shutdown", Value::Null).await?;
        self.response(id).await?;
        self.notify("exit", Value::Null).await
    }

    /// The next message of the server.
    pub(super) async fn event(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            self.receive().await?;
        }
    }

    /// Waits until the text differs from `text`.
    pub(super) async fn changed_from(&mut self, text: &str) -> io::Result<()> {
        while self.text == text {
            self.receive().await?;
        }
        Ok(())
    }

    /// Executes a command of the server.
    pub(super) async fn execute(&mut self, command: &str, argument: &Value) -> io::Result<Value> {
        let params = json!({ "command": command, "arguments": [argument] });
        let id = self.request("workspace/executeCommand", params).await?;
        self.response(id).await
    }

    /// The result of a request. Skips all messages before it.
    pub(super) async fn response(&mut self, wanted: i64) -> io::Result<Value> {
        loop {
            if let Event::Response { id, result } = self.event().await?
                && id == wanted
            {
                return result.map_err(io::Error::other);
            }
        }
    }

    async fn request(&mut self, method: &str, params: Value) -> io::Result<i64> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await?;
        Ok(id)
    }

    async fn notify(&mut self, method: &str, params: Value) -> io::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await
    }

    async fn send(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        self.output.write_all(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await
    }

    async fn receive(&mut self) -> io::Result<()> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.input.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.input.read_exact(&mut body).await?;
        self.handle_message(serde_json::from_slice(&body)?).await
    }

    async fn handle_message(&mut self, message: Value) -> io::Result<()> {
        match (message["method"].as_str(), &message["id"]) {
            (Some("workspace/applyEdit"), id) => {
                let applied = self.apply(&message["params"]["edit"]).await?;
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": { "applied": applied } })).await?;
            }
            (Some("$/progress"), _) => {
                let delta = message.pointer("/params/value/delta").and_then(Value::as_str).unwrap_or_default();
                self.events.push_back(Event::Delta(delta.to_owned()));
            }
            (Some(_), _) => {}
            (None, id) => {
                let error = message.pointer("/error/message").and_then(Value::as_str);
                let result = error.map_or_else(|| Ok(message["result"].clone()), |text| Err(text.to_owned()));
                self.events.push_back(Event::Response { id: id.as_i64().unwrap_or_default(), result });
            }
        }
        Ok(())
    }

    /// Applies a versioned edit as an editor does, and sends the changed text to the server.
    async fn apply(&mut self, edit: &Value) -> io::Result<bool> {
        let change = &edit["documentChanges"][0];
        if change["textDocument"]["version"] != json!(self.version) {
            return Ok(false);
        }
        let mut edits = change["edits"].as_array().cloned().unwrap_or_default();
        edits.reverse();
        for edit in edits {
            let offset = |end: &str| self.offset(&edit["range"][end]);
            let range = offset("start")..offset("end");
            self.text.replace_range(range, edit["newText"].as_str().unwrap_or_default());
        }
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": self.text }] });
        self.notify("textDocument/didChange", params).await?;
        Ok(true)
    }

    /// The byte of a position that counts bytes.
    fn offset(&self, position: &Value) -> usize {
        let number = |key: &str| usize::try_from(position[key].as_u64().unwrap_or_default()).unwrap_or_default();
        let line_start: usize = self.text.split_inclusive('\n').take(number("line")).map(str::len).sum();
        (line_start + number("character")).min(self.text.len())
    }
}
