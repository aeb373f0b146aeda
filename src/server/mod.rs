//! Everything that knows LSP on the wire.
//!
//! [`serve`] runs a session over any pair of streams. The folders are floors, and no import leads up: `transport` and `wire`
//! are the protocol, `session` is what is known, `client` is what the editor is asked for, and `api` is where its messages
//! arrive. `docs/architecture.md` has the table, and a test holds it.

mod answers;
mod api;
mod client;
mod conversation;
mod jobs;
mod remarks;
mod session;
mod state_files;
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
                language_server::settle(session).await;
            }
        })
    });
    let on_initialize = Box::new(move |params: &mut Value| {
        let session = session.get_or_init(|| Arc::new(begin(params, &outbox, &options)));
        prompt_files::refresh(session, Refresh::Always);
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
                Err(error) => Err(message!("user-file-unusable", problem = error)),
            };
            Service::account(connection.unwrap_or_else(LoadedConnection::refusing))
        }
    };
    let session = Session::new(profile, outbox.clone(), service, user_file, options);
    // The settings hold from the start; they are looked at again, and complained about, after `initialized`.
    session.take_settings(&session.profile.initialization_options);
    session
}
