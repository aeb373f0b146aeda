//! The one way out: everything that goes into a prompt or an upload is judged here, for the server and for the shell, with
//! what it is made from and under every name that its file has.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::uploads::judged;
use super::{Job, JobError, Order};
use crate::actions::prompt_files::FileToUpload;
use crate::config::SecretGuard;
use crate::guard::{self, Consents, Excerpt, Material, Suspicion};
use crate::i18n::{Message, message};

/// Who is asked, and what was agreed to before.
pub(crate) trait Gatekeeper: Sync {
    /// The setting `secrets.guard`.
    fn mode(&self) -> SecretGuard;

    /// What the user agreed to in this session.
    fn consents(&self) -> &Mutex<Consents>;

    /// Puts the question. Whatever is no clear yes is a refusal: the words that go around the reasons.
    fn ask(&self, question: Message) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// Says why nothing was sent, from the reasons.
pub(crate) type Refusal = fn(Message) -> Message;

/// Whether an order may be sent, with all that goes along. An answer holds for the session: for the same file, the same
/// reasons and the same agent nobody is asked twice.
///
/// # Errors
/// Why it may not be sent, and how it could be.
pub(crate) async fn pass(
    keeper: &impl Gatekeeper,
    job: &Job,
    order: &Order,
    document: Option<String>,
    folders: Vec<PathBuf>,
) -> Result<(), JobError> {
    if keeper.mode() == SecretGuard::Off {
        return Ok(());
    }
    if job.action.file.is_some() {
        hold_back(&order.uploads, &folders).await?;
    }
    let makeup = order.makeup.clone();
    let suspicion =
        looked(order.material(folders), move |line| makeup.file_and_line(line, document.as_deref())).await?;
    decide(keeper, suspicion).await
}

/// Whether a text that is no order's may be sent, and a file that the user named.
///
/// # Errors
/// Why it may not be sent, and how it could be.
pub(crate) async fn pass_material(keeper: &impl Gatekeeper, material: Material) -> Result<(), JobError> {
    if keeper.mode() == SecretGuard::Off {
        return Ok(());
    }
    decide(keeper, looked(material, |_| None).await?).await
}

/// Looks at what would be sent.
///
/// # Errors
/// Where that fails by a bug.
pub(crate) async fn looked(
    material: Material,
    place: impl Fn(usize) -> Option<(std::sync::Arc<str>, usize)> + Send + 'static,
) -> Result<Option<Suspicion>, JobError> {
    // Links and the rules of ignored files are read from the disk, and texts may be long.
    let examined = tokio::task::spawn_blocking(move || guard::examine(&material, place)).await;
    examined.map_err(|_| JobError::Refused(message!("guard-failed")))
}

async fn decide(keeper: &impl Gatekeeper, suspicion: Option<Suspicion>) -> Result<(), JobError> {
    let Some(suspicion) = suspicion else { return Ok(()) };
    if keeper.mode() == SecretGuard::Refuse {
        return Err(JobError::Refused(message!("guard-refused", reasons = suspicion.all_reasons())));
    }
    let consents = || keeper.consents().lock().unwrap_or_else(PoisonError::into_inner);
    if consents().cover(&suspicion) {
        return Ok(());
    }
    match keeper.ask(suspicion.question()).await {
        Ok(()) => consents().remember(&suspicion),
        Err(refusal) => return Err(JobError::Refused(refusal(suspicion.all_reasons()))),
    }
    Ok(())
}

/// Whoever wrote a prompt file named its uploads, and that may be somebody who wants them. So nobody is asked to agree: what
/// the guard objects to is not uploaded.
async fn hold_back(files: &[FileToUpload], folders: &[PathBuf]) -> Result<(), JobError> {
    if files.is_empty() {
        return Ok(());
    }
    let (files, folders) = (files.to_vec(), folders.to_vec());
    let looked = tokio::task::spawn_blocking(move || {
        files.iter().find_map(|file| Some((file.shown.clone(), judged(file, &folders).transpose()?)))
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

impl Order {
    /// Every question that it asks, in turn.
    pub(crate) fn prompts(&self) -> impl Iterator<Item = &str> {
        let further = self.remarks.iter().flat_map(|remarks| remarks.pieces.iter().skip(1));
        std::iter::once(self.request.prompt.as_str()).chain(further.map(|piece| piece.prompt.as_str()))
    }

    /// What the guard looks at.
    pub(crate) fn material(&self, roots: Vec<PathBuf>) -> Material {
        Material {
            path: self.snapshot.uri.to_file_path(),
            prompt: self.prompts().collect::<Vec<_>>().join("\n"),
            excerpts: self.excerpts.clone(),
            roots,
            agent: self.request.agent_id.clone(),
        }
    }
}

/// The whole lines of a document from the first to the last byte of `bytes`, as the guard looks at them.
pub(crate) fn excerpt(text: &ropey::Rope, bytes: std::ops::Range<usize>, file: Option<&str>) -> Excerpt {
    let len = text.len_bytes();
    let (start, end) = (bytes.start.min(len), bytes.end.min(len));
    let (first, last) = (text.byte_to_line(start), text.byte_to_line(end));
    let ends = text.try_line_to_byte(last + 1).unwrap_or(len);
    // At the start of a line nothing of that line is meant.
    let ends = if end > start && text.line_to_byte(last) == end { end } else { ends };
    let text = text.get_byte_slice(text.line_to_byte(first)..ends).map(String::from).unwrap_or_default();
    Excerpt { file: file.map(Into::into), first_line: first + 1, text }
}
