//! The bridge to a model, against a scripted server with OpenAI's protocol.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};
use stackspot_lsp::testing::sandbox::{ModelServer, Pacing, SandboxOptions, Scenario};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::sandbox::world::{World, error, frames, message};
use crate::support::patience::until;

/// A received request: its line and headers, and its body.
type Asked = (String, Value);

/// A model server. Each connection is one request, answered with the next reply.
struct Peer {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Reports each connection that the client closed before the end of its reply.
    hung_up: mpsc::UnboundedReceiver<()>,
}

/// The bytes of a reply, and whether the connection stays open after them.
type Reply = (String, bool);

impl Peer {
    async fn new(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (tell, hung_up) = mpsc::unbounded_channel();
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            for (reply, stays) in replies {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = read_request(&mut socket).await;
                seen.lock().unwrap().push(request);
                socket.write_all(reply.as_bytes()).await.unwrap();
                if stays {
                    let tell = tell.clone();
                    tokio::spawn(async move {
                        if !matches!(socket.read(&mut [0]).await, Ok(1..)) {
                            tell.send(()).unwrap();
                        }
                    });
                }
            }
        });
        Self { url, asked, hung_up }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    async fn world(&self, model: Option<&str>) -> World {
        self.world_with(model, "").await
    }

    async fn world_with(&self, model: Option<&str>, scenario: &str) -> World {
        let api_key = Some(SecretString::from("key-of-the-model"));
        let model = ModelServer { url: self.url.parse().unwrap(), model: model.map(str::to_owned), api_key };
        assert!(!format!("{model:?}").contains("key-of-the-model"));
        let scenario = Scenario::parse(scenario, std::path::Path::new("x.toml")).unwrap();
        World::with(SandboxOptions {
            pacing: Pacing::Immediate,
            model: Some(model),
            scenario: Some(Arc::new(scenario)),
            ..SandboxOptions::default()
        })
        .await
    }
}

async fn read_request(socket: &mut TcpStream) -> Asked {
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).await.unwrap(), 0, "{head}");
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).await.unwrap();
    (head, serde_json::from_slice(&body).unwrap_or_default())
}

fn whole(status: &str, kind: &str, body: &str) -> Reply {
    let length = body.len();
    (
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
        false,
    )
}

fn stream(chunks: &[Value], done: bool) -> Reply {
    let mut body: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    if done {
        body.push_str("data: [DONE]\n\n");
    }
    whole("200 OK", "text/event-stream", &body)
}

/// A stream that stops but does not end.
fn unended(chunks: &[Value]) -> Reply {
    let (reply, _) = stream(chunks, false);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let head = head.lines().filter(|line| !line.starts_with("Content-Length")).collect::<Vec<_>>().join("\r\n");
    (format!("{head}\r\n\r\n{body}"), true)
}

fn delta(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] })
}

fn answer(texts: &[&str]) -> Reply {
    let first = json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": null } }] });
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "length" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 32, "completion_tokens": 16 } });
    let chunks = std::iter::once(first).chain(texts.iter().map(|text| delta(text))).chain([last, usage]);
    stream(&chunks.collect::<Vec<_>>(), true)
}

fn ask(prompt: &str) -> Value {
    json!({ "user_prompt": prompt, "streaming": true })
}

#[tokio::test]
async fn model_output_becomes_frames_with_token_counts_of_the_model() {
    let peer = Peer::new(vec![answer(&["Olá", ", ", "mundo"])]).await;
    let world = peer.world(Some("smol")).await;
    let frames = frames(&world.chat("any", ask("Say hello")).await.text().await.unwrap());
    let texts: Vec<&str> = frames.iter().filter_map(|frame| frame["message"].as_str()).collect();
    assert_eq!(texts, ["", "Olá", ", ", "mundo", ""], "each delta is a frame");
    let last = frames.last().unwrap();
    assert_eq!((&last["stop_reason"], &last["tokens"]), (&json!("length"), &json!({ "input": 32, "output": 16 })));

    let [(head, body)] = &peer.asked()[..] else { panic!("one request") };
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer key-of-the-model\r\n"), "{head}");
    let expected = json!({
        "model": "smol", "stream": true, "stream_options": { "include_usage": true },
        "messages": [{ "role": "user", "content": "Say hello" }],
    });
    assert_eq!(body, &expected);
}

#[tokio::test]
async fn frame_is_sent_before_the_next_delta_arrives() {
    let peer = Peer::new(vec![unended(&[delta("first")])]).await;
    let world = peer.world(Some("smol")).await;
    let mut body = world.chat("any", ask("x")).await.bytes_stream();
    let mut text = String::new();
    while !text.contains("first") {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn model_connection_closes_when_client_disconnects() {
    let mut peer = Peer::new(vec![unended(&[delta("first")]), (String::new(), true), unended(&[delta("x")])]).await;
    let world = peer.world(Some("smol")).await;
    let hung_up = async |peer: &mut Peer| {
        tokio::time::timeout(Duration::from_secs(5), peer.hung_up.recv()).await.expect("it hangs up").unwrap();
    };
    // In the middle of a stream.
    let streaming = world.chat("any", ask("x")).await;
    drop(streaming);
    hung_up(&mut peer).await;
    // Before the model sends anything, and in the middle of a plain reply.
    for streaming in [true, false] {
        let body = json!({ "user_prompt": "x", "streaming": streaming });
        let url = format!("{}/v1/agent/any/chat", world.sandbox.base_url());
        let waiting = tokio::spawn(world.client.post(url).bearer_auth(&world.token).json(&body).send());
        world.until_writing(1).await;
        let asked = if streaming { 2 } else { 3 };
        until("the question", || (peer.asked().len() >= asked).then_some(())).await;
        waiting.abort();
        hung_up(&mut peer).await;
    }
    world.until_writing(0).await;
}

#[tokio::test]
async fn a_conversation_goes_to_the_model_turn_by_turn() {
    let peer = Peer::new(vec![answer(&["A sortable id."]), answer(&["26."]), answer(&["?"])]).await;
    let world = peer.world(Some("smol")).await;
    let first: Value = world
        .chat("any", json!({ "user_prompt": "What is a ULID?", "use_conversation": true }))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(first["message"], "A sortable id.");
    assert_eq!(first["tokens"], json!({ "user": 32, "enrichment": 0, "output": 16 }));
    let mut next = ask("How long is it?");
    next["use_conversation"] = json!(true);
    next["conversation_id"] = first["conversation_id"].clone();
    let frames = frames(&world.chat("any", next).await.text().await.unwrap());
    assert_eq!(message(&frames), "26.");
    world.chat("any", ask("Alone")).await.text().await.unwrap();
    let messages: Vec<Value> = peer.asked().into_iter().map(|(_, body)| body["messages"].clone()).collect();
    let said = |role: &str, content: &str| json!({ "role": role, "content": content });
    let expected =
        json!([said("user", "What is a ULID?"), said("assistant", "A sortable id."), said("user", "How long is it?"),]);
    assert_eq!((&messages[1], &messages[2]), (&expected, &json!([said("user", "Alone")])));
}

#[tokio::test]
async fn first_listed_model_is_used_when_no_model_is_named() {
    let list = json!({ "object": "list", "data": [{ "id": "first" }, { "id": "second" }] }).to_string();
    let peer = Peer::new(vec![whole("200 OK", "application/json", &list), answer(&["a"]), answer(&["b"])]).await;
    let world = peer.world(None).await;
    for expected in ["a", "b"] {
        assert_eq!(message(&frames(&world.chat("any", ask("x")).await.text().await.unwrap())), expected);
    }
    let asked = peer.asked();
    assert!(asked[0].0.starts_with("GET /v1/models HTTP/1.1\r\n"), "{}", asked[0].0);
    assert_eq!((&asked[1].1["model"], &asked[2].1["model"]), (&json!("first"), &json!("first")));

    let empty = Peer::new(vec![whole("200 OK", "application/json", "{\"data\":[]}")]).await;
    let (status, body) = error(empty.world(None).await.chat("any", ask("x")).await).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_GATEWAY, &json!("SANDBOX_MODEL_NOT_FOUND")));
}

#[tokio::test]
async fn model_server_error_becomes_an_agents_api_error() {
    let said = |message: &str| json!({ "error": { "message": message, "type": "x", "code": 1 } }).to_string();
    for (reply, status, code, part) in [
        ("503 Service Unavailable", 503, "SANDBOX_MODEL_UNAVAILABLE", "Loading model"),
        ("500 Internal Server Error", 502, "SANDBOX_MODEL_ERROR", "Loading model"),
        ("404 Not Found", 502, "SANDBOX_MODEL_NOT_FOUND", "--model"),
        ("401 Unauthorized", 502, "SANDBOX_MODEL_KEY", "STACKSPOT_MODEL_API_KEY"),
        ("429 Too Many Requests", 429, "INFERENCE_3008_CHAT_RATE_LIMIT_EXCEEDED", "too often"),
        ("302 Found", 502, "SANDBOX_MODEL_ERROR", "HTTP 302"),
    ] {
        let peer = Peer::new(vec![whole(reply, "application/json", &said("Loading model"))]).await;
        let (found, body) = error(peer.world(Some("m")).await.chat("any", ask("x")).await).await;
        assert_eq!((found.as_u16(), body["code"].as_str()), (status, Some(code)), "{reply}: {body}");
        let details = body["details"].as_str().unwrap();
        assert!(details.contains(part) && details.contains("127.0.0.1:"), "{details}");
        assert!(!details.contains("key-of-the-model"));
    }
    let long = "the request exceeds the available context size (4096 tokens)";
    let peer = Peer::new(vec![whole("400 Bad Request", "application/json", &said(long))]).await;
    let (status, body) = error(peer.world(Some("m")).await.chat("any", ask("x")).await).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("INFERENCE_6001_LLM_MODEL_BAD_REQUEST")));

    let nobody = Peer { url: "http://127.0.0.1:1".to_owned(), ..Peer::new(Vec::new()).await };
    let (status, body) = error(nobody.world(Some("m")).await.chat("any", ask("x")).await).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_GATEWAY, &json!("SANDBOX_MODEL_UNREACHABLE")));
    assert!(body["details"].as_str().unwrap().contains("refused"), "{body}");
}

#[tokio::test]
async fn broken_model_stream_is_not_a_complete_answer() {
    let failure = json!({ "error": { "message": "out of memory" } });
    let peer = Peer::new(vec![
        stream(&[delta("half")], false),
        stream(&[delta("half"), failure.clone()], false),
        stream(&[delta("half"), failure], false),
        whole("200 OK", "text/html", "<html>Sign in</html>"),
    ])
    .await;
    let world = peer.world(Some("m")).await;
    let cut = frames(&world.chat("any", ask("x")).await.text().await.unwrap());
    assert_eq!((message(&cut).as_str(), cut.last().unwrap().get("stop_reason")), ("half", None));
    let failed = frames(&world.chat("any", ask("x")).await.text().await.unwrap());
    assert_eq!(message(&failed), "half");
    let last = failed.last().unwrap();
    assert_eq!(last["type"], "error");
    assert!(last["details"].as_str().unwrap().contains("out of memory"), "{last}");
    let (status, _) = error(world.chat("any", json!({ "user_prompt": "x" })).await).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    let (status, body) = error(world.chat("any", json!({ "user_prompt": "x" })).await).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body["details"].as_str().unwrap().contains("no chat completion"), "{body}");
}

#[tokio::test]
async fn model_reply_without_streaming_is_read() {
    let completion = json!({
        "choices": [{ "message": { "role": "assistant", "content": "Whole." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2 },
    });
    let peer = Peer::new(vec![whole("200 OK", "application/json", &completion.to_string())]).await;
    let frames = frames(&peer.world(Some("m")).await.chat("any", ask("x")).await.text().await.unwrap());
    assert_eq!(message(&frames), "Whole.");
    assert_eq!(frames.last().unwrap()["tokens"], json!({ "input": 3, "output": 2 }));
}

#[tokio::test]
async fn files_go_to_the_model_with_the_prompt() {
    let peer = Peer::new(vec![answer(&["ok"])]).await;
    let world = peer.world(Some("m")).await;
    let form: Value = world.upload_form("notes.txt").await.json().await.unwrap();
    world.upload_file(&form, b"buy milk\n").await;
    let body = json!({ "user_prompt": "What is to do?", "upload_ids": [form["id"]] });
    assert_eq!(world.chat("any", body).await.status(), StatusCode::OK);
    let content = &peer.asked()[0].1["messages"][0]["content"];
    assert_eq!(content, "<file name=\"notes.txt\">\nbuy milk\n</file>\nWhat is to do?");
}

#[tokio::test]
async fn scenario_rules_come_before_model_and_faults_cut_its_answer() {
    let peer = Peer::new(vec![answer(&["0123", "456789"])]).await;
    let rules = "[[rule]]\ncontains = \"canned\"\nreply = \"By rule.\"\n[[rule]]\ncontains = \"cut\"\nfaults = [{ after = 6, then = \"close\" }]\n";
    let world = peer.world_with(Some("m"), rules).await;
    assert_eq!(message(&frames(&world.chat("any", ask("canned")).await.text().await.unwrap())), "By rule.");
    assert_eq!(world.chat("forbidden", ask("x")).await.status(), StatusCode::FORBIDDEN);
    let cut = frames(&world.chat("any", ask("cut")).await.text().await.unwrap());
    assert_eq!((message(&cut).as_str(), cut.last().unwrap().get("stop_reason")), ("012345", None));
    assert_eq!(peer.asked().len(), 1, "the model was asked once");
}
