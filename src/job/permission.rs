//! The only exit: every prompt and upload is checked here, for the server and the shell. The check covers the agent, the
//! sources of the prompt and every name of a file.

use std::path::PathBuf;
use std::sync::Mutex;

use super::confirmed::Confirmed;
use super::uploads::{self, UploadList};
use super::workspace_agent::{self, NamedBy, WorkspaceAgent};
use super::{Ask, Job, JobError, Order};
use crate::actions::Action;
use crate::actions::prompt_files::PromptFileOwner;
use crate::config::{Environment, SecretGuard};
use crate::documents::DocumentUri;
use crate::guard::{self, Consents, Excerpt, Findings, OutgoingText};
use crate::i18n::{Message, message};
use crate::tasks::lock;

/// The interface to the user's decisions: who is asked, and what was accepted before.
pub(crate) trait ConsentHost: Sync {
    /// The setting `secrets.guard`.
    fn mode(&self) -> SecretGuard;

    /// What the user agreed to before.
    fn agreed(&self) -> &Agreed;

    /// Whether uploads of prompt files need no question: the user said so, or they stay in this process.
    fn may_upload_anyway(&self) -> bool;

    /// The agent of an order, if the user's own settings do not know it, and who named it.
    fn foreign_agent(&self, job: &Job, order: &Order) -> Option<(WorkspaceAgent, NamedBy)>;

    /// Whether the account knows the agent that settings chose. The user is then told and not asked.
    fn is_of_the_account(&self, _: &WorkspaceAgent, _: &Order) -> impl Future<Output = bool> + Send {
        std::future::ready(false)
    }

    /// Asks the question. Any answer except a clear yes is a refusal: the message says why nothing was sent.
    fn ask(&self, subject: ConsentSubject<'_>, question: Message) -> impl Future<Output = Result<(), Message>> + Send;
}

/// What the user agreed to.
pub(crate) struct Agreed {
    /// What may be sent in this session, although the guard finds something in it.
    secrets: Mutex<Consents>,
    /// The uploads of prompt files.
    pub(super) uploads: Confirmed<UploadList>,
    /// The agents of workspaces.
    pub(super) agents: Confirmed<WorkspaceAgent>,
}

impl Agreed {
    pub(crate) fn new(environment: &Environment) -> Self {
        let uploads = Confirmed::in_file(environment, "confirmed-uploads.json");
        Self { secrets: Mutex::default(), uploads, agents: Confirmed::in_file(environment, "confirmed-agents.json") }
    }
}

/// The subject of the question, with what the refusal says about it.
#[derive(Debug, Clone)]
pub(crate) enum ConsentSubject<'a> {
    /// The reasons of the guard.
    Secrets(Message),
    /// The list of the files.
    Uploads(Message),
    Agent(&'a WorkspaceAgent, &'a NamedBy, &'a Action),
}

/// Whether an order may be sent with all its parts. An answer is valid for the session: the user is not asked twice for
/// the same file, reasons and agent. The error says why it may not be sent, and what to do.
pub(crate) async fn check_order(
    host: &impl ConsentHost,
    job: &Job,
    order: &Order,
    document: Option<String>,
) -> Result<(), JobError> {
    workspace_agent::confirm(host, job, order).await?;
    let OrderFindings { uploads, texts } = match host.mode() {
        SecretGuard::Off => OrderFindings::default(),
        SecretGuard::Ask | SecretGuard::Refuse => OrderFindings::of(job, order, document).await?,
    };
    // A prompt file names its uploads, and its author may be an attacker. Therefore the user is not asked: a file that
    // the guard rejects is not uploaded.
    if let Some((name, findings)) = uploads.iter().find(|(_, findings)| !uploads::is_unreadable_alone(findings)) {
        let reasons = findings.all_reasons();
        return Err(JobError::Refused(message!("upload-held-back", name = name.clone(), reasons = reasons)));
    }
    let is_of_workspace =
        job.action.file.as_ref().is_some_and(|file| matches!(file.owner, PromptFileOwner::Workspace(_)));
    let asks_with_the_list = is_of_workspace && host.mode() == SecretGuard::Ask && !host.may_upload_anyway();
    uploads::confirm(host, job, order, uploads.iter().map(|(name, _)| name.clone()).collect()).await?;
    let unreadable = uploads.into_iter().map(|(_, findings)| findings).filter(|_| !asks_with_the_list);
    for findings in unreadable.chain(texts) {
        decide(host, findings).await?;
    }
    Ok(())
}

/// Whether a text outside an order, or a file that the user named, may be sent. The errors are those of
/// [`check_order`].
pub(crate) async fn check_text(host: &impl ConsentHost, outgoing: OutgoingText) -> Result<(), JobError> {
    if host.mode() == SecretGuard::Off {
        return Ok(());
    }
    match examine_outgoing(outgoing, |_| None).await? {
        Some(findings) => decide(host, findings).await,
        None => Ok(()),
    }
}

/// What the guard finds in an order.
#[derive(Default)]
pub(crate) struct OrderFindings {
    /// The findings of the files that a prompt file uploads, by the names of the files.
    uploads: Vec<(String, Findings)>,
    /// The findings of the further files and of the prompts.
    texts: Vec<Findings>,
}

impl OrderFindings {
    /// Examines all that the order would send. It fails if a file to upload cannot be read.
    pub(crate) async fn of(job: &Job, order: &Order, document: Option<String>) -> Result<Self, JobError> {
        let uploads = if job.action.file.is_some() { in_uploads(order).await? } else { Vec::new() };
        let mut texts = Vec::new();
        for outgoing in order.named_files() {
            texts.extend(examine_outgoing(outgoing, |_| None).await?);
        }
        let parts = order.ask.prompt_parts.clone();
        let place = move |line| parts.file_and_line(line, document.as_deref());
        texts.extend(examine_outgoing(order.outgoing_text(), place).await?);
        Ok(Self { uploads, texts })
    }

    /// All reasons in one list. Returns `None` if there is nothing to find.
    pub(crate) fn reasons(&self) -> Option<Message> {
        let all: Vec<_> =
            self.uploads.iter().map(|(_, findings)| findings).chain(&self.texts).map(Findings::all_reasons).collect();
        (!all.is_empty()).then(|| Message::joined(all, "; "))
    }
}

/// Examines what would be sent. Only a bug makes this fail.
async fn examine_outgoing(
    outgoing: OutgoingText,
    place: impl Fn(usize) -> Option<(std::sync::Arc<str>, usize)> + Send + 'static,
) -> Result<Option<Findings>, JobError> {
    // The guard reads links and ignore rules from the disk, and texts may be long.
    let examined = tokio::task::spawn_blocking(move || guard::examine(&outgoing, place)).await;
    examined.map_err(|_| JobError::Refused(message!("guard-failed")))
}

async fn decide(host: &impl ConsentHost, findings: Findings) -> Result<(), JobError> {
    if host.mode() == SecretGuard::Refuse {
        return Err(JobError::Refused(message!("guard-refused", reasons = findings.all_reasons())));
    }
    let consents = || lock(&host.agreed().secrets);
    if !consents().covers(&findings) {
        let asked = host.ask(ConsentSubject::Secrets(findings.all_reasons()), findings.question()).await;
        asked.map_err(JobError::Declined)?;
        consents().remember(&findings);
    }
    Ok(())
}

async fn in_uploads(order: &Order) -> Result<Vec<(String, Findings)>, JobError> {
    let Ask { uploads, folders, request, .. } = &order.ask;
    let (files, folders, agent) = (uploads.clone(), folders.clone(), request.agent_id.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        for file in files {
            let name = file.shown.clone();
            match uploads::judged(&file, &folders, &agent) {
                Ok(findings) => found.extend(findings.map(|findings| (name, findings))),
                Err(error) => return Err(message!("upload-vanished", name = name, cause = error.to_string())),
            }
        }
        Ok(found)
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
    fn named_files(&self) -> Vec<OutgoingText> {
        let Ask { folders, request, .. } = &self.ask;
        let outgoing = |path: &PathBuf| OutgoingText {
            path: Some(path.clone()),
            roots: folders.clone(),
            agent: request.agent_id.clone(),
            ..OutgoingText::default()
        };
        self.ask.named.iter().map(outgoing).collect()
    }

    /// The material that the guard examines.
    fn outgoing_text(&self) -> OutgoingText {
        OutgoingText {
            path: self.document().and_then(DocumentUri::path_of_any_scheme),
            prompt: self.prompts().collect::<Vec<_>>().join("\n"),
            excerpts: self.ask.excerpts.clone(),
            roots: self.ask.folders.clone(),
            agent: self.ask.request.agent_id.clone(),
            ..OutgoingText::default()
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
