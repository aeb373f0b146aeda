//! How a session ends, and with which exit status.

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use stackspot_lsp::testing::server::transport::{ClientError, ExitStatus, Options};

use crate::transport::toy::{Client, Setup, error};

#[tokio::test]
async fn exit_after_shutdown_is_clean() {
    let mut client = Client::start().await;
    client.request(1, "shutdown", Value::Null).await;
    assert_eq!(client.next().await, json!({ "jsonrpc": "2.0", "id": 1, "result": null }));
    client.request(2, "toy/echo", json!([])).await;
    assert_eq!(error(&client.next().await).1, -32600, "after shutdown requests are refused");
    client.notify("exit", Value::Null).await;
    assert_eq!(client.rest().await, [] as [Value; 0]);
    assert_eq!(client.status().await, ExitStatus::Clean);
    assert_eq!(format!("{:?}", ExitCode::from(ExitStatus::Clean)), format!("{:?}", ExitCode::SUCCESS));
}

#[tokio::test]
async fn exit_without_shutdown_is_unclean() {
    let mut client = Client::start().await;
    client.notify("exit", Value::Null).await;
    assert_eq!(client.status().await, ExitStatus::Unclean);
    assert_eq!(format!("{:?}", ExitCode::from(ExitStatus::Unclean)), format!("{:?}", ExitCode::FAILURE));
}

#[tokio::test]
async fn session_ends_at_end_of_input_despite_pending_requests() {
    let mut client = Client::start().await;
    for id in 1..=10 {
        client.request(id, "toy/pend", Value::Null).await;
    }
    client.request(11, "toy/ask", 60_000).await;
    assert_eq!(client.next().await["method"], "toy/question");
    let wait = client.outbox.request("toy/question", json!({}), Duration::from_secs(60));
    let began = std::time::Instant::now();
    client.hang_up();
    let rest = client.rest().await;
    assert_eq!(
        rest.iter().filter(|message| message["method"] == "toy/question").count(),
        1,
        "what was queued is written"
    );
    assert_eq!(
        rest.iter().filter(|message| message["error"]["code"] == -32800).count(),
        11,
        "each request is answered"
    );
    assert_eq!(rest.len(), 12);
    assert_eq!(wait.await, Err(ClientError::Closed));
    let seen = client.seen.clone();
    assert_eq!(client.status().await, ExitStatus::Unclean);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(seen.lock().unwrap().dropped_handlers, 10);
}

#[tokio::test]
async fn end_of_input_within_a_message_ends_the_session() {
    let mut client = Client::start().await;
    client.raw(b"Content-Length: 100\r\n\r\n{").await;
    client.hang_up();
    assert_eq!(client.status().await, ExitStatus::Unclean);
}

#[tokio::test(start_paused = true)]
async fn session_ends_when_client_hangs_up_without_reading() {
    let mut client = Client::start_with(Setup { pipe: 256, ..Setup::default() }).await;
    client.request(1, "toy/large", 100_000).await;
    let began = tokio::time::Instant::now();
    client.hang_up();
    assert_eq!(client.status().await, ExitStatus::Unclean);
    assert!(began.elapsed() <= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn session_ends_when_client_is_gone() {
    let mut client = Client::start().await;
    let outbox = client.outbox.clone();
    client.stop_reading();
    client.hang_up();
    assert_eq!(client.status().await, ExitStatus::Unclean);
    outbox.notify("toy/note", json!("to nobody"));
    assert_eq!(outbox.request("toy/question", json!({}), Duration::from_secs(60)).await, Err(ClientError::Closed));
    assert_eq!(outbox.backlog(), 0);
}

#[tokio::test]
async fn session_ends_when_client_cannot_be_written_to() {
    let mut client = Client::start().await;
    client.stop_reading();
    client.request(1, "toy/echo", json!([])).await;
    assert_eq!(client.status().await, ExitStatus::Unclean);
}

#[tokio::test]
async fn waiting_for_the_client_ends_with_the_session() {
    let mut client = Client::start().await;
    let wait = client.outbox.request("toy/question", json!({}), Duration::from_secs(60));
    assert_eq!(client.next().await["method"], "toy/question");
    client.notify("exit", Value::Null).await;
    assert_eq!(wait.await, Err(ClientError::Closed));
}

mod parent {
    use super::*;

    #[tokio::test]
    async fn session_ends_when_process_of_initialize_ends() {
        let mut editor = Editor::start();
        let mut client = Client::connect(Setup::default());
        client.initialize(json!({ "capabilities": {}, "processId": editor.id() })).await;
        client.assert_alive().await;
        editor.assert_ends(client).await;
    }

    #[tokio::test]
    async fn session_ends_when_process_of_the_flag_ends() {
        let mut editor = Editor::start();
        let options = Options { client_process_id: Some(editor.id()), ..Options::default() };
        let mut client = Client::start_with(Setup { options, ..Setup::default() }).await;
        client.assert_alive().await;
        editor.assert_ends(client).await;
    }

    #[tokio::test(start_paused = true)]
    async fn missing_or_invalid_process_id_is_not_watched() {
        let mut gone = Editor::start();
        gone.0.kill().unwrap();
        gone.0.wait().unwrap();
        for process_id in [json!(gone.id()), json!(null), json!(0), json!(-1), json!(u64::MAX)] {
            let mut client = Client::connect(Setup::default());
            let answered = client.try_initialize(json!({ "capabilities": {}, "processId": process_id })).await;
            if answered.get("result").is_none() {
                client.initialize(json!({ "capabilities": {} })).await;
            }
            tokio::time::sleep(Duration::from_secs(3600)).await;
            client.assert_alive().await;
        }
    }

    /// An idle process that the server watches. It is killed but not waited for. In a container without an init
    /// process, an editor becomes such a zombie.
    struct Editor(std::process::Child);

    impl Editor {
        fn start() -> Self {
            // Any process that waits: this program waits for the first message of its client.
            let mut command = Command::new(env!("CARGO_BIN_EXE_stackspot-lsp"));
            Self(command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap())
        }

        fn id(&self) -> u32 {
            self.0.id()
        }

        async fn assert_ends(&mut self, client: Client) {
            let began = std::time::Instant::now();
            self.0.kill().unwrap();
            assert_eq!(client.status().await, ExitStatus::Unclean);
            assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        }
    }

    impl Drop for Editor {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}
