//! The expected text after an edit.

use std::ops::Range;
use std::time::Duration;

use ropey::Rope;
use similar::{Algorithm, capture_diff_slices_deadline, diff_ratio};

use super::Replacement;
use super::replacement::{changed, squeezed};
use crate::display::with_lf;
use crate::documents::{Anchor, AnchorState, Snapshot};
use crate::edit::TextChange;

/// How many characters on each side distinguish a piece of text from an equal one.
const CONTEXT_CHARS: usize = 24;

/// The largest text that is searched as a whole.
const SEARCHED_BYTES: usize = 4 << 20;

/// How many characters of two texts are compared for similarity.
const COMPARED_CHARS: usize = 20_000;

/// The longest time for that comparison. After it, the rest counts as different.
const COMPARISON_TIME: Duration = Duration::from_millis(50);

/// The expected text after the edit.
#[derive(Debug)]
pub(super) struct Expectation {
    /// The whole document, if the user types nothing meanwhile.
    document: Rope,
    /// The range with one character more on each side, so that an insertion at its boundary counts as inside.
    region: Anchor,
    starts_document: bool,
    ends_document: bool,
    /// The expected text of the region, with LF line endings.
    text: String,
    /// The edit changes more than white space. Therefore an editor may format in the same change.
    is_more_than_blanks: bool,
    /// The new text with its context, without white space, and how often the text contained it before.
    landmark: String,
    landmarks_before: usize,
    /// The inserted texts, each with how often the text contained it before.
    pieces: Vec<(String, usize)>,
    length_before: usize,
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
        let chars = rope.byte_to_char(bytes.start)..rope.byte_to_char(bytes.end);
        let above = rope.slice(chars.start.saturating_sub(CONTEXT_CHARS)..chars.start);
        let below = rope.slice(chars.end..(chars.end + CONTEXT_CHARS).min(rope.len_chars()));
        let landmark = squeezed(&format!("{above}{text}{below}"));
        Some(Self {
            document: changed(rope, changes),
            text: with_lf(&format!("{head}{text}{tail}")),
            is_more_than_blanks: squeezed(&today.old()) != squeezed(text),
            landmarks_before: landmarks(rope, &landmark),
            landmark,
            pieces: pieces(rope, changes),
            length_before: rope.len_bytes(),
            region: anchor.anchor_at(snapshot, region).ok()?,
            starts_document: before.is_none(),
            ends_document: after.is_none(),
        })
    }

    /// Whether the text shows the edit. An editor may change white space in the same change, there or elsewhere: it may
    /// format on save, trim, or end the last line.
    pub(super) fn is_met(&self) -> bool {
        let AnchorState::Live { snapshot, bounded, .. } = self.region.state() else { return false };
        self.is_in_place()
            || same_lines(&snapshot.text, &self.document)
            || self.is_more_than_blanks
                && (same_but_blanks(&snapshot.text, &self.document)
                    || !bounded && landmarks(&snapshot.text, &self.landmark) > self.landmarks_before)
    }

    /// Whether the range is unchanged, including its boundaries.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.region.state(), AnchorState::Live { intact: true, .. })
    }

    /// Whether the client may have made the edit in part or at a wrong place: an inserted text occurs more often than
    /// before, or the text is shorter.
    pub(super) fn may_be_somewhere(&self) -> bool {
        let AnchorState::Live { snapshot, .. } = self.region.state() else { return true };
        if snapshot.text.len_bytes() > SEARCHED_BYTES || snapshot.text.len_bytes() < self.length_before {
            return true;
        }
        let today = snapshot.text.to_string();
        self.pieces.iter().any(|(piece, before)| today.matches(piece.as_str()).count() > *before)
    }

    /// Whether the range contains the new text, ignoring white space. It does not look at the rest of the document.
    pub(super) fn is_in_place(&self) -> bool {
        let AnchorState::Live { snapshot, bytes, .. } = self.region.state() else { return false };
        // At an end of the document, no character marks the boundary of the range. Text inserted there is partly that
        // of the edit and partly typed. Therefore the new text may extend from the region to that end.
        let start = if self.starts_document { 0 } else { bytes.start };
        let end = if self.ends_document { snapshot.text.len_bytes() } else { bytes.end };
        let before = with_lf(&snapshot.slice(start..bytes.start));
        let region = with_lf(&snapshot.slice(bytes.clone()));
        let after = with_lf(&snapshot.slice(bytes.end..end));
        stands_around(&self.text, &before, &region, &after)
            || self.is_more_than_blanks
                && stands_around(&squeezed(&self.text), &squeezed(&before), &squeezed(&region), &squeezed(&after))
    }
}

/// The text `seen` after a client made the changes of `sent` at their lines and characters, although the text had
/// changed.
pub(super) fn made_blindly(sent: &Replacement, seen: &Snapshot) -> Rope {
    let mut text = seen.text.clone();
    for change in sent.changes.iter().rev() {
        let range = sent.snapshot.range(change.range.clone());
        let start = text.byte_to_char(seen.offset(range.start));
        let end = text.byte_to_char(seen.offset(range.end)).max(start);
        text.remove(start..end);
        text.insert(start, &change.text);
    }
    text
}

/// Whether the editor rewrote the edit: the range is more similar to the new text than to the old one.
pub(super) fn is_nearer_to_the_new(now: &str, replacement: &Replacement) -> bool {
    let likeness = |other: &str| {
        let [now, other] = [now, other].map(|text| squeezed(text).chars().take(COMPARED_CHARS).collect::<Vec<char>>());
        let deadline = std::time::Instant::now() + COMPARISON_TIME;
        let ops = capture_diff_slices_deadline(Algorithm::Myers, &now, &other, Some(deadline));
        diff_ratio(&ops, now.len(), other.len())
    };
    let (to_new, to_old) = (likeness(&replacement.text), likeness(&replacement.old()));
    to_new > to_old && to_new > 0.6
}

/// The range of the old text in a document that was emptied and filled again, or formatted as a whole. Its context
/// lines must be unchanged, and it must occur only once.
pub(super) fn refilled(replacement: &Replacement, today: &Snapshot) -> Option<Range<usize>> {
    let Replacement { snapshot, bytes, .. } = replacement;
    let sent = &snapshot.text;
    if *sent == today.text {
        return Some(bytes.clone());
    }
    let first = sent.byte_to_line(bytes.start).saturating_sub(1);
    let last = (sent.byte_to_line(bytes.end) + 2).min(sent.len_lines());
    let around = sent.line_to_byte(first)..sent.line_to_byte(last);
    let (text, wanted) = (today.text.to_string(), snapshot.slice(around.clone()));
    let mut places = text.match_indices(&wanted);
    let (at, _) = places.next().filter(|_| !bytes.is_empty())?;
    let start = at + bytes.start - around.start;
    places.next().is_none().then(|| start..start + bytes.len())
}

/// The inserted texts with their counts in the current text. Very short ones are excluded: a user may type them.
fn pieces(text: &Rope, changes: &[TextChange]) -> Vec<(String, usize)> {
    const TOLD_CHARS: usize = 3;

    let text = if text.len_bytes() > SEARCHED_BYTES { String::new() } else { text.to_string() };
    let pieces = changes.iter().map(|change| change.text.trim()).filter(|piece| piece.len() >= TOLD_CHARS);
    pieces.map(|piece| (piece.to_owned(), text.matches(piece).count())).collect()
}

fn landmarks(text: &Rope, landmark: &str) -> usize {
    if text.len_bytes() > SEARCHED_BYTES || landmark.is_empty() {
        return 0;
    }
    squeezed(&text.to_string()).matches(landmark).count()
}

/// Whether two documents differ only in white space. It makes no copies.
fn same_but_blanks(left: &Rope, right: &Rope) -> bool {
    let letters = |character: &char| !character.is_whitespace();
    left.chars().filter(letters).eq(right.chars().filter(letters))
}

/// Whether `text` is all of `region`, plus optionally the end of `before` and the start of `after`.
fn stands_around(text: &str, before: &str, region: &str, after: &str) -> bool {
    let whole = [before, region, after].concat();
    let from = before.char_indices().map(|(at, _)| at).chain([before.len()]);
    from.filter(|at| at + text.len() >= before.len() + region.len())
        .any(|at| whole.get(at..).is_some_and(|rest| rest.starts_with(text)))
}

/// The same for whole documents, without copies.
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
