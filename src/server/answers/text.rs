//! The text of an answer's document, from what is known of it.

use std::path::Path;
use std::sync::Arc;

use super::document::{self, Facts, Question};
use crate::display::{self, LineLinks};
use crate::i18n::{Message, message};
use crate::job::Answer;
use crate::server::session::Session;
use crate::server::session::records::{Record, SentOrder};
use crate::server::wire::header::Header;
use crate::server::wire::{links, names};
use crate::server::{remarks, state_files};

/// The name of the document: the action, and the file that it is about. It stays, whatever becomes of the file.
pub(crate) fn file_name(record: &Record) -> String {
    let job = &record.job;
    // The questions of a conversation are about no file of the user's.
    let path = job.document.to_file_path().filter(|path| !state_files::is_conversation(path));
    let subject = path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    names::of(&job.action.id, subject.as_deref(), &job.id, "md")
}

/// Waits until there is something to show, or nothing will come any more.
pub(crate) async fn first_words(record: &Record) {
    while !has_words(record) && !record.has_ended() {
        tokio::select! {
            () = record.job.text_grew() => {}
            () = record.over() => {}
        }
    }
}

/// Whether the agent has said anything.
pub(crate) fn has_words(record: &Record) -> bool {
    record.job.text_len() > 0
}

/// What the agent has said, as far as it has come.
pub(crate) fn answer(record: &Record) -> String {
    record.job.text_after(0)
}

/// What was asked, and about which lines.
pub(crate) fn heading(session: &Session, record: &Record) -> String {
    let job = &record.job;
    // A question of a conversation is about the code, not about the document that it is asked in.
    let document = record.asked().map_or_else(|| job.document.clone(), |asked| asked.uri.clone());
    let subject = session.shown_path(&document).unwrap_or_else(|| job.client_uri.to_string());
    let (title, lines) = (&job.action.title, job.lines_label());
    session.title(&message!("answer-heading", title = title, subject = subject, lines = lines))
}

/// Links to the lines that the answer names.
pub(crate) fn links(record: &Record) -> Option<LineLinks> {
    let uri = record.asked().map_or_else(|| record.job.spelled_uri(), |asked| Arc::clone(&asked.client_uri));
    links::of(&record.job, &uri)
}

/// What stands above the answer.
pub(crate) fn opening(session: &Session, record: &Record) -> String {
    let heading = heading(session, record);
    let instruction = session.run_params(&record.job.id).and_then(|asked| asked.instruction);
    let instruction = instruction.filter(|words| !words.trim().is_empty());
    let asked = record.asked();
    let uri = asked.map_or_else(|| Arc::clone(&record.job.client_uri), |asked| Arc::clone(&asked.client_uri));
    document::opening(&Question { heading: &heading, uri: &uri, instruction: instruction.as_deref() })
}

/// What stands below an answer that has ended.
pub(crate) fn closing(session: &Session, record: &Record) -> String {
    let language = session.language();
    let answer = record.job.answer().unwrap_or_default();
    let end = answer.end.clone().unwrap_or_default();
    let mut words = Vec::new();
    if answer.is_complete() {
        words.push(answer.usage_line());
    }
    if let Some(asked) = record.asked() {
        words.push(message!("conversation-agent", agent = asked.agent.clone()));
    }
    if let Some(id) = &end.conversation_id {
        words.push(message!("answer-conversation", id = id));
    }
    document::closing(&Facts {
        incomplete: incomplete(record, &answer).map(|message| message.text(language)),
        line: session.title(&Message::joined(words, " · ")),
        sources_title: message!("answer-sources-title").text(language),
        sources: answer.sources(),
        note: record.asked().map(|asked| note(record, &asked, end.conversation_id)),
    })
}

/// What it takes to go on with the answer after a restart: the line that a conversation begins with.
fn note(record: &Record, asked: &SentOrder, conversation_id: Option<String>) -> String {
    let lines = asked.lines.clone();
    let header = Header {
        id: record.job.id.clone(),
        conversation_id,
        agent: Some(asked.agent.clone()),
        uri: asked.client_uri.to_string(),
        language_id: asked.language_id.to_string(),
        lines: [lines.start, lines.end],
    };
    header.line()
}

fn incomplete(record: &Record, answer: &Answer) -> Option<Message> {
    if answer.is_complete() {
        return None;
    }
    let what = match answer.shortfall().or_else(|| record.failure()) {
        // The reason goes into one line, and ends where what to do begins.
        Some(reason) => message!("answer-incomplete-because", reason = reason),
        None => message!("answer-incomplete"),
    };
    Some(Message::joined(vec![what, message!("answer-ask-again")], " "))
}

/// The whole document, as far as the answer has come.
pub(crate) fn document(session: &Session, record: &Record) -> String {
    let below = if record.has_ended() || record.job.answer().is_some_and(|answer| answer.is_complete()) {
        closing(session, record)
    } else {
        format!("\n\n---\n\n*{}*\n", message!("answer-coming-in").text(session.language()))
    };
    let opening = opening(session, record);
    match remarks::rendered(session, &record.job, true) {
        Some(remarks) => document::framed(&opening, &remarks, &below),
        None => document::whole(&opening, &answer(record), links(record), &below),
    }
}

/// The start of the answer as it may be shown, of at most about so many characters, and whether that is all of it.
pub(crate) fn start(record: &Record, chars: usize) -> (String, bool) {
    let answer = answer(record);
    match answer.char_indices().nth(chars).and_then(|(cut, _)| answer.get(..cut)) {
        // With the dots, a line that closed a fence may not do so any more.
        Some(start) => (display::defused_with_links(&format!("{} …", start.trim_end()), links(record)), false),
        None => (display::defused_with_links(&answer, links(record)), true),
    }
}
