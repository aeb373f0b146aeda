//! Edits that wait for the user.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ropey::Rope;

use super::expectation::Expectation;
use super::filed::{FileEdit, FileEditRecord};
use super::replacement::with_imports;
use super::{NewImports, Replacement};
use crate::documents::{Anchor, AnchorState, DocumentStore, DocumentUri, Snapshot};
use crate::edit::{self, Granularity};
use crate::i18n::{Language, Message};
use crate::job::destination::Origin;

/// An edit that waits for the user's decision.
#[derive(Debug)]
pub struct Proposal {
    /// The edit, as computed for the text that was sent to the agent.
    pub replacement: Replacement,
    ground: ProposalTarget,
    /// What its range shows once somebody made the edit after all; `None` where nobody can tell.
    done: Option<Expectation>,
    /// Why it was not applied: a sentence.
    pub reason: Message,
    /// How fine its changes are.
    pub granularity: Granularity,
    /// What the last merge came to, by the revision of the text.
    merged: Mutex<Option<(u64, Option<Replacement>)>>,
    /// Where the range was last known to begin, in bytes, and the end of what stood above it.
    stood_at: usize,
    above: String,
    /// The numbers of its changes, where others of them were made or dropped.
    pub(super) numbers: Option<Vec<usize>>,
    /// It is offered. One of an earlier session is, once its place was found.
    is_offered: AtomicBool,
}

/// What outlives the session of a waiting edit.
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

/// So much of what stands above the range is known, in bytes.
const ABOVE_BYTES: usize = 240;

/// What a proposal stands on: the range in today's text, or a file, open or not.
#[derive(Debug)]
pub(super) enum ProposalTarget {
    Range(Arc<Anchor>),
    File(FileEdit),
}

/// What becomes of what the user typed inside the range, where they apply an edit all the same: it and the edit are
/// made one, see [`Proposal::merged`], or the edit stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    Merged,
    Replaced,
}

/// Up to so many lines on each side a merge takes a few milliseconds, whatever they are.
const QUICKLY_MERGED_LINES: usize = 400;

/// Up to so many it takes some tens of milliseconds; above, it could take seconds.
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
        ground: ProposalTarget,
        replacement: Replacement,
        reason: Message,
        granularity: Granularity,
    ) -> Self {
        let start = replacement.bytes.start;
        let above = replacement.snapshot.slice(start.saturating_sub(ABOVE_BYTES)..start);
        Self {
            replacement,
            ground,
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

    /// The edit of an earlier session. It is not offered until its place is found, or its document opened.
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
            let (replacement, filed) = file.restored(documents).await?;
            Self::on(ProposalTarget::File(filed), replacement, reason, granularity)
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
            let replacement = Replacement { snapshot, origin: Origin::Open, bytes, text: new, changes, imports };
            Self::new(replacement, Arc::new(anchor), reason, granularity)
        };
        (proposal.stood_at, proposal.above) = (start, above);
        proposal.is_offered = AtomicBool::new(false);
        Some(proposal)
    }

    /// What outlives the session, with the reason in a language.
    pub fn record(&self, language: Language) -> ProposalRecord {
        let Replacement { snapshot, text, .. } = &self.replacement;
        let file = self.filed().map(FileEdit::record);
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

    /// The numbers of so many changes. Where they are not those that were expected, they are new ones: an old number never
    /// means another change.
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

    /// Whether it can be chosen: one of an earlier session cannot before its document was opened.
    pub fn is_offered(&self) -> bool {
        self.is_offered.load(Ordering::Relaxed)
    }

    /// From now on it is offered.
    pub fn wakes(&self) {
        self.is_offered.store(true, Ordering::Relaxed);
    }

    /// The document that the edit is of.
    pub fn document(&self) -> DocumentUri {
        self.replacement.snapshot.uri.clone()
    }

    /// How much memory its text takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.replacement.text.len() + self.replacement.snapshot.text.len_bytes()
    }

    /// Whether the edit is in the text without having been applied here: a plug-in made it, or the editor made it so late
    /// that nobody waited any more. What it inserts at a boundary of its range is no typing inside, so the range may be
    /// intact, and applying would put it in once more.
    pub fn is_done(&self) -> bool {
        self.done.as_ref().is_some_and(Expectation::is_in_place)
    }

    /// The file that the answer goes into, where it goes into one.
    pub fn filed(&self) -> Option<&FileEdit> {
        if let ProposalTarget::File(filed) = &self.ground { Some(filed) } else { None }
    }

    pub(in crate::job) fn anchor(&self) -> Option<&Arc<Anchor>> {
        if let ProposalTarget::Range(anchor) = &self.ground { Some(anchor) } else { None }
    }

    /// The first of its lines in today's text, counted from zero; `None` where the document is not open, or the answer goes
    /// into a file.
    pub fn first_line(&self) -> Option<usize> {
        match self.anchor()?.state() {
            AnchorState::Live { snapshot, bytes, .. } => Some(snapshot.text.byte_to_line(bytes.start)),
            AnchorState::OutOfSync | AnchorState::Closed => None,
        }
    }

    fn state(&self) -> AnchorState {
        match &self.ground {
            ProposalTarget::Range(anchor) => anchor.state(),
            ProposalTarget::File(filed) => filed.state(),
        }
    }

    /// Whether somebody typed inside the range, and not just what the edit says. Where nothing is left of the range, or
    /// nobody can tell where it ends, there is nothing to make one with, and nothing to replace.
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

    /// Whether what was typed inside the range and the edit can be made one. Asked for a menu: it takes a few milliseconds
    /// at most, says no for a range that could take longer, and remembers what it said of a text.
    pub fn merges_quickly(&self) -> bool {
        self.merged_within(QUICKLY_MERGED_LINES).is_some()
    }

    /// The edit for today's text that keeps what was typed inside the range; `None` where nothing was, where both changed
    /// the same lines, or where the range is a very large one.
    pub fn merged(&self) -> Option<Replacement> {
        self.merged_within(MERGED_LINES)
    }

    fn merged_within(&self, lines: usize) -> Option<Replacement> {
        let (snapshot, bytes) = self.typed_in()?;
        let mut known = self.merged.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// The edit that makes `text` of these bytes of today's text, whatever was typed there.
    fn replacing(&self, snapshot: Snapshot, bytes: Range<usize>, text: String) -> Replacement {
        let changes = edit::smallest_changes(&snapshot.slice(bytes.clone()), &text, bytes.start, self.granularity);
        let imports = self.replacement.imports.clone();
        let changes = with_imports(imports.as_ref(), &snapshot, &bytes, changes);
        Replacement { snapshot, origin: Origin::Open, bytes, text, changes, imports }
    }

    /// The edit for today's text where the document is open, else for the text that was sent. Where somebody typed inside
    /// the range, it replaces what they typed.
    pub fn rebased(&self) -> Replacement {
        match self.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } => self.replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, intact: false, .. } => {
                self.replacing(snapshot, bytes, self.replacement.text.clone())
            }
            AnchorState::OutOfSync | AnchorState::Closed => self.replacement.clone(),
        }
    }

    /// The same edit where its range is lost, because the document was closed meanwhile or the text went away with others,
    /// and where the text that it replaces stands in the document again: at its old place, else at the only other one.
    /// `None` in every other case.
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
        // What is put between two lines is known by what stands above it.
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
