//! What stands around a selection in its own document: the imports, and the lines before and after it.

use std::ops::Range;

use ropey::Rope;

use super::{Budget, Fate, Part, PartKind, Piece, Section, Tags, frame_chars};

/// The most that imports take, in characters.
const IMPORTS_CHARS: usize = 8_000;

/// What stands around the selection in its own document.
pub(crate) struct Around<'a> {
    pub(crate) text: &'a Rope,
    pub(crate) selection: &'a Range<usize>,
    /// Lines shown before and after the selection, at most.
    pub(crate) lines: usize,
    pub(crate) tags: &'a Tags,
}

impl Around<'_> {
    /// The imports, and the lines before and after the selection. Imports are paid for first, as far as the lines that
    /// can be paid for besides all of them do not show them.
    pub(crate) fn within(
        &self,
        imports: &[Range<usize>],
        budget: &mut Budget,
        parts: &mut Vec<Part>,
    ) -> (Vec<Section>, Vec<Section>, Vec<Section>) {
        let (all, _) = self.imports(imports, &self.selection.clone(), budget.left());
        let taken: usize = all.iter().map(|section| section.chars(self.tags)).sum();
        let (certain, _) = self.lines(budget.left().saturating_sub(taken));
        let (imports, fate) = self.imports(imports, &certain, budget.left());
        for section in &imports {
            let chars = section.chars(self.tags);
            budget.take(chars);
            parts.push(Part { kind: PartKind::Imports, file: None, chars, fate });
        }

        let (shown, is_whole) = self.lines(budget.left());
        let section = |tag, bytes: Range<usize>| {
            let piece = Piece::of(self.text, bytes);
            if piece.text.is_empty() { Vec::new() } else { vec![Section::new(tag, vec![piece])] }
        };
        let before = section("before", shown.start..self.selection.start);
        let after = section("after", self.selection.end..shown.end);
        let chars: usize = before.iter().chain(&after).map(|section| section.chars(self.tags)).sum();
        budget.take(chars);
        let fate = match (is_whole, chars) {
            (true, _) => Fate::Whole,
            (false, 0) => Fate::OverBudget,
            (false, _) => Fate::Cut,
        };
        if chars > 0 || !is_whole {
            parts.push(Part { kind: PartKind::Surroundings, file: None, chars, fate });
        }
        (imports, before, after)
    }

    fn lines(&self, left: usize) -> (Range<usize>, bool) {
        let frames = frame_chars(self.tags, "before") + frame_chars(self.tags, "after") + 2;
        match left.checked_sub(frames) {
            Some(left) => surroundings(self.text, self.selection, self.lines, left),
            None => (self.selection.clone(), false),
        }
    }

    /// The imports that are not in `shown`, as far as they fit into `left` characters.
    fn imports(&self, imports: &[Range<usize>], shown: &Range<usize>, left: usize) -> (Vec<Section>, Fate) {
        let frame = frame_chars(self.tags, "imports") + 1;
        let Some(mut left) = left.min(IMPORTS_CHARS).checked_sub(frame) else { return (Vec::new(), Fate::OverBudget) };
        let is_hidden = |import: &&Range<usize>| import.start < shown.start || import.end > shown.end;
        let mut fate = Fate::Whole;
        let mut pieces = Vec::new();
        for import in imports.iter().filter(is_hidden) {
            let piece = Piece::of(self.text, import.clone());
            match left.checked_sub(piece.text.chars().count()) {
                Some(rest) => {
                    left = rest;
                    pieces.push(piece);
                }
                None => {
                    fate = Fate::Cut;
                    break;
                }
            }
        }
        if pieces.is_empty() { (Vec::new(), fate) } else { (vec![Section::new("imports", pieces)], fate) }
    }
}

/// Where the surroundings of `selection` start and end, in bytes of `text`: whole lines, nearest first, taken in turn
/// from before and after, at most `lines` a side and `budget` characters in all. The rest of the selection's own first
/// and last line is not counted as a line. With them, whether the budget was enough for all of them.
pub(crate) fn surroundings(text: &Rope, selection: &Range<usize>, lines: usize, budget: usize) -> (Range<usize>, bool) {
    let (inner_start, inner_end) = (text.byte_to_char(selection.start), text.byte_to_char(selection.end));
    let first_line = text.char_to_line(inner_start);
    let (mut start, mut end) = (inner_start, inner_end);
    let mut left = budget;
    let mut is_whole = true;
    for distance in 0..=lines {
        let line_start = text.line_to_char(first_line.saturating_sub(distance));
        let line_end = end_of_line_after(text, inner_end, distance);
        let before = start.saturating_sub(line_start);
        if before > left {
            is_whole = false;
            break;
        }
        (start, left) = (start - before, left - before);
        let after = line_end.saturating_sub(end);
        if after > left {
            is_whole = false;
            break;
        }
        (end, left) = (end + after, left - after);
        if start == 0 && end == text.len_chars() {
            break;
        }
    }
    (text.char_to_byte(start)..text.char_to_byte(end), is_whole)
}

/// Where the text `distance` lines after `end` ends, in characters. At distance 0 that is the rest of the line in which
/// `end` stands, and nothing when `end` is at the start of a line.
fn end_of_line_after(text: &Rope, end: usize, distance: usize) -> usize {
    let line = text.char_to_line(end);
    let whole_lines = if text.line_to_char(line) == end { distance } else { distance + 1 };
    text.line_to_char((line + whole_lines).min(text.len_lines()))
}
