//! Every open document. It returns snapshots, never a guard, so no caller holds a lock while it works or waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::{DashMap, Entry};
use ropey::Rope;
use tokio::sync::watch;

use super::anchor::Anchor;
use super::document::{ContentChange, Document, DocumentError, SyncError};
use super::encoding::{ByteRange, PositionEncoding, Range};
use super::snapshot::{Located, Snapshot};
use super::uri::DocumentUri;
use crate::i18n::Message;

/// Parts of the map with their own lock. Handlers run on one thread, and jobs rarely read at the same time.
const SHARDS: usize = 4;

/// Every open document, by its URI as the client spells it. [`DocumentUri`] unifies all spellings of a document. A
/// clone is another handle on the same documents.
#[derive(Debug, Clone)]
pub struct DocumentStore {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    encoding: PositionEncoding,
    pub(super) documents: DashMap<DocumentUri, Document>,
    revisions: AtomicU64,
    anchors: AtomicU64,
}

impl DocumentStore {
    /// An empty store for a client that counts positions in `encoding`.
    pub fn new(encoding: PositionEncoding) -> Self {
        // The default of `DashMap` is four shards per processor. Counting processors reads a dozen files at startup.
        let documents = DashMap::with_shard_amount(SHARDS);
        let (revisions, anchors) = Default::default();
        Self { shared: Arc::new(Shared { encoding, documents, revisions, anchors }) }
    }

    /// The document was opened. If it was already open, its history is discarded and its anchors become
    /// `AnchorState::Closed`.
    pub fn open(&self, uri: &str, language_id: &str, version: i32, text: &str) {
        let key = DocumentUri::parse(uri);
        let snapshot = Snapshot {
            uri: key.clone(),
            client_uri: uri.into(),
            language_id: language_id.into(),
            version,
            revision: self.next_revision(),
            text: Rope::from_str(text),
            encoding: self.shared.encoding,
        };
        match self.shared.documents.entry(key) {
            Entry::Occupied(mut document) => document.get_mut().reopen(snapshot),
            Entry::Vacant(vacancy) => {
                vacancy.insert(Document::new(snapshot));
            }
        }
    }

    /// The document changed to `version` by `changes`, which apply in order, all or none. [`SyncError::OutOfSync`] is
    /// returned once, if a change cannot be applied or the version does not grow. After that, changes are `Ok` and
    /// ignored, until the document is reopened or a change with a growing version replaces its whole text.
    /// [`SyncError::NotOpen`] is returned each time if the document is not open.
    pub fn change(&self, uri: &str, version: i32, changes: &[ContentChange]) -> Result<(), SyncError> {
        match self.shared.documents.get_mut(&DocumentUri::parse(uri)) {
            Some(mut document) => document.change(version, changes, self.next_revision()),
            None => Err(SyncError::NotOpen { uri: uri.to_owned() }),
        }
    }

    /// The editor's text is no longer known. `reason` completes "the document is out of sync: …", for example after a
    /// notification that could not be read. The errors are those of [`change`](Self::change).
    pub fn mark_out_of_sync(&self, uri: &str, reason: Message) -> Result<(), SyncError> {
        match self.shared.documents.get_mut(&DocumentUri::parse(uri)) {
            Some(mut document) => document.lose_sync(reason, self.next_revision()),
            None => Err(SyncError::NotOpen { uri: uri.to_owned() }),
        }
    }

    /// Removes a closed document. Its anchors become `AnchorState::Closed`, and receivers of its
    /// [`changes`](Self::changes) are disconnected. Returns the length of its text in bytes.
    pub fn close(&self, uri: &str) -> usize {
        let closed = self.shared.documents.remove(&DocumentUri::parse(uri));
        closed.and_then(|(_, document)| document.snapshot().ok()).map_or(0, |last| last.text.len_bytes())
    }

    /// The current document; [`DocumentError::NotOpen`] or [`DocumentError::OutOfSync`] if it is not available.
    pub fn snapshot(&self, uri: &str) -> Result<Snapshot, DocumentError> {
        self.with_document(uri, Document::snapshot)
    }

    /// The current place of `range` in the text of `version`; `None` is the current version. Edits inside the range
    /// since then are included. The errors are those of [`snapshot`](Self::snapshot).
    /// [`DocumentError::VersionUnknown`]: the version is unknown or too old. [`DocumentError::Gone`]: more than one
    /// character was selected and all of it was deleted. [`DocumentError::Range`]: the range starts after its end.
    pub fn locate(&self, uri: &str, version: Option<i32>, range: Range) -> Result<Located, DocumentError> {
        self.with_document(uri, |document| document.locate(version, range))
    }

    /// Every text of the document since `snapshot`, in order, including `snapshot` and the current one. `None` if it is
    /// too old, or the document was closed since.
    pub fn texts_since(&self, snapshot: &Snapshot) -> Option<Vec<Snapshot>> {
        self.shared.documents.get(&snapshot.uri)?.texts_since(snapshot)
    }

    /// Follows `bytes` of `snapshot`, limited to existing text and whole characters, through every change since the
    /// snapshot. The errors are those of [`snapshot`](Self::snapshot). [`DocumentError::VersionUnknown`] if the
    /// document was reopened or has changed too much since.
    pub fn anchor(&self, snapshot: &Snapshot, bytes: ByteRange) -> Result<Anchor, DocumentError> {
        let id = self.shared.anchors.fetch_add(1, Ordering::Relaxed);
        match self.shared.documents.get_mut(&snapshot.uri) {
            Some(mut document) => document.track(id, snapshot, &bytes)?,
            None => return Err(DocumentError::NotOpen { uri: snapshot.client_uri.to_string() }),
        }
        Ok(Anchor { store: self.clone(), uri: snapshot.uri.clone(), id })
    }

    /// The same for a document that may be closed. If it was closed, or closed and reopened, since the snapshot, the
    /// anchor is `AnchorState::Closed` from the start.
    pub fn anchor_if_open(&self, snapshot: &Snapshot, bytes: ByteRange) -> Result<Anchor, DocumentError> {
        let document = self.shared.documents.get(&snapshot.uri);
        if document.is_none_or(|document| document.opened > snapshot.revision) {
            let id = self.shared.anchors.fetch_add(1, Ordering::Relaxed);
            return Ok(Anchor { store: self.clone(), uri: snapshot.uri.clone(), id });
        }
        self.anchor(snapshot, bytes)
    }

    /// The revision of the document, to wait for changes. It changes with every change and opening, even if the text
    /// stays the same, and when the document goes out of sync. The sender is dropped when the document is closed.
    /// `None` if the document is not open.
    pub fn changes(&self, uri: &str) -> Option<watch::Receiver<u64>> {
        self.with_document(uri, |document| Ok(document.subscribe())).ok()
    }

    /// The open documents, in no particular order.
    pub fn open_documents(&self) -> Vec<DocumentUri> {
        self.shared.documents.iter().map(|entry| entry.key().clone()).collect()
    }

    /// How the client counts positions.
    pub fn encoding(&self) -> PositionEncoding {
        self.shared.encoding
    }

    fn with_document<T>(
        &self,
        uri: &str,
        look: impl FnOnce(&Document) -> Result<T, DocumentError>,
    ) -> Result<T, DocumentError> {
        match self.shared.documents.get(&DocumentUri::parse(uri)) {
            Some(document) => look(&document),
            None => Err(DocumentError::NotOpen { uri: uri.to_owned() }),
        }
    }

    fn next_revision(&self) -> u64 {
        self.shared.revisions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_anchor_is_no_longer_followed() {
        let uri = "file:///shop/main.rs";
        let store = DocumentStore::new(PositionEncoding::Utf16);
        store.open(uri, "rust", 1, "one two");
        let anchor = store.anchor(&store.snapshot(uri).unwrap(), 0..3).unwrap();
        let followed = || store.shared.documents.get(&DocumentUri::parse(uri)).unwrap().tracked.len();
        assert_eq!(followed(), 1);
        drop(anchor);
        assert_eq!(followed(), 0);
    }
}
