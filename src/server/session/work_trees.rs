//! Where `git` can be asked what changed, so that menus know it without looking at a disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::documents::DocumentUri;
use crate::job::is_in_work_tree;
use crate::tasks::{self, lock};

/// The folders that are known to lie in a work tree.
#[derive(Default)]
pub(crate) struct WorkTrees(Arc<Mutex<HashSet<PathBuf>>>);

impl WorkTrees {
    /// Whether the document is known to be a file in a work tree.
    pub(crate) fn have(&self, document: &DocumentUri) -> bool {
        document.to_file_path().and_then(|path| Some(lock(&self.0).contains(path.parent()?))).unwrap_or(false)
    }

    /// A document was opened: whether it lies in a work tree is found out meanwhile.
    pub(crate) fn on_did_open(&self, document: &DocumentUri) {
        let Some(path) = document.to_file_path().filter(|_| !self.have(document)) else { return };
        let known = Arc::clone(&self.0);
        tasks::spawn("looking for a work tree", async move {
            let Some(folder) = path.parent().map(Path::to_owned) else { return };
            // Most of what is outside of any has no such entry above it, and no process is started for that.
            let from = folder.clone();
            let looking = move || from.ancestors().any(|folder| folder.join(".git").exists());
            if tokio::task::spawn_blocking(looking).await.unwrap_or(false) && is_in_work_tree(&path).await {
                lock(&known).insert(folder);
            }
        });
    }
}
