//! The folders where `git` knows the changes. Menus use them and do not read the disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::documents::DocumentUri;
use crate::job::is_in_work_tree;
use crate::tasks::{self, lock};

/// The folders that are in a work tree.
#[derive(Default)]
pub(crate) struct WorkTrees(Arc<Mutex<HashSet<PathBuf>>>);

impl WorkTrees {
    /// Whether the document is a file in a known work tree.
    pub(crate) fn have(&self, document: &DocumentUri) -> bool {
        document.to_file_path().and_then(|path| Some(lock(&self.0).contains(path.parent()?))).unwrap_or(false)
    }

    /// A document was opened: the server finds out in the background if it is in a work tree.
    pub(crate) fn on_did_open(&self, document: &DocumentUri) {
        let Some(path) = document.to_file_path().filter(|_| !self.have(document)) else { return };
        let known = Arc::clone(&self.0);
        tasks::spawn("looking for a work tree", async move {
            let Some(folder) = path.parent().map(Path::to_owned) else { return };
            // Most folders outside of a work tree have no `.git` above them. No process is started for these.
            let from = folder.clone();
            let looking = move || from.ancestors().any(|folder| folder.join(".git").exists());
            if tokio::task::spawn_blocking(looking).await.unwrap_or(false) && is_in_work_tree(&path).await {
                lock(&known).insert(folder);
            }
        });
    }
}
