//! Answers that are written into a new file, or added to a file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::diff;
use super::encoding::Encoding;
use super::file::TextFile;
use crate::cli::shell::print_message;
use crate::edit;
use crate::i18n::{Language, Message, message};
use crate::job::{DestinationState, Proposal};

/// The new text of the file, and its present text.
pub(super) struct FileUpdate {
    path: PathBuf,
    /// `None` if the file does not exist.
    before: Option<String>,
    after: String,
}

impl FileUpdate {
    /// `None` for an edit of the selection.
    pub(super) fn of(proposal: &Proposal) -> Option<Self> {
        proposal.file_edit()?;
        let edit = proposal.rebased();
        let text = edit.snapshot.text.to_string();
        let after = edit::apply(&text, &edit.changes);
        let before = (edit.destination_state != DestinationState::Absent).then_some(text);
        Some(Self { path: edit.snapshot.uri.to_file_path()?, before, after })
    }

    pub(super) fn diff(&self) -> String {
        diff::unified(&self.path, self.before.as_deref(), &self.after)
    }

    /// Creates the file, or adds to it. Fails if it was created or changed meanwhile, or cannot be written.
    pub(super) fn write(self, language: Language) -> Result<(), Message> {
        let name = self.path.display().to_string();
        let (written, done) = match self.before {
            None => (create(&self.path, &self.after), message!("run-made", file = &name)),
            Some(text) => {
                let file = TextFile { path: self.path, text, encoding: Encoding::Utf8 };
                (file.write(&self.after), message!("run-added-to", file = &name))
            }
        };
        written.map_err(|reason| message!("run-not-written", file = &name, reason = reason))?;
        print_message(&done, language);
        Ok(())
    }
}

fn create(path: &Path, text: &str) -> Result<(), Message> {
    let failed = |error: std::io::Error| message!("run-cannot-write", reason = error.to_string());
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
