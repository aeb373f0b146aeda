//! Edits that wait for the user's decision.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ropey::Rope;

use super::expectation::Expectation;
use super::file_edit::{FileEdit, FileEditRecord};
use super::replacement::with_imports;
use super::{NewImports, Replacement};
use crate::documents::{Anchor, AnchorState, DocumentStore, DocumentUri, Snapshot};
use crate::edit::{self, Granularity};
use crate::i18n::{Language, Message};
use crate::job::destination::DestinationState;
use crate::tasks::lock;

/// An edit that waits for the user's decision.
#[derive(Debug)]
pub struct Proposal {
    /// The edit, computed for the text that was sent to the agent.
    pub replacement: Replacement,
    target: ProposalTarget,
    /// The expected text of its range if another program makes the edit. `None` if this cannot be verified.
    done: Option<Expectation>,
    /// Why it was not applied, as a sentence.
    pub reason: Message,
    /// How fine its changes are.
    pub granularity: Granularity,
    /// The last result of a merge, by the revision of the text.
    merged: Mutex<Option<(u64, Option<Replacement>)>>,
    /// The last known start of the range in bytes, and the end of the text above it.
    stood_at: usize,
    above: String,
    /// The numbers of its changes, if other changes were applied or discarded.
    pub(super) numbers: Option<Vec<usize>>,
    /// Whether it is offered. An edit of an earlier session is offered after its place was found.
    is_offered: AtomicBool,
}

/// The stored form of a waiting edit; it survives the session.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalRecord {
    language_id: String,
    /// Where the range began, in bytes of the text in UTF-8.
    start: usize,
    above: String,
    old: String,
    new: String,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imports: Option<NewImports>,
    file: Option<FileEditRecord>,
}

/// How many bytes of the text above the range are stored.
const ABOVE_BYTES: usize = 240;

/// The target of a proposal: a range in the current text, or a file, open or not.
#[derive(Debug)]
pub(super) enum ProposalTarget {
    Range(Arc<Anchor>),
    File(FileEdit),
}

/// What happens to the text that the user typed in the range before applying the edit: it is merged with the edit, see
/// [`Proposal::merged`], or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    Merged,
    Replaced,
}

/// A merge of at most this many lines on each side takes a few milliseconds for any text.
const QUICKLY_MERGED_LINES: usize = 400;

/// A merge of at most this many lines takes some tens of milliseconds. Above that, it could take seconds.
const MERGED_LINES: usize = 1_000;

impl Proposal {
    pub(in crate::job) fn new(
        replacement: Replacement,
        anchor: Arc<Anchor>,
        reason: Message,
        granularity: Granularity,
    ) -> Self {
        let done = match anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } => {
                Expectation::new(&replacement.moved_to(snapshot, bytes), &anchor)
            }
            AnchorState::Live { .. } | AnchorState::OutOfSync | AnchorState::Closed => None,
        };
        Self { done, ..Self::on(ProposalTarget::Range(anchor), replacement, reason, granularity) }
    }

    pub(super) fn on(
        target: ProposalTarget,
        replacement: Replacement,
        reason: Message,
        granularity: Granularity,
    ) -> Self {
        let start = replacement.bytes.start;
        let above = replacement.snapshot.slice(start.saturating_sub(ABOVE_BYTES)..start);
        Self {
            replacement,
            target,
            done: None,
            reason,
            granularity,
            merged: Mutex::default(),
            stood_at: start,
            above,
            numbers: None,
            is_offered: AtomicBool::new(true),
        }
    }

    /// The edit of an earlier session. It is offered once its place is found, or its document is opened.
    pub async fn restored(
        record: ProposalRecord,
        document: &DocumentUri,
        client_uri: &str,
        documents: &DocumentStore,
        granularity: Granularity,
    ) -> Option<Self> {
        let ProposalRecord { language_id, start, above, old, new, reason, imports, file } = record;
        let reason = Message::verbatim(reason);
        let mut proposal = if let Some(file) = file {
            let (replacement, file_edit) = file.restored(documents).await?;
            Self::on(ProposalTarget::File(file_edit), replacement, reason, granularity)
        } else {
            let snapshot = Snapshot {
                uri: document.clone(),
                client_uri: client_uri.into(),
                language_id: language_id.into(),
                version: 0,
                revision: 0,
                text: Rope::from_str(&old),
                encoding: documents.encoding(),
            };
            let (bytes, changes) = (0..old.len(), edit::smallest_changes(&old, &new, 0, granularity));
            let anchor = documents.anchor_if_open(&snapshot, bytes.clone()).ok()?;
            let replacement =
                Replacement { snapshot, destination_state: DestinationState::Open, bytes, text: new, changes, imports };
            Self::new(replacement, Arc::new(anchor), reason, granularity)
        };
        (proposal.stood_at, proposal.above) = (start, above);
        proposal.is_offered = AtomicBool::new(false);
        Some(proposal)
    }

    /// The stored form, with the reason in the given language.
    pub fn record(&self, language: Language) -> ProposalRecord {
        let Replacement { snapshot, text, .. } = &self.replacement;
        let file = self.file_edit().map(FileEdit::record);
        let (mut start, mut above) = (self.stood_at, self.above.clone());
        if let Some(AnchorState::Live { snapshot, bytes, .. }) = self.anchor().map(|anchor| anchor.state()) {
            start = bytes.start;
            above = snapshot.slice(start.saturating_sub(ABOVE_BYTES)..start);
        }
        let (old, new) = if file.is_some() { Default::default() } else { (self.replacement.old(), text.clone()) };
        ProposalRecord {
            language_id: snapshot.language_id.to_string(),
            start,
            above,
            old,
            new,
            reason: self.reason.text(language),
            imports: self.replacement.imports.clone(),
            file,
        }
    }

    /// The numbers of `count` changes. If the count differs from the expected one, the numbers are new. An old number
    /// never refers to another change.
    pub(super) fn numbers(&self, count: usize) -> Vec<usize> {
        match &self.numbers {
            None => (0..count).collect(),
            Some(numbers) if numbers.len() == count => numbers.clone(),
            Some(numbers) => {
                let first = numbers.iter().max().map_or(0, |last| last + 1);
                (first..first + count).collect()
            }
        }
    }

    /// Whether the user can choose it. An edit of an earlier session is not offered before its document is opened.
    pub fn is_offered(&self) -> bool {
        self.is_offered.load(Ordering::Relaxed)
    }

    /// Offers it from now on.
    pub fn set_offered(&self) {
        self.is_offered.store(true, Ordering::Relaxed);
    }

    /// The document of the edit.
    pub fn document(&self) -> DocumentUri {
        self.replacement.snapshot.uri.clone()
    }

    /// The approximate memory size of its text.
    pub(crate) fn bytes(&self) -> usize {
        self.replacement.text.len() + self.replacement.snapshot.text.len_bytes()
    }

    /// Whether the text contains the edit although this server did not apply it. A plug-in made it, or the editor made
    /// it after the timeout. Text inserted at a boundary of the range does not count as typing inside. Therefore the
    /// range may be intact, and applying would insert the text twice.
    pub fn is_done(&self) -> bool {
        self.done.as_ref().is_some_and(Expectation::is_in_place)
    }

    /// The file of the answer, if it goes into a file.
    pub fn file_edit(&self) -> Option<&FileEdit> {
        if let ProposalTarget::File(file_edit) = &self.target { Some(file_edit) } else { None }
    }

    pub(in crate::job) fn anchor(&self) -> Option<&Arc<Anchor>> {
        if let ProposalTarget::Range(anchor) = &self.target { Some(anchor) } else { None }
    }

    /// Its first line in the current text, counted from zero. `None` if the document is not open, or the answer goes
    /// into a file.
    pub fn first_line(&self) -> Option<usize> {
        match self.anchor()?.state() {
            AnchorState::Live { snapshot, bytes, .. } => Some(snapshot.text.byte_to_line(bytes.start)),
            AnchorState::OutOfSync | AnchorState::Closed => None,
        }
    }

    fn state(&self) -> AnchorState {
        match &self.target {
            ProposalTarget::Range(anchor) => anchor.state(),
            ProposalTarget::File(file_edit) => file_edit.state(),
        }
    }

    /// Whether the user typed inside the range, and not only the text of the edit. False if nothing is left of the
    /// range, or its end is unknown: then there is nothing to merge or replace.
    pub fn has_conflict(&self) -> bool {
        self.typed_in().is_some()
    }

    fn typed_in(&self) -> Option<(Snapshot, Range<usize>)> {
        match self.anchor()?.state() {
            AnchorState::Live { snapshot, bytes, intact: false, bounded: true } if !bytes.is_empty() => {
                let is_done = self.replacement.is_shown_by(&snapshot.slice(bytes.clone()));
                (!is_done).then_some((snapshot, bytes))
            }
            AnchorState::Live { .. } | AnchorState::OutOfSync | AnchorState::Closed => None,
        }
    }

    /// Whether the typed text and the edit can be merged. It is called for menus, so it takes at most a few
    /// milliseconds: it returns false for a range that could take longer, and caches the result for each revision.
    pub fn merges_quickly(&self) -> bool {
        self.merged_within(QUICKLY_MERGED_LINES).is_some()
    }

    /// The edit for the current text that keeps the text typed inside the range. `None` if nothing was typed, if both
    /// changed the same lines, or if the range is very large.
    pub fn merged(&self) -> Option<Replacement> {
        self.merged_within(MERGED_LINES)
    }

    fn merged_within(&self, lines: usize) -> Option<Replacement> {
        let (snapshot, bytes) = self.typed_in()?;
        let mut known = lock(&self.merged);
        if let Some((revision, merged)) = &*known
            && *revision == snapshot.revision
        {
            return merged.clone();
        }
        let base = self.replacement.old();
        let (ours, theirs) = (snapshot.slice(bytes.clone()), &self.replacement.text);
        if [&base, &ours, theirs].into_iter().any(|text| text.bytes().filter(|byte| *byte == b'\n').count() > lines) {
            return None;
        }
        let revision = snapshot.revision;
        let merged = edit::merge(&base, &ours, theirs).filter(|merged| *merged != ours);
        let merged = merged.map(|text| self.replacing(snapshot, bytes, text));
        *known = Some((revision, merged.clone()));
        merged
    }

    /// The edit that replaces these bytes of the current text by `text`, whatever the user typed there.
    fn replacing(&self, snapshot: Snapshot, bytes: Range<usize>, text: String) -> Replacement {
        let changes = edit::smallest_changes(&snapshot.slice(bytes.clone()), &text, bytes.start, self.granularity);
        let imports = self.replacement.imports.clone();
        let changes = with_imports(imports.as_ref(), &snapshot, &bytes, changes);
        Replacement { snapshot, destination_state: DestinationState::Open, bytes, text, changes, imports }
    }

    /// The edit for the current text if the document is open, else for the sent text. If the user typed inside the
    /// range, it replaces the typed text.
    pub fn rebased(&self) -> Replacement {
        match self.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } => self.replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, intact: false, .. } => {
                self.replacing(snapshot, bytes, self.replacement.text.clone())
            }
            AnchorState::OutOfSync | AnchorState::Closed => self.replacement.clone(),
        }
    }

    /// The same edit after its range was lost: the document was closed, or the text was deleted. It is returned if the
    /// document contains the replaced text again: at its old place, else at exactly one other place. `None` in every
    /// other case.
    pub fn relocated(&self, documents: &DocumentStore) -> Option<Self> {
        self.found_in(documents, &self.document())
    }

    /// The same in a document that may be the old one under another name.
    pub fn found_in(&self, documents: &DocumentStore, document: &DocumentUri) -> Option<Self> {
        match self.anchor()?.state() {
            AnchorState::Closed => {}
            AnchorState::Live { .. } | AnchorState::OutOfSync if self.document() != *document => {}
            AnchorState::Live { bytes, intact: false, bounded, .. } if !bounded || bytes.is_empty() => {}
            AnchorState::Live { .. } | AnchorState::OutOfSync => return None,
        }
        let today = documents.snapshot(document.as_str()).ok()?;
        let (text, replaced) = (today.text.to_string(), self.replacement.old());
        // A pure insertion is located by the text above it.
        let wanted = if replaced.is_empty() { self.above.as_str() } else { replaced.as_str() };
        if wanted.trim().is_empty() {
            return None;
        }
        let old_place = if replaced.is_empty() { self.stood_at.checked_sub(wanted.len())? } else { self.stood_at };
        let mut places = text.match_indices(wanted).map(|(at, _)| at);
        let first = places.next()?;
        let at = match places.next() {
            None => first,
            Some(_) => text.get(old_place..).filter(|there| there.starts_with(wanted)).map(|_| old_place)?,
        };
        let start = if replaced.is_empty() { at + wanted.len() } else { at };
        let bytes = start..start + replaced.len();
        let anchor = documents.anchor(&today, bytes.clone()).ok()?;
        let replacement = self.replacement.moved_to(today, bytes);
        Some(Self::new(replacement, Arc::new(anchor), self.reason.clone(), self.granularity))
    }
}
