//! The text of an answer's document, from the data of the answer.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::display::{self, LineLinks, title};
use crate::i18n::{Message, message};
use crate::job::Answer;
use crate::server::session::{Record, SentOrder, Session};
use crate::server::wire::{Header, links, markdown, names};
use crate::server::{remarks, state_files};

/// The name of the document: the action, and the file of the question. It does not change if the file is renamed.
pub(crate) fn file_name(record: &Record) -> String {
    let job = &record.job;
    // A question of a conversation is not about a file of the user.
    let path = job.document.to_file_path().filter(|path| !state_files::is_conversation(path));
    names::document_name(&job.action.id, path.as_deref(), &job.id, "md")
}

/// Waits until there are words to show, or until no more can come.
pub(crate) async fn first_words(record: &Record) {
    while !has_words(record) && !record.has_ended() {
        tokio::select! {
            () = record.job.text_grew() => {}
            () = record.wait_until_finished() => {}
        }
    }
}

/// Whether the agent has said anything.
pub(crate) fn has_words(record: &Record) -> bool {
    record.job.text_len() > 0
}

/// The action of the question, and its lines.
pub(crate) fn heading(session: &Session, record: &Record) -> String {
    let job = &record.job;
    // A question of a conversation is about the code, not about the document of the conversation.
    let document = record.sent_order().map_or_else(|| job.document.clone(), |asked| asked.uri.clone());
    let subject = session.shown_path(&document).unwrap_or_else(|| job.client_uri.to_string());
    let (title, lines) = (&job.action.title, job.lines_label());
    session.title(&message!("answer-heading", title = title, subject = subject, lines = lines))
}

/// The user's own words.
pub(crate) fn instruction(session: &Session, record: &Record) -> Option<String> {
    let instruction = session.history.params(&record.job.id)?.instruction;
    instruction.filter(|words| !words.trim().is_empty())
}

/// Links to the lines that the answer names.
pub(crate) fn links(record: &Record) -> Option<LineLinks> {
    let uri = record.sent_order().map_or_else(|| record.job.spelled_uri(), |asked| Arc::clone(&asked.client_uri));
    links::links_in_answer(&record.job, &uri)
}

/// The text above the answer. It has at least five lines, because an editor may take the first five as its settings.
pub(crate) fn opening(session: &Session, record: &Record) -> String {
    let uri =
        record.sent_order().map_or_else(|| Arc::clone(&record.job.client_uri), |asked| Arc::clone(&asked.client_uri));
    let mut text = format!("# {}\n\n<{}>\n\n\n", title(&heading(session, record)), markdown::address(&uri));
    if let Some(instruction) = instruction(session, record) {
        let _ = write!(text, "{}\n\n", markdown::quoted(&display::sanitize(instruction.trim())));
    }
    text
}

/// The text below an answer that has ended: why it is incomplete, its notes, and its sources. It does not close a
/// fence.
pub(crate) fn closing(session: &Session, record: &Record) -> String {
    let (language, asked) = (session.language(), record.sent_order());
    let answer = record.job.answer().unwrap_or_default();
    let mut text = String::from("\n\n---\n\n");
    if let Some(incomplete) = incomplete(record, &answer) {
        let _ = write!(text, "**{}**\n\n", title(&incomplete.text(language)));
    }
    let conversation_id = answer.end.as_ref().and_then(|end| end.conversation_id.as_ref());
    let known = [
        answer.is_complete().then(|| answer.usage_line()),
        asked.as_ref().map(|asked| message!("conversation-agent", agent = asked.agent.clone())),
        conversation_id.map(|id| message!("answer-conversation", id = id)),
    ];
    let known = Message::joined(known.into_iter().flatten().collect(), " · ");
    let _ = writeln!(text, "*{}*", title(&session.title(&known)));
    let sources = answer.sources();
    if !sources.is_empty() {
        let _ = write!(text, "\n{}:\n\n", message!("answer-sources-title").text(language));
    }
    for source in sources {
        let _ = writeln!(text, "- {}", title(&source));
    }
    if let Some(asked) = asked {
        let _ = write!(text, "\n{}\n", header(record, &asked).line());
    }
    text
}

/// The data to continue with the answer, even after a restart: the start of a conversation.
pub(crate) fn header(record: &Record, asked: &SentOrder) -> Header {
    let end = record.job.answer().and_then(|answer| answer.end.clone()).unwrap_or_default();
    Header {
        id: record.job.id.clone(),
        conversation_id: end.conversation_id,
        agent: Some(asked.agent.clone()),
        uri: asked.client_uri.to_string(),
        language_id: asked.language_id.to_string(),
        lines: [asked.lines.start, asked.lines.end],
    }
}

fn incomplete(record: &Record, answer: &Answer) -> Option<Message> {
    if answer.is_complete() {
        return None;
    }
    let what = match answer.shortfall().or_else(|| record.failure()) {
        // The reason is one line, and ends before the next step begins.
        Some(reason) => message!("answer-incomplete-because", reason = reason),
        None => message!("answer-incomplete"),
    };
    Some(Message::joined(vec![what, message!("answer-ask-again")], " "))
}

/// The whole document, with the answer so far.
pub(crate) fn document(session: &Session, record: &Record) -> String {
    let below = if record.has_ended() || record.job.answer().is_some_and(|answer| answer.is_complete()) {
        closing(session, record)
    } else {
        format!("\n\n---\n\n*{}*\n", message!("answer-coming-in").text(session.language()))
    };
    let said = || display::sanitize_with_links(record.job.text_after(0).trim_end(), links(record));
    let answer = remarks::rendered(session, &record.job, true).unwrap_or_else(said);
    let text = format!("{}{}{below}", opening(session, record), answer.trim_end());
    let blank = display::below(&text);
    text + blank
}

/// The start of the answer in the form that may be shown, about `chars` characters long, and whether that is all.
pub(crate) fn start(record: &Record, chars: usize) -> (String, bool) {
    let answer = record.job.text_after(0);
    // With the dots, a line that closed a fence may no longer close it.
    let start = display::shortened(&answer, chars);
    (display::sanitize_with_links(&start, links(record)), matches!(start, Cow::Borrowed(_)))
}
