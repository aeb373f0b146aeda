//! Nothing that was paid for is lost: each answer is written into its file while it grows, whoever shows it, and finished at
//! every end. What the client has open as a file of its own is not touched; the answer is kept beside it until it is settled.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::{file, text};
use crate::server::session::Session;
use crate::server::session::records::Record;
use crate::server::state_files::{self, ANSWERS};
use crate::server::wire::names;
use crate::tasks;

/// How often a growing answer is written, up to so many bytes; larger ones less often, for each time writes the whole.
const INTERVAL: Duration = Duration::from_millis(500);
const SMALL_BYTES: u32 = 256 << 10;
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// Keeps the answer of a job from its first words to its end.
pub(crate) fn begin(session: &Arc<Session>, record: Arc<Record>) {
    let session = Arc::clone(session);
    tasks::spawn("keeping an answer", async move {
        text::first_words(&record).await;
        let mut kept = 0;
        while !record.has_ended() {
            let length = record.job.text_len();
            if length > kept {
                kept = length;
                // What went wrong is in the log; whoever shows the answer says so.
                let _ = keep(&session, &record).await;
            }
            tokio::select! {
                () = record.over() => {}
                () = sleep(pause(length)) => {}
            }
        }
        if text::has_words(&record) {
            let _ = keep(&session, &record).await;
        }
    });
}

/// Until an answer of so many bytes is written again.
fn pause(bytes: usize) -> Duration {
    let times = u32::try_from(bytes).unwrap_or(u32::MAX) / SMALL_BYTES;
    (INTERVAL * times.clamp(1, 1_000)).min(LONGEST_INTERVAL)
}

/// Writes the answer as far as it has come.
///
/// # Errors
/// Those of the file system, and that there is no state directory.
pub(crate) async fn keep(session: &Session, record: &Record) -> io::Result<()> {
    if file::is_left_to_the_editor(session, record)? {
        let text = text::document(session, record);
        if record.replace_copy(Some(state_files::fingerprint(text.as_bytes()))) {
            state_files::write(session, ANSWERS, &file::copy_name(record), &text).await?;
        }
        return Ok(());
    }
    file::settle(session, record).await.map(|_| ())
}

/// The file of an answer of an earlier session, by the id of its job; without one the latest.
pub(crate) async fn earlier(session: &Session, id: Option<&str>) -> Option<PathBuf> {
    let folder = state_files::place(session, ANSWERS, "").ok()?;
    let id = id.map(str::to_owned);
    let found = tokio::task::spawn_blocking(move || {
        let mut files: Vec<(SystemTime, u64, String, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Some(about) = entry.metadata().ok().filter(std::fs::Metadata::is_file) else { continue };
            let is_wanted = match &id {
                Some(id) => names::is_of(&name, id),
                None => names::tag(&name).is_some(),
            };
            if is_wanted {
                files.push((about.modified().ok()?, about.len(), name, entry.path()));
            }
        }
        let (_, _, latest, _) = files.iter().max()?;
        let tag = names::tag(latest)?;
        // Of two files of one job the larger one holds more.
        let of_its_job = files.iter().filter(|(_, _, name, _)| names::tag(name) == Some(tag));
        of_its_job.max_by_key(|(_, bytes, _, _)| *bytes).map(|(_, _, _, path)| path.clone())
    });
    found.await.ok().flatten()
}
