//! The recent versions of a document, and the edits between them.

use super::{edit_map::Edit, snapshot::Snapshot};
use std::collections::VecDeque;

/// How many versions are known at once, including the current one.
pub(super) const MAX_VERSIONS: usize = 128;
/// How many bytes old versions may hold that the current text does not share (an upper estimate).
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How much one edit makes a rope copy: a leaf and the nodes above it.
const BYTES_PER_EDIT: usize = 2 * 1024;

/// The recent history of one document, oldest version first, without the current one.
#[derive(Debug, Default)]
pub(super) struct History {
    steps: VecDeque<Step>,
    bytes: usize,
}

/// A past version, and the edits that ended it.
#[derive(Debug)]
struct Step {
    before: Snapshot,
    edits: Vec<Edit>,
    bytes: usize,
}

impl History {
    /// Stores `before` and the edits to the next version. Forgets the oldest versions above the limits.
    pub(super) fn record(&mut self, before: Snapshot, edits: Vec<Edit>) {
        let touched: usize = edits.iter().map(|edit| edit.old_end - edit.start + edit.new_len + BYTES_PER_EDIT).sum();
        // An old text cannot hold more than its own size, however many edits separate it from the current text.
        let bytes = touched.min(before.text.len_bytes() + BYTES_PER_EDIT) + edits.len() * size_of::<Edit>();
        self.bytes += bytes;
        self.steps.push_back(Step { before, edits, bytes });
        while self.steps.len() >= MAX_VERSIONS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.steps.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
    }

    /// The past versions since this revision, including it; empty if it is too old.
    pub(super) fn from(&self, revision: u64) -> Vec<Snapshot> {
        let at = self.steps.iter().rposition(|step| step.before.revision == revision);
        at.map(|at| self.steps.range(at..).map(|step| step.before.clone()).collect()).unwrap_or_default()
    }

    /// The latest past version that satisfies `is_it`, and all edits since.
    pub(super) fn since(
        &self,
        is_it: impl Fn(&Snapshot) -> bool,
    ) -> Option<(&Snapshot, impl Iterator<Item = &Edit> + Clone)> {
        let at = self.steps.iter().rposition(|step| is_it(&step.before))?;
        let before = &self.steps.get(at)?.before;
        Some((before, self.steps.range(at..).flat_map(|step| &step.edits)))
    }
}
