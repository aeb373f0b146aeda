//! `completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::shell::{Failure, Output, exit_code};
use crate::i18n::Language;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) async fn run(Args { shell }: Args, language: Language) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stackspot-lsp", &mut script);
    exit_code(Output::new().write(&String::from_utf8_lossy(&script)).await.map_err(Failure::from), language)
}
