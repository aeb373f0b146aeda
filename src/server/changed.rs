//! Where `git` can be asked what changed, so that menus know it without looking at a disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::session::Session;
use super::tasks;
use crate::documents::DocumentUri;
use crate::job::is_in_work_tree;

/// The folders that are known to lie in a work tree.
#[derive(Default)]
pub(crate) struct WorkTrees(Mutex<HashSet<PathBuf>>);

impl WorkTrees {
    /// Whether the document is known to be a file in a work tree.
    pub(super) fn have(&self, document: &DocumentUri) -> bool {
        let folder = document.to_file_path().and_then(|path| path.parent().map(Path::to_owned));
        folder.is_some_and(|folder| self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&folder))
    }

    fn learn(&self, folder: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(folder);
    }
}

/// A document was opened: whether it lies in a work tree is found out meanwhile.
pub(super) fn opened(session: &Arc<Session>, document: &DocumentUri) {
    let Some(path) = document.to_file_path().filter(|_| !session.work_trees.have(document)) else { return };
    let session = Arc::clone(session);
    tasks::spawn("looking for a work tree", async move {
        let Some(folder) = path.parent().map(Path::to_owned) else { return };
        // Most of what is outside of any has no such entry above it, and no process is started for that.
        let from = folder.clone();
        let looking = move || from.ancestors().any(|folder| folder.join(".git").exists());
        if tokio::task::spawn_blocking(looking).await.unwrap_or(false) && is_in_work_tree(&path).await {
            session.work_trees.learn(folder);
        }
    });
}
