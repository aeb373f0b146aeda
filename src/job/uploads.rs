//! The files that go with a question.

use std::io;
use std::path::{Path, PathBuf};

use super::{JobError, Phase};
use crate::actions::prompt_files::FileToUpload;
use crate::agents_api::{AgentsApi, Limits, UploadContent, UploadFile};
use crate::files;
use crate::guard::{self, Material, Suspicion};

/// Refuses what no agent has a use for, by its size and its first bytes, before anything is sent.
///
/// # Errors
/// What is wrong with the first file that cannot be uploaded.
pub(crate) async fn check_uploads(files: &[FileToUpload]) -> Result<(), JobError> {
    for file in files {
        upload_file(file).check().await?;
    }
    Ok(())
}

/// Uploads the files one after the other, and gives their ids.
pub(super) async fn upload(
    api: &AgentsApi,
    files: &[FileToUpload],
    limits: Limits,
    enter: &(impl Fn(Phase) + Sync),
) -> Result<Vec<String>, JobError> {
    let mut ids = Vec::new();
    for file in files {
        let upload = upload_file(file);
        let name = upload.name.clone();
        let progress = |sent, size| enter(Phase::Uploading { name: name.clone(), sent, size });
        ids.push(api.upload(&upload, limits, progress).await?);
    }
    Ok(ids)
}

fn upload_file(file: &FileToUpload) -> UploadFile {
    UploadFile { name: file.name(), content: UploadContent::Path(file.path.clone()), media_type: None }
}

/// No upload is larger, in bytes; the service takes none that is.
const LARGEST: u64 = 64 << 20;

/// What speaks against uploading a file, under its own name and under the one that it is asked for by. **It reads the file.**
///
/// # Errors
/// Where it cannot be read.
pub(super) fn judged(file: &FileToUpload, folders: &[PathBuf]) -> io::Result<Option<Suspicion>> {
    let own = guard::examine(&material(file, &real(folders), String::new())?, |_| None);
    let named = || folders.iter().find_map(|folder| guard::assess(Some(&folder.join(&file.shown)), "", folders));
    Ok(own.or_else(named))
}

/// A file as the guard looks at it: its text, whatever its encoding. Of what is no text, such as a picture, as much as reads
/// as one. **It reads the file.**
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn material(file: &FileToUpload, roots: &[PathBuf], agent: String) -> io::Result<Material> {
    let bytes = files::read(&file.path, LARGEST)?;
    let prompt = guard::decode(&bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Material { path: Some(file.path.clone()), prompt, roots: roots.to_vec(), agent, ..Material::default() })
}

/// The folders behind all links, since that is where the files are.
fn real(folders: &[PathBuf]) -> Vec<PathBuf> {
    let real = |folder: &PathBuf| std::fs::canonicalize::<&Path>(folder).unwrap_or_else(|_| folder.clone());
    folders.iter().map(real).collect()
}
