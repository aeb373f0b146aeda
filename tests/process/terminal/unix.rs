//! A terminal of Unix with a user.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::Mode;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::process::Command;

use crate::child::ended;

/// Runs a command with a terminal as its stderr. Returns its exit code, its stdout and the text on the terminal.
/// If the user types when a text appears, the terminal is also its stdin. Otherwise stdin is empty.
pub async fn watched(mut command: Command, typed: Option<(&str, String)>) -> (Option<i32>, String, String) {
    let (mut terminal, side) = terminal();
    let stdin = if typed.is_some() { Stdio::from(side.try_clone().unwrap()) } else { Stdio::null() };
    command.stdin(stdin).stderr(Stdio::from(side)).env("TERM", "xterm-256color");
    let child = command.spawn().unwrap();
    drop(command);
    let mut typed = typed.map(|(asked, text)| (asked.to_owned(), text));
    let seen = tokio::task::spawn_blocking(move || {
        let (mut seen, mut piece) = (Vec::new(), [0; 1024]);
        // The read fails when no process has the other side open.
        while let Ok(read @ 1..) = terminal.read(&mut piece) {
            seen.extend_from_slice(&piece[..read]);
            let is_asked = |(asked, _): &mut (String, _)| String::from_utf8_lossy(&seen).contains(asked.as_str());
            if let Some((_, text)) = typed.take_if(is_asked) {
                terminal.write_all(text.as_bytes()).unwrap();
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    });
    let run = ended(child).await;
    (run.code, run.stdout, seen.await.unwrap())
}

/// A command that controls its terminal.
#[cfg(target_os = "linux")]
pub fn in_control(home: &crate::child::Home, arguments: &[&str]) -> Command {
    let mut command = home.command_of("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_stackspot-lsp")]).args(arguments);
    command
}

/// A new terminal: the side of the user, and the side of the programs.
fn terminal() -> (File, OwnedFd) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = rustix::fs::open(&*name, rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY, Mode::empty()).unwrap();
    (File::from(terminal), side)
}
