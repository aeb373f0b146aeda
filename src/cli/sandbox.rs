//! The Agents API on loopback, until Ctrl-C.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::model::ModelArgs;
use crate::config::Environment;
use crate::sandbox::{Sandbox, SandboxOptions, Scenario, environment_lines};

/// Serves until the process is interrupted. The base URL is the first line on stdout, so that a script can read it.
pub(super) async fn run(port: u16, scenario: Option<&Path>, model: ModelArgs) -> ExitCode {
    let scenario = match scenario.map(Scenario::read).transpose() {
        Ok(scenario) => scenario.map(Arc::new),
        Err(error) => {
            eprintln!("stackspot-lsp: {error}.");
            return ExitCode::FAILURE;
        }
    };
    let model_url = model.model_url.clone();
    let options = SandboxOptions { port, scenario, ..model.sandbox(&Environment::from_process()) };
    let sandbox = match Sandbox::start(options).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("stackspot-lsp: port {port} on loopback cannot be used: {error}. Try another, or --port 0.");
            return ExitCode::FAILURE;
        }
    };
    let base_url = sandbox.base_url();
    // Whoever started this may have closed stdout already; serving goes on.
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{base_url}\n\n{}", environment_lines(&base_url).trim_end());
    let _ = stdout.flush();
    eprintln!("\nA sandbox of the StackSpot AI Agents API serves here. Ctrl-C ends it.");
    if let Some(url) = model_url {
        eprintln!("A model at {url} answers.");
    }
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stackspot-lsp: Ctrl-C cannot be watched: {error}");
            ExitCode::FAILURE
        }
    }
}
