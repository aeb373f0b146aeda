//! What the user added by hand to what the next question carries: what it is, and what it says when the question goes out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Workspace;
use super::changed::diff;
use crate::actions::context::{AddedKind, AddedPart};
use crate::documents::{DocumentStore, DocumentUri};
use crate::i18n::{Message, message};
use crate::{encoding, files};

/// No file is read further, in bytes: it would be over every budget.
const LONGEST_FILE: u64 = 16 << 20;

/// A part that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    /// Its number in this session.
    pub id: u64,
    /// What it is.
    pub what: Addition,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Addition {
    /// A file or an open document, as it is when the question goes out.
    File(DocumentUri),
    /// Whole lines of a document, as they were when they were added.
    Lines {
        /// The document.
        document: DocumentUri,
        /// The number of the first line, counted from one.
        first_line: usize,
        /// The lines.
        text: String,
    },
    /// What the editor reported of a document when it was added.
    Problems {
        /// The document.
        document: DocumentUri,
        /// The problems, a line each.
        text: String,
    },
    /// What changed in the repository around this folder since the last commit, as it is when the question goes out.
    Changes {
        /// The folder.
        folder: PathBuf,
    },
}

/// A part that was added, with its text of today.
#[derive(Debug, Clone)]
pub(crate) struct ReadPart {
    /// What goes into the prompt.
    pub part: AddedPart,
    /// The files that it is of, which the guard judges by their names.
    pub files: Vec<PathBuf>,
}

impl Addition {
    /// Reads it as it is now.
    ///
    /// # Errors
    /// A sentence that names what cannot be read, and why.
    pub(crate) async fn read(&self, documents: &DocumentStore, workspace: &Workspace) -> Result<ReadPart, Message> {
        match self {
            Self::File(uri) => {
                let name = name_of(uri, workspace);
                let path = uri.to_file_path();
                let text = match (documents.snapshot(uri.as_str()), &path) {
                    (Ok(open), _) => open.text.to_string(),
                    (Err(_), Some(path)) => from_disk(path.clone(), &name).await?,
                    (Err(_), None) => {
                        let cause = message!("added-not-open");
                        return Err(message!("added-unreadable", name = name.to_string(), cause = cause));
                    }
                };
                let part = AddedPart { kind: AddedKind::File, name, first_line: 1, text };
                Ok(ReadPart { part, files: uri.path_of_any_scheme().into_iter().collect() })
            }
            Self::Lines { document, first_line, text } => {
                let (name, text) = (name_of(document, workspace), text.clone());
                let part = AddedPart { kind: AddedKind::Lines, name, first_line: *first_line, text };
                Ok(ReadPart { part, files: document.path_of_any_scheme().into_iter().collect() })
            }
            Self::Problems { document, text } => {
                let (name, text) = (name_of(document, workspace), text.clone());
                let part = AddedPart { kind: AddedKind::Problems, name, first_line: 1, text };
                Ok(ReadPart { part, files: document.path_of_any_scheme().into_iter().collect() })
            }
            Self::Changes { folder } => {
                let (text, files) = diff(folder).await?;
                if text.trim().is_empty() {
                    return Err(message!("added-no-changes"));
                }
                let part = AddedPart { kind: AddedKind::Changes, name: "git diff".into(), first_line: 1, text };
                Ok(ReadPart { part, files })
            }
        }
    }
}

/// Reads all of them.
///
/// # Errors
/// That of the first one that cannot be read.
pub(crate) async fn read_added(
    added: &[Added],
    documents: &DocumentStore,
    workspace: &Workspace,
) -> Result<Vec<ReadPart>, Message> {
    let mut parts = Vec::with_capacity(added.len());
    for it in added {
        parts.push(it.what.read(documents, workspace).await?);
    }
    Ok(parts)
}

/// A document as an agent sees its name, so that no home directory goes out.
fn name_of(uri: &DocumentUri, workspace: &Workspace) -> Arc<str> {
    let last = || uri.as_str().rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    uri.to_file_path().map_or_else(last, |path| workspace.shown(&path)).into()
}

async fn from_disk(path: PathBuf, name: &str) -> Result<String, Message> {
    let unreadable = |cause: Message| message!("added-unreadable", name = name.to_owned(), cause = cause);
    let read = tokio::task::spawn_blocking(move || read_text(&path)).await;
    match read {
        Ok(Ok(Some(text))) => Ok(text),
        Ok(Ok(None)) => Err(unreadable(message!("added-no-text"))),
        Ok(Err(error)) => Err(unreadable(Message::verbatim(error.to_string()))),
        Err(_) => Err(message!("draft-failed")),
    }
}

fn read_text(path: &Path) -> std::io::Result<Option<String>> {
    Ok(encoding::decode(&files::read_whole(path, LONGEST_FILE)?))
}
