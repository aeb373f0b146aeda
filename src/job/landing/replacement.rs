//! What a range becomes.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::expectation::{squeezed, with_lf};
use crate::documents::Snapshot;
use crate::edit::{Granularity, TextChange, smallest_changes};
use crate::job::destination::Origin;

/// What a range is to become, and the changes that make it so.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The text that everything here was computed for.
    pub snapshot: Snapshot,
    /// How that text is known. What is not open has no version that would mean anything.
    pub origin: Origin,
    pub bytes: Range<usize>,
    pub text: String,
    /// The smallest changes that turn the old text into the new, and the one that adds the imports, in bytes of the
    /// snapshot.
    pub changes: Vec<TextChange>,
    /// Imports that the new text needs, for the head of the document.
    pub imports: Option<NewImports>,
}

/// Imports that go below a line of a document, wherever that line is by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewImports {
    /// The text of the line that they go below, and its number when it was found, counted from zero; `None` for the start
    /// of the document.
    pub below: Option<(String, usize)>,
    /// How many blank lines go in front of them and behind them.
    #[serde(default)]
    pub blank: (usize, usize),
    pub lines: Vec<String>,
}

impl NewImports {
    /// The change that adds them to `text`, in which the range that needs them starts at byte `before`; `None` where
    /// the line that they go below is no longer there.
    fn change(&self, text: &Rope, before: usize) -> Option<TextChange> {
        let Some((below, number)) = &self.below else {
            // The mark of a text's encoding stays in front of all.
            let at = if text.get_char(0) == Some('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            return (at <= before).then(|| TextChange { range: at..at, text: self.block(eol_of(text)) });
        };
        let last = text.byte_to_line(before.min(text.len_bytes()));
        let is_it = |line: &usize| text.get_line(*line).is_some_and(|line| line == below.as_str());
        let line = (0..last).filter(is_it).min_by_key(|line| line.abs_diff(*number))?;
        let eol = below.get(below.trim_end_matches(['\r', '\n']).len()..).filter(|eol| !eol.is_empty())?;
        let at = text.line_to_byte(line + 1);
        Some(TextChange { range: at..at, text: self.block(eol) })
    }

    pub(super) fn block(&self, eol: &str) -> String {
        let (front, back) = self.blank;
        let lines = self.lines.iter().flat_map(|line| [line.as_str(), eol]).collect();
        [eol.repeat(front), lines, eol.repeat(back)].concat()
    }
}

/// How the first line of a text ends.
pub(super) fn eol_of(text: &Rope) -> &'static str {
    let first = text.line(0).to_string();
    ["\r\n", "\r"].into_iter().find(|eol| first.ends_with(eol)).unwrap_or("\n")
}

impl Replacement {
    /// What the range held.
    pub(in crate::job) fn old(&self) -> String {
        self.snapshot.slice(self.bytes.clone())
    }

    /// Whether `now` is the new text of the range, up to white space where the edit is about more than that.
    pub(super) fn is_shown_by(&self, now: &str) -> bool {
        let is_more_than_blanks = || squeezed(&self.old()) != squeezed(&self.text);
        with_lf(now) == with_lf(&self.text) || squeezed(now) == squeezed(&self.text) && is_more_than_blanks()
    }

    /// The whole text with the replacement in it.
    pub fn result(&self) -> Rope {
        changed(&self.snapshot.text, &self.changes)
    }

    /// The same replacement, which adds `imports` to the head of the document as well.
    pub(super) fn importing(self, imports: NewImports) -> Self {
        let changes = with_imports(Some(&imports), &self.snapshot, &self.bytes, self.changes);
        Self { changes, imports: Some(imports), ..self }
    }

    /// The same replacement with more in its own text, `added` at the byte `at` of it.
    pub(super) fn with(self, at: usize, added: &str, granularity: Granularity) -> Self {
        let (front, back) = self.text.split_at_checked(at).unwrap_or((&self.text, ""));
        let text = [front, added, back].concat();
        let changes = smallest_changes(&self.old(), &text, self.bytes.start, granularity);
        Self { text, changes, ..self }
    }

    /// The same replacement where the range stands at `bytes` of `snapshot`, its text unchanged.
    pub(in crate::job) fn moved_to(&self, snapshot: Snapshot, bytes: Range<usize>) -> Self {
        let moved = |at: usize| at - self.bytes.start + bytes.start;
        let moved = |change: &TextChange| TextChange {
            range: moved(change.range.start)..moved(change.range.end),
            text: change.text.clone(),
        };
        let is_inside =
            |change: &&TextChange| self.bytes.start <= change.range.start && change.range.end <= self.bytes.end;
        let changes = self.changes.iter().filter(is_inside).map(moved).collect();
        let changes = with_imports(self.imports.as_ref(), &snapshot, &bytes, changes);
        Self { snapshot, origin: self.origin, bytes, text: self.text.clone(), changes, imports: self.imports.clone() }
    }
}

/// `changes` of the range `bytes`, and the one in front of them that adds the imports, if their place is still there.
pub(super) fn with_imports(
    imports: Option<&NewImports>,
    snapshot: &Snapshot,
    bytes: &Range<usize>,
    changes: Vec<TextChange>,
) -> Vec<TextChange> {
    let first = imports.and_then(|imports| imports.change(&snapshot.text, bytes.start));
    first.into_iter().chain(changes).collect()
}

/// The text with the changes made. They are sorted and do not overlap, so the last one is made first.
pub(super) fn changed(text: &Rope, changes: &[TextChange]) -> Rope {
    let mut text = text.clone();
    for change in changes.iter().rev() {
        let (start, end) = (text.byte_to_char(change.range.start), text.byte_to_char(change.range.end));
        text.remove(start..end);
        text.insert(start, &change.text);
    }
    text
}
