//! What can go wrong beside the chat: with a file, with its form and its store, with the list of agents.

use crate::i18n::{Message, message};

/// What is asked of the services beside the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The form for the upload of a file.
    PrepareUpload,
    /// To store an uploaded file.
    StoreFile,
    /// The list of agents.
    ListAgents,
}

/// Why a file cannot be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It has no name, or one that no form can carry.
    Name,
    /// It cannot be opened or read.
    Unreadable(String),
    /// It is a directory, a device or a pipe.
    NoFile,
    /// There is nothing in it.
    Empty,
    /// It is over our limit.
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Agents read texts, documents and pictures; this is `a program` or `an archive`.
    Unsuitable(&'static str),
    /// It became shorter while it was sent.
    Changed,
}

/// The largest file that is uploaded, in bytes. The limit is ours: what the service takes is not known, and an agent that
/// takes 272,000 tokens has no use for more, but a slip of the hand should not send a disk image.
pub const MAX_UPLOAD_BYTES: u64 = 100_000_000;

/// The longest name of an uploaded file, in bytes, as file systems have it.
pub(crate) const MAX_FILE_NAME_BYTES: usize = 255;

impl FileProblem {
    /// What is wrong with the file of this name, and what to do.
    pub(super) fn message(&self, name: &str) -> Message {
        let name = name.to_owned();
        match self {
            Self::Name => message!("file-problem-name", name = name, bytes = MAX_FILE_NAME_BYTES),
            Self::Unreadable(reason) => message!("file-problem-unreadable", name = name, reason = reason),
            Self::NoFile => message!("file-problem-no-file", name = name),
            Self::Empty => message!("file-problem-empty", name = name),
            Self::TooLarge { bytes } => {
                let (size, limit) = (bytes.div_ceil(1_000_000), MAX_UPLOAD_BYTES / 1_000_000);
                message!("file-problem-too-large", name = name, size = size, limit = limit)
            }
            Self::Unsuitable("a program") => message!("file-problem-program", name = name),
            Self::Unsuitable(_) => message!("file-problem-archive", name = name),
            Self::Changed => message!("file-problem-changed", name = name),
        }
    }
}

impl Operation {
    pub(super) fn undone(self) -> Message {
        match self {
            Self::PrepareUpload => message!("api-undone-prepare-upload"),
            Self::StoreFile => message!("api-undone-store-file"),
            Self::ListAgents => message!("api-undone-list-agents"),
        }
    }

    pub(super) fn remedy(self, status: u16) -> Message {
        match (self, status) {
            (Self::PrepareUpload, 403) => message!("api-upload-forbidden-remedy"),
            (Self::PrepareUpload, 404 | 405 | 410) => message!("api-upload-not-there-remedy"),
            (Self::PrepareUpload, 400..=499) => message!("api-upload-refused-remedy"),
            (Self::StoreFile, 400..=499) => message!("api-store-refused-remedy"),
            (Self::ListAgents, 403) => message!("api-agents-forbidden-remedy"),
            (Self::ListAgents, 400..=499) => message!("api-agents-refused-remedy"),
            _ => message!("api-server-remedy"),
        }
    }
}
