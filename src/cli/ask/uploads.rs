//! The files of `--file`: looked at and agreed to before anything is sent.

use std::path::{Path, PathBuf};

use crate::actions::prompt_files::FileToUpload;
use crate::cli::shell::ShellHost;
use crate::i18n::message;
use crate::job::{JobError, check_uploads};

/// The files to upload. The user named each by hand, so they may lie anywhere, and the user is asked about what the guard
/// finds in them.
///
/// # Errors
/// What is wrong with a file, or that it may not be sent.
pub(super) async fn agreed(host: &ShellHost<'_>, paths: &[PathBuf]) -> Result<Vec<FileToUpload>, JobError> {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let files: Vec<FileToUpload> =
        paths.iter().map(|path| FileToUpload { path: absolute(path), shown: shown(path) }).collect();
    check_uploads(&files).await?;
    for file in &files {
        host.consent_to(Some(&file.path), &read(file).await?).await?;
    }
    Ok(files)
}

/// The text of a file, for the guard; what is no text is looked at as far as it reads as one.
async fn read(file: &FileToUpload) -> Result<String, JobError> {
    let bytes = tokio::fs::read(&file.path)
        .await
        .map_err(|error| message!("file-problem-unreadable", name = &file.shown, reason = error.to_string()))
        .map_err(JobError::Refused)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
