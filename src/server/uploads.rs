//! Keeps files back that a prompt file asks for and that seem to hold secrets.
//!
//! Whoever wrote the prompt file named them, and that may be somebody who wants them. So nobody is asked to agree: what
//! the guard objects to is not uploaded, unless the user has switched the guard off.

use std::path::{Path, PathBuf};

use crate::actions::prompt_files::FileToUpload;
use crate::guard::{self, Suspicion};
use crate::i18n::message;
use crate::job::{Job, JobError, Order};

/// Looks at the names, the ignore rules and the texts of all files that a prompt file asks for. **It reads them.**
///
/// # Errors
/// What the guard says of the first file that it objects to.
pub(crate) async fn hold_back(job: &Job, order: &Order, folders: Vec<PathBuf>) -> Result<(), JobError> {
    if job.action.file.is_none() || order.uploads.is_empty() {
        return Ok(());
    }
    let files = order.uploads.clone();
    let looked = tokio::task::spawn_blocking(move || {
        files.iter().find_map(|file| Some((file.shown.clone(), suspicion(file, &folders).transpose()?)))
    });
    match looked.await.map_err(|_| JobError::Refused(message!("guard-failed")))? {
        None => Ok(()),
        Some((name, Ok(suspicion))) => {
            Err(JobError::Refused(message!("upload-held-back", name = name, reasons = suspicion.all_reasons())))
        }
        Some((name, Err(error))) => {
            Err(JobError::Refused(message!("upload-vanished", name = name, cause = error.to_string())))
        }
    }
}

/// What speaks against a file, under its own name and under the one that it is asked for by.
fn suspicion(file: &FileToUpload, folders: &[PathBuf]) -> std::io::Result<Option<Suspicion>> {
    let text = std::fs::read(&file.path)?;
    let own = guard::assess(Some(&file.path), &String::from_utf8_lossy(&text), &real(folders));
    let named = || folders.iter().find_map(|folder| guard::assess(Some(&folder.join(&file.shown)), "", folders));
    Ok(own.or_else(named))
}

/// The folders behind all links, since that is where the files are.
fn real(folders: &[PathBuf]) -> Vec<PathBuf> {
    let real = |folder: &PathBuf| std::fs::canonicalize::<&Path>(folder).unwrap_or_else(|_| folder.clone());
    folders.iter().map(real).collect()
}
