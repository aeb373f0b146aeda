//! The shell as the owner of the text: it asks in the terminal, and writes the file.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::Shell;
use crate::agents_api::AgentsApi;
use crate::cli::run::TextFile;
use crate::config::SecretGuard;
use crate::display::for_terminal;
use crate::documents::{ContentChange, DocumentStore, DocumentUri, Snapshot};
use crate::edit::{self, TextChange};
use crate::guard::OutgoingText;
use crate::i18n::{Message, message};
use crate::job::{
    Agreed, ApplyEditReply, Audit, ConsentHost, ConsentSubject, Host, HostCapabilities, Job, JobError, Jobs, NamedBy,
    Order, WorkspaceAgent, check_order, check_text, shown_in,
};
use crate::tasks::lock;

/// The answers of the shell to a job.
pub(in crate::cli) struct ShellHost<'a> {
    shell: &'a Shell,
    jobs: Jobs,
    /// The folder whose ignore rules are read.
    workspace: PathBuf,
    documents: &'a DocumentStore,
    /// The file to write. With `None`, every edit is a proposal.
    target: Option<&'a TextFile>,
    agreed: Agreed,
    /// The user agreed to the uploads of prompt files of the workspace.
    may_upload: bool,
    /// Why the file was not written.
    refusal: Mutex<Option<Message>>,
    /// The job asked the shell to make an edit. Therefore the edit was found safe.
    edit_requested: AtomicBool,
}

impl<'a> ShellHost<'a> {
    pub(in crate::cli) fn new(
        shell: &'a Shell,
        workspace: PathBuf,
        documents: &'a DocumentStore,
        target: Option<&'a TextFile>,
        may_upload: bool,
    ) -> Self {
        Self {
            shell,
            jobs: Jobs::new(1),
            workspace,
            documents,
            target,
            agreed: Agreed::new(&shell.environment),
            may_upload,
            refusal: Mutex::default(),
            edit_requested: AtomicBool::new(false),
        }
    }

    /// Whether the job asked the shell to make an edit. It does so only for a safe edit.
    pub(in crate::cli) fn received_edit(&self) -> bool {
        self.edit_requested.load(Ordering::Relaxed)
    }

    /// Why the file could not be written, if that was tried.
    pub(in crate::cli) fn refusal(&self) -> Option<Message> {
        lock(&self.refusal).clone()
    }

    /// The folder whose ignore rules are read.
    pub(in crate::cli) fn roots(&self) -> Vec<PathBuf> {
        vec![self.workspace.clone()]
    }

    /// Whether `text`, which is not in a file, may be sent to `agent`. The error says why not, and how to allow it.
    pub(in crate::cli) async fn consent_to(&self, agent: &str, text: &str) -> Result<(), JobError> {
        let (prompt, agent) = (text.to_owned(), agent.to_owned());
        check_text(self, OutgoingText { prompt, agent, roots: self.roots(), ..OutgoingText::default() }).await
    }
}

impl ConsentHost for ShellHost<'_> {
    fn mode(&self) -> SecretGuard {
        self.shell.settings.secrets.guard
    }

    fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    fn may_upload_anyway(&self) -> bool {
        self.may_upload || self.shell.service.is_sandbox()
    }

    fn foreign_agent(&self, job: &Job, order: &Order) -> Option<(WorkspaceAgent, NamedBy)> {
        let Shell { settings, service, .. } = self.shell;
        // Orders for the sandbox stay in this process.
        let foreign = || WorkspaceAgent::of(job, order, settings, settings, service.default_agent());
        if service.is_sandbox() { None } else { foreign() }
    }

    async fn ask(&self, subject: ConsentSubject<'_>, question: Message) -> Result<(), Message> {
        let reasons = match &subject {
            ConsentSubject::Secrets(reasons) | ConsentSubject::Uploads(reasons) => reasons.clone(),
            // The flag names the agent. A question would be one too many.
            ConsentSubject::Agent(foreign, ..) => return Err(message!("trust-name-it", agent = foreign.agent.clone())),
        };
        let question = message!("shell-question", question = question).text(self.shell.language);
        // A terminal without a user is not a place to ask.
        let asked = tokio::task::spawn_blocking(move || {
            io::stderr().is_terminal().then(|| ask_on_terminal(&question)).flatten()
        });
        match (asked.await.ok().flatten(), subject) {
            (Some(true), _) => Ok(()),
            (Some(false), _) => Err(message!("guard-decided", reasons = reasons)),
            (None, ConsentSubject::Uploads(_)) => Err(message!("uploads-nobody-to-ask", files = reasons)),
            (None, _) => Err(message!("guard-nobody-to-ask", reasons = reasons)),
        }
    }
}

/// Asks a question in the terminal, because stdin may have another use. Returns `None` if there is no terminal.
fn ask_on_terminal(question: &str) -> Option<bool> {
    let name = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
    let terminal = std::fs::OpenOptions::new().read(true).open(name).ok()?;
    let mut stderr = io::stderr();
    write!(stderr, "{} ", for_terminal(question)).ok()?;
    stderr.flush().ok()?;
    let mut answer = String::new();
    io::BufReader::new(terminal).read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "s" | "sim"))
}

impl Host for ShellHost<'_> {
    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    async fn api(&self) -> Result<Arc<AgentsApi>, JobError> {
        self.shell.service.api().await
    }

    fn audit(&self) -> Option<&Audit> {
        self.shell.audit.as_ref()
    }

    async fn consent(&self, job: &Job, order: &Order, _: &(dyn Fn() + Sync)) -> Result<(), JobError> {
        let path = order.document().and_then(DocumentUri::to_file_path);
        let shown = path.map(|path| shown_in(&path, &[&self.workspace]));
        check_order(self, job, order, shown).await
    }

    fn capabilities(&self) -> HostCapabilities {
        HostCapabilities { creates_files: true, ..HostCapabilities::default() }
    }

    async fn apply(&self, _: &Job, snapshot: &Snapshot, changes: &[TextChange]) -> ApplyEditReply {
        self.edit_requested.store(true, Ordering::Relaxed);
        let Some(target) = self.target else { return ApplyEditReply::Unsupported };
        let text = edit::apply(&snapshot.text.to_string(), changes);
        if let Err(reason) = target.write(&text) {
            *lock(&self.refusal) = Some(reason.clone());
            return ApplyEditReply::Refused(Some(reason.text(self.shell.language)));
        }
        // The file is the text: its present content is the new document.
        let change = ContentChange { range: None, text };
        match self.documents.change(&snapshot.client_uri, snapshot.version + 1, &[change]) {
            Ok(()) => ApplyEditReply::Claimed,
            Err(error) => ApplyEditReply::Refused(Some(error.to_string())),
        }
    }
}
