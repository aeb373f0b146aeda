//! Large amounts: what each costs in time, memory and descriptors, and that twice as much costs about twice.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::child::Home;
use crate::client::{Client, Link};
use crate::support::peer::{Peer, Script, sse_text};
use crate::world::{BETTER, FUNCTION, SOURCE, command, descriptors, megabytes, options, resident};

/// How often the time of half the amount that of the whole may be; twice is linear, and machines are busy.
const MOST_TIMES: f64 = 3.5;

/// What is measured over an amount, in a session of its own.
struct Amount {
    name: &'static str,
    count: usize,
    settings: fn() -> Value,
    files: fn(&Home, usize),
    work: fn(&Session, usize) -> futures::future::BoxFuture<'_, ()>,
}

struct Session {
    link: Link,
    peer: Peer,
}

macro_rules! amounts {
    ($($name:literal, $count:expr, $settings:ident, $files:ident, $work:ident;)*) => {
        fn amounts() -> Vec<Amount> {
            vec![$(Amount { name: $name, count: $count, settings: $settings, files: $files,
                work: |session, count| Box::pin($work(session, count)) }),*]
        }
    };
}

amounts! {
    "jobs, one after the other", 10_000, options, no_files, jobs;
    "jobs at once", 64, many_at_once, no_files, jobs_at_once;
    "jobs at once, of which a thousand may wait", 10_000, options, no_files, far_too_many_jobs;
    "edits of one document", 1_000, options, no_files, edits;
    "documents open, and a menu in each", 1_000, options, no_files, documents;
    "MB of one document, 300 changes, a menu and a question", 50, options, no_files, large_document;
    "MB of one line, the same", 5, options, no_files, long_line;
    "MB of an answer in one frame", 16, options, no_files, answer_in_one_frame;
    "MB of an answer in frames of 64 KiB", 16, options, no_files, answer_in_frames;
    "prompt files, and a menu", 5_000, options, prompt_files, menus;
}

/// Measures all of it, half and whole; prints the table, and whether all of it is linear and gives back what it took.
pub async fn run(only: Option<&str>) -> bool {
    println!(
        "| amount | time: half, all | memory: idle, most, 3 s after all was closed | descriptors: before, after |\n\
         | --- | --- | --- | --- |"
    );
    let (mut passed, mut failed) = (0, 0);
    for amount in amounts() {
        if only.is_some_and(|only| !amount.name.contains(only)) {
            continue;
        }
        let half = measure(&amount, amount.count / 2).await;
        let all = measure(&amount, amount.count).await;
        println!(
            "| {} {} | {:.2}, {:.2} s | {}, {}, {} MB | {}, {} |",
            amount.count,
            amount.name,
            half.time.as_secs_f64(),
            all.time.as_secs_f64(),
            megabytes(all.memory[0]),
            megabytes(all.memory[1]),
            megabytes(all.memory[2]),
            all.descriptors[0],
            all.descriptors[1]
        );
        // What takes no time at all is not compared.
        let is_linear = all.time.as_secs_f64() <= (half.time.as_secs_f64() * MOST_TIMES).max(0.5);
        // Eight connections are kept for the next questions, and the worker that parses has three pipes.
        let gives_back = all.descriptors[1] <= all.descriptors[0] + 11;
        if is_linear && gives_back {
            passed += 1;
        } else {
            failed += 1;
            println!("FAILED: linear {is_linear}, descriptors given back {gives_back}");
        }
    }
    println!("\n{passed} passed, {failed} failed");
    failed == 0 && passed > 0
}

struct Measured {
    time: Duration,
    memory: [u64; 3],
    descriptors: [usize; 2],
}

async fn measure(amount: &Amount, count: usize) -> Measured {
    let peer = Peer::start().await;
    peer.answer_as(|_| Script::stream().text(BETTER).end());
    let home = Home::new().with_all(peer.environment());
    (amount.files)(&home, count);
    let folder = home.folder.path().join("shop");
    std::fs::create_dir_all(&folder).unwrap();
    let client = Client::start_in(command(&home, &[]), (amount.settings)(), Some(&folder)).await;
    let pid = client.child.id().unwrap();
    let session = Session { link: client.link.clone(), peer };
    session.link.status().await;
    let (idle, descriptors_before) = (resident(pid, "VmRSS"), descriptors(pid));
    let began = Instant::now();
    (amount.work)(&session, count).await;
    session.link.status().await;
    let time = began.elapsed();
    let open: Vec<String> = session.link.state().documents.keys().cloned().collect();
    open.iter().for_each(|uri| session.link.close(uri));
    session.link.status().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    session.link.status().await;
    let memory = [idle, resident(pid, "VmHWM"), resident(pid, "VmRSS")];
    let descriptors = [descriptors_before, descriptors(pid)];
    let ended = client.shut_down().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    session.peer.forget_unused();
    Measured { time, memory, descriptors }
}

fn no_files(_: &Home, _: usize) {}

fn many_at_once() -> Value {
    let mut settings = options();
    settings["limits"]["concurrentJobs"] = json!(64);
    settings
}

fn uri(number: usize) -> String {
    format!("file:///shop/cart{number}.py")
}

async fn outcome(link: &Link, id: i64) -> String {
    let response = link.response(id).await;
    response["result"]["outcome"].as_str().unwrap_or_else(|| panic!("{response}")).to_owned()
}

async fn jobs(session: &Session, count: usize) {
    let link = &session.link;
    link.open(&uri(0), "python", SOURCE);
    let params = link.run_params("explain", &uri(0), FUNCTION);
    for _ in 0..count {
        let id = link.request("stackspot-lsp/run", params.clone());
        assert_eq!(outcome(link, id).await, "answered");
    }
}

async fn jobs_at_once(session: &Session, count: usize) {
    let link = &session.link;
    link.open(&uri(0), "python", SOURCE);
    let params = link.run_params("explain", &uri(0), FUNCTION);
    let ids: Vec<i64> = (0..count).map(|_| link.request("stackspot-lsp/run", params.clone())).collect();
    for id in ids {
        assert_eq!(outcome(link, id).await, "answered");
    }
}

async fn far_too_many_jobs(session: &Session, count: usize) {
    let link = &session.link;
    link.open(&uri(0), "python", SOURCE);
    let params = link.run_params("explain", &uri(0), FUNCTION);
    let ids: Vec<i64> = (0..count).map(|_| link.request("stackspot-lsp/run", params.clone())).collect();
    let mut answered = 0;
    for id in ids {
        let response = link.response(id).await;
        let is_refused = response["error"]["data"]["kind"] == "refused";
        assert!(is_refused || response["result"]["outcome"] == "answered", "{response}");
        answered += usize::from(!is_refused);
    }
    assert!(answered >= 1_000, "{answered}");
}

async fn edits(session: &Session, count: usize) {
    let link = &session.link;
    for _ in 0..count {
        link.open(&uri(0), "python", SOURCE);
        let id = link.request("stackspot-lsp/run", link.run_params("refactor", &uri(0), FUNCTION));
        assert_eq!(outcome(link, id).await, "applied");
        link.close(&uri(0));
    }
}

async fn documents(session: &Session, count: usize) {
    let link = &session.link;
    let text = SOURCE.repeat(20);
    for number in 0..count {
        link.open(&uri(number), "python", &text);
        menu(link, &uri(number)).await;
    }
}

async fn menu(link: &Link, uri: &str) {
    let (start, end) = (json!({ "line": 2, "character": 0 }), json!({ "line": 3, "character": 0 }));
    let menu =
        link.ask("textDocument/codeAction", Link::menu_params(uri, &json!({ "start": start, "end": end }))).await;
    assert!(menu["result"].as_array().is_some_and(|actions| !actions.is_empty()), "{menu}");
}

/// Opens a text, changes it in many places, and asks about a few letters of it. The client keeps no model of it.
async fn opened_and_changed(session: &Session, text: &str, place: impl Fn(usize) -> Value) {
    let (link, uri) = (&session.link, uri(0));
    let item = json!({ "uri": uri, "languageId": "python", "version": 1, "text": text });
    link.tell("textDocument/didOpen", json!({ "textDocument": item }));
    for number in 0..300 {
        let at = place(number);
        let change = json!({ "range": { "start": at, "end": at }, "text": "é" });
        let document = json!({ "uri": uri, "version": number + 2 });
        link.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }
    menu(link, &uri).await;
    let mut end = place(3);
    end["character"] = json!(place(3)["character"].as_u64().unwrap() + 10);
    let range = json!({ "start": place(3), "end": end });
    let params = json!({ "action": "explain", "textDocument": { "uri": uri, "version": 301 }, "range": range });
    let id = link.request("stackspot-lsp/run", params);
    assert_eq!(outcome(link, id).await, "answered");
    link.close(&uri);
}

async fn large_document(session: &Session, megabytes: usize) {
    let line = "value = compute_something(1, 2, 3)  # ção, 日本語, 🦀\n";
    let lines = megabytes * 1_000_000 / line.len();
    opened_and_changed(session, &line.repeat(lines), |number| json!({ "line": number * lines / 300, "character": 3 }))
        .await;
}

async fn long_line(session: &Session, megabytes: usize) {
    let piece = "x = [1, 2, 3]; ";
    let letters = megabytes * 1_000_000;
    let text = format!("# one\n# two\n{}\n", piece.repeat(letters / piece.len()));
    opened_and_changed(session, &text, |number| json!({ "line": 2, "character": number * (letters - 100) / 300 }))
        .await;
}

fn megabytes_of_words(megabytes: usize) -> String {
    "It adds the prices of the items. ".repeat(megabytes * 1_000_000 / 33)
}

async fn answered_with(session: &Session, text: &str, script: Script) {
    let link = &session.link;
    link.open(&uri(0), "python", SOURCE);
    session.peer.expect_chat(script.end());
    let response = link.ask("stackspot-lsp/run", link.run_params("explain", &uri(0), FUNCTION)).await;
    let answer = response["result"]["answer"].as_str().unwrap_or_default();
    assert!(answer.trim_end() == text.trim_end(), "{} of {} bytes", answer.len(), text.len());
}

async fn answer_in_one_frame(session: &Session, megabytes: usize) {
    // One frame holds 16 MiB at most, with what is around the text.
    let text = megabytes_of_words(megabytes);
    answered_with(session, &text, Script::stream().text(&text)).await;
}

async fn answer_in_frames(session: &Session, megabytes: usize) {
    let text = megabytes_of_words(megabytes);
    let frames = text.as_bytes().chunks(64 << 10).map(|piece| sse_text(std::str::from_utf8(piece).unwrap()));
    answered_with(session, &text, frames.fold(Script::stream(), Script::bytes)).await;
}

fn prompt_files(home: &Home, count: usize) {
    for number in 0..count {
        let text = format!("---\ntitle: Prompt {number}\n---\nSay something about {{{{ selection }}}}.\n");
        home.file(&format!("shop/.stackspot/actions/prompt-{number}.md"), text);
    }
}

async fn menus(session: &Session, _: usize) {
    session.link.open(&uri(0), "python", SOURCE);
    for _ in 0..10 {
        menu(&session.link, &uri(0)).await;
    }
}
