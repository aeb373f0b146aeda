//! Requests in both directions: their order, their answers, and their errors.

use std::time::Duration;

use serde_json::{Value, json};
use stackspot_lsp::testing::server::transport::{ClientError, Options};

use crate::support::patience::until;
use crate::transport::toy::{Client, Setup, error};

#[tokio::test]
async fn pending_requests_do_not_delay_a_cancel_or_a_change() {
    let mut client = Client::start().await;
    for id in 1..=400 {
        client.request(id, "toy/pend", Value::Null).await;
    }
    client.change(1).await;
    client.notify("$/cancelRequest", json!({ "id": 200 })).await;
    let answer = client.next().await;
    assert_eq!((error(&answer).0, error(&answer).1), (&json!(200), -32800), "{answer}");
    assert_eq!(client.seen.lock().unwrap().versions, [1]);
    assert_eq!(client.seen.lock().unwrap().dropped_handlers, 1);
    client.request("by name", "toy/pend", Value::Null).await;
    client.notify("$/cancelRequest", json!({ "id": "by name" })).await;
    assert_eq!(error(&client.next().await).0, "by name");
    client.assert_alive().await;

    client.notify("exit", Value::Null).await;
    let mut cancelled: Vec<i64> = client.rest().await.iter().map(|answer| answer["id"].as_i64().unwrap()).collect();
    cancelled.sort_unstable();
    let pending: Vec<i64> = (1..=400).filter(|id| *id != 200).collect();
    assert_eq!(cancelled, pending, "each pending request is answered once, also at the end");
}

// On one thread, even spawned handlers would run in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_changes_are_seen_in_the_order_of_the_wire() {
    let mut client = Client::start().await;
    for version in 1..=1000 {
        client.change(version).await;
    }
    client.assert_alive().await;
    assert_eq!(client.seen.lock().unwrap().versions, (1..=1000).collect::<Vec<i32>>());
}

#[tokio::test]
async fn handlers_may_await_the_client_while_notifications_queue_up() {
    let mut client = Client::start_with(Setup { pipe: 256, ..Setup::default() }).await;
    for id in 1..=8 {
        client.request(id, "toy/ask", 20_000).await;
    }
    client.request(9, "toy/burst", 200).await;
    for number in 0..50 {
        client.outbox.notify("toy/note", json!({ "number": number }));
    }
    let mut questions = Vec::new();
    let mut notes = 0;
    while notes < 250 || questions.len() < 8 {
        let message = client.next().await;
        match message["method"].as_str() {
            Some("toy/question") => questions.push(message["id"].clone()),
            Some("toy/note") => notes += 1,
            other => assert_eq!((other, &message["id"]), (None, &json!(9))),
        }
    }
    let mut answers = Vec::new();
    for (number, question) in questions.iter().enumerate().rev() {
        client.reply(question, json!({ "answer": number })).await;
    }
    while answers.len() < 8 {
        let message = client.next().await;
        if message["id"] != 9 {
            answers.push((message["id"].as_u64().unwrap(), message["result"]["answer"].as_u64().unwrap()));
        }
    }
    answers.sort_unstable();
    assert_eq!(answers, (1..=8).map(|id| (id, id - 1)).collect::<Vec<_>>(), "each handler got its own answer");
}

#[tokio::test]
async fn response_comes_after_the_messages_of_its_handler() {
    for round in 0..40 {
        let mut client = Client::start_with(Setup { pipe: 64, ..Setup::default() }).await;
        client.request(1, "toy/burst", 20).await;
        for number in 0..20 {
            let note = client.next().await;
            assert_eq!((&note["method"], &note["params"]["number"]), (&json!("toy/note"), &json!(number)), "{round}");
        }
        assert_eq!(client.next().await, json!({ "jsonrpc": "2.0", "id": 1, "result": 20 }));
    }
}

#[tokio::test(start_paused = true)]
async fn reply_of_the_client_after_the_timeout_is_ignored() {
    let mut client = Client::start().await;
    client.request(1, "toy/ask", 50).await;
    let question = client.next().await["id"].clone();
    let answer = client.next().await;
    assert_eq!(error(&answer), (&json!(1), -32603, "the editor did not answer toy/question within 50ms"));
    client.reply(&question, json!("late")).await;
    client.reply(&question, json!("twice")).await;
    client.assert_alive().await;
    let expected = ClientError::Timeout { method: "toy/question", after: Duration::from_millis(50) };
    assert_eq!(client.seen.lock().unwrap().client_errors, [expected]);
}

#[tokio::test]
async fn abandoned_request_is_still_sent_and_its_reply_is_ignored() {
    let mut client = Client::start().await;
    client.request(1, "toy/askInVain", Value::Null).await;
    let question = client.next().await;
    assert_eq!(question, json!({ "jsonrpc": "2.0", "id": 1, "method": "toy/question" }), "params of null are left out");
    assert_eq!(client.next().await["id"], 1);
    client.reply(&question["id"], json!("too late")).await;
    client.assert_alive().await;
}

#[tokio::test]
async fn request_to_the_client_is_sent_before_it_is_awaited() {
    let mut client = Client::start().await;
    let wait = client.outbox.request("toy/question", json!({ "n": 1 }), Duration::from_secs(20));
    let question = client.next().await;
    assert_eq!(question["params"], json!({ "n": 1 }));
    client.reply(&question["id"], json!("here")).await;
    client.assert_alive().await;
    assert_eq!(wait.await, Ok(json!("here")), "the reply was kept until it was asked for");
}

#[tokio::test]
async fn client_may_answer_with_an_error_a_cancel_or_no_result() {
    let stories = [
        (json!({ "error": { "code": -32001, "message": "no such thing" } }), Err((-32001, "no such thing"))),
        (json!({ "error": { "code": -1, "message": "no", "data": { "more": 1 } }, "result": null }), Err((-1, "no"))),
        (json!({ "error": "a mere string" }), Err((0, ""))),
        (json!({ "result": null, "error": null }), Ok(Value::Null)),
        (json!({}), Ok(Value::Null)),
        (json!({ "result": false }), Ok(json!(false))),
    ];
    let mut client = Client::start().await;
    for (mut reply, expected) in stories {
        let wait = client.outbox.request("toy/question", json!({}), Duration::from_secs(20));
        reply["jsonrpc"] = json!("2.0");
        reply["id"] = client.next().await["id"].clone();
        client.send(&reply).await;
        let expected = expected.map_err(|(code, message)| ClientError::Rejected { code, message: message.to_owned() });
        assert_eq!(wait.await, expected, "{reply}");
    }
    let wait = client.outbox.request("toy/question", json!({}), Duration::from_secs(20));
    let id = client.next().await["id"].clone();
    client.send(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32800, "message": "cancelled" } })).await;
    assert_eq!(wait.await, Err(ClientError::Cancelled));
    client.assert_alive().await;
}

#[tokio::test]
async fn panic_fails_only_its_own_request() {
    let mut client = Client::start().await;
    for when in ["at once", "later"] {
        client.request(1, "toy/panic", when).await;
        let answer = client.next().await;
        let (id, code, message) = error(&answer);
        assert_eq!((id, code), (&json!(1), -32603));
        assert!(message.contains("toy/panic") && !message.contains("the toy breaks"), "{message}");
        client.notify("toy/panicNote", when).await;
        client.assert_alive().await;
    }
    client.request(1, "toy/echo", json!(["again"])).await;
    assert_eq!(client.next().await, json!({ "jsonrpc": "2.0", "id": 1, "result": ["again"] }));
}

#[tokio::test]
async fn every_request_gets_exactly_one_response() {
    let mut client = Client::start().await;
    let stories = [
        ("toy/unknown", json!({}), -32601),
        ("$/unknown", json!({}), -32601),
        ("toy/burst", json!("not a number"), -32602),
        ("textDocument/didChange", json!({}), -32600),
        ("initialize", json!({ "capabilities": {} }), -32600),
        ("$/cancelRequest", json!({ "id": 99 }), -32600),
    ];
    for (method, params, code) in stories {
        client.request(5, method, params).await;
        let answer = client.next().await;
        assert_eq!((error(&answer).0, error(&answer).1), (&json!(5), code), "{method}: {answer}");
        client.assert_alive().await;
    }
    client.notify("$/unknown", json!({})).await;
    client.notify("toy/unknown", json!({})).await;
    client.notify("toy/burst", json!(3)).await;
    client.assert_alive().await;
}

#[tokio::test]
async fn before_initialize_requests_are_refused() {
    let mut client = Client::connect(Setup::default());
    client.request(1, "toy/echo", json!([])).await;
    let answer = client.next().await;
    assert_eq!((error(&answer).0, error(&answer).1), (&json!(1), -32002));
    client.initialize(json!({ "capabilities": {} })).await;
    client.assert_alive().await;
}

#[tokio::test]
async fn server_gets_the_params_of_initialize_unchanged() {
    let (shown, raw) = std::sync::mpsc::channel();
    let on_initialize = Box::new(move |params: &mut Value| {
        shown.send(params.clone()).unwrap();
        params["capabilities"] = json!({});
    });
    let options = Options { on_initialize, ..Options::default() };
    let mut client = Client::connect(Setup { options, ..Setup::default() });
    // The typed params do not know this member, and would refuse a number for the capabilities of the window.
    let params = json!({ "capabilities": { "window": 5, "ofTomorrow": { "x": [null] } }, "processId": null });
    client.initialize(params.clone()).await;
    client.request(1, "initialize", json!({ "capabilities": {} })).await;
    assert_eq!(error(&client.next().await).1, -32600);
    assert_eq!(raw.try_iter().collect::<Vec<_>>(), [params], "a second `initialize` is not shown");
}

#[tokio::test]
async fn slow_client_is_still_read_but_gets_no_large_answers() {
    let mut client = Client::start_with(Setup { pipe: 4096, max_backlog: 100_000, ..Setup::default() }).await;
    client.request(1, "toy/large", 200_000).await;
    for version in 1..=100 {
        client.change(version).await;
    }
    client.request(2, "toy/large", 200_000).await;
    client.outbox.notify("toy/note", json!("must arrive"));
    until("a hundred versions", || (client.seen.lock().unwrap().versions.len() >= 100).then_some(())).await;
    assert!(client.outbox.backlog() > 100_000 && !client.outbox.has_room());
    assert!(!client.outbox.notify_if_room("toy/droppable", "dropped"));

    assert_eq!(client.next().await["result"].as_str().unwrap().len(), 200_000);
    let mut rest = [client.next().await, client.next().await];
    rest.sort_by_key(|message| message["id"].is_null());
    assert_eq!((error(&rest[0]).0, error(&rest[0]).1), (&json!(2), -32803));
    assert_eq!(rest[1]["params"], "must arrive");
    client.assert_alive().await;
    until("an empty outbox", || (client.outbox.backlog() == 0).then_some(())).await;
    assert!(client.outbox.notify_if_room("toy/droppable", "kept"));
    assert_eq!(client.next().await["params"], "kept");
}

impl Client {
    async fn change(&mut self, version: i32) {
        let document = json!({ "uri": "file:///a", "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [] })).await;
    }
}
