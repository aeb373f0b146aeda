//! The text around a selection in its document: the imports, the heads of the enclosing definitions, the declarations
//! that the selection uses, and the lines before and after it.

use std::ops::Range;

use ropey::Rope;

use super::{Budget, Delimiters, Part, PartKind, PartStatus, Piece, Section, Source, frame_chars, line_words};
use crate::actions::scope::lines;
use crate::syntax::Vicinity;

/// The largest size of the imports, in characters.
const IMPORTS_CHARS: usize = 8_000;

/// The largest size of all single lines of the document, in characters.
const SINGLE_LINES_CHARS: usize = 3_000;

/// The number of characters to show of a single line.
const LONGEST_SINGLE_LINE: usize = 200;

/// The number of lines before and after the text to edit. With more lines, the agent does not see it well.
const BESIDE_AN_EDIT: (usize, usize) = (25, 15);

/// The number of lines before and after the selection, if the settings allow `most`.
pub(crate) fn window(most: usize, is_edit: bool) -> (usize, usize) {
    let (before, after) = if is_edit { BESIDE_AN_EDIT } else { (most, most) };
    (before.min(most), after.min(most))
}

/// The selection and its document.
pub(crate) struct SelectionContext<'a> {
    pub(crate) text: &'a Rope,
    pub(crate) selection: &'a Range<usize>,
    /// The largest number of lines before and after the selection.
    pub(crate) lines: (usize, usize),
    pub(crate) tags: &'a Delimiters,
}

/// The sections around a selection.
pub(crate) struct Surrounding {
    /// The imports, the heads of the enclosing definitions, and the declarations that it uses.
    pub(crate) apart: Vec<Section>,
    pub(crate) before: Option<Section>,
    pub(crate) after: Option<Section>,
}

impl SelectionContext<'_> {
    /// All sections around the selection. The budget goes to the imports first, except those in lines that fit together
    /// with all imports.
    pub(crate) fn within(
        &self,
        imports: &[Range<usize>],
        vicinity: &Vicinity,
        budget: &mut Budget,
        parts: &mut Vec<Part>,
    ) -> Surrounding {
        let (all, _) = self.imports(imports, self.selection, budget.left);
        let taken = all.map_or(0, |section| section.chars(self.tags));
        let (certain, _) = self.lines(budget.left.saturating_sub(taken));
        let (imports, status) = self.imports(imports, &certain, budget.left);
        if let Some(section) = &imports {
            let chars = section.chars(self.tags);
            budget.take(chars);
            parts.push(Part::of(PartKind::Imports, chars, status));
        }
        let mut singles = |tag, kind, lines| self.single_lines(tag, kind, lines, &certain, budget, parts);
        let inside = singles("inside", PartKind::Inside, &vicinity.inside);
        let declarations = singles("declarations", PartKind::Declarations, &vicinity.declarations);

        let (shown, is_whole) = self.lines(budget.left);
        let section = |tag, bytes: Range<usize>| {
            let attributes = lines_attribute(self.text, &bytes);
            let piece = Piece::of(self.text, bytes);
            (!piece.text.is_empty()).then(|| Section { attributes, ..Section::new(tag, vec![piece]) })
        };
        let before = section("before", shown.start..self.selection.start);
        let after = section("after", self.selection.end..shown.end);
        let chars: usize = before.iter().chain(&after).map(|section| section.chars(self.tags)).sum();
        budget.take(chars);
        let status = match (is_whole, chars) {
            (true, _) => PartStatus::Whole,
            (false, 0) => PartStatus::OverBudget,
            (false, _) => PartStatus::Cut,
        };
        if chars > 0 || !is_whole {
            parts.push(Part::of(PartKind::Surroundings, chars, status));
        }
        let apart = imports.into_iter().chain(inside).chain(declarations).collect();
        Surrounding { apart, before, after }
    }

    /// Single lines of the document, each after its number, without those in `shown`.
    fn single_lines(
        &self,
        tag: &'static str,
        kind: PartKind,
        numbers: &[usize],
        shown: &Range<usize>,
        budget: &mut Budget,
        parts: &mut Vec<Part>,
    ) -> Option<Section> {
        let mut left = budget.left.min(SINGLE_LINES_CHARS).saturating_sub(frame_chars(self.tags, tag));
        let mut pieces = Vec::new();
        for number in numbers.iter().copied().filter(|number| *number < self.text.len_lines()) {
            if shown.contains(&self.text.line_to_byte(number)) {
                continue;
            }
            let line: String = self.text.line(number).chars().take(LONGEST_SINGLE_LINE).collect();
            let text = format!("{}: {}\n", number + 1, line.trim_end());
            let Some(rest) = left.checked_sub(text.chars().count()) else { break };
            left = rest;
            pieces.push(Piece { source: Source::Document, first_line: number + 1, text });
        }
        let section = Section::new(tag, pieces);
        let chars = section.chars(self.tags);
        if section.pieces.is_empty() || !budget.take(chars) {
            return None;
        }
        parts.push(section.part(kind, self.tags));
        Some(section)
    }

    fn lines(&self, left: usize) -> (Range<usize>, bool) {
        let numbers = 2 * lines_attribute(self.text, &(0..self.text.len_bytes())).len();
        let frames = frame_chars(self.tags, "before") + frame_chars(self.tags, "after") + numbers + 2;
        let (shown, is_whole) = match left.checked_sub(frames) {
            Some(left) => surroundings(self.text, self.selection, self.lines, left),
            None => (self.selection.clone(), false),
        };
        let start = behind_licence(self.text, &(shown.start..self.selection.start));
        (start..shown.end, is_whole)
    }

    /// The imports that are not in `shown`, if they fit into `left` characters.
    fn imports(&self, imports: &[Range<usize>], shown: &Range<usize>, left: usize) -> (Option<Section>, PartStatus) {
        let frame = frame_chars(self.tags, "file-imports") + 1;
        let Some(mut left) = left.min(IMPORTS_CHARS).checked_sub(frame) else {
            return (None, PartStatus::OverBudget);
        };
        let is_hidden = |import: &&Range<usize>| import.start < shown.start || import.end > shown.end;
        let mut status = PartStatus::Whole;
        let mut pieces = Vec::new();
        for import in imports.iter().filter(is_hidden) {
            let piece = Piece::of(self.text, import.clone());
            let Some(rest) = left.checked_sub(piece.text.chars().count()) else {
                status = PartStatus::Cut;
                break;
            };
            left = rest;
            pieces.push(piece);
        }
        ((!pieces.is_empty()).then(|| Section::new("file-imports", pieces)), status)
    }
}

/// The surroundings of `selection`, in bytes of `text`: whole lines, the nearest first, by turns before and after. At
/// most `lines` on each side and `budget` characters in all; the rest of the selection's own first and last line is not
/// counted as a line. Also returns whether the budget was enough for all lines.
pub(crate) fn surroundings(
    text: &Rope,
    selection: &Range<usize>,
    lines: (usize, usize),
    budget: usize,
) -> (Range<usize>, bool) {
    let (inner_start, inner_end) = (text.byte_to_char(selection.start), text.byte_to_char(selection.end));
    let first_line = text.char_to_line(inner_start);
    let (mut start, mut end) = (inner_start, inner_end);
    let mut left = budget;
    let mut is_whole = true;
    for distance in 0..=lines.0.max(lines.1) {
        let line_start = text.line_to_char(first_line.saturating_sub(distance.min(lines.0)));
        let line_end = end_of_line_after(text, inner_end, distance.min(lines.1));
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

/// ` lines="12-40"`: the place of a part of the document, for its opening tag.
fn lines_attribute(text: &Rope, bytes: &Range<usize>) -> String {
    format!(" lines=\"{}\"", line_words(&lines(text, bytes)))
}

/// The start of `shown` without a licence at the top of the document, because an agent does not need the licence.
fn behind_licence(text: &Rope, shown: &Range<usize>) -> usize {
    if shown.start > 0 {
        return shown.start;
    }
    let is_comment = |line: &str| {
        let line = line.trim_start();
        line.is_empty()
            || ["//", "#", "/*", "*", "--", "<!--", ";", "\"\"\"", "'"].iter().any(|it| line.starts_with(it))
    };
    let mut end = 0;
    let mut is_licence = false;
    for line in text.lines().take(80) {
        let content = line.to_string();
        // The first line of a script is not a comment.
        if !is_comment(&content) || content.starts_with("#!") || end + content.len() > shown.end {
            break;
        }
        let lower = content.to_lowercase();
        is_licence |= ["license", "licence", "copyright", "spdx"].iter().any(|word| lower.contains(word));
        end += content.len();
        if is_licence && content.trim().is_empty() {
            break;
        }
    }
    if is_licence { end } else { shown.start }
}

/// The end of the text `distance` lines after `end`, in characters. At distance 0 that is the end of the line that
/// contains `end`, or `end` itself if it is at the start of a line.
fn end_of_line_after(text: &Rope, end: usize, distance: usize) -> usize {
    let line = text.char_to_line(end);
    let whole_lines = if text.line_to_char(line) == end { distance } else { distance + 1 };
    text.line_to_char((line + whole_lines).min(text.len_lines()))
}
