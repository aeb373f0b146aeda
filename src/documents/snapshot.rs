//! One document at one moment.

use std::sync::Arc;

use ropey::Rope;

use super::encoding::{self, ByteRange, Position, PositionEncoding, Range, RangeError};
use super::uri::DocumentUri;

/// A document as it was at one moment. It never changes, and a clone shares the text.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The document's canonical name.
    pub uri: DocumentUri,
    /// The document's URI as the client spelled it in `didOpen`. Messages to the client use it.
    pub client_uri: Arc<str>,
    /// LSP's language identifier, such as `rust`.
    pub language_id: Arc<str>,
    /// The client's version number of this text.
    pub version: i32,
    /// The store's own number of this text. It is unique in the store and grows, even if a document is reopened.
    pub revision: u64,
    /// The text.
    pub text: Rope,
    /// How the client counts positions.
    pub encoding: PositionEncoding,
}

/// A range of some version, located in the current text, in its bytes.
#[derive(Debug, Clone)]
pub struct Located {
    pub snapshot: Snapshot,
    pub bytes: ByteRange,
}

/// The current state of the text under an [`Anchor`](super::Anchor).
#[derive(Debug, Clone)]
pub enum AnchorState {
    /// Text is there.
    Live {
        /// The current text.
        snapshot: Snapshot,
        /// The range of the anchored text in `snapshot`. It covers a change across its boundary completely.
        bytes: ByteRange,
        /// Whether the text at `bytes` equals the anchored text: it is unchanged, or the change was undone. After a
        /// change across a boundary it stays false, because the position of the boundary is lost.
        intact: bool,
        /// Whether both ends of the anchored text are certain: no change crossed a boundary. Otherwise `bytes` may
        /// cover more than the anchored text.
        bounded: bool,
    },
    /// The text may differ from the editor's. If the editor sends the whole text, the anchor is live again.
    OutOfSync,
    /// The document was closed, or closed and reopened. This state is final.
    Closed,
}

impl Snapshot {
    /// The text at `bytes`, limited to existing text and whole characters.
    pub fn slice(&self, bytes: ByteRange) -> String {
        self.text.get_byte_slice(encoding::clamp(&self.text, &bytes)).map(String::from).unwrap_or_default()
    }

    /// The client's position of the byte offset `byte`; see [`super::encoding::position`] for the rounding.
    pub fn position(&self, byte: usize) -> Position {
        encoding::position(self.encoding, &self.text, byte)
    }

    /// The byte offset of the client's `position`; see [`encoding::offset`](super::offset) for the rounding.
    pub fn offset(&self, position: Position) -> usize {
        encoding::offset(self.encoding, &self.text, position)
    }

    /// The client's range of `bytes`. No position names the place between the CR and the LF of one line break; such an
    /// end is rounded down to before the break.
    pub fn range(&self, bytes: ByteRange) -> Range {
        Range::new(self.position(bytes.start), self.position(bytes.end))
    }

    /// The byte offsets of the client's `range`; [`RangeError`] if the range starts after its end.
    pub fn bytes(&self, range: Range) -> Result<ByteRange, RangeError> {
        encoding::range_to_bytes(self.encoding, &self.text, range)
    }
}
