//! The language server on stdin and stdout.

use std::path::Path;
use std::process::ExitCode;

use super::{ServerArgs, log, stdio};
use crate::config::Environment;
use crate::i18n::Language;
use crate::server::{ServeOptions, serve};

/// Serves one session.
pub(super) async fn run(args: ServerArgs, environment: Environment, log_file: Option<&Path>) -> ExitCode {
    let (log, problem) = log::of_server(&environment, log_file);
    let options = ServeOptions {
        sandbox: args.sandbox.then(|| args.model.sandbox(&environment, Language::En)),
        client_process_id: args.client_process_id,
        log,
        warnings: problem.into_iter().collect(),
        ..ServeOptions::of(environment)
    };
    serve(stdio::input(), stdio::output(), options).await.into()
}
