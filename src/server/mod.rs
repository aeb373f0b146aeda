//! The part of the program that knows LSP on the wire.
//!
//! [`serve`] runs a session over any pair of streams. The folders are layers, and no import leads up. `transport` and
//! `wire` are the protocol, `session` is the state, `client` sends requests to the editor, and `api` handles its
//! messages. `docs/architecture.md` has the table, and a test checks it.

mod answers;
mod api;
mod client;
mod conversation;
mod jobs;
mod remarks;
mod session;
mod state_files;
#[cfg(test)]
mod tests;
pub(crate) mod transport;
mod wire;

use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

use self::api::language_server::{self, SessionCell};
use self::client::prompt_files;
pub(crate) use self::session::ClientLog;
pub use self::session::ServeOptions;
use self::session::{Refresh, Session};
use self::transport::{ExitStatus, Options, Outbox};
use self::wire::ClientProfile;
use crate::config::{LoadedConnection, UserFile, load_connection};
use crate::i18n::message;
use crate::sandbox::SandboxOptions;
use crate::service::Service;

/// Runs a language server session until the client ends it or exits.
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
                language_server::save_all(session).await;
            }
        })
    });
    let on_initialize = Box::new(move |params: &mut Value| {
        let session = session.get_or_init(|| Arc::new(begin(params, &outbox, &options)));
        prompt_files::refresh(session, Refresh::Always);
        // The server has read the raw parameters. It starts even if the typed parameters would be refused.
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

/// Jobs are separate tasks: without this they would continue, and cost money, after the editor exits.
struct StopJobs(SessionCell);

impl Drop for StopJobs {
    fn drop(&mut self) {
        if let Some(session) = self.0.get() {
            session.jobs.cancel(|_| true);
        }
    }
}

/// The session of a client after `initialize`. Problems of its settings are reported once the client is ready.
fn begin(params: &Value, outbox: &Outbox, options: &ServeOptions) -> Session {
    let profile = ClientProfile::from_initialize(params);
    let environment = &options.environment;
    let user_file = UserFile::read(environment);
    let service = match &options.sandbox {
        Some(sandbox) => Service::sandbox(SandboxOptions { client: profile.name.clone(), ..sandbox.clone() }),
        None => {
            // Without the file the server does not know where the code may go. Therefore it sends nothing.
            let connection = match &user_file {
                Ok(user_file) => load_connection(environment, user_file),
                Err(error) => Err(message!("user-file-unusable", problem = error)),
            };
            Service::account(connection.unwrap_or_else(LoadedConnection::refusing))
        }
    };
    let session = Session::new(profile, outbox.clone(), service, user_file, options);
    // The settings are in force from the start. After `initialized` they are read again, and problems are reported.
    session.take_settings(std::slice::from_ref(&session.profile.initialization_options));
    session
}
