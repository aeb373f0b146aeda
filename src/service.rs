//! The Agents API of this process: that of the account, or the sandbox in the process. It connects at its first use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::agents_api::{Agent, AgentsApi, Limits, TokenState, Usage};
use crate::config::{LoadedConnection, Warning};
use crate::i18n::{Message, message};
use crate::job::JobError;
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::tasks::lock;

/// The account or the sandbox.
pub(crate) struct Service {
    backend: Backend,
    api: OnceCell<Connected>,
    connection_warned: AtomicBool,
    /// The last request for the account's agents.
    agents_asked: Mutex<Option<Instant>>,
}

/// How long a list of agents is valid. After a failure, the next request waits as long.
const AGENTS_FRESH: Duration = Duration::from_secs(60);

enum Backend {
    Account(Box<LoadedConnection>),
    Sandbox(SandboxOptions),
}

struct Connected {
    api: Arc<AgentsApi>,
    /// The sandbox serves until this is dropped.
    _sandbox: Option<Sandbox>,
}

impl Service {
    /// The account of the environment and the user file.
    pub(crate) fn account(connection: LoadedConnection) -> Self {
        Self::of(Backend::Account(Box::new(connection)))
    }

    /// The sandbox; the first job starts it.
    pub(crate) fn sandbox(options: SandboxOptions) -> Self {
        Self::of(Backend::Sandbox(options))
    }

    fn of(backend: Backend) -> Self {
        let (api, connection_warned, agents_asked) = (OnceCell::new(), AtomicBool::new(false), Mutex::default());
        Self { backend, api, connection_warned, agents_asked }
    }

    /// The API; the first use connects. The error names the configuration problem and what to do.
    pub(crate) async fn api(&self) -> Result<Arc<AgentsApi>, JobError> {
        let connected = self.api.get_or_try_init(|| self.connect()).await?;
        Ok(Arc::clone(&connected.api))
    }

    async fn connect(&self) -> Result<Connected, JobError> {
        match &self.backend {
            Backend::Account(loaded) => {
                let connection = loaded.connection().await.map_err(JobError::NotConfigured)?;
                Ok(Connected { api: AgentsApi::new(connection.clone()), _sandbox: None })
            }
            Backend::Sandbox(options) => {
                let sandbox = Sandbox::start(options.clone())
                    .await
                    .map_err(|error| JobError::Refused(message!("sandbox-not-started", error = error.to_string())))?;
                Ok(Connected { api: AgentsApi::new(sandbox.connection()), _sandbox: Some(sandbox) })
            }
        }
    }

    /// Prepares the connection to the agents for a possible question. It asks the user nothing: if the credential is
    /// not available yet, the question itself asks for it.
    pub(crate) async fn warm(&self, limits: Limits) {
        if let Some(loaded) = self.loaded()
            && (self.api.initialized() || loaded.at_hand().is_some())
            && let Ok(api) = self.api().await
        {
            api.warm(limits).await;
        }
    }

    /// Whether the connection is ready.
    pub(crate) fn is_warm(&self) -> bool {
        self.api.get().is_some_and(|connected| connected.api.is_warm())
    }

    /// The last list of the account's agents.
    pub(crate) fn known_agents(&self) -> Option<Arc<[Agent]>> {
        self.api.get()?.api.known_agents()
    }

    /// Whether the caller must request the account's agents. If so, the request counts as made.
    pub(crate) fn take_turn_to_list(&self) -> bool {
        let mut asked = lock(&self.agents_asked);
        let due = self.missing_credential().is_none() && asked.is_none_or(|at| at.elapsed() >= AGENTS_FRESH);
        if due {
            *asked = Some(Instant::now());
        }
        due
    }

    /// Requests the account's agents. If that fails, only those of the settings are known.
    pub(crate) async fn list_agents(&self, limits: Limits) {
        let problem = match self.api().await {
            Ok(api) => api.agents(limits).await.err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = problem {
            tracing::warn!("the account's agents cannot be listed: {problem}");
        }
    }

    /// Problems of the first connection, such as an unreadable root certificate. They are returned once.
    pub(crate) fn connection_warnings(&self) -> Vec<Message> {
        let warnings = self.api.get().map(|connected| connected.api.warnings()).unwrap_or_default();
        if warnings.is_empty() || self.connection_warned.swap(true, Ordering::Relaxed) { Vec::new() } else { warnings }
    }

    /// Why only the requests of this process were counted against the limit.
    pub(crate) fn counted_alone(&self) -> Option<Message> {
        self.api.get()?.api.counted_alone()
    }

    /// The account; `None` for the sandbox.
    fn loaded(&self) -> Option<&LoadedConnection> {
        if let Backend::Account(loaded) = &self.backend { Some(loaded) } else { None }
    }

    /// Whether the sandbox answers.
    pub(crate) fn is_sandbox(&self) -> bool {
        self.loaded().is_none()
    }

    /// The agent of the environment or the user file; for the sandbox, its own agent.
    pub(crate) fn default_agent(&self) -> Option<&str> {
        self.loaded().map_or(Some(crate::sandbox::SANDBOX_AGENT_ID), |loaded| loaded.default_agent.as_deref())
    }

    /// The URL for questions; `None` for the sandbox.
    pub(crate) fn inference_url(&self) -> Option<&str> {
        Some(self.loaded()?.endpoints().inference.as_str())
    }

    /// Why no request is possible, if this is known without a request.
    pub(crate) fn missing_credential(&self) -> Option<&Message> {
        self.loaded()?.missing_credential()
    }

    /// Problems of the connection and the user file.
    pub(crate) fn warnings(&self) -> &[Warning] {
        self.loaded().map_or(&[], |loaded| &loaded.warnings)
    }

    /// The requests and answers of this session, by agent id.
    pub(crate) fn usage_by_agent(&self) -> Vec<(String, Usage)> {
        self.api.get().map(|connected| connected.api.usage_by_agent()).unwrap_or_default()
    }

    /// `none`, `valid` or `expired`.
    pub(crate) fn token_state(&self) -> &'static str {
        match self.api.get().map(|connected| connected.api.token_state()) {
            None | Some(TokenState::None) => "none",
            Some(TokenState::Valid) => "valid",
            Some(TokenState::Expired) => "expired",
        }
    }
}
