//! The StackSpot AI Agents API served on loopback by a scripted agent: everything can be tried without an account and
//! without a network.
//!
//! It answers over real HTTP, in the shapes of the service, at the pace of the service: tokens, chats over SSE and REST,
//! conversations, file uploads, the list of agents. It takes what clients that work against the service send, and tells what of
//! that a careful client would send otherwise; with [`SandboxOptions::strict`] it refuses that.
//!
//! Any agent id answers. A few of them fail, to see what becomes of it; docs/sandbox.md lists them. The client id `invalid`
//! gets no token (`invalid_client`). A [`Scenario`] says otherwise for any request.

mod agent;
mod chat;
mod failure;
mod http;
mod model;
mod request;
mod scenario;
mod state;
mod stream;
mod uploads;
mod writing;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use self::model::ModelServer;
pub(crate) use self::model::ModelUrl;
pub use self::scenario::Scenario;

use crate::agents_api::{Connection, Credential, Endpoints, ProxySettings};
use crate::tasks;

/// The id of the sandbox's own agent. Any other id answers as well, but for those of the agents that fail.
pub const SANDBOX_AGENT_ID: &str = "01STACKSP0TSANDB0XAGENT000";

/// The realm, client id and client secret that the sandbox suggests; it takes any but empty ones.
const ACCOUNT: &str = "sandbox";

/// How a sandbox is served.
#[derive(Debug, Clone, Default)]
pub struct SandboxOptions {
    /// The port; 0 is any that is free.
    pub port: u16,
    /// How fast the agent writes.
    pub pacing: Pacing,
    /// Whether code comes in prose and a fence rather than raw.
    pub fenced: bool,
    /// Refuse what is otherwise let pass and told.
    pub strict: bool,
    /// What it does request by request; what the scenario does not tell is as without one.
    pub scenario: Option<Arc<Scenario>>,
    /// The editor, as its `clientInfo` names it: the agent speaks of its way to an account.
    pub client: Option<String>,
    /// A model that answers where neither the scenario nor an agent id that fails does.
    pub model: Option<ModelServer>,
}

/// How fast the agent writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pacing {
    /// As a person would expect it: the first word after about 400 ms, then about 45 words a second.
    #[default]
    Believable,
    /// Without any wait, for tests.
    Immediate,
    /// The first word after `first`, each further one `between` later (give or take a half).
    Words {
        /// Until the first word.
        first: Duration,
        /// Between words.
        between: Duration,
    },
}

/// What a sandbox is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Chats that were answered or are being answered.
    pub chats: u64,
    /// Answers being written now. One whose client has gone is not.
    pub writing: usize,
}

/// A sandbox that serves until it is dropped: then no more connections are taken, answers in flight break off, and all connections
/// close.
#[derive(Debug)]
pub struct Sandbox {
    state: Arc<state::SandboxState>,
}

impl Sandbox {
    /// Serves the Agents API on 127.0.0.1, in tasks of the current runtime.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        // Each word is a packet of its own; held back for the next they would arrive in lumps.
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
        self.state.base_url.clone()
    }

    /// A connection to it, with a credential that it takes.
    pub fn connection(&self) -> Connection {
        Connection {
            endpoints: Endpoints::all_at(&self.state.base_url),
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

    /// What it is doing, to be watched.
    pub fn activity(&self) -> watch::Receiver<Activity> {
        self.state.activity.subscribe()
    }

    /// What it has to tell of the requests, such as what it let pass that a careful client would send otherwise: a line of
    /// English for each kind, to be watched.
    pub fn told(&self) -> watch::Receiver<Vec<String>> {
        self.state.told.subscribe()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.state.closing.cancel();
    }
}

/// The lines that point a client in a POSIX shell at a sandbox.
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
