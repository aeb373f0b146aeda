//! Where an edit is once it went in.

use super::Replacement;
use crate::documents::{Anchor, AnchorState};

/// The place of the new text, to be followed from now on. `anchor` is the one of the range that was replaced: what the
/// edit inserted at its boundaries is outside of it.
pub(super) fn place(replacement: &Replacement, anchor: &Anchor) -> Option<Anchor> {
    let AnchorState::Live { snapshot, bytes, .. } = anchor.state() else { return None };
    let text = &replacement.text;
    let around = bytes.start.saturating_sub(text.len())..bytes.end.saturating_add(text.len());
    let around = around.start..around.end.min(snapshot.text.len_bytes());
    let window = snapshot.slice(around.clone());
    // Where the start of the window was inside of a character, the slice begins behind it.
    let start = around.end - window.len();
    let found = window.find(text.as_str()).filter(|_| !text.is_empty()).map(|at| start + at..start + at + text.len());
    // An editor that changed the line endings shows another text.
    anchor.anchor_at(&snapshot, found.unwrap_or(bytes)).ok()
}
