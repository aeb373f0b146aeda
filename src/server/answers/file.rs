//! Answers as Markdown files of the state directory. No paid answer is lost: the server writes each answer into its
//! file while it grows, and at every end. If the client has the file open and edits it, the server does not touch it.
//! Then it keeps the answer in a second file.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::text;
use crate::documents::DocumentUri;
use crate::server::session::{Record, Session};
use crate::server::state_files::{self, ANSWERS, File};
use crate::server::wire::names;

/// How often a growing answer of up to this size is written. Longer ones are written less often.
const INTERVAL: Duration = Duration::from_millis(500);
const SMALL_BYTES: u32 = 256 << 10;
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// Writes the answer of a job to its file, from the first words to the end.
pub(crate) fn save_while_streaming(session: &Arc<Session>, record: Arc<Record>) {
    session.spawn("keeping an answer", |session| async move {
        text::first_words(&record).await;
        let mut kept = 0;
        while !record.has_ended() {
            let length = record.job.text_len();
            if length > kept {
                kept = length;
                save(&session, &record).await;
            }
            tokio::select! {
                () = record.wait_until_finished() => {}
                () = sleep(pause(length)) => {}
            }
        }
        save(&session, &record).await;
    });
}

/// The pause before an answer of this many bytes is written again.
fn pause(bytes: usize) -> Duration {
    let times = u32::try_from(bytes).unwrap_or(u32::MAX) / SMALL_BYTES;
    (INTERVAL * times.clamp(1, 1_000)).min(LONGEST_INTERVAL)
}

/// Writes the answer so far, if it has words. Errors go to the log; the code that shows the answer reports them.
pub(crate) async fn save(session: &Session, record: &Record) {
    if !text::has_words(record) {
        return;
    }
    if !is_left_to_the_editor(session, record) {
        let _ = write_unless_open(session, record).await;
        return;
    }
    let text = text::document(session, record);
    if record.replace_copy(Some(state_files::fingerprint(text.as_bytes()))) {
        let _ = state_files::write(session, ANSWERS, &copy_name(record), &text).await;
    }
}

/// The file of an answer. Errors: there is no state directory.
pub(crate) fn path(session: &Session, record: &Record) -> io::Result<PathBuf> {
    state_files::state_path(session, ANSWERS, &text::file_name(record))
}

/// Whether the client has the file open and edits it, or is about to.
fn is_left_to_the_editor(session: &Session, record: &Record) -> bool {
    let is_open = |path: PathBuf| session.documents.snapshot(DocumentUri::from_file_path(&path).as_str()).is_ok();
    record.state().in_the_editor || session.profile.apply_edit && path(session, record).is_ok_and(is_open)
}

/// Writes a text as the answer's own file. Errors: those of the file system, or there is no state directory.
pub(crate) async fn write(session: &Session, record: &Record, text: String) -> io::Result<PathBuf> {
    let _one_at_a_time = record.file.lock().await;
    let fingerprint = state_files::fingerprint(text.as_bytes());
    let path = state_files::write(session, ANSWERS, &text::file_name(record), &text).await?;
    record.state().written = Some(fingerprint);
    Ok(path)
}

/// Writes the present document, unless the client has it open or another process changed it. Errors: see [`write()`].
pub(crate) async fn write_unless_open(session: &Session, record: &Record) -> io::Result<PathBuf> {
    if is_left_to_the_editor(session, record) { path(session, record) } else { write_whole(session, record).await }
}

/// The same, but even if the client has it open.
pub(crate) async fn write_whole(session: &Session, record: &Record) -> io::Result<PathBuf> {
    let path = path(session, record)?;
    let _one_at_a_time = record.file.lock().await;
    let text = text::document(session, record);
    let (fingerprint, before) = (state_files::fingerprint(text.as_bytes()), record.state().written);
    if state_files::replace(session, &path, text, before).await? {
        record.state().written = Some(fingerprint);
        // The answer's own file contains all of it: no second file is needed.
        if record.replace_copy(None)
            && let Ok(copy) = state_files::state_path(session, ANSWERS, &copy_name(record))
        {
            state_files::remove(&copy).await;
        }
    }
    Ok(path)
}

/// The name of the second file, beside the answer's own.
pub(crate) fn copy_name(record: &Record) -> String {
    format!("whole-{}", text::file_name(record))
}

/// The file of an answer of an earlier session, by the id of its job. Without an id, the latest file.
pub(crate) async fn earlier(session: &Session, id: Option<&str>) -> Option<PathBuf> {
    let folder = state_files::state_path(session, ANSWERS, "").ok()?;
    let id = id.map(str::to_owned);
    let found = tokio::task::spawn_blocking(move || {
        let is_wanted = |name: &str| match &id {
            Some(id) => names::is_of(name, id),
            None => names::tag(name).is_some(),
        };
        let mut files = state_files::files(&folder);
        files.retain(|file| file.name().is_some_and(is_wanted));
        let tag = |file: &File| names::tag(file.name()?).map(str::to_owned);
        let latest = tag(files.iter().max()?);
        // If a job has two files, the larger one contains more.
        files.into_iter().filter(|file| tag(file) == latest).max_by_key(|file| file.bytes).map(|file| file.path)
    });
    found.await.ok().flatten()
}
