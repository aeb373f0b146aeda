//! The commands of the binary: flags in, exit code out. stdout contains only the result, stderr the rest.

mod agents;
mod ask;
#[cfg(windows)]
mod console;
mod demo;
mod doctor;
mod log;
mod login;
#[cfg(test)]
mod man;
mod model;
mod run;
mod sandbox;
mod serve;
mod shell;
mod stdio;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use self::model::ModelArgs;
use self::serve::ServerArgs;
use self::shell::{Failure, Output};
use crate::config::{Environment, settings_schema};
use crate::i18n::{Language, Message, message};
use crate::syntax::worker;

/// Puts StackSpot AI agents into every editor that speaks the Language Server Protocol.
///
/// Without a command it is a language server on stdin and stdout: that is how editors start it.
#[derive(Debug, Parser)]
#[command(version, after_long_help = HELP)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// Also append the log to this file (docs/logging.md)
    #[arg(long, value_name = "PATH", global = true)]
    log_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask an agent one prompt; the answer goes to stdout. Piped text is added as context
    Ask(ask::Args),
    /// Run one action on a file: the answer, or a unified diff, goes to stdout
    Run(run::Args),
    /// Show a whole editor session in the terminal, on the sandbox
    Demo {
        #[command(flatten)]
        model: ModelArgs,
    },
    /// Serve the Agents API on loopback, to try this program or your own integration without an account
    Sandbox(sandbox::Args),
    /// List the agents that the credential can see
    Agents(agents::Args),
    /// Check the credential, and store it in the keyring
    Login(login::Args),
    /// Remove the credential that login stored
    Logout,
    /// Check the set-up: settings, credential, network, token, agent; exit code 1 if a check fails
    Doctor(doctor::Args),
    /// Print the JSON Schema of the settings
    Schema,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    async fn run(self, language: Language) -> Result<(), Failure> {
        match self {
            Self::Ask(args) => ask::run(args, language).await,
            Self::Run(args) => run::run(args, language).await,
            Self::Demo { model } => demo::run(model, language).await,
            Self::Sandbox(args) => sandbox::run(args, language).await,
            Self::Agents(args) => agents::run(args, language).await,
            Self::Login(args) => login::run(args, language).await,
            Self::Logout => login::run_logout(language).await,
            Self::Doctor(args) => doctor::run(args, language).await,
            Self::Schema => Ok(Output::new().write(&format!("{:#}\n", settings_schema())).await?),
            Self::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "stackspot-lsp", &mut script);
                Ok(Output::new().write(&String::from_utf8_lossy(&script)).await?)
            }
        }
    }
}

const HELP: &str = "\
Try it now, without an account:
  stackspot-lsp demo                    a whole session in this terminal
  stackspot-lsp --sandbox               what to put into your editor's configuration to try it there

From the shell, on a file (more in docs/shell.md):
  stackspot-lsp run explain FILE:12     the answer, about what is defined around line 12
  stackspot-lsp run refactor FILE       the edit as a unified diff, or --write
  git diff | stackspot-lsp ask 'Review this'

With your account, run `stackspot-lsp login`, or set these in the environment or in config.toml (see the README):
  STACKSPOT_REALM                       your account's slug
  STACKSPOT_CLIENT_ID                   of a Personal Access Token or a Service Credential
  STACKSPOT_CLIENT_SECRET               its secret, or STACKSPOT_CLIENT_KEY
  STACKSPOT_AGENT_ID                    the agent to ask

Behind a corporate proxy: HTTPS_PROXY, NO_PROXY, and STACKSPOT_CA_BUNDLE for extra PEM roots.
If something does not work, `stackspot-lsp doctor` checks each step, and STACKSPOT_LSP_LOG=debug writes what happens to stderr, which editors keep in their LSP log.

Exit codes: 0 done, 1 failed (also if the answer is incomplete, or the result could not be written), 2 wrong usage. As a server: 0 after `shutdown` and `exit`, else 1.";

/// Reads the flags that editors pass, without clap: its parser costs more than the rest of the start. Returns `None`
/// for anything else, errors included.
fn parse_editor_flags(mut arguments: impl Iterator<Item = OsString>) -> Option<Cli> {
    let model = ModelArgs::default();
    let mut server = ServerArgs { stdio: false, sandbox: false, client_process_id: None, model };
    let mut log_file = None;
    while let Some(argument) = arguments.next() {
        let argument = argument.to_str()?;
        match (argument, argument.split_once('=')) {
            ("--stdio", _) if !server.stdio => server.stdio = true,
            ("--sandbox", _) if !server.sandbox => server.sandbox = true,
            (_, Some(("--clientProcessId", id))) if server.client_process_id.is_none() => {
                server.client_process_id = Some(id.parse().ok()?);
            }
            ("--log-file", _) if log_file.is_none() => {
                // As in clap, a text that looks like a flag is not a value.
                let path = arguments.next().filter(|path| path.to_str().is_some_and(|path| !path.starts_with('-')));
                log_file = Some(PathBuf::from(path.filter(|path| !path.is_empty())?));
            }
            (_, Some(("--log-file", path))) if log_file.is_none() && !path.is_empty() => {
                log_file = Some(PathBuf::from(path));
            }
            _ => return None,
        }
    }
    Some(Cli { server, log_file, command: None })
}

/// A crash must not leave the credential and the user's code in a file.
fn leave_no_core_dump() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // If that is not allowed, the system's own limit applies.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// A panic goes only to the log, with its place. Its message may contain the text of the user. Therefore it is only in
/// level `trace`.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        if !tracing::enabled!(tracing::Level::ERROR) {
            eprintln!("stackspot-lsp: a bug at {place}");
        }
        tracing::error!(place, thread, "panicked");
        tracing::trace!(words = %panic, backtrace = %std::backtrace::Backtrace::capture(), "the text of the panic");
    }));
}

/// If a file exceeds the size limit of the process, that is a write error, as a broken pipe is. The process continues.
fn ignore_file_size_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // A signal with a listener does not end the process. If that is not allowed, the system's default applies.
        let _ = signal(SignalKind::from_raw(libc::SIGXFSZ));
    }
}

/// Ends the process if valid flags make no sense together. clap writes the words around the message.
fn refuse(kind: ErrorKind, message: &Message, environment: &Environment) -> ! {
    Cli::command().error(kind, message.text(shell::language(environment))).exit()
}

/// Prints clap's message. Help and version are results on stdout, whose write may fail; the rest goes to stderr.
fn print_clap_error(told: &clap::Error, environment: &Environment) -> ExitCode {
    let printed = told.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(error) if !told.use_stderr() => shell::exit_code(Err(error.into()), shell::language(environment)),
        _ => ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2)),
    }
}

/// How many blocking calls may run at once: files, host names, the guard. Each has a thread with a 2 MiB stack, and
/// many jobs may begin at once on a small machine. More threads than processors are useful only while all wait.
const BLOCKING_THREADS: usize = 24;

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    leave_no_core_dump();
    log_panics();
    if std::env::args_os().nth(1).is_some_and(|command| command == worker::COMMAND) {
        return worker::run();
    }
    let environment = Environment::from_process();
    let cli = match parse_editor_flags(std::env::args_os().skip(1)).map_or_else(Cli::try_parse, Ok) {
        Ok(cli) => cli,
        Err(told) => return print_clap_error(&told, &environment),
    };
    if cli.command.is_some()
        && let Some(flag) = cli.server.first_flag()
    {
        let known = Cli::command();
        let name = std::env::args().skip(1).find(|it| known.find_subcommand(it).is_some()).unwrap_or_default();
        let message = message!("cli-flag-before-command", flag = flag, command = name);
        refuse(ErrorKind::ArgumentConflict, &message, &environment);
    }
    if cli.command.is_none() && cli.server.model.model_url.is_some() && !cli.server.sandbox {
        refuse(ErrorKind::MissingRequiredArgument, &message!("cli-model-without-sandbox"), &environment);
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = match runtime.enable_all().max_blocking_threads(BLOCKING_THREADS).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("stackspot-lsp: the operating system gave no event loop: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        ignore_file_size_signal();
        let log_file = cli.log_file.as_deref();
        match cli.command {
            None => serve::run(cli.server, environment, log_file).await,
            Some(command) => {
                let language = shell::language(&environment);
                log::of_command(&environment, log_file, language);
                shell::exit_code(command.run(language).await, language)
            }
        }
    });
    // A blocked read of stdin must not keep the process alive.
    runtime.shutdown_background();
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editor_flags_match_the_flags_of_clap() {
        let server = "|--stdio|--sandbox|--stdio --sandbox --clientProcessId=12|--clientProcessId=0|\
                      --log-file=/tmp/x=y --stdio|--stdio --log-file ~/x.log";
        let other = "demo|--clientProcessId 12|--clientProcessId=x|--stdio --stdio|--stdio=|--stdio=yes|--log-file|--log-file=|\
                     --log-file --stdio|--log-file=a --log-file=b|--log-file=a demo|demo --log-file a|--help|-V|sandbox";
        let lines = server.split('|').map(|line| (line, true)).chain(other.split('|').map(|line| (line, false)));
        for (line, is_of_editors) in lines {
            let arguments = || line.split_whitespace().map(OsString::from);
            let quick = parse_editor_flags(arguments());
            assert_eq!(quick.is_some(), is_of_editors, "{line:?}");
            if let Some(quick) = quick {
                let read = Cli::try_parse_from(std::iter::once("stackspot-lsp".into()).chain(arguments())).unwrap();
                assert_eq!(format!("{quick:?}"), format!("{read:?}"), "{line:?}");
            }
        }
    }
}
