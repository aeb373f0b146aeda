//! What a text shows once an edit is in it.

use ropey::Rope;

use super::Replacement;
use super::replacement::changed;
use crate::documents::{Anchor, AnchorState};

/// What the text is to show once the edit is in it.
#[derive(Debug)]
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

    /// Whether the text shows the edit.
    pub(super) fn is_met(&self) -> bool {
        let AnchorState::Live { snapshot, .. } = self.region.state() else { return false };
        self.is_in_place() || same_lines(&snapshot.text, &self.document)
    }

    /// Whether the text of the range is that of the edit, which costs no look at the rest.
    pub(super) fn is_in_place(&self) -> bool {
        let AnchorState::Live { snapshot, bytes, .. } = self.region.state() else { return false };
        // At an end of the document there is no character beside the range: of what was inserted there, a part is the
        // edit's, and a part was typed by somebody. So the text may stand anywhere from there on, around the region.
        let start = if self.starts_document { 0 } else { bytes.start };
        let end = if self.ends_document { snapshot.text.len_bytes() } else { bytes.end };
        let before = with_lf(&snapshot.slice(start..bytes.start));
        let region = with_lf(&snapshot.slice(bytes.clone()));
        let after = with_lf(&snapshot.slice(bytes.end..end));
        stands_around(&self.text, &before, &region, &after)
    }
}

/// Whether `text` is all of `region`, with some of the end of `before` and some of the start of `after`.
fn stands_around(text: &str, before: &str, region: &str, after: &str) -> bool {
    let whole = [before, region, after].concat();
    let from = before.char_indices().map(|(at, _)| at).chain([before.len()]);
    from.filter(|at| at + text.len() >= before.len() + region.len())
        .any(|at| whole.get(at..).is_some_and(|rest| rest.starts_with(text)))
}

/// The same for whole documents, of which no copy is made.
fn same_lines(left: &Rope, right: &Rope) -> bool {
    fn letters(text: &Rope) -> impl Iterator<Item = char> {
        let mut after_cr = false;
        text.chars().filter_map(move |character| {
            let ends_crlf = std::mem::replace(&mut after_cr, character == '\r') && character == '\n';
            (!ends_crlf).then_some(if character == '\r' { '\n' } else { character })
        })
    }
    left == right || left.len_lines() == right.len_lines() && letters(left).eq(letters(right))
}

pub(super) fn same_text(left: &str, right: &str) -> bool {
    with_lf(left) == with_lf(right)
}

pub(super) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_make_no_other_document() {
        let same = |left: &str, right: &str| same_lines(&Rope::from_str(left), &Rope::from_str(right));
        assert!(same("a\nb\n\n", "a\r\nb\r\n\r\n") && same("a\r\rb", "a\n\nb") && same("", ""));
        assert!(!same("a\nb", "a\r\nc") && !same("a\n", "a\n\r") && !same("a\n\nb", "a\r\nb"));
    }

    #[test]
    fn what_is_typed_at_an_end_of_the_document_hides_no_edit() {
        assert!(stands_around("new", "", "new", ""));
        assert!(stands_around("new", "typed n", "e", "w typed"));
        assert!(stands_around("new", "", "ne", "w// typed"));
        assert!(!stands_around("ne", "", "new", ""), "text of the region that is to go is still there");
        assert!(!stands_around("new", "ne", "x", "w"));
        assert!(!stands_around("new", "new ", "old", " new"), "text beside the region is not the region's");
    }
}
