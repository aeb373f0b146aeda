//! From a draft to an order. This reads the text and takes time, so the job does it and not the request handler.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ropey::Rope;

use super::added_parts::{Added, ReadPart, read_added};
use super::changed_lines::changed_since;
use super::permission::excerpt;
use super::review_pieces::{about_parts, changed_parts, piece};
use super::uploads::check_upload_limits;
use super::{Ask, Destination, Job, JobError, Order, RemarkOrder, RemarkPiece, Target, Workspace};
use crate::actions::context::{Diagnostic, Prompt, surroundings, window};
use crate::actions::prompt_files::{self, FileToUpload, PromptFile};
use crate::actions::template::Variable;
use crate::actions::{self, Action, ActionResult, Cursor, DOCUMENT, MenuRule, PromptContext};
use crate::agents_api::{ChatRequest, Knowledge, Limits, Retry, Timeouts};
use crate::config::{AgentChoice, ContextSettings, KnowledgeSettings, Settings};
use crate::documents::{DocumentStore, Snapshot};
use crate::guard::Excerpt;
use crate::i18n::{Message, message};
use crate::syntax::{self, CommentInstruction, Syntax};

/// The request, as it was at the moment of asking.
#[derive(Debug)]
pub(crate) struct Draft {
    pub snapshot: Snapshot,
    /// The range that the client sent, in bytes of the snapshot.
    pub selection: Range<usize>,
    pub cursor: Cursor,
    pub agent: AgentChoice,
    /// The instruction that the user typed.
    pub instruction: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub added: Vec<Added>,
    /// Ask only about changes since this revision.
    pub changed_since: Option<String>,
    pub conversation_id: Option<String>,
    /// The document's path as the agent sees it.
    pub path: Option<String>,
    pub workspace: Workspace,
    /// Language of the answer, as a BCP 47 tag.
    pub answer_language: &'static str,
    /// Propose the edit even if it is safe.
    pub review: bool,
    pub settings: Arc<Settings>,
}

struct Scope {
    bytes: Range<usize>,
    /// The comment inside it that holds the instruction. The edit removes it.
    comment: Option<Range<usize>>,
}

/// The result of the job's own thread for a draft.
struct DraftParts {
    bytes: Range<usize>,
    prompt: Prompt,
    /// The further questions after the prompt, if the prompt is about the first of several pieces.
    pieces: Vec<RemarkPiece>,
    /// The lines that remarks must touch, counted from zero, if only some lines matter.
    only: Option<Vec<Range<usize>>>,
    destination: Option<Result<Destination, Message>>,
    uploads: Vec<FileToUpload>,
    excerpts: Vec<Excerpt>,
}

/// The built-in syntax of a document; `None` if there is no grammar for it.
pub(crate) fn syntax_of(snapshot: &Snapshot) -> Option<Syntax> {
    syntax::language(&snapshot.language_id, snapshot.uri.to_file_path().as_deref())
}

impl Draft {
    /// Finds the range, and builds the question. The range follows the typing. It fails if that text is blank, the
    /// prompt is too large, or the user typed too much meanwhile.
    pub(crate) async fn into_order(self, documents: &DocumentStore, job: &Job) -> Result<Order, JobError> {
        let action = job.action.clone();
        let syntax = syntax_of(&self.snapshot);
        // Parsing a large text and reading files are slow, so they run on their own thread.
        let store = documents.clone();
        let changed = self.changed().await?;
        let added = read_added(&self.added, documents, &self.workspace).await.map_err(JobError::Refused)?;
        let named = added.iter().flat_map(|it| it.files.iter().cloned()).collect();
        let making = tokio::task::spawn_blocking(move || {
            let made = self.make(&action, syntax, changed, &added, &store);
            (self, made)
        });
        let (draft, made) = making.await.map_err(|_| JobError::Refused(message!("draft-failed")))?;
        let DraftParts { bytes, prompt, pieces, only, destination, uploads, excerpts } = made?;
        check_upload_limits(&uploads).await?;
        let Self { snapshot, agent, settings, conversation_id, review, workspace, diagnostics, .. } = draft;
        job.set_lines(actions::lines(&snapshot.text, &bytes));
        // If the document is closed meanwhile, the job continues.
        let anchor = Arc::new(documents.anchor_if_open(&snapshot, bytes.clone())?);
        let Prompt { text: prompt, prompt_parts } = prompt;
        let request = request(agent, &settings, &job.action, prompt, conversation_id);
        let limits = limits(&settings);
        let folders = workspace.folders;
        let remarks = (job.action.result == ActionResult::Remarks).then(|| RemarkOrder {
            pieces,
            most: settings.remarks.max,
            reported: diagnostics,
            only,
        });
        let ask = Ask { request, uploads, remarks, prompt_parts, excerpts, named, folders, limits };
        Ok(Order { ask, target: Some(Target { snapshot, bytes, anchor, syntax, destination, review }) })
    }

    /// The changed lines, if the request is only about those.
    async fn changed(&self) -> Result<Option<Vec<Range<usize>>>, JobError> {
        let Some(revision) = &self.changed_since else { return Ok(None) };
        let Some(path) = self.snapshot.uri.to_file_path() else {
            return Err(JobError::Refused(message!("git-no-file")));
        };
        let changed = changed_since(&path, revision, &self.snapshot.text).await;
        changed.map(Some).map_err(JobError::Refused)
    }

    /// The range that the selection means, in bytes of the snapshot. It fails if the text there is blank.
    pub(crate) async fn resolve_scope(self, job: &Job) -> Result<Range<usize>, JobError> {
        let action = job.action.clone();
        let syntax = syntax_of(&self.snapshot);
        let found = tokio::task::spawn_blocking(move || self.scope(&action, syntax)).await;
        let target = found.map_err(|_| JobError::Refused(message!("draft-failed")))?;
        target.map(|target| target.bytes).ok_or_else(|| JobError::Refused(message!("nothing-there")))
    }

    /// The range and the question about it. It parses the text, so it may be slow.
    fn make(
        &self,
        action: &Action,
        syntax: Option<Syntax>,
        changed: Option<Vec<Range<usize>>>,
        added: &[ReadPart],
        documents: &DocumentStore,
    ) -> Result<DraftParts, JobError> {
        let text = &self.snapshot.text;
        let is_filed = action.result == ActionResult::File;
        let destination = is_filed.then(|| Destination::find(action, &self.snapshot, &self.workspace.folders));
        let known_destination = destination.as_ref().and_then(|destination| destination.as_ref().ok());
        let (place, existing) = known_destination.and_then(|destination| destination.prompt_part(documents)).unzip();
        let with_place =
            place.map(|place| Action { prompt: format!("{} {place}", action.prompt).into(), ..action.clone() });
        let mut beside: Vec<_> = existing.flatten().into_iter().collect();
        let target = self.scope(action, syntax).ok_or_else(|| JobError::Refused(message!("nothing-there")))?;
        let context = &self.settings.context;
        let known = beside.first().map(|document| Arc::clone(&document.name));
        // A template may use a part of a text that is too large as a whole.
        let searched = if action.file.is_some() { usize::MAX } else { context.max_chars };
        let others = self.workspace.other_open_documents(&self.snapshot, searched).into_iter();
        beside.extend(others.filter(|other| Some(&other.name) != known.as_ref()));
        let imports = syntax.map(|syntax| syntax::imports(text, syntax)).unwrap_or_default();
        let vicinity = syntax.map(|syntax| syntax::vicinity(text, syntax, target.bytes.clone())).unwrap_or_default();
        let rules = self.workspace.rules(self.snapshot.uri.to_file_path().as_deref());
        let added: Vec<_> = added.iter().map(|it| it.part.clone()).collect();
        let prompt_context = PromptContext {
            action: with_place.as_ref().unwrap_or(action),
            language_id: &self.snapshot.language_id,
            path: self.path.as_deref(),
            diagnostics: &self.diagnostics,
            instruction: self.instruction.as_deref(),
            answer_language: self.answer_language,
            surrounding_lines: context.surrounding_lines as usize,
            max_chars: context.max_chars,
            max_remarks: self.settings.remarks.max,
            left_out: target.comment.as_ref(),
            imports: &imports,
            vicinity: &vicinity,
            rules: &rules,
            added: &added,
            open_documents: &beside,
        };
        let bytes = target.bytes.clone();
        if action.result == ActionResult::Remarks && action.file.is_none() {
            let parts = match &changed {
                Some(lines) => changed_parts(text, &bytes, lines),
                None => vec![bytes],
            };
            let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
                return Err(JobError::Refused(message!("run-nothing-changed")));
            };
            let bytes = first.start..last.end;
            let (prompt, pieces) = about_parts(text, &parts, prompt_context)?;
            let excerpts = parts.iter().flat_map(|part| self.excerpts(action, part, context)).collect();
            return Ok(DraftParts {
                bytes,
                prompt,
                pieces,
                only: changed,
                destination: None,
                uploads: Vec::new(),
                excerpts,
            });
        }
        let prompt = match &action.file {
            None => actions::build(text, bytes, prompt_context)?,
            Some(file) => prompt_files::prompt(file, text, bytes, prompt_context, || self.branch())?,
        };
        let uploads = action.file.as_ref().map(|file| self.uploads(file)).transpose()?.unwrap_or_default();
        let excerpts = self.excerpts(action, &target.bytes, context);
        let pieces = vec![piece(text, &target.bytes, &prompt)];
        Ok(DraftParts { bytes: target.bytes, prompt, pieces, only: None, destination, uploads, excerpts })
    }

    /// The document text of the prompt: whole lines around the selection, or the whole document if a template uses
    /// `file`. A template can split any value, so the other values that it uses are included.
    fn excerpts(&self, action: &Action, bytes: &Range<usize>, context: &ContextSettings) -> Vec<Excerpt> {
        let text = &self.snapshot.text;
        let template = action.file.as_ref().map(|file| &file.template);
        let reaches = |variable| template.is_some_and(|template| template.mentions(variable));
        let shown = if reaches(Variable::File) {
            0..text.len_bytes()
        } else {
            let is_edit = template.is_none() && action.result != ActionResult::Answer;
            surroundings(text, bytes, window(context.surrounding_lines as usize, is_edit), context.max_chars).0
        };
        let mut excerpts = vec![excerpt(text, shown, self.path.as_deref())];
        let values = [
            (Variable::Instruction, self.instruction.clone()),
            (Variable::Branch, reaches(Variable::Branch).then(|| self.branch()).flatten()),
            (Variable::Path, self.path.clone()),
            (Variable::Diagnostics, Some(self.diagnostics.iter().map(|it| format!("{it}\n")).collect())),
        ];
        for (variable, value) in values {
            let text = value.filter(|_| reaches(variable));
            excerpts.extend(text.map(|text| Excerpt { file: Some(variable.name().into()), first_line: 1, text }));
        }
        excerpts
    }

    /// The files that a prompt file uploads.
    fn uploads(&self, file: &PromptFile) -> Result<Vec<FileToUpload>, JobError> {
        let document = self.snapshot.uri.to_file_path();
        prompt_files::files_to_upload(file, document.as_deref(), &self.workspace.folders).map_err(JobError::Refused)
    }

    /// The branch that is checked out in the document's repository.
    fn branch(&self) -> Option<String> {
        prompt_files::branch(&self.snapshot.uri.to_file_path()?)
    }

    fn scope(&self, action: &Action, syntax: Option<Syntax>) -> Option<Scope> {
        let text = &self.snapshot.text;
        let instruction = self.instruction.as_deref();
        if action.result == ActionResult::Replace
            && instruction.is_some()
            && let Some(bytes) = actions::blank_place(text, &self.selection)
        {
            return Some(Scope { bytes, comment: None });
        }
        let bytes = actions::scope(text, (&self.snapshot.language_id, syntax), self.selection.clone(), self.cursor);
        let bytes = if action.offered == MenuRule::WithDiagnostics && actions::is_point(text, &self.selection) {
            with_problems(text, bytes, &self.diagnostics)?
        } else {
            bytes?
        };
        let bytes = match syntax.filter(|_| action.result == ActionResult::Replace) {
            Some(syntax) => syntax::with_attached(text, syntax, bytes, action.id == DOCUMENT),
            None => bytes,
        };
        let bytes = if action.result == ActionResult::Remarks { actions::whole_lines(text, &bytes) } else { bytes };
        let is_ours = |comment: &CommentInstruction| Some(comment.text.as_str()) == instruction;
        let comment =
            instruction.and_then(|_| syntax::instructions(text, syntax, bytes.clone()).into_iter().find(is_ours));
        let comment = comment.map(|comment| comment.bytes);
        let bytes = match &comment {
            Some(comment) => bytes.start.min(comment.start)..bytes.end.max(comment.end),
            None => bytes,
        };
        Some(Scope { bytes, comment })
    }
}

/// Whether an action uses the other open documents: the settings allow it, or one of the user's own prompt files names
/// them. A prompt file of a workspace is not trusted, so only the settings decide for it.
pub(crate) fn draws_on_open_documents(action: &Action, settings: &Settings) -> bool {
    let is_own = |file: &PromptFile| file.owner == prompt_files::PromptFileOwner::Personal;
    let asks = |file: &PromptFile| is_own(file) && file.template.mentions(Variable::OpenDocuments);
    settings.context.open_documents || action.file.as_deref().is_some_and(asks)
}

/// The range of a fix at a point: the range that the point means, if all problems are on its lines; else the lines of
/// the problems.
fn with_problems(text: &Rope, meant: Option<Range<usize>>, problems: &[Diagnostic]) -> Option<Range<usize>> {
    let places = || problems.iter().filter_map(|problem| problem.bytes.clone());
    let (Some(start), Some(end)) = (places().map(|it| it.start).min(), places().map(|it| it.end).max()) else {
        return meant;
    };
    let len = text.len_bytes();
    let lines_of = |bytes: &Range<usize>| actions::lines(text, &(bytes.start.min(len)..bytes.end.min(len)));
    let wanted = lines_of(&(start..end));
    let holds_them = |meant: &Range<usize>| {
        let lines = lines_of(meant);
        lines.start <= wanted.start && wanted.end <= lines.end
    };
    let whole_lines = || {
        let lines = text.line_to_byte(wanted.start - 1)..actions::line_end(text, wanted.end - 1);
        actions::behind_byte_order_mark(text, lines)
    };
    let bytes = meant.clone().filter(holds_them).unwrap_or_else(whole_lines);
    // Problems of an older text may be past the end of the current text.
    if actions::has_content(text, &bytes) { Some(bytes) } else { meant }
}

/// The question in the format of the service.
pub(crate) fn request(
    agent: AgentChoice,
    settings: &Settings,
    action: &Action,
    prompt: String,
    conversation_id: Option<String>,
) -> ChatRequest {
    let (knowledge, knowledge_source_ids) = knowledge(&agent, settings, action);
    ChatRequest {
        agent_id: agent.id,
        prompt,
        streaming: settings.streaming,
        knowledge,
        knowledge_source_ids,
        use_conversation: settings.conversation.enabled,
        conversation_id,
        upload_ids: Vec::new(),
        agent_version_number: agent.version_number,
        extra_body: agent.extra_body,
    }
}

/// Knowledge sources and extra source ids: general settings, then those of the agent, the prompt file and the action.
/// Each overrides the earlier ones.
fn knowledge(agent: &AgentChoice, settings: &Settings, action: &Action) -> (Knowledge, Vec<String>) {
    let mut knowledge = agent.knowledge.clone();
    let (file, own) = (action.file.as_ref(), settings.actions.get(&*action.id));
    if let Some(enabled) = file.and_then(|file| file.knowledge) {
        knowledge.enabled = enabled;
    }
    if let Some(own) = own.and_then(|action| action.knowledge.as_ref()) {
        own.apply_to(&mut knowledge);
    }
    let nearer =
        [own.and_then(|own| own.knowledge_sources.as_ref()), file.and_then(|file| file.knowledge_sources.as_ref())];
    if let Some(sources) = nearer.into_iter().flatten().next() {
        knowledge.sources.clone_from(sources);
    }
    let KnowledgeSettings { enabled, return_sources, deep_search, sources } = knowledge;
    (Knowledge { enabled, return_sources, deep_search }, sources)
}

/// The limits of a request by the current settings.
pub(crate) fn limits(settings: &Settings) -> Limits {
    Limits {
        timeouts: Timeouts {
            connect: Duration::from_millis(settings.timeouts.connect_ms),
            first_text: Duration::from_millis(settings.timeouts.first_token_ms),
            idle: Duration::from_millis(settings.timeouts.idle_ms),
            ..Timeouts::default()
        },
        retry: Retry { max_attempts: settings.retry.max_attempts, ..Retry::default() },
        requests_per_minute: settings.limits.requests_per_minute,
    }
}
