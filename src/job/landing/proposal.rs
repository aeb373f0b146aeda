//! Edits that wait for the user.

use std::sync::Arc;

use super::Replacement;
use crate::documents::{Anchor, AnchorState, DocumentStore};
use crate::edit::{self, Granularity};

/// An edit that waits for the user's decision.
#[derive(Debug)]
pub struct Proposal {
    /// The edit, as computed for the text that was sent to the agent.
    pub replacement: Replacement,
    /// The range in today's text.
    pub anchor: Arc<Anchor>,
    /// Why it was not applied: a sentence.
    pub reason: String,
    /// How fine its changes are.
    pub granularity: Granularity,
}

impl Proposal {
    /// The edit for today's text where the document is open, else for the text that was sent. Where somebody typed inside
    /// the range, it replaces what they typed.
    pub fn rebased(&self) -> Replacement {
        match self.anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true } => self.replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, intact: false } => {
                let text = self.replacement.text.clone();
                let changes =
                    edit::smallest_changes(&snapshot.slice(bytes.clone()), &text, bytes.start, self.granularity);
                Replacement { snapshot, bytes, text, changes }
            }
            AnchorState::OutOfSync | AnchorState::Closed => self.replacement.clone(),
        }
    }

    /// The same edit for a document that was closed meanwhile and is open again, where the text that it replaces still
    /// stands there: at its old place, else at the only other one. `None` in every other case.
    pub fn reopened(&self, documents: &DocumentStore) -> Option<Self> {
        if !matches!(self.anchor.state(), AnchorState::Closed) {
            return None;
        }
        let Replacement { snapshot, bytes, .. } = &self.replacement;
        let today = documents.snapshot(self.anchor.uri().as_str()).ok()?;
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
        Some(Self { replacement, anchor: Arc::new(anchor), reason: self.reason.clone(), granularity: self.granularity })
    }
}
