//! The audit file: one line for each job, of the shell and of the server, without text of a user or an agent.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::child::{Home, Server};
use crate::support::peer::{CLIENT_SECRET, Peer, Script};

const URI: &str = file_uri!("/shop/price.py");
const SOURCE: &str = "def price(item):\n    return item.price\n";

fn home(peer: &Peer) -> Home {
    let home = Home::new().with_all(peer.environment()).with_config("audit = \"audit.jsonl\"\n");
    home.file("price.py", SOURCE);
    home
}

fn lines(home: &Home) -> Vec<Value> {
    let text = home.read(".config/stackspot-lsp/audit.jsonl");
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn digest(text: &str) -> Value {
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "bytes": text.len(), "sha256": hex })
}

async fn explain(server: &mut Server, id: i64) -> Value {
    ask_for_explain(server, id).await;
    server.response(id).await
}

fn is_told(message: &Value) -> bool {
    message["method"] == "window/showMessage"
}

fn is_response(message: &Value, id: i64) -> bool {
    message.get("method").is_none() && message["id"] == id
}

async fn ask_for_explain(server: &mut Server, id: i64) {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": URI, "version": 1 }, "range": range });
    server.request(id, "stackspot-lsp/run", params).await;
}

#[tokio::test]
async fn audit_file_has_one_line_for_each_job_without_content() {
    let peer = Peer::start().await;
    let home = home(&peer);
    assert_eq!(home.run(&["ask", "What is a ULID?"]).await.code, Some(0));
    peer.expect_chat(Script::status(403));
    assert_eq!(home.run(&["run", "explain", "price.py"]).await.code, Some(1));
    let key = format!("token = \"ghp_{}\"\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    assert_eq!(home.pipe(&["ask", "Review this"], key).await.code, Some(1));
    peer.expect_chat(
        Script::stream().text("Half").frame(&json!({ "message": "", "stop_reason": "max_output_tokens" })),
    );
    assert_eq!(home.run(&["ask", "More"]).await.code, Some(1));
    let mut server = home.serve(&[]).await;
    server.open(URI, "python", SOURCE).await;
    assert_eq!(explain(&mut server, 1).await["result"]["outcome"], "answered");
    server.shut_down().await;

    let lines = lines(&home);
    let told = |field: &str| lines.iter().map(|line| line[field].clone()).collect::<Vec<_>>();
    assert_eq!(told("action"), ["ask", "explain", "ask", "ask", "explain"]);
    assert_eq!(told("outcome"), ["answered", "failed", "failed", "answered", "answered"]);
    assert_eq!(told("kind"), [Value::Null, json!("forbidden"), json!("refused"), Value::Null, Value::Null]);
    assert_eq!(told("whole"), [json!(true), Value::Null, Value::Null, json!(false), json!(true)]);
    let first = &lines[0];
    assert_eq!(first["agent"], "01TESTAGENT");
    assert_eq!(first["tokens"], json!({ "input": 7, "output": 3 }));
    assert_eq!(first["prompt"], digest("What is a ULID?"));
    assert_eq!(first["answer"], digest("An answer by default."));
    assert!(first["time"].as_str().unwrap().ends_with('Z') && first["milliseconds"].is_u64(), "{first}");
    assert_eq!(lines[1]["status"], 403);
    assert!(lines[2].get("prompt").is_none(), "nothing went out: {}", lines[2]);

    let text = home.read(".config/stackspot-lsp/audit.jsonl");
    for word in ["ULID", "default", "price", "ghp_", "Half", CLIENT_SECRET] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = home.folder.path().join(".config/stackspot-lsp/audit.jsonl");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn audit_is_off_without_the_key_and_editors_cannot_set_it() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    let mut server = home.spawn(&[]);
    let options = json!({ "audit": home.folder.path().join("theirs.jsonl") });
    server
        .request(0, "initialize", json!({ "capabilities": {}, "processId": null, "initializationOptions": options }))
        .await;
    server.response(0).await;
    server.notify("initialized", json!({})).await;
    server.open(URI, "python", SOURCE).await;
    assert_eq!(explain(&mut server, 1).await["result"]["outcome"], "answered");
    server.shut_down().await;
    assert!(!home.folder.path().join("theirs.jsonl").exists());
}

#[tokio::test]
async fn unwritable_audit_file_is_reported_once_and_jobs_run() {
    let peer = Peer::start().await;
    let made = tempfile::tempdir().unwrap();
    let mut places = vec![made.path().to_owned(), made.path().join("absent/audit.jsonl")];
    if cfg!(unix) {
        let pipe = made.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        places.extend([pipe, "/dev/full".into()]);
    }
    for path in places {
        let home = Home::new().with_all(peer.environment()).with("STACKSPOT_LSP_AUDIT", &path);
        let run = home.run(&["ask", "Why?"]).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), "An answer by default.\n"), "{}", path.display());
        assert!(run.stderr.contains("audit file") && run.stderr.lines().count() == 1, "{}", run.stderr);

        let mut server = home.serve(&[]).await;
        server.open(URI, "python", SOURCE).await;
        ask_for_explain(&mut server, 1).await;
        let (mut response, mut told) = (Value::Null, Value::Null);
        // The response and the message may arrive in either order.
        while response.is_null() || told.is_null() {
            let next = server.until(|message| is_told(message) || is_response(message, 1)).await;
            if is_told(&next) {
                told = next;
            } else {
                response = next;
            }
        }
        assert_eq!(response["result"]["outcome"], "answered");
        assert!(told["params"]["message"].as_str().unwrap().contains("audit file"), "{told}");
        assert_eq!(explain(&mut server, 2).await["result"]["outcome"], "answered");
        server.request(3, "shutdown", Value::Null).await;
        let next = server.until(|message| is_told(message) || is_response(message, 3)).await;
        assert!(!is_told(&next), "it is told once: {next}");
        server.notify("exit", Value::Null).await;
        assert_eq!(server.ended().await.0.code(), Some(0));
    }
}
