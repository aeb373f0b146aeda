//! The files that go with a question.

use super::{JobError, Phase};
use crate::actions::prompt_files::FileToUpload;
use crate::agents_api::{AgentsApi, Limits, UploadContent, UploadFile};

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
