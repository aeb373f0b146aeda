//! The text of open documents: ropes, position encodings, versions, anchors.
//!
//! [`DocumentStore`] holds every open document. It takes what the editor says (opened, changed, closed) and hands out
//! [`Snapshot`]s, which are cheap and never change, and [`Anchor`]s, which follow a piece of text while people type.
//! Nothing here knows LSP on the wire and nothing does I/O: the server converts its types to [`Position`] and [`Range`].
//!
//! Inside, every offset is a **byte offset** into the UTF-8 text; [`PositionEncoding`] says how the client counts.
//! Line breaks are LF, CRLF and CR alone, as in LSP.

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

pub(crate) use anchor::{Anchor, AnchorState};
pub use document::ContentChange;
pub(crate) use document::{DocumentError, SyncError};
pub use encoding::{Position, PositionEncoding, Range, offset, range_to_bytes};
pub use snapshot::Snapshot;
pub use store::DocumentStore;
pub(crate) use store::Located;
pub(crate) use uri::DocumentUri;
