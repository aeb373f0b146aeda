//! The StackSpot AI Agents API, served on loopback by a scripted agent. Everything can be tried without an account and
//! without a network.
//!
//! It answers over HTTP, in the formats and at the pace of the service: tokens, chats over SSE and REST, conversations,
//! file uploads, the list of agents. It accepts requests that the service accepts. If a careful client would send
//! something else, it reports this; with [`SandboxOptions::strict`] it refuses the request.
//!
//! Every agent id answers. Some of them fail, so that users can see the effect; docs/sandbox.md lists them. The client
//! id `invalid` gets no token (`invalid_client`). A [`Scenario`] can change the answer to any request.

mod agent;
mod agent_ids;
mod chat;
mod failure;
mod headers;
mod http;
mod model;
mod options;
mod request;
mod scenario;
mod state;
mod stream;
mod uploads;
mod writing;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::serve::ListenerExt;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use self::agent_ids::SANDBOX_AGENT_ID;
pub use self::model::ModelServer;
pub(crate) use self::model::ModelUrl;
pub use self::options::SandboxOptions;
pub use self::scenario::Scenario;
pub(crate) use self::state::Activity;
pub use self::writing::Pacing;

use crate::agents_api::{Connection, Credential, Endpoint, EndpointProblem, Endpoints, ProxySettings};
use crate::tasks;

/// The realm, client id and client secret that the sandbox suggests. It accepts any value that is not empty.
const ACCOUNT: &str = "sandbox";

/// A sandbox that serves until it is dropped. Then it accepts no more connections, breaks off the current answers, and
/// closes all connections.
#[derive(Debug)]
pub struct Sandbox {
    state: Arc<state::SandboxState>,
}

impl Sandbox {
    /// Serves the Agents API on 127.0.0.1, in tasks of the current runtime.
    ///
    /// # Errors
    /// Returns an error if the port is not available.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let base_url: Endpoint =
            format!("http://{}", listener.local_addr()?).parse().map_err(|problem: EndpointProblem| {
                io::Error::other(format!("the address of the sandbox is not permitted: {problem:?}"))
            })?;
        // Each word is its own packet. Otherwise several words would arrive together.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!("the sandbox could not set TCP_NODELAY: {error}");
            }
        });
        let state = Arc::new(state::SandboxState::new(options, base_url));
        let router = http::router(Arc::clone(&state));
        let closed = state.closing.clone().cancelled_owned();
        let serve = async move { axum::serve(listener, router).with_graceful_shutdown(closed).await };
        tasks::spawn("serving the sandbox", serve);
        Ok(Self { state })
    }

    /// The base URL of all its services, such as `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        self.state.base_url.as_str().to_owned()
    }

    /// A connection to the sandbox, with a credential that it accepts.
    pub fn connection(&self) -> Connection {
        Connection {
            endpoints: Endpoints::all_at(self.state.base_url.clone()),
            credential: Credential::ClientSecret {
                realm: ACCOUNT.into(),
                client_id: ACCOUNT.into(),
                client_secret: SecretString::from(ACCOUNT.to_owned()),
            },
            account_id: None,
            ca_bundle: None,
            proxy: ProxySettings::default(),
            state_dir: None,
        }
    }

    /// A receiver for the current activity.
    pub fn activity(&self) -> watch::Receiver<Activity> {
        self.state.activity.subscribe()
    }

    /// A receiver for the sandbox's reports about requests, such as accepted requests that a careful client would send
    /// differently. Each kind is one line of English.
    pub fn told(&self) -> watch::Receiver<Vec<String>> {
        self.state.told.subscribe()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.state.closing.cancel();
    }
}

/// The lines that set up a client in a POSIX shell for a sandbox.
pub fn environment_lines(base_url: &str) -> String {
    let base = base_url.trim_end_matches('/');
    format!(
        "export STACKSPOT_REALM={ACCOUNT}\n\
         export STACKSPOT_CLIENT_ID={ACCOUNT}\n\
         export STACKSPOT_CLIENT_SECRET={ACCOUNT}\n\
         export STACKSPOT_AGENT_ID={SANDBOX_AGENT_ID}\n\
         export STACKSPOT_IDM_URL={base}\n\
         export STACKSPOT_INFERENCE_URL={base}\n\
         export STACKSPOT_DATA_URL={base}\n\
         export STACKSPOT_AGENTS_URL={base}\n"
    )
}
