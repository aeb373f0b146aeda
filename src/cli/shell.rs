//! The parts that all shell commands share: settings and service, their output, and their failures.

mod failure;
mod host;
mod job;
mod open;
mod output;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) use self::failure::Failure;
pub(super) use self::host::ShellHost;
pub(super) use self::job::{Ended, OutputMode, run_job, workspace_edit};
pub(super) use self::open::Shell;
pub(super) use self::output::{Output, print_message, print_program_message, sentence, warn, write_line};
use crate::config::{Environment, Settings, UserFile};
use crate::i18n::{Language, message};

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
            print_program_message(&what, language);
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

/// The workspace of a file or a folder: its repository, else the current directory.
pub(super) fn workspace_of(path: &Path) -> PathBuf {
    let repository = path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    repository.or_else(|| std::env::current_dir().ok()).unwrap_or_default()
}
