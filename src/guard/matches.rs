//! What the scanners found in one line.

use std::ops::Range;

use super::SecretKind;

/// The maximum number of findings in one line.
const MAX_IN_A_LINE: usize = 64;

/// The results of the scanners in one line. Earlier scanners have priority: later results that overlap are dropped.
#[derive(Debug, Default)]
pub(super) struct Matches {
    pub(super) found: Vec<(Range<usize>, SecretKind)>,
}

impl Matches {
    /// Adds a result: the bytes `span` of the line look like `kind`.
    pub(super) fn add(&mut self, span: Range<usize>, kind: SecretKind) {
        // Further findings in a full line add no information. The limit keeps the check below cheap.
        let full = self.found.len() >= MAX_IN_A_LINE;
        if !full && !self.found.iter().any(|(hit, _)| hit.start < span.end && span.start < hit.end) {
            self.found.push((span, kind));
        }
    }
}
