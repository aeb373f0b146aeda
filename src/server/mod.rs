//! Everything that knows LSP on the wire.
//!
//! [`serve`] runs a session over any pair of streams. `language_server` is the table of contents; `profile` decides what
//! the client can take; `jobs` shows the life of a job to the client; `transport` is the loop below it all.

mod answers;
mod capabilities;
mod changed;
mod client_log;
mod code_actions;
mod commands;
mod consent;
mod conversation;
mod diagnostics;
mod edits;
mod errors;
mod fix_loop;
mod fix_rule;
mod growth;
mod jobs;
mod language_server;
mod lenses;
mod links;
mod markdown;
mod menu;
mod moves;
mod names;
mod orders;
mod params;
mod presenter;
mod preview;
mod profile;
mod progress;
mod prompt_files;
mod prompt_preview;
mod proposals;
mod remarks;
mod service;
mod session;
mod settings;
mod tasks;
pub mod transport;
mod trust;
mod waiting;

use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

pub use self::client_log::ClientLog;
use self::language_server::SessionCell;
use self::profile::ClientProfile;
use self::prompt_files::Look;
pub(crate) use self::service::Service;
use self::session::Session;
use self::transport::{ExitStatus, Options, Outbox};
pub(crate) use self::trust::{ForeignAgent, confirmed_agents};
use crate::config::{ConnectionError, Environment, UserFile, load_connection};
use crate::i18n::{Message, message};
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

/// Runs a language server session until the client ends it or is gone.
pub async fn serve(
    input: impl AsyncRead + Send + Unpin,
    output: impl AsyncWrite + Send + Unpin + 'static,
    options: ServeOptions,
) -> ExitStatus {
    let (outbox, outgoing) = Outbox::new();
    let session: SessionCell = Arc::new(OnceLock::new());
    let service = language_server::service(Arc::clone(&session));
    let _stop_with_the_session = StopJobs(Arc::clone(&session));
    let client_process_id = options.client_process_id;
    let stop = Box::pin(options.stop.clone().cancelled_owned());
    let ending = Arc::clone(&session);
    let on_end = Box::new(move || -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Some(session) = ending.get() {
                session.jobs.cancel(|_| true);
                session.jobs.idle().await;
                tokio::join!(answers::leave(session), waiting::leave(session), session.settle_audit());
            }
        })
    });
    let on_initialize = Box::new(move |params: &mut Value| {
        let session = session.get_or_init(|| Arc::new(begin(params, &outbox, &options)));
        prompt_files::look(session, Look::Read);
        // Everything is known from the raw parameters; what the typed ones would refuse is no reason not to start.
        *params = json!({ "capabilities": {}, "processId": params.get("processId") });
    });
    transport::serve(
        service,
        outgoing,
        input,
        output,
        Options {
            client_process_id,
            stop,
            on_initialize,
            on_end,
            json_text: language_server::JSON_TEXT,
            ..Options::default()
        },
    )
    .await
}

/// Jobs are tasks of their own: without this they would go on, and cost money, after the editor is gone.
struct StopJobs(SessionCell);

impl Drop for StopJobs {
    fn drop(&mut self) {
        if let Some(session) = self.0.get() {
            session.jobs.cancel(|_| true);
        }
    }
}

/// The session of a client that introduced itself. What is wrong with its settings is said once it is ready to hear it.
fn begin(params: &Value, outbox: &Outbox, options: &ServeOptions) -> Session {
    let profile = ClientProfile::from_initialize(params);
    let environment = &options.environment;
    let user_file = UserFile::read(environment);
    let service = match &options.sandbox {
        Some(sandbox) => Service::sandbox(SandboxOptions { client: profile.name.clone(), ..sandbox.clone() }),
        None => {
            // Without the file nobody knows where the user wanted their code to go: nothing is sent then.
            let connection = match &user_file {
                Ok(user_file) => load_connection(environment, user_file),
                Err(error) => Err(ConnectionError::of(message!("user-file-unusable", problem = error.message()))),
            };
            Service::account(connection.unwrap_or_else(ConnectionError::into_connection))
        }
    };
    let session = Session::new(profile, outbox.clone(), service, user_file, options);
    // The settings hold from the start; they are looked at again, and complained about, after `initialized`.
    session.take_settings(&session.profile.initialization_options);
    session
}
