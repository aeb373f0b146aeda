//! Answers as Markdown files of the state directory. One that the client has open grows by edits; else it is written.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::record::{Record, Shown};
use super::{FOLDER, files, keeper, message, open, text};
use crate::display;
use crate::documents::{Anchor, DocumentUri, Snapshot};
use crate::server::growth::{self, End, Place, Reading};
use crate::server::markdown;
use crate::server::session::Session;

/// How long after its end an answer still waits for the client to have opened its document.
const OPENING_TIME: Duration = Duration::from_secs(5);

/// The file of an answer.
///
/// # Errors
/// Where there is no state directory.
pub(super) fn path(session: &Session, record: &Record) -> io::Result<PathBuf> {
    files::place(session, FOLDER, &text::file_name(record))
}

/// Shows an answer until it has ended, where it `grows`, else as it is now; tells whether the client opened it.
pub(super) async fn present(session: &Session, record: &Record, grows: bool) -> bool {
    let is_asked_for = || record.shown() == Shown::Coming(true);
    if !grows || record.has_ended() {
        let Ok(path) = settle(session, record).await else { return false };
        let take_focus = is_asked_for();
        let is_open = open(session, &path, take_focus).await;
        if is_open {
            record.is_shown(Shown::File);
            if !record.has_ended() {
                record.over().await;
                let _ = settle(session, record).await;
            }
        }
        return is_open;
    }
    // From now on the file is the editor's: it reads it, and warns where it changes behind its back.
    record.is_in_the_editor(true);
    let is_shown = grow(session, record, is_asked_for).await;
    record.is_in_the_editor(false);
    if is_shown {
        let _ = keeper::keep(session, record).await;
    }
    is_shown
}

/// Shows an answer in a document that grows with it.
async fn grow(session: &Session, record: &Record, is_asked_for: impl Fn() -> bool) -> bool {
    let mut reading = Reading::with_links(text::links(record));
    let (mut begun, mut later) = (text::opening(session, record), reading.next(&record.job));
    // As long as it grows, its last lines are the agent's, and an editor that opens it would obey some.
    if display::below(&later).is_empty() {
        begun.push_str(&std::mem::take(&mut later));
    }
    let Ok(path) = write(session, record, format!("{begun}\n")).await else { return false };
    let take_focus = is_asked_for();
    if record.failure().is_some() && !take_focus {
        // It failed, or was cancelled, before it was seen.
        record.is_shown(Shown::Nowhere);
        return true;
    }
    if !open(session, &path, take_focus).await {
        return false;
    }
    let was_asked_for_again = !take_focus && is_asked_for();
    record.is_shown(Shown::File);
    if was_asked_for_again {
        open(session, &path, true).await;
    }
    let is_whole = match opened(session, record, &path).await.and_then(|document| place(session, &document, &begun)) {
        Some(tail) => {
            let place = Place { tail, replaced: None, opening: later, reading };
            let ended = async {
                record.over().await;
                // The document ends with a line break already.
                Some(End { closing: text::closing(session, record).trim_end().to_owned(), first_line: None })
            };
            growth::grow(session, &record.job, place, ended).await
        }
        None => false,
    };
    record.over().await;
    let is_open = session.documents.snapshot(DocumentUri::from_file_path(&path).as_str()).is_ok();
    if !is_whole && is_open {
        // The client shows a part of the answer and takes no more of it: its file is better left alone.
        let copy = files::write(session, FOLDER, &keeper::copy_name(record), &text::document(session, record)).await;
        record.has_copy(Some(0));
        message::say(session, record, copy);
    }
    true
}

/// Whether the client has the file open and changes it by itself, or is about to.
///
/// # Errors
/// Where there is no state directory.
pub(super) fn is_left_to_the_editor(session: &Session, record: &Record) -> io::Result<bool> {
    let path = path(session, record)?;
    let is_open = || session.documents.snapshot(DocumentUri::from_file_path(&path).as_str()).is_ok();
    Ok(record.in_the_editor() || session.profile.apply_edit && is_open())
}

/// The document, once the client has it open; `None` where it does not open it before the answer ended.
async fn opened(session: &Session, record: &Record, path: &Path) -> Option<Snapshot> {
    let uri = DocumentUri::from_file_path(path);
    let ended = async {
        record.over().await;
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

/// The place behind what was written, before the line break that every file ends with; `None` where the document holds
/// something else.
fn place(session: &Session, document: &Snapshot, begun: &str) -> Option<Anchor> {
    let text = document.text.to_string();
    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    if markdown::in_lf(text) != begun {
        return None;
    }
    let (start, _) = text.char_indices().next_back()?;
    session.documents.anchor(document, start..text.len()).ok()
}

async fn write(session: &Session, record: &Record, text: String) -> io::Result<PathBuf> {
    let _one_at_a_time = record.file.lock().await;
    let fingerprint = files::fingerprint(text.as_bytes());
    let path = files::write(session, FOLDER, &text::file_name(record), &text).await?;
    record.is_written(fingerprint);
    Ok(path)
}

/// Writes the document as it is now, unless the client has it open, or somebody else wrote into it.
///
/// # Errors
/// Those of the file system, and that there is no state directory.
pub(super) async fn settle(session: &Session, record: &Record) -> io::Result<PathBuf> {
    let path = path(session, record)?;
    if is_left_to_the_editor(session, record)? {
        return Ok(path);
    }
    write_whole(session, record, path).await
}

/// The same although the client has it open, for it is about to go.
pub(super) async fn leave(session: &Session, record: &Record) {
    if let Ok(path) = path(session, record) {
        // What went wrong is in the log.
        let _ = write_whole(session, record, path).await;
    }
}

async fn write_whole(session: &Session, record: &Record, path: PathBuf) -> io::Result<PathBuf> {
    let _one_at_a_time = record.file.lock().await;
    let text = text::document(session, record);
    let fingerprint = files::fingerprint(text.as_bytes());
    if files::replace(session, &path, text, record.written()).await? {
        record.is_written(fingerprint);
        keeper::settled(session, record).await;
    }
    Ok(path)
}
