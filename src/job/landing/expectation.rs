//! What a text shows once an edit is in it.

use ropey::Rope;

use super::Replacement;
use super::replacement::changed;
use crate::documents::{Anchor, AnchorState};

/// What the text is to show once the edit is in it.
pub(super) struct Expectation {
    /// The whole document, if nobody types meanwhile.
    document: Rope,
    /// The range with one character more on each side, so that an insertion at its boundary counts as inside.
    region: Anchor,
    starts_document: bool,
    ends_document: bool,
    /// What the region is to hold, with line endings as LF.
    text: String,
}

impl Expectation {
    pub(super) fn new(today: &Replacement, anchor: &Anchor) -> Option<Self> {
        let Replacement { snapshot, bytes, text, changes, .. } = today;
        let rope = &snapshot.text;
        let before = (bytes.start > 0).then(|| rope.char_to_byte(rope.byte_to_char(bytes.start) - 1));
        let after = (bytes.end < rope.len_bytes()).then(|| rope.char_to_byte(rope.byte_to_char(bytes.end) + 1));
        let region = before.unwrap_or(0)..after.unwrap_or(rope.len_bytes());
        let head = snapshot.slice(region.start..bytes.start);
        let tail = snapshot.slice(bytes.end..region.end);
        Some(Self {
            document: changed(rope, changes),
            text: with_lf(&format!("{head}{text}{tail}")),
            region: anchor.beside(snapshot, region).ok()?,
            starts_document: before.is_none(),
            ends_document: after.is_none(),
        })
    }

    pub(super) fn is_met(&self) -> bool {
        let AnchorState::Live { snapshot, bytes, .. } = self.region.state() else { return false };
        if snapshot.text == self.document {
            return true;
        }
        // At an end of the document there is no character beside the range: what was inserted there is the edit's, or
        // somebody typed it.
        let starts = [Some(bytes.start), self.starts_document.then_some(0)];
        let ends = [Some(bytes.end), self.ends_document.then_some(snapshot.text.len_bytes())];
        let shown = |start: usize, end: usize| with_lf(&snapshot.slice(start..end)) == self.text;
        starts.into_iter().flatten().any(|start| ends.into_iter().flatten().any(|end| shown(start, end)))
    }
}

pub(super) fn same_text(left: &str, right: &str) -> bool {
    with_lf(left) == with_lf(right)
}

pub(super) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
