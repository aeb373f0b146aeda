//! A real model as the sandbox's agent: a bridge to any server with OpenAI's chat completions, such as Ollama,
//! llama.cpp and vLLM.

mod answer;
mod error;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::OnceCell;
use url::Url;

use crate::agents_api::{EndpointProblem, is_loopback, permit};

pub(super) use answer::ModelAnswer;
pub(super) use error::ModelError;

/// The time limit for a connection. An answer has no limit, because its client decides how long to wait.
const CONNECT: Duration = Duration::from_secs(10);

/// The maximum size of a list of models or an error reply, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// A server with a model. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct ModelServer {
    /// The base URL of the server.
    pub url: ModelUrl,
    /// The model's name on the server. Without one, the first model in the server's list.
    pub model: Option<String>,
    /// The bearer token, only for this server.
    pub api_key: Option<SecretString>,
}

/// The base URL of an OpenAI-compatible server, with or without `/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUrl(Url);

/// A URL that cannot be the URL of a model server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}; a model server's URL looks like http://127.0.0.1:11434")]
pub struct ModelUrlError {
    problem: &'static str,
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Message {
    pub(super) role: Role,
    pub(super) content: String,
}

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    User,
    Assistant,
}

/// The connection to a model server. The first question opens it.
#[derive(Debug)]
pub(super) struct Model {
    server: ModelServer,
    client: OnceCell<Client>,
    /// The first model of the server's list.
    listed: OnceCell<String>,
}

impl FromStr for ModelUrl {
    type Err = ModelUrlError;

    fn from_str(text: &str) -> Result<Self, ModelUrlError> {
        let wrong = |problem| ModelUrlError { problem };
        let mut url = Url::parse(text.trim()).map_err(|_| wrong("this is no URL"))?;
        match permit(&url) {
            // Plain http:// to another machine is permitted here, with a warning.
            Ok(()) | Err(EndpointProblem::Plain) => {}
            Err(EndpointProblem::Password) => {
                return Err(wrong("it must hold no user name or password; set STACKSPOT_MODEL_API_KEY instead"));
            }
            Err(_) => return Err(wrong("it must begin with http:// or https://")),
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/chat/completions").unwrap_or(path);
        let path = format!("{}/v1/", path.strip_suffix("/v1").unwrap_or(path));
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl fmt::Display for ModelUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl ModelUrl {
    /// Whether prompts and the key cross the network without encryption.
    pub fn is_exposed(&self) -> bool {
        permit(&self.0) == Err(EndpointProblem::Plain)
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }

    /// Host and port, for messages.
    fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

impl Model {
    pub(super) fn new(server: ModelServer) -> Self {
        Self { server, client: OnceCell::new(), listed: OnceCell::new() }
    }

    /// Sends a question. Returns when the answer begins. Dropping the answer or this future closes the connection.
    ///
    /// # Errors
    /// Returns an error if the server cannot be reached, or if its response is not the beginning of an answer.
    pub(super) async fn ask(&self, messages: &[Message]) -> Result<ModelAnswer, ModelError> {
        let model = self.name().await?;
        let body = json!({
            "model": model,
            "messages": messages,
            "stream": true,
            "stream_options": { "include_usage": true },
        });
        let client = self.client().await?;
        let response = self.sent(client.post(self.server.url.at("chat/completions")).json(&body)).await?;
        Ok(ModelAnswer::new(response, self.server.url.host()))
    }

    async fn name(&self) -> Result<&str, ModelError> {
        match &self.server.model {
            Some(name) => Ok(name),
            None => self.listed.get_or_try_init(|| self.first_of_list()).await.map(String::as_str),
        }
    }

    async fn first_of_list(&self) -> Result<String, ModelError> {
        let client = self.client().await?;
        let response = self.sent(client.get(self.server.url.at("models"))).await?;
        let list: Value = serde_json::from_slice(&start_of(response).await).unwrap_or_default();
        let first = list.pointer("/data/0/id").and_then(Value::as_str);
        first.map(str::to_owned).ok_or_else(|| ModelError::no_model(&self.server.url.host()))
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Response, ModelError> {
        let host = self.server.url.host();
        let request = match &self.server.api_key {
            Some(key) => request.bearer_auth(key.expose_secret()),
            None => request,
        };
        let response = request.send().await.map_err(|error| ModelError::unreachable(&host, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let retry_after = response.headers().get(reqwest::header::RETRY_AFTER).cloned();
        let body = start_of(response).await;
        Err(ModelError::refused(&host, status, retry_after, &String::from_utf8_lossy(&body)))
    }

    async fn client(&self) -> Result<Client, ModelError> {
        let url = &self.server.url;
        let client = self.client.get_or_try_init(|| async {
            let builder = Client::builder()
                .user_agent(concat!("stackspot-lsp/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT)
                .redirect(redirect::Policy::none())
                .referer(false)
                .retry(retry::never());
            // A proxy cannot reach the loopback address of this machine.
            let builder = if is_loopback(&url.0) { builder.no_proxy() } else { builder };
            let builder = if url.0.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
            // Reading the system's root certificates takes time.
            let built = tokio::task::spawn_blocking(move || builder.build()).await;
            match built {
                Ok(Ok(client)) => Ok(client),
                Ok(Err(error)) => Err(ModelError::unreachable(&url.host(), &error)),
                Err(error) => Err(ModelError::broken(&url.host(), &error.to_string())),
            }
        });
        client.await.cloned()
    }
}

/// The start of a short body, or the part that arrived before the connection broke.
async fn start_of(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MOST_BYTES {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        body.extend_from_slice(&chunk);
    }
    body.truncate(MOST_BYTES);
    body
}

#[cfg(test)]
mod tests;
