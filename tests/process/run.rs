//! `stackspot-lsp run`: one action on a file from the shell.

use std::process::Command;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::time::timeout;

use crate::child::{Home, PATIENCE, Run, ended};
use crate::support::peer::{CLIENT_SECRET, Gate, Peer, Script};

pub const PRICE: &str = "\
import sys

def price(item):
    return item.price

print(price(sys.argv))
";

/// The agent's replacement for `price`.
pub const CHEAPER: &str = "def price(item):\n    return item.price / 2\n";

pub async fn home(peer: &Peer) -> Home {
    let home = Home::new().with_all(peer.environment());
    home.file("shop/price.py", PRICE);
    home
}

pub fn assert_ended(run: &Run, code: i32) {
    assert_eq!(run.code, Some(code), "stdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
    for output in [&run.stdout, &run.stderr] {
        assert!(!output.contains('\x1b') && !output.contains(CLIENT_SECRET), "{output}");
    }
}

#[tokio::test]
async fn answer_is_on_stdout_while_it_streams() {
    let peer = Peer::start().await;
    let rest = Gate::default();
    let chat = peer.expect_chat(Script::stream().text("It returns\n").gate(&rest).text("the price.").end());
    let home = home(&peer).await;
    let mut child = home.command(&["run", "explain", "shop/price.py"]).current_dir(home.folder.path()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("the first line comes").unwrap();
    assert_eq!(line, "It returns\n");
    rest.open();
    let mut more = String::new();
    stdout.read_to_string(&mut more).await.unwrap();
    assert_eq!(more, "the price.\n", "the last line is ended");
    let run = ended(child).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    for part in ["Action: explain\n", "Language: python\n", "\n3| def price(item):\n4|     return item.price\n"] {
        assert!(prompt.contains(part), "{part} in {prompt}");
    }
    assert!(!prompt.contains(&*home.folder.path().to_string_lossy()), "no home directory goes out: {prompt}");
}

#[tokio::test]
async fn one_line_selects_its_definition_but_a_range_only_itself() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    for (place, selected) in [
        ("shop/price.py:4", "<selection lines=\"3-4\">\n3| def price(item):\n4|     return item.price\n</selection>"),
        ("shop/price.py:1-1", "<selection lines=\"1\">\n1| import sys\n</selection>"),
    ] {
        assert_ended(&home.run(&["run", "explain", place]).await, 0);
        let prompt = peer.chats().last().unwrap().json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains(selected), "{prompt}");
    }
}

#[tokio::test]
async fn git_applies_the_diff_of_an_edit() {
    for (folder, name, before, reply) in [
        ("", "price.py", PRICE.to_owned(), CHEAPER),
        ("shop/deep", "price.py", PRICE.to_owned(), CHEAPER),
        ("shop", "the price.py", PRICE.to_owned(), CHEAPER),
        ("", "preço \"x\".py", PRICE.to_owned(), CHEAPER),
        ("", "crlf.py", PRICE.replace('\n', "\r\n"), CHEAPER),
        ("", "cr.py", PRICE.replace('\n', "\r"), CHEAPER),
        ("", "open.py", "def price(item):\n    return item.price".to_owned(), CHEAPER),
    ] {
        // On Windows a file name cannot contain a quotation mark.
        let name = if cfg!(windows) { name.replace('"', "'") } else { name.to_owned() };
        let peer = Peer::start().await;
        peer.answer_by_default(Script::stream().text(reply).end());
        let home = Home::new().with_all(peer.environment());
        let below = format!("repo/{folder}");
        let path = home.file(&format!("{below}/{name}"), &before);
        git(&home, "repo", &["init", "-q"]);
        let definition = if before.starts_with("def") { 1 } else { 3 };
        let run = home.run_in(&below, &["run", "refactor", &format!("{name}:{definition}")]).await;
        assert_ended(&run, 0);
        assert_eq!(run.stderr, "", "{name}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "{name}: nothing is written unasked");

        home.file("edit.patch", &run.stdout);
        let patch = home.folder.path().join("edit.patch");
        git(&home, &below, &["apply", patch.to_str().unwrap()]);
        let after = std::fs::read_to_string(&path).unwrap();
        assert_eq!(after, before.replace("return item.price", "return item.price / 2"), "{name}");
    }
}

pub fn git(home: &Home, folder: &str, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(home.folder.path().join(folder)).env("HOME", home.folder.path());
    let output = git.output().expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn json_is_one_result() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = home(&peer).await;
    let run = home.run(&["run", "refactor", "shop/price.py:3", "--json"]).await;
    assert_ended(&run, 0);
    let result: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&result["outcome"], &result["answer"]), (&"proposed".into(), &CHEAPER.into()), "{result}");
    assert_eq!(result["usage"]["inputTokens"], 7);
    let changes = result["edit"]["changes"].as_object().unwrap();
    assert!(changes.keys().all(|uri| uri.starts_with("file:///") && uri.ends_with("/shop/price.py")), "{result}");
    assert!(result["reason"].as_str().unwrap().contains("--write"), "{result}");

    let run = home.run(&["run", "explain", "shop/price.py", "--json"]).await;
    let result: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&result["outcome"], &result["stopReason"]), (&"answered".into(), &"stop".into()), "{result}");

    let run = home.run(&["run", "refactor", "shop/price.py:3", "--json", "--write"]).await;
    let result: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(result["outcome"], "applied", "{result}");
    assert!(home.read("shop/price.py").contains("item.price / 2"));
}

#[tokio::test]
async fn answer_with_two_code_blocks_is_shown_and_run_fails() {
    let peer = Peer::start().await;
    let answer = "Either\n\n```python\na = 1\n```\n\nor\n\n```python\nb = 2\n```\n";
    peer.answer_by_default(Script::stream().text(answer).end());
    let home = home(&peer).await;
    for arguments in [&["run", "refactor", "shop/price.py:3"][..], &["run", "refactor", "shop/price.py:3", "--write"]] {
        let run = home.run(arguments).await;
        assert_ended(&run, 1);
        assert_eq!(run.stdout, answer);
        assert!(run.stderr.contains("No edit could be made"), "{}", run.stderr);
        assert_eq!(home.read("shop/price.py"), PRICE);
    }
}

#[tokio::test]
async fn reply_without_changes_is_not_a_failure() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("def price(item):\n    return item.price\n").end());
    let home = home(&peer).await;
    let run = home.run(&["run", "refactor", "shop/price.py:3"]).await;
    assert_ended(&run, 0);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("nothing to change"), "{}", run.stderr);
}

#[tokio::test]
async fn partial_answer_stays_on_stdout_after_a_failure() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("It returns").cut());
    let home = home(&peer).await;
    let run = home.run(&["run", "explain", "shop/price.py"]).await;
    assert_ended(&run, 1);
    assert_eq!(run.stdout, "It returns\n");
    assert!(run.stderr.contains("broke off"), "{}", run.stderr);

    let run = home.run(&["run", "explain", "shop/price.py", "--json"]).await;
    assert_ended(&run, 1);
    let failure: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(failure["error"]["partial"], "It returns", "{failure}");
    assert_eq!(failure["error"]["kind"], "truncated", "{failure}");
    assert!(run.stderr.contains("broke off") && failure.get("outcome").is_none(), "half a result is none: {run:?}");
}

#[tokio::test]
async fn possible_secret_is_not_sent_without_a_terminal() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    let key = format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    home.file("shop/key.py", format!("token = \"{key}\"\n"));
    home.file("shop/.env", "A=1\n");
    for name in ["shop/key.py", "shop/.env"] {
        let run = home.run(&["run", "explain", name]).await;
        assert_ended(&run, 1);
        assert!(run.stderr.contains("Not sent") && !run.stderr.contains(&key), "{}", run.stderr);
    }
    assert_eq!(peer.requests().len(), 0, "not even a token is asked for");

    let home = home.with_config("secrets.guard = \"off\"\n");
    assert_ended(&home.run(&["run", "explain", "shop/.env"]).await, 0);
}

#[tokio::test]
async fn a_dry_run_shows_the_prompt_and_sends_nothing() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    let run = home.run(&["run", "edit", "shop/price.py:3", "--instruction", "Halve it", "--dry-run"]).await;
    assert_ended(&run, 0);
    assert!(run.stdout.contains("Halve it") && run.stdout.contains("<selection>\ndef price"), "{}", run.stdout);
    assert!(run.stderr.contains("01TESTAGENT") && run.stderr.contains(&peer.base_url()), "{}", run.stderr);
    assert_eq!(peer.requests().len(), 0);
}

#[tokio::test]
async fn wrong_usage_error_names_the_right_usage() {
    let home = Home::new().with("STACKSPOT_AGENT_ID", "01TESTAGENT");
    home.file("price.py", PRICE);
    for (arguments, said) in [
        (&["run", "dance", "price.py"][..], "explain, ask, refactor"),
        (&["run", "edit", "price.py"], "--instruction"),
        (&["run", "ask", "price.py"], "--instruction"),
        (&["run", "explain", "price.py:99"], "1 to 6"),
        (&["run", "explain", "price.py:4-2"], "2-4"),
        (&["run", "explain"], "FILE"),
        (&["run", "explain", "price.py", "--dry-run", "--write"], "--dry-run"),
    ] {
        let run = home.run(arguments).await;
        assert_ended(&run, 2);
        assert!(run.stdout.is_empty() && run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn file_that_is_not_text_is_refused_by_run() {
    let home = Home::new().with("STACKSPOT_AGENT_ID", "01TESTAGENT");
    home.file("latin1.py", b"# pre\xe7o\n");
    home.file("folder/x", "");
    home.file("program.py", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0");
    let cases =
        [("latin1.py", "UTF-8"), ("program.py", "ask --file"), ("folder", "folder"), ("absent.py", "cannot be read")];
    for (name, said) in cases {
        let run = home.run(&["run", "explain", name]).await;
        assert_ended(&run, 1);
        assert!(run.stderr.contains(name) && run.stderr.contains(said), "{}", run.stderr);
    }
}

#[tokio::test]
async fn run_without_an_account_names_what_to_set() {
    let home = Home::new();
    home.file("price.py", PRICE);
    let run = home.run(&["run", "explain", "price.py"]).await;
    assert_ended(&run, 1);
    assert!(run.stdout.is_empty() && run.stderr.contains("STACKSPOT_REALM"), "{}", run.stderr);
}

#[tokio::test]
async fn the_sandbox_answers_without_an_account() {
    let home = Home::new();
    home.file("price.py", PRICE);
    let run = home.run(&["run", "refactor", "price.py:3", "--sandbox"]).await;
    assert_ended(&run, 0);
    assert!(run.stdout.starts_with("--- a/price.py\n+++ b/price.py\n@@ "), "{}", run.stdout);
    assert!(run.stderr.contains("[sandbox]"), "{}", run.stderr);
}

#[tokio::test]
async fn ctrl_c_closes_stream_at_once_and_keeps_partial_answer() {
    for signal in crate::child::INTERRUPTS {
        let peer = Peer::start().await;
        let chat = peer.expect_chat(Script::stream().text("It begins").stall());
        let home = home(&peer).await;
        let mut command = home.command(&["run", "explain", "shop/price.py"]);
        let mut child = command.current_dir(home.folder.path()).spawn().unwrap();
        let mut begun = [0; 9];
        timeout(PATIENCE, child.stdout.as_mut().unwrap().read_exact(&mut begun)).await.unwrap().unwrap();
        crate::child::signal(&child, signal);
        chat.closed().await;
        let run = ended(child).await;
        assert_ended(&run, 1);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("\n", "stackspot-lsp: Cancelled.\n"));
    }
}

#[tokio::test]
async fn run_ends_quietly_when_its_reader_closes_the_pipe() {
    let peer = Peer::start().await;
    let more = "data: {\"message\": \"and on\\n\"}\n\n";
    let chat = peer.expect_chat(Script::stream().text("It begins\n").for_ever(more));
    let home = home(&peer).await;
    let mut command = home.command(&["run", "explain", "shop/price.py"]);
    let mut child = command.current_dir(home.folder.path()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    timeout(PATIENCE, stdout.read_line(&mut line)).await.expect("the first line comes").unwrap();
    drop(stdout);
    chat.closed().await;
    let run = ended(child).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "the answer did not get there");
}

#[tokio::test]
async fn ctrl_c_works_when_the_output_is_not_read() {
    let peer = Peer::start().await;
    let more = format!("data: {{\"message\": \"{}\"}}\n\n", "a".repeat(8000));
    let chat = peer.expect_chat(Script::stream().for_ever(more));
    let home = home(&peer).await;
    let mut command = home.command(&["run", "explain", "shop/price.py"]);
    let mut child = command.current_dir(home.folder.path()).spawn().unwrap();
    // The pipe stays full, because its reader takes a few bytes and then stops.
    let mut begun = [0; 1000];
    timeout(PATIENCE, child.stdout.as_mut().unwrap().read_exact(&mut begun)).await.unwrap().unwrap();
    crate::child::signal(&child, crate::child::INTERRUPTS[0]);
    chat.closed().await;
    let status = timeout(PATIENCE, child.wait()).await.expect("the command ends").unwrap();
    assert_eq!(status.code(), Some(1));
}

#[tokio::test]
async fn trace_log_of_run_contains_no_secret() {
    let peer = Peer::start().await;
    peer.expect_token(Script::token("bearer-of-this-test", 1199));
    let home = home(&peer).await.with("STACKSPOT_LSP_LOG", "trace");
    let run = home.run(&["run", "explain", "shop/price.py"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "An answer by default.\n"));
    assert!(run.stderr.contains("TRACE"), "{}", run.stderr);
    for secret in [CLIENT_SECRET, "bearer-of-this-test"] {
        assert!(!run.stderr.contains(secret), "{}", run.stderr);
    }
}

#[tokio::test]
async fn a_prompt_file_of_the_workspace_is_an_action_of_the_shell() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    let template = "Look for holes in {{ path }}:\n<selection>\n{{ selection }}\n</selection>\n";
    home.file("shop/.stackspot/actions/holes.md", template);
    home.file("shop/.stackspot/actions/theirs.md", format!("---\nagent: 01THEIRS\n---\n{template}"));
    home.file("shop/.stackspot/actions/broken.md", "---\nresult: patch\n---\nLook.\n");
    let chat = peer.expect_chat(Script::stream().text("None.").end());
    let run = home.run_in("shop", &["run", "holes", "price.py:3-4"]).await;
    assert_ended(&run, 0);
    assert_eq!(run.stdout.trim(), "None.");
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("Look for holes in price.py:\n<selection>\ndef price(item):"), "{prompt}");

    // The error names a broken prompt file when the user asks for it.
    let run = home.run_in("shop", &["run", "broken", "price.py"]).await;
    assert_ended(&run, 2);
    assert!(run.stderr.contains("broken.md: line 2: ") && run.stderr.contains("known are"), "{}", run.stderr);

    // An agent from the workspace is asked only if the command line names it, too.
    let run = home.run_in("shop", &["run", "theirs", "price.py:3"]).await;
    assert_ended(&run, 1);
    assert!(run.stderr.contains("--agent 01THEIRS"), "{}", run.stderr);
    assert_eq!(peer.chats().len(), 1);
    peer.expect_chat(Script::stream().text("None.").end());
    assert_ended(&home.run_in("shop", &["run", "theirs", "price.py:3", "--agent", "01THEIRS"]).await, 0);
}

#[tokio::test]
async fn sandbox_answers_prompt_files_with_code_or_text() {
    let home = Home::new();
    home.file("shop/price.py", PRICE);
    let task = "Make it shorter.\n<selection>\n{{ selection }}\n</selection>\n";
    home.file("shop/.stackspot/actions/shorter.md", format!("---\nresult: replace\nagent: 01THEIRS\n---\n{task}"));
    home.file("shop/.stackspot/actions/plain.md", "---\nresult: replace\n---\nMake it shorter.\n");
    home.file("shop/.stackspot/actions/why.md", "Why is this code on {{ branch | default('no branch', true) }}?\n");
    for action in ["shorter", "plain"] {
        let run = home.run_in("shop", &["run", action, "price.py:3-4", "--sandbox"]).await;
        assert_ended(&run, 0);
        assert!(run.stdout.starts_with("--- ") && run.stdout.contains("\n+"), "{action}: {}", run.stdout);
    }
    let run = home.run_in("shop", &["run", "why", "price.py:3-4", "--sandbox"]).await;
    assert_ended(&run, 0);
    assert!(run.stdout.contains("sandbox"), "{}", run.stdout);
}
