//! The commands of the binary: flags in, exit code out. stdout carries the result alone; everything else goes to stderr.

mod demo;
mod sandbox;
mod serve;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Puts StackSpot AI agents into every editor that speaks the Language Server Protocol.
///
/// Without a command it is a language server on stdin and stdout: that is how editors start it.
#[derive(Debug, Parser)]
#[command(version, after_long_help = HELP, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct ServerArgs {
    /// Speak LSP on stdin and stdout; this is the default, and some editors pass it
    #[arg(long)]
    stdio: bool,
    /// Answer from a sandbox in the process: no account, no network
    #[arg(long)]
    sandbox: bool,
    /// End when this process ends
    #[arg(long = "clientProcessId", value_name = "PID")]
    client_process_id: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show a whole editor session in the terminal, on the sandbox
    Demo,
    /// Serve the Agents API on loopback, to try this program or your own integration without an account
    Sandbox {
        /// Port to listen on; 0 picks a free one
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
}

const HELP: &str = "\
Try it now, without an account:
  stackspot-lsp demo                    a whole session in this terminal
  stackspot-lsp --sandbox               what to put into your editor's configuration to try it there

With your account, set these in the environment or in config.toml (see the README):
  STACKSPOT_REALM                       your account's slug
  STACKSPOT_CLIENT_ID                   of a Personal Access Token or a Service Credential
  STACKSPOT_CLIENT_SECRET               its secret, or STACKSPOT_CLIENT_KEY
  STACKSPOT_AGENT_ID                    the agent to ask

Behind a corporate proxy: HTTPS_PROXY, NO_PROXY, and STACKSPOT_CA_BUNDLE for extra PEM roots.
When something is odd: STACKSPOT_LSP_LOG=debug writes what happens to stderr, which editors keep in their LSP log.

Exit codes: 0 done, 1 failed, 2 wrong usage. As a server: 0 after `shutdown` and `exit`, else 1.";

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("stackspot-lsp: the operating system gave no event loop: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            None => serve::run(cli.server.sandbox, cli.server.client_process_id).await,
            Some(Command::Demo) => demo::run().await,
            Some(Command::Sandbox { port }) => sandbox::run(port).await,
        }
    });
    // A blocked read of stdin must not keep the process alive.
    runtime.shutdown_background();
    code
}
