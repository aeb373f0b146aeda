//! A document of 50 MB, as when a user opens a log or a dump by accident.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::child::{Home, Server};
use crate::support::peer::{Peer, Script};

const URI: &str = file_uri!("/shop/dump.py");
const LINE: &str = "value = compute_something_of_some_length(1, 2, 3)  # ção, 日本語, 🦀\n";
const SIZE: usize = 50_000_000;

#[tokio::test]
async fn a_document_of_50_mb_is_opened_edited_and_asked_about() {
    let lines = SIZE / LINE.len() + 1;
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    let mut server = home.serve(&[]).await;
    server.open(URI, "python", &LINE.repeat(lines)).await;

    for (version, line) in (2..).zip([lines - 1, 0, lines / 2]) {
        let start = json!({ "line": line, "character": 0 });
        let change = json!({ "range": { "start": start, "end": start }, "text": format!("edited_{version} = ") });
        let document = json!({ "uri": URI, "version": version });
        server.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] })).await;
    }
    server.request(1, "textDocument/codeAction", code_action(lines / 2, lines / 2 + 1)).await;
    let actions = server.response(1).await;
    assert!(actions["result"].as_array().is_some_and(|actions| !actions.is_empty()), "{actions}");
    // The server has now read all earlier messages. From here on each request must be fast.
    let began = Instant::now();
    server.request(2, "textDocument/codeAction", code_action(lines / 2, lines / 2 + 1)).await;
    server.response(2).await;
    assert!(began.elapsed() < Duration::from_millis(500), "a code action took {:?}", began.elapsed());

    // The whole text is too large for any agent. The server returns one error, and sends nothing.
    server.request(3, "stackspot-lsp/run", run("explain", 0, lines)).await;
    let refused = server.response(3).await;
    assert_eq!(refused["error"]["code"], -32803, "{refused}");
    assert_eq!(refused["error"]["data"]["kind"], "promptTooLarge", "{refused}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("context.maxChars") || message.contains("elect less"), "it says what to do: {message}");
    assert!(message.len() < 1000);
    assert_eq!(peer.chats().len(), 0);

    // A few lines of it work as in any document. They come from the current text.
    peer.expect_chat(Script::stream().text("It computes.").end());
    server.request(4, "stackspot-lsp/run", run("explain", lines / 2, lines / 2 + 1)).await;
    let answered = server.response(4).await;
    assert_eq!(answered["result"]["answer"], "It computes.", "{answered}");
    let prompt = peer.chats()[0].json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("edited_4 = value") && prompt.len() < 100_000, "{} bytes", prompt.len());

    close_and_end(server).await;
}

fn range(first: usize, end: usize) -> Value {
    json!({ "start": { "line": first, "character": 0 }, "end": { "line": end, "character": 0 } })
}

fn code_action(first: usize, end: usize) -> Value {
    json!({ "textDocument": { "uri": URI }, "range": range(first, end), "context": { "diagnostics": [], "triggerKind": 1 } })
}

fn run(action: &str, first: usize, end: usize) -> Value {
    json!({ "action": action, "textDocument": { "uri": URI, "version": 4 }, "range": range(first, end) })
}

async fn close_and_end(mut server: Server) {
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } })).await;
    server.shut_down().await;
}
