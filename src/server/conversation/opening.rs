//! New conversations: about a selection, or as a continuation of an answer.

use std::ops::Range;
use std::sync::Arc;

use serde_json::json;

use super::document::{self, Conversation};
use super::selection::{OpenConversation, Selection, relocate_selection};
use super::turn::{AGENT, user_heading};
use crate::actions::{self, ASK};
use crate::display::{self, LineLinks};
use crate::documents::{DocumentUri, Snapshot};
use crate::i18n::message;
use crate::job::{Answer, Draft, Finished, Job, JobError, Outcome, lines_label};
use crate::server::answers::Continued;
use crate::server::client::show_document;
use crate::server::session::{Feedback, Session};
use crate::server::state_files::{self, CONVERSATIONS};
use crate::server::wire::{Header, Speaker, names};

/// Opens another conversation about the present selection.
pub(crate) fn open_new(session: &Arc<Session>, open: &OpenConversation) {
    let Conversation { header, code, .. } = &open.conversation;
    let (header, code) = match relocate_selection(session, &open.conversation) {
        Some(Selection { snapshot, bytes }) => {
            let header = new_header(&snapshot, &bytes, header.agent.clone());
            let code = snapshot.slice(bytes.clone());
            if let Ok(anchor) = session.documents.anchor(&snapshot, bytes) {
                session.follow_selection(&header.id, anchor);
            }
            (header, code)
        }
        None => {
            let id = ulid::Ulid::generate().to_string();
            (Header { id, conversation_id: None, ..header.clone() }, code.clone())
        }
    };
    session.spawn("opening a conversation", |session| async move { open_document(&session, &header, &code).await });
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

/// Whether this job asks nothing yet. A menu cannot ask for the question. Therefore a document does.
pub(crate) fn opens_conversation(job: &Job, draft: &Draft) -> bool {
    job.action.id == ASK && draft.instruction.is_none()
}

/// Opens a conversation about the draft, without a question. Errors: the text is blank, or the document was closed.
pub(crate) async fn open(
    session: &Session,
    job: &Job,
    draft: Draft,
    agent: Option<String>,
) -> std::result::Result<(Finished, Feedback), JobError> {
    let (snapshot, default) = (draft.snapshot.clone(), draft.agent.id.clone());
    let bytes = draft.resolve_scope(job).await?;
    let header = new_header(&snapshot, &bytes, agent);
    session.follow_selection(&header.id, session.documents.anchor(&snapshot, bytes.clone())?);
    let feedback = open_document(session, &header, &snapshot.slice(bytes)).await;
    let (outcome, answer) = (Outcome::Answered { reason: None }, Arc::new(Answer::default()));
    Ok((Finished { agent: default, outcome, answer }, feedback))
}

async fn open_document(session: &Session, header: &Header, code: &str) -> Feedback {
    let text = document::begin(header, &title(session, header), code, &user_heading(session));
    show(session, header, text).await
}

/// Opens a conversation that continues an answer. The old question and answer are its first turns.
pub(crate) fn continue_from_answer(session: &Arc<Session>, answer: Continued) {
    let Continued { header, code, question, answer, selection } = answer;
    let header = Header { id: ulid::Ulid::generate().to_string(), ..header };
    if let Some(selection) = selection {
        session.follow_selection(&header.id, selection);
    }
    session.spawn("opening a conversation", |session| async move {
        let you = user_heading(&session);
        let begun = document::begin(&header, &title(&session, &header), &code, &you);
        let links = LineLinks::new(&header.uri, header.lines[0]..=header.lines[1]);
        // An answer from a document already contains its links.
        let answer = links.as_ref().map_or_else(|| answer.clone(), |links| links.taken_off(&answer));
        let answer = display::sanitize_with_links(answer.trim_end(), links);
        let (agent, next) = (header.heading(Speaker::Agent, AGENT), header.heading(Speaker::Developer, &you));
        let text = format!("{begun}{question}\n\n{agent}\n\n{answer}\n\n{next}\n\n");
        show(&session, &header, text).await
    });
}

/// The subject of a conversation, in one line.
fn title(session: &Session, header: &Header) -> String {
    let uri = DocumentUri::parse(&header.uri);
    let subject = session.shown_path(&uri).unwrap_or_else(|| header.uri.clone());
    let [first, last] = header.lines;
    session.title(&message!("conversation-title", subject = display::title(&subject), lines = lines_label(first, last)))
}

/// Writes a conversation, and opens it at the place of its next question.
async fn show(session: &Session, header: &Header, text: String) -> Feedback {
    let about = DocumentUri::parse(&header.uri).to_file_path();
    let file = names::document_name("", about.as_deref(), &header.id, "md");
    let path = match state_files::write(session, CONVERSATIONS, &file, &text).await {
        Ok(path) => path,
        Err(error) => return Feedback::error(message!("conversation-not-written", error = error.to_string())),
    };
    let uri = DocumentUri::from_file_path(&path);
    // The cursor cannot go after the last line break in every editor: Neovim refuses it.
    let end = json!({ "line": text.lines().count().saturating_sub(1), "character": 0 });
    let at_end = Some(json!({ "start": end, "end": end }));
    if !session.profile.show_document || !show_document(session, uri.as_str(), true, at_end).await {
        // The user needs the path, and must read all of it.
        return Feedback::whole(message!("conversation-open-it", path = path.display().to_string()));
    }
    Feedback::none()
}
