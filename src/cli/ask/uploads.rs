//! The files of `--file`: looked at, agreed to, and only then uploaded.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::agents_api::{ApiError, FileProblem, Limits, MAX_UPLOAD_BYTES, UploadFile};
use crate::cli::shell::{Shell, ShellHost, is_quiet};
use crate::i18n::Message;
use crate::job::JobError;

/// Uploads the files, one after the other, and gives their ids. Nothing is sent before all of them were agreed to.
///
/// # Errors
/// What is wrong with a file, that it may not be sent, or that it could not be.
pub(super) async fn upload(
    host: &ShellHost<'_>,
    shell: &Shell,
    paths: &[PathBuf],
    limits: Limits,
) -> Result<Vec<String>, JobError> {
    let mut files = Vec::new();
    for path in paths {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        host.consent_to(Some(&path), &read(path.clone()).await?).await?;
        files.push(UploadFile::at(path));
    }
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let api = shell.service.api().await?;
    let mut ids = Vec::new();
    for file in files {
        let bar = bar(&file.name);
        let id = api.upload(&file, limits, |sent, size| {
            bar.set_length(size);
            bar.set_position(sent);
        });
        ids.push(id.await?);
        bar.finish_and_clear();
    }
    Ok(ids)
}

/// The text of a file, for the guard; what is no text is looked at as far as it reads as one.
async fn read(path: PathBuf) -> Result<String, JobError> {
    let refused = |what: String| JobError::Refused(Message::verbatim(format!("{} {what}", path.display())));
    let metadata = tokio::fs::metadata(&path).await.map_err(|error| refused(format!("cannot be read ({error}).")))?;
    if !metadata.is_file() {
        return Err(refused("is no regular file. Upload files one by one.".to_owned()));
    }
    if metadata.len() > MAX_UPLOAD_BYTES {
        return Err(JobError::Api(ApiError::File {
            name: name_of(&path),
            problem: FileProblem::TooLarge { bytes: metadata.len() },
        }));
    }
    let bytes = tokio::fs::read(&path).await.map_err(|error| refused(format!("cannot be read ({error}).")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Shown on stderr where that is a terminal, and nowhere else.
fn bar(name: &str) -> ProgressBar {
    let target = if is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, target).with_style(style).with_message(name.to_owned())
}
