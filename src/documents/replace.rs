//! Replacing text in a rope by the smallest edit, so that versions share structure and anchors outside it survive.

use super::{
    edit_map::Edit,
    encoding::{ByteRange, clamp, is_inside_line_break},
};
use ropey::{Rope, RopeSlice};

/// Puts `with` in the place of `bytes`, and tells what changed; `None` where the text stays the same. What the old and
/// the new text have in common at either end is not touched: an editor that sends an unchanged region again has not
/// typed in it. The cost is that of comparing `with` to the text it replaces, plus O(log n).
pub(super) fn replace(text: &mut Rope, bytes: &ByteRange, with: &str) -> Option<Edit> {
    let bytes = clamp(text, bytes);
    let kept_before = common_prefix(text.get_byte_slice(bytes.clone())?, with);
    let start = bytes.start + kept_before;
    let rest = with.get(kept_before..)?;
    let kept_after = common_suffix(text.get_byte_slice(start..bytes.end)?, rest);
    let old_end = bytes.end - kept_after;
    let middle = rest.get(..rest.len() - kept_after)?;
    if start == old_end && middle.is_empty() {
        return None;
    }

    let before = text.clone();
    let start_char = text.byte_to_char(start);
    text.remove(start_char..text.byte_to_char(old_end));
    text.insert(start_char, middle);
    Some(around_line_breaks(&before, text, Edit { start, old_end, new_len: middle.len() }))
}

/// `edit`, widened so that neither end lies between the CR and the LF of one line break, before or after: an edit that
/// joins or parts these changes the line break that both belong to, and no position could name a boundary between them.
/// The bytes taken in are the same before and after.
fn around_line_breaks(before: &Rope, after: &Rope, mut edit: Edit) -> Edit {
    if is_inside_line_break(before, edit.start) || is_inside_line_break(after, edit.start) {
        edit.start -= 1;
        edit.new_len += 1;
    }
    if is_inside_line_break(before, edit.old_end) || is_inside_line_break(after, edit.new_end()) {
        edit.old_end += 1;
        edit.new_len += 1;
    }
    edit
}

/// How many bytes, in whole characters, `old` and `new` have in common at their start.
fn common_prefix(old: RopeSlice<'_>, new: &str) -> usize {
    let mut rest = new.as_bytes();
    let mut kept = 0;
    for chunk in old.chunks().map(str::as_bytes) {
        let same = if rest.starts_with(chunk) {
            chunk.len()
        } else {
            chunk.iter().zip(rest).take_while(|(old, new)| old == new).count()
        };
        kept += same;
        if same < chunk.len() {
            break;
        }
        rest = rest.get(same..).unwrap_or_default();
    }
    new.floor_char_boundary(kept)
}

/// How many bytes, in whole characters, `old` and `new` have in common at their end.
fn common_suffix(old: RopeSlice<'_>, new: &str) -> usize {
    let mut rest = new.as_bytes();
    let mut kept = 0;
    let (mut chunks, ..) = old.chunks_at_byte(old.len_bytes());
    while let Some(chunk) = chunks.prev().map(str::as_bytes) {
        let same = if rest.ends_with(chunk) {
            chunk.len()
        } else {
            chunk.iter().rev().zip(rest.iter().rev()).take_while(|(old, new)| old == new).count()
        };
        kept += same;
        if same < chunk.len() {
            break;
        }
        rest = rest.get(..rest.len() - same).unwrap_or_default();
    }
    new.len() - new.ceil_char_boundary(new.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replaces `bytes` of `old` and checks the text and the edit as `(start, old_end, new_len)`.
    #[track_caller]
    fn check(old: &str, bytes: ByteRange, with: &str, edit: Option<(usize, usize, usize)>) {
        let mut text = Rope::from_str(old);
        let found = replace(&mut text, &bytes, with).map(|edit| (edit.start, edit.old_end, edit.new_len));
        let mut expected = old.to_owned();
        expected.replace_range(bytes, with);
        assert_eq!((text.to_string(), found), (expected, edit));
    }

    #[test]
    fn what_both_ends_have_in_common_stays_in_whole_characters_and_line_breaks() {
        check("let a = 1;", 0..10, "let b = 1;", Some((4, 5, 1)));
        check("abc", 0..3, "abc", None);
        check("abc", 0..3, "abcabc", Some((3, 3, 3)));
        check("abcabc", 0..6, "abc", Some((3, 6, 0)));
        check("aXb", 1..2, "", Some((1, 2, 0)));
        check("", 0..0, "new", Some((0, 0, 3)));
        check("old", 0..3, "", Some((0, 3, 0)));
        // Characters are never split: é is C3 A9 and è is C3 A8; 😀 and 😁 differ in the last byte, 😀 and 🐀 in the second and third only.
        check("é", 0..2, "è", Some((0, 2, 2)));
        check("a😀b", 0..6, "a😁b", Some((1, 5, 4)));
        check("a😀b", 0..6, "a🐀b", Some((1, 5, 4)));
        check("\u{e9}", 0..2, "\u{129}", Some((0, 2, 2)));
        // A line break changes as a whole.
        check("a\nb", 0..3, "a\r\nb", Some((1, 2, 2)));
        check("a\r\nb", 0..4, "a\nb", Some((1, 3, 1)));
        check("a\r\nb", 0..4, "a\rb", Some((1, 3, 1)));
        check("a\rb", 2..2, "\n", Some((1, 2, 2)));
        check("a\rX\nb", 2..3, "", Some((1, 4, 2)));
        check("a\r\nb", 2..2, "X", Some((1, 3, 3)));
        check("a\r\nb", 3..3, "X", Some((3, 3, 1)));
        check("a\r\nb", 1..1, "X", Some((1, 1, 1)));
    }

    #[test]
    fn a_large_text_is_compared_chunk_by_chunk() {
        let old = "fn main() { println!(\"häß\"); }\r\n".repeat(2_000);
        let mut new = old.clone();
        new.insert(old.len() / 2 - old.len() / 2 % 34, '#');
        let at = new.find('#').unwrap();
        check(&old, 0..old.len(), &new, Some((at, at, 1)));
        check(&new, 0..new.len(), &old, Some((at, at + 1, 0)));
    }
}
