//! A scripted service, a home, the program, and its client.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::child::Home;
use crate::client::{Client, Link};
use crate::support::peer::{Peer, Script};

static SERVER: OnceLock<String> = OnceLock::new();

/// Takes another build of the program.
pub fn use_server(path: String) {
    SERVER.set(path).unwrap();
}

/// The program.
pub fn server() -> &'static str {
    SERVER.get().map_or(env!("CARGO_BIN_EXE_stackspot-lsp"), String::as_str)
}

pub const URI: &str = "file:///shop/cart.py";
pub const SOURCE: &str = "\
# O carrinho da loja 🛒

def total(items):
    sum = 0
    for item in items:
        sum = sum + item.price
    return sum


def greet(name):
    print(\"olá \" + name)
";
pub const FUNCTION: &str = "\
def total(items):
    sum = 0
    for item in items:
        sum = sum + item.price
    return sum";
pub const BETTER: &str = "\
def total(items):
    return sum(item.price for item in items)";

/// [`SOURCE`] with the edit in it.
pub fn refactored() -> String {
    SOURCE.replace(FUNCTION, BETTER)
}

pub struct World {
    pub peer: Peer,
    pub home: Home,
    pub client: Client,
    idle: u64,
}

impl World {
    pub async fn start() -> Self {
        Self::start_as(|home| home).await
    }

    /// In another environment.
    pub async fn start_as(adapt: impl FnOnce(Home) -> Home) -> Self {
        Self::start_under(adapt, &[]).await
    }

    /// With less than usual: what `prlimit` is told.
    pub async fn start_within(limit: &str) -> Self {
        Self::start_under(|home| home, &["prlimit", limit, "--"]).await
    }

    async fn start_under(adapt: impl FnOnce(Home) -> Home, wrapper: &[&str]) -> Self {
        let peer = Peer::start().await;
        peer.answer_by_default(Script::stream().text(BETTER).end());
        let home = adapt(Home::new().with_all(peer.environment()).with("PATH", "/usr/bin:/bin"));
        let client = Client::start(command(&home, wrapper), options()).await;
        let idle = resident(client.child.id().unwrap(), "VmRSS");
        let world = Self { peer, home, client, idle };
        world.link().open(URI, "python", SOURCE);
        world
    }

    pub fn link(&self) -> &Link {
        &self.client.link
    }

    pub fn state_folder(&self) -> std::path::PathBuf {
        self.home.folder.path().join("state/stackspot-lsp")
    }

    /// Runs an action on the function, to its end; the result, or the error.
    pub async fn run(&self, action: &str) -> Value {
        let response = self.link().ask("stackspot-lsp/run", self.link().run_params(action, URI, FUNCTION)).await;
        if response["error"].is_null() { response["result"].clone() } else { response["error"].clone() }
    }

    /// What holds after each case: the next request is answered, the next edit lands right, nothing panicked, and the
    /// server ends when it is told. Returns the cells of the table.
    pub async fn ends_well(self, seen: impl Into<String>) -> Vec<String> {
        let link = self.link().clone();
        link.state().manner = Box::new(|_| crate::client::Manner::Properly);
        let began = Instant::now();
        let status = link.status().await;
        assert!(status["jobs"].is_array(), "{status}");
        let next = began.elapsed();

        let uri = "file:///shop/afterwards.py";
        // No text of the case, for the parser may have given one up.
        let afterwards = |text: &str| format!("{text}# afterwards\n");
        link.open(uri, "python", &afterwards(SOURCE));
        self.peer.expect_chat(Script::stream().text(BETTER).end());
        let params = link.run_params("refactor", uri, FUNCTION);
        let response = link.ask("stackspot-lsp/run", params).await;
        assert_eq!(response["result"]["outcome"], "applied", "{response}");
        assert_eq!(link.text(uri), afterwards(&refactored()));

        let pid = self.client.child.id().unwrap();
        let (most, last) = (resident(pid, "VmHWM"), resident(pid, "VmRSS"));
        let memory = format!("{}, {}, {} MB", megabytes(self.idle), megabytes(most), megabytes(last));
        let Self { client, peer, home: _home, .. } = self;
        let ended = client.shut_down().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
        let wrongs = std::mem::take(&mut link.state().wrongs);
        assert!(wrongs.is_empty(), "{wrongs:#?}");
        peer.forget_unused();
        vec![seen.into(), milliseconds(next), memory, format!("0 after {}", milliseconds(ended.took))]
    }
}

/// The program in a home, perhaps under another one.
pub fn command(home: &Home, wrapper: &[&str]) -> Command {
    match wrapper {
        [] => home.command_of(server()),
        [program, arguments @ ..] => {
            let mut command = home.command_of(program);
            command.args(arguments).arg(server());
            command
        }
    }
}

/// Settings under which nothing waits for the limits of an account.
pub fn options() -> Value {
    json!({ "limits": { "requestsPerMinute": 1_000_000 }, "answer": { "surface": "message" } })
}

/// A figure of `/proc/PID/status`, in bytes.
pub fn resident(pid: u32, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// How many descriptors a process has open.
pub fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

pub fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
