//! What is around a document, as far as a prompt may draw on it.

use std::path::PathBuf;

use crate::documents::Snapshot;

/// The name of the user's own file of rules, beside `config.toml`.
pub(crate) const USER_RULES: &str = "rules.md";

/// What is around a document, at the moment in which something is asked about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workspace {
    /// The folders of the workspace.
    pub folders: Vec<PathBuf>,
    /// The user's own file of rules, whether it exists or not.
    pub user_rules: Option<PathBuf>,
    /// The documents that are open, where the prompt is to draw on them; else none.
    pub open_documents: Vec<Snapshot>,
}
