//! The language server on stdin and stdout.

use std::path::Path;
use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::cli::{ServerArgs, log, stdio};
use crate::config::Environment;
use crate::i18n::Language;
use crate::server::{ServeOptions, serve};
use crate::tasks;

/// Serves one session.
pub(super) async fn run(args: ServerArgs, environment: Environment, log_file: Option<&Path>) -> ExitCode {
    let (log, problem) = log::of_server(&environment, log_file);
    let options = ServeOptions {
        sandbox: args.sandbox.then(|| args.model.sandbox(&environment, Language::En)),
        client_process_id: args.client_process_id,
        log,
        warnings: problem.into_iter().collect(),
        stop: asked_to_end(),
        ..ServeOptions::of(environment)
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
