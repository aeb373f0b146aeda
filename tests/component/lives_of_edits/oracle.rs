//! Follows a selection by the colour of its characters.

/// A text with some selected characters.
#[derive(Debug, Clone)]
pub struct Oracle {
    cells: Vec<(char, bool)>,
    /// A change replaced text on both sides of a boundary. Then the new position of the boundary is unknown.
    torn: bool,
    selected_at_first: String,
}

impl Oracle {
    pub fn new(before: &str, selected: &str, after: &str) -> Self {
        let coloured = |text: &str, colour| text.chars().map(|c| (c, colour)).collect::<Vec<_>>();
        let cells = [coloured(before, false), coloured(selected, true), coloured(after, false)].concat();
        Self { cells, torn: false, selected_at_first: selected.to_owned() }
    }

    /// Replaces the characters `start..end` with `text`.
    ///
    /// Characters at either end that stay the same are not changed.
    pub fn replace(&mut self, mut start: usize, mut end: usize, text: &str) {
        let mut text = text;
        while let Some(first) = text.chars().next().filter(|&first| start < end && self.cells[start].0 == first) {
            (start, text) = (start + 1, &text[first.len_utf8()..]);
        }
        while let Some(last) = text.chars().next_back().filter(|&last| start < end && self.cells[end - 1].0 == last) {
            (end, text) = (end - 1, &text[..text.len() - last.len_utf8()]);
        }
        let removed = &self.cells[start..end];
        let (some, all) = (removed.iter().any(|cell| cell.1), removed.iter().all(|cell| cell.1));
        let between = start > 0 && self.cells[start - 1].1 && self.cells.get(end).is_some_and(|cell| cell.1);
        self.torn |= some && !all;
        let colour = some || between;
        self.cells.splice(start..end, text.chars().map(|c| (c, colour)));
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }

    pub fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.0).collect()
    }

    /// Whether a position is between the two characters of one line break, where a cursor cannot be.
    pub fn splits_a_break(&self, at: usize) -> bool {
        at > 0 && self.cells[at - 1].0 == '\r' && self.cells.get(at).is_some_and(|cell| cell.0 == '\n')
    }

    /// The text with `code` instead of the selection. Returns `None` if the user typed in it.
    pub fn with(&self, code: &str) -> Option<String> {
        let first = self.cells.iter().position(|cell| cell.1)?;
        let last = self.cells.iter().rposition(|cell| cell.1)?;
        let text = |cells: &[(char, bool)]| cells.iter().map(|cell| cell.0).collect::<String>();
        let untouched = !self.torn && text(&self.cells[first..=last]) == self.selected_at_first;
        untouched.then(|| format!("{}{code}{}", text(&self.cells[..first]), text(&self.cells[last + 1..])))
    }
}
