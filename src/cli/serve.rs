//! The language server on stdin and stdout.

use std::process::ExitCode;
use std::str::FromStr;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use super::{ServerArgs, stdio};
use crate::config::{Environment, UserFile};
use crate::server::{ServeOptions, serve};

/// Serves one session.
pub(super) async fn run(args: ServerArgs) -> ExitCode {
    let environment = Environment::from_process();
    log_to_stderr(&log_filter(&environment));
    let sandbox = args.sandbox.then(|| args.model.sandbox(&environment));
    let options = ServeOptions { environment, sandbox, client_process_id: args.client_process_id };
    serve(stdio::input(), stdio::output(), options).await.into()
}

/// The environment's word, else that of the user file. A file that cannot be read is complained about by the session.
fn log_filter(environment: &Environment) -> String {
    let from_environment = environment.get("STACKSPOT_LSP_LOG").map(str::to_owned);
    let from_file = || UserFile::read(environment).ok()?.connection.log;
    from_environment.or_else(from_file).unwrap_or_else(|| "info".to_owned())
}

/// Writes events to stderr, which editors keep in their log. A filter that cannot be read is said aloud, and `info` holds.
pub(super) fn log_to_stderr(filter: &str) {
    let (targets, problem) = match Targets::from_str(filter) {
        Ok(targets) => (targets, None),
        Err(error) => (Targets::new().with_default(tracing::Level::INFO), Some(error)),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    tracing_subscriber::registry().with(lines).with(targets).init();
    if let Some(error) = problem {
        tracing::warn!("the log filter \"{filter}\" cannot be read ({error}); \"info\" is used");
    }
}
