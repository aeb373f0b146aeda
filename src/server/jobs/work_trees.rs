//! Where `git` can be asked what changed, so that menus know it without looking at a disk.

use std::path::Path;
use std::sync::Arc;

use crate::documents::DocumentUri;
use crate::job::is_in_work_tree;
use crate::server::session::Session;
use crate::tasks;

/// A document was opened: whether it lies in a work tree is found out meanwhile.
pub(crate) fn on_did_open(session: &Arc<Session>, document: &DocumentUri) {
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
