//! Answers that go into a file of their own, or that are added to one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::diff;
use super::file::TextFile;
use crate::cli::shell::{Failure, Target, say};
use crate::edit;
use crate::job::{Origin, Proposal};

/// The file as it would be, and how it is now.
pub(super) struct FiledEdit {
    path: PathBuf,
    /// `None` where it does not exist.
    before: Option<String>,
    after: String,
}

impl FiledEdit {
    /// `None` for an edit of the selection.
    pub(super) fn of(proposal: &Proposal) -> Option<Self> {
        proposal.filed()?;
        let edit = proposal.rebased();
        let text = edit.snapshot.text.to_string();
        let after = edit::apply(&text, &edit.changes);
        let before = (edit.origin != Origin::Absent).then_some(text);
        Some(Self { path: edit.snapshot.uri.to_file_path()?, before, after })
    }

    pub(super) fn diff(&self) -> String {
        diff::unified(&self.path, self.before.as_deref(), &self.after)
    }

    /// Makes the file, or adds to it.
    ///
    /// # Errors
    /// Where it exists by now, or is another one by now, or cannot be written.
    pub(super) fn write(self) -> Result<(), Failure> {
        let name = self.path.display().to_string();
        let (written, what) = match self.before {
            None => (create(&self.path, &self.after), "was made"),
            Some(text) => (TextFile { path: self.path, text }.write(&self.after), "was added to"),
        };
        written.map_err(|reason| Failure::Said(format!("{name} was not written. {reason}")))?;
        say(&format!("{name} {what}."));
        Ok(())
    }
}

fn create(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("It cannot be written ({error}).");
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
