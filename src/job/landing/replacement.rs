//! A range, its new text, and the changes between both.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};

use crate::display::with_lf;
use crate::documents::Snapshot;
use crate::edit::{Granularity, TextChange, smallest_changes};
use crate::job::destination::DestinationState;

/// A range, its new text, and the changes that produce it.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The text for which all fields were computed.
    pub snapshot: Snapshot,
    /// Where the text comes from. The version of a file that is not open has no meaning.
    pub destination_state: DestinationState,
    pub bytes: Range<usize>,
    pub text: String,
    /// The smallest changes that turn the old text into the new one, including the imports, in bytes of the snapshot.
    pub changes: Vec<TextChange>,
    /// Imports that the new text needs, at the head of the document.
    pub imports: Option<NewImports>,
}

/// Imports that go below a line of a document, even if that line moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewImports {
    /// The text of the line above the imports, and its number when it was found, counted from zero. `None` for the
    /// start of the document.
    pub below: Option<(String, usize)>,
    /// How many blank lines go before and after them.
    #[serde(default)]
    pub blank: (usize, usize),
    pub lines: Vec<String>,
}

impl NewImports {
    /// The change that adds them to `text`. The range that needs them starts at byte `before`. `None` if the line above
    /// them no longer exists.
    fn change(&self, text: &Rope, before: usize) -> Option<TextChange> {
        let Some((below, number)) = &self.below else {
            // A byte order mark stays first.
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

/// The line ending of the first line.
pub(super) fn eol_of(text: &Rope) -> &'static str {
    let first = text.line(0).to_string();
    ["\r\n", "\r"].into_iter().find(|eol| first.ends_with(eol)).unwrap_or("\n")
}

impl Replacement {
    /// The old text of the range.
    pub(in crate::job) fn old(&self) -> String {
        self.snapshot.slice(self.bytes.clone())
    }

    /// Whether `now` is the new text of the range. White space is ignored if the edit changes more than that.
    pub(super) fn is_shown_by(&self, now: &str) -> bool {
        let is_more_than_blanks = || squeezed(&self.old()) != squeezed(&self.text);
        with_lf(now) == with_lf(&self.text) || squeezed(now) == squeezed(&self.text) && is_more_than_blanks()
    }

    /// The whole text after the replacement.
    pub fn result(&self) -> Rope {
        changed(&self.snapshot.text, &self.changes)
    }

    /// The same replacement that also adds `imports` to the head of the document.
    pub(super) fn importing(self, imports: NewImports) -> Self {
        let changes = with_imports(Some(&imports), &self.snapshot, &self.bytes, self.changes);
        Self { changes, imports: Some(imports), ..self }
    }

    /// The same replacement with `added` inserted at byte `at` of its new text.
    pub(super) fn with(self, at: usize, added: &str, granularity: Granularity) -> Self {
        let (front, back) = self.text.split_at_checked(at).unwrap_or((&self.text, ""));
        let text = [front, added, back].concat();
        let changes = smallest_changes(&self.old(), &text, self.bytes.start, granularity);
        Self { text, changes, ..self }
    }

    /// The same replacement for a range at `bytes` of `snapshot`, with unchanged new text.
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
        Self {
            snapshot,
            destination_state: self.destination_state,
            bytes,
            text: self.text.clone(),
            changes,
            imports: self.imports.clone(),
        }
    }
}

/// The `changes` of the range `bytes`, and before them the change that adds the imports, if their place still exists.
pub(super) fn with_imports(
    imports: Option<&NewImports>,
    snapshot: &Snapshot,
    bytes: &Range<usize>,
    changes: Vec<TextChange>,
) -> Vec<TextChange> {
    let first = imports.and_then(|imports| imports.change(&snapshot.text, bytes.start));
    first.into_iter().chain(changes).collect()
}

/// The text after the changes. They are sorted and disjoint, so the last one is made first.
pub(super) fn changed(text: &Rope, changes: &[TextChange]) -> Rope {
    let mut text = text.clone();
    for change in changes.iter().rev() {
        let (start, end) = (text.byte_to_char(change.range.start), text.byte_to_char(change.range.end));
        text.remove(start..end);
        text.insert(start, &change.text);
    }
    text
}

pub(super) fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}
