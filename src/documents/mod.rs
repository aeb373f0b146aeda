//! The text of open documents: ropes, position encodings, versions, anchors.
//!
//! [`DocumentStore`] holds every open document. It processes notifications (open, change, close). Its [`Snapshot`]s are
//! cheap and never change. Its [`Anchor`]s follow a piece of text while the user types. This module does not know LSP
//! on the wire and does no I/O: the server converts to [`Position`] and [`Range`].
//!
//! Every internal offset is a **byte offset** into the UTF-8 text; [`PositionEncoding`] is the unit of the client. Line
//! breaks are only LF, CRLF and CR, as in LSP.

mod anchor;
mod document;
mod edit_map;
mod encoding;
mod history;
mod platform;
mod replace;
mod snapshot;
mod store;
mod uri;

#[cfg(test)]
mod tests;

pub use anchor::Anchor;
pub use document::{ContentChange, DocumentError, SyncError};
pub use encoding::{Position, PositionEncoding, Range, RangeError, offset, position, range_to_bytes};
pub(crate) use snapshot::Located;
pub use snapshot::{AnchorState, Snapshot};
pub use store::DocumentStore;
pub use uri::DocumentUri;
