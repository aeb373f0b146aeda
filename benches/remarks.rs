//! Measures a menu and a keystroke in a file of 5,000 lines: with 200 remarks, and without remarks.
//!
//! `cargo bench --bench remarks` prints both times and their ratio. The two editors take turns. Therefore other load on
//! the machine affects both times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stackspot_lsp::testing::config::Environment;
use stackspot_lsp::testing::server::{ServeOptions, serve};
use stackspot_lsp::testing::syntax::worker;
use support::editor::Editor;
use support::peer::{Peer, Script};
use support::profiles;
use tempfile::TempDir;

const URI: &str = "file:///home/ana/shop/prices.txt";

const LINES: usize = 5_000;

/// The remarks of each of the two reviews: the maximum that the settings allow.
const REMARKS: usize = 100;

/// The number of measurements of each case.
const ROUNDS: usize = 40;

/// The number of keystrokes in one measurement.
const KEYSTROKES: usize = 50;

/// The line for the keystrokes and the menu. It has no remark, like most lines.
const LINE: usize = 2_510;

fn line(number: usize) -> String {
    format!("price of item {number} is {} cents", number * 7)
}

fn text() -> String {
    (0..LINES).fold(String::new(), |mut text, number| {
        writeln!(text, "{}", line(number)).unwrap();
        text
    })
}

/// A remark about every 25th line of one half. Each remark has its new text.
fn answer(half: usize) -> String {
    let first = half * LINES / 2;
    (0..REMARKS).fold(String::new(), |mut answer, number| {
        let at = first + number * LINES / 2 / REMARKS;
        let quoted = line(at);
        write!(answer, "<remark lines=\"{}\" severity=\"hint\">\n<at>{quoted}</at>\n", at + 1).unwrap();
        write!(answer, "<say>Number {at}: say euros.</say>\n<new>\n{quoted}, or so\n</new>\n</remark>\n").unwrap();
        answer
    })
}

struct Desk {
    editor: Editor,
    peer: Peer,
    _home: TempDir,
}

impl Desk {
    async fn new() -> Self {
        let (peer, home) = (Peer::start().await, TempDir::new().unwrap());
        let mut variables = peer.environment();
        let folder = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        variables.extend([("XDG_STATE_HOME", folder("state")), ("XDG_CONFIG_HOME", folder("config"))]);
        let options = ServeOptions::for_environment(Environment::from_pairs(variables));
        let start = |input, output| async move { serve(input, output, options).await };
        let editor = Editor::start(profiles::neovim(), start).await;
        editor.change_settings(json!({ "context": { "maxChars": 2_000_000 }, "remarks": { "max": REMARKS } }));
        // The server requests the settings, and no message says when it has them.
        tokio::time::sleep(Duration::from_secs(1)).await;
        editor.open(URI, "plaintext", &text());
        Self { editor, peer, _home: home }
    }

    /// Reviews both halves of the file.
    async fn reviewed(&self) {
        let mut found = 0;
        for half in 0..2 {
            self.peer.expect_chat(Script::stream().text(&answer(half)).end());
            let at = |line: usize| json!({ "line": line, "character": 0 });
            let range = json!({ "start": at(half * LINES / 2), "end": at((half + 1) * LINES / 2) });
            let document = json!({ "uri": URI, "version": self.editor.version(URI) });
            let params = json!({ "action": "review", "textDocument": document, "range": range });
            let result = self.editor.request("stackspot-lsp/run", params).await.unwrap();
            found += result["remarks"].as_array().unwrap().iter().filter(|it| it["edit"].is_object()).count();
        }
        assert_eq!(found, 2 * REMARKS, "each has its place and its fix");
    }

    async fn menu(&self) -> Duration {
        let at = json!({ "line": LINE, "character": 3 });
        let range = json!({ "start": at, "end": at });
        let asked = Instant::now();
        let actions = self.editor.code_actions(URI, &range).await;
        let time = asked.elapsed();
        assert!(actions.len() > 5, "{actions:?}");
        time
    }

    /// The time from the first keystroke until the server has read all of them, divided by their number. The keystrokes
    /// are sent without the editor's own work on its text.
    async fn typing(&self, version: &mut i32) -> Duration {
        let at = json!({ "line": LINE, "character": 0 });
        let began = Instant::now();
        for _ in 0..KEYSTROKES {
            *version += 1;
            let change = json!({ "range": { "start": at, "end": at }, "text": "x" });
            let document = json!({ "uri": URI, "version": *version });
            let params = json!({ "textDocument": document, "contentChanges": [change] });
            self.editor.notify("textDocument/didChange", params);
        }
        self.editor.execute("stackspot-lsp.status", Value::Null).await;
        began.elapsed() / u32::try_from(KEYSTROKES).unwrap()
    }
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn tell(what: &str, [without, with]: &mut [Vec<Duration>; 2]) {
    let (without, with) = (median(without), median(with));
    println!(
        "{what:<12} without {without:>8.1} µs, with {} remarks {with:>8.1} µs, ratio {:.3}",
        2 * REMARKS,
        with / without
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    worker::parse_with(Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
    let desks = [Desk::new().await, Desk::new().await];
    desks[1].reviewed().await;
    let (mut menus, mut keys) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let mut versions = [0, 1].map(|which: usize| desks[which].editor.version(URI));
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            keys[which].push(desks[which].typing(&mut versions[which]).await);
            menus[which].push(desks[which].menu().await);
        }
    }
    tell("a menu", &mut menus);
    tell("a keystroke", &mut keys);
    for desk in desks {
        desk.editor.hang_up().await;
    }
}
