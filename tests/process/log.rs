//! The log goes to stderr, to a file, and to the client. Each job is one line. Only the `trace` level contains texts.

use serde_json::{Value, json};

use crate::child::{Home, Server};
use crate::support::peer::{CLIENT_SECRET, Peer, Script};

const DOCUMENT: &str = file_uri!("/shop/price.py");
const CODE: &str = "def price(item):\n    return item.price\n";
const ANSWER: &str = "It returns the price.";

/// A session with one whole job. Returns the whole text of stderr, and the log messages to the client.
async fn one_job(home: Home, peer: &Peer, arguments: &[&str]) -> (String, Vec<Value>) {
    peer.expect_token(Script::token("bearer-of-this-test", 1199));
    peer.expect_chat(Script::stream().text("It returns ").text("the price.").end());
    let home = home.with_all(peer.environment());
    let mut server = home.serve(arguments).await;
    let logged = explain(&mut server).await;
    (server.shut_down().await, logged)
}

/// Runs a job to its end. Returns the log messages that the client got until then.
async fn explain(server: &mut Server) -> Vec<Value> {
    server.open(DOCUMENT, "python", CODE).await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": DOCUMENT, "version": 1 }, "range": range });
    server.request(1, "stackspot-lsp/run", params).await;
    let mut logged = Vec::new();
    let reply = server
        .until(|message| {
            if message["method"] == "window/logMessage" {
                logged.push(message["params"].clone());
            }
            message["id"] == 1 && message.get("method").is_none()
        })
        .await;
    assert_eq!(reply["result"]["answer"], ANSWER, "{reply}");
    logged
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn job_is_one_log_line_in_stderr_file_and_client() {
    let peer = Peer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("here.log");
    let (stderr, client) = one_job(Home::new(), &peer, &["--log-file", file.to_str().unwrap()]).await;
    let in_file = std::fs::read_to_string(&file).unwrap();
    #[cfg(unix)]
    assert_eq!(mode(&file), 0o600);
    let client: Vec<&Value> = client.iter().filter(|entry| entry["type"] == 3).collect();
    assert_eq!(client.len(), 1, "{client:?}");
    let to_client = client[0]["message"].as_str().unwrap();
    let lines = stderr.lines().chain(in_file.lines()).chain(to_client.lines());
    let lines: Vec<&str> = lines.filter(|line| line.contains("the job ended")).collect();
    assert_eq!(lines.len(), 3, "stderr:\n{stderr}\nfile:\n{in_file}\nclient:\n{to_client}");
    for line in lines {
        for field in ["job{id=", "action=explain", "outcome=\"answered\"", "queue_ms=", "connect_ms=", "first_text_ms="]
        {
            assert!(line.contains(field), "no {field} in: {line}");
        }
        assert!(line.contains("total_ms=") && line.contains("input_tokens=7 output_tokens=3"), "{line}");
    }
    // A log of the default level contains no text of the user or the agent.
    for log in [&*stderr, &in_file, to_client] {
        for words in [ANSWER, "item.price", CLIENT_SECRET, "bearer-of-this-test"] {
            assert!(!log.contains(words), "{words}: {log}");
        }
    }
}

#[tokio::test]
async fn debug_log_has_prompts_but_the_client_does_not_get_them() {
    for level in ["debug", "trace"] {
        let peer = Peer::start().await;
        let home = Home::new().with("STACKSPOT_LSP_LOG", level);
        let file = home.folder.path().join("loud.log");
        let home = home.with("STACKSPOT_LSP_LOG_FILE", file.as_os_str());
        let folder = home.folder.path().to_owned();
        peer.expect_token(Script::token("bearer-of-this-test", 1199));
        peer.expect_chat(Script::stream().text("It returns ").text("the price.").end());
        let home = home.with_all(peer.environment());
        let mut server = home.serve(&[]).await;
        let client = explain(&mut server).await;
        let stderr = server.shut_down().await;
        let in_file = std::fs::read_to_string(folder.join("loud.log")).unwrap();
        for log in [&stderr, &in_file] {
            let has_words =
                log.contains("the question prompt=") && log.contains(&format!("the answer answer={ANSWER}"));
            assert_eq!(has_words, level == "trace", "{level}: {log}");
            assert!(!log.contains(CLIENT_SECRET) && !log.contains("bearer-of-this-test"), "{log}");
        }
        let client = format!("{client:?}");
        assert!(
            client.contains("the job continues phase=") && !client.contains(ANSWER) && !client.contains("item.price")
        );
        assert!(!client.contains(CLIENT_SECRET) && !client.contains("bearer-of-this-test"), "{client}");
    }
}

#[tokio::test]
async fn log_file_is_appended_and_can_be_set_in_the_user_file() {
    let home = Home::new().with_config("log_file = \"kept.log\"\n");
    let file = home.folder.path().join(".config/stackspot-lsp/kept.log");
    std::fs::write(&file, "kept\n").unwrap();
    for _ in 0..2 {
        let mut server = home.serve(&[]).await;
        server.raw(b"Content-Length: 2\r\n\r\n[]").await;
        server.until(|message| message.get("error").is_some()).await;
        server.shut_down().await;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("kept\n") && text.matches("received an invalid message").count() == 2, "{text}");
}

#[tokio::test]
async fn unusable_log_file_is_reported_and_the_server_starts() {
    let home = Home::new();
    let missing = home.folder.path().join("no/such/folder.log");
    let arguments = [format!("--log-file={}", missing.display())];
    let mut server = home.serve(&[&arguments[0]]).await;
    let message = server.until(|message| message["method"] == "window/showMessage").await;
    let words = message["params"]["message"].as_str().unwrap();
    assert!(words.contains("folder.log") && words.contains("--log-file"), "{message}");
    assert_eq!(message["params"]["type"], 2);
    let stderr = server.shut_down().await;
    assert!(stderr.contains("folder.log"), "{stderr}");

    let run = home.run(&["schema", &arguments[0]]).await;
    assert!(run.code == Some(0) && run.stderr.contains("folder.log"), "{run:?}");
}

#[cfg(unix)] // fifo
#[tokio::test]
async fn log_pipe_without_a_reader_does_not_block_the_start() {
    let home = Home::new();
    let pipe = home.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut server = home.serve(&["--log-file", pipe.to_str().unwrap()]).await;
    let message = server.until(|message| message["method"] == "window/showMessage").await;
    assert!(message["params"]["message"].as_str().unwrap().contains("a pipe"), "{message}");
    server.shut_down().await;
}

#[tokio::test]
async fn command_writes_its_log_to_a_file_and_not_to_the_terminal() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::stream().text(ANSWER).end());
    let home = Home::new().with_all(peer.environment());
    let file = home.folder.path().join("ask.log");
    let run = home.run(&["ask", "--agent", "01AGENT", "Hello", "--log-file", file.to_str().unwrap()]).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("the job ended") && !text.contains("Hello"), "{text}");
    assert!(!run.stderr.contains("the job ended"), "{run:?}");

    peer.expect_chat(Script::stream().text(ANSWER).end());
    let run = home.run(&["--log-file", file.to_str().unwrap(), "ask", "--agent", "01AGENT", "Hello"]).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("the job ended").count(), 2);

    let run = home.run(&["--sandbox", "ask", "Hello"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("--sandbox before ask"), "{run:?}");
}
