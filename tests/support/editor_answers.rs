//! What an editor knows, and how it answers its server.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    editor::Progress,
    editor_documents::{Document, language_of},
    editor_text::{Change, Encoding},
    profiles::{Apply, Profile, ShowsSchemes},
    protocol::{self, Agreement, Verdict},
};

/// What a story must look at, for it is what a user sees.
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

/// A request of this side.
pub struct Own {
    pub method: String,
    params: Value,
    pub response: Option<Value>,
    /// A virtual document to be filled, and the request of the server that waits for it.
    fills: Option<(String, Option<Value>)>,
}

struct Token {
    value: Value,
    /// The request of this side that brought the token; none for one that the server created.
    request: Option<i64>,
    is_partial: bool,
    events: Vec<Value>,
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
    /// What the user types in the moment in which an edit arrives: the document, and the change.
    pub typed_before_edits: VecDeque<(String, Change)>,
    pub violations: Vec<String>,
    pub closed: bool,
    tokens: Vec<Token>,
    theirs: HashMap<String, String>,
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
        // After the end nobody listens, which is the server's right.
        let _ = self.outgoing.send(message);
    }

    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        let id = i64::try_from(self.own.len()).unwrap() + 1;
        // A command's tokens are good beyond its response, which comes at once.
        for (holder, request) in [(Some(&params), Some(id)), (params.pointer("/arguments/0"), None)] {
            for (member, is_partial) in [("workDoneToken", false), ("partialResultToken", true)] {
                if let Some(token) = holder.and_then(|holder| holder.get(member)) {
                    self.tokens.push(Token { value: token.clone(), request, is_partial, events: Vec::new() });
                }
            }
        }
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

    // What the server says

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

    fn progressed(&mut self, token: &Value, value: &Value) -> Verdict {
        let token = self.tokens.iter_mut().rev().find(|known| known.value == *token);
        let token = token.ok_or("progress for a token that nobody made known")?;
        if token.request.is_some_and(|request| self.own[&request].response.is_some()) {
            return Err("progress after the response to the request that brought the token".into());
        }
        let begun = token.events.last().is_some_and(|last| last["kind"] != "end");
        let verdict = if token.is_partial { Ok(()) } else { protocol::work_done(value, begun) };
        if verdict.is_ok() && !begun && !token.events.is_empty() && !token.is_partial {
            return Err("a token begins once".into());
        }
        token.events.push(value.clone());
        verdict
    }

    fn their_request(&mut self, method: &str, id: &Value, params: &Value) -> Verdict {
        if !(id.is_i64() || id.is_string()) {
            return Err("the id of a request is an integer or a string".into());
        }
        if let Some(earlier) = self.theirs.insert(id.to_string(), method.to_owned()) {
            return Err(format!("the id {id} was that of {earlier} already"));
        }
        let verdict = protocol::request(&self.agreement, method, params);
        if let Err(reason) = &verdict {
            self.reply_error(id, -32601, reason);
            return verdict;
        }
        if self.profile.silent.contains(&method) {
            return Ok(());
        }
        if self.profile.refused.contains(&method) {
            self.reply_error(id, -32603, "this editor would rather not");
            return Ok(());
        }
        match method {
            "workspace/applyEdit" => return self.asked_to_apply(id, &params["edit"]),
            "window/showDocument" => self.asked_to_show(id, params),
            "window/showMessageRequest" => return self.asked_to_choose(id, params),
            "window/workDoneProgress/create" => {
                if self.tokens.iter().any(|token| token.value == params["token"]) {
                    return Err("a token is created once".into());
                }
                let value = params["token"].clone();
                self.tokens.push(Token { value, request: None, is_partial: false, events: Vec::new() });
                self.reply(id, Value::Null);
            }
            "workspace/configuration" => {
                let setting = |item: &Value| match item["section"].as_str() {
                    Some("stackspot-lsp") => self.profile.settings.clone(),
                    Some(section) => section.strip_prefix("stackspot-lsp.").map_or(Value::Null, |rest| {
                        let pointer = format!("/{}", rest.replace('.', "/"));
                        self.profile.settings.pointer(&pointer).cloned().unwrap_or_default()
                    }),
                    None => Value::Null,
                };
                let settings: Vec<Value> = params["items"].as_array().unwrap().iter().map(setting).collect();
                self.reply(id, json!(settings));
            }
            "workspace/workspaceFolders" => {
                let folders = self.profile.initialize["workspaceFolders"].clone();
                self.reply(id, folders);
            }
            "client/registerCapability" => {
                self.registrations.extend(params["registrations"].as_array().unwrap().iter().cloned());
                self.reply(id, Value::Null);
            }
            "client/unregisterCapability" => {
                let gone: Vec<Value> = params["unregisterations"].as_array().unwrap().clone();
                let before = self.registrations.len();
                self.registrations.retain(|known| gone.iter().all(|gone| gone["id"] != known["id"]));
                self.reply(id, Value::Null);
                if before - self.registrations.len() != gone.len() {
                    return Err("what is unregistered was registered before".into());
                }
            }
            "workspace/textDocumentContent/refresh" => {
                self.reply(id, Value::Null);
                let uri = params["uri"].as_str().unwrap().to_owned();
                // A document that is shown is fetched again, as VS Code does.
                if self.files.contains_key(&uri) {
                    self.fetch(uri, None);
                }
            }
            _ => self.reply(id, Value::Null),
        }
        Ok(())
    }

    fn asked_to_apply(&mut self, id: &Value, edit: &Value) -> Verdict {
        if let Some((uri, change)) = self.typed_before_edits.pop_front() {
            self.change(&uri, vec![change]);
        }
        let versioned = edit["documentChanges"].as_array().into_iter().flatten();
        let is_stale = versioned.into_iter().any(|change| {
            let identifier = &change["textDocument"];
            let current = self.documents.get(identifier["uri"].as_str().unwrap_or_default());
            identifier["version"]
                .as_i64()
                .is_some_and(|wanted| current.is_none_or(|doc| i64::from(doc.version) != wanted))
        });
        let policy = if is_stale { self.profile.behaviour.stale } else { self.profile.behaviour.apply };
        match policy {
            Apply::Refuse => self.reply(id, json!({ "applied": false })),
            Apply::ClaimApplied => self.reply(id, json!({ "applied": true })),
            Apply::Error => self.reply_error(id, -32603, "the edit is for another version"),
            Apply::Ignore => {}
            Apply::Blind => {
                self.reply(id, json!({ "applied": true }));
                let messages = self.applied(&without_versions(edit))?;
                messages.into_iter().for_each(|message| self.send(message));
            }
            Apply::ReplyThenChange | Apply::ChangeThenReply | Apply::Rebase => match self.applied(edit) {
                Err(reason) => {
                    self.reply(id, json!({ "applied": false, "failureReason": reason }));
                    return Err(reason);
                }
                Ok(messages) if policy == Apply::ChangeThenReply => {
                    messages.into_iter().for_each(|message| self.send(message));
                    self.reply(id, json!({ "applied": true }));
                }
                Ok(messages) => {
                    self.reply(id, json!({ "applied": true }));
                    messages.into_iter().for_each(|message| self.send(message));
                }
            },
        }
        Ok(())
    }

    fn asked_to_show(&mut self, id: &Value, params: &Value) {
        let uri = params["uri"].as_str().unwrap().to_owned();
        let is_file = uri.starts_with("file:");
        let can_show = match self.profile.behaviour.shows_schemes {
            ShowsSchemes::Any => true,
            ShowsSchemes::File => is_file,
            ShowsSchemes::None => false,
        };
        if !can_show || (is_file && self.text(&uri).is_none()) {
            self.reply(id, json!({ "success": false }));
        } else if params["external"] == true || self.documents.contains_key(&uri) {
            self.reply(id, json!({ "success": true }));
        } else if is_file {
            let text = self.text(&uri).unwrap();
            self.open(&uri, language_of(&uri), &text);
            self.reply(id, json!({ "success": true }));
        } else if self.agreement.server.pointer("/workspace/textDocumentContent").is_some() {
            self.fetch(uri, Some(id.clone()));
        } else {
            self.reply(id, json!({ "success": false }));
        }
    }

    /// Asks for the content of a virtual document.
    fn fetch(&mut self, uri: String, waiting: Option<Value>) {
        let id = self.request("workspace/textDocumentContent", json!({ "uri": uri }));
        self.own.get_mut(&id).unwrap().fills = Some((uri, waiting));
    }

    fn asked_to_choose(&mut self, id: &Value, params: &Value) -> Verdict {
        let actions = params["actions"].as_array().cloned().unwrap_or_default();
        let answer = self.message_answers.pop_front().ok_or("a question that the story does not expect");
        let Some(title) = answer.clone().ok().flatten() else {
            self.reply(id, Value::Null);
            return answer.map(|_| ()).map_err(str::to_owned);
        };
        let chosen = actions.iter().find(|action| action["title"] == *title).cloned();
        self.reply(id, chosen.clone().unwrap_or_default());
        chosen.map(|_| ()).ok_or_else(|| format!("there is no {title:?} to choose"))
    }

    fn reply(&mut self, id: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    fn reply_error(&mut self, id: &Value, code: i64, message: &str) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }));
    }

    // What the story asks

    /// Takes the first message of the server that fits and was not taken before.
    pub fn take(&mut self, predicate: &mut dyn FnMut(&Value) -> bool) -> Option<Value> {
        let mut calls = self.log.iter_mut().filter(|entry| entry.side == Side::Server && !entry.taken);
        let entry = calls.find(|entry| entry.message.get("method").is_some() && predicate(&entry.message))?;
        entry.taken = true;
        Some(entry.message.clone())
    }

    /// Takes all messages of these methods, and returns the params also of those taken before.
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

    pub fn progress(&self) -> Vec<Progress> {
        let begun = self.tokens.iter().filter(|token| !token.is_partial && !token.events.is_empty());
        begun.map(|token| Progress { token: token.value.clone(), events: token.events.clone() }).collect()
    }

    pub fn partial_results(&self, token: &Value) -> Vec<Value> {
        let tokens = self.tokens.iter().filter(|known| known.is_partial && known.value == *token);
        tokens.flat_map(|token| token.events.clone()).collect()
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

    /// What there is to know of a hover: from the start, or registered at the moment.
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

/// The edit as somebody reads it who does not look at versions.
fn without_versions(edit: &Value) -> Value {
    let mut edit = edit.clone();
    for change in edit["documentChanges"].as_array_mut().into_iter().flatten() {
        if let Some(identifier) = change.get_mut("textDocument") {
            identifier["version"] = Value::Null;
        }
    }
    edit
}

/// Whether an edit is one by which an answer grows in its own document.
fn is_growth(edit: &Value) -> bool {
    let in_order = edit["documentChanges"].as_array().into_iter().flatten();
    let mut uris = in_order.filter_map(|change| change["textDocument"]["uri"].as_str());
    let changes = edit["changes"].as_object().into_iter().flatten();
    let mut by_uri = changes.map(|(uri, _)| uri.as_str());
    uris.all(|uri| uri.contains("/stackspot-lsp/answers/")) && by_uri.all(|uri| uri.contains("/stackspot-lsp/answers/"))
}
