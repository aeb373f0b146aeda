//! Removes old answers and previews, by age and by size, and half-written files of processes that ended. Conversations
//! are the user's own documents. They stay.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::folder::{ANSWERS, File, MAX_AGE, PREVIEWS, files};
use crate::documents::DocumentUri;
use crate::files::UNFINISHED;
use crate::server::session::Session;
use crate::tasks::lock;

/// The folders whose old files are removed.
const FOLDERS: [&str; 2] = [ANSWERS, PREVIEWS];

/// How often a session searches for old files.
const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// While a folder is larger than this, in bytes, its oldest files are removed.
const MAX_BYTES: u64 = 64 << 20;

/// Younger files stay, even if the folder is too large: another editor may show them.
const SPARED_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes old files in the background, at the first write of a session and once a day.
pub(crate) fn now_and_then(session: &Session) {
    let now = SystemTime::now();
    let Some(state) = session.environment.state_dir() else { return };
    if !take_turn(&mut lock(&session.answers.pruned), now) {
        return;
    }
    let open: Vec<PathBuf> = session.documents.open_documents().iter().filter_map(DocumentUri::to_file_path).collect();
    tokio::task::spawn_blocking(move || {
        let old = FOLDERS.iter().flat_map(|folder| surplus(files(&state.join(folder)), now));
        for path in old.chain(left_over(&state, now)).filter(|path| !open.contains(path)) {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::debug!(%error, path = %path.display(), "an old file could not be removed");
            }
        }
    });
}

/// Whether it is time for the next search. A caller that gets `true` searches.
fn take_turn(looked: &mut Option<SystemTime>, now: SystemTime) -> bool {
    let is_due = looked.is_none_or(|looked| now.duration_since(looked).unwrap_or_default() >= INTERVAL);
    if is_due {
        *looked = Some(now);
    }
    is_due
}

/// Half-written files of processes that ended, in the state folder and its subfolders.
fn left_over(state: &Path, now: SystemTime) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(state).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_left = |file: &File| {
        let is_unfinished = file.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
        is_unfinished && file.age(now) > SPARED_AGE
    };
    inside.chain([state.to_owned()]).flat_map(|folder| files(&folder)).filter(is_left).map(|file| file.path).collect()
}

/// The files to remove.
fn surplus(mut files: Vec<File>, now: SystemTime) -> Vec<PathBuf> {
    files.sort_by_key(|file| Reverse(file.written));
    let mut kept = 0_u64;
    files.retain(|file| {
        let (age, sum) = (file.age(now), kept.saturating_add(file.bytes));
        let stays = age < SPARED_AGE || age <= MAX_AGE && sum <= MAX_BYTES;
        if stays {
            kept = sum;
        }
        !stays
    });
    files.into_iter().map(|file| file.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_session_looks_once_a_day() {
        let (mut looked, now) = (None, SystemTime::now());
        assert_eq!([0, 12, 24].map(|hours| take_turn(&mut looked, now + DAY * hours / 24)), [true, false, true]);
    }

    #[test]
    fn old_files_go_and_then_the_oldest_of_too_many_bytes() {
        let now = SystemTime::now();
        let file = |name: &str, mebibytes: u64, days: u32| File {
            written: now - DAY * days,
            bytes: mebibytes << 20,
            path: PathBuf::from(name),
        };
        let gone = |files: Vec<File>| surplus(files, now);
        assert_eq!(gone(vec![file("old", 1, 31), file("young", 1, 29)]), [PathBuf::from("old")]);
        let large = vec![file("c", 30, 4), file("a", 30, 2), file("b", 30, 3)];
        assert_eq!(gone(large), [PathBuf::from("c")]);
        assert!(gone(vec![file("today", 90, 0), file("too", 90, 0)]).is_empty(), "what is of today stays");
    }

    #[test]
    fn unfinished_files_are_found_in_every_folder_after_a_day() {
        let state = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let put = |name: &str, age: Duration| {
            let path = state.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::File::create(&path).unwrap().set_modified(now - age).unwrap();
            path
        };
        let day = SPARED_AGE + Duration::from_secs(60);
        let mut left = [put(".new-a", day), put("waiting/.new-b", day), put("limits/.new-c", 9 * day)];
        put("waiting/.new-d", Duration::from_secs(60));
        put("waiting/01J.json", 9 * day);
        let mut found = left_over(state.path(), now);
        found.sort();
        left.sort();
        assert_eq!(found, left);
    }
}
