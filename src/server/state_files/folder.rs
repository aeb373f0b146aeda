//! The folders of the state directory, and the files in them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folder of answers, in the state directory.
pub(crate) const ANSWERS: &str = "answers";

/// The folder of previews, in the state directory.
pub(crate) const PREVIEWS: &str = "previews";

/// The folder of conversations, in the state directory.
pub(crate) const CONVERSATIONS: &str = "conversations";

/// Answers, previews and edits without a decision are removed after this time.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A file of a folder. The file that was written later is the larger one in the order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct File {
    pub(crate) written: SystemTime,
    pub(crate) bytes: u64,
    pub(crate) path: PathBuf,
}

impl File {
    pub(crate) fn name(&self) -> Option<&str> {
        self.path.file_name()?.to_str()
    }

    /// The time since it was written.
    pub(crate) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.written).unwrap_or_default()
    }
}

/// The files of a folder. Links are not followed, and subfolders are not read.
pub(crate) fn files(folder: &Path) -> Vec<File> {
    let file = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let about = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(File { written: about.modified().ok()?, bytes: about.len(), path: entry.path() })
    };
    std::fs::read_dir(folder).into_iter().flatten().filter_map(file).collect()
}
