//! Answers as Markdown files of the state directory. Nothing that was paid for is lost: each answer is written into its file
//! while it grows, whoever shows it, and finished at every end. What the client has open as a file of its own is not touched; the
//! answer is kept beside it until it is settled.

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

/// How often a growing answer is written, up to so many bytes; larger ones less often, for each time writes the whole.
const INTERVAL: Duration = Duration::from_millis(500);
const SMALL_BYTES: u32 = 256 << 10;
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// Keeps the answer of a job from its first words to its end.
pub(crate) fn keep_from_now_on(session: &Arc<Session>, record: Arc<Record>) {
    session.spawn("keeping an answer", |session| async move {
        text::first_words(&record).await;
        let mut kept = 0;
        while !record.has_ended() {
            let length = record.job.text_len();
            if length > kept {
                kept = length;
                keep(&session, &record).await;
            }
            tokio::select! {
                () = record.over() => {}
                () = sleep(pause(length)) => {}
            }
        }
        keep(&session, &record).await;
    });
}

/// Until an answer of so many bytes is written again.
fn pause(bytes: usize) -> Duration {
    let times = u32::try_from(bytes).unwrap_or(u32::MAX) / SMALL_BYTES;
    (INTERVAL * times.clamp(1, 1_000)).min(LONGEST_INTERVAL)
}

/// Writes the answer as far as it has come, if it has. What goes wrong is in the log; whoever shows the answer says so.
pub(crate) async fn keep(session: &Session, record: &Record) {
    if !text::has_words(record) {
        return;
    }
    if !is_left_to_the_editor(session, record) {
        let _ = settle(session, record).await;
        return;
    }
    let text = text::document(session, record);
    if record.replace_copy(Some(state_files::fingerprint(text.as_bytes()))) {
        let _ = state_files::write(session, ANSWERS, &copy_name(record), &text).await;
    }
}

/// The file of an answer. Errors: there is no state directory.
pub(crate) fn path(session: &Session, record: &Record) -> io::Result<PathBuf> {
    state_files::place(session, ANSWERS, &text::file_name(record))
}

/// Whether the client has the file open and changes it by itself, or is about to.
fn is_left_to_the_editor(session: &Session, record: &Record) -> bool {
    let is_open = |path: PathBuf| session.documents.snapshot(DocumentUri::from_file_path(&path).as_str()).is_ok();
    record.state().in_the_editor || session.profile.apply_edit && path(session, record).is_ok_and(is_open)
}

/// Writes a text as the answer's own file. Errors: those of the file system, and that there is no state directory.
pub(crate) async fn write(session: &Session, record: &Record, text: String) -> io::Result<PathBuf> {
    let _one_at_a_time = record.file.lock().await;
    let fingerprint = state_files::fingerprint(text.as_bytes());
    let path = state_files::write(session, ANSWERS, &text::file_name(record), &text).await?;
    record.state().written = Some(fingerprint);
    Ok(path)
}

/// Writes the document as it is now, unless the client has it open, or somebody else wrote into it. Errors: as of [`write()`].
pub(crate) async fn settle(session: &Session, record: &Record) -> io::Result<PathBuf> {
    if is_left_to_the_editor(session, record) { path(session, record) } else { write_whole(session, record).await }
}

/// The same although the client has it open.
pub(crate) async fn write_whole(session: &Session, record: &Record) -> io::Result<PathBuf> {
    let path = path(session, record)?;
    let _one_at_a_time = record.file.lock().await;
    let text = text::document(session, record);
    let (fingerprint, before) = (state_files::fingerprint(text.as_bytes()), record.state().written);
    if state_files::replace(session, &path, text, before).await? {
        record.state().written = Some(fingerprint);
        // The answer's own file holds all of it: nothing has to be kept beside it.
        if record.replace_copy(None)
            && let Ok(copy) = state_files::place(session, ANSWERS, &copy_name(record))
        {
            state_files::remove(&copy).await;
        }
    }
    Ok(path)
}

/// The name of the file beside the answer's own.
pub(crate) fn copy_name(record: &Record) -> String {
    format!("whole-{}", text::file_name(record))
}

/// The file of an answer of an earlier session, by the id of its job; without one the latest.
pub(crate) async fn earlier(session: &Session, id: Option<&str>) -> Option<PathBuf> {
    let folder = state_files::place(session, ANSWERS, "").ok()?;
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
        // Of two files of one job the larger one holds more.
        files.into_iter().filter(|file| tag(file) == latest).max_by_key(|file| file.bytes).map(|file| file.path)
    });
    found.await.ok().flatten()
}
