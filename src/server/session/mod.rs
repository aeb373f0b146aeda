//! The state of a session, from `initialize` to `exit`.

mod client_log;
mod feedback;
mod job_history;
mod next_question;
mod prompt_file_cache;
mod records;
mod remark_store;
mod renames;
mod work_trees;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub(crate) use self::client_log::ClientLog;
pub(crate) use self::feedback::{Feedback, Handled, MessageKind};
use self::job_history::JobHistory;
use self::next_question::NextQuestionParts;
use self::prompt_file_cache::PromptFileCache;
pub(crate) use self::prompt_file_cache::Refresh;
use self::records::Answers;
pub(crate) use self::records::{AnswerView, Record, SentOrder};
use self::remark_store::RemarkStore;
pub(crate) use self::remark_store::{LocatedRemark, StoredRemark};
use self::renames::{Renames, remember};
use self::work_trees::WorkTrees;
use crate::actions::Catalogue;
use crate::config::{Environment, Settings, UserFile, Warning};
use crate::display;
use crate::documents::{Anchor, DocumentStore, DocumentUri, Snapshot};
use crate::i18n::{Language, Message, message};
use crate::job::{self, Agreed, Audit, Jobs, USER_RULES, Workspace, WorkspaceAgent};
use crate::sandbox::SandboxOptions;
use crate::server::transport::Outbox;
use crate::server::wire::{ClientProfile, ErrorAudience, LINE_CHARS, RunParams, Token};
use crate::service::Service;
use crate::tasks::{self, Panicked, lock};

/// The options of a session, beside its streams.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The source of credentials, endpoints and directories.
    pub environment: Environment,
    /// Answer from this sandbox in the process instead of from the account.
    pub sandbox: Option<SandboxOptions>,
    /// The session ends if this process ends.
    pub client_process_id: Option<u32>,
    /// The log events that the client keeps.
    pub log: ClientLog,
    /// Messages for the user at the start.
    pub warnings: Vec<Message>,
    /// Cancelled if the process is asked to end. The session then ends as at the end of its input.
    pub stop: CancellationToken,
}

impl ServeOptions {
    /// A session for the account of this environment.
    pub fn for_environment(environment: Environment) -> Self {
        let (log, stop) = (ClientLog::default(), CancellationToken::new());
        Self { environment, sandbox: None, client_process_id: None, log, warnings: Vec::new(), stop }
    }
}

/// The state that all handlers share. Each lock in it is a simple lock, and is held for a short time.
pub(crate) struct Session {
    pub(crate) profile: ClientProfile,
    pub(crate) outbox: Outbox,
    pub(crate) documents: DocumentStore,
    pub(crate) jobs: Jobs,
    pub(crate) service: Service,
    pub(crate) environment: Environment,
    pub(crate) log: ClientLog,
    pub(crate) prompt_files: PromptFileCache,
    /// What the user agreed to.
    pub(crate) agreed: Agreed,
    /// The agents of the account that settings of the editor chose. The user has read a message about them.
    pub(crate) named_agents: Mutex<Vec<WorkspaceAgent>>,
    user_file: UserFile,
    /// Writes a line for each job.
    pub(crate) audit: Option<Audit>,
    settings: Mutex<Arc<Settings>>,
    folders: Mutex<Vec<PathBuf>>,
    /// The jobs of this session, with their answers.
    pub(crate) history: JobHistory,
    /// What all answers share.
    pub(crate) answers: Answers,
    /// The documents that were renamed.
    pub(crate) renames: Renames,
    /// The selections of conversations, by the conversation's id. They follow the edits. After a restart the server
    /// finds them by their text.
    selections: Mutex<VecDeque<(String, Arc<Anchor>)>>,
    /// What the documents of previews are about, by their file names. No job runs for a preview.
    previews: Mutex<VecDeque<(String, RunParams)>>,
    /// What the user added to the next question.
    pub(crate) added: NextQuestionParts,
    /// The remarks of the documents.
    pub(crate) remarks: RemarkStore,
    /// The folders for which git knows the changes.
    pub(crate) work_trees: WorkTrees,
    /// Whether the server told the client about lenses.
    pub(crate) has_lenses: AtomicBool,
    /// The jobs whose progress the client can cancel.
    pub(crate) progress: Mutex<HashMap<Token, CancellationToken>>,
    last_problems: Mutex<Vec<Message>>,
    /// The problems at the start. They are reported once.
    startup_problems: Vec<(MessageKind, Message)>,
}

impl Session {
    pub(crate) fn new(
        profile: ClientProfile,
        outbox: Outbox,
        service: Service,
        user_file: Result<UserFile, Message>,
        options: &ServeOptions,
    ) -> Self {
        let mut startup_problems: Vec<_> =
            options.warnings.iter().map(|warning| (MessageKind::Warning, warning.clone())).collect();
        let user_file = user_file.unwrap_or_else(|error| {
            startup_problems.push((MessageKind::Error, error));
            UserFile::default()
        });
        let settings = Settings::default();
        let session = Self {
            documents: DocumentStore::new(profile.encoding),
            jobs: Jobs::new(settings.limits.concurrent_jobs),
            settings: Mutex::new(Arc::new(settings)),
            folders: Mutex::default(),
            prompt_files: PromptFileCache::default(),
            agreed: Agreed::new(&options.environment),
            named_agents: Mutex::default(),
            answers: Answers::default(),
            history: JobHistory::default(),
            renames: Renames::default(),
            selections: Mutex::default(),
            previews: Mutex::default(),
            added: NextQuestionParts::default(),
            remarks: RemarkStore::default(),
            work_trees: WorkTrees::default(),
            has_lenses: AtomicBool::new(false),
            progress: Mutex::default(),
            last_problems: Mutex::default(),
            startup_problems,
            profile,
            outbox,
            service,
            environment: options.environment.clone(),
            log: options.log.clone(),
            audit: user_file.audit(&options.environment).map(Audit::new),
            user_file,
        };
        session.change_folders(&session.profile.workspace_folders, &[]);
        session
    }

    /// Waits a short time until the audit file contains all events. If it cannot, returns the reason once.
    pub(crate) async fn flush_audit(&self) -> Option<Message> {
        self.audit.as_ref()?.settled().await
    }

    /// The present settings.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&lock(&self.settings))
    }

    /// The settings of the user file alone, with the agent that it names. A workspace cannot change them.
    pub(crate) fn own_settings(&self) -> Settings {
        let own = Settings::from_layers(&self.user_file.settings, &[]);
        let mut own = own.map(|(settings, _)| settings).unwrap_or_default();
        own.agent = own.agent.or_else(|| self.user_file.connection.agent.clone());
        own
    }

    /// The actions that the user can run now.
    pub(crate) fn catalogue(&self) -> Catalogue {
        Catalogue::new(self.settings()).with_files(self.prompt_files.files())
    }

    /// Takes over the client's settings. After an error the last valid settings stay. Returns the problems.
    pub(crate) fn take_settings(&self, from_client: &[Value]) -> Vec<(MessageKind, Message)> {
        let warning = |warning: &Warning| (MessageKind::Warning, warning.message.clone());
        let mut problems = self.startup_problems.clone();
        problems.extend(self.service.warnings().iter().map(warning));
        match Settings::from_layers(&self.user_file.settings, from_client) {
            Ok((settings, warnings)) => {
                self.jobs.resize(settings.limits.concurrent_jobs);
                *lock(&self.settings) = Arc::new(settings);
                problems.extend(warnings.iter().map(warning));
            }
            Err(error) => problems.push((MessageKind::Error, error)),
        }
        problems
    }

    /// The problems of the settings, without those of the previous settings.
    pub(crate) fn take_new_settings_problems(&self, messages: Vec<(MessageKind, Message)>) -> Feedback {
        let texts = messages.iter().map(|(_, text)| text.clone()).collect();
        let last_problems = std::mem::replace(&mut *lock(&self.last_problems), texts);
        messages.into_iter().filter(|(_, message)| !last_problems.contains(message)).collect()
    }

    /// The agent of a job that names no agent.
    pub(crate) fn default_agent(&self) -> Option<String> {
        self.settings().resolve_agent(None, self.service.default_agent()).map(|agent| agent.name.unwrap_or(agent.id))
    }

    /// The reader of the errors of requests.
    pub(crate) fn error_audience(&self) -> ErrorAudience {
        ErrorAudience { language: self.language(), has_one_line: self.profile.one_line_errors }
    }

    /// The language of titles, messages and answers.
    pub(crate) fn language(&self) -> Language {
        self.settings().language.resolve(self.profile.locale.as_deref(), &self.environment)
    }

    /// A title in the user's language, with a mark if the sandbox answers.
    pub(crate) fn title(&self, title: &Message) -> String {
        let title = display::plain_line(&title.text(self.language()));
        if self.service.is_sandbox() { format!("{title} [sandbox]") } else { title }
    }

    /// A title for a place that names this program already.
    pub(crate) fn short_title(&self, title: &Message) -> String {
        display::plain_line(&title.brief(self.language(), usize::MAX))
    }

    /// The folders of the workspace.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        lock(&self.folders).clone()
    }

    /// The folders of the workspace changed. The URIs are as the client spells them.
    pub(crate) fn change_folders(&self, added: &[String], removed: &[String]) {
        let path = |uri: &String| DocumentUri::parse(uri).to_file_path();
        let mut folders = lock(&self.folders);
        let removed: Vec<_> = removed.iter().filter_map(path).collect();
        folders.retain(|folder| !removed.contains(folder));
        folders.extend(added.iter().filter_map(path));
    }

    /// The surroundings of a document that a prompt may use.
    pub(crate) fn workspace(&self, with_open_documents: bool) -> Workspace {
        Workspace {
            folders: self.folders(),
            user_rules: self.environment.config_dir().map(|folder| folder.join(USER_RULES)),
            open_documents: if with_open_documents { self.open_documents() } else { Vec::new() },
        }
    }

    /// The open documents, without those of this program itself. This costs time for each document.
    fn open_documents(&self) -> Vec<Snapshot> {
        let own = self.environment.state_dir();
        let is_own =
            |uri: &DocumentUri| own.as_ref().zip(uri.to_file_path()).is_some_and(|(own, it)| it.starts_with(own));
        let open = self.documents.open_documents().into_iter().filter(|uri| !is_own(uri));
        open.filter_map(|uri| self.documents.snapshot(uri.as_str()).ok()).collect()
    }

    /// A document's path for an agent or a title. Returns `None` if the document is not a file.
    pub(crate) fn shown_path(&self, uri: &DocumentUri) -> Option<String> {
        let path = uri.to_file_path()?;
        Some(job::shown_in(&path, &lock(&self.folders)))
    }

    /// Whether the client shows the messages of a progress.
    pub(crate) fn shows_progress_text(&self) -> bool {
        self.profile.work_done_progress && !self.profile.hides_progress_text
    }

    /// The document of a preview is about a run with these parameters.
    pub(crate) fn remember_preview(&self, file_name: String, params: RunParams) {
        remember(&mut lock(&self.previews), (file_name, params));
    }

    /// The parameters of a preview, unless it is too old.
    pub(crate) fn previewed(&self, file_name: &str) -> Option<RunParams> {
        lock(&self.previews).iter().find(|(name, _)| name == file_name).map(|(_, params)| params.clone())
    }

    /// A conversation is about this selection.
    pub(crate) fn follow_selection(&self, conversation: &str, selection: Anchor) {
        remember(&mut lock(&self.selections), (conversation.to_owned(), Arc::new(selection)));
    }

    /// The selection of a conversation, unless it is too old.
    pub(crate) fn selection(&self, conversation: &str) -> Option<Arc<Anchor>> {
        lock(&self.selections).iter().find(|(id, _)| id == conversation).map(|(_, selection)| Arc::clone(selection))
    }

    /// A message as the user sees it: it names this server, and says if the sandbox answers.
    pub(crate) fn with_prefix(&self, message: &Message) -> String {
        let mark = if self.service.is_sandbox() { "StackSpot AI [sandbox]" } else { "StackSpot AI" };
        format!("{mark}: {}", display::plain(&message.text(self.language())))
    }

    /// Shows what a handler or a job found. This is the only place that sends messages to the user.
    pub(crate) fn publish(&self, feedback: Feedback) {
        for (kind, message, is_whole) in &feedback.messages {
            self.show_message(*kind, message, *is_whole);
        }
    }

    /// Continues a handler's work in a task of its own, and shows what it found, if anything. If the work panics, the
    /// user gets one message.
    pub(crate) fn spawn<F>(self: &Arc<Self>, what: &'static str, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output: Into<Feedback>> + Send + 'static,
    {
        self.spawn_or(what, |_| {}, work);
    }

    /// The same. If the work panics, `restore` gives back what the task held.
    pub(crate) fn spawn_or<F>(
        self: &Arc<Self>,
        what: &'static str,
        restore: impl FnOnce(&Self) + Send + 'static,
        work: impl FnOnce(Arc<Self>) -> F,
    ) where
        F: Future<Output: Into<Feedback>> + Send + 'static,
    {
        let (session, work) = (Arc::clone(self), tasks::caught(what, work(Arc::clone(self))));
        let end = move |ended: Result<F::Output, Panicked>| {
            session.publish(ended.map_or_else(
                |Panicked| {
                    restore(&session);
                    Feedback::error(message!("task-bug"))
                },
                Into::into,
            ));
        };
        tasks::spawn(what, work.map(end));
    }

    /// Shows a message. If the client has only one line, it shows a short form, and the log has the whole message.
    fn show_message(&self, kind: MessageKind, message: &Message, is_whole: bool) {
        let whole = self.with_prefix(message);
        if is_whole || !self.profile.one_line_messages {
            return self.send_message(kind, &whole);
        }
        let mark = if self.service.is_sandbox() { "[sandbox] " } else { "StackSpot AI: " };
        let room = LINE_CHARS - mark.len();
        let brief = display::plain(&message.brief(self.language(), room));
        if !whole.ends_with(&brief) {
            self.log_message(kind, &whole);
        }
        self.send_message(kind, &format!("{mark}{brief}"));
    }

    /// Writes a line into the client's log.
    pub(crate) fn log_message(&self, kind: MessageKind, text: &str) {
        self.outbox.notify("window/logMessage", json!({ "type": kind as u8, "message": text }));
    }

    fn send_message(&self, kind: MessageKind, text: &str) {
        self.outbox.notify("window/showMessage", json!({ "type": kind as u8, "message": text }));
    }
}
