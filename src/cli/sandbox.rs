//! The Agents API on loopback, until Ctrl-C.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::model::ModelArgs;
use super::shell::{Failure, print_message, warn, write_line};
use crate::config::Environment;
use crate::i18n::{Language, Message, message};
use crate::sandbox::{Sandbox, SandboxOptions, Scenario, environment_lines};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Answer, wait and fail as this TOML file says (docs/sandbox.md)
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Refuse requests that a careful client would send in another form. Without this flag they are accepted, with a warning
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    model: ModelArgs,
}

/// Serves until the process is interrupted. The first line of stdout is the base URL, so that a script can read it.
pub(super) async fn run(args: Args, language: Language) -> Result<(), Failure> {
    let Args { port, scenario, strict, model } = args;
    // Errors of a scenario are for developers, in English.
    let scenario = scenario.as_deref().map(Scenario::read).transpose();
    let scenario = scenario.map_err(|error| Message::verbatim(error.to_string()))?.map(Arc::new);
    let model_url = model.model_url.clone();
    let options = SandboxOptions { port, scenario, strict, ..model.sandbox(&Environment::from_process(), language) };
    let sandbox = Sandbox::start(options).await;
    let sandbox =
        sandbox.map_err(|error| message!("sandbox-port", port = port.to_string(), error = error.to_string()))?;
    let base_url = sandbox.base_url();
    // The caller may already have closed stdout. The sandbox still serves.
    let mut stdout = std::io::stdout();
    let lines = environment_lines(&base_url);
    let written = writeln!(stdout, "{base_url}\n\n{}", lines.trim_end()).and_then(|()| stdout.flush());
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        warn(&message!("shell-not-written", error = error.to_string()), language);
        write_line(&base_url);
    }
    write_line("");
    print_message(&message!("sandbox-serves"), language);
    if let Some(url) = model_url {
        print_message(&message!("sandbox-model", url = url.to_string()), language);
    }
    let mut remarks = sandbox.told();
    let mut told = 0;
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let interrupted = loop {
        tokio::select! {
            interrupted = &mut interrupt => break interrupted,
            Ok(()) = remarks.changed() => {
                let lines = remarks.borrow_and_update();
                for line in lines.iter().skip(told) {
                    // Remarks about a request are for developers, in English.
                    write_line(&format!("stackspot-lsp: {line}"));
                }
                told = lines.len();
            }
        }
    };
    Ok(interrupted.map_err(|error| message!("sandbox-no-interrupt", error = error.to_string()))?)
}
