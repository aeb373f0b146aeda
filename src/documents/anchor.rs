//! A piece of text that the server follows while the user types.

use super::document::{Document, DocumentError};
use super::{encoding::ByteRange, snapshot::AnchorState, snapshot::Snapshot, store::DocumentStore, uri::DocumentUri};
use dashmap::mapref::one::Ref;
use tokio::sync::watch;

/// Follows a piece of a document, created by [`DocumentStore::anchor`], through every change. Dropping it stops that.
#[derive(Debug)]
pub struct Anchor {
    pub(super) store: DocumentStore,
    pub(super) uri: DocumentUri,
    pub(super) id: u64,
}

impl Anchor {
    /// The current place of the anchored text.
    pub fn state(&self) -> AnchorState {
        self.document().map_or(AnchorState::Closed, |document| document.anchor_state(self.id))
    }

    /// The current bytes of the anchored text, without the rest of its [`state`](Self::state). It is cheaper for many
    /// anchors. `None` if the document was closed.
    pub fn bytes(&self) -> Option<ByteRange> {
        self.document()?.tracked_bytes(self.id)
    }

    /// A receiver of the document's revision, to wait for changes; see [`DocumentStore::changes`].
    pub fn changes(&self) -> Option<watch::Receiver<u64>> {
        self.store.changes(self.uri.as_str())
    }

    /// Follows other bytes of the same document. The errors are those of [`DocumentStore::anchor`].
    pub fn anchor_at(&self, snapshot: &Snapshot, bytes: ByteRange) -> Result<Self, DocumentError> {
        self.store.anchor(snapshot, bytes)
    }

    /// All documents, including this one.
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
