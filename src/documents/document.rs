//! One open document: the editor's notifications, and their effect on its history and its anchors.

use super::edit_map::{Edit, Touch, transform_all};
use super::encoding::{self, ByteRange, PositionEncoding, Range, RangeError};
use super::snapshot::{AnchorState, Located, Snapshot};
use super::{history::History, replace::replace};
use ropey::Rope;
use std::{collections::HashMap, sync::Arc};
use thiserror::Error;
use tokio::sync::watch;

use crate::i18n::{Language, Message, message};

/// One change of a `textDocument/didChange`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct ContentChange {
    /// The replaced range, in the text after the earlier changes; `None` replaces the whole text.
    pub range: Option<Range>,
    /// The new text.
    pub text: String,
}

/// Why the store's copy of a document cannot follow the editor. `Display` is a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.message().text(Language::En))]
pub enum SyncError {
    /// No open document has this URI.
    NotOpen {
        /// As the client spells it.
        uri: String,
    },
    /// The store's text may differ from the editor's from now on. This is returned once, when it happens.
    OutOfSync {
        /// As the client spells it.
        uri: Arc<str>,
        /// What the editor did.
        reason: Message,
    },
}

/// Why a document, or a place in it, is not available.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.message().text(Language::En))]
pub enum DocumentError {
    /// No open document has this URI.
    NotOpen {
        /// As the client spells it.
        uri: String,
    },
    /// The store's text may differ from the editor's.
    OutOfSync {
        /// As the client spells it.
        uri: Arc<str>,
        /// What the editor did.
        reason: Message,
    },
    /// The version is unknown, or too much has changed since.
    VersionUnknown {
        /// As the client spells it.
        uri: Arc<str>,
        /// The version that was asked for.
        version: i32,
    },
    /// The range contained text in its version, and all of it was deleted since.
    Gone {
        /// As the client spells it.
        uri: Arc<str>,
    },
    /// The range is not in the document.
    Range {
        /// As the client spells it.
        uri: Arc<str>,
        /// What is wrong with it.
        #[source]
        error: RangeError,
    },
}

impl SyncError {
    /// What happened, to which document, and what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::NotOpen { uri } => message!("sync-not-open", uri = uri),
            Self::OutOfSync { uri, reason } => message!("sync-lost", uri = uri.to_string(), reason = reason),
        }
    }
}

impl DocumentError {
    /// What happened, to which document, and what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::NotOpen { uri } => message!("document-not-open", uri = uri),
            Self::OutOfSync { uri, reason } => message!("document-lost", uri = uri.to_string(), reason = reason),
            Self::VersionUnknown { uri, version } => {
                message!("document-version-unknown", uri = uri.to_string(), version = version.to_string())
            }
            Self::Gone { uri } => message!("document-gone", uri = uri.to_string()),
            Self::Range { uri, error } => {
                message!("document-range", uri = uri.to_string(), problem = error.message())
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Document {
    today: Snapshot,
    /// The revision when it was last opened.
    pub(super) opened: u64,
    /// Why the text may differ from the editor's. The text keeps its last known state.
    out_of_sync: Option<Message>,
    history: History,
    pub(super) tracked: HashMap<u64, Tracked>,
    /// The latest edits that the tracked ranges do not include yet. There may be hundreds of ranges, and most of them
    /// are not read between two keystrokes.
    ahead: Vec<Edit>,
    /// How many of these edits must stay separate, because a range was tracked after them.
    sealed: usize,
    changes: watch::Sender<u64>,
}

/// How many edits may be pending for the tracked ranges. Tests use few, so that short histories exceed it.
const MAX_AHEAD: usize = if cfg!(test) { 5 } else { 64 };

#[derive(Debug)]
pub(super) struct Tracked {
    bytes: ByteRange,
    touch: Touch,
    /// How many of the pending edits it already includes.
    at: usize,
    original: Rope,
    original_bytes: ByteRange,
}

impl Document {
    pub(super) fn new(today: Snapshot) -> Self {
        Self {
            opened: today.revision,
            changes: watch::Sender::new(today.revision),
            today,
            out_of_sync: None,
            history: History::default(),
            tracked: HashMap::new(),
            ahead: Vec::new(),
            sealed: 0,
        }
    }

    /// The editor reopened the document. Its history is discarded, but receivers of its changes learn of it.
    pub(super) fn reopen(&mut self, today: Snapshot) {
        let changes = self.changes.clone();
        changes.send_replace(today.revision);
        *self = Self { changes, ..Self::new(today) };
    }

    /// Applies `changes` in order, all or none. `revision` is the number of the new text. While out of sync, only the
    /// version is tracked, until a whole text with a growing version repairs the document.
    pub(super) fn change(&mut self, version: i32, changes: &[ContentChange], revision: u64) -> Result<(), SyncError> {
        let previous = self.today.version;
        let grows = version > previous;
        // A whole text overwrites all changes before it.
        let whole = changes.iter().rposition(|change| change.range.is_none());
        if self.out_of_sync.is_some() && !(grows && whole.is_some()) {
            self.today.version = version;
            return Ok(());
        }
        if !grows {
            self.today.version = version;
            let (version, previous) = (version.to_string(), previous.to_string());
            let reason = message!("sync-versions", version = version, previous = previous);
            return self.lose_sync(reason, revision);
        }
        match apply(self.today.encoding, &self.today.text, changes.get(whole.unwrap_or(0)..).unwrap_or_default()) {
            Ok((text, edits)) => {
                self.advance(version, text, edits, revision);
                Ok(())
            }
            Err(error) => {
                self.today.version = version;
                self.lose_sync(message!("sync-bad-change", problem = error.message()), revision)
            }
        }
    }

    /// Marks the document out of sync until it is reopened or replaced whole. Returns an error the first time only.
    pub(super) fn lose_sync(&mut self, reason: Message, revision: u64) -> Result<(), SyncError> {
        if self.out_of_sync.is_some() {
            return Ok(());
        }
        self.out_of_sync = Some(reason.clone());
        self.history = History::default();
        self.today.revision = revision;
        self.changes.send_replace(revision);
        Err(SyncError::OutOfSync { uri: self.today.client_uri.clone(), reason })
    }

    pub(super) fn snapshot(&self) -> Result<Snapshot, DocumentError> {
        let Some(reason) = &self.out_of_sync else { return Ok(self.today.clone()) };
        Err(DocumentError::OutOfSync { uri: self.today.client_uri.clone(), reason: reason.clone() })
    }

    /// Every text since `snapshot`, in order, including `snapshot` and the current one. `None` if it is too old.
    pub(super) fn texts_since(&self, snapshot: &Snapshot) -> Option<Vec<Snapshot>> {
        let mut texts = self.history.from(snapshot.revision);
        texts.push(self.snapshot().ok()?);
        texts.first().is_some_and(|first| first.revision == snapshot.revision).then_some(texts)
    }

    /// The current bytes of `range` of `version`.
    pub(super) fn locate(&self, version: Option<i32>, range: Range) -> Result<Located, DocumentError> {
        let snapshot = self.snapshot()?;
        let in_range = |error| DocumentError::Range { uri: snapshot.client_uri.clone(), error };
        let version = version.unwrap_or(snapshot.version);
        if version == snapshot.version {
            let bytes = snapshot.bytes(range).map_err(in_range)?;
            return Ok(Located { snapshot, bytes });
        }
        let (then, edits) = self.history.since(|then| then.version == version).ok_or_else(|| self.unknown(version))?;
        let selected = then.bytes(range).map_err(in_range)?;
        let bytes = transform_all(selected.clone(), edits).0;
        // A block cursor (a range of one character) counts as a point and may become empty.
        if bytes.is_empty() && then.slice(selected).chars().nth(1).is_some() {
            return Err(DocumentError::Gone { uri: snapshot.client_uri });
        }
        Ok(Located { snapshot, bytes })
    }

    /// Follows `bytes` of `snapshot` under the key `id`, starting from that snapshot.
    pub(super) fn track(&mut self, id: u64, snapshot: &Snapshot, bytes: &ByteRange) -> Result<(), DocumentError> {
        let today = self.snapshot()?;
        let original_bytes = encoding::clamp(&snapshot.text, bytes);
        let (bytes, touch) = if snapshot.revision == today.revision {
            (original_bytes.clone(), Touch::Outside)
        } else {
            let since = self.history.since(|then| then.revision == snapshot.revision);
            let (_, edits) = since.ok_or_else(|| self.unknown(snapshot.version))?;
            transform_all(original_bytes.clone(), edits)
        };
        self.sealed = self.ahead.len();
        let tracked = Tracked { bytes, touch, at: self.sealed, original: snapshot.text.clone(), original_bytes };
        self.tracked.insert(id, tracked);
        Ok(())
    }

    pub(super) fn anchor_state(&self, id: u64) -> AnchorState {
        let Some(tracked) = self.tracked.get(&id) else { return AnchorState::Closed };
        let Ok(snapshot) = self.snapshot() else { return AnchorState::OutOfSync };
        let (bytes, touch) = tracked.through(&self.ahead);
        let intact = match touch {
            Touch::Outside => true,
            Touch::Across => false,
            Touch::Inside => {
                let now = snapshot.text.get_byte_slice(bytes.clone());
                now.is_some() && now == tracked.original.get_byte_slice(tracked.original_bytes.clone())
            }
        };
        AnchorState::Live { bytes, intact, bounded: touch != Touch::Across, snapshot }
    }

    /// The bytes of the tracked range, without its other state.
    pub(super) fn tracked_bytes(&self, id: u64) -> Option<ByteRange> {
        Some(self.tracked.get(&id)?.through(&self.ahead).0)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn advance(&mut self, version: i32, text: Rope, edits: Vec<Edit>, revision: u64) {
        self.update_tracked(&edits);
        let before = self.today.clone();
        self.today = Snapshot { version, text, revision, ..before.clone() };
        if self.out_of_sync.take().is_none() {
            self.history.record(before, edits);
        }
        self.changes.send_replace(revision);
    }

    /// Applies the edits to the tracked ranges when enough edits are pending.
    fn update_tracked(&mut self, edits: &[Edit]) {
        if self.tracked.is_empty() {
            (self.ahead, self.sealed) = Default::default();
            return;
        }
        for edit in edits {
            let last = self.ahead.get_mut(self.sealed..).and_then(|open| open.last_mut());
            match last.and_then(|last| Some((last.with_more_typed(*edit)?, last))) {
                // Continuous typing becomes one edit.
                Some((both, last)) => *last = both,
                None => self.ahead.push(*edit),
            }
        }
        if self.ahead.len() >= MAX_AHEAD {
            let ahead = std::mem::take(&mut self.ahead);
            self.sealed = 0;
            for tracked in self.tracked.values_mut() {
                (tracked.bytes, tracked.touch) = tracked.through(&ahead);
                tracked.at = 0;
            }
        }
    }

    fn unknown(&self, version: i32) -> DocumentError {
        DocumentError::VersionUnknown { uri: self.today.client_uri.clone(), version }
    }
}

impl Tracked {
    /// Its bytes after the pending edits that it does not include yet, and how they touched it.
    fn through(&self, ahead: &[Edit]) -> (ByteRange, Touch) {
        let (bytes, touch) = transform_all(self.bytes.clone(), ahead.get(self.at..).unwrap_or_default());
        (bytes, self.touch.max(touch))
    }
}

/// The text after `changes`, and the edits that produce it. `text` itself is unchanged.
fn apply(encoding: PositionEncoding, text: &Rope, changes: &[ContentChange]) -> Result<(Rope, Vec<Edit>), RangeError> {
    let mut text = text.clone();
    let mut edits = Vec::with_capacity(changes.len());
    for change in changes {
        let bytes = match change.range {
            Some(range) => encoding::range_to_bytes(encoding, &text, range)?,
            None => 0..text.len_bytes(),
        };
        edits.extend(replace(&mut text, &bytes, &change.text));
    }
    Ok((text, edits))
}
