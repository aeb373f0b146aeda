//! An answer in a document that grows by edits. If the client does not apply edits, a file that is rewritten.

use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::{file, message, text};
use crate::display;
use crate::documents::{Anchor, DocumentUri, Snapshot};
use crate::server::client::{AnswerCursor, End, InsertionPoint, growing_document, open};
use crate::server::session::{AnswerView, Record, Session};
use crate::server::state_files::{self, ANSWERS};

/// After the end of an answer: how long the server waits for the client to open its document.
const OPENING_TIME: Duration = Duration::from_secs(5);

/// Shows an answer until its end if it `grows`, else in its present form. Returns whether the client opened it.
pub(crate) async fn present(session: &Session, record: &Record, grows: bool) -> bool {
    if !grows || record.has_ended() {
        let Ok(path) = file::write_unless_open(session, record).await else { return false };
        let is_open = open(session, &path, record.is_asked_for()).await;
        if is_open {
            record.state().shown = AnswerView::File;
            if !record.has_ended() {
                record.wait_until_finished().await;
                let _ = file::write_unless_open(session, record).await;
            }
        }
        return is_open;
    }
    // From now on the file belongs to the editor. The editor has read it, and warns if another process changes it.
    record.state().in_the_editor = true;
    let is_shown = show_growing(session, record).await;
    record.state().in_the_editor = false;
    if is_shown {
        file::save(session, record).await;
    }
    is_shown
}

/// Shows an answer in a document that grows with it.
async fn show_growing(session: &Session, record: &Record) -> bool {
    let mut cursor = AnswerCursor::with_links(text::links(record));
    let (mut begun, mut later) = (text::opening(session, record), cursor.next(&record.job));
    // While the answer grows, its last lines come from the agent. An editor that opens it would obey some of them.
    if display::below(&later).is_empty() {
        begun.push_str(&std::mem::take(&mut later));
    }
    let Ok(path) = file::write(session, record, format!("{begun}\n")).await else { return false };
    let take_focus = record.is_asked_for();
    if record.failure().is_some() && !take_focus {
        // The job failed, or was cancelled, before the user saw the answer.
        record.state().shown = AnswerView::Nowhere;
        return true;
    }
    if !open(session, &path, take_focus).await {
        return false;
    }
    let was_asked_for_again = !take_focus && record.is_asked_for();
    record.state().shown = AnswerView::File;
    if was_asked_for_again {
        open(session, &path, true).await;
    }
    let is_whole = match wait_until_open(session, record, &path)
        .await
        .and_then(|document| insertion_anchor(session, &document, &begun))
    {
        Some(tail) => {
            let place = InsertionPoint { tail, replaced: None, prefix: later, cursor };
            let ended = async {
                record.wait_until_finished().await;
                // The document already ends with a line break.
                Some(End { closing: text::closing(session, record).trim_end().to_owned(), first_line: None })
            };
            growing_document::append_until_end(session, &record.job, place, ended).await
        }
        None => false,
    };
    record.wait_until_finished().await;
    let is_open = session.documents.snapshot(DocumentUri::from_file_path(&path).as_str()).is_ok();
    if !is_whole && is_open {
        // The client shows a part of the answer and refuses the rest. Therefore the server does not touch its file.
        let copy =
            state_files::write(session, ANSWERS, &file::copy_name(record), &text::document(session, record)).await;
        record.replace_copy(Some(0));
        session.publish(message::show_as_message(session, record, &copy));
    }
    true
}

/// The document, once the client has it open. Returns `None` if the client does not open it before the answer ends.
async fn wait_until_open(session: &Session, record: &Record, path: &Path) -> Option<Snapshot> {
    let uri = DocumentUri::from_file_path(path);
    let ended = async {
        record.wait_until_finished().await;
        sleep(OPENING_TIME).await;
    };
    tokio::pin!(ended);
    loop {
        let opening = session.answers.opened.notified();
        tokio::pin!(opening);
        opening.as_mut().enable();
        if let Ok(snapshot) = session.documents.snapshot(uri.as_str()) {
            return Some(snapshot);
        }
        tokio::select! {
            () = opening => {}
            () = &mut ended => return None,
        }
    }
}

/// The place after the written text, before the final line break of the file. Returns `None` if the document contains
/// something else.
fn insertion_anchor(session: &Session, document: &Snapshot, begun: &str) -> Option<Anchor> {
    let text = document.text.to_string();
    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    if display::with_lf(text) != begun {
        return None;
    }
    let (start, _) = text.char_indices().next_back()?;
    session.documents.anchor(document, start..text.len()).ok()
}
