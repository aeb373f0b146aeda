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

pub use anchor::{Anchor, AnchorState};
pub use document::{ContentChange, DocumentError, SyncError};
pub use edit_map::{Edit, Touch, transform, transform_all};
pub use encoding::{ByteRange, Position, PositionEncoding, Range, RangeError, offset, position, range_to_bytes};
pub use platform::PathStyle;
pub use snapshot::Snapshot;
pub use store::{DocumentStore, Located};
pub use uri::DocumentUri;
