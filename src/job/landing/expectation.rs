//! What a text shows once an edit is in it.

use std::ops::Range;
use std::time::Duration;

use ropey::Rope;
use similar::{Algorithm, capture_diff_slices_deadline, diff_ratio};

use super::Replacement;
use super::replacement::changed;
use crate::documents::{Anchor, AnchorState, Snapshot};
use crate::edit::TextChange;

/// So many characters on each side tell a piece of text from another one like it.
const CONTEXT_CHARS: usize = 24;

/// A text up to this size is searched as a whole.
const SEARCHED_BYTES: usize = 4 << 20;

/// Up to so many characters two texts are compared for likeness.
const COMPARED_CHARS: usize = 20_000;

/// How long that may take; then what is left counts as different.
const COMPARISON_TIME: Duration = Duration::from_millis(50);

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
    /// The edit changes more than white space, so that an editor that formats in the same change is understood.
    is_more_than_blanks: bool,
    /// The new text with what stands around it, without white space, and how often the text held it before.
    landmark: String,
    landmarks_before: usize,
    /// What the changes put in, each with how often the text held it before.
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

    /// Whether the text shows the edit. An editor may change white space in the same change, there and elsewhere: it
    /// formats on save, trims, or ends the last line.
    pub(super) fn is_met(&self) -> bool {
        let AnchorState::Live { snapshot, bounded, .. } = self.region.state() else { return false };
        self.is_in_place()
            || same_lines(&snapshot.text, &self.document)
            || self.is_more_than_blanks
                && (same_but_blanks(&snapshot.text, &self.document)
                    || !bounded && landmarks(&snapshot.text, &self.landmark) > self.landmarks_before)
    }

    /// Whether nobody touched the place, not even at its ends.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.region.state(), AnchorState::Live { intact: true, .. })
    }

    /// Whether the edit may have been made somewhere, in part or at the wrong place: the text holds more of what it puts in
    /// than before, or less than before.
    pub(super) fn may_be_somewhere(&self) -> bool {
        let AnchorState::Live { snapshot, .. } = self.region.state() else { return true };
        if snapshot.text.len_bytes() > SEARCHED_BYTES || snapshot.text.len_bytes() < self.length_before {
            return true;
        }
        let today = snapshot.text.to_string();
        self.pieces.iter().any(|(piece, before)| today.matches(piece.as_str()).count() > *before)
    }

    /// Whether the text of the range is that of the edit, up to white space, which costs no look at the rest.
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
            || self.is_more_than_blanks
                && stands_around(&squeezed(&self.text), &squeezed(&before), &squeezed(&region), &squeezed(&after))
    }
}

/// What becomes of `seen` where somebody makes the changes of `sent` at their lines and characters, whatever the text is by
/// then.
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

/// Whether a range shows the edit in the editor's own words: it is more like the new text than like the old one.
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

/// Where the text of the range stands in a document that was emptied and filled again, or formatted as a whole: with the
/// lines around it as they were, and nowhere else.
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

pub(super) fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// The pieces that changes put into a text, but for those that anybody might type, and how often they stand there already.
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

/// Whether two documents differ in white space alone, of which no copy is made.
fn same_but_blanks(left: &Rope, right: &Rope) -> bool {
    let letters = |character: &char| !character.is_whitespace();
    left.chars().filter(letters).eq(right.chars().filter(letters))
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
