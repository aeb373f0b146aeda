//! The folders that are known to lie in a work tree of git, so that menus know it without looking at a disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::documents::DocumentUri;

/// The folders that are known to lie in a work tree.
#[derive(Default)]
pub(crate) struct WorkTrees(Mutex<HashSet<PathBuf>>);

impl WorkTrees {
    /// Whether the document is known to be a file in a work tree.
    pub(crate) fn have(&self, document: &DocumentUri) -> bool {
        let folder = document.to_file_path().and_then(|path| path.parent().map(Path::to_owned));
        folder.is_some_and(|folder| self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&folder))
    }

    pub(crate) fn learn(&self, folder: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(folder);
    }
}
