//! A pseudo console of Windows with a user.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use conpty::{Process, ProcessOptions};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::child::{Home, PATIENCE};

/// A command in its own console.
pub struct Console {
    process: Process,
    seen: watch::Receiver<Vec<u8>>,
}

impl Console {
    /// Starts a command in a new console. If `stdout` is a path, the command's stdout goes into that file.
    pub fn of(command: Command, stdout: Option<&Path>) -> Self {
        let command = command.into_std();
        let order = Order {
            program: command.get_program().to_owned(),
            arguments: command.get_args().map(OsStr::to_owned).collect(),
            stdout: stdout.map(Path::to_owned),
        };
        let mut launcher = std::process::Command::new(std::env::current_exe().unwrap());
        launcher.args(["--ignored", "--exact", LAUNCHER]).env(ORDER, serde_json::to_string(&order).unwrap());
        launcher.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        launcher.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
        // The console is so wide that it breaks no line.
        let mut process = ProcessOptions::default().set_console_size(Some((240, 60))).spawn(launcher).unwrap();
        let mut output = process.output().unwrap();
        let (told, seen) = watch::channel(Vec::new());
        // The thread ends when the console is closed.
        std::thread::spawn(move || {
            let mut piece = [0; 1024];
            while let Ok(read @ 1..) = output.read(&mut piece) {
                told.send_modify(|seen| seen.extend_from_slice(&piece[..read]));
            }
        });
        Self { process, seen }
    }

    /// Waits until the console shows a text.
    pub async fn shows(&mut self, text: &str) {
        let shown = timeout(PATIENCE, self.seen.wait_for(|seen| plain(seen).contains(text))).await.map(|it| it.is_ok());
        assert!(matches!(shown, Ok(true)), "{text:?} is not in {}", plain(&self.seen.borrow()));
    }

    pub fn types(&mut self, text: &str) {
        // Enter is a carriage return, as in pasted text.
        self.process.input().unwrap().write_all(text.replace('\n', "\r").as_bytes()).unwrap();
    }

    /// Waits for the end of the command. Returns its exit code and all text of the console.
    pub async fn ended(self) -> (Option<i32>, String) {
        let Self { process, mut seen } = self;
        let patience = u32::try_from(PATIENCE.as_millis()).unwrap();
        let code = tokio::task::spawn_blocking(move || {
            let code = process.wait(Some(patience)).expect("the command ends");
            // After it is closed, the console delivers the remaining output.
            drop(process);
            code
        });
        let code = i32::try_from(code.await.unwrap()).unwrap();
        while seen.changed().await.is_ok() {}
        (Some(code), plain(&seen.borrow()))
    }
}

/// The text on a console, without control sequences.
fn plain(seen: &[u8]) -> String {
    let seen = String::from_utf8_lossy(seen);
    let mut pieces = seen.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = match piece.strip_prefix('[') {
            Some(order) => {
                let end = order.find(|letter: char| ('@'..='~').contains(&letter)).unwrap_or(order.len());
                let (count, rest) = order.split_at(end);
                // This sequence moves the cursor over empty cells.
                if rest.starts_with('C') {
                    plain.push_str(&" ".repeat(count.parse().unwrap_or(1)));
                }
                rest.get(1..)
            }
            None if piece.starts_with(']') => piece.split_once('\u{7}').map(|(_, rest)| rest),
            None => piece.get(1..),
        };
        plain.push_str(rest.unwrap_or_default());
    }
    plain
}

/// The order for [`LAUNCHER`], in an environment variable.
#[derive(serde::Serialize, serde::Deserialize)]
struct Order {
    program: OsString,
    arguments: Vec<OsString>,
    stdout: Option<PathBuf>,
}

const ORDER: &str = "STACKSPOT_TEST_ORDER";
const LAUNCHER: &str = "terminal::system::launches_a_command_on_its_own_console";

/// Not a story, because [`Console`] runs it. Under Wine, a command in a pseudo console gets no streams. The streams
/// that cmd opens are write-only. Therefore no program recognizes them as a console.
#[test]
#[ignore = "launcher"]
fn launches_a_command_on_its_own_console() {
    let order: Order = serde_json::from_str(&std::env::var(ORDER).unwrap()).unwrap();
    let screen = || OpenOptions::new().read(true).write(true).open("CONOUT$").unwrap();
    let mut command = std::process::Command::new(order.program);
    command.stdin(OpenOptions::new().read(true).write(true).open("CONIN$").unwrap());
    command.stdout(order.stdout.map_or_else(screen, |path| File::create(path).unwrap())).stderr(screen());
    let status = command.args(order.arguments).env_remove(ORDER).status().unwrap();
    std::process::exit(status.code().unwrap());
}

/// Runs a command in a console. Returns its exit code, its stdout and the text of the console. The user types after the
/// given text appears.
pub async fn watched(command: Command, typed: Option<(&str, String)>) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let stdout = folder.path().join("stdout");
    let mut console = Console::of(command, Some(&stdout));
    if let Some((asked, text)) = typed {
        console.shows(asked).await;
        console.types(&text);
    }
    let (code, seen) = console.ended().await;
    (code, std::fs::read_to_string(stdout).unwrap(), seen)
}

/// A command that controls its console, as each command does.
pub fn in_control(home: &Home, arguments: &[&str]) -> Command {
    home.command(arguments)
}
