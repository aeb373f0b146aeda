//! The wire: frames in, messages to the service in their order, one ordered queue of frames out.
//!
//! [`serve()`] runs a session over any pair of streams. Everything the server says, responses included, goes through one
//! [`Outbox`], so a response never overtakes what its handler sent before it. The stock transport of `tower-lsp` is not
//! used, nor is its `Client`: four pending requests block `$/cancelRequest` there, one bad frame ends the session, and
//! a handler that awaits the client can wait for ever.

mod frame;
mod message;
mod outbox;
mod parent;
mod serve;

pub use frame::{Decoder, Frame};
pub(crate) use outbox::Outgoing;
pub use outbox::{ClientError, MAX_BACKLOG_BYTES, Outbox};
pub(crate) use serve::REQUEST_FAILED;
pub use serve::{ExitStatus, Options, serve};
