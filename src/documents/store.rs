//! Every open document. Snapshots go out, never a guard: nobody holds a lock while they work or wait.

use super::{
    anchor::Anchor,
    document::{ContentChange, Document, DocumentError, SyncError},
    encoding::{ByteRange, PositionEncoding, Range},
    snapshot::Snapshot,
    uri::DocumentUri,
};
use crate::i18n::Message;
use dashmap::{DashMap, Entry};
use ropey::Rope;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::watch;

/// Parts of the map that are locked by themselves; handlers run on one thread, jobs hardly ever look at the same time.
const SHARDS: usize = 4;

/// Every open document, by its URI as the client spells it: [`DocumentUri`] makes all spellings of a document one. A
/// clone is another handle on the same documents.
#[derive(Debug, Clone)]
pub struct DocumentStore {
    pub(super) shared: Arc<Shared>,
}

/// A range of some version, found in today's text, in bytes of that.
#[derive(Debug, Clone)]
pub struct Located {
    pub snapshot: Snapshot,
    pub bytes: ByteRange,
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
        // By default there are four a processor, and to count those reads a dozen files at the start of the program.
        let documents = DashMap::with_shard_amount(SHARDS);
        let (revisions, anchors) = Default::default();
        Self { shared: Arc::new(Shared { encoding, documents, revisions, anchors }) }
    }

    /// The document was opened. If it was open before, its past is forgotten and its anchors become
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

    /// The document changed to `version` by `changes`, which apply in order, all or none. [`SyncError::OutOfSync`]
    /// once, when a change cannot be applied or the version does not grow: from then on, changes are `Ok` and ignored,
    /// until the document is opened again or a change with a growing version replaces its whole text.
    /// [`SyncError::NotOpen`] each time for a document that is not open.
    pub fn change(&self, uri: &str, version: i32, changes: &[ContentChange]) -> Result<(), SyncError> {
        match self.shared.documents.get_mut(&DocumentUri::parse(uri)) {
            Some(mut document) => document.change(version, changes, self.next_revision()),
            None => Err(SyncError::NotOpen { uri: uri.to_owned() }),
        }
    }

    /// The editor's text is no longer known, for a `reason` that completes "the document is out of sync: …", such as a
    /// notification that could not be read. The errors are those of [`change`](Self::change).
    pub fn mark_out_of_sync(&self, uri: &str, reason: Message) -> Result<(), SyncError> {
        match self.shared.documents.get_mut(&DocumentUri::parse(uri)) {
            Some(mut document) => document.lose_sync(reason, self.next_revision()),
            None => Err(SyncError::NotOpen { uri: uri.to_owned() }),
        }
    }

    /// The document was closed: it is forgotten, its anchors become `AnchorState::Closed`, and who watches its
    /// [`changes`](Self::changes) sees the sender gone. Returns how long its text was, in bytes.
    pub fn close(&self, uri: &str) -> usize {
        let closed = self.shared.documents.remove(&DocumentUri::parse(uri));
        closed.and_then(|(_, document)| document.snapshot().ok()).map_or(0, |last| last.text.len_bytes())
    }

    /// The document now; [`DocumentError::NotOpen`] or [`DocumentError::OutOfSync`] where there is none.
    pub fn snapshot(&self, uri: &str) -> Result<Snapshot, DocumentError> {
        self.read(uri, Document::snapshot)
    }

    /// Where `range`, a range of the text of `version`, is today; `None` is today's version. Edits inside the range
    /// since then are part of what comes out. The errors are those of [`snapshot`](Self::snapshot),
    /// [`DocumentError::VersionUnknown`] where the version was never seen or is too old, [`DocumentError::Gone`] where
    /// more than one character was selected and nothing is left of it, and [`DocumentError::Range`] where the range
    /// starts after its end.
    pub fn locate(&self, uri: &str, version: Option<i32>, range: Range) -> Result<Located, DocumentError> {
        self.read(uri, |document| document.locate(version, range))
    }

    /// Every text of the document since `snapshot`, in order: that one first, today's last. `None` where it is too long ago,
    /// or the document was closed since.
    pub fn texts_since(&self, snapshot: &Snapshot) -> Option<Vec<Snapshot>> {
        self.shared.documents.get(&snapshot.uri)?.texts_since(snapshot)
    }

    /// Follows `bytes` of `snapshot`, cut down to what exists in it and to whole characters, through every change since
    /// it was taken. The errors are those of [`snapshot`](Self::snapshot), and [`DocumentError::VersionUnknown`] where
    /// the document was opened again or has changed too much since.
    pub fn anchor(&self, snapshot: &Snapshot, bytes: ByteRange) -> Result<Anchor, DocumentError> {
        let id = self.shared.anchors.fetch_add(1, Ordering::Relaxed);
        match self.shared.documents.get_mut(&snapshot.uri) {
            Some(mut document) => document.track(id, snapshot, &bytes)?,
            None => return Err(DocumentError::NotOpen { uri: snapshot.client_uri.to_string() }),
        }
        Ok(Anchor { store: self.clone(), uri: snapshot.uri.clone(), id })
    }

    /// The same for a document that may be gone: where it was closed, or closed and opened again, since the snapshot,
    /// the anchor is `AnchorState::Closed` from the start.
    pub fn anchor_if_open(&self, snapshot: &Snapshot, bytes: ByteRange) -> Result<Anchor, DocumentError> {
        let document = self.shared.documents.get(&snapshot.uri);
        if document.is_none_or(|document| document.opened > snapshot.revision) {
            let id = self.shared.anchors.fetch_add(1, Ordering::Relaxed);
            return Ok(Anchor { store: self.clone(), uri: snapshot.uri.clone(), id });
        }
        self.anchor(snapshot, bytes)
    }

    /// The revision of the document, to wait on: it moves at every change and opening, also when a change left the text
    /// as it was, and when the document goes out of sync. The sender is gone once the document is closed.
    /// `None` where the document is not open.
    pub fn changes(&self, uri: &str) -> Option<watch::Receiver<u64>> {
        self.read(uri, |document| Ok(document.subscribe())).ok()
    }

    /// The documents that are open, in no order.
    pub fn open_documents(&self) -> Vec<DocumentUri> {
        self.shared.documents.iter().map(|entry| entry.key().clone()).collect()
    }

    /// How the client counts positions.
    pub fn encoding(&self) -> PositionEncoding {
        self.shared.encoding
    }

    fn read<T>(&self, uri: &str, look: impl FnOnce(&Document) -> Result<T, DocumentError>) -> Result<T, DocumentError> {
        match self.shared.documents.get(&DocumentUri::parse(uri)) {
            Some(document) => look(&document),
            None => Err(DocumentError::NotOpen { uri: uri.to_owned() }),
        }
    }

    fn next_revision(&self) -> u64 {
        self.shared.revisions.fetch_add(1, Ordering::Relaxed) + 1
    }
}
