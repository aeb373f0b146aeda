//! The exit code is 0 only if the result is complete and in its place.

use serde_json::{Value, json};

use crate::child::Home;
use crate::run::{CHEAPER, PRICE, assert_ended, git, home};
use crate::support::peer::{Peer, Script, sse_frame};

/// An answer that begins normally, and then ends for this reason.
fn ending(text: &str, reason: &str) -> Script {
    Script::stream().text(text).frame(&json!({ "message": "", "stop_reason": reason }))
}

#[cfg(target_os = "linux")] // /dev/full
#[tokio::test]
async fn full_disk_for_the_output_ends_with_1_and_one_line() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    peer.expect("/v1/agents", Script::reply(&json!([{ "id": "01A", "name": "Reviewer" }])));
    for arguments in [
        &["ask", "Why?"][..],
        &["ask", "Why?", "--no-stream"],
        &["ask", "Why?", "--json"],
        &["run", "explain", "shop/price.py"],
        &["run", "refactor", "shop/price.py:3"],
        &["run", "refactor", "shop/price.py:3", "--json"],
        &["run", "explain", "shop/price.py", "--dry-run"],
        &["agents"],
        &["schema"],
        &["completions", "bash"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = home.command(arguments);
        command.stdin(std::process::Stdio::null()).stdout(full).current_dir(home.folder.path());
        let run = crate::child::ended(command.spawn().unwrap()).await;
        assert_ended(&run, 1);
        let told = run.stderr.lines().filter(|line| line.starts_with("stackspot-lsp: ")).count();
        assert!(told == 1 && run.stderr.contains("could not be written"), "{arguments:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn command_ends_with_1_when_its_output_is_closed() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    for arguments in [&["ask", "Why?"][..], &["ask", "Why?", "--json"], &["schema"], &["--help"]] {
        // The reader closes before the program starts. If it closed later, the program might have written everything.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command(arguments);
        command.stdin(std::process::Stdio::null()).stdout(writer);
        let run = crate::child::ended(command.spawn().unwrap()).await;
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{arguments:?}");
    }
}

#[tokio::test]
async fn unfinished_answer_is_shown_and_ends_with_1() {
    for reason in ["pause_turn", "incomplete", "max_output_tokens", "what_nobody_knows"] {
        let peer = Peer::start().await;
        let home = home(&peer).await;
        peer.answer_by_default(ending("The first half", reason));
        for arguments in [&["ask", "Why?"][..], &["run", "explain", "shop/price.py"]] {
            let run = home.run(arguments).await;
            assert_ended(&run, 1);
            assert_eq!(run.stdout, "The first half\n", "{arguments:?}");
            assert!(run.stderr.contains(reason), "{}", run.stderr);
        }
        let run = home.run(&["ask", "Why?", "--json"]).await;
        assert_ended(&run, 1);
        let result: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&result["answer"], &result["stopReason"]), (&json!("The first half"), &json!(reason)), "{result}");
        assert!(result["reason"].as_str().unwrap().contains(reason), "{result}");
    }
}

#[tokio::test]
async fn edit_of_an_incomplete_answer_is_shown_but_not_written() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    git(&home, "shop", &["init", "-q"]);
    peer.answer_by_default(ending(CHEAPER, "incomplete"));
    for arguments in [&["run", "refactor", "price.py:3"][..], &["run", "refactor", "price.py:3", "--write"]] {
        let run = home.run_in("shop", arguments).await;
        assert_ended(&run, 1);
        assert!(run.stdout.contains("+    return item.price / 2"), "{}", run.stdout);
        assert!(run.stderr.contains("incomplete"), "{}", run.stderr);
        assert_eq!(home.read("shop/price.py"), PRICE);
    }
    peer.answer_by_default(ending("def test_price():\n    assert price(ITEM) == 1\n", "incomplete"));
    for arguments in [
        &["run", "test", "price.py:3"][..],
        &["run", "test", "price.py:3", "--write"],
        &["run", "test", "price.py:3", "--write", "--json"],
    ] {
        let run = home.run_in("shop", arguments).await;
        assert_ended(&run, 1);
        assert!(run.stdout.contains("def test_price"), "what was paid for is shown: {}", run.stdout);
        assert!(!home.folder.path().join("shop/test_price.py").exists(), "{arguments:?}");
    }
}

#[tokio::test]
async fn empty_answer_or_answer_with_a_gap_is_reported() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    peer.expect_chat(Script::stream().frame(&json!({ "stop_reason": "stop" })));
    let run = home.run(&["ask", "Why?"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("without any text"), "{}", run.stderr);

    let hole = format!("{}data: {{\"message\":\"and\n\n", sse_frame(&json!({ "message": "One " })));
    peer.expect_chat(Script::stream().bytes(hole).text("two").end());
    let run = home.run(&["ask", "Why?"]).await;
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.starts_with("One ") && run.stdout.ends_with("two\n"), "{}", run.stdout);
    assert!(run.stderr.contains("missing"), "{}", run.stderr);
}

#[tokio::test]
async fn json_failure_has_the_same_fields_as_an_editor_error() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    peer.expect_chat(
        Script::status(400)
            .header("content-type", "application/json")
            .bytes(r#"{"type":"BAD_REQUEST","code":"AGENT_7","details":"The agent is archived."}"#),
    );
    let run = home.run(&["ask", "Why?", "--json"]).await;
    assert_ended(&run, 1);
    let failure: Value = serde_json::from_str(&run.stdout).unwrap();
    let error = &failure["error"];
    assert_eq!((&error["status"], &error["code"]), (&json!(400), &json!("AGENT_7")), "{failure}");
    assert!(error["message"].as_str().unwrap().contains("archived") && error.get("partial").is_none(), "{failure}");
    assert!(run.stderr.contains("archived"), "{}", run.stderr);
}

#[tokio::test]
async fn dash_as_the_question_means_stdin() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    assert_ended(&home.pipe(&["ask", "-"], "What does EAFP mean?\n").await, 0);
    assert_eq!(peer.chats().last().unwrap().json()["user_prompt"], "What does EAFP mean?\n");
    let run = home.run(&["ask", "-"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("nothing to ask"), "{}", run.stderr);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn utf_16_input_is_accepted_and_a_program_is_refused() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    assert_ended(&home.pipe(&["ask", "Review this"], utf16("\u{feff}preço = 1\r\n")).await, 0);
    let prompt = peer.chats().last().unwrap().json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("<input>\npreço = 1\r\n</input>"), "{prompt}");

    let program = std::fs::read(env!("CARGO_BIN_EXE_stackspot-lsp")).unwrap();
    let run = home.pipe(&["ask", "What is it?"], &program[..40_000]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("is not text") && run.stderr.contains("--file"), "{}", run.stderr);
    assert_eq!(peer.chats().len(), 1);
}

#[tokio::test]
async fn a_file_in_utf_16_is_asked_about_and_written_back_as_it_was() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = Home::new().with_all(peer.environment());
    for mark in ["\u{feff}", ""] {
        let before = format!("{mark}{}", PRICE.replace('\n', "\r\n"));
        let path = home.file("price.py", utf16(&before));
        let run = home.run(&["run", "refactor", "price.py:3-4"]).await;
        assert_ended(&run, 0);
        assert!(run.stderr.contains("--write"), "no tool applies this diff: {}", run.stderr);
        assert_ended(&home.run(&["run", "refactor", "price.py:3-4", "--write"]).await, 0);
        let after = before.replace("item.price\r", "item.price / 2\r");
        assert_eq!(std::fs::read(path).unwrap(), utf16(&after), "{mark:?}");
    }
    let prompt = peer.chats().last().unwrap().json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("def price(item):") && !prompt.contains('\0'), "{prompt}");
}

/// If the state folder is unusable, the answer still comes, and stderr explains the consequence.
#[tokio::test]
async fn unusable_state_folder_does_not_stop_an_answer() {
    let peer = Peer::start().await;
    let made = tempfile::tempdir().unwrap();
    let at = |name: &str| made.path().join(name);
    std::fs::write(at("file"), "").unwrap();
    #[cfg(unix)]
    {
        std::fs::create_dir_all(at("pipes/stackspot-lsp")).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(at("pipes/stackspot-lsp/limits")).status().unwrap();
        assert!(pipe.success());
        std::os::unix::fs::symlink(at("nowhere"), at("gone")).unwrap();
    }
    for name in if cfg!(unix) { ["file", "pipes", "gone"].as_slice() } else { &["file"] } {
        // The program cannot create anything below a broken link, a file or a pipe.
        let home = home(&peer).await.with("XDG_STATE_HOME", at(name));
        for arguments in [&["ask", "Why?"][..], &["run", "explain", "shop/price.py"]] {
            let run = home.run(arguments).await;
            assert_ended(&run, 0);
            assert_eq!(run.stdout, "An answer by default.\n", "{name}");
            let told = run.stderr.lines().filter(|line| line.contains("request limit")).count();
            assert!(told == 1 && run.stderr.lines().count() == 1, "{name}: {}", run.stderr);
        }
    }
    // The shared file is replaced by a pipe, or by a folder on Windows. The program does not wait for it.
    let home = home(&peer).await;
    assert_eq!(home.run(&["ask", "Why?"]).await.stderr, "");
    let limits = home.folder.path().join("state/stackspot-lsp/limits");
    let shared = std::fs::read_dir(&limits).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&shared).unwrap();
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(&shared).status().unwrap().success());
    #[cfg(not(unix))]
    std::fs::create_dir(&shared).unwrap();
    let run = home.run(&["ask", "Why?"]).await;
    assert_ended(&run, 0);
    assert!(run.stderr.contains("request limit"), "{}", run.stderr);
}
