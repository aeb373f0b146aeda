//! A sandbox and its client.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use stackspot_lsp::testing::sandbox::{Pacing, Sandbox, SandboxOptions};

/// A sandbox and a client that has its token.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) token: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(SandboxOptions { pacing: Pacing::Immediate, ..SandboxOptions::default() }).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        let reply = ask_for_token(&client, &sandbox.base_url(), "client_credentials", "id", "secret").await;
        assert_eq!(reply.status(), StatusCode::OK);
        let reply: Value = reply.json().await.unwrap();
        assert_eq!((&reply["expires_in"], &reply["token_type"]), (&json!(1199), &json!("Bearer")));
        let token = reply["access_token"].as_str().unwrap().to_owned();
        Self { sandbox, client, token }
    }

    pub(crate) async fn chat(&self, agent: &str, body: Value) -> Response {
        let url = format!("{}/v1/agent/{agent}/chat", self.sandbox.base_url());
        self.client.post(url).bearer_auth(&self.token).json(&body).send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.sandbox.base_url())).bearer_auth(&self.token);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn upload_form(&self, file_name: &str) -> Response {
        let url = format!("{}/v2/file-upload/form", self.sandbox.base_url());
        let body = json!({ "file_name": file_name, "target_type": "CONTEXT", "expiration": 60 });
        self.client.post(url).bearer_auth(&self.token).json(&body).send().await.unwrap()
    }

    pub(crate) async fn upload_file(&self, form: &Value, content: &[u8]) -> Response {
        let mut multipart = reqwest::multipart::Form::new();
        for (name, value) in form["form"].as_object().unwrap() {
            multipart = multipart.text(name.clone(), value.as_str().unwrap().to_owned());
        }
        let multipart = multipart.part("file", reqwest::multipart::Part::bytes(content.to_vec()).file_name("x"));
        self.client.post(form["url"].as_str().unwrap()).multipart(multipart).send().await.unwrap()
    }

    /// Waits until this number of answers is being written.
    pub(crate) async fn until_writing(&self, count: usize) {
        let mut activity = self.sandbox.activity();
        let wait = activity.wait_for(|activity| activity.writing == count);
        tokio::time::timeout(Duration::from_secs(5), wait).await.expect("within 5 s").unwrap();
    }
}

pub(crate) async fn ask_for_token(client: &Client, base: &str, grant: &str, id: &str, secret: &str) -> Response {
    let form = [("grant_type", grant), ("client_id", id), ("client_secret", secret)];
    client.post(format!("{base}/acme/oidc/oauth/token")).form(&form).send().await.unwrap()
}

/// The frames of a stream, which may contain only `data:` lines and blank lines.
pub(crate) fn frames(text: &str) -> Vec<Value> {
    let events = text.strip_suffix("\n\n").expect("a blank line ends each event").split("\n\n");
    events.map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap()).collect()
}

pub(crate) fn message(frames: &[Value]) -> String {
    frames.iter().filter_map(|frame| frame["message"].as_str()).collect()
}

pub(crate) async fn error(response: Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.unwrap())
}
