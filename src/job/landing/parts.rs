//! The changes of a waiting edit: the user can apply or discard each one, and the rest continues to wait.

use std::ops::Range;

use super::{Proposal, Replacement, apply_after_the_end};
use crate::documents::{AnchorState, Snapshot};
use crate::edit::{self, TextChange};
use crate::i18n::{Message, message};
use crate::job::Job;
use crate::job::run::Host;
use std::sync::Arc;

/// One change of a waiting edit: differing lines that touch.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its number. It stays the same if other changes are applied or discarded.
    pub number: usize,
    pub snapshot: Snapshot,
    /// The bytes from its first change to its last.
    pub bytes: Range<usize>,
    pub changes: Vec<TextChange>,
}

impl Part {
    /// Its first and last line in the current text, counted from zero.
    pub fn lines(&self) -> Range<usize> {
        let text = &self.snapshot.text;
        text.byte_to_line(self.bytes.start)..last_line(&self.snapshot, &self.bytes)
    }
}

impl Proposal {
    /// The changes of an edit, in the current text. Empty if there is only one, if the user typed in the range, or if
    /// the edit goes into another file.
    pub fn parts(&self) -> Vec<Part> {
        let is_whole =
            self.anchor().is_some_and(|anchor| matches!(anchor.state(), AnchorState::Live { intact: true, .. }));
        // The imports belong to the whole edit, so it cannot be divided.
        if !is_whole || self.is_done() || self.replacement.imports.is_some() {
            return Vec::new();
        }
        let Replacement { snapshot, changes, .. } = self.rebased();
        let mut parts: Vec<Part> = Vec::new();
        for change in changes {
            let first = snapshot.text.byte_to_line(change.range.start);
            match parts.last_mut() {
                Some(part) if first <= last_line(&snapshot, &part.bytes) + 1 => {
                    part.bytes.end = change.range.end;
                    part.changes.push(change);
                }
                _ => {
                    let (number, bytes) = (parts.len(), change.range.clone());
                    parts.push(Part { number, snapshot: snapshot.clone(), bytes, changes: vec![change] });
                }
            }
        }
        let numbers = self.numbers(parts.len());
        parts.iter_mut().zip(numbers).for_each(|(part, number)| part.number = number);
        if parts.len() > 1 || self.numbers.is_some() { parts } else { Vec::new() }
    }

    fn part(&self, number: usize) -> Option<Part> {
        self.parts().into_iter().find(|part| part.number == number)
    }

    /// The edit without one of its changes. `None` if that change does not exist, or if nothing is left.
    pub fn without_part(&self, number: usize) -> Option<Self> {
        let dropped = self.part(number)?;
        let Replacement { snapshot, destination_state, bytes, changes, .. } = self.rebased();
        let changes: Vec<_> = changes.into_iter().filter(|change| !dropped.changes.contains(change)).collect();
        if changes.is_empty() {
            return None;
        }
        let text = with_changes_made(&snapshot.slice(bytes.clone()), bytes.start, &changes);
        let numbers = self.numbers_without(number);
        self.rest(Replacement { snapshot, destination_state, bytes, text, changes, imports: None }, numbers)
    }

    fn numbers_without(&self, gone: usize) -> Vec<usize> {
        self.parts().into_iter().map(|part| part.number).filter(|number| *number != gone).collect()
    }

    /// The rest of the edit after one change was applied or discarded, with the numbers of the others.
    fn rest(&self, replacement: Replacement, numbers: Vec<usize>) -> Option<Self> {
        let anchor = self.anchor()?.anchor_at(&replacement.snapshot, replacement.bytes.clone()).ok()?;
        let mut rest = Self::new(replacement, Arc::new(anchor), self.reason.clone(), self.granularity);
        rest.numbers = Some(numbers);
        Some(rest)
    }
}

/// Applies one change of a waiting edit. Returns the rest of the edit, `None` if nothing is left. The error is a
/// sentence that says why it is not in the text; then the proposal is kept.
pub(crate) async fn apply_part(
    job: &Job,
    proposal: &Proposal,
    number: usize,
    host: &impl Host,
) -> Result<Option<Proposal>, Message> {
    let gone = || message!("withheld-part-gone");
    let part = proposal.part(number).ok_or_else(gone)?;
    let numbers = proposal.numbers_without(number);
    let anchor = proposal.anchor().ok_or_else(gone)?;
    let Replacement { snapshot, destination_state, bytes, text, .. } = proposal.rebased();
    let old = snapshot.slice(bytes.clone());
    let partly = with_changes_made(&old, bytes.start, &part.changes);
    let replacement =
        Replacement { snapshot, destination_state, bytes, text: partly.clone(), changes: part.changes, imports: None };
    apply_after_the_end(job, &replacement, anchor, host).await?;
    if partly == text {
        return Ok(None);
    }
    let Some(AnchorState::Live { snapshot, bytes, .. }) = job.applied().map(|place| place.state()) else {
        return Ok(None);
    };
    let changes = edit::smallest_changes(&snapshot.slice(bytes.clone()), &text, bytes.start, proposal.granularity);
    Ok(proposal.rest(Replacement { snapshot, destination_state, bytes, text, changes, imports: None }, numbers))
}

/// A piece of a document that begins at `start`, after changes of the document were made in it.
fn with_changes_made(piece: &str, start: usize, changes: &[TextChange]) -> String {
    let inside = |change: &TextChange| TextChange {
        range: change.range.start - start..change.range.end - start,
        text: change.text.clone(),
    };
    edit::apply(piece, &changes.iter().map(inside).collect::<Vec<_>>())
}

/// The line of the last character in `bytes`.
fn last_line(snapshot: &Snapshot, bytes: &Range<usize>) -> usize {
    snapshot.text.byte_to_line(if bytes.is_empty() { bytes.end } else { bytes.end - 1 })
}
