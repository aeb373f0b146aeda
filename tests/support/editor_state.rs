//! The state of an editor: the messages that it sent and received, and what the story has read.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::editor_documents::Document;
use super::editor_text::{Change, Encoding};
use super::editor_tokens::Token;
use super::profiles::Profile;
use super::protocol::{self, Agreement, Verdict};

/// A story must read these messages, because a user sees them.
const NOTABLE: [&str; 5] = [
    "window/showMessage",
    "window/showMessageRequest",
    "window/showDocument",
    "workspace/applyEdit",
    "textDocument/publishDiagnostics",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

pub struct Entry {
    pub side: Side,
    pub message: Value,
    taken: bool,
}

/// A request from the editor.
pub struct Own {
    pub method: String,
    params: Value,
    pub response: Option<Value>,
    /// A virtual document that is being fetched, and the server's request that waits for it.
    pub(super) fills: Option<(String, Option<Value>)>,
}

pub struct State {
    pub profile: Profile,
    pub agreement: Agreement,
    pub encoding: Encoding,
    pub documents: BTreeMap<String, Document>,
    /// Files that the server created, and virtual documents.
    pub files: BTreeMap<String, String>,
    pub log: Vec<Entry>,
    pub own: BTreeMap<i64, Own>,
    pub registrations: Vec<Value>,
    pub message_answers: VecDeque<Option<String>>,
    /// What the user types at the moment when an edit arrives: the document and the change.
    pub typed_before_edits: VecDeque<(String, Change)>,
    /// An extra change in the same change as an edit: the editor formats, or adds a line break at the end.
    pub formats_with_edits: Option<fn(&str) -> String>,
    pub violations: Vec<String>,
    pub closed: bool,
    pub(super) tokens: Vec<Token>,
    /// The requests of the server, by their ids.
    pub(super) theirs: HashMap<String, String>,
    outgoing: mpsc::UnboundedSender<Value>,
}

impl State {
    pub fn new(profile: Profile, outgoing: mpsc::UnboundedSender<Value>) -> Self {
        let client = profile.initialize["capabilities"].clone();
        Self {
            profile,
            agreement: Agreement { client, server: Value::Null },
            encoding: Encoding::Utf16,
            documents: BTreeMap::new(),
            files: BTreeMap::new(),
            log: Vec::new(),
            own: BTreeMap::new(),
            registrations: Vec::new(),
            message_answers: VecDeque::new(),
            typed_before_edits: VecDeque::new(),
            formats_with_edits: None,
            violations: Vec::new(),
            closed: false,
            tokens: Vec::new(),
            theirs: HashMap::new(),
            outgoing,
        }
    }

    pub fn initialized(&mut self, server: &Value) {
        self.encoding = Encoding::named(server["positionEncoding"].as_str().unwrap_or("utf-16"));
    }

    pub fn send(&mut self, message: Value) {
        self.log.push(Entry { side: Side::Client, message: message.clone(), taken: true });
        // After the exit, the server may stop reading.
        let _ = self.outgoing.send(message);
    }

    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        let id = i64::try_from(self.own.len()).unwrap() + 1;
        self.bring_tokens(id, &params);
        let own = Own { method: method.to_owned(), params: params.clone(), response: None, fills: None };
        self.own.insert(id, own);
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(message);
        id
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    // Messages of the server

    pub fn receive(&mut self, message: Value) {
        self.log.push(Entry { side: Side::Server, message: message.clone(), taken: false });
        if let Err(reason) = self.judge(&message) {
            self.violations.push(format!("{reason}\n  in {message}"));
        }
    }

    fn judge(&mut self, message: &Value) -> Verdict {
        let object = message.as_object().ok_or("a message is an object")?;
        let known = ["jsonrpc", "id", "method", "params", "result", "error"];
        if let Some(unknown) = object.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("unknown member {unknown:?} of a message"));
        }
        if message["jsonrpc"] != "2.0" {
            return Err("a message says \"jsonrpc\": \"2.0\"".into());
        }
        match (message["method"].as_str().map(str::to_owned), message.get("id")) {
            (Some(method), Some(id)) => self.their_request(&method, id, &message["params"]),
            (Some(method), None) => self.their_notification(&method, &message["params"]),
            (None, Some(id)) => self.their_response(id, message),
            (None, None) => Err("a message has a method or an id".into()),
        }
    }

    fn their_response(&mut self, id: &Value, message: &Value) -> Verdict {
        let id = id.as_i64().ok_or("a response to no request")?;
        let own = self.own.get_mut(&id).ok_or("a response to no request")?;
        if own.response.replace(message.clone()).is_some() {
            return Err("a second response to one request".into());
        }
        if let Some((uri, waiting)) = own.fills.take() {
            let text = message["result"]["text"].as_str().map(str::to_owned);
            let success = text.is_some();
            if let Some(text) = text {
                self.files.insert(uri, text);
            }
            if let Some(waiting) = waiting {
                self.reply(&waiting, json!({ "success": success }));
            }
        }
        let own = &self.own[&id];
        match (message.get("result"), message.get("error")) {
            (Some(result), None) => {
                let verdict = protocol::response(&self.agreement, &own.method, &own.params, result);
                if own.method == "initialize" {
                    self.agreement.server = result["capabilities"].clone();
                }
                verdict
            }
            (None, Some(error)) => protocol::error(error),
            _ => Err("a response has either a result or an error".into()),
        }
    }

    fn their_notification(&mut self, method: &str, params: &Value) -> Verdict {
        protocol::notification(&self.agreement, method, params)?;
        if method == "$/progress" { self.progressed(&params["token"], &params["value"]) } else { Ok(()) }
    }

    // Questions of the story

    /// Takes the first matching message of the server that was not taken before.
    pub fn take(&mut self, predicate: &mut dyn FnMut(&Value) -> bool) -> Option<Value> {
        let mut calls = self.log.iter_mut().filter(|entry| entry.side == Side::Server && !entry.taken);
        let entry = calls.find(|entry| entry.message.get("method").is_some() && predicate(&entry.message))?;
        entry.taken = true;
        Some(entry.message.clone())
    }

    /// Takes all messages of these methods. Returns the params of all of them, including those taken before.
    pub fn take_all(&mut self, methods: &[&str]) -> Vec<Value> {
        let mut all = Vec::new();
        for entry in self.log.iter_mut().filter(|entry| entry.side == Side::Server) {
            if entry.message["method"].as_str().is_some_and(|method| methods.contains(&method)) {
                entry.taken = true;
                all.push(entry.message["params"].clone());
            }
        }
        all
    }

    pub fn assert_sound(&self) {
        if let Some(violation) = self.violations.first() {
            panic!("the server broke the protocol: {violation}\n{}", self.transcript());
        }
    }

    pub fn assert_finished(&self) {
        self.assert_sound();
        let is_unread = |entry: &&Entry| {
            let method = entry.message["method"].as_str().unwrap_or_default();
            let is_seen = method == "workspace/applyEdit" && is_growth(&entry.message["params"]["edit"]);
            entry.side == Side::Server && !entry.taken && NOTABLE.contains(&method) && !is_seen
        };
        let unread: Vec<String> = self.log.iter().filter(is_unread).map(|entry| entry.message.to_string()).collect();
        assert!(unread.is_empty(), "messages that the story did not look at: {unread:#?}");
        for progress in self.progress() {
            assert!(progress.end().is_some(), "a progress without its end: {progress:?}");
        }
        for (id, own) in &self.own {
            assert!(own.response.is_some(), "{} with the id {id} has no response", own.method);
        }
        assert!(self.message_answers.is_empty(), "questions that were not asked: {:?}", self.message_answers);
    }

    /// Whether the server supports hovers: from the start, or by a current registration.
    pub fn has_hovers(&self) -> bool {
        let is_static = self.agreement.server.get("hoverProvider").is_some_and(|provider| *provider != json!(false));
        is_static || self.registrations.iter().any(|known| known["method"] == "textDocument/hover")
    }

    /// The last messages, each in a short line.
    pub fn transcript(&self) -> String {
        let line = |entry: &Entry| {
            let arrow = if entry.side == Side::Client { "→" } else { "←" };
            let text: String = entry.message.to_string().chars().take(300).collect();
            format!("{arrow} {text}\n")
        };
        self.log.iter().skip(self.log.len().saturating_sub(40)).map(line).collect()
    }
}

/// Whether an edit extends an answer in its own document.
fn is_growth(edit: &Value) -> bool {
    let in_order = edit["documentChanges"].as_array().into_iter().flatten();
    let mut uris = in_order.filter_map(|change| change["textDocument"]["uri"].as_str());
    let changes = edit["changes"].as_object().into_iter().flatten();
    let mut by_uri = changes.map(|(uri, _)| uri.as_str());
    uris.all(|uri| uri.contains("/stackspot-lsp/answers/")) && by_uri.all(|uri| uri.contains("/stackspot-lsp/answers/"))
}
