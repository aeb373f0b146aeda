//! Replaces text in a rope by the smallest edit, so that versions share structure and anchors outside it survive.

use ropey::{Rope, RopeSlice};

use super::edit_map::Edit;
use super::encoding::{ByteRange, clamp, is_inside_line_break};

/// Replaces `bytes` by `with`, and returns the change; `None` if the text stays the same. A common prefix or suffix of
/// the old and new text is not touched: an editor may send an unchanged region again. The cost is the comparison of
/// `with` with the replaced text, plus O(log n).
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

/// `edit`, widened so that neither end is between the CR and the LF of one line break, before or after. An edit that
/// joins or separates them changes that line break, and no position could name a boundary between them. The added bytes
/// are the same before and after.
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

/// The length of the common start of `old` and `new`, in bytes of whole characters.
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

/// The length of the common end of `old` and `new`, in bytes of whole characters.
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
