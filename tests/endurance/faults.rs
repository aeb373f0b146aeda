//! The client at its worst, and with it the disk, the clock and the machine.

use std::time::Duration;

use futures::FutureExt;
use serde_json::{Value, json};

use crate::client::{Link, Manner};
use crate::machine::{Folder, clock, folder, kill_children, limited, two_servers};
use crate::matrix::Case;
use crate::support::editor_text::Change;
use crate::support::peer::{Exchange, Gate, Script};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, milliseconds, options, refactored};

macro_rules! cases {
    ($($name:literal: $story:expr;)*) => {
        /// All cases.
        pub fn cases() -> Vec<Case> {
            vec![$(Case { name: $name, story: || async { $story.await }.boxed() }),*]
        }
    };
}

cases! {
    "requests are never answered": manners(|_| Manner::Never, "proposed");
    "requests are answered late": manners(|_| Manner::Late(Duration::from_millis(1500)), "applied");
    "requests are answered twice": manners(|_| Manner::Twice, "applied");
    "requests are answered with errors": manners(|_| Manner::Error, "proposed");
    "requests are answered with a number": manners(|_| Manner::Wrongly(json!(7)), "proposed");
    "requests are answered with null": manners(|_| Manner::Wrongly(Value::Null), "proposed");
    "requests are answered with a deep list": manners(|_| Manner::Wrongly(deep()), "proposed");
    "applied is a word": manners(|_| Manner::Wrongly(json!({ "applied": "yes", "success": [] })), "proposed");
    "edits are claimed and not made": manners(|_| Manner::Wrongly(json!({ "applied": true, "success": true })), "proposed");
    "100,000 changes": many_changes();
    "10,000 menus at once": many_menus();
    "10,000 jobs cancelled at once": many_cancelled();
    "rubbish between the messages": rubbish();
    "output is not read": unread();
    "the client dies in a job": dies(Death::Pipes);
    "SIGTERM in a job": dies(Death::Signal);
    "settings change 200 times in a job": settings();
    "settings of the wrong types": wrong_settings();
    "the document is closed in a job": closed();
    "the text is replaced 500 times in a job": replaced();
    "the worker is killed again and again": worker_killed();
    "state folder is read-only": folder(Folder::ReadOnly);
    "state folder is a file": folder(Folder::IsAFile);
    "state folder is full": folder(Folder::Full);
    "state folder is removed in a job": folder(Folder::Removed);
    "two servers on one folder": two_servers();
    "the clock jumps by years": clock();
    "a kept connection falls silent": crate::silence::in_own_network("silence");
    "32 descriptors": limited("--nofile=32");
    "80 MB of memory": limited("--data=80000000");
    "no process can be started": limited("--nproc=1");
}

/// A job whose answer waits in the middle for the gate.
pub(crate) fn held(world: &World) -> (Gate, Exchange) {
    let gate = Gate::default();
    let (first, second) = BETTER.split_at(20);
    (gate.clone(), world.peer.expect_chat(Script::stream().text(first).gate(&gate).text(second).end()))
}

pub(crate) fn start(link: &Link, action: &str) -> i64 {
    link.request("stackspot-lsp/run", link.run_params(action, URI, FUNCTION))
}

pub(crate) async fn finished(link: &Link, id: i64) -> String {
    let response = link.response(id).await;
    match response["result"]["outcome"].as_str() {
        Some(outcome) => outcome.to_owned(),
        None => format!("error {}", response["error"]["code"]),
    }
}

fn deep() -> Value {
    (0..100).fold(json!(1), |inner, _| json!([inner]))
}

/// An edit and a question, with a client that answers so. The text is the new one where it was applied, else the old one.
async fn manners(manner: fn(&str) -> Manner, expected: &str) -> Vec<String> {
    let world = World::start().await;
    world.link().state().manner = Box::new(manner);
    let result = world.run("refactor").await;
    assert_eq!(result["outcome"], expected, "{result}");
    let text = world.link().text(URI);
    assert_eq!(text, if expected == "applied" { refactored() } else { SOURCE.to_owned() });
    world.link().close(URI);
    world.link().open(URI, "python", SOURCE);
    world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    let answer = world.run("explain").await;
    assert_eq!((&answer["outcome"], &answer["answer"]), (&json!("answered"), &json!("It adds prices.")), "{answer}");
    world.ends_well(format!("edit {expected}, question answered")).await
}

async fn many_changes() -> Vec<String> {
    const CHANGES: usize = 100_000;
    let world = World::start().await;
    let link = world.link();
    let began = std::time::Instant::now();
    // Letters that come and go, in the comment above what is asked about and below it.
    for number in 0..CHANGES / 2 {
        let at = if number % 2 == 0 { 2 } else { SOURCE.len() };
        link.change(URI, &Change { start: at, end: at, text: "é".to_owned() });
        link.change(URI, &Change { start: at, end: at + "é".len(), text: String::new() });
    }
    link.status().await;
    let took = began.elapsed();
    let result = world.run("refactor").await;
    assert_eq!((&result["outcome"], link.text(URI)), (&json!("applied"), refactored()), "{result}");
    world.ends_well(format!("read in {}; edit applied", milliseconds(took))).await
}

async fn many_menus() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    let range = link.run_params("refactor", URI, FUNCTION)["range"].clone();
    let began = std::time::Instant::now();
    let params = Link::menu_params(URI, &range);
    let ids: Vec<i64> = (0..10_000).map(|_| link.request("textDocument/codeAction", params.clone())).collect();
    for id in ids {
        let menu = link.response(id).await;
        assert!(menu["result"].as_array().is_some_and(|actions| !actions.is_empty()), "{menu}");
    }
    let took = began.elapsed();
    world.ends_well(format!("all answered in {}", milliseconds(took))).await
}

async fn many_cancelled() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    world.peer.answer_by_default(Script::stream().text("It begins").stall());
    let ids: Vec<i64> = (0..10_000).map(|_| start(link, "explain")).collect();
    for id in &ids {
        link.tell("$/cancelRequest", json!({ "id": id }));
    }
    // A thousand wait beside the eight that ask; the rest is refused before anything is made for it.
    let (mut cancelled, mut refused) = (0, 0);
    for id in ids {
        let error = &link.response(id).await["error"];
        match (error["code"].as_i64(), error["data"]["kind"].as_str()) {
            (Some(-32800), _) => cancelled += 1,
            (Some(-32803), Some("refused")) => refused += 1,
            _ => panic!("{error}"),
        }
    }
    let status = link.status().await;
    assert_eq!(status["jobs"], json!([]));
    world.peer.connections_open(0).await;
    world.ends_well(format!("{cancelled} answered as cancelled, {refused} refused, no connection left")).await
}

async fn rubbish() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    for message in [
        json!([]),
        json!(null),
        json!("hello"),
        deep(),
        json!({ "jsonrpc": "1.0" }),
        json!({ "jsonrpc": "2.0", "id": { "a": 1 }, "method": "shutdown" }),
        json!({ "jsonrpc": "2.0", "id": 1.5, "method": "no/such" }),
        json!({ "jsonrpc": "2.0", "id": 99_999, "result": {} }),
        json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": { "textDocument": 3 } }),
        json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": { "textDocument": { "uri": URI, "version": -7 },
            "contentChanges": [{ "range": { "start": { "line": 4_294_967_295_u32, "character": 4_294_967_295_u32 },
            "end": { "line": 0, "character": 0 } }, "text": "" }] } }),
        json!({ "jsonrpc": "2.0", "method": "textDocument/didClose", "params": { "textDocument": { "uri": "::" } } }),
        json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": [] } }),
    ] {
        link.send(message);
    }
    // What was wrong about the text is mended by the whole of it.
    link.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [{ "text": SOURCE }] }),
    );
    link.state().documents.get_mut(URI).unwrap().version = 2;
    let result = world.run("refactor").await;
    assert_eq!((&result["outcome"], link.text(URI)), (&json!("applied"), refactored()), "{result}");
    world.ends_well("passed over; edit applied").await
}

async fn unread() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    let answer = "It adds prices. ".repeat(20_000);
    let pieces = answer.as_bytes().chunks(400).map(|piece| std::str::from_utf8(piece).unwrap());
    let script = pieces.fold(Script::stream(), Script::text).end();
    let chats: Vec<Exchange> = (0..8).map(|_| world.peer.expect_chat(script.clone())).collect();
    world.client.reads(false);
    let ids: Vec<i64> = (0..8)
        .map(|number| {
            let mut params = link.run_params("explain", URI, FUNCTION);
            params["partialResultToken"] = json!(format!("p{number}"));
            link.request("stackspot-lsp/run", params)
        })
        .collect();
    for chat in chats {
        chat.sent().await;
    }
    world.client.reads(true);
    for id in ids {
        let response = link.response(id).await;
        let received = response["result"]["answer"].as_str().unwrap_or_default();
        assert!(received.trim_end() == answer.trim_end(), "{} of {} bytes", received.len(), answer.len());
    }
    world.ends_well("8 answers of 0.3 MB whole afterwards").await
}

enum Death {
    Pipes,
    Signal,
}

async fn dies(death: Death) -> Vec<String> {
    let world = World::start().await;
    let chat = world.peer.expect_chat(Script::stream().text("It begins, ").stall());
    start(world.link(), "explain");
    chat.arrived().await;
    if let Death::Signal = death {
        crate::child::signal(&world.client.child, rustix::process::Signal::TERM);
    }
    let ended = world.client.die().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
    chat.closed().await;
    vec!["the stream is closed".into(), "-".into(), "-".into(), format!("1 after {}", milliseconds(ended.took))]
}

async fn settings() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    let (gate, chat) = held(&world);
    let job = start(link, "refactor");
    chat.arrived().await;
    for number in 0..200 {
        let surface = ["message", "file", "virtual", "auto"][number % 4];
        let mut settings = options();
        settings["limits"]["concurrentJobs"] = json!(1 + number % 9);
        settings["answer"]["surface"] = json!(surface);
        settings["language"] = json!(["en", "pt-BR"][number % 2]);
        link.tell("workspace/didChangeConfiguration", json!({ "settings": { "stackspot-lsp": settings } }));
    }
    link.status().await;
    gate.open();
    assert_eq!((finished(link, job).await, link.text(URI)), ("applied".to_owned(), refactored()));
    world.ends_well("edit applied").await
}

async fn wrong_settings() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    for settings in [
        json!(3),
        deep(),
        json!({ "stackspot-lsp": [] }),
        json!({ "stackspot-lsp": { "limits": { "concurrentJobs": -1, "requestsPerMinute": "many" }, "timeouts": 7 } }),
        json!({ "stackspot-lsp": { "timeouts": { "idleMs": 1e300 }, "actions": { "refactor": null, "": {} } } }),
    ] {
        link.tell("workspace/didChangeConfiguration", json!({ "settings": settings }));
    }
    link.tell("workspace/didChangeConfiguration", json!({ "settings": { "stackspot-lsp": options() } }));
    let result = world.run("refactor").await;
    assert_eq!((&result["outcome"], link.text(URI)), (&json!("applied"), refactored()), "{result}");
    world.ends_well("edit applied").await
}

async fn closed() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    let (gate, chat) = held(&world);
    let job = start(link, "refactor");
    chat.arrived().await;
    link.close(URI);
    gate.open();
    assert_eq!(finished(link, job).await, "proposed");
    world.ends_well("proposed").await
}

async fn replaced() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    let (gate, chat) = held(&world);
    let job = start(link, "refactor");
    chat.arrived().await;
    for number in 0..500 {
        let end = link.text(URI).len();
        link.change(URI, &Change { start: 0, end, text: format!("# {number}\n{}", SOURCE.replace("sum", "s")) });
    }
    let typed = link.text(URI);
    gate.open();
    assert_eq!((finished(link, job).await, link.text(URI)), ("proposed".to_owned(), typed));
    world.ends_well("proposed").await
}

async fn worker_killed() -> Vec<String> {
    let world = World::start().await;
    let link = world.link();
    let pid = world.client.child.id().unwrap();
    let (mut killed, mut applied) = (0, 0);
    for number in 0..20 {
        // Another text each time: one that ended the worker is not parsed again.
        let text = format!("{SOURCE}# {number}\n");
        link.close(URI);
        link.open(URI, "python", &text);
        let job = start(link, "refactor");
        killed += kill_children(pid);
        let end = finished(link, job).await;
        let expected = if end == "applied" { text.replace(FUNCTION, BETTER) } else { text };
        assert_eq!(link.text(URI), expected, "{end}");
        applied += usize::from(end == "applied");
    }
    assert!(killed > 0 && applied > 0, "{killed} killed, {applied} applied");
    world.ends_well("each edit whole or proposed").await
}
