//! Hours of mixed use, by lot: somebody types, asks, cancels and changes settings, the service and the client misbehave, the
//! worker is killed. A model of the text judges every edit.
//!
//! The document is a row of slots between lines that nobody touches. The agent notes what it was asked about and what it
//! answered. An edit is right where it changes one slot, where the text that the agent saw stands there to the letter, and
//! where exactly that becomes the agent's answer; no offset is computed for it.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::child::Home;
use crate::client::{Client, Link, Manner};
use crate::machine::kill_children;
use crate::plot::{Line, svg};
use crate::slots::{Memory, code_of, function, judge, without_numbers};
use crate::support::editor_text::Change;
use crate::support::peer::{Peer, Request, Script};
use crate::world::{command, descriptors, options, resident};

const URI: &str = "file:///shop/slots.py";
const SLOTS: usize = 24;
/// Jobs at a time, most of them in the queue.
const JOBS: usize = 16;
/// Edits that are left waiting.
const UNDECIDED: usize = 16;
/// What the agent remembers of each slot.
const REMEMBERED: usize = 400;
/// How long a note gets before it is written anew.
const NOTE: usize = 160;

/// What is measured now and then.
struct Sample {
    second: f64,
    resident: u64,
    worker: u64,
    descriptors: usize,
    threads: usize,
}

/// Runs for so many seconds; prints what happened, and whether all was well.
pub async fn run(seconds: u64, seed: u64, plot: Option<&Path>) -> bool {
    let memory = Memory::default();
    let peer = Peer::start().await;
    let (noted, agents_dice) = (Arc::clone(&memory), Mutex::new(Rng::with_seed(seed ^ 0xa9e47)));
    peer.answer_as(move |request| answer(request, &noted, &mut agents_dice.lock().unwrap()));
    let home = Home::new().with_all(peer.environment());
    let client = Client::start(command(&home, &[]), settings(0)).await;
    let pid = client.child.id().unwrap();
    let link = client.link.clone();
    let judged = Arc::new(Mutex::new((0_u64, BTreeMap::<usize, u64>::new())));
    {
        let (memory, judged) = (Arc::clone(&memory), Arc::clone(&judged));
        let mut dice = Rng::with_seed(seed ^ 0x77);
        let mut state = link.state();
        state.judge = Box::new(move |_, before, after| {
            let mut judged = judged.lock().unwrap();
            let slot = judge(before, after, &memory)?;
            judged.0 += 1;
            *judged.1.entry(slot).or_default() += 1;
            Ok(())
        });
        state.manner = Box::new(move |_| manner(&mut dice));
    }
    let text: String = (0..SLOTS)
        .map(|slot| format!("SLOT = {slot}\nnote = \"\"\n\n\n{}\n\n\n", function(slot, "start", 2)))
        .collect();
    link.open(URI, "python", &text);

    let mut user = User {
        dice: Rng::with_seed(seed),
        link,
        pending: Vec::new(),
        undecided: VecDeque::new(),
        ends: BTreeMap::new(),
        operations: 0,
    };
    let (began, mut samples) = (Instant::now(), Vec::new());
    let every = Duration::from_millis((seconds * 1000 / 400).clamp(250, 5000));
    while began.elapsed() < Duration::from_secs(seconds) {
        let due = samples
            .last()
            .is_none_or(|sample: &Sample| began.elapsed().as_secs_f64() >= sample.second + every.as_secs_f64());
        if due {
            samples.push(sample(pid, began));
        }
        user.does_something(pid).await;
        tokio::time::sleep(Duration::from_millis(8)).await;
    }
    user.finishes().await;
    samples.push(sample(pid, began));

    // The server knows the text as the client does: each slot is asked about to the letter.
    let mut known = 0;
    user.link.state().manner = Box::new(|_| Manner::Properly);
    for slot in 0..SLOTS {
        let Some(code) = code_of(&user.link.text(URI), slot) else { continue };
        user.link.ask("stackspot-lsp/run", user.link.run_params("explain", URI, &code)).await;
        let memory = memory.lock().unwrap();
        known += usize::from(memory.get(&slot).and_then(|seen| seen.back()).is_some_and(|(seen, _)| *seen == code));
    }
    let operations = user.operations;
    let (ends, link) = (user.ends, user.link);
    let ended = client.shut_down().await;
    let wrongs = std::mem::take(&mut link.state().wrongs);

    let (edits, slots) = {
        let judged = judged.lock().unwrap();
        (judged.0, judged.1.len())
    };
    let growth = growth(&samples);
    println!("{seconds} s, seed {seed}: {operations} operations, jobs: {ends:?}");
    println!(
        "{edits} edits judged in {slots} slots, {} wrong; at the end {known} of {SLOTS} slots known to the letter",
        wrongs.len()
    );
    let figures = |name: &str, figure: &dyn Fn(&Sample) -> f64| {
        let all: Vec<f64> = samples.iter().map(figure).collect();
        let most = all.iter().copied().fold(f64::MIN, f64::max);
        println!("{name}: {:.1} at first, {:.1} at most, {:.1} at last", all[0], most, all[all.len() - 1]);
    };
    figures("resident MB", &|sample| sample.resident as f64 / 1e6);
    figures("descriptors", &|sample| sample.descriptors as f64);
    figures("threads", &|sample| sample.threads as f64);
    println!("resident, median of the last third over that of the middle third: {growth:.3}");
    for wrong in wrongs.iter().take(5) {
        println!("WRONG: {wrong}");
    }
    if let Some(plot) = plot {
        let line = |name, colour, figure: fn(&Sample) -> u64| Line {
            name,
            colour,
            points: samples.iter().map(|sample| (sample.second, figure(sample) as f64 / 1e6)).collect(),
        };
        let title = format!(
            "{:.0} minutes of mixed use with faults: {edits} edits, {} misplaced",
            seconds as f64 / 60.0,
            wrongs.len()
        );
        let lines = [
            line("server, resident MB", "#1f5fbf", |sample| sample.resident),
            line("worker that parses, resident MB", "#bf7f1f", |sample| sample.worker),
        ];
        std::fs::write(plot, svg(&title, "MB", &lines)).unwrap();
    }
    let is_well = [
        (wrongs.is_empty(), "an edit was wrong"),
        (edits > 0 && slots > SLOTS / 2, "hardly anything was edited"),
        (known == SLOTS, "the server knows another text than the client"),
        (growth < 1.15, "memory grows"),
        (ended.code == Some(0), "the server did not end well"),
        (!ended.stderr.contains("panic"), "something panicked"),
    ];
    for (_, what) in is_well.iter().filter(|(is_well, _)| !is_well) {
        println!("FAILED: {what}\n{}", ended.stderr);
    }
    let is_well = is_well.iter().all(|(is_well, _)| *is_well);
    println!("{} passed, {} failed", u8::from(is_well), u8::from(!is_well));
    is_well
}

/// What the agent does with a question: mostly it answers, in one of several forms.
fn answer(request: &Request, memory: &Memory, dice: &mut Rng) -> Script {
    let prompt = request.json()["user_prompt"].as_str().unwrap_or_default().to_owned();
    let selection = without_numbers(prompt.rfind("<selection").map_or("", |at| &prompt[at..]));
    let number = selection.split_once("def f_").and_then(|(_, rest)| rest.split_once('(')?.0.parse::<usize>().ok());
    let Some((slot, seen)) = number.and_then(|slot| Some((slot, code_of(&selection, slot)?))) else {
        return Script::stream().text("There is nothing to do.").end();
    };
    let reply = function(slot, &format!("{:06x}", dice.u32(..) & 0xff_ffff), dice.usize(1..6));
    {
        let mut memory = memory.lock().unwrap();
        let kept = memory.entry(slot).or_default();
        kept.push_back((seen, reply.clone()));
        if kept.len() > REMEMBERED {
            kept.pop_front();
        }
    }
    let fenced = format!("Here it is:\n\n```python\n{reply}\n```\n\nIt does the same.");
    let text = if dice.bool() { fenced } else { reply };
    let streamed = |text: &str, dice: &mut Rng| {
        let mut script = Script::stream();
        let letters: Vec<char> = text.chars().collect();
        let mut at = 0;
        while at < letters.len() {
            let end = (at + dice.usize(1..40)).min(letters.len());
            script = script.text(&letters[at..end].iter().collect::<String>());
            at = end;
        }
        script
    };
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    match dice.u32(..100) {
        0..70 => streamed(&text, dice).end(),
        70..74 => streamed(&half, dice).reset(),
        74..78 => streamed(&half, dice).cut(),
        78..82 => streamed(&half, dice).stall(),
        82..84 => Script::stream().stall(),
        84..87 => Script::error(500, "INTERNAL", "it broke"),
        87..89 => Script::error(400, "BAD", "no such thing"),
        89..91 => Script::status(200).header("content-type", "text/html").bytes("<html>sign in</html>"),
        91..93 => Script::raw().bytes("SSH-2.0-OpenSSH\r\n").cut(),
        93..95 => Script::stream().data("{\"news\": [1, {\"a\": null}]}").data("[[[").end(),
        95..97 => Script::stream().text("I would rather not change that.").end(),
        _ => streamed(&text, dice).in_pieces_of(7).end(),
    }
}

fn manner(dice: &mut Rng) -> Manner {
    match dice.u32(..100) {
        0..76 => Manner::Properly,
        76..84 => Manner::Late(Duration::from_millis(dice.u64(1..2500))),
        84..90 => Manner::Twice,
        90..92 => Manner::Never,
        92..95 => Manner::Error,
        95..97 => Manner::Wrongly(json!({ "applied": false })),
        97..98 => Manner::Wrongly(json!({ "applied": true })),
        _ => Manner::Wrongly(json!("no")),
    }
}

fn settings(number: usize) -> Value {
    let mut settings = options();
    settings["limits"]["concurrentJobs"] = json!(2 + number % 6);
    settings["answer"]["surface"] = json!(["message", "file", "auto"][number % 3]);
    settings["language"] = json!(["en", "pt-BR"][number % 2]);
    settings["context"] = json!({ "surroundingLines": if number.is_multiple_of(2) { 60 } else { 5 } });
    settings["timeouts"] = json!({ "firstTokenMs": 4000, "idleMs": 3000 });
    settings["retry"] = json!({ "maxAttempts": 1 + number % 2 });
    settings
}

fn sample(pid: u32, began: Instant) -> Sample {
    let children = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children: Vec<u32> = children
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    Sample {
        second: began.elapsed().as_secs_f64(),
        resident: resident(pid, "VmRSS"),
        worker: children.into_iter().map(|pid| resident(pid, "VmRSS")).sum(),
        descriptors: descriptors(pid),
        threads: std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count),
    }
}

/// The median resident size of the last third of a run over that of its middle third.
fn growth(samples: &[Sample]) -> f64 {
    let third = samples.len() / 3;
    let median = |samples: &[Sample]| {
        let mut all: Vec<u64> = samples.iter().map(|sample| sample.resident).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(1) as f64
    };
    median(&samples[samples.len() - third..]) / median(&samples[third..samples.len() - third])
}

/// Whoever sits in front of the editor.
struct User {
    dice: Rng,
    link: Link,
    pending: Vec<i64>,
    /// Edits that wait, the oldest first.
    undecided: VecDeque<Value>,
    /// How the jobs ended, and how often.
    ends: BTreeMap<String, u64>,
    operations: u64,
}

impl User {
    async fn does_something(&mut self, pid: u32) {
        self.operations += 1;
        self.hears().await;
        match self.dice.u32(..1000) {
            0..560 => self.types(),
            560..660 => self.asks(),
            660..740 => {
                let slot = self.dice.usize(..SLOTS);
                let range = self.range_of(slot);
                self.link.ask("textDocument/codeAction", Link::menu_params(URI, &range)).await;
            }
            740..800 => {
                let slot = self.dice.usize(..SLOTS);
                let position = self.range_of(slot)["start"].clone();
                let params = json!({ "textDocument": { "uri": URI }, "position": position });
                self.link.ask("textDocument/hover", params).await;
            }
            800..900 => {
                self.link.status().await;
            }
            900..950 => {
                if let Some(id) = self.dice.choice(&self.pending) {
                    self.link.tell("$/cancelRequest", json!({ "id": id }));
                }
            }
            950..965 => {
                let settings = settings(self.dice.usize(..100));
                self.link
                    .tell("workspace/didChangeConfiguration", json!({ "settings": { "stackspot-lsp": settings } }));
            }
            965..972 => self.link.reopen(URI, "python"),
            972..980 => {
                kill_children(pid);
            }
            980..990 => self.hostile().await,
            _ => {
                self.link.ask("workspace/executeCommand", json!({ "command": "stackspot-lsp.showAnswer" })).await;
            }
        }
    }

    /// Letters in the note above a function, or in its first string.
    fn types(&mut self) {
        let slot = self.dice.usize(..SLOTS);
        let typed = *self.dice.choice(&["a", "é", "🦀", "日本", " word", "x y z"]).unwrap();
        let is_inside = self.dice.u32(..8) == 0;
        self.link.change_as(URI, |text| {
            let mark = format!("SLOT = {slot}\nnote = \"");
            // Where the note itself is gone, the edit that took it was told as wrong already.
            let note = text.find(&mark)? + mark.len();
            let note_end = note + text[note..].find('"').unwrap_or_default();
            let inside = text[note_end + 1..].find('"').map(|at| note_end + at + 2).filter(|_| is_inside);
            Some(match inside {
                Some(at) => Change { start: at, end: at, text: typed.to_owned() },
                None if note_end - note > NOTE => Change { start: note, end: note_end, text: String::new() },
                None => Change { start: note_end, end: note_end, text: typed.to_owned() },
            })
        });
    }

    fn asks(&mut self) {
        let slot = self.dice.usize(..SLOTS);
        if self.pending.len() >= JOBS {
            return;
        }
        let action = *self.dice.choice(&["refactor", "refactor", "refactor", "document", "explain"]).unwrap();
        if let Some(params) = self.link.run_params_of(action, URI, |text| code_of(text, slot)) {
            self.pending.push(self.link.request("stackspot-lsp/run", params));
        }
    }

    fn range_of(&self, slot: usize) -> Value {
        let params = self.link.run_params_of("explain", URI, |text| code_of(text, slot));
        params.map_or(Value::Null, |params| params["range"].clone())
    }

    /// A text whose parser never ends, for a moment.
    async fn hostile(&self) {
        let uri = "file:///shop/Api.kt";
        self.link.open(uri, "kotlin", "// @stackspot explain\nclass B\n@Ok");
        let start = json!({ "line": 1, "character": 0 });
        let params = Link::menu_params(uri, &json!({ "start": start, "end": start }));
        self.link.ask("textDocument/codeAction", params).await;
        self.link.close(uri);
    }

    /// Looks at the jobs that have ended; of the edits that wait some are applied, some discarded.
    async fn hears(&mut self) {
        let mut still = Vec::new();
        for id in std::mem::take(&mut self.pending) {
            let Some(response) = self.link.take_response(id) else {
                still.push(id);
                continue;
            };
            let end = response["result"]["outcome"].as_str().map(str::to_owned);
            let end =
                end.unwrap_or_else(|| format!("error {}", response["error"]["data"]["kind"].as_str().unwrap_or("-")));
            if end == "proposed" {
                let job = response["result"]["jobId"].clone();
                match *self.dice.choice(&["stackspot-lsp.apply", "stackspot-lsp.discard", ""]).unwrap() {
                    "" => self.undecided.push_back(job),
                    command => self.decides(command, &job).await,
                }
                // Nobody leaves any number of edits waiting.
                if self.undecided.len() > UNDECIDED
                    && let Some(oldest) = self.undecided.pop_front()
                {
                    self.decides("stackspot-lsp.discard", &oldest).await;
                }
            }
            *self.ends.entry(end).or_default() += 1;
        }
        self.pending = still;
    }

    async fn decides(&self, command: &str, job: &Value) {
        let params = json!({ "command": command, "arguments": [{ "jobId": job }] });
        self.link.ask("workspace/executeCommand", params).await;
    }

    /// Waits for all jobs.
    async fn finishes(&mut self) {
        while !self.pending.is_empty() {
            self.hears().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Edits that were asked for may still be late.
        tokio::time::sleep(Duration::from_secs(3)).await;
        self.link.status().await;
    }
}
