//! The service at its worst: every endpoint with every fault, for an answer and for an edit, in sessions of the program.
//!
//! Each case ends in time, with one message or a whole result, leaves the text alone unless the answer was whole, and the next
//! job works; at the end the memory is back.

mod cases;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::cases::{Endpoint, Fault, HALVES, Outcome};
use crate::child::{Home, as_server_known_to};
use crate::support::editor::Editor;
use crate::support::peer::{Peer, Script};
use crate::support::profiles;
use crate::world::{megabytes, resident};

const SOURCE: &str = "import sys\n\n\ndef price(item):\n    return item.price\n\n\nprint(price(sys.argv))\n";
const FUNCTION: &str = "def price(item):\n    return item.price\n";

/// How long a case may take: more than every limit, of which that of a sign-in is the longest, on a machine that is busy.
const IN_TIME: Duration = Duration::from_secs(55);

/// How long no token is asked for after the service gave none, and a little more.
const HOLD_OFF: Duration = Duration::from_millis(5200);

/// How much more memory the process may hold after all cases than before them, in bytes.
const GROWTH: u64 = 2_000_000;

/// More than the jobs of which a session keeps anything.
const KEPT: usize = 70;

/// What an editor asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Answer,
    Edit,
}

/// What became of the cases of an endpoint: a cell of the table for each, and the memory.
struct Report {
    cells: Vec<Result<String, String>>,
    memory: Result<String, String>,
}

/// Runs the cases whose name has `only` in it, and prints the table, and whether all went well. Each endpoint has two
/// sessions of its own, one of answers and one of edits, which run side by side; and beside all of them those of the sign-in,
/// where most of the time is waiting.
pub async fn run(only: Option<&str>) -> bool {
    let chosen = |endpoint: Endpoint| {
        let is_wanted = |fault: &Fault| only.is_none_or(|only| name(endpoint, fault).contains(only));
        endpoint.faults().into_iter().filter(is_wanted).collect::<Vec<_>>()
    };
    let endpoints: Vec<_> = Endpoint::ALL.into_iter().filter(|endpoint| !chosen(*endpoint).is_empty()).collect();
    let start = |endpoint, asked| tokio::spawn(through(endpoint, chosen(endpoint), asked));
    let pair = |endpoint| (start(endpoint, Asked::Answer), start(endpoint, Asked::Edit));
    let waits = endpoints.contains(&Endpoint::Token).then(|| pair(Endpoint::Token));
    let mut runs = Vec::new();
    for endpoint in endpoints.iter().filter(|endpoint| **endpoint != Endpoint::Token) {
        let (answers, edits) = pair(*endpoint);
        runs.push((*endpoint, answers.await, edits.await));
    }
    if let Some((answers, edits)) = waits {
        runs.push((Endpoint::Token, answers.await, edits.await));
    }
    let (mut passed, mut failures) = (0, Vec::new());
    println!("| endpoint | fault | answer | edit |\n| --- | --- | --- | --- |");
    for (endpoint, answers, edits) in runs {
        let (Ok(answers), Ok(edits)) = (answers, edits) else {
            failures.push(format!("{}: a session ended by a panic, see above", endpoint.name()));
            continue;
        };
        let faults = chosen(endpoint);
        let names = faults.iter().map(|fault| fault.name).chain(["memory before and after"]);
        let rows = answers.cells.into_iter().chain([answers.memory]).zip(edits.cells.into_iter().chain([edits.memory]));
        for (fault, (answer, edit)) in names.zip(rows) {
            let mut cell = |cell: Result<String, String>, what: &str| match cell {
                Ok(seen) => {
                    passed += 1;
                    seen
                }
                Err(wrong) => {
                    failures.push(format!("{}: {fault}, {what}: {wrong}", endpoint.name()));
                    "**FAILED**, see below".to_owned()
                }
            };
            println!("| {} | {fault} | {} | {} |", endpoint.name(), cell(answer, "answer"), cell(edit, "edit"));
        }
    }
    println!();
    failures.iter().for_each(|failure| println!("FAILED {failure}"));
    println!("{passed} passed, {} failed", failures.len());
    failures.is_empty() && passed > 0
}

/// One session through the faults of an endpoint.
async fn through(endpoint: Endpoint, faults: Vec<Fault>, asked: Asked) -> Report {
    if endpoint == Endpoint::Agents {
        return one_by_one(endpoint, &faults, asked).await;
    }
    let mut session = Session::start(endpoint, asked).await;
    session.ordinary_jobs().await;
    let before = resident(session.pid, "VmRSS");
    let mut cells = Vec::new();
    for fault in &faults {
        cells.push(session.case(fault).await);
    }
    session.ordinary_jobs().await;
    let after = session.settled(before).await;
    let figures = format!("{}, {} MB", megabytes(before), megabytes(after));
    let memory = if after > before + GROWTH { Err(format!("it grew: {figures}")) } else { Ok(figures) };
    session.editor.finish().await;
    Report { cells, memory }
}

/// A session for each fault, where what went wrong once is remembered for a while.
async fn one_by_one(endpoint: Endpoint, faults: &[Fault], asked: Asked) -> Report {
    let mut cells = Vec::new();
    for fault in faults {
        let mut session = Session::start(endpoint, asked).await;
        cells.push(session.case(fault).await);
        session.editor.finish().await;
    }
    Report { cells, memory: Ok("a session each".to_owned()) }
}

fn name(endpoint: Endpoint, fault: &Fault) -> String {
    format!("{}: {}", endpoint.name(), fault.name)
}

struct Session {
    endpoint: Endpoint,
    asked: Asked,
    peer: Peer,
    editor: Editor,
    /// The process of the program.
    pid: u32,
    /// Documents so far: each job has its own.
    documents: usize,
    folder: String,
    _home: Home,
}

impl Session {
    async fn start(endpoint: Endpoint, asked: Asked) -> Self {
        let peer = Peer::start().await;
        let home = Home::new().with_all(peer.environment()).with("PATH", "/usr/bin:/bin");
        home.file("shop/notes.txt", "A note.\n");
        for (name, result) in [("look", "answer"), ("change", "replace")] {
            let text = format!("---\nresult: {result}\nfiles: notes.txt\n---\nSee the notes.\n{{{{ selection }}}}\n");
            home.file(&format!("shop/.stackspot/actions/{name}.md"), text);
        }
        let folder = url::Url::from_file_path(home.folder.path().join("shop")).unwrap().to_string();
        let settings = settings(endpoint);
        let profile = profiles::vscode().options(settings.clone()).settings(settings).folder(&folder);
        let (known, pid) = tokio::sync::oneshot::channel();
        let server = as_server_known_to(home.command(&[]), move |pid| known.send(pid).unwrap());
        let editor = Editor::start(profile, server).await;
        let pid = pid.await.unwrap();
        if matches!(endpoint, Endpoint::Form | Endpoint::Store) {
            editor.will_answer(Some("Upload"));
        }
        Self { endpoint, asked, peer, editor, pid, documents: 0, folder, _home: home }
    }

    /// What the editor was told, without the one question that comes with a workspace's uploads and is no part of any case.
    fn told(&self) -> Vec<String> {
        let mut told = self.editor.messages();
        told.retain(|message| !message.contains("Upload them now"));
        told
    }

    /// A case and the job after it; what was seen, or what is wrong.
    async fn case(&mut self, fault: &Fault) -> Result<String, String> {
        self.peer.answer_by_default(good(self.endpoint));
        self.endpoint.expect(&self.peer, fault.script.clone());
        let began = Instant::now();
        let (result, text) = self.job(true).await;
        let took = began.elapsed();
        self.peer.forget_unused();
        let seen = judge(fault.outcome, self.asked, &result, &text, &self.told())?;
        if took > IN_TIME {
            return Err(format!("it took {} s: {seen}", took.as_secs()));
        }
        let mut next = self.good_job().await;
        if next.is_err() && self.endpoint == Endpoint::Token {
            // What the service says against a sign-in holds for some seconds.
            tokio::time::sleep(HOLD_OFF).await;
            next = self.good_job().await;
        }
        next.map_err(|wrong| format!("the next job: {wrong}"))?;
        Ok(format!("{seen}, {:.1} s", took.as_secs_f64()))
    }

    /// So many jobs that nothing of older ones is kept.
    async fn ordinary_jobs(&mut self) {
        for _ in 0..KEPT {
            self.good_job().await.expect("an ordinary job works");
        }
    }

    /// A job that nothing goes wrong with.
    async fn good_job(&mut self) -> Result<(), String> {
        self.peer.answer_by_default(good(self.endpoint));
        let (result, text) = self.job(false).await;
        judge(Outcome::Whole, self.asked, &result, &text, &self.told()).map(drop)
    }

    /// Runs a job on a new document; its result or error, and the text at its end.
    async fn job(&mut self, is_case: bool) -> (Result<Value, Value>, String) {
        let editor = &self.editor;
        self.documents += 1;
        let uri = format!("{}/price{}.py", self.folder, self.documents);
        editor.open(&uri, "python", SOURCE);
        let uploads = is_case && matches!(self.endpoint, Endpoint::Form | Endpoint::Store);
        let action = match (self.asked, uploads) {
            (Asked::Answer, false) => "explain",
            (Asked::Edit, false) => "refactor",
            (Asked::Answer, true) => "look",
            (Asked::Edit, true) => "change",
        };
        let version = editor.version(&uri);
        let mut params = json!({ "action": action, "textDocument": { "uri": uri, "version": version },
            "range": editor.range_of(&uri, FUNCTION) });
        if is_case && self.endpoint == Endpoint::Agents {
            params["agent"] = json!("Code reviewer");
        }
        let result = editor.request("stackspot-lsp/run", params).await;
        let text = editor.text(&uri);
        editor.edits();
        editor.shown_documents();
        editor.close(&uri);
        (result, text)
    }

    /// The memory once it is back, or after some time: a thread that has nothing to do ends after ten seconds.
    async fn settled(&self, before: u64) -> u64 {
        for _ in 0..250 {
            if resident(self.pid, "VmRSS") <= before + GROWTH {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        resident(self.pid, "VmRSS")
    }
}

/// Whether a case ended as it is to, and in a few words how.
fn judge(
    wanted: Outcome,
    asked: Asked,
    result: &Result<Value, Value>,
    text: &str,
    shown: &[String],
) -> Result<String, String> {
    let changed = SOURCE.replace(FUNCTION, &HALVES.concat());
    let outcome = result.as_ref().ok().and_then(|result| result["outcome"].as_str());
    let is_whole = match asked {
        Asked::Answer => outcome == Some("answered") && result.as_ref().is_ok_and(|it| it["reason"].is_null()),
        Asked::Edit => outcome == Some("applied"),
    };
    if (text == changed) != (asked == Asked::Edit && is_whole) || (text != changed && text != SOURCE) {
        return Err(format!("the text became {text:?} ({result:?})"));
    }
    match wanted {
        Outcome::Whole if !is_whole => Err(format!("it is not whole: {result:?}, {shown:?}")),
        Outcome::Whole if !shown.is_empty() => Err(format!("it says {shown:?}")),
        Outcome::Whole => Ok(outcome.unwrap_or_default().to_owned()),
        Outcome::Either if is_whole => Ok(outcome.unwrap_or_default().to_owned()),
        Outcome::Told if is_whole => Err(format!("nothing is told: {result:?}")),
        Outcome::Told | Outcome::Either => told(result, shown),
    }
}

/// What is told of a fault: in the response, and by no more than a message beside it that says the same.
fn told(result: &Result<Value, Value>, shown: &[String]) -> Result<String, String> {
    let (sentence, kind) = match result {
        Ok(result) => (result["reason"].as_str().unwrap_or_default(), result["outcome"].as_str().unwrap_or_default()),
        Err(error) => {
            (error["message"].as_str().unwrap_or_default(), error["data"]["kind"].as_str().unwrap_or_default())
        }
    };
    if sentence.trim().is_empty() || kind.is_empty() {
        return Err(format!("nothing is said: {result:?}"));
    }
    // A request is answered, and its sender shows the answer. One message reports the stored text.
    if shown.len() > usize::from(result.is_ok()) {
        return Err(format!("it is told more than once: {shown:?}"));
    }
    Ok(kind.to_owned())
}

/// How a chat that goes well is answered.
fn good(endpoint: Endpoint) -> Script {
    let [first, second] = HALVES;
    match endpoint {
        Endpoint::Plain => Script::reply(&json!({ "message": HALVES.concat(), "stop_reason": "stop" })),
        _ => Script::stream().text(first).text(second).end(),
    }
}

fn settings(endpoint: Endpoint) -> Value {
    json!({
        "streaming": endpoint != Endpoint::Plain,
        "retry": { "maxAttempts": 1 },
        "timeouts": { "connectMs": 4000, "firstTokenMs": 4000, "idleMs": 2000 },
        "limits": { "requestsPerMinute": 1_000_000 },
    })
}
