//! Permanent confirmations of the user. They apply to this session and, through a file in the state folder, to later
//! ones. The server and the shell share the file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::MutexGuard;

use crate::config::Environment;
use crate::files;
use crate::tasks::lock;

/// The longest file of confirmations that is read, in bytes.
const LONGEST_FILE: u64 = 4 << 20;

/// A set of items; the user is asked once about each.
pub(crate) struct Confirmed<T> {
    /// Where it is stored. Without a state folder it is valid for this session alone.
    path: Option<PathBuf>,
    in_session: Mutex<BTreeSet<T>>,
    asking: tokio::sync::Mutex<()>,
}

impl<T: Ord + Clone + Send + Serialize + DeserializeOwned + 'static> Confirmed<T> {
    /// A set that is stored in the file of this name.
    pub(crate) fn in_file(environment: &Environment, file_name: &str) -> Self {
        let path = environment.state_dir().map(|folder| folder.join(file_name));
        Self { path, in_session: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// The right to ask. It is a lock, so that two jobs do not ask the same question.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.asking.lock().await
    }

    /// Whether the user confirmed it, in this session or an earlier one.
    pub(crate) async fn holds(&self, wanted: &T) -> bool {
        if lock(&self.in_session).contains(wanted) {
            return true;
        }
        let (Some(path), wanted) = (self.path.clone(), wanted.clone()) else { return false };
        tokio::task::spawn_blocking(move || read_confirmed::<T>(&path).contains(&wanted)).await.unwrap_or(false)
    }

    /// Stores it for this session and, if the file can be written, for later ones.
    pub(crate) async fn remember(&self, confirmed: T) {
        lock(&self.in_session).insert(confirmed.clone());
        let Some(path) = self.path.clone() else { return };
        let written = tokio::task::spawn_blocking(move || {
            let mut all = read_confirmed(&path);
            all.insert(confirmed);
            files::replace_private(&path, serde_json::to_string_pretty(&all)?.as_bytes())
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "a confirmation is valid only for this session: it could not be written");
            }
            Err(error) => tracing::error!(%error, "writing a confirmation failed by a bug"),
        }
    }
}

/// Reads the file. A missing file, a broken one, or one that others may write confirms nothing.
fn read_confirmed<T: Ord + DeserializeOwned>(path: &Path) -> BTreeSet<T> {
    if files::is_open_to_others(path) {
        tracing::warn!(file = %path.display(), "other users can write the file of confirmations, so it is ignored");
        return BTreeSet::new();
    }
    let text = files::read_first_bytes(path, LONGEST_FILE).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}
