//! The wire: frames in, messages to the service in their order, one ordered queue of frames out.
//!
//! [`serve()`] runs a session over any pair of streams. All messages of the server, responses included, go through one
//! [`Outbox`]. Therefore a response never overtakes what its handler sent before it. The transport and the `Client` of
//! `tower-lsp` are not used. With them, four pending requests block `$/cancelRequest`, one bad frame ends the session,
//! and a handler that awaits the client can wait forever.

mod frame;
mod message;
mod outbox;
mod parent;
mod serve;

pub use frame::{Decoder, Frame};
pub(crate) use outbox::Outgoing;
pub use outbox::{ClientError, MAX_BACKLOG_BYTES, Outbox};
pub use serve::{ExitStatus, Options, serve};
pub(crate) use serve::{REQUEST_FAILED, SHUTDOWN_GRACE};
