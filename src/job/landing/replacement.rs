//! What a range becomes.

use std::ops::Range;

use ropey::Rope;

use crate::documents::Snapshot;
use crate::edit::TextChange;
use crate::job::home::Origin;

/// What a range is to become, and the changes that make it so.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The text that everything here was computed for.
    pub snapshot: Snapshot,
    /// How that text is known. What is not open has no version that would mean anything.
    pub origin: Origin,
    /// The range, in bytes of the snapshot.
    pub bytes: Range<usize>,
    /// The new text of the range.
    pub text: String,
    /// The smallest changes that turn the old text into the new, in bytes of the snapshot.
    pub changes: Vec<TextChange>,
}

impl Replacement {
    /// The whole text with the replacement in it.
    pub fn result(&self) -> Rope {
        changed(&self.snapshot.text, &self.changes)
    }

    /// The same replacement where the range stands at `bytes` of `snapshot`, its text unchanged.
    pub(super) fn moved_to(&self, snapshot: Snapshot, bytes: Range<usize>) -> Self {
        let moved = |at: usize| at - self.bytes.start + bytes.start;
        let moved = |change: &TextChange| TextChange {
            range: moved(change.range.start)..moved(change.range.end),
            text: change.text.clone(),
        };
        let changes = self.changes.iter().map(moved).collect();
        Self { snapshot, origin: self.origin, bytes, text: self.text.clone(), changes }
    }
}

/// The text with the changes made. They are sorted and do not overlap, so the last one is made first.
pub(super) fn changed(text: &Rope, changes: &[TextChange]) -> Rope {
    let mut text = text.clone();
    for change in changes.iter().rev() {
        let (start, end) = (text.byte_to_char(change.range.start), text.byte_to_char(change.range.end));
        text.remove(start..end);
        text.insert(start, &change.text);
    }
    text
}
