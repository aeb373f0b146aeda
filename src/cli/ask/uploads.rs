//! The files of `--file`: checked and agreed to before anything is sent.

use std::path::{Path, PathBuf};

use crate::actions::prompt_files::FileToUpload;
use crate::cli::shell::ShellHost;
use crate::i18n::message;
use crate::job::{JobError, check_text, check_upload_limits, outgoing_upload};

/// The files to upload. They may be anywhere, because the user named each of them. If the guard finds a secret in one,
/// the user is asked. The error says what is wrong with a file, or that it may not be sent.
pub(super) async fn confirm_uploads(
    host: &ShellHost<'_>,
    agent: &str,
    paths: &[PathBuf],
) -> Result<Vec<FileToUpload>, JobError> {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let files: Vec<FileToUpload> =
        paths.iter().map(|path| FileToUpload { path: absolute(path), shown: shown(path) }).collect();
    check_upload_limits(&files).await?;
    for file in &files {
        let (asked, roots, agent) = (file.clone(), host.roots(), agent.to_owned());
        let read = tokio::task::spawn_blocking(move || outgoing_upload(&asked, &roots, agent)).await;
        let read = read.map_err(|_| JobError::Refused(message!("guard-failed")))?;
        let unreadable = |error: std::io::Error| {
            JobError::Refused(message!("file-problem-unreadable", name = &file.shown, reason = error.to_string()))
        };
        check_text(host, read.map_err(unreadable)?).await?;
    }
    Ok(files)
}
