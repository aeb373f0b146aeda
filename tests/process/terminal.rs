//! What a command shows to somebody who looks at its terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::Mode;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::json;
use tokio::process::Command;

use crate::child::{Home, ended};
use crate::support::peer::{CLIENT_SECRET, Peer, Script};

/// Runs a command with a terminal as its stderr, and gives its exit code, its stdout and what the terminal was shown.
async fn on_terminal(mut command: Command) -> (Option<i32>, String, String) {
    let (mut terminal, side) = terminal();
    command.stdin(Stdio::null()).stderr(Stdio::from(side)).env("TERM", "xterm-256color");
    let child = command.spawn().unwrap();
    drop(command);
    let seen = tokio::task::spawn_blocking(move || {
        let mut seen = Vec::new();
        // Reading ends with an error once nobody has the other side open.
        let _ = terminal.read_to_end(&mut seen);
        String::from_utf8_lossy(&seen).into_owned()
    });
    let run = ended(child).await;
    (run.code, run.stdout, seen.await.unwrap())
}

/// A terminal: where it is looked at, and the side of programs.
fn terminal() -> (File, OwnedFd) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = rustix::fs::open(&*name, rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY, Mode::empty()).unwrap();
    (File::from(terminal), side)
}

#[tokio::test]
async fn an_upload_is_a_bar_and_nothing_of_it_is_on_stdout() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    home.file("report.pdf", vec![b'.'; 3_000_000]);
    let ticket = json!({ "id": "01UP", "url": format!("{}/store", peer.base_url()), "form": { "key": "k" } });
    let form = Script::status(201).header("content-type", "application/json").bytes(ticket.to_string());
    peer.expect("/v2/file-upload/form", form);
    peer.expect("/store", Script::status(204));
    let mut command = home.command(&["ask", "Sum it up", "--file", "report.pdf"]);
    command.current_dir(home.folder.path());
    let (code, stdout, seen) = on_terminal(command).await;
    assert_eq!((code, stdout.as_str()), (Some(0), "An answer by default.\n"), "{seen}");
    assert!(seen.contains("uploading report.pdf [") && seen.contains(" / 3.00 MB"), "{seen}");
    assert!(seen.contains("[first word after "), "{seen}");
    assert!(!seen.contains("\x1b[3"), "a colour: {seen:?}");
    assert!(!seen.contains(CLIENT_SECRET));
}

/// The same on a terminal that the command is in control of, where somebody answers the question that holds `asked`.
#[cfg(target_os = "linux")]
async fn answering(home: &Home, arguments: &[&str], asked: &str, answer: &str) -> (Option<i32>, String) {
    let (mut terminal, side) = terminal();
    let mut command = home.command_of("setsid");
    command.args(["--ctty", "--wait", env!("CARGO_BIN_EXE_stackspot-lsp")]).args(arguments);
    command.current_dir(home.folder.path().join("shop")).env("TERM", "xterm-256color");
    command.stdin(Stdio::from(side.try_clone().unwrap())).stderr(Stdio::from(side));
    let child = command.spawn().unwrap();
    drop(command);
    let (asked, answer) = (asked.to_owned(), format!("{answer}\n"));
    let seen = tokio::task::spawn_blocking(move || {
        let (mut seen, mut piece, mut is_answered) = (Vec::new(), [0; 1024], false);
        while let Ok(read @ 1..) = terminal.read(&mut piece) {
            seen.extend_from_slice(&piece[..read]);
            let is_asked = String::from_utf8_lossy(&seen).contains(&asked);
            if is_asked && !std::mem::replace(&mut is_answered, true) {
                terminal.write_all(answer.as_bytes()).unwrap();
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    });
    let run = ended(child).await;
    (run.code, seen.await.unwrap())
}

#[cfg(target_os = "linux")] // pty
#[tokio::test]
async fn on_a_terminal_the_user_is_asked_about_secrets_and_uploads_and_only_a_clear_yes_sends() {
    for (answer, is_sent) in
        [("y", true), ("yes", true), ("sim", true), ("n", false), ("", false), ("yes please", false)]
    {
        let peer = Peer::start().await;
        peer.answer_by_default(Script::stream().text("Fine.").end());
        let home = Home::new().with_all(peer.environment());
        home.file("shop/.env", "MODE=1\n");
        let (code, seen) = answering(&home, &["run", "explain", ".env"], "[y/N]", answer).await;
        assert!(seen.contains("01TESTAGENT") && seen.contains(".env is an environment file"), "{seen}");
        assert_eq!((code, peer.chats().len()), if is_sent { (Some(0), 1) } else { (Some(1), 0) }, "{answer:?}: {seen}");
        assert!(is_sent || peer.requests().is_empty(), "not even a token was asked for");

        home.file("shop/.git/HEAD", "ref: refs/heads/main\n");
        home.file("shop/.stackspot/actions/check.md", "---\nfiles: notes.txt\n---\nCheck.\n");
        home.file("shop/notes.txt", "A note.\n");
        home.file("shop/a.py", "x = 1\n");
        let form = json!({ "id": "01UP", "url": format!("{}/store", peer.base_url()), "form": { "key": "k" } });
        let form = Script::status(201).header("content-type", "application/json").bytes(form.to_string());
        if is_sent {
            peer.expect("/v2/file-upload/form", form);
            peer.expect("/store", Script::status(204));
        }
        let before = peer.requests().len();
        let (code, seen) = answering(&home, &["run", "check", "a.py"], "[y/N]", answer).await;
        assert!(seen.contains("notes.txt (8 B)") && seen.contains("01TESTAGENT"), "{seen}");
        assert_eq!(code, Some(i32::from(!is_sent)), "{answer:?}: {seen}");
        assert_eq!(peer.requests().len() > before, is_sent, "{answer:?}");
    }
}

#[tokio::test]
async fn a_wait_for_the_accounts_limit_is_a_bar() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::error(429, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "").header("retry-after", "1"));
    let home = Home::new().with_all(peer.environment());
    let (code, _, seen) = on_terminal(home.command(&["ask", "Why?"])).await;
    assert_eq!(code, Some(0), "{seen}");
    // Our own wait is longer than what was asked for, and drawn by lot.
    assert!(seen.contains("waiting for the account's request limit: ") && seen.contains(" s ["), "{seen}");
}

/// What a terminal would obey, and what nobody would see.
const ORDERS: &str = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{2060}\rover";

fn assert_no_orders(seen: &str) {
    for order in ["\u{1b}]0", "\u{1b}[2J", "\u{7}", "\u{9b}", "\u{202e}", "\u{200b}", "\u{2060}", "\rover"] {
        assert!(!seen.contains(order), "{order:?} in {seen:?}");
    }
    assert!(seen.contains("over"), "{seen:?}");
}

#[tokio::test]
async fn a_partial_answer_on_stderr_gives_a_terminal_no_orders() {
    for action in ["document", "fix", "test", "refactor"] {
        let peer = Peer::start().await;
        let home = Home::new().with_all(peer.environment());
        home.file("a.py", b"x = 1\n");
        peer.expect_chat(Script::stream().text("# ").text(&ORDERS[..3]).text(&ORDERS[3..]).reset());
        let mut command = home.command(&["run", action, "a.py"]);
        command.current_dir(home.folder.path());
        let (code, _, seen) = on_terminal(command).await;
        assert_eq!(code, Some(1), "{action}: {seen}");
        assert_no_orders(&seen);
    }
}

#[tokio::test]
async fn the_name_of_a_file_gives_a_terminal_no_orders() {
    let home = Home::new();
    let (code, _, seen) = on_terminal(home.command(&["run", "explain", &format!("{ORDERS}.py")])).await;
    assert_ne!(code, Some(0), "{seen}");
    assert_no_orders(&seen);
}

#[tokio::test]
async fn what_is_pasted_into_a_login_is_never_shown() {
    let peer = Peer::start().await;
    let home = Home::new().with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let (mut terminal, side) = terminal();
    let mut command = home.command(&["login", "--from-curl"]);
    command.stdin(Stdio::from(side.try_clone().unwrap())).stderr(Stdio::from(side));
    let child = command.spawn().unwrap();
    drop(command);
    let page = crate::login::page(&peer, CLIENT_SECRET);
    let seen = tokio::task::spawn_blocking(move || {
        let (mut seen, mut is_pasted) = (Vec::new(), false);
        let mut bytes = [0; 1024];
        // Reading ends with an error once nobody has the other side open.
        while let Ok(count @ 1..) = terminal.read(&mut bytes) {
            seen.extend(&bytes[..count]);
            if !is_pasted && String::from_utf8_lossy(&seen).contains("Ctrl-D") {
                is_pasted = true;
                terminal.write_all(format!("{page}\n\u{4}").as_bytes()).unwrap();
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    });
    let run = ended(child).await;
    let seen = seen.await.unwrap();
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{seen}");
    assert!(seen.contains("Read: realm ") && seen.contains("config.toml was written"), "{seen}");
    assert!(!seen.contains(CLIENT_SECRET) && !seen.contains("curl -X") && !seen.contains("grant_type"), "{seen}");
}
