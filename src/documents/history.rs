//! The versions a document had lately, and the edits that led from each to the next.

use super::{edit_map::Edit, snapshot::Snapshot};
use std::collections::VecDeque;

/// How many versions are known at once, today's included.
pub(super) const MAX_VERSIONS: usize = 128;
/// How many bytes old versions may hold that today's text does not share (an estimate from above).
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// What one edit makes a rope copy: a leaf and the nodes above it.
const BYTES_PER_EDIT: usize = 2 * 1024;

/// The recent past of one document, oldest version first, without today's.
#[derive(Debug, Default)]
pub(super) struct History {
    steps: VecDeque<Step>,
    bytes: usize,
}

/// A version that was, and the edits that ended it.
#[derive(Debug)]
struct Step {
    before: Snapshot,
    edits: Vec<Edit>,
    bytes: usize,
}

impl History {
    /// Remembers `before` and the edits that turned it into the next version; forgets the oldest beyond the bounds.
    pub(super) fn record(&mut self, before: Snapshot, edits: Vec<Edit>) {
        let touched: usize = edits.iter().map(|edit| edit.old_end - edit.start + edit.new_len + BYTES_PER_EDIT).sum();
        // Old text cannot hold more than itself, however many edits have parted it from today's.
        let bytes = touched.min(before.text.len_bytes() + BYTES_PER_EDIT) + edits.len() * size_of::<Edit>();
        self.bytes += bytes;
        self.steps.push_back(Step { before, edits, bytes });
        while self.steps.len() >= MAX_VERSIONS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.steps.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
    }

    /// The past versions since this revision, the one of it first; none where it is too long ago.
    pub(super) fn from(&self, revision: u64) -> Vec<Snapshot> {
        let at = self.steps.iter().rposition(|step| step.before.revision == revision);
        at.map(|at| self.steps.range(at..).map(|step| step.before.clone()).collect()).unwrap_or_default()
    }

    /// The latest past version that `is_it` says yes to, and all edits since.
    pub(super) fn since(
        &self,
        is_it: impl Fn(&Snapshot) -> bool,
    ) -> Option<(&Snapshot, impl Iterator<Item = &Edit> + Clone)> {
        let at = self.steps.iter().rposition(|step| is_it(&step.before))?;
        let before = &self.steps.get(at)?.before;
        Some((before, self.steps.range(at..).flat_map(|step| &step.edits)))
    }
}
