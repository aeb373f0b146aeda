//! The output of a command for a user at a terminal.

#[cfg_attr(unix, path = "terminal/unix.rs")]
#[cfg_attr(windows, path = "terminal/windows.rs")]
pub mod system;

use serde_json::json;

use self::system::watched;
use crate::child::Home;
use crate::support::peer::{CLIENT_SECRET, Peer, Script};

#[tokio::test]
async fn upload_bar_is_on_the_terminal_and_not_on_stdout() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    home.file("report.pdf", vec![b'.'; 3_000_000]);
    let ticket = json!({ "id": "01UP", "url": format!("{}/store", peer.base_url()), "form": { "key": "k" } });
    let form = Script::status(201).header("content-type", "application/json").bytes(ticket.to_string());
    peer.expect("/v2/file-upload/form", form);
    peer.expect("/store", Script::status(204));
    let mut command = home.command(&["ask", "Sum it up", "--file", "report.pdf"]);
    command.current_dir(home.folder.path());
    let (code, stdout, seen) = watched(command, None).await;
    assert_eq!((code, stdout.as_str()), (Some(0), "An answer by default.\n"), "{seen}");
    assert!(seen.contains("uploading report.pdf [") && seen.contains(" / 3.00 MB"), "{seen}");
    assert!(seen.contains("[first word after "), "{seen}");
    assert!(!seen.contains("\x1b[3"), "a colour: {seen:?}");
    assert!(!seen.contains(CLIENT_SECRET));
}

/// A command that controls its terminal, and a user who answers its question.
#[cfg(any(target_os = "linux", windows))]
async fn answering(home: &Home, arguments: &[&str], answer: &str) -> (Option<i32>, String) {
    let mut command = system::in_control(home, arguments);
    command.current_dir(home.folder.path().join("shop"));
    let (code, _, seen) = watched(command, Some(("[y/N]", format!("{answer}\n")))).await;
    (code, seen)
}

#[cfg(any(target_os = "linux", windows))]
#[tokio::test]
async fn user_must_confirm_secrets_and_uploads_on_a_terminal() {
    for (answer, is_sent) in
        [("y", true), ("yes", true), ("sim", true), ("n", false), ("", false), ("yes please", false)]
    {
        let peer = Peer::start().await;
        peer.answer_by_default(Script::stream().text("Fine.").end());
        let home = Home::new().with_all(peer.environment());
        home.file("shop/.env", "MODE=1\n");
        let (code, seen) = answering(&home, &["run", "explain", ".env"], answer).await;
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
        let (code, seen) = answering(&home, &["run", "check", "a.py"], answer).await;
        assert!(seen.contains("notes.txt (8 B)") && seen.contains("01TESTAGENT"), "{seen}");
        assert_eq!(code, Some(i32::from(!is_sent)), "{answer:?}: {seen}");
        assert_eq!(peer.requests().len() > before, is_sent, "{answer:?}");
    }
}

#[tokio::test]
async fn wait_for_the_account_limit_is_shown_as_a_bar() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::error(429, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "").header("retry-after", "1"));
    let home = Home::new().with_all(peer.environment());
    let (code, _, seen) = watched(home.command(&["ask", "Why?"]), None).await;
    assert_eq!(code, Some(0), "{seen}");
    // The program's wait is random, and longer than the wait that the service asked for.
    assert!(seen.contains("waiting for the account's request limit: ") && seen.contains(" s ["), "{seen}");
}

/// Characters that a terminal would obey, or that a user could not see.
const ORDERS: &str = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{2060}\rover";

fn assert_no_orders(seen: &str) {
    for order in ["\u{1b}]0", "\u{1b}[2J", "\u{7}", "\u{9b}", "\u{202e}", "\u{200b}", "\u{2060}", "\rover"] {
        assert!(!seen.contains(order), "{order:?} in {seen:?}");
    }
    assert!(seen.contains("over"), "{seen:?}");
}

#[tokio::test]
async fn partial_answer_on_stderr_cannot_control_the_terminal() {
    for action in ["document", "fix", "test", "refactor"] {
        let peer = Peer::start().await;
        let home = Home::new().with_all(peer.environment());
        home.file("a.py", b"x = 1\n");
        peer.expect_chat(Script::stream().text("# ").text(&ORDERS[..3]).text(&ORDERS[3..]).cut());
        let mut command = home.command(&["run", action, "a.py"]);
        command.current_dir(home.folder.path());
        let (code, _, seen) = watched(command, None).await;
        assert_eq!(code, Some(1), "{action}: {seen}");
        assert_no_orders(&seen);
    }
}

#[tokio::test]
async fn name_of_a_file_cannot_control_the_terminal() {
    let home = Home::new();
    let (code, _, seen) = watched(home.command(&["run", "explain", &format!("{ORDERS}.py")]), None).await;
    assert_ne!(code, Some(0), "{seen}");
    assert_no_orders(&seen);
}

#[tokio::test]
async fn text_pasted_into_a_login_is_never_shown() {
    let peer = Peer::start().await;
    let home = Home::new().with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let page = crate::login::page(&peer, CLIENT_SECRET);
    let command = home.command(&["login", "--from-curl"]);
    let (code, stdout, seen) = watched(command, Some(("Ctrl-D", format!("{page}\n\u{4}")))).await;
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{seen}");
    assert!(seen.contains("Read: realm ") && seen.contains("config.toml was written"), "{seen}");
    assert!(!seen.contains(CLIENT_SECRET) && !seen.contains("curl -X") && !seen.contains("grant_type"), "{seen}");
}
