//! What a session is told beside its streams.

use tokio_util::sync::CancellationToken;

use super::client_log::ClientLog;
use crate::config::Environment;
use crate::i18n::Message;
use crate::sandbox::SandboxOptions;

/// What a session is told beside its streams.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where credentials, endpoints and directories come from.
    pub environment: Environment,
    /// Answer from such a sandbox in the process instead of from the account.
    pub sandbox: Option<SandboxOptions>,
    /// A process whose end is the session's end.
    pub client_process_id: Option<u32>,
    /// What is logged for the client to keep.
    pub log: ClientLog,
    /// What the user should know from the start.
    pub warnings: Vec<Message>,
    /// Cancelled where the process is asked to end: the session ends as with its input.
    pub stop: CancellationToken,
}

impl ServeOptions {
    /// A session for the account of this environment.
    pub fn of(environment: Environment) -> Self {
        let (log, stop) = (ClientLog::default(), CancellationToken::new());
        Self { environment, sandbox: None, client_process_id: None, log, warnings: Vec::new(), stop }
    }
}
