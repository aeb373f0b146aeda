//! `stackspot-lsp sandbox`: its output, its responses, and its end.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use crate::child::{Home, PATIENCE};

/// A running sandbox, and its first output.
struct Sandbox {
    child: Child,
    base_url: String,
    environment: Vec<(String, String)>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Sandbox {
    async fn start(arguments: &[&str]) -> Self {
        let mut child = Home::new().command(&[&["sandbox"], arguments].concat()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let next = async |lines: &mut Lines<_>| timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        let base_url = next(&mut lines).await;
        assert_eq!(next(&mut lines).await, "");
        let mut environment = Vec::new();
        while environment.len() < 8 {
            let line = next(&mut lines).await;
            let (name, value) =
                line.strip_prefix("export ").unwrap_or_else(|| panic!("{line}")).split_once('=').unwrap();
            environment.push((name.to_owned(), value.to_owned()));
        }
        Self { child, base_url, environment, lines }
    }

    /// Ends it by Ctrl-C if the test can send that.
    async fn interrupt(mut self) {
        #[cfg(unix)]
        crate::child::signal(&self.child, rustix::process::Signal::INT);
        #[cfg(not(unix))]
        self.child.start_kill().unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("Ctrl-C ends it").unwrap();
        assert!(status.code() == Some(0) || cfg!(not(unix)), "{status}");
        assert_eq!(self.lines.next_line().await.unwrap(), None, "nothing but the base URL and the lines");
    }
}

#[tokio::test]
async fn sandbox_prints_its_address_and_serves_http_until_ctrl_c() {
    let sandbox = Sandbox::start(&[]).await;
    let port = sandbox.base_url.strip_prefix("http://127.0.0.1:").unwrap();
    assert!(port.parse::<u16>().is_ok_and(|port| port > 0), "{}", sandbox.base_url);

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let token: Value = client
        .post(format!("{}/acme/oidc/oauth/token", sandbox.base_url))
        .form(&[("grant_type", "client_credentials"), ("client_id", "any"), ("client_secret", "any")])
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let reply: Value = client
        .post(format!("{}/v1/agent/any-agent/chat", sandbox.base_url))
        .bearer_auth(token["access_token"].as_str().unwrap())
        .json(&json!({ "user_prompt": "Hello?", "streaming": false, "stackspot_knowledge": false }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(reply["message"].as_str().unwrap().to_lowercase().contains("sandbox"), "{reply}");
    sandbox.interrupt().await;
}

#[tokio::test]
async fn server_with_the_printed_environment_uses_the_sandbox() {
    let sandbox = Sandbox::start(&["--port", "0"]).await;
    let home = Home::new().with_all(sandbox.environment.clone());
    let mut server = home.serve(&[]).await;
    server.open(file_uri!("/shop/a.py"), "python", "def price(item):\n    return item.price\n").await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": file_uri!("/shop/a.py") }, "range": range });
    server.request(1, "stackspot-lsp/run", params).await;
    let reply = server.response(1).await;
    assert_eq!(reply["result"]["outcome"], "answered", "{reply}");
    assert!(reply["result"]["answer"].as_str().unwrap().to_lowercase().contains("sandbox"), "{reply}");
    server.shut_down().await;
    sandbox.interrupt().await;
}

#[tokio::test]
async fn sandbox_ends_with_1_when_its_port_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = Home::new().run(&["sandbox", "--port", &port]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains(&port) && run.stderr.contains("--port 0"), "{}", run.stderr);
}

#[tokio::test]
async fn sandbox_continues_when_its_output_is_closed() {
    let mut sandbox = Sandbox::start(&[]).await;
    drop(sandbox.lines);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = client.get(format!("{}/v1/agents", sandbox.base_url)).send().await.unwrap().status();
    assert_eq!(status, 401, "it serves, and asks for a token");
    sandbox.child.kill().await.unwrap();
    let mut said = String::new();
    sandbox.child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert!(said.contains("Ctrl-C"), "{said}");
}

#[tokio::test]
async fn sandbox_plays_a_scenario_or_names_its_wrong_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.toml");
    let argument = path.to_str().unwrap();
    std::fs::write(&path, "[[rule]]\nreply = \"By the scenario.\"\nframes = \"fat\"\n").unwrap();
    let sandbox = Sandbox::start(&["--scenario", argument]).await;
    let home = Home::new().with_all(sandbox.environment.clone());
    let mut server = home.serve(&[]).await;
    server.open(file_uri!("/shop/a.py"), "python", "x = 1\n").await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": file_uri!("/shop/a.py") }, "range": range });
    server.request(1, "stackspot-lsp/run", params).await;
    assert_eq!(server.response(1).await["result"]["answer"], "By the scenario.");
    server.shut_down().await;
    sandbox.interrupt().await;

    std::fs::write(&path, "[[rule]]\nreply = \"x\"\nframes = \"thick\"\n").unwrap();
    let run = Home::new().run(&["sandbox", "--scenario", argument]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("scene.toml:3: ") && run.stderr.contains("docs/sandbox.md"), "{}", run.stderr);
}

#[tokio::test]
async fn sandbox_reports_a_wrong_field_once_or_refuses_if_strict() {
    for (arguments, status) in [(&[][..], 200), (&["--strict"], 400)] {
        let mut sandbox = Sandbox::start(arguments).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let form = [("grant_type", "client_credentials"), ("client_id", "any"), ("client_secret", "any")];
        let token = client.post(format!("{}/acme/oidc/oauth/token", sandbox.base_url)).form(&form);
        let token: Value = token.send().await.unwrap().json().await.unwrap();
        for _ in 0..2 {
            let chat = client.post(format!("{}/v1/agent/any-agent/chat", sandbox.base_url));
            let chat = chat.bearer_auth(token["access_token"].as_str().unwrap());
            let chat = chat.json(&json!({ "user_prompt": "Hello?", "streaming": "false" })).send().await.unwrap();
            assert_eq!(chat.status().as_u16(), status);
            assert_eq!(chat.text().await.unwrap().contains("streaming must be true or false"), status == 400);
        }
        let mut said = BufReader::new(sandbox.child.stderr.take().unwrap()).lines();
        if status == 200 {
            let mut line = String::new();
            while !line.contains("--strict refuses it") {
                line = timeout(PATIENCE, said.next_line()).await.expect("it is said").unwrap().unwrap();
            }
            assert!(line.contains("streaming") && line.contains("--strict"), "{line}");
        }
        sandbox.child.kill().await.unwrap();
        let mut rest = String::new();
        said.into_inner().read_to_string(&mut rest).await.unwrap();
        assert!(!rest.contains("streaming"), "{rest}");
    }
}

#[tokio::test]
async fn invalid_model_flags_end_sandbox_with_2() {
    for (arguments, part) in [
        (&["--model-url", "http://127.0.0.1:1"][..], "add --sandbox"),
        (&["--sandbox", "--model", "x"], "--model-url"),
        (&["sandbox", "--model-url", "localhost:11434"], "must begin with http:// or https://"),
        (&["demo", "--model-url", "http://user:secret@host"], "STACKSPOT_MODEL_API_KEY"),
    ] {
        let run = Home::new().run(arguments).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[tokio::test]
async fn demo_reports_a_model_server_that_is_not_reachable() {
    let run = Home::new().run(&["demo", "--model-url", "http://127.0.0.1:1", "--model", "x"]).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("The model server at 127.0.0.1:1 cannot be reached"), "{}", run.stderr);
}
