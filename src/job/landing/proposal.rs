//! Edits that wait for the user.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::Replacement;
use super::expectation::{Expectation, same_text};
use super::filed::Filed;
use crate::documents::{Anchor, AnchorState, DocumentStore, Snapshot};
use crate::edit::{self, Granularity};
use crate::i18n::Message;
use crate::job::home::Origin;

/// An edit that waits for the user's decision.
#[derive(Debug)]
pub struct Proposal {
    /// The edit, as computed for the text that was sent to the agent.
    pub replacement: Replacement,
    ground: Ground,
    /// What its range shows once somebody made the edit after all; `None` where nobody can tell.
    done: Option<Expectation>,
    /// Why it was not applied: a sentence.
    pub reason: Message,
    /// How fine its changes are.
    pub granularity: Granularity,
    /// What the last merge came to, by the revision of the text.
    merged: Mutex<Option<(u64, Option<Replacement>)>>,
}

/// What a proposal stands on.
#[derive(Debug)]
enum Ground {
    /// The range in today's text.
    Range(Arc<Anchor>),
    /// A file, open or not.
    File(Filed),
}

/// What becomes of what the user typed inside the range, where they apply an edit all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// It and the edit are made one; see [`Proposal::merged`].
    Merged,
    /// The edit stands in its place.
    Replaced,
}

/// Up to so many lines on each side a merge takes a few milliseconds, whatever they are.
const QUICKLY_MERGED_LINES: usize = 400;

/// Up to so many it takes some tens of milliseconds; above, it could take seconds.
const MERGED_LINES: usize = 1_000;

impl Proposal {
    pub(super) fn new(
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
        Self { replacement, ground: Ground::Range(anchor), done, reason, granularity, merged: Mutex::default() }
    }

    pub(super) fn into_file(replacement: Replacement, filed: Filed, reason: Message, granularity: Granularity) -> Self {
        let done = None;
        Self { replacement, ground: Ground::File(filed), done, reason, granularity, merged: Mutex::default() }
    }

    /// Whether the edit is in the text without having been applied here: a plug-in made it, or the editor made it so late
    /// that nobody waited any more. What it inserts at a boundary of its range is no typing inside, so the range may be
    /// intact, and applying would put it in once more.
    pub fn is_done(&self) -> bool {
        self.done.as_ref().is_some_and(Expectation::is_in_place)
    }

    /// The file that the answer goes into, where it goes into one.
    pub fn filed(&self) -> Option<&Filed> {
        if let Ground::File(filed) = &self.ground { Some(filed) } else { None }
    }

    pub(super) fn anchor(&self) -> Option<&Arc<Anchor>> {
        if let Ground::Range(anchor) = &self.ground { Some(anchor) } else { None }
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
            Ground::Range(anchor) => anchor.state(),
            Ground::File(filed) => filed.state(),
        }
    }

    /// Whether somebody typed inside the range, and not just what the edit says. Where nothing is left of the range, or
    /// nobody can tell where it ends, there is nothing to make one with, and nothing to replace.
    pub fn is_typed_in(&self) -> bool {
        self.typed_in().is_some()
    }

    fn typed_in(&self) -> Option<(Snapshot, Range<usize>)> {
        match self.anchor()?.state() {
            AnchorState::Live { snapshot, bytes, intact: false, bounded: true } if !bytes.is_empty() => {
                let is_done = same_text(&snapshot.slice(bytes.clone()), &self.replacement.text);
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
        let base = self.replacement.snapshot.slice(self.replacement.bytes.clone());
        let (ours, theirs) = (snapshot.slice(bytes.clone()), &self.replacement.text);
        if [&base, &ours, theirs].into_iter().any(|text| text.bytes().filter(|byte| *byte == b'\n').count() > lines) {
            return None;
        }
        let revision = snapshot.revision;
        let merged = edit::merge(&base, &ours, theirs).filter(|merged| *merged != ours).map(|text| {
            let changes = edit::smallest_changes(&ours, &text, bytes.start, self.granularity);
            Replacement { snapshot, origin: Origin::Open, bytes, text, changes }
        });
        *known = Some((revision, merged.clone()));
        merged
    }

    /// The edit for today's text that does with what was typed inside the range as the user wants.
    pub(super) fn over_typing(&self, typed: Typed) -> Option<Replacement> {
        match typed {
            Typed::Merged => self.merged(),
            Typed::Replaced => Some(self.rebased()),
        }
    }

    /// The edit for today's text where the document is open, else for the text that was sent. Where somebody typed inside
    /// the range, it replaces what they typed.
    pub fn rebased(&self) -> Replacement {
        match self.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } => self.replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, intact: false, .. } => {
                let text = self.replacement.text.clone();
                let changes =
                    edit::smallest_changes(&snapshot.slice(bytes.clone()), &text, bytes.start, self.granularity);
                Replacement { snapshot, origin: Origin::Open, bytes, text, changes }
            }
            AnchorState::OutOfSync | AnchorState::Closed => self.replacement.clone(),
        }
    }

    /// The same edit where its range is lost, because the document was closed meanwhile or the text went away with others,
    /// and where the text that it replaces stands in the document again: at its old place, else at the only other one.
    /// `None` in every other case.
    pub fn found_again(&self, documents: &DocumentStore) -> Option<Self> {
        match self.anchor()?.state() {
            AnchorState::Closed => {}
            AnchorState::Live { bytes, intact: false, bounded, .. } if !bounded || bytes.is_empty() => {}
            AnchorState::Live { .. } | AnchorState::OutOfSync => return None,
        }
        let Replacement { snapshot, bytes, .. } = &self.replacement;
        let today = documents.snapshot(snapshot.uri.as_str()).ok()?;
        let (text, replaced) = (today.text.to_string(), snapshot.slice(bytes.clone()));
        let mut places = text.match_indices(&replaced).map(|(at, _)| at);
        let first = places.next()?;
        let start = match places.next() {
            None => first,
            Some(_) => text.get(bytes.clone()).filter(|there| *there == replaced).map(|_| bytes.start)?,
        };
        let bytes = start..start + replaced.len();
        let anchor = documents.anchor(&today, bytes.clone()).ok()?;
        let replacement = self.replacement.moved_to(today, bytes);
        Some(Self::new(replacement, Arc::new(anchor), self.reason.clone(), self.granularity))
    }
}
