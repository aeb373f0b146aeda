//! Bytes that are not a message, and messages in unusual pieces.

use proptest::prelude::*;
use serde_json::{Value, json};
use stackspot_lsp::testing::server::transport::Options;

use crate::transport::toy::{Client, Setup, error, frame};

#[tokio::test]
async fn invalid_message_body_gets_an_error_and_session_continues() {
    let stories: [(&str, &[u8], Value, i64); 14] = [
        ("broken JSON", b"{\"a\":", Value::Null, -32700),
        ("nothing", b"", Value::Null, -32700),
        ("two values", b"{} {}", Value::Null, -32700),
        ("bytes that are not UTF-8", b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}", Value::Null, -32700),
        ("a number", b" 42", Value::Null, -32600),
        ("an empty object", b"{}", Value::Null, -32600),
        ("a batch", br#"[{"jsonrpc":"2.0","id":1,"method":"toy/echo"}]"#, Value::Null, -32600),
        ("no version", br#"{"id":7,"method":"toy/echo"}"#, json!(7), -32600),
        ("an old version", br#"{"jsonrpc":"1.0","id":"x","method":"toy/echo"}"#, json!("x"), -32600),
        ("a method that is a number", br#"{"jsonrpc":"2.0","id":7,"method":1}"#, json!(7), -32600),
        ("an id that is null", br#"{"jsonrpc":"2.0","id":null,"method":"toy/echo"}"#, Value::Null, -32600),
        ("an id with a fraction", br#"{"jsonrpc":"2.0","id":2.5,"method":"toy/echo"}"#, Value::Null, -32600),
        ("neither method nor result", br#"{"jsonrpc":"2.0","id":7}"#, json!(7), -32600),
        ("a member twice", br#"{"jsonrpc":"2.0","id":7,"id":8,"method":"toy/echo"}"#, Value::Null, -32600),
    ];
    let mut client = Client::start().await;
    for (name, body, id, code) in stories {
        client.raw(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes()).await;
        client.raw(body).await;
        let answer = client.next().await;
        assert_eq!((error(&answer).0, error(&answer).1), (&id, code), "{name}: {answer}");
        client.assert_alive().await;
    }
}

#[tokio::test]
async fn header_without_length_gets_an_error_and_session_continues() {
    let mut client = Client::start().await;
    for head in ["Foo: bar", "Content-Length: two", "Content-Length: -1", "Content-Length: 2\r\nContent-Length: 3"] {
        client.raw(format!("{head}\r\n\r\n{}", r#"{"jsonrpc":"2.0","id":1,"method":"toy/echo"}"#).as_bytes()).await;
        // The server may detect the error only at the next header. In both cases the error comes first.
        client.raw(frame(r#"{"jsonrpc":"2.0","id":2,"method":"toy/echo","params":[1]}"#).as_bytes()).await;
        let answer = client.next().await;
        assert_eq!((error(&answer).0, error(&answer).1), (&Value::Null, -32700), "{head}: {answer}");
        assert_eq!(client.next().await, json!({ "jsonrpc": "2.0", "id": 2, "result": [1] }));
    }
    client.assert_alive().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_skipped() {
    let options = Options { max_body: 1000, ..Options::default() };
    let mut client = Client::start_with(Setup { pipe: 4096, options, ..Setup::default() }).await;
    let long = json!({ "jsonrpc": "2.0", "id": 1, "method": "toy/echo", "params": ["x".repeat(1000)] });
    client.send(&long).await;
    let answer = client.next().await;
    let (id, code, message) = error(&answer);
    assert_eq!((id, code), (&Value::Null, -32600));
    assert!(message.contains("exceeds the limit of 1000 bytes"), "{message}");
    client.assert_alive().await;
}

#[tokio::test]
async fn a_document_of_fifty_megabytes_passes() {
    let mut client = Client::start().await;
    let changes = json!([{ "text": format!("{}\n", "line ".repeat(100)).repeat(100 << 10) }]);
    let document = json!({ "uri": "file:///a", "version": 7 });
    client.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes })).await;
    client.assert_alive().await;
    assert_eq!(client.seen.lock().unwrap().versions, [7]);
}

#[tokio::test]
async fn a_megabyte_of_header_without_a_line_end_is_refused_once() {
    let mut client = Client::start().await;
    client.raw(&vec![b'h'; 1 << 20]).await;
    let answer = client.next().await;
    assert_eq!((error(&answer).0, error(&answer).1), (&Value::Null, -32700), "{answer}");
    client.assert_alive().await;
}

#[test]
fn messages_may_arrive_in_any_pieces() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    proptest!(ProptestConfig::with_cases(32), |(sizes in prop::collection::vec(1_usize..40, 1..40))| {
        runtime.block_on(async {
            // With a pipe of a few bytes, the server reads each piece separately.
            let mut client = Client::start_with(Setup { pipe: sizes[0], ..Setup::default() }).await;
            let text = "é𝄞\r\n\r\nContent-Length: 3\r\n\r\n";
            let mut stream = String::new();
            for id in 1..=3 {
                let call = json!({ "jsonrpc": "2.0", "id": id, "method": "toy/echo", "params": [text, id] });
                stream += &frame(&call.to_string());
            }
            let mut rest = stream.as_bytes();
            let mut answers = Vec::new();
            for size in sizes.iter().cycle() {
                let (piece, more) = rest.split_at(rest.len().min(*size));
                client.raw(piece).await;
                rest = more;
                if rest.is_empty() {
                    break;
                }
            }
            for _ in 1..=3 {
                answers.push(client.next().await["result"].clone());
            }
            prop_assert_eq!(answers, [json!([text, 1]), json!([text, 2]), json!([text, 3])]);
            Ok(())
        })?;
    });
}
