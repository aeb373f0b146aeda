//! The only exit: every prompt and upload is checked here, for the server and the shell. The check covers the sources
//! of the prompt and every name of a file.

use std::path::PathBuf;
use std::sync::Mutex;

use super::uploads::{self, UploadList};
use super::{Confirmed, Job, JobError, Order};
use crate::actions::prompt_files::Origin;
use crate::config::{Environment, SecretGuard};
use crate::documents::DocumentUri;
use crate::guard::{self, Consents, Excerpt, Findings, Material};
use crate::i18n::{Message, message};
use crate::tasks::lock;

/// The interface to the user's decisions: who is asked, and what was accepted before.
pub(crate) trait Gatekeeper: Sync {
    /// The setting `secrets.guard`.
    fn mode(&self) -> SecretGuard;

    /// What the user accepted in this session.
    fn consents(&self) -> &Mutex<Consents>;

    /// The uploads of prompt files that the user confirmed.
    fn confirmed_uploads(&self) -> &Confirmed<UploadList>;

    /// Whether uploads of prompt files need no question: the user said so, or they stay in this process.
    fn may_upload_anyway(&self) -> bool;

    /// Says where confirmations are stored.
    fn environment(&self) -> &Environment;

    /// Asks the question. Any answer except a clear yes is a refusal, which words the reasons.
    fn ask(&self, matter: Matter, question: Message) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// The subject of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matter {
    Secrets,
    Uploads,
}

/// Builds from the reasons the message that says why nothing was sent.
pub(crate) type Refusal = fn(Message) -> Message;

/// Whether an order may be sent with all its parts. An answer is valid for the session: the user is not asked twice for
/// the same file, reasons and agent. The error says why it may not be sent, and what to do.
pub(crate) async fn pass(
    keeper: &impl Gatekeeper,
    job: &Job,
    order: &Order,
    document: Option<String>,
    folders: Vec<PathBuf>,
) -> Result<(), JobError> {
    let guards = keeper.mode() != SecretGuard::Off;
    let unreadable =
        if guards && job.action.file.is_some() { check_upload_secrets(order, &folders).await? } else { Vec::new() };
    let is_foreign = job.action.file.as_ref().is_some_and(|file| matches!(file.origin, Origin::Workspace(_)));
    let asks_with_the_list = is_foreign && keeper.mode() == SecretGuard::Ask && !keeper.may_upload_anyway();
    let names = unreadable.iter().map(|(name, _)| name.clone()).collect();
    uploads::confirm(keeper, job, order, names).await?;
    for (_, findings) in unreadable.into_iter().filter(|_| !asks_with_the_list) {
        decide(keeper, Some(findings)).await?;
    }
    if !guards {
        return Ok(());
    }
    for material in order.named_files(&folders) {
        decide(keeper, looked(material, |_| None).await?).await?;
    }
    let prompt_parts = order.ask.prompt_parts.clone();
    let findings =
        looked(order.material(folders), move |line| prompt_parts.file_and_line(line, document.as_deref())).await?;
    decide(keeper, findings).await
}

/// Whether a text outside an order, or a file that the user named, may be sent. The errors are those of [`pass`].
pub(crate) async fn pass_material(keeper: &impl Gatekeeper, material: Material) -> Result<(), JobError> {
    if keeper.mode() == SecretGuard::Off {
        return Ok(());
    }
    decide(keeper, looked(material, |_| None).await?).await
}

/// Examines what would be sent. Only a bug makes this fail.
pub(crate) async fn looked(
    material: Material,
    place: impl Fn(usize) -> Option<(std::sync::Arc<str>, usize)> + Send + 'static,
) -> Result<Option<Findings>, JobError> {
    // The guard reads links and ignore rules from the disk, and texts may be long.
    let examined = tokio::task::spawn_blocking(move || guard::examine(&material, place)).await;
    examined.map_err(|_| JobError::Refused(message!("guard-failed")))
}

async fn decide(keeper: &impl Gatekeeper, findings: Option<Findings>) -> Result<(), JobError> {
    let Some(findings) = findings else { return Ok(()) };
    if keeper.mode() == SecretGuard::Refuse {
        return Err(JobError::Refused(message!("guard-refused", reasons = findings.all_reasons())));
    }
    let consents = || lock(keeper.consents());
    if !consents().covers(&findings) {
        let asked = keeper.ask(Matter::Secrets, findings.question()).await;
        asked.map_err(|refusal| JobError::Declined(refusal(findings.all_reasons())))?;
        consents().remember(&findings);
    }
    Ok(())
}

/// A prompt file names its uploads, and its author may be an attacker. Therefore the user is not asked: a file that the
/// guard rejects is not uploaded. Files that cannot be examined are returned by name.
async fn check_upload_secrets(order: &Order, folders: &[PathBuf]) -> Result<Vec<(String, Findings)>, JobError> {
    let (files, folders, agent) = (order.ask.uploads.clone(), folders.to_vec(), order.ask.request.agent_id.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let mut unreadable = Vec::new();
        for file in files {
            let name = file.shown.clone();
            match uploads::judged(&file, &folders, &agent) {
                Ok(None) => {}
                Ok(Some(findings)) if uploads::is_unreadable_alone(&findings) => unreadable.push((name, findings)),
                Ok(Some(findings)) => {
                    return Err(message!("upload-held-back", name = name, reasons = findings.all_reasons()));
                }
                Err(error) => return Err(message!("upload-vanished", name = name, cause = error.to_string())),
            }
        }
        Ok(unreadable)
    });
    looked.await.unwrap_or(Err(message!("guard-failed"))).map_err(JobError::Refused)
}

impl Order {
    /// All questions of the order, in sequence.
    pub(crate) fn prompts(&self) -> impl Iterator<Item = &str> {
        let further = self.ask.remarks.iter().flat_map(|remarks| remarks.pieces.iter().skip(1));
        std::iter::once(self.ask.request.prompt.as_str()).chain(further.map(|piece| piece.prompt.as_str()))
    }

    /// The further source files, by name only, because the prompt already contains their text.
    pub(crate) fn named_files(&self, roots: &[PathBuf]) -> Vec<Material> {
        let agent = &self.ask.request.agent_id;
        let material = |path: &PathBuf| Material {
            path: Some(path.clone()),
            roots: roots.to_vec(),
            agent: agent.clone(),
            ..Material::default()
        };
        self.ask.named.iter().map(material).collect()
    }

    /// The material that the guard examines.
    pub(crate) fn material(&self, roots: Vec<PathBuf>) -> Material {
        Material {
            path: self.document().and_then(DocumentUri::path_of_any_scheme),
            prompt: self.prompts().collect::<Vec<_>>().join("\n"),
            excerpts: self.ask.excerpts.clone(),
            roots,
            agent: self.ask.request.agent_id.clone(),
            ..Material::default()
        }
    }
}

/// The whole lines of a document from the first to the last byte of `bytes`, for the guard.
pub(crate) fn excerpt(text: &ropey::Rope, bytes: std::ops::Range<usize>, file: Option<&str>) -> Excerpt {
    let len = text.len_bytes();
    let (start, end) = (bytes.start.min(len), bytes.end.min(len));
    let (first, last) = (text.byte_to_line(start), text.byte_to_line(end));
    let ends = text.try_line_to_byte(last + 1).unwrap_or(len);
    // If the range ends at the start of a line, that line is not included.
    let ends = if end > start && text.line_to_byte(last) == end { end } else { ends };
    let text = text.get_byte_slice(text.line_to_byte(first)..ends).map(String::from).unwrap_or_default();
    Excerpt { file: file.map(Into::into), first_line: first + 1, text }
}
