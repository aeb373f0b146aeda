//! Tests of the end-to-end editor, against a server that follows the rules and one that breaks them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use stackspot_lsp::testing::server::transport::{ExitStatus, Options, Outbox, serve};
use tokio::io::DuplexStream;
use tower_lsp::{LanguageServer, LspService, gen_lsp_types as lsp, jsonrpc};

use crate::support::editor::Editor;
use crate::support::editor_state::Side;
use crate::support::profiles::{self, Apply, Profile};

const URI: &str = "file:///story/a.rs";

/// Does what its command says. Each argument is a message to the client.
struct Puppet {
    outbox: Outbox,
    capabilities: Value,
    /// The number of requests for the content of a virtual document.
    fetches: AtomicUsize,
}

impl LanguageServer for Puppet {
    async fn initialize(&self, _: lsp::InitializeParams) -> jsonrpc::Result<lsp::InitializeResult> {
        Ok(serde_json::from_value(json!({ "capabilities": self.capabilities })).unwrap())
    }

    async fn shutdown(&self) -> jsonrpc::Result<()> {
        Ok(())
    }

    async fn code_action(
        &self,
        params: lsp::CodeActionParams,
    ) -> jsonrpc::Result<Option<Vec<lsp::CodeActionResponse>>> {
        let command = json!({ "title": "Play", "command": "puppet.play", "arguments": [params.range] });
        let action = json!({ "title": "Play it", "kind": "refactor.rewrite", "command": command });
        Ok(serde_json::from_value(json!([action])).unwrap())
    }

    async fn text_document_content(
        &self,
        params: lsp::TextDocumentContentParams,
    ) -> jsonrpc::Result<lsp::TextDocumentContentResult> {
        let fetch = self.fetches.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("content {fetch} of {}", json!(params.uri).as_str().unwrap());
        Ok(serde_json::from_value(json!({ "text": text })).unwrap())
    }

    async fn execute_command(&self, params: lsp::ExecuteCommandParams) -> jsonrpc::Result<Option<Value>> {
        let mut answers = Vec::new();
        for step in params.arguments.unwrap_or_default() {
            let method: &'static str = step["method"].as_str().unwrap_or("toy/none").to_owned().leak();
            if step["notify"] == true {
                self.outbox.notify(method, &step["params"]);
            } else if step.get("method").is_some() {
                let answer = self.outbox.request(method, &step["params"], Duration::from_secs(5)).await;
                answers.push(answer.unwrap_or_else(|error| json!(error.to_string())));
            }
        }
        Ok(Some(json!(answers)))
    }
}

async fn puppet(profile: Profile) -> Editor {
    let capabilities = json!({
        "textDocumentSync": { "openClose": true, "change": 2 },
        "codeActionProvider": true,
        "executeCommandProvider": { "commands": ["puppet.play"] },
    });
    Editor::start(profile, |input, output| run(capabilities, input, output)).await
}

async fn run(capabilities: Value, input: DuplexStream, output: DuplexStream) -> ExitStatus {
    let (outbox, outgoing) = Outbox::new();
    let service = LspService::new(|_| Puppet { outbox, capabilities, fetches: AtomicUsize::new(0) });
    serve(service, outgoing, input, output, Options::default()).await
}

fn request(method: &str, params: Value) -> Value {
    json!({ "method": method, "params": params })
}

fn notify(method: &str, params: Value) -> Value {
    json!({ "method": method, "params": params, "notify": true })
}

fn progress(value: Value) -> Value {
    notify("$/progress", json!({ "token": "t", "value": value }))
}

/// An edit of version 1 that replaces `old` in the first line with `new`.
fn edit(version: i32) -> Value {
    let range = json!({ "start": { "line": 0, "character": 3 }, "end": { "line": 0, "character": 6 } });
    let edits = json!([{ "range": range, "newText": "new" }]);
    let document = json!({ "uri": URI, "version": version });
    request(
        "workspace/applyEdit",
        json!({ "edit": { "documentChanges": [{ "textDocument": document, "edits": edits }] } }),
    )
}

#[tokio::test]
async fn test_editor_plays_a_whole_story_in_each_profile() {
    for profile in profiles::all().into_iter().filter(|profile| profile.name != "minimal") {
        let name = profile.name;
        let editor = puppet(profile).await;
        editor.open(URI, "rust", "fn old() {}\n");
        let actions = editor.code_actions(URI, &editor.range_of(URI, "old")).await;
        assert_eq!(actions[0]["title"], "Play it");
        let steps = json!([
            request("window/workDoneProgress/create", json!({ "token": "t" })),
            progress(json!({ "kind": "begin", "title": "Playing", "cancellable": true })),
            edit(1),
            progress(json!({ "kind": "end", "message": "played" })),
            notify("window/showMessage", json!({ "type": 3, "message": "done" })),
        ]);
        let answers = editor.execute("puppet.play", steps).await;
        assert_eq!(answers, json!([null, { "applied": true }]), "{name}");
        assert_eq!(editor.wait_for_text(URI, |text| text.contains("new")).await, "fn new() {}\n", "{name}");
        assert_eq!((editor.version(URI), editor.undo_steps(URI)), (2, 1));
        let ended = editor.wait_for_ends(1).await;
        assert_eq!((ended[0].title(), ended[0].end()), ("Playing", Some("played")));
        assert_eq!((editor.messages(), editor.edits().len()), (vec!["done".to_owned()], 1));
        editor.finish().await;
    }
}

#[tokio::test]
async fn test_editor_treats_an_old_edit_as_its_profile_says() {
    let typed = "// hm\nfn old() {}\n";
    for (stale, answer, text) in [
        (Apply::Refuse, json!({ "applied": false }), typed),
        (Apply::ClaimApplied, json!({ "applied": true }), typed),
        (Apply::Error, json!("the editor refused: the edit is for another version (-32603)"), typed),
        (Apply::Rebase, json!({ "applied": true }), "// hm\nfn new() {}\n"),
    ] {
        let editor = puppet(profiles::vscode().treats_stale(stale)).await;
        editor.open(URI, "rust", "fn old() {}\n");
        editor.type_at(URI, &json!({ "line": 0, "character": 0 }), "// hm\n");
        assert_eq!(editor.execute("puppet.play", json!([edit(1)])).await, json!([answer]), "{stale:?}");
        assert_eq!(editor.text(URI), text, "{stale:?}");
        assert_eq!(editor.edits().len(), 1);
        editor.finish().await;
    }
}

#[tokio::test]
async fn test_editor_sends_change_before_or_after_its_reply() {
    for (apply, change_first) in [(Apply::ChangeThenReply, true), (Apply::ReplyThenChange, false)] {
        let editor = puppet(profiles::vscode().applies(apply)).await;
        editor.open(URI, "rust", "fn old() {}\n");
        editor.execute("puppet.play", json!([edit(1)])).await;
        editor.wait_for_method("workspace/applyEdit").await;
        let sent: Vec<Value> =
            editor.log().into_iter().filter(|(side, _)| *side == Side::Client).map(|(_, m)| m).collect();
        let change = sent.iter().position(|message| message["method"] == "textDocument/didChange").unwrap();
        let reply = sent.iter().position(|message| message["result"]["applied"] == true).unwrap();
        assert_eq!(change < reply, change_first);
        editor.finish().await;
    }
}

#[tokio::test]
async fn an_edit_may_create_a_file_and_fill_it() {
    let editor = puppet(profiles::vscode()).await;
    let created = "file:///story/new.md";
    let start = json!({ "line": 0, "character": 0 });
    let edits = json!([{ "range": { "start": start, "end": start }, "newText": "# New\n" }]);
    let changes = json!([
        { "kind": "create", "uri": created, "options": { "ignoreIfExists": true } },
        { "textDocument": { "uri": created, "version": null }, "edits": edits },
    ]);
    let apply = request("workspace/applyEdit", json!({ "edit": { "documentChanges": changes } }));
    let show = request("window/showDocument", json!({ "uri": created, "takeFocus": true }));
    let answers = editor.execute("puppet.play", json!([apply, show])).await;
    assert_eq!(answers, json!([{ "applied": true }, { "success": true }]));
    assert_eq!((editor.text(created).as_str(), editor.version(created)), ("# New\n", 2));
    assert_eq!((editor.edits().len(), editor.shown_documents()), (1, vec![created.to_owned()]));
    editor.finish().await;
}

#[tokio::test]
async fn virtual_document_is_fetched_when_shown_and_when_changed() {
    let capabilities = json!({
        "workspace": { "textDocumentContent": { "schemes": ["puppet"] } },
        "executeCommandProvider": { "commands": ["puppet.play"] },
    });
    let editor = Editor::start(profiles::vscode(), |input, output| run(capabilities, input, output)).await;
    let show = request("window/showDocument", json!({ "uri": "puppet:answer" }));
    let refresh = request("workspace/textDocumentContent/refresh", json!({ "uri": "puppet:answer" }));
    let answers = editor.execute("puppet.play", json!([show, refresh])).await;
    assert_eq!(answers, json!([{ "success": true }, null]));
    editor.wait_for_text("puppet:answer", |text| text == "content 2 of puppet:answer").await;
    assert_eq!(editor.shown_documents(), ["puppet:answer"]);
    editor.finish().await;

    // An editor without virtual documents shows only files.
    let editor = puppet(profiles::helix()).await;
    let show = request("window/showDocument", json!({ "uri": "puppet:answer" }));
    assert_eq!(editor.execute("puppet.play", json!([show])).await, json!([{ "success": false }]));
    editor.shown_documents();
    editor.finish().await;
}

#[tokio::test]
async fn test_editor_answers_questions_as_scripted() {
    let editor = puppet(profiles::neovim()).await;
    editor.will_answer(Some("Send"));
    editor.will_answer(None);
    let question = request(
        "window/showMessageRequest",
        json!({ "type": 2, "message": "Send it?", "actions": [{ "title": "Send" }, { "title": "Cancel" }] }),
    );
    let answers = editor.execute("puppet.play", json!([question, question])).await;
    assert_eq!(answers, json!([{ "title": "Send" }, null]));
    assert_eq!(editor.messages(), ["Send it?", "Send it?"]);
    editor.finish().await;
}

#[tokio::test]
async fn test_editor_rejects_undeclared_or_unknown_messages() {
    let create = || request("window/workDoneProgress/create", json!({ "token": "t" }));
    let begin = || progress(json!({ "kind": "begin", "title": "x" }));
    let end = || progress(json!({ "kind": "end" }));
    let annotated = json!({ "edit": { "documentChanges": [], "changeAnnotations": { "a": { "label": "x" } } } });
    let registration = json!({ "registrations": [{ "id": "1", "method": "textDocument/hover" }] });
    let stories: Vec<(&str, Profile, Vec<Value>)> = vec![
        ("did not declare /workspace/applyEdit", profiles::minimal(), vec![edit(1)]),
        (
            "neither documentChanges nor",
            profiles::vscode().with("/capabilities/workspace/workspaceEdit", json!({})),
            vec![edit(1)],
        ),
        ("did not declare changeAnnotationSupport", profiles::helix(), vec![request("workspace/applyEdit", annotated)]),
        (
            "did not declare /window/showDocument",
            profiles::neovim_0_7(),
            vec![request("window/showDocument", json!({ "uri": URI }))],
        ),
        (
            "did not declare /textDocument/hover/dynamic",
            profiles::eglot(),
            vec![request("client/registerCapability", registration)],
        ),
        (
            "did not declare /workspace/textDocumentContent",
            profiles::helix(),
            vec![request("workspace/textDocumentContent/refresh", json!({ "uri": "x:y" }))],
        ),
        ("no such notification", profiles::vscode(), vec![notify("toy/none", json!({}))]),
        ("no such request", profiles::vscode(), vec![request("toy/none", json!({}))]),
        ("is no ShowMessageParams", profiles::vscode(), vec![notify("window/showMessage", json!({ "message": "x" }))]),
        (
            "is read as this ShowMessageParams",
            profiles::vscode(),
            vec![notify("window/showMessage", json!({ "type": 3, "message": "x", "more": 1 }))],
        ),
        ("a token that nobody made known", profiles::vscode(), vec![begin()]),
        ("a token is created once", profiles::vscode(), vec![create(), create()]),
        ("a token begins once", profiles::vscode(), vec![create(), begin(), end(), begin()]),
        ("progress of kind Some(\"end\")", profiles::vscode(), vec![create(), end()]),
        ("progress of kind Some(\"begin\")", profiles::vscode(), vec![create(), begin(), begin()]),
        (
            "unknown member \"percent\"",
            profiles::vscode(),
            vec![create(), progress(json!({ "kind": "begin", "title": "x", "percent": 1 }))],
        ),
        (
            "a question that the story does not expect",
            profiles::vscode(),
            vec![request("window/showMessageRequest", json!({ "type": 1, "message": "?" }))],
        ),
    ];
    for (expected, profile, steps) in stories {
        let complaint = fails(async move {
            let editor = puppet(profile).await;
            editor.open(URI, "rust", "fn old() {}\n");
            editor.execute("puppet.play", json!(steps)).await;
            editor.finish().await;
        })
        .await;
        assert!(complaint.contains(expected), "{expected:?} is not in {complaint}");
    }
}

#[tokio::test]
async fn test_editor_fails_when_a_story_ends_with_open_work() {
    let message = notify("window/showMessage", json!({ "type": 3, "message": "unread" }));
    let create = request("window/workDoneProgress/create", json!({ "token": "t" }));
    let begin = progress(json!({ "kind": "begin", "title": "endless" }));
    for (expected, steps) in [
        ("messages that the story did not look at", json!([message])),
        ("a progress without its end", json!([create, begin])),
    ] {
        let complaint = fails(async move {
            let editor = puppet(profiles::vscode()).await;
            editor.execute("puppet.play", steps).await;
            editor.finish().await;
        })
        .await;
        assert!(complaint.contains(expected), "{expected:?} is not in {complaint}");
    }
    let complaint = fails(async { drop(puppet(profiles::vscode()).await) }).await;
    assert!(complaint.contains("ends with `editor.finish().await`"), "{complaint}");
}

#[tokio::test]
async fn positions_use_the_negotiated_encoding() {
    for (offered, agreed, character) in [("utf-8", "utf-8", 7), ("utf-32", "utf-32", 3), ("utf-8", "utf-16", 4)] {
        let profile = profiles::helix().with("/capabilities/general/positionEncodings", json!([offered]));
        let capabilities = json!({ "positionEncoding": agreed, "textDocumentSync": 2 });
        let editor = Editor::start(profile, |input, output| run(capabilities, input, output)).await;
        editor.open(URI, "rust", "\r\né𝄞x\rsecond\n");
        assert_eq!(editor.position_after(URI, "x"), json!({ "line": 1, "character": character }), "{agreed}");
        assert_eq!(editor.position_after(URI, "second"), json!({ "line": 2, "character": 6 }));
        assert_eq!(editor.end_of(URI), json!({ "line": 3, "character": 0 }));
        editor.type_at(URI, &json!({ "line": 1, "character": character }), "!");
        assert_eq!(editor.text(URI), "\r\né𝄞x!\rsecond\n");
        editor.finish().await;
    }
}

#[tokio::test]
async fn test_editor_rejects_an_encoding_it_did_not_offer() {
    let complaint = fails(async {
        let capabilities = json!({ "positionEncoding": "utf-8" });
        Editor::start(profiles::vscode(), |input, output| run(capabilities, input, output)).await;
    })
    .await;
    assert!(complaint.contains("did not offer the position encoding utf-8"), "{complaint}");
}

#[test]
fn profiles_declare_the_same_as_the_real_clients() {
    let table: Vec<(&str, [bool; 5], Vec<&str>)> = vec![
        // progress, showDocument, documentChanges, change annotations, disabled actions, encodings
        ("vscode-1.139", [true, true, true, true, true], vec!["utf-16"]),
        ("neovim-0.12", [true, true, false, true, true], vec!["utf-8", "utf-16", "utf-32"]),
        ("neovim-0.11", [true, true, false, false, false], vec!["utf-8", "utf-16", "utf-32"]),
        ("neovim-0.10", [true, true, false, false, false], vec!["utf-16"]),
        ("neovim-0.7", [true, false, false, false, false], vec![]),
        ("helix-25.07", [true, true, true, false, true], vec!["utf-8", "utf-32", "utf-16"]),
        ("eglot-1.17", [true, true, true, false, false], vec!["utf-32", "utf-8", "utf-16"]),
        ("lsp-mode-9.0", [true, true, true, false, false], vec!["utf-32", "utf-16"]),
        ("neovim-nightly", [true, true, false, true, true], vec!["utf-8", "utf-16", "utf-32"]),
        ("zed", [true, false, true, false, false], vec!["utf-16"]),
        ("kak-lsp", [true, false, true, true, false], vec!["utf-8", "utf-16"]),
        ("minimal", [false; 5], vec![]),
    ];
    let profiles = profiles::all();
    assert_eq!(profiles.len(), table.len());
    for (profile, (name, declared, encodings)) in profiles.iter().zip(table) {
        // Real clients send members outside the specification. The members in the specification must be valid.
        let read = serde_json::from_value::<lsp::InitializeParams>(profile.initialize.clone());
        assert!(read.is_ok(), "{name}: {read:?}");
        let capabilities = &profile.initialize["capabilities"];
        let has = |pointer: &str| capabilities.pointer(pointer).is_some_and(|value| *value != false);
        let found = [
            has("/window/workDoneProgress"),
            has("/window/showDocument/support"),
            has("/workspace/workspaceEdit/documentChanges"),
            has("/workspace/workspaceEdit/changeAnnotationSupport"),
            has("/textDocument/codeAction/disabledSupport"),
        ];
        assert_eq!((profile.name, found), (name, declared));
        assert_eq!(has("/workspace/applyEdit"), name != "minimal");
        assert_eq!(has("/workspace/textDocumentContent"), ["vscode-1.139", "neovim-nightly"].contains(&name));
        let operations = has("/workspace/workspaceEdit/resourceOperations");
        assert_eq!(operations, !["minimal", "eglot-1.17"].contains(&name), "{name}");
        let offered = capabilities.pointer("/general/positionEncodings").cloned().unwrap_or_else(|| json!([]));
        assert_eq!(offered, json!(encodings), "{name}");
    }
}

/// The failure of a story that must fail.
async fn fails(story: impl Future<Output = ()> + Send + 'static) -> String {
    let panic = tokio::spawn(story).await.expect_err("the story was to fail").into_panic();
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap()
}
