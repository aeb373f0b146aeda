//! The files that are uploaded with a question.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::permission::{ConsentHost, ConsentSubject};
use super::{Job, JobError, JobPhase, Order};
use crate::actions::prompt_files::{FileToUpload, PromptFileOwner};
use crate::agents_api::{AgentsApi, Limits, UploadContent, UploadFile};
use crate::encoding;
use crate::files;
use crate::guard::{self, Findings, OutgoingText, Reason};
use crate::i18n::{Message, message, one_line};

/// Refuses files that agents cannot use, by size and first bytes, before anything is sent. The error is about the first
/// such file.
pub(crate) async fn check_upload_limits(files: &[FileToUpload]) -> Result<(), JobError> {
    for file in files {
        upload_file(file).check().await?;
    }
    Ok(())
}

pub(super) async fn upload(
    api: &AgentsApi,
    files: &[FileToUpload],
    limits: Limits,
    enter: &(impl Fn(JobPhase) + Sync),
) -> Result<Vec<String>, JobError> {
    let mut ids = Vec::new();
    for file in files {
        let upload = upload_file(file);
        let name = upload.name.clone();
        let progress = |sent, size| enter(JobPhase::Uploading { name: name.clone(), sent, size });
        ids.push(api.upload(&upload, limits, progress).await?);
    }
    Ok(ids)
}

fn upload_file(file: &FileToUpload) -> UploadFile {
    UploadFile { name: file.name(), content: UploadContent::Path(file.path.clone()), media_type: None }
}

/// The largest upload, in bytes. The service accepts no larger file.
const LARGEST: u64 = 64 << 20;

/// The guard's findings for a file, under its real name and the requested name. **It reads the file**, and fails if it
/// cannot.
pub(super) fn judged(file: &FileToUpload, folders: &[PathBuf], agent: &str) -> io::Result<Option<Findings>> {
    let own = guard::examine(&outgoing_upload(file, &real(folders), agent.to_owned())?, |_| None);
    if own.as_ref().is_some_and(|own| !is_unreadable_alone(own)) {
        return Ok(own);
    }
    let named = folders.iter().find_map(|folder| guard::assess(Some(&folder.join(&file.shown)), "", folders));
    Ok(named.or(own))
}

/// Whether the only finding is that the file cannot be examined.
pub(super) fn is_unreadable_alone(findings: &Findings) -> bool {
    findings.reasons.iter().all(|reason| matches!(reason, Reason::Unreadable { .. }))
}

/// A file for the guard: its text in any encoding. For other content, such as a picture, the part that reads as text.
/// **It reads the file**, and fails if it cannot.
pub(crate) fn outgoing_upload(file: &FileToUpload, roots: &[PathBuf], agent: String) -> io::Result<OutgoingText> {
    let bytes = files::read_first_bytes(&file.path, LARGEST)?;
    let text = encoding::decode(&bytes);
    let unreadable = text.is_none() && !encoding::is_document_or_picture(&bytes);
    let prompt = text.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    let (path, roots) = (Some(file.path.clone()), roots.to_vec());
    Ok(OutgoingText { path, prompt, unreadable, roots, agent, ..OutgoingText::default() })
}

/// The folders after all links are resolved, because the files have such paths.
fn real(folders: &[PathBuf]) -> Vec<PathBuf> {
    let real = |folder: &PathBuf| std::fs::canonicalize::<&Path>(folder).unwrap_or_else(|_| folder.clone());
    folders.iter().map(real).collect()
}

/// The uploads of a workspace's prompt file, and the agent that reads them. A different list needs a new confirmation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct UploadList {
    workspace: PathBuf,
    agent: String,
    files: BTreeSet<String>,
    unreadable: BTreeSet<String>,
}

/// Asks the user about the uploads of a workspace's prompt file, once for each workspace and list. There is no question
/// about files of the user's own prompt files, or if the built-in sandbox receives them. The error says why the upload
/// is not allowed, and what to do.
pub(super) async fn confirm(
    host: &impl ConsentHost,
    job: &Job,
    order: &Order,
    unreadable: BTreeSet<String>,
) -> Result<(), JobError> {
    let Some(file) = job.action.file.as_ref() else { return Ok(()) };
    let PromptFileOwner::Workspace(workspace) = &file.owner else { return Ok(()) };
    if order.ask.uploads.is_empty() || host.may_upload_anyway() {
        return Ok(());
    }
    let list = UploadList {
        workspace: workspace.clone(),
        agent: order.ask.request.agent_id.clone(),
        files: order.ask.uploads.iter().map(|upload| upload.shown.clone()).collect(),
        unreadable,
    };
    let confirmed = &host.agreed().uploads;
    let _turn = confirmed.turn().await;
    if confirmed.holds(&list).await {
        return Ok(());
    }
    let mut listed = Vec::new();
    for upload in &order.ask.uploads {
        let bytes = tokio::fs::metadata(&upload.path).await.map(|found| found.len()).unwrap_or_default();
        let ((size, unit), name) = (rounded(bytes), one_line(&upload.shown));
        listed.push(if list.unreadable.contains(&upload.shown) {
            message!("uploads-file-unreadable", name = name, size = size, unit = unit)
        } else {
            message!("uploads-file", name = name, size = size, unit = unit)
        });
    }
    let (listed, file) = (Message::joined(listed, ", "), one_line(&file.shown));
    let question = message!(
        "uploads-question",
        title = &job.action.title,
        workspace = one_line(&workspace.display().to_string()),
        file = &file,
        agent = one_line(&list.agent),
        count = order.ask.uploads.len(),
        files = &listed,
    );
    let subject = ConsentSubject::Uploads(message!("uploads-list", files = listed, file = file));
    host.ask(subject, question).await.map_err(JobError::Declined)?;
    confirmed.remember(list).await;
    Ok(())
}

/// A size in a suitable unit, rounded up, so that it is never understated.
fn rounded(bytes: u64) -> (u64, &'static str) {
    match bytes {
        1_000_000.. => (bytes.div_ceil(1_000_000), "MB"),
        1_000.. => (bytes.div_ceil(1_000), "kB"),
        _ => (bytes, "B"),
    }
}
