//! Conversations: real Markdown documents in the state directory, in which the user asks by code actions and the answers
//! grow. They work in every editor that has code actions, and after a restart of the server.

mod document;
mod stream;

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ropey::Rope;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::Result;

use self::document::{Conversation, Header, Speaker};
use self::stream::{End, Place};
use super::code_actions::Item;
use super::commands::Command;
use super::jobs::{self, EditorHost, Ending};
use super::orders::{self, Refusal};
use super::params::{RunParams, VersionedDocument, WirePosition, invalid, read};
use super::session::{MessageKind, Session};
use super::{answers, edits, lenses};
use crate::actions::{self, Action, ActionResult, TurnContext};
use crate::documents::{Anchor, AnchorState, DocumentUri, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{self, Answer, Draft, Failed, Finished, Job, JobError, Landing, Order, Outcome};
use crate::syntax;

/// The action that opens a conversation where it comes without an instruction.
pub(super) const ASK: &str = "ask";

/// The folder of conversations, in the state directory.
const FOLDER: &str = "conversations";

/// How many selections are followed for the conversations about them.
const KEPT_SELECTIONS: usize = 64;

/// The selections that conversations are about, as they follow the typing. After a restart they are found by their text.
#[derive(Default)]
pub(crate) struct Conversations {
    selections: Mutex<VecDeque<(String, Arc<Anchor>)>>,
}

impl Conversations {
    fn follow(&self, id: &str, selection: Anchor) {
        let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        selections.push_back((id.to_owned(), Arc::new(selection)));
        let surplus = selections.len().saturating_sub(KEPT_SELECTIONS);
        selections.drain(..surplus);
    }

    fn selection(&self, id: &str) -> Option<Arc<Anchor>> {
        let selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        selections.iter().find(|(known, _)| known == id).map(|(_, selection)| Arc::clone(selection))
    }
}

/// `{ "textDocument", "step", "position"? }` of `stackspot-lsp.conversation`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepParams {
    text_document: VersionedDocument,
    step: Step,
    #[serde(default)]
    position: Option<WirePosition>,
}

/// What can be done in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Step {
    Send,
    Retry,
    Insert,
    New,
}

/// A conversation document that is open.
struct Open {
    snapshot: Snapshot,
    text: String,
    conversation: Conversation,
}

/// Where the selection is today.
struct Selection {
    snapshot: Snapshot,
    bytes: Range<usize>,
}

/// The conversation in a document, known by its place and its first line.
fn recognise(session: &Session, uri: &str) -> Option<Open> {
    let folder = session.environment.state_dir()?.join(FOLDER);
    let path = DocumentUri::parse(uri).to_file_path()?;
    if path.parent() != Some(&folder) {
        return None;
    }
    let snapshot = session.documents.snapshot(uri).ok()?;
    let text = snapshot.text.to_string();
    let conversation = document::parse(&text)?;
    Some(Open { snapshot, text, conversation })
}

/// The menu in a conversation document; `None` in every other document.
pub(super) fn menu(session: &Session, uri: &str, at: Range<usize>) -> Option<Vec<Item>> {
    let Open { text, conversation, .. } = recognise(session, uri)?;
    let document = DocumentUri::parse(uri);
    let is_answering = session.jobs.live().iter().any(|job| job.document == document);
    let mut items = Vec::new();
    let mut add = |title: Message, name: &str, step: &str, position: Option<Value>| {
        let argument =
            job::without_nulls(json!({ "textDocument": { "uri": uri }, "step": step, "position": position }));
        let kind = format!("{}.{name}", super::capabilities::OWN_KIND);
        let title = session.title(&title);
        items.push(Item {
            title,
            kind,
            command: Command::Conversation,
            argument,
            problems: Vec::new(),
            by_agent: true,
        });
    };
    if !is_answering && conversation.open_question(&text).is_some() {
        add(message!("conversation-menu-send"), "send", "send", None);
    }
    if !is_answering && conversation.last_answered(&text).is_some() {
        add(message!("conversation-menu-retry"), "retry", "retry", None);
    }
    if let Some(block) = conversation.block_at(&text, at.start) {
        let position = session.documents.snapshot(uri).ok().map(|it| edits::wire_position(it.position(block.start)));
        add(message!("conversation-menu-insert"), "insert", "insert", position);
    }
    add(message!("conversation-menu-new"), "ask", "new", None);
    Some(items)
}

/// Runs a step of a conversation. What keeps it from going on is said by message.
///
/// # Errors
/// -32602 where the document is no conversation, or the argument is wrong.
pub(super) fn step(session: &Arc<Session>, argument: Value) -> Result<Value> {
    let StepParams { text_document, step, position } = read(argument)?;
    let Some(open) = recognise(session, &text_document.uri) else {
        return Err(invalid(format!("textDocument.uri: {} is no open conversation", text_document.uri)));
    };
    let done = match step {
        Step::Send => send(session, &open),
        Step::Retry => retry(session, &open),
        Step::Insert => insert(session, &open, position),
        Step::New => anew(session, &open),
    };
    match done {
        Ok(Some(job_id)) => Ok(json!({ "jobId": job_id })),
        Ok(None) => Ok(Value::Null),
        Err(Refusal::Arguments(error)) => Err(error),
        Err(Refusal::Job(error)) => {
            session.show_message(MessageKind::Error, &error.message());
            Ok(Value::Null)
        }
    }
}

type Done = std::result::Result<Option<String>, Refusal>;

fn refused(message: Message) -> Refusal {
    Refusal::Job(JobError::Refused(message))
}

fn send(session: &Arc<Session>, open: &Open) -> Done {
    let Open { snapshot, text, conversation } = open;
    let Some((question, place)) = conversation.open_question(text) else {
        return Err(refused(message!("conversation-no-question")));
    };
    let header = &conversation.header;
    let blank = place.end..snapshot.text.len_bytes();
    let place_of_answer = Place {
        tail: session.documents.anchor(snapshot, place.clone()).map_err(|error| Refusal::Job(error.into()))?,
        replaced: session.documents.anchor(snapshot, blank.clone()).ok().filter(|_| !blank.is_empty()),
        opening: format!("\n\n{}\n\n", header.heading(Speaker::Agent, AGENT)),
        next_heading: Some(header.heading(Speaker::Developer, &you(session))),
    };
    ask(session, open, question, place.start, place_of_answer)
}

fn retry(session: &Arc<Session>, open: &Open) -> Done {
    let Open { snapshot, text, conversation } = open;
    let Some((question, answer)) = conversation.last_answered(text) else {
        return Err(refused(message!("conversation-no-answer")));
    };
    let is_last = conversation.turns.last() == Some(answer);
    let anchor = |bytes: &Range<usize>| session.documents.anchor(snapshot, bytes.clone());
    let place = Place {
        tail: anchor(&answer.heading).map_err(|error| Refusal::Job(error.into()))?,
        replaced: anchor(&answer.body).ok().filter(|_| !answer.body.is_empty()),
        opening: "\n\n".to_owned(),
        next_heading: is_last.then(|| conversation.header.heading(Speaker::Developer, &you(session))),
    };
    let asked = conversation.turns.iter().rfind(|turn| turn.heading.start < answer.heading.start);
    let before = asked.map_or(answer.heading.start, |turn| turn.body.start);
    ask(session, open, question, before, place)
}

/// Asks, and lets the answer grow in its place. `before` is where what was said before ends.
fn ask(session: &Arc<Session>, open: &Open, question: &str, before: usize, place: Place) -> Done {
    let Open { snapshot, text, conversation } = open;
    if session.jobs.live().iter().any(|job| job.document == snapshot.uri) {
        return Err(refused(message!("conversation-busy")));
    }
    let header = conversation.header.clone();
    let settings = session.settings();
    let remembered = header.conversation_id.clone().filter(|_| settings.conversation.enabled);
    let said = conversation.said_before(text, before);
    let selection = find_selection(session, conversation);
    let job = |action: Action| Arc::new(Job::new(action, snapshot.uri.clone(), Arc::clone(&snapshot.client_uri)));
    let (job, agent, order): (_, _, futures::future::BoxFuture<'static, _>) = match selection {
        // The first question goes out like any other about a selection, with all that belongs to it.
        Some(selection) if remembered.is_none() && said.is_empty() => {
            let (placed, draft) = orders::place(session, run_params(&header, &selection, question)?)?;
            let (job, agent) = (job(placed.action.clone()), draft.agent.id.clone());
            let (documents, asked) = (session.documents.clone(), Arc::clone(&job));
            (job, agent, Box::pin(async move { draft.into_order(&documents, &asked).await }))
        }
        _ => {
            let action = session.catalogue().find(ASK).ok_or_else(|| refused(message!("conversation-switched-off")))?;
            let agent = orders::agent(session, header.agent.as_deref().or(action.agent.as_deref()))?;
            let job = job(action);
            job.works_on(header.lines[0]..header.lines[1]);
            let uri = DocumentUri::parse(&header.uri);
            let words = |(speaker, words): (Speaker, &str)| (speaker_name(speaker).to_owned(), words.to_owned());
            let said: Vec<(String, String)> = said.into_iter().filter(|_| remembered.is_none()).map(words).collect();
            let turn = OwnedTurn {
                question: question.to_owned(),
                code: conversation.code.clone(),
                path: session.shown_path(&uri),
                anchor: session.documents.anchor(snapshot, 0..0).map_err(|error| Refusal::Job(error.into()))?,
                answer_language: session.language().tag(),
                folders: session.folders(),
                quoted: quoted(snapshot, &header, &conversation.code),
                remembered,
                said,
                settings,
            };
            let (id, asked) = (agent.id.clone(), Arc::clone(&job));
            let language_id = header.language_id.clone();
            (job, id, Box::pin(async move { turn.into_order(agent, &asked.action, &language_id) }))
        }
    };
    let (done, ended) = oneshot::channel();
    let id = job.id.clone();
    let (growing, of_job) = (Arc::clone(session), Arc::clone(&job));
    tokio::spawn(async move {
        if !stream::grow(&growing, &of_job, place, ended).await && of_job.answer().is_some() {
            answers::show(&growing, &of_job, false).await;
        }
    });
    jobs::run_in_background(session, job, order, move |session, _, ending| {
        let _ = done.send(end(&session, header, &agent, &ending));
        if let Err(failed) = &ending {
            jobs::report_failure(&session, failed);
        }
        Box::pin(std::future::ready(()))
    });
    Ok(Some(id))
}

fn speaker_name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Developer => "Developer",
        Speaker::Agent => "You",
    }
}

/// What stands below an answer, and the ids that the document keeps from now on.
fn end(session: &Session, mut header: Header, agent: &str, ending: &Ending) -> End {
    let mut words = Vec::new();
    match ending {
        Ok(Finished { answer, .. }) => {
            let end = answer.end.clone().unwrap_or_default();
            header.conversation_id = end.conversation_id.or(header.conversation_id);
            words.extend(answer.sources_line());
            words.push(message!("conversation-agent", agent = agent.to_owned()));
            words.push(answer.usage_line());
        }
        Err(Failed { error: JobError::Cancelled, .. }) => words.push(message!("progress-cancelled")),
        Err(Failed { error, .. }) => {
            let reason = in_line(&error.message().text(session.language()));
            words.push(message!("conversation-incomplete", reason = reason));
        }
    }
    End { footer: session.title(&Message::joined(words, " · ")), header }
}

/// Somebody's words, in one line and without what Markdown would read in them.
fn in_line(words: &str) -> String {
    words.replace(['\r', '\n', '*', '<'], " ")
}

/// The agent's name above its answers.
const AGENT: &str = "StackSpot AI";

/// The user's name above their questions.
fn you(session: &Session) -> String {
    message!("conversation-you").text(session.language())
}

/// A turn that is asked from the conversation document alone.
struct OwnedTurn {
    question: String,
    code: String,
    said: Vec<(String, String)>,
    path: Option<String>,
    remembered: Option<String>,
    quoted: Snapshot,
    anchor: Anchor,
    answer_language: &'static str,
    folders: Vec<std::path::PathBuf>,
    settings: Arc<crate::config::Settings>,
}

impl OwnedTurn {
    fn into_order(
        self,
        agent: crate::config::AgentChoice,
        action: &Action,
        language_id: &str,
    ) -> std::result::Result<Order, JobError> {
        let said: Vec<(&str, &str)> = self.said.iter().map(|(who, words)| (who.as_str(), words.as_str())).collect();
        let prompt = actions::build_turn(TurnContext {
            question: &self.question,
            code: self.remembered.is_none().then_some((self.code.as_str(), 1)),
            said: &said,
            language_id,
            path: self.path.as_deref(),
            answer_language: self.answer_language,
            max_chars: self.settings.context.max_chars,
        })?;
        let bytes = 0..self.quoted.text.len_bytes();
        Ok(Order {
            snapshot: self.quoted,
            bytes,
            anchor: Arc::new(self.anchor),
            syntax: None,
            request: job::request(agent, &self.settings, action, prompt.text, self.remembered),
            uploads: Vec::new(),
            home: None,
            makeup: prompt.makeup,
            folders: self.folders,
            limits: job::limits(&self.settings),
            review: true,
        })
    }
}

/// The quoted code under the name of its document: what the guard against secrets looks at.
fn quoted(beside: &Snapshot, header: &Header, code: &str) -> Snapshot {
    Snapshot {
        uri: DocumentUri::parse(&header.uri),
        client_uri: header.uri.as_str().into(),
        language_id: header.language_id.as_str().into(),
        text: Rope::from_str(code),
        ..beside.clone()
    }
}

fn run_params(header: &Header, selection: &Selection, question: &str) -> std::result::Result<RunParams, Refusal> {
    let Selection { snapshot, bytes } = selection;
    let params = job::without_nulls(json!({
        "action": ASK,
        "textDocument": { "uri": &*snapshot.client_uri, "version": snapshot.version },
        "range": edits::wire_range(snapshot.range(bytes.clone())),
        "instruction": question,
        "agent": header.agent,
    }));
    read(params).map_err(Refusal::Arguments)
}

/// Where the selection is now: it is followed in this session; after a restart it is the only place of its text.
fn find_selection(session: &Session, conversation: &Conversation) -> Option<Selection> {
    let Header { id, uri, .. } = &conversation.header;
    if let Some(AnchorState::Live { snapshot, bytes, .. }) = session.conversations.selection(id).map(|it| it.state()) {
        return Some(Selection { snapshot, bytes });
    }
    let snapshot = session.documents.snapshot(uri).ok()?;
    let text = snapshot.text.to_string();
    let code = conversation.code.trim_end_matches('\n');
    let mut places = text.match_indices(code).map(|(at, _)| at).filter(|_| !code.is_empty());
    let start = places.next()?;
    places.next().is_none().then(|| Selection { snapshot, bytes: start..start + code.len() })
}

fn insert(session: &Arc<Session>, open: &Open, position: Option<WirePosition>) -> Done {
    let Open { snapshot, text, conversation } = open;
    let at = position.ok_or_else(|| Refusal::Arguments(invalid("position: it is needed to find the code block")))?;
    let block = conversation.block_at(text, snapshot.offset(at.into()));
    let Some(block) = block.and_then(|range| text.get(range)).map(str::to_owned) else {
        return Err(refused(message!("conversation-no-block")));
    };
    let shown = session.shown_path(&DocumentUri::parse(&conversation.header.uri));
    let Some(Selection { snapshot, bytes }) = find_selection(session, conversation) else {
        let name = shown.unwrap_or_else(|| conversation.header.uri.clone());
        return Err(refused(message!("conversation-no-selection", name = name)));
    };
    let action = session.catalogue().find(ASK).ok_or_else(|| refused(message!("conversation-switched-off")))?;
    let action = Action { result: ActionResult::Replace, ..action };
    let job = Arc::new(Job::new(action, snapshot.uri.clone(), Arc::clone(&snapshot.client_uri)));
    job.works_on(actions::lines(&snapshot.text, &bytes));
    let anchor = session.documents.anchor(&snapshot, bytes.clone()).map_err(|error| Refusal::Job(error.into()))?;
    let settings = session.settings();
    let path = snapshot.uri.to_file_path();
    let order = Order {
        syntax: syntax::language(&snapshot.language_id, path.as_deref()),
        anchor: Arc::new(anchor),
        // The answer is there already: nothing is asked of anybody.
        request: Default::default(),
        uploads: Vec::new(),
        home: None,
        makeup: Default::default(),
        folders: session.folders(),
        limits: job::limits(&settings),
        review: settings.edit.apply == crate::config::EditApply::Review,
        snapshot,
        bytes,
    };
    let block_of_answer = Answer { text: block, ..Answer::default() };
    let session = Arc::clone(session);
    let id = job.id.clone();
    tokio::spawn(async move {
        let host = EditorHost { session: &session };
        let outcome = match job::land(&job, &order, &block_of_answer, &session.jobs, &host).await {
            Landing::Applied | Landing::Cancelled => return,
            Landing::Unchanged => Outcome::Unchanged,
            Landing::NoCode { reason } => Outcome::Answered { reason: Some(reason) },
            Landing::Proposed(proposal) => {
                job.keep_proposal(Arc::clone(&proposal));
                session.jobs.end(&job);
                lenses::changed(&session);
                Outcome::Proposed(proposal)
            }
        };
        jobs::report_edit(&session, &job, &outcome);
    });
    Ok(Some(id))
}

fn anew(session: &Arc<Session>, open: &Open) -> Done {
    let conversation = &open.conversation;
    let (header, selection) = match find_selection(session, conversation) {
        Some(Selection { snapshot, bytes }) => {
            let header = new_header(&snapshot, &bytes, conversation.header.agent.clone());
            (header, Some((snapshot, bytes)))
        }
        None => {
            let id = ulid::Ulid::generate().to_string();
            (Header { id, conversation_id: None, ..conversation.header.clone() }, None)
        }
    };
    let code = match &selection {
        Some((snapshot, bytes)) => snapshot.slice(bytes.clone()),
        None => conversation.code.clone(),
    };
    if let Some((snapshot, bytes)) = selection
        && let Ok(anchor) = session.documents.anchor(&snapshot, bytes)
    {
        session.conversations.follow(&header.id, anchor);
    }
    let session = Arc::clone(session);
    tokio::spawn(async move { open_document(&session, &header, &code).await });
    Ok(None)
}

fn new_header(snapshot: &Snapshot, bytes: &Range<usize>, agent: Option<String>) -> Header {
    let lines = actions::lines(&snapshot.text, bytes);
    Header {
        id: ulid::Ulid::generate().to_string(),
        conversation_id: None,
        agent,
        uri: snapshot.client_uri.to_string(),
        language_id: snapshot.language_id.to_string(),
        lines: [lines.start, lines.end],
    }
}

/// Whether this job asks nothing yet: a menu cannot ask for the question, so a document does.
pub(super) fn is_opened_by(job: &Job, draft: &Draft) -> bool {
    job.action.id == ASK && draft.instruction.is_none()
}

/// Opens a new conversation about what the draft means; nothing is asked of the agent.
///
/// # Errors
/// Where the text is blank there, or the document went away.
pub(super) async fn open(
    session: &Session,
    job: &Job,
    draft: Draft,
    agent: Option<String>,
) -> std::result::Result<Finished, JobError> {
    let snapshot = draft.snapshot.clone();
    let bytes = draft.meant(job).await?;
    let header = new_header(&snapshot, &bytes, agent);
    session.conversations.follow(&header.id, session.documents.anchor(&snapshot, bytes.clone())?);
    open_document(session, &header, &snapshot.slice(bytes)).await;
    Ok(Finished { outcome: Outcome::Answered { reason: None }, answer: Arc::new(Answer::default()) })
}

async fn open_document(session: &Session, header: &Header, code: &str) {
    let uri = DocumentUri::parse(&header.uri);
    let subject = session.shown_path(&uri).unwrap_or_else(|| header.uri.clone());
    let [first, last] = header.lines;
    let lines = match first == last {
        true => message!("lines-one", line = first),
        false => message!("lines-several", first = first, last = last),
    };
    let title = session.title(&message!("conversation-title", subject = in_line(&subject), lines = lines));
    let text = document::begin(header, &title, code, &you(session));
    let name = uri.to_file_path().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let name: String = name.unwrap_or_default().chars().filter(|c| c.is_alphanumeric() || "._-".contains(*c)).collect();
    let name = name.trim_start_matches('.');
    let file = format!("{}{}{}.md", name, if name.is_empty() { "" } else { "-" }, header.id);
    let written = answers::write(session, FOLDER, &file, &text).await;
    let message = match &written {
        Ok(path) if session.profile.show_document && open_at_end(session, path, &text).await => return,
        Ok(path) => message!("conversation-open-it", path = path.display().to_string()),
        Err(error) => message!("conversation-not-written", error = error.to_string()),
    };
    let kind = if written.is_ok() { MessageKind::Info } else { MessageKind::Error };
    session.show_message(kind, &message);
}

/// Opens a document with the cursor at its end, where the question goes.
async fn open_at_end(session: &Session, path: &Path, text: &str) -> bool {
    let end = json!({ "line": text.matches('\n').count(), "character": 0 });
    answers::open_with(session, path, true, Some(json!({ "start": end, "end": end }))).await
}
