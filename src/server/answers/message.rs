//! Answers as messages, for clients that do not open documents and for users who want no documents.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use super::file;
use crate::display;
use crate::i18n::{Message, message};
use crate::server::client::open;
use crate::server::remarks;
use crate::server::session::{Feedback, Record, Session};

/// The longest answer in a message, in characters.
const CHARS: usize = 4_000;

/// Shows the answer so far as a message. A long one is written to its file, and the message names the file.
pub(crate) async fn show(session: &Session, record: &Record) -> Feedback {
    show_as_message(session, record, &file::write_unless_open(session, record).await)
}

/// The same if the whole answer was already written, or the write failed.
pub(crate) fn show_as_message(session: &Session, record: &Record, written: &io::Result<PathBuf>) -> Feedback {
    let answer = remarks::rendered(session, &record.job, false);
    let answer = answer.unwrap_or_else(|| display::sanitize_start(&record.job.text_after(0), CHARS));
    let note = match record.job.answer() {
        Some(answer) if answer.is_complete() => None,
        _ if answer.is_empty() => Some(message!("answer-empty", title = &record.job.action.title)),
        Some(_) => Some(message!("answer-incomplete")),
        None => Some(message!("answer-coming-in")),
    };
    let note = note.map(|note| note.text(session.language()));
    let text = match (shortened(session, answer, written), note) {
        (text, None) => text,
        (text, Some(note)) if text.is_empty() => note,
        (text, Some(note)) => format!("{text}\n\n({note})"),
    };
    Feedback::whole(Message::verbatim(text))
}

/// The user asked for this text: shows the document that contains it. If the client does not open documents, shows its
/// start as a message.
pub(crate) async fn open_or_show(session: &Session, text: String, written: io::Result<PathBuf>) -> Feedback {
    if session.profile.show_document
        && let Ok(path) = &written
        && open(session, path, true).await
    {
        return Feedback::none();
    }
    Feedback::whole(Message::verbatim(shortened(session, text, &written)))
}

/// The start of a text that fits into a message, followed by the path of the whole text.
fn shortened(session: &Session, text: String, written: &io::Result<PathBuf>) -> String {
    let Cow::Owned(start) = display::shortened(&text, CHARS) else { return text };
    let whole = match written {
        Ok(path) => message!("answer-whole", path = path.display().to_string()),
        Err(error) => message!("answer-not-written", error = error.to_string()),
    };
    format!("{start}\n\n{}", whole.text(session.language()))
}
