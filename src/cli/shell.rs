//! What the commands of a shell user share: settings and service, where their output goes, and how they fail.

mod host;
mod job;
mod languages;
mod output;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;

pub(super) use self::host::{ShellHost, Target};
pub(super) use self::job::{Ended, Shown, run_job, workspace_edit};
pub(super) use self::languages::language_id;
pub(super) use self::output::{Output, say, warn};
use crate::config::{AgentChoice, ConnectionError, Environment, Settings, UserFile, load_connection};
use crate::i18n::Language;
use crate::job::JobError;
use crate::sandbox::SandboxOptions;
use crate::server::Service;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was called wrongly; a sentence.
    Usage(String),
    /// It failed; a sentence with what to do next.
    Said(String),
    /// It failed, and has said so itself.
    Told,
    /// Whoever read its output has left, which is their right.
    ReaderLeft,
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::Said(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ReaderLeft,
            std::io::ErrorKind::Interrupted => JobError::Cancelled.into(),
            _ => Self::Said(format!("The result could not be written: {error}.")),
        }
    }
}

/// The exit code of a command, after its failure was said.
pub(super) fn exit_code(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) | Err(Failure::ReaderLeft) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Said(what)) => {
            say(&format!("stackspot-lsp: {what}"));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(what)) => {
            say(&format!("stackspot-lsp: {what}\n\nFor more information, try '--help'."));
            ExitCode::from(2)
        }
    }
}

/// What a command works with: the settings of the user file over the defaults, and the service.
pub(super) struct Shell {
    /// Where directories and credentials are found.
    pub(super) environment: Environment,
    /// How it behaves.
    pub(super) settings: Arc<Settings>,
    /// Who answers.
    pub(super) service: Service,
}

impl Shell {
    /// Reads the configuration; connects to nothing yet. Warnings go to stderr.
    ///
    /// # Errors
    /// Where the user file or the connection cannot be used. The sandbox needs neither.
    pub(super) fn open(sandbox: bool) -> Result<Self, Failure> {
        let environment = Environment::from_process();
        let user_file = UserFile::read(&environment);
        let user_file = match user_file {
            Ok(user_file) => user_file,
            Err(error) if sandbox => {
                warn(&error.to_string());
                UserFile::default()
            }
            Err(error) => return Err(Failure::Said(format!("{error}."))),
        };
        let settings = match Settings::from_layers(&user_file.settings, &Value::Null) {
            Ok((settings, warnings)) => {
                warnings.iter().for_each(|warning| warn(&warning.to_string()));
                settings
            }
            Err(error) if sandbox => {
                warn(&error.to_string());
                Settings::default()
            }
            Err(error) => return Err(Failure::Said(format!("{error}. Correct config.toml."))),
        };
        let service = if sandbox {
            say("[sandbox] A scripted agent in this process answers: no account, no network.");
            Service::sandbox(SandboxOptions::default())
        } else {
            let unusable = |error: ConnectionError| Failure::Said(format!("{error}."));
            let connection = load_connection(&environment, &user_file).map_err(unusable)?;
            connection.warnings.iter().for_each(|warning| warn(&warning.to_string()));
            Service::account(connection)
        };
        Ok(Self { environment, settings: Arc::new(settings), service })
    }

    /// The agent to ask: the one that is named, else the configured one.
    ///
    /// # Errors
    /// Where none is known.
    pub(super) fn agent(&self, named: Option<&str>) -> Result<AgentChoice, Failure> {
        let agent = self.settings.resolve_agent(named, self.service.default_agent());
        agent.ok_or_else(|| {
            let missing = self.service.missing_credential().map(|message| message.text(Language::En));
            Failure::Said(missing.unwrap_or_else(|| NO_AGENT.to_owned()))
        })
    }

    /// The language of titles, messages and answers.
    pub(super) fn language(&self) -> Language {
        self.settings.language.resolve(None, &self.environment)
    }

    /// Says what the first connection showed to be wrong.
    pub(super) fn tell_connection_warnings(&self) {
        self.service.connection_warnings().iter().for_each(|warning| warn(&warning.text(Language::En)));
    }
}

const NO_AGENT: &str = "No agent is configured. Name one with --agent, set STACKSPOT_AGENT_ID in the environment, or \
                        `agent` in config.toml, to the id of a StackSpot AI agent.";

/// What counts as the workspace of a file, or of a folder: the repository around it, else the current directory.
pub(super) fn workspace_of(path: &Path) -> PathBuf {
    let repository = path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    repository.or_else(|| std::env::current_dir().ok()).unwrap_or_default()
}
