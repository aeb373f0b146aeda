//! Answers as Markdown files of the state directory, and the copy beside one that the client has open.

use std::io;
use std::path::PathBuf;

use super::text;
use crate::documents::DocumentUri;
use crate::server::session::Session;
use crate::server::session::records::Record;
use crate::server::state_files::{self, ANSWERS};

/// The file of an answer.
///
/// # Errors
/// Where there is no state directory.
pub(crate) fn path(session: &Session, record: &Record) -> io::Result<PathBuf> {
    state_files::place(session, ANSWERS, &text::file_name(record))
}

/// Whether the client has the file open and changes it by itself, or is about to.
///
/// # Errors
/// Where there is no state directory.
pub(crate) fn is_left_to_the_editor(session: &Session, record: &Record) -> io::Result<bool> {
    let path = path(session, record)?;
    let is_open = || session.documents.snapshot(DocumentUri::from_file_path(&path).as_str()).is_ok();
    Ok(record.in_the_editor() || session.profile.apply_edit && is_open())
}

/// Writes a text as the answer's own file.
///
/// # Errors
/// Those of the file system, and that there is no state directory.
pub(crate) async fn write(session: &Session, record: &Record, text: String) -> io::Result<PathBuf> {
    let _one_at_a_time = record.file.lock().await;
    let fingerprint = state_files::fingerprint(text.as_bytes());
    let path = state_files::write(session, ANSWERS, &text::file_name(record), &text).await?;
    record.set_fingerprint(fingerprint);
    Ok(path)
}

/// Writes the document as it is now, unless the client has it open, or somebody else wrote into it.
///
/// # Errors
/// Those of the file system, and that there is no state directory.
pub(crate) async fn settle(session: &Session, record: &Record) -> io::Result<PathBuf> {
    let path = path(session, record)?;
    if is_left_to_the_editor(session, record)? {
        return Ok(path);
    }
    write_whole(session, record, path).await
}

/// The same although the client has it open, for it is about to go.
pub(crate) async fn leave(session: &Session, record: &Record) {
    if let Ok(path) = path(session, record) {
        // What went wrong is in the log.
        let _ = write_whole(session, record, path).await;
    }
}

async fn write_whole(session: &Session, record: &Record, path: PathBuf) -> io::Result<PathBuf> {
    let _one_at_a_time = record.file.lock().await;
    let text = text::document(session, record);
    let fingerprint = state_files::fingerprint(text.as_bytes());
    if state_files::replace(session, &path, text, record.written()).await? {
        record.set_fingerprint(fingerprint);
        settled(session, record).await;
    }
    Ok(path)
}

/// The answer's own file holds all of it: nothing has to be kept beside it.
async fn settled(session: &Session, record: &Record) {
    if record.replace_copy(None)
        && let Ok(copy) = state_files::place(session, ANSWERS, &copy_name(record))
    {
        state_files::remove(&copy).await;
    }
}

/// The name of the file beside the answer's own.
pub(crate) fn copy_name(record: &Record) -> String {
    format!("whole-{}", text::file_name(record))
}
