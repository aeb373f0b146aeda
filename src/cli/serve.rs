//! The language server on stdin and stdout.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::cli::model::ModelArgs;
use crate::cli::{log, stdio};
use crate::config::Environment;
use crate::i18n::Language;
use crate::server::{ServeOptions, serve};
use crate::tasks;

/// The flags of the server.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Speak LSP on stdin and stdout; this is the default, and some editors pass it
    #[arg(long)]
    pub(super) stdio: bool,
    /// Answer from a sandbox in the process: no account, no network
    #[arg(long)]
    pub(super) sandbox: bool,
    /// End when this process ends
    #[arg(long = "clientProcessId", value_name = "PID")]
    pub(super) client_process_id: Option<u32>,
    #[command(flatten)]
    pub(super) model: ModelArgs,
}

impl ServerArgs {
    /// The first flag that was given, for the error if a command follows.
    pub(super) fn first_flag(&self) -> Option<&'static str> {
        let given = [
            (self.stdio, "--stdio"),
            (self.sandbox, "--sandbox"),
            (self.client_process_id.is_some(), "--clientProcessId"),
            (self.model.model_url.is_some(), "--model-url"),
        ];
        given.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}

/// Serves one session.
pub(super) async fn run(args: ServerArgs, environment: Environment, log_file: Option<&Path>) -> ExitCode {
    let (log, problem) = log::of_server(&environment, log_file);
    let options = ServeOptions {
        sandbox: args.sandbox.then(|| args.model.sandbox(&environment, Language::En)),
        client_process_id: args.client_process_id,
        log,
        warnings: problem.into_iter().collect(),
        stop: asked_to_end(),
        ..ServeOptions::for_environment(environment)
    };
    serve(stdio::input(), stdio::output(), options).await.into()
}

/// Cancelled when the system asks the process to end. The server then saves its results so far.
fn asked_to_end() -> CancellationToken {
    let asked = CancellationToken::new();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
            // If the process cannot listen to the signal, the signal ends it as usual.
            let Ok(mut signals) = signal(kind) else { continue };
            let asked = asked.clone();
            tasks::spawn("waiting for a signal", async move {
                signals.recv().await;
                asked.cancel();
            });
        }
    }
    #[cfg(windows)]
    {
        let asked = asked.clone();
        tasks::spawn("waiting to be asked to end", async move {
            if super::console::asked_to_end().await {
                asked.cancel();
            }
        });
    }
    asked
}
