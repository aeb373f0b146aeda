//! The parts that the user adds by hand to the next question, and how their text is read when the question is sent.

use std::path::PathBuf;
use std::sync::Arc;

use super::changed_lines::diff;
use super::{Workspace, shown_in};
use crate::actions::context::{AddedKind, AddedPart};
use crate::documents::{DocumentStore, DocumentUri};
use crate::i18n::{Message, message};
use crate::{encoding, files};

/// The longest file that is read, in bytes. A longer one exceeds every budget.
const LONGEST_FILE: u64 = 16 << 20;

/// A part that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    pub id: u64,
    pub what: Addition,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Addition {
    /// A file or an open document. It is read when the question is sent.
    File(DocumentUri),
    /// Whole lines of a document. Their text is that of the moment when they were added.
    Lines {
        document: DocumentUri,
        /// The number of the first line, counted from one.
        first_line: usize,
        text: String,
    },
    /// The problems that the editor reported for a document when it was added.
    Problems {
        document: DocumentUri,
        /// The problems, one per line.
        text: String,
    },
    /// The changes in the repository around this folder since the last commit. They are read when the question is sent.
    Changes { folder: PathBuf },
}

/// An added part with its current text.
#[derive(Debug, Clone)]
pub(crate) struct ReadPart {
    pub part: AddedPart,
    /// The files of the part. The guard checks their names.
    pub files: Vec<PathBuf>,
}

impl Addition {
    /// Reads the part as it is now. The error is a sentence that says what cannot be read, and why.
    pub(crate) async fn read(&self, documents: &DocumentStore, workspace: &Workspace) -> Result<ReadPart, Message> {
        let (kind, document, first_line, text) = match self {
            Self::File(document) => (AddedKind::File, document, 1, text_of(document, documents, workspace).await?),
            Self::Lines { document, first_line, text } => (AddedKind::Lines, document, *first_line, text.clone()),
            Self::Problems { document, text } => (AddedKind::Problems, document, 1, text.clone()),
            Self::Changes { folder } => {
                let (text, files) = diff(folder).await?;
                if text.trim().is_empty() {
                    return Err(message!("added-no-changes"));
                }
                let part = AddedPart { kind: AddedKind::Changes, name: "git diff".into(), first_line: 1, text };
                return Ok(ReadPart { part, files });
            }
        };
        let part = AddedPart { kind, name: name_of(document, workspace), first_line, text };
        Ok(ReadPart { part, files: document.path_of_any_scheme().into_iter().collect() })
    }
}

/// Reads all parts. The error is that of the first part that cannot be read.
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

/// The name of a document as an agent sees it. It never contains the home directory.
fn name_of(uri: &DocumentUri, workspace: &Workspace) -> Arc<str> {
    let last = || uri.as_str().rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    uri.to_file_path().map_or_else(last, |path| shown_in(&path, &workspace.folders)).into()
}

/// The current text of a document, open or not.
async fn text_of(uri: &DocumentUri, documents: &DocumentStore, workspace: &Workspace) -> Result<String, Message> {
    if let Ok(open) = documents.snapshot(uri.as_str()) {
        return Ok(open.text.to_string());
    }
    let unreadable =
        |cause: Message| message!("added-unreadable", name = name_of(uri, workspace).to_string(), cause = cause);
    let path = uri.to_file_path().ok_or_else(|| unreadable(message!("added-not-open")))?;
    let read = move || files::read_whole(&path, LONGEST_FILE).map(|bytes| encoding::decode(&bytes));
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| message!("draft-failed"))?;
    let text = read.map_err(|error| unreadable(Message::verbatim(error.to_string())))?;
    text.ok_or_else(|| unreadable(message!("added-no-text")))
}
