//! What kind of message the user reads.

/// `MessageType` of LSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Error = 1,
    Warning = 2,
    Info = 3,
    Log = 4,
}
