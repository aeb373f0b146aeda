//! How many instructions the paths cost that a user waits for, held against `counts.txt`.
//!
//! Time says little on a machine that does other things; instructions hardly change. Each path is done so often in one
//! session of the program under valgrind and not at all in another: what lies between is its cost, from the byte that comes
//! in to the byte that goes out. The worker that parses is another process and is not counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::child::Home;
use crate::client::{Client, Link};
use crate::support::editor_text::Change;
use crate::support::peer::{Peer, Script, sse_text};
use crate::world::{BETTER, FUNCTION, SOURCE, command, options};

/// How much more than the file says a path may cost, and how much less before the file is to be written anew.
const MARGIN: f64 = 0.10;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/endurance/counts.txt");
const URI: &str = "file:///shop/cart.py";

/// A path, how often it is done, and how.
struct Path {
    name: &'static str,
    times: usize,
    work: fn(&Session, usize) -> BoxFuture<'_, ()>,
}

struct Session {
    link: Link,
    peer: Peer,
}

macro_rules! paths {
    ($($name:literal, $times:expr, $work:ident;)*) => {
        fn paths() -> Vec<Path> {
            vec![$(Path { name: $name, times: $times, work: |session, times| Box::pin($work(session, times)) }),*]
        }
    };
}

paths! {
    "didChange", 1_000, changes;
    "menu", 200, menus;
    "delta to frame", 4_000, deltas;
    "edit: plan and proposal", 20, edits;
    "guard on 1 MB", 1, large_question;
    "reply of 1 MB", 1, large_reply;
    "settings change", 200, settings;
}

/// Counts all paths; prints the table, and whether none costs more than the file says.
pub async fn run() -> bool {
    let mut counts = BTreeMap::from([("start".to_owned(), counted(None).await)]);
    for path in paths() {
        let (none, all) = (counted(Some((&path, 0))).await, counted(Some((&path, path.times))).await);
        counts.insert(path.name.to_owned(), all.saturating_sub(none) / path.times as u64);
    }
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        let lines = counts.iter().fold(String::new(), |mut text, (name, count)| {
            writeln!(text, "{count:>12} {name}").unwrap();
            text
        });
        std::fs::write(FILE, lines).unwrap();
    }
    let file = std::fs::read_to_string(FILE).unwrap();
    let known = file.lines().filter_map(|line| line.trim().split_once(' '));
    let known: BTreeMap<&str, u64> = known.map(|(count, name)| (name, count.parse().unwrap())).collect();
    println!("| path | instructions | in the file | |\n| --- | --- | --- | --- |");
    let (mut passed, mut failed) = (0, 0);
    for (name, count) in &counts {
        let before = *known.get(name.as_str()).unwrap_or_else(|| panic!("{FILE} has no line for {name:?}"));
        let change = *count as f64 / before as f64 - 1.0;
        println!("| {name} | {count} | {before} | {:+.1} % |", change * 100.0);
        if change > MARGIN {
            failed += 1;
            println!("FAILED: {name} costs over {} % more", MARGIN * 100.0);
        } else {
            passed += 1;
            if change < -MARGIN {
                println!("{name} got cheaper: write the file anew with UPDATE_COUNTS=1");
            }
        }
    }
    println!("\n{passed} passed, {failed} failed");
    failed == 0
}

/// The instructions of a session in which a path is done so often; without one, from the start to `initialized` and the end.
async fn counted(path: Option<(&Path, usize)>) -> u64 {
    let peer = Peer::start().await;
    peer.answer_as(|_| Script::stream().text(BETTER).end());
    let home = Home::new().with_all(peer.environment()).with("PATH", "/usr/bin:/bin");
    let mut settings = options();
    settings["context"] = json!({ "maxChars": 4_000_000 });
    let valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
    let client = Client::start(command(&home, &valgrind), settings).await;
    let session = Session { link: client.link.clone(), peer };
    if let Some((path, times)) = path {
        session.link.open(URI, "python", SOURCE);
        (path.work)(&session, times).await;
        session.link.status().await;
    }
    let ended = client.shut_down().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let refs =
        ended.stderr.lines().find_map(|line| line.split_once("I   refs:").or_else(|| line.split_once("I refs:")));
    let refs = refs.unwrap_or_else(|| panic!("valgrind counted nothing: {}", ended.stderr)).1.trim().replace(',', "");
    session.peer.forget_unused();
    refs.parse().unwrap()
}

async fn ended(session: &Session, params: Value) {
    let response = session.link.ask("stackspot-lsp/run", params).await;
    assert!(response["result"]["outcome"].is_string(), "{response}");
}

async fn changes(session: &Session, times: usize) {
    for number in 0..times {
        let at = if number % 2 == 0 { 2 } else { 0 };
        session.link.change(URI, &Change { start: at, end: at, text: "x".to_owned() });
    }
}

async fn menus(session: &Session, times: usize) {
    let range = session.link.run_params("explain", URI, FUNCTION)["range"].clone();
    // The first one makes the line to the service warm, once for a session: both sessions pay for that.
    for _ in 0..=times {
        session.link.ask("textDocument/codeAction", Link::menu_params(URI, &range)).await;
    }
}

async fn deltas(session: &Session, times: usize) {
    // A hundred in a write, as from a service that is quicker than its reader.
    let frames: Vec<String> = (0..times).map(|number| sse_text(&format!("word{} ", number % 10))).collect();
    let script = frames.chunks(100).fold(Script::stream().text("It "), |script, frames| script.bytes(frames.concat()));
    session.peer.expect_chat(script.end());
    let mut params = session.link.run_params("explain", URI, FUNCTION);
    params["partialResultToken"] = json!("p");
    ended(session, params).await;
}

async fn edits(session: &Session, times: usize) {
    let lines: String = (0..200).map(|line| format!("    sum_{line} = compute({line})\n")).collect();
    let uri = "file:///shop/long.py";
    let function = format!("def long():\n{lines}    return 1\n");
    session.link.open(uri, "python", &format!("import os\n\n\n{function}"));
    let reply = function.replace("compute(", "calculate(1, ");
    for _ in 0..times {
        session.peer.expect_chat(Script::stream().text(&reply).end());
        let mut params = session.link.run_params("refactor", uri, &function);
        params["apply"] = json!("review");
        ended(session, params).await;
    }
}

async fn large_question(session: &Session, times: usize) {
    let uri = "file:///shop/large.py";
    let code = "total = total + price(item, 17)  # the price of one\n".repeat(1_000_000 / 52);
    session.link.open(uri, "python", &code);
    let asked = if times == 0 { &code[..52] } else { &code };
    ended(session, session.link.run_params("explain", uri, asked)).await;
}

async fn large_reply(session: &Session, times: usize) {
    let code =
        "total = total + price(item, 17)  # the price of one\n".repeat(if times == 0 { 1 } else { 1_000_000 / 52 });
    session.peer.expect_chat(Script::stream().text(&format!("Here:\n\n```python\n{code}```\n")).end());
    ended(session, session.link.run_params("refactor", URI, FUNCTION)).await;
}

async fn settings(session: &Session, times: usize) {
    for number in 0..times {
        let mut settings = options();
        settings["limits"]["concurrentJobs"] = json!(1 + number % 9);
        session.link.tell("workspace/didChangeConfiguration", json!({ "settings": { "stackspot-lsp": settings } }));
    }
}
