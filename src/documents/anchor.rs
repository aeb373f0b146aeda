//! A piece of text that is followed while people type.

use super::document::{Document, DocumentError};
use super::{encoding::ByteRange, snapshot::Snapshot, store::DocumentStore, uri::DocumentUri};
use dashmap::mapref::one::Ref;
use tokio::sync::watch;

/// Follows a piece of a document, as [`DocumentStore::anchor`] found it, through every change; dropping it ends that.
#[derive(Debug)]
pub struct Anchor {
    pub(super) store: DocumentStore,
    pub(super) uri: DocumentUri,
    pub(super) id: u64,
}

/// What has become of the text under an [`Anchor`].
#[derive(Debug, Clone)]
pub enum AnchorState {
    Live {
        snapshot: Snapshot,
        /// Where the anchored text is in `snapshot`. A change across its boundary is covered whole.
        bytes: ByteRange,
        /// Whether the text at `bytes` is the text that was anchored: nobody typed inside, or it was undone. A change
        /// across a boundary is never undone, because nothing says where the boundary went.
        intact: bool,
        /// Whether it is certain where the anchored text begins and ends: no change went across a boundary. Else `bytes`
        /// may cover more than what became of it.
        bounded: bool,
    },
    /// The document's text can no longer be trusted. A whole text from the editor makes the anchor live again.
    OutOfSync,
    /// The document was closed, or closed and opened again. This is final.
    Closed,
}

impl Anchor {
    /// Where the anchored text is now.
    pub fn state(&self) -> AnchorState {
        self.document().map_or(AnchorState::Closed, |document| document.anchor_state(self.id))
    }

    /// The bytes of the anchored text in the document as it is now, and nothing else of its [`state`](Self::state): for
    /// whoever looks at many anchors. `None` where the document was closed.
    pub fn bytes(&self) -> Option<ByteRange> {
        self.document()?.tracked_bytes(self.id)
    }

    /// The revision of the document, to wait on; see [`DocumentStore::changes`].
    pub fn changes(&self) -> Option<watch::Receiver<u64>> {
        self.store.changes(self.uri.as_str())
    }

    /// Follows other bytes of the same document; fails as [`DocumentStore::anchor`] does.
    pub fn anchor_at(&self, snapshot: &Snapshot, bytes: ByteRange) -> Result<Self, DocumentError> {
        self.store.anchor(snapshot, bytes)
    }

    /// All documents, this one among them.
    pub fn documents(&self) -> &DocumentStore {
        &self.store
    }

    fn document(&self) -> Option<Ref<'_, DocumentUri, Document>> {
        self.store.shared.documents.get(&self.uri)
    }
}

impl Drop for Anchor {
    fn drop(&mut self) {
        if let Some(mut document) = self.store.shared.documents.get_mut(&self.uri) {
            document.tracked.remove(&self.id);
        }
    }
}
