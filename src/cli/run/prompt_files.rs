//! The prompt files for a file on the command line.

use std::path::Path;
use std::sync::Arc;

use crate::actions::prompt_files::{self, PromptFiles, PromptFolder};
use crate::cli::shell::{Shell, warn, workspace_of};
use crate::i18n::Message;

/// The user's own prompt files, and those of the workspace around `path`. Only problems of the action `wanted` are
/// reported.
pub(super) fn load_prompt_files(shell: &Shell, path: &Path, wanted: &str) -> Arc<PromptFiles> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let personal = shell.environment.config_dir().map(|folder| PromptFolder::personal(&folder));
    let places: Vec<PromptFolder> =
        personal.into_iter().chain([PromptFolder::of_workspace(&workspace_of(&path))]).collect();
    let loaded = prompt_files::load(&places, None).unwrap_or_default();
    let is_wanted = |path: &Path| path.file_stem().is_some_and(|name| name == wanted);
    for report in loaded.reports.iter().filter(|report| is_wanted(&report.path)) {
        let place = Message::verbatim(report.path.display().to_string());
        warn(&Message::joined(vec![place, report.problem.message()], ": "), shell.language);
    }
    Arc::new(loaded.files)
}
