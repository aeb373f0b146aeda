//! The shell as the owner of the text: it asks on the terminal, and writes the file.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Shell;
use crate::agents_api::AgentsApi;
use crate::config::SecretGuard;
use crate::display::for_terminal;
use crate::documents::{ContentChange, DocumentStore, Snapshot};
use crate::edit::{self, TextChange};
use crate::guard::{self, Consents};
use crate::i18n::{Language, Message, message};
use crate::job::{Abilities, Applied, Host, Job, JobError, Order};
use crate::server::{ForeignAgent, hold_back};

/// Where an edit goes.
pub(in crate::cli) trait Target: Send + Sync {
    /// Writes the whole new text.
    ///
    /// # Errors
    /// Why it did not.
    fn write(&self, text: &str) -> Result<(), Message>;
}

/// What a job asks of the shell.
pub(in crate::cli) struct ShellHost<'a> {
    shell: &'a Shell,
    /// The folder that ignore rules are read from.
    workspace: PathBuf,
    documents: &'a DocumentStore,
    /// The file to write; `None` leaves every edit a proposal.
    target: Option<&'a dyn Target>,
    consents: Mutex<Consents>,
    /// Why the file was not written.
    refusal: Mutex<Option<Message>>,
    /// It was asked to make an edit, so the edit was found safe.
    asked: AtomicBool,
}

impl<'a> ShellHost<'a> {
    pub(in crate::cli) fn new(
        shell: &'a Shell,
        workspace: PathBuf,
        documents: &'a DocumentStore,
        target: Option<&'a dyn Target>,
    ) -> Self {
        Self {
            shell,
            workspace,
            documents,
            target,
            consents: Mutex::default(),
            refusal: Mutex::default(),
            asked: AtomicBool::new(false),
        }
    }

    /// Whether an edit was found safe.
    pub(in crate::cli) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// The language of what is said.
    pub(in crate::cli) fn language(&self) -> Language {
        self.shell.language
    }

    /// Why the file could not be written, where that was tried.
    pub(in crate::cli) fn refusal(&self) -> Option<Message> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether `text`, made from the file at `path`, may be sent.
    ///
    /// # Errors
    /// Why it may not, and how it could be.
    pub(in crate::cli) async fn consent_to(&self, path: Option<&Path>, text: &str) -> Result<(), JobError> {
        let mode = self.shell.settings.secrets.guard;
        if mode == SecretGuard::Off {
            return Ok(());
        }
        let (path, text) = (path.map(Path::to_owned), text.to_owned());
        let roots = [self.workspace.clone()];
        let assessed = tokio::task::spawn_blocking(move || guard::assess(path.as_deref(), &text, &roots)).await;
        let suspicion = assessed.map_err(|_| JobError::Refused(message!("guard-failed")))?;
        let Some(suspicion) = suspicion else { return Ok(()) };
        if mode == SecretGuard::Refuse {
            return Err(JobError::Refused(message!("guard-refused", reasons = suspicion.all_reasons())));
        }
        if self.consents.lock().unwrap_or_else(PoisonError::into_inner).cover(&suspicion) {
            return Ok(());
        }
        let question = message!("shell-question", question = suspicion.question()).text(self.shell.language);
        // A terminal that is not looked at is no place to ask.
        let asked = tokio::task::spawn_blocking(move || io::stderr().is_terminal().then(|| ask(&question)).flatten());
        match asked.await.ok().flatten() {
            Some(true) => {
                self.consents.lock().unwrap_or_else(PoisonError::into_inner).remember(&suspicion);
                Ok(())
            }
            Some(false) => Err(JobError::Refused(message!("guard-decided", reasons = suspicion.all_reasons()))),
            None => Err(JobError::Refused(message!("guard-nobody-to-ask", reasons = suspicion.all_reasons()))),
        }
    }
}

/// Puts a question on the terminal; stdin may be taken for other things. `None` where there is no terminal.
fn ask(question: &str) -> Option<bool> {
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
    async fn api(&self) -> Result<Arc<AgentsApi>, JobError> {
        self.shell.service.api().await
    }

    async fn consent(&self, job: &Job, order: &Order, _: &(dyn Fn() + Sync)) -> Result<(), JobError> {
        let Shell { environment, settings, service, .. } = self.shell;
        // What the sandbox is sent stays in this process.
        if !service.is_sandbox()
            && let Some(foreign) = ForeignAgent::of(job, order, settings, service.default_agent())
            && !foreign.is_on_file(environment)
        {
            return Err(JobError::Refused(message!("trust-name-it", agent = foreign.agent)));
        }
        if settings.secrets.guard != SecretGuard::Off {
            hold_back(job, order, vec![self.workspace.clone()]).await?;
        }
        self.consent_to(order.snapshot.uri.to_file_path().as_deref(), &order.request.prompt).await
    }

    fn abilities(&self) -> Abilities {
        Abilities { creates_files: true, ..Abilities::default() }
    }

    async fn apply(&self, _: &Job, snapshot: &Snapshot, changes: &[TextChange]) -> Applied {
        self.asked.store(true, Ordering::Relaxed);
        let Some(target) = self.target else { return Applied::Unsupported };
        let text = edit::apply(&snapshot.text.to_string(), changes);
        if let Err(reason) = target.write(&text) {
            *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
            return Applied::Refused(Some(reason.text(self.shell.language)));
        }
        // The file is the text: what stands there now is what the document became.
        let change = ContentChange { range: None, text };
        match self.documents.change(&snapshot.client_uri, snapshot.version + 1, &[change]) {
            Ok(()) => Applied::Claimed,
            Err(error) => Applied::Refused(Some(error.to_string())),
        }
    }
}
