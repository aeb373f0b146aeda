//! What can go wrong beside the chat: with a file, with its form and its store, with the list of agents.

/// What is asked of the services beside the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// The form for the upload of a file.
    PrepareUpload,
    /// To store an uploaded file.
    StoreFile,
    /// The list of agents.
    ListAgents,
}

/// Why a file cannot be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// It has no name, or one that no form can carry.
    #[error("is no name for a file. Name it with plain characters, at most {MAX_FILE_NAME_BYTES} bytes of them.")]
    Name,
    /// It cannot be opened or read.
    #[error("cannot be read ({0}). Check its path and its permissions.")]
    Unreadable(String),
    /// It is a directory, a device or a pipe.
    #[error("is no regular file. Upload files one by one.")]
    NoFile,
    /// There is nothing in it.
    #[error("is empty. There is nothing to upload.")]
    Empty,
    /// It is over our limit.
    #[error(
        "has {} MB, and at most {} MB are uploaded. Upload the part that matters.",
        .bytes.div_ceil(1_000_000),
        MAX_UPLOAD_BYTES / 1_000_000
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Agents read texts, documents and pictures.
    #[error("is {0}, which no agent reads. Upload the text, document or picture itself.")]
    Unsuitable(&'static str),
    /// It became shorter while it was sent.
    #[error("changed while it was uploaded. Upload it again when nothing writes to it.")]
    Changed,
}

/// The largest file that is uploaded, in bytes. The limit is ours: what the service takes is not known, and an agent that
/// takes 272,000 tokens has no use for more, but a slip of the hand should not send a disk image.
pub const MAX_UPLOAD_BYTES: u64 = 100_000_000;

/// The longest name of an uploaded file, in bytes, as file systems have it.
pub const MAX_FILE_NAME_BYTES: usize = 255;

impl Task {
    pub(super) fn undone(self) -> &'static str {
        match self {
            Self::PrepareUpload => "does not take the file",
            Self::StoreFile => "did not store the file",
            Self::ListAgents => "gave no list of agents",
        }
    }

    pub(super) fn remedy(self, status: u16) -> &'static str {
        match (self, status) {
            (Self::PrepareUpload, 403) => "Check that the account of STACKSPOT_REALM may upload files.",
            (Self::PrepareUpload, 404 | 405 | 410) => "Check the endpoint (STACKSPOT_DATA_URL).",
            (Self::PrepareUpload, 400..=499) => "Check the file's name and kind.",
            (Self::StoreFile, 400..=499) => "Check the clock of this machine and the file's size, and upload it again.",
            (Self::ListAgents, 403) => {
                "Check that the account of STACKSPOT_REALM may see agents; an agent's id works without."
            }
            (Self::ListAgents, 400..=499) => {
                "Check the endpoint (STACKSPOT_AGENTS_URL); an agent's id works without a list."
            }
            _ => "Run it again in a moment; if it goes on, see the service's status page.",
        }
    }
}
