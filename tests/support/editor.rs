//! An editor for end-to-end stories. It speaks LSP like the real editor of its profile, and checks each server message.
//!
//! It keeps documents as text, answers the server's requests by itself, and records everything. If a message breaks the
//! protocol or uses something that the client did not declare, the next wait and [`Editor::finish`] fail. `finish` also
//! fails on user messages that the story did not read, progress without an end, and requests without a response.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use stackspot_lsp::testing::server::transport::ExitStatus;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::editor_documents::Document;
use super::editor_state::{Side, State};
use super::editor_text::{Change, offset, position, range};
use super::editor_tokens::Progress;
use super::editor_wire::{read_all, write_all};
use super::profiles::Profile;

/// How long an editor waits for an event that its story expects.
const PATIENCE: Duration = Duration::from_secs(60);

/// The maximum time of a story, on a busy machine too. It stops a story that repeats a request without an end.
const LIFETIME: Duration = Duration::from_secs(300);

/// The size of the pipes to and from the server, as in an operating system.
const PIPE_BYTES: usize = 64 << 10;

pub struct Editor {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    /// In real time. It continues while the time of the story is paused.
    started: std::time::Instant,
    server: Option<JoinHandle<ExitStatus>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Editor {
    /// Starts the server with pipes, and initializes it.
    pub async fn start<F>(profile: Profile, server: impl FnOnce(DuplexStream, DuplexStream) -> F) -> Self
    where
        F: Future<Output = ExitStatus> + Send + 'static,
    {
        let (to_server, input) = duplex(PIPE_BYTES);
        let (output, from_server) = duplex(PIPE_BYTES);
        let server = tokio::spawn(server(input, output));
        let (outgoing, queue) = mpsc::unbounded_channel();
        let initialize = profile.initialize.clone();
        let state = Arc::new(Mutex::new(State::new(profile, outgoing)));
        let changed = Arc::new(Notify::new());
        let tasks = vec![
            tokio::spawn(write_all(queue, to_server)),
            tokio::spawn(read_all(from_server, state.clone(), changed.clone())),
        ];
        let editor = Self { state, changed, started: std::time::Instant::now(), server: Some(server), tasks };
        let result = editor.request("initialize", initialize).await.expect("initialize succeeds");
        editor.state().initialized(&result["capabilities"]);
        editor.notify("initialized", json!({}));
        editor
    }

    // Documents

    /// Opens a document with this text.
    pub fn open(&self, uri: &str, language: &str, text: &str) {
        self.state().open(uri, language, text);
    }

    /// Closes a document.
    pub fn close(&self, uri: &str) {
        self.state().close(uri);
    }

    pub fn text(&self, uri: &str) -> String {
        self.state().text(uri).unwrap_or_else(|| panic!("{uri} is not known here"))
    }

    pub fn version(&self, uri: &str) -> i32 {
        self.document(uri).version
    }

    /// How many times the user must press undo to revert the server's changes to a document.
    pub fn undo_steps(&self, uri: &str) -> usize {
        self.document(uri).undo_steps
    }

    /// The range of the first occurrence of `needle`, in the negotiated encoding.
    pub fn range_of(&self, uri: &str, needle: &str) -> Value {
        let (text, change) = self.change_of(uri, needle, "");
        range(&text, &change, self.state().encoding)
    }

    /// The position after the first occurrence of `needle`, in the negotiated encoding.
    pub fn position_after(&self, uri: &str, needle: &str) -> Value {
        self.range_of(uri, needle)["end"].clone()
    }

    /// The position of the end of a document.
    pub fn end_of(&self, uri: &str) -> Value {
        let text = self.text(uri);
        position(&text, text.len(), self.state().encoding)
    }

    /// The user types at a position.
    pub fn type_at(&self, uri: &str, at: &Value, typed: &str) {
        let text = self.text(uri);
        let at = offset(&text, at, self.state().encoding).unwrap_or_else(|| panic!("no position {at} in {uri}"));
        self.state().change(uri, vec![Change { start: at, end: at, text: typed.to_owned() }]);
    }

    /// The user replaces the first occurrence of `needle`.
    pub fn replace(&self, uri: &str, needle: &str, new: &str) {
        let (_, change) = self.change_of(uri, needle, new);
        self.state().change(uri, vec![change]);
    }

    /// Sends the whole text again, as editors do after a reload.
    pub fn rewrite(&self, uri: &str, text: &str) {
        self.state().rewrite(uri, text);
    }

    /// Applies an edit that the server proposed, as a plug-in does, and sends the change.
    pub fn apply_edit(&self, edit: &Value) {
        let mut state = self.state();
        let messages = state.applied(edit).unwrap_or_else(|reason| panic!("{reason}: {edit}"));
        messages.into_iter().for_each(|message| state.send(message));
    }

    /// The user types at a byte offset at the moment when the next edit arrives. Several calls are for several edits.
    pub fn will_type_before_edit(&self, uri: &str, at: usize, typed: &str) {
        let change = Change { start: at, end: at, text: typed.to_owned() };
        self.state().typed_before_edits.push_back((uri.to_owned(), change));
    }

    /// From now on, when the editor applies an edit, it changes the text further in the same change.
    pub fn will_format_with_edits(&self, format: fn(&str) -> String) {
        self.state().formats_with_edits = Some(format);
    }

    // Actions and requests

    /// The actions that the user requests for a range.
    pub async fn code_actions(&self, uri: &str, range: &Value) -> Vec<Value> {
        self.code_actions_in(uri, range, json!({ "diagnostics": [], "triggerKind": 1 })).await
    }

    /// The actions for a `CodeActionContext`.
    pub async fn code_actions_in(&self, uri: &str, range: &Value, context: Value) -> Vec<Value> {
        let range = self.sent_range(uri, range);
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
        let actions = self.request("textDocument/codeAction", params).await.expect("code actions are listed");
        actions.as_array().cloned().unwrap_or_default()
    }

    /// The range that the editor sends if the user selected `selected`.
    fn sent_range(&self, uri: &str, selected: &Value) -> Value {
        let mut sent = selected.clone();
        let state = self.state();
        if let Some(text) = state.text(uri).filter(|_| state.profile.behaviour.ends_one_short)
            && let Some(end) = offset(&text, &selected["end"], state.encoding)
            && selected["start"] != selected["end"]
        {
            let before = text[..end].strip_suffix("\r\n").map(str::len);
            let before = before.or_else(|| text[..end].char_indices().last().map(|(at, _)| at));
            sent["end"] = position(&text, before.unwrap(), state.encoding);
        }
        sent
    }

    /// Chooses the action whose title contains `title`, as from the menu. Returns the reply to its command.
    pub async fn choose(&self, uri: &str, range: &Value, title: &str) -> Value {
        let actions = self.code_actions(uri, range).await;
        self.run(&actions, title).await
    }

    /// Chooses from actions that were listed before. This menu may be older than the text.
    pub async fn run(&self, actions: &[Value], title: &str) -> Value {
        let titles: Vec<&Value> = actions.iter().map(|action| &action["title"]).collect();
        let named = |action: &&Value| action["title"].as_str().is_some_and(|name| name.contains(title));
        let action = actions.iter().find(named).unwrap_or_else(|| panic!("no action {title:?} among {titles:?}"));
        assert!(action.get("edit").is_none(), "this editor runs commands only: {action}");
        let command = if action["command"].is_string() { action } else { &action["command"] };
        self.execute(command["command"].as_str().unwrap(), command["arguments"].clone()).await
    }

    /// The hover at a position, with its range, or null. The request is sent only if the editor supports hovers.
    pub async fn hover(&self, uri: &str, position: &Value) -> Value {
        assert!(self.state().has_hovers(), "no editor asks a server for hovers that has none");
        let params = json!({ "textDocument": { "uri": uri }, "position": position });
        self.request("textDocument/hover", params).await.expect("a hover is shown or not")
    }

    /// Executes a command that the server listed, with an array of arguments. Panics if the server returns an error.
    pub async fn execute(&self, command: &str, arguments: Value) -> Value {
        self.try_execute(command, arguments).await.unwrap_or_else(|error| panic!("{command} failed: {error}"))
    }

    pub async fn try_execute(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let commands = self.server_capabilities()["executeCommandProvider"]["commands"].clone();
        let is_listed = commands.as_array().is_some_and(|commands| commands.contains(&json!(command)));
        assert!(is_listed, "editors run listed commands only, and {command} is not among {commands}");
        let params = match arguments {
            Value::Null => json!({ "command": command }),
            arguments => json!({ "command": command, "arguments": arguments }),
        };
        self.request("workspace/executeCommand", params).await
    }

    /// Sends a request and waits for its result or error.
    pub async fn request(&self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.start_request(method, params);
        self.response(id).await
    }

    /// Sends a request without waiting, and returns its id.
    pub fn start_request(&self, method: &str, params: Value) -> i64 {
        self.state().request(method, params)
    }

    /// Waits for the response to a request.
    pub async fn response(&self, id: i64) -> Result<Value, Value> {
        let method = self.state().own[&id].method.clone();
        let response =
            self.wait_until(&format!("the response to {method}"), |state| state.own[&id].response.clone()).await;
        response.get("error").map_or_else(|| Ok(response["result"].clone()), |error| Err(error.clone()))
    }

    /// Cancels a request with `$/cancelRequest`.
    pub fn cancel(&self, id: i64) {
        self.notify("$/cancelRequest", json!({ "id": id }));
    }

    pub fn notify(&self, method: &str, params: Value) {
        self.state().send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Changes the settings and notifies the server, as editors do on request.
    pub fn change_settings(&self, settings: Value) {
        self.state().profile.settings = settings.clone();
        self.notify("workspace/didChangeConfiguration", json!({ "settings": { "stackspot-lsp": settings } }));
    }

    // What the server did

    /// The server's capabilities from `initialize`.
    pub fn server_capabilities(&self) -> Value {
        self.state().agreement.server.clone()
    }

    /// The current registrations from `client/registerCapability`.
    pub fn registrations(&self) -> Vec<Value> {
        self.state().registrations.clone()
    }

    /// Waits for a new request or notification of the server, and marks it as read.
    pub async fn wait_for(&self, mut predicate: impl FnMut(&Value) -> bool) -> Value {
        self.wait_until("a message", |state| state.take(&mut predicate)).await
    }

    /// Waits for a message of this method, and returns its params.
    pub async fn wait_for_method(&self, method: &str) -> Value {
        let message = self.wait_until(method, |state| state.take(&mut |message| message["method"] == method)).await;
        message["params"].clone()
    }

    /// Waits until the text of a document satisfies `wanted`.
    pub async fn wait_for_text(&self, uri: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        self.wait_until(&format!("the text of {uri}"), |state| state.text(uri).filter(|text| wanted(text))).await
    }

    /// Waits until this number of progresses has ended, and returns all of them.
    pub async fn wait_for_ends(&self, count: usize) -> Vec<Progress> {
        let all = |state: &mut State| (state.ended_progresses() >= count).then(|| state.progress());
        self.wait_until("the end of a progress", all).await
    }

    /// Waits until `wanted` returns a value. For conditions without a special function.
    pub async fn wait_until<T>(&self, what: &str, mut wanted: impl FnMut(&mut State) -> Option<T>) -> T {
        let age = self.started.elapsed();
        assert!(age < LIFETIME, "a story of {age:?} still asks for {what}:\n{}", self.state().transcript());
        let found = timeout(PATIENCE, async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                {
                    let mut state = self.state();
                    state.assert_sound();
                    if let Some(found) = wanted(&mut state) {
                        return found;
                    }
                    assert!(!state.closed, "the server hung up before {what}:\n{}", state.transcript());
                }
                changed.await;
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("waited in vain for {what}:\n{}", self.state().transcript()),
        }
    }

    /// The progress of each token, in order of their start.
    pub fn progress(&self) -> Vec<Progress> {
        self.state().progress()
    }

    /// The values for a `partialResultToken`.
    pub fn partial_results(&self, token: &Value) -> Vec<Value> {
        self.state().partial_results(token)
    }

    /// The user cancels a progress, if the editor supports this.
    pub fn cancel_progress(&self, token: &Value) {
        assert!(self.state().profile.behaviour.sends_progress_cancel, "no user of this editor can cancel a progress");
        self.notify("window/workDoneProgress/cancel", json!({ "token": token }));
    }

    /// Sets the answer to the next `window/showMessageRequest`: the title of an action, or `None` to dismiss it.
    pub fn will_answer(&self, title: Option<&str>) {
        self.state().message_answers.push_back(title.map(str::to_owned));
    }

    /// The texts of all messages so far. Marks them as read.
    pub fn messages(&self) -> Vec<String> {
        let shown = self.state().take_all(&["window/showMessage", "window/showMessageRequest"]);
        shown.iter().map(|params| self.whole(params)).collect()
    }

    /// The full text of a message. If it was shortened for a line of 90 characters, the full text is in the log.
    pub fn whole(&self, shown: &Value) -> String {
        let text = shown["message"].as_str().unwrap_or_default();
        let log = self.log();
        let sent: Vec<&Value> =
            log.iter().filter(|(side, _)| *side == Side::Server).map(|(_, message)| message).collect();
        let at = sent.iter().rposition(|it| it["method"] == "window/showMessage" && it["params"] == *shown);
        let before = at.and_then(|at| at.checked_sub(1)).map(|at| sent[at]);
        let whole =
            before.filter(|it| it["method"] == "window/logMessage").and_then(|it| it["params"]["message"].as_str());
        match whole.filter(|whole| whole.starts_with("StackSpot AI: ")) {
            Some(whole) => {
                assert!(text.chars().count() <= 90, "{} characters in one line: {text}", text.chars().count());
                whole.to_owned()
            }
            None => text.to_owned(),
        }
    }

    /// The params of all edits so far. Marks them as read.
    pub fn edits(&self) -> Vec<Value> {
        self.state().take_all(&["workspace/applyEdit"])
    }

    /// The URIs of all shown documents so far. Marks them as read.
    pub fn shown_documents(&self) -> Vec<String> {
        let shown = self.state().take_all(&["window/showDocument"]);
        shown.iter().map(|params| params["uri"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// All messages so far, in the order in which the editor sent and received them.
    pub fn log(&self) -> Vec<(Side, Value)> {
        self.state().log.iter().map(|entry| (entry.side, entry.message.clone())).collect()
    }

    /// Shuts the server down and asserts that the story is complete.
    pub async fn finish(self) {
        self.request("shutdown", Value::Null).await.expect("shutdown succeeds");
        self.exit().await;
    }

    /// The second half of [`Editor::finish`], for stories that send the shutdown themselves.
    pub async fn exit(mut self) {
        self.notify("exit", Value::Null);
        let status = timeout(PATIENCE, self.server.take().unwrap()).await.expect("the server exits").expect("no panic");
        self.wait_until("the end of the server's output", |state| state.closed.then_some(())).await;
        assert_eq!(status, ExitStatus::Clean);
        self.state().assert_finished();
    }

    /// The editor disappears suddenly. Returns the exit status of the server.
    pub async fn hang_up(mut self) -> ExitStatus {
        self.state().assert_sound();
        self.tasks.drain(..).for_each(|task| task.abort());
        timeout(PATIENCE, self.server.take().unwrap()).await.expect("the server ends").expect("no panic")
    }

    fn change_of(&self, uri: &str, needle: &str, new: &str) -> (String, Change) {
        let text = self.text(uri);
        let start = text.find(needle).unwrap_or_else(|| panic!("no {needle:?} in {uri}: {text}"));
        (text, Change { start, end: start + needle.len(), text: new.to_owned() })
    }

    fn document(&self, uri: &str) -> Document {
        self.state().documents.get(uri).unwrap_or_else(|| panic!("{uri} is not open")).clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        if let Some(server) = &self.server {
            server.abort();
            assert!(std::thread::panicking(), "a story ends with `editor.finish().await`");
        }
    }
}
