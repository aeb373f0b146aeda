//! The targets of output: only frames on stdout, the log on stderr, and no secret anywhere.

use serde_json::{Value, json};

use crate::child::Home;
use crate::support::peer::{CLIENT_SECRET, Peer, Script};

const DOCUMENT: &str = file_uri!("/shop/price.py");

#[tokio::test]
async fn stdout_has_only_frames_and_trace_log_has_no_secret() {
    let peer = Peer::start().await;
    peer.expect_token(Script::token("bearer-of-this-test", 1199));
    peer.expect_chat(Script::stream().text("It returns ").text("the price.").end());
    let home = Home::new().with_all(peer.environment()).with("STACKSPOT_LSP_LOG", "trace");
    let mut server = home.serve(&[]).await;
    server.open(DOCUMENT, "python", "def price(item):\n    return item.price\n").await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": DOCUMENT, "version": 1 }, "range": range });
    server.request(1, "stackspot-lsp/run", params).await;
    let reply = server.response(1).await;
    assert_eq!(reply["result"]["answer"], "It returns the price.", "{reply}");
    // `shut_down` reads stdout to its end, and fails on anything except frames.
    let stderr = server.shut_down().await;
    assert!(stderr.contains("TRACE"), "the log is not as loud as it was asked to be:\n{stderr}");
    for secret in [CLIENT_SECRET, "bearer-of-this-test"] {
        assert!(!stderr.contains(secret), "{secret} is in the log:\n{stderr}");
    }
}

#[tokio::test]
async fn log_filter_comes_from_environment_then_user_file() {
    let quiet = Home::new().serve(&[]).await.shut_down().await;
    assert!(!quiet.contains("TRACE") && !quiet.contains("DEBUG"), "{quiet}");

    let from_file = Home::new().with_config("log = \"trace\"\n").serve(&[]).await.shut_down().await;
    assert!(from_file.contains("TRACE"), "`log` of config.toml did not count:\n{from_file}");

    let overruled = Home::new().with_config("log = \"trace\"\n").with("STACKSPOT_LSP_LOG", "warn");
    let overruled = overruled.serve(&[]).await.shut_down().await;
    assert!(!overruled.contains("TRACE"), "{overruled}");
}

#[tokio::test]
async fn broken_log_filter_or_user_file_does_not_stop_the_server() {
    let stderr = Home::new().with("STACKSPOT_LSP_LOG", "=nonsense=").serve(&[]).await.shut_down().await;
    assert!(stderr.contains("=nonsense=") && stderr.contains("info"), "{stderr}");

    let home = Home::new().with_config("log = [\n");
    let mut server = home.serve(&[]).await;
    let message = server.until(|message| message["method"] == "window/showMessage").await;
    assert!(message["params"]["message"].as_str().unwrap().contains("config.toml"), "{message}");
    server.shut_down().await;
}

#[tokio::test]
async fn malformed_frames_are_answered_and_the_session_continues() {
    let mut server = Home::new().serve(&[]).await;
    let bad: [(&[u8], i64); 5] = [
        (b"Content-Length: 4\r\n\r\n{no}", -32700),
        (b"Content-Length: nonsense\r\n\r\n", -32700),
        (b"Content-Length: 9\r\n\r\n{\"id\":[]}", -32600),
        (b"Content-Length: 2\r\nContent-Type: utf-9\r\n\r\n[]", -32600),
        (b"Content-Length: 3\r\n\r\n\xff\xfe\xfd", -32700),
    ];
    for (id, (bytes, code)) in (1_i64..).zip(bad) {
        server.raw(bytes).await;
        let refusal = server.until(|message| message.get("error").is_some()).await;
        assert_eq!(refusal["error"]["code"], code, "{}: {refusal}", String::from_utf8_lossy(bytes));
        server.request(id, "workspace/executeCommand", json!({ "command": "stackspot-lsp.status" })).await;
        assert!(server.response(id).await["result"]["jobs"].is_array());
    }
    server
        .raw(b"content-length:0046\r\nX-Odd: 1\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"shutdown\"}   ")
        .await;
    assert_eq!(server.response(77).await["result"], Value::Null);
    server.notify("exit", Value::Null).await;
    assert_eq!(server.ended().await.0.code(), Some(0));
}
