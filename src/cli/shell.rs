//! The parts that all shell commands share: settings and service, their output, and their failures.

mod host;
mod job;
mod output;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) use self::host::ShellHost;
pub(super) use self::job::{Ended, OutputMode, run_job, workspace_edit};
pub(super) use self::output::{Output, print_message, say_of_ourselves, sentence, warn, write_line};
use crate::config::{AgentChoice, Environment, Settings, UserFile, load_connection};
use crate::i18n::{Language, Message, message};
use crate::job::{Audit, JobError};
use crate::sandbox::SandboxOptions;
use crate::service::Service;

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The arguments are wrong. The message says why.
    Usage(Message),
    /// It failed. The message says why, and what to do next.
    Error(Message),
    /// It failed, and has already reported it.
    AlreadyReported,
    /// The reader of its output has exited. This is allowed, but the result was lost. Therefore it is not a success.
    BrokenPipe,
}

impl From<Message> for Failure {
    fn from(what: Message) -> Self {
        Self::Error(what)
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::Error(error.message())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            std::io::ErrorKind::Interrupted => JobError::Cancelled.into(),
            _ => Self::Error(message!("shell-not-written", error = error.to_string())),
        }
    }
}

/// The exit code of a command, after its failure was reported.
pub(super) fn exit_code(result: Result<(), Failure>, language: Language) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::AlreadyReported | Failure::BrokenPipe) => ExitCode::FAILURE,
        Err(Failure::Error(what)) => {
            write_line(&format!("stackspot-lsp: {}", sentence(what.text(language))));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(what)) => {
            say_of_ourselves(&what, language);
            write_line("");
            print_message(&message!("shell-more-help"), language);
            ExitCode::from(2)
        }
    }
}

/// The language of a command: that of the user file, else that of the environment. If the file is invalid, the code
/// that needs the rest of it reports that.
pub(super) fn language(environment: &Environment) -> Language {
    let user_file = UserFile::read(environment).ok();
    let read = user_file.and_then(|file| Settings::from_layers(&file.settings, &[]).ok());
    read.map(|(settings, _)| settings.language).unwrap_or_default().resolve(None, environment)
}

/// The basis of a command: the settings of the user file over the defaults, and the service.
pub(super) struct Shell {
    /// The source of directories and credentials.
    pub(super) environment: Environment,
    /// The settings of its behaviour.
    pub(super) settings: Arc<Settings>,
    /// The service that answers.
    pub(super) service: Service,
    /// The language of titles, messages and answers.
    pub(super) language: Language,
    /// Writes a line for each job.
    pub(super) audit: Option<Audit>,
}

impl Shell {
    /// Reads the configuration, and does not connect yet. Warnings go to stderr. Fails if the user file or the
    /// connection is invalid. The sandbox needs neither.
    pub(super) fn open(sandbox: bool, language: Language) -> Result<Self, Failure> {
        let environment = Environment::from_process();
        let user_file = UserFile::read(&environment).or_else(|error| {
            if !sandbox {
                return Err(error);
            }
            warn(&error, language);
            Ok(UserFile::default())
        })?;
        let settings = match Settings::from_layers(&user_file.settings, &[]) {
            Ok((settings, warnings)) => {
                warnings.iter().for_each(|warning| warn(&warning.message, language));
                settings
            }
            Err(error) if sandbox => {
                warn(&error, language);
                Settings::default()
            }
            Err(error) => return Err(message!("shell-settings-unusable", problem = error).into()),
        };
        let service = if sandbox {
            print_message(&message!("shell-sandbox"), language);
            Service::sandbox(SandboxOptions::default())
        } else {
            let connection = load_connection(&environment, &user_file)?;
            connection.warnings.iter().for_each(|warning| warn(&warning.message, language));
            Service::account(connection)
        };
        let audit = user_file.audit(&environment).map(Audit::new);
        Ok(Self { environment, settings: Arc::new(settings), service, language, audit })
    }

    /// The agent to ask: the named one, else the configured one. Fails if there is none.
    pub(super) fn agent(&self, named: Option<&str>) -> Result<AgentChoice, Failure> {
        let agent = self.settings.resolve_agent(named, self.service.default_agent());
        let missing = || self.service.missing_credential().cloned().unwrap_or_else(|| message!("shell-no-agent"));
        Ok(agent.ok_or_else(missing)?)
    }

    /// Reports the problems that the first connection showed.
    pub(super) fn tell_connection_warnings(&self) {
        let alone = self.service.counted_alone();
        self.service.connection_warnings().iter().chain(&alone).for_each(|warning| warn(warning, self.language));
    }
}

/// The workspace of a file or a folder: its repository, else the current directory.
pub(super) fn workspace_of(path: &Path) -> PathBuf {
    let repository = path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    repository.or_else(|| std::env::current_dir().ok()).unwrap_or_default()
}
