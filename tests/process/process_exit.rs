//! How the process ends: its exit code, the time it takes, and the files it leaves.

use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::child::{Home, Server};
use crate::support::peer::{Peer, Script};

const DOCUMENT: &str = file_uri!("/shop/price.py");

#[tokio::test]
async fn exit_after_shutdown_ends_with_0() {
    for arguments in [&[][..], &["--stdio"], &["--sandbox"], &["--stdio", "--sandbox"]] {
        let stderr = Home::new().serve(arguments).await.shut_down().await;
        assert!(!stderr.contains("panic"), "{stderr}");
    }
}

#[tokio::test]
async fn exit_without_shutdown_ends_with_1() {
    let mut server = Home::new().serve(&[]).await;
    server.notify("exit", Value::Null).await;
    assert_eq!(server.ended().await.0.code(), Some(1));
    // The same without `initialize`.
    let mut server = Home::new().spawn(&[]);
    server.notify("exit", Value::Null).await;
    assert_eq!(server.ended().await.0.code(), Some(1));
}

#[tokio::test]
async fn the_end_of_input_ends_with_1_within_a_second() {
    for initialized in [false, true] {
        let home = Home::new();
        let mut server = if initialized { home.serve(&[]).await } else { home.spawn(&[]) };
        let hung_up = Instant::now();
        server.input = None;
        assert_ends_unclean(server, hung_up).await;
    }
}

#[tokio::test]
async fn the_end_of_input_closes_the_stream_of_an_answer() {
    let peer = Peer::start().await;
    let chat = peer.expect_chat(Script::stream().text("It begins, ").stall());
    let home = Home::new().with_all(peer.environment());
    let mut server = home.serve(&[]).await;
    start_streaming(&mut server).await;
    assert!(!chat.is_closed());
    let hung_up = Instant::now();
    server.input = None;
    chat.closed().await;
    assert_ends_unclean(server, hung_up).await;
    peer.connections_open(0).await;
}

/// The file of an answer contains all received words, however the server ends.
#[tokio::test]
async fn partial_answer_is_on_disk_however_the_server_ends() {
    let signals: &[&str] = if cfg!(unix) {
        &["SIGTERM", "SIGINT", "SIGHUP"]
    } else {
        &["Ctrl-C", "Ctrl-Break", "a closed window", "the end of the session"]
    };
    for end in ["end of input", "killed", "exit", "shutdown"].iter().chain(signals).copied() {
        let peer = Peer::start().await;
        let words: Vec<String> = (0..23).map(|word| format!("word{word} ")).collect();
        let script = words.iter().fold(Script::stream().text("It begins, "), |script, word| script.text(word));
        peer.expect_chat(script.stall());
        let home = Home::new().with_all(peer.environment());
        let mut server = home.serve(&[]).await;
        start_streaming(&mut server).await;
        while !answers(&home).contains("word22") {
            if end != "killed" && answers(&home).contains("It begins") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if end != "killed" {
            server.until(|message| message["params"]["value"]["delta"].to_string().contains("word22")).await;
        }
        match end {
            "end of input" => server.input = None,
            #[cfg(unix)]
            "SIGTERM" => crate::child::signal(&server.child, Signal::TERM),
            #[cfg(unix)]
            "SIGINT" => crate::child::signal(&server.child, Signal::INT),
            #[cfg(unix)]
            "SIGHUP" => crate::child::signal(&server.child, Signal::HUP),
            #[cfg(windows)]
            "Ctrl-C" => crate::child::signal(&server.child, crate::child::INTERRUPTS[0]),
            #[cfg(windows)]
            "Ctrl-Break" => crate::child::signal(&server.child, crate::child::INTERRUPTS[1]),
            #[cfg(windows)]
            "a closed window" => crate::child::signal(&server.child, crate::child::INTERRUPTS[2]),
            #[cfg(windows)]
            "the end of the session" => crate::child::signal(&server.child, crate::child::INTERRUPTS[3]),
            "killed" => server.child.start_kill().unwrap(),
            "exit" => server.notify("exit", Value::Null).await,
            _ => {
                server.request(2, "shutdown", Value::Null).await;
                server.response(2).await;
                server.notify("exit", Value::Null).await;
            }
        }
        let (status, stderr) = server.ended().await;
        let expected = match end {
            "shutdown" => Some(0),
            "killed" if cfg!(unix) => None,
            _ => Some(1),
        };
        assert_eq!(status.code(), expected, "{end}: {stderr}");
        let kept = answers(&home);
        assert!(kept.contains(&words.concat().trim_end().to_owned()), "{end}: {kept}");
        if end != "killed" {
            assert!(kept.contains("incomplete"), "{end}: {kept}");
        }
    }
}

/// The text of all answers on disk.
fn answers(home: &Home) -> String {
    let files = std::fs::read_dir(home.folder.path().join("state/stackspot-lsp/answers"));
    let text = |file: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(file.ok()?.path()).ok();
    files.into_iter().flatten().filter_map(text).collect()
}

#[tokio::test]
async fn shutdown_closes_the_stream_of_an_answer() {
    let peer = Peer::start().await;
    let chat = peer.expect_chat(Script::stream().text("It begins, ").stall());
    let home = Home::new().with_all(peer.environment());
    let mut server = home.serve(&[]).await;
    start_streaming(&mut server).await;
    server.request(2, "shutdown", Value::Null).await;
    // The request that waits for the answer also gets a response, in either order.
    let mut codes = [None, None];
    while codes.contains(&None) {
        let response = server.until(|message| message.get("method").is_none()).await;
        let of = response["id"].as_i64().and_then(|id| codes.get_mut(usize::try_from(id).ok()? - 1)).unwrap();
        *of = Some(response["error"]["code"].as_i64());
    }
    assert_eq!(codes, [Some(Some(-32800)), Some(None)]);
    chat.closed().await;
    server.notify("exit", Value::Null).await;
    assert_eq!(server.ended().await.0.code(), Some(0));
}

#[tokio::test]
async fn server_ends_when_its_editor_is_killed() {
    for by_flag in [true, false] {
        // The editor can be any process that waits. Here it is another server.
        let editor =
            std::process::Command::new(env!("CARGO_BIN_EXE_stackspot-lsp")).stdin(std::process::Stdio::piped()).spawn();
        let mut editor = editor.unwrap();
        let home = Home::new();
        let mut server = if by_flag {
            home.serve(&[&format!("--clientProcessId={}", editor.id())]).await
        } else {
            let mut server = home.spawn(&[]);
            server.request(0, "initialize", json!({ "capabilities": {}, "processId": editor.id() })).await;
            server.response(0).await;
            server.notify("initialized", json!({})).await;
            server
        };
        server.request(1, "workspace/executeCommand", json!({ "command": "stackspot-lsp.status" })).await;
        assert_eq!(server.response(1).await["result"]["jobs"], json!([]), "as long as the editor lives it serves");
        let killed = Instant::now();
        editor.kill().unwrap();
        // The input stays open. In practice other processes hold it, such as a shell in between.
        let (status, stderr) = server.ended().await;
        editor.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert_within(Duration::from_millis(1500), killed);
    }
}

#[tokio::test]
async fn server_ends_when_client_stops_reading_and_hangs_up() {
    let mut server = Home::new().serve(&[]).await;
    let text = "x".repeat(1 << 20);
    for id in 1..=4 {
        // An error repeats the sent text. Therefore more output waits than a pipe can hold.
        server.request(id, "workspace/executeCommand", json!({ "command": text })).await;
    }
    let hung_up = Instant::now();
    server.input = None;
    let status = tokio::time::timeout(Duration::from_secs(10), server.child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_within(Duration::from_secs(3), hung_up);
}

async fn assert_ends_unclean(server: Server, since: Instant) {
    let (status, stderr) = server.ended().await;
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_within(Duration::from_secs(1), since);
}

/// Asserts that an end comes in time. Under Wine the start of a program can take a second. Therefore the bound grows
/// by a multiple of the time that a program needs to do nothing.
fn assert_within(bound: Duration, since: Instant) {
    let took = since.elapsed();
    let granted = if cfg!(windows) { 10 * time_to_start() } else { Duration::ZERO };
    assert!(took < bound + granted, "{took:?}, of which {granted:?} were granted for the machine");
}

fn time_to_start() -> Duration {
    let began = Instant::now();
    let nothing = std::process::Command::new(env!("CARGO_BIN_EXE_stackspot-lsp")).arg("--version").output();
    assert!(nothing.unwrap().status.success());
    began.elapsed()
}

/// Asks for an explanation with request 1, and waits for its first words.
async fn start_streaming(server: &mut Server) {
    server.open(DOCUMENT, "python", "def price(item):\n    return item.price\n").await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": DOCUMENT, "version": 1 }, "range": range,
        "partialResultToken": "deltas" });
    server.request(1, "stackspot-lsp/run", params).await;
    let delta = server.until(|message| message["params"]["token"] == "deltas").await;
    assert_eq!(delta["params"]["value"]["delta"], "It begins, ");
}
