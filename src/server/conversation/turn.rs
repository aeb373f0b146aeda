//! One turn: a question is sent, and its answer grows below it.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use tokio::sync::oneshot;

use super::document::Conversation;
use super::selection::{OpenConversation, Selection, StepResult, refused, relocate_selection};
use crate::actions::{self, ASK, Action, TurnContext};
use crate::display::{LineLinks, title};
use crate::documents::{DocumentUri, Snapshot};
use crate::guard::Excerpt;
use crate::i18n::{Message, message};
use crate::job::{self, Ask, Ending, Failed, Finished, Job, JobError, Order, Target};
use crate::server::answers;
use crate::server::client::{AnswerCursor, End, InsertionPoint, ProgressChannels, growing_document};
use crate::server::jobs::run_request::{self, Prepared};
use crate::server::jobs::{self, Question, RunRejected, report};
use crate::server::session::{Feedback, Session};
use crate::server::wire::{Header, RunParams, Speaker, VersionedDocument};

/// Sends the text under the last heading.
pub(crate) fn send(session: &Arc<Session>, open: &OpenConversation) -> StepResult {
    let OpenConversation { snapshot, text, conversation } = open;
    let Some((question, place)) = conversation.open_question(text) else {
        return Err(refused(message!("conversation-no-question")));
    };
    let header = &conversation.header;
    let blank = place.end..snapshot.text.len_bytes();
    let place_of_answer = InsertionPoint {
        tail: session.documents.anchor(snapshot, place.clone())?,
        replaced: session.documents.anchor(snapshot, blank.clone()).ok().filter(|_| !blank.is_empty()),
        prefix: format!("\n\n{}\n\n", header.heading(Speaker::Agent, AGENT)),
        cursor: AnswerCursor::with_links(links(session, conversation)),
    };
    let next_heading = Some(header.heading(Speaker::Developer, &user_heading(session)));
    ask(session, open, question, place.start, place_of_answer, next_heading)
}

/// Asks the last answered question again.
pub(crate) fn retry(session: &Arc<Session>, open: &OpenConversation) -> StepResult {
    let OpenConversation { snapshot, text, conversation } = open;
    let Some((question, answer)) = conversation.last_answered(text) else {
        return Err(refused(message!("conversation-no-answer")));
    };
    let is_last = conversation.turns.last() == Some(answer);
    let anchor = |bytes: &Range<usize>| session.documents.anchor(snapshot, bytes.clone());
    let place = InsertionPoint {
        tail: anchor(&answer.heading)?,
        replaced: anchor(&answer.body).ok().filter(|_| !answer.body.is_empty()),
        prefix: "\n\n".to_owned(),
        cursor: AnswerCursor::with_links(links(session, conversation)),
    };
    let next_heading = is_last.then(|| conversation.header.heading(Speaker::Developer, &user_heading(session)));
    let asked = conversation.turns.iter().rfind(|turn| turn.heading.start < answer.heading.start);
    let before = asked.map_or(answer.heading.start, |turn| turn.body.start);
    ask(session, open, question, before, place, next_heading)
}

/// Asks, and lets the answer grow in its place. `before` is the end of the earlier turns. `next_heading` goes below the
/// answer, if there is no next question yet.
fn ask(
    session: &Arc<Session>,
    open: &OpenConversation,
    question: &str,
    before: usize,
    place: InsertionPoint,
    next_heading: Option<String>,
) -> StepResult {
    let OpenConversation { snapshot, text, conversation } = open;
    if session.jobs.live().iter().any(|job| job.document == snapshot.uri) {
        return Err(refused(message!("conversation-busy")));
    }
    session.jobs.check_room()?;
    let header = conversation.header.clone();
    let remembered = header.conversation_id.clone().filter(|_| session.settings().conversation.enabled);
    let said = conversation.said_before(text, before);
    let asked = match relocate_selection(session, conversation) {
        // The first question is sent like any other about a selection, with the same context.
        Some(selection) if remembered.is_none() && said.is_empty() => {
            let prepared = run_request::prepare(session, run_params(&header, &selection, question, None))?;
            let job = job_of(snapshot, prepared.job.action.clone());
            Prepared { job, ..prepared }.into_question(session)
        }
        selection => {
            let said = if remembered.is_none() { said } else { Vec::new() };
            from_the_document(session, open, question, said, selection, remembered)?
        }
    };
    let (done, ended) = oneshot::channel();
    let id = asked.job.id.clone();
    let job = Arc::clone(&asked.job);
    session.spawn("a turn of a conversation", |session| async move {
        let ended = async { ended.await.ok() };
        if !growing_document::append_until_end(&session, &job, place, ended).await && job.answer().is_some() {
            answers::show_final(&session, &job);
        }
    });
    jobs::start(session, asked, ProgressChannels::default(), move |session, job, ending| {
        let _ = done.send(end(&session, header, &ending, next_heading));
        let feedback = match &ending {
            Ok(_) => Feedback::none(),
            Err(failed) => report::of_failure(&session, &job, failed),
        };
        Box::pin(std::future::ready(feedback))
    });
    Ok(id)
}

/// A job whose answer is shown in the document of its conversation.
fn job_of(conversation: &Snapshot, action: Action) -> Arc<Job> {
    Arc::new(Job::new(action, conversation.uri.clone(), Arc::clone(&conversation.client_uri)))
}

/// A question with the turns in `said` and the quoted code, unless the service has `remembered` them.
fn from_the_document(
    session: &Arc<Session>,
    open: &OpenConversation,
    question: &str,
    said: Vec<(Speaker, &str)>,
    selection: Option<Selection>,
    remembered: Option<String>,
) -> Result<Question, RunRejected> {
    let OpenConversation { snapshot, conversation, .. } = open;
    let header = conversation.header.clone();
    let action = session.catalogue().find(ASK).ok_or_else(|| refused(message!("conversation-switched-off")))?;
    let agent = run_request::agent(session, header.agent.as_deref().or(action.agent.as_deref()))?;
    let job = job_of(snapshot, action);
    let lines = lines(selection.as_ref(), &header);
    job.set_lines(lines.clone());
    let links = LineLinks::new(&header.uri, lines.start..=lines.end);
    let words = |(speaker, words): (Speaker, &str)| {
        let words = links.as_ref().map_or_else(|| words.to_owned(), |links| links.taken_off(words));
        let name = match speaker {
            Speaker::Developer => "Developer",
            Speaker::Agent => "You",
        };
        (name, words)
    };
    let said: Vec<(&'static str, String)> = said.into_iter().map(words).collect();
    let path = session.shown_path(&DocumentUri::parse(&header.uri));
    let (question, code) = (question.to_owned(), conversation.code.clone());
    let whole_lines = |it: &Selection| job::excerpt(&it.snapshot.text, it.bytes.clone(), path.as_deref());
    // Line numbers would split a secret that has several lines. Therefore the guard also checks the code without them.
    let excerpt = Excerpt { file: path.as_deref().map(Into::into), first_line: lines.start, text: code.clone() };
    let excerpts = selection.iter().map(whole_lines).chain([excerpt]).filter(|_| remembered.is_none()).collect();
    let anchor = session.documents.anchor(snapshot, 0..0)?;
    let quoted = quoted(snapshot, &header, &code);
    let (settings, answer_language) = (session.settings(), session.language().tag());
    let (added, folders) = (session.added.all(), session.folders());
    // Without the service's memory, the question needs the earlier turns, which no parameters contain.
    let known = selection.as_ref().filter(|_| remembered.is_some());
    let params = known.map(|selection| run_params(&header, selection, &question, remembered.clone()));
    let (session, asked, carried) = (Arc::clone(session), Arc::clone(&job), added.clone());
    let order = async move {
        let workspace = session.workspace(false);
        let added = job::read_added(&added, &session.documents, &workspace).await.map_err(JobError::Refused)?;
        let parts: Vec<_> = added.iter().map(|it| it.part.clone()).collect();
        let said: Vec<(&str, &str)> = said.iter().map(|(who, words)| (*who, words.as_str())).collect();
        let prompt = actions::build_turn(TurnContext {
            added: &parts,
            question: &question,
            code: remembered.is_none().then_some((code.as_str(), lines.start)),
            said: &said,
            language_id: &header.language_id,
            path: path.as_deref(),
            answer_language,
            max_chars: settings.context.max_chars,
        })?;
        let ask = Ask {
            request: job::request(agent, &settings, &asked.action, prompt.text, remembered),
            prompt_parts: prompt.prompt_parts,
            excerpts,
            named: added.into_iter().flat_map(|it| it.files).collect(),
            folders,
            limits: job::limits(&settings),
            ..Ask::default()
        };
        let (bytes, anchor) = (0..quoted.text.len_bytes(), Arc::new(anchor));
        let target = Target { snapshot: quoted, bytes, anchor, syntax: None, destination: None, review: true };
        Ok(Order { ask, target: Some(target) })
    };
    Ok(Question { job, order: Box::pin(order), params, added: carried })
}

/// The present lines of the conversation.
fn lines(selection: Option<&Selection>, header: &Header) -> Range<usize> {
    let [first, last] = header.lines;
    selection.map_or(first..last, |it| actions::lines(&it.snapshot.text, &it.bytes))
}

/// Links to the lines that an answer names.
fn links(session: &Session, conversation: &Conversation) -> Option<LineLinks> {
    let lines = lines(relocate_selection(session, conversation).as_ref(), &conversation.header);
    LineLinks::new(&conversation.header.uri, lines.start..=lines.end)
}

/// The text below an answer, and the ids that the document stores from now on.
fn end(session: &Session, mut header: Header, ending: &Ending, next_heading: Option<String>) -> End {
    let mut words = Vec::new();
    match ending {
        Ok(Finished { agent, answer, .. }) => {
            let end = answer.end.clone().unwrap_or_default();
            header.conversation_id = end.conversation_id.or(header.conversation_id);
            words.extend(answer.sources_line());
            words.push(message!("conversation-agent", agent = agent));
            words.push(answer.usage_line());
        }
        Err(Failed { error: JobError::Cancelled, .. }) => words.push(message!("progress-cancelled")),
        Err(Failed { error, .. }) => {
            let reason = error.message().text(session.language());
            words.push(message!("conversation-incomplete", reason = reason));
        }
    }
    let footer = title(&session.title(&Message::joined(words, " · ")));
    let next = next_heading.map(|heading| format!("{heading}\n\n")).unwrap_or_default();
    End { closing: format!("\n\n*{footer}*\n\n{next}"), first_line: Some(header.line()) }
}

/// The agent's name above its answers.
pub(crate) const AGENT: &str = "StackSpot AI";

/// The user's name above their questions.
pub(crate) fn user_heading(session: &Session) -> String {
    message!("conversation-you").text(session.language())
}

/// The quoted code under the name of its document, for the guard against secrets.
fn quoted(beside: &Snapshot, header: &Header, code: &str) -> Snapshot {
    Snapshot {
        uri: DocumentUri::parse(&header.uri),
        client_uri: header.uri.as_str().into(),
        language_id: header.language_id.as_str().into(),
        text: Rope::from_str(code),
        ..beside.clone()
    }
}

fn run_params(header: &Header, selection: &Selection, question: &str, conversation_id: Option<String>) -> RunParams {
    let Selection { snapshot, bytes } = selection;
    RunParams {
        action: ASK.to_owned(),
        text_document: VersionedDocument { uri: snapshot.client_uri.to_string(), version: Some(snapshot.version) },
        range: snapshot.range(bytes.clone()),
        instruction: Some(question.to_owned()),
        agent: header.agent.clone(),
        conversation_id,
        ..RunParams::default()
    }
}
