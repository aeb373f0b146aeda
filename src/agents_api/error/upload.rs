//! Errors of requests other than the chat: the file, its form and its store, the list of agents.

use super::status::may_pass;
use crate::i18n::{Message, message};

/// The operations besides the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Request the upload form of a file.
    PrepareUpload,
    /// Store an uploaded file.
    StoreFile,
    /// List the agents.
    ListAgents,
}

/// Why a file cannot be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It has no name, or a name that a form cannot carry.
    Name,
    /// It cannot be opened or read.
    Unreadable(String),
    /// It is a directory, a device or a pipe.
    NoFile,
    /// It is empty.
    Empty,
    /// It exceeds our limit.
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// It is a program. Agents read texts, documents and pictures.
    Program,
    /// It is an archive. It can hold more than the user intends to send.
    Archive,
    /// It became shorter during the upload.
    Changed,
}

/// The largest upload, in bytes. This is our limit, because that of the service is unknown. An agent with 272,000
/// tokens cannot use more, and a disk image must not be sent by mistake.
pub const MAX_UPLOAD_BYTES: u64 = 100_000_000;

/// The longest name of an uploaded file, in bytes, as in file systems.
pub(crate) const MAX_FILE_NAME_BYTES: usize = 255;

impl FileProblem {
    /// The problem of the file with this name, and what to do.
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
            Self::Program => message!("file-problem-program", name = name),
            Self::Archive => message!("file-problem-archive", name = name),
            Self::Changed => message!("file-problem-changed", name = name),
        }
    }
}

impl Operation {
    /// What the host did not do. `reply` is its status and code.
    pub(super) fn problem(self, host: &String, reply: String) -> Message {
        match self {
            Self::PrepareUpload => message!("api-upload-rejected", host = host, reply = reply),
            Self::StoreFile => message!("api-file-rejected", host = host, reply = reply),
            Self::ListAgents => message!("api-list-rejected", host = host, reply = reply),
        }
    }

    pub(super) fn remedy(self, status: u16) -> Message {
        match (self, status) {
            _ if may_pass(status) => message!("api-server-remedy"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_that_may_succeed_later_is_not_told_as_refused() {
        for operation in [Operation::PrepareUpload, Operation::StoreFile, Operation::ListAgents] {
            assert_eq!(
                [408, 503].map(|status| operation.remedy(status)),
                [(); 2].map(|()| message!("api-server-remedy"))
            );
            assert_ne!(operation.remedy(400), message!("api-server-remedy"));
        }
    }
}
