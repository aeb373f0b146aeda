//! The position of a range after an edit.

use super::encoding::ByteRange;

/// The range after `edit`, and how the edit touched it.
///
/// A change exactly at a boundary is outside: an insertion at the start moves the range right. An insertion at the end
/// does not change it, and neither does a deletion that only reaches the boundary. An empty range has one boundary, its
/// start: an insertion there moves it right, so that it stays before the following text. After a change across a
/// boundary, the range covers the whole replacement.
pub(crate) fn transform(range: ByteRange, edit: Edit) -> (ByteRange, Touch) {
    let moved = |byte: usize| edit.new_end() + byte.saturating_sub(edit.old_end);
    if edit.old_end <= range.start {
        return (moved(range.start)..moved(range.end), Touch::Outside);
    }
    if edit.start >= range.end {
        return (range, Touch::Outside);
    }
    let touch = if edit.start < range.start || edit.old_end > range.end { Touch::Across } else { Touch::Inside };
    (range.start.min(edit.start)..moved(range.end.max(edit.old_end)), touch)
}

/// [`transform`] through `edits` in sequence. The returned touch is the most severe one.
pub(crate) fn transform_all<'a>(range: ByteRange, edits: impl IntoIterator<Item = &'a Edit>) -> (ByteRange, Touch) {
    edits.into_iter().fold((range, Touch::Outside), |(range, touch), edit| {
        let (range, now) = transform(range, *edit);
        (range, touch.max(now))
    })
}

/// One replacement: the bytes `start..old_end` of the old text became `new_len` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    pub start: usize,
    pub old_end: usize,
    pub new_len: usize,
}

impl Edit {
    /// The first byte after the replacement, in the text after the edit.
    pub(crate) fn new_end(&self) -> usize {
        self.start + self.new_len
    }

    /// This edit and the following edit `next` as one edit with the same effect on every range. `None` if two are
    /// needed. One is enough if this edit inserts, and `next` changes only the inserted text.
    pub(crate) fn with_more_typed(&self, next: Edit) -> Option<Edit> {
        let is_inside = self.start <= next.start && next.old_end <= self.new_end();
        (self.old_end == self.start && is_inside)
            .then(|| Edit { new_len: self.new_len + next.new_len - (next.old_end - next.start), ..*self })
    }
}

/// How an edit touched a range; later variants are more severe. Outside: before or after it, boundaries included.
/// Within: the covered range is still certain. Across: text on both sides of a boundary was replaced, so its new
/// position is a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touch {
    Outside,
    Inside,
    Across,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures: `[` and `]` are the range, `<` and `>` the replaced text; the result shows only the range.
    #[track_caller]
    fn check(picture: &str, replacement: &str, expected: &str, touch: Touch) {
        let mut plain = String::new();
        let (mut marks, mut at) = ([0; 4], 0);
        for char in picture.chars() {
            match "[]<>".find(char) {
                Some(mark) => marks[mark] = at,
                None => {
                    plain.push(char);
                    at += char.len_utf8();
                }
            }
        }
        let edit = Edit { start: marks[2], old_end: marks[3], new_len: replacement.len() };
        let (range, touched) = transform(marks[0]..marks[1], edit);
        plain.replace_range(edit.start..edit.old_end, replacement);
        plain.insert(range.end, ']');
        plain.insert(range.start, '[');
        assert_eq!((plain.as_str(), touched), (expected, touch), "{picture} with {replacement:?}");
    }

    #[test]
    fn range_follows_its_text_and_grows_over_overlapping_changes() {
        check("a<b>c[def]g", "BBB", "aBBBc[def]g", Touch::Outside);
        check("abc[def]g<h>i", "", "abc[def]gi", Touch::Outside);
        // A change exactly at a boundary is outside.
        check("ab<>[cd]ef", "X", "abX[cd]ef", Touch::Outside);
        check("ab[cd]<>ef", "X", "ab[cd]Xef", Touch::Outside);
        check("a<b>[cd]ef", "", "a[cd]ef", Touch::Outside);
        check("ab[cd]<e>f", "", "ab[cd]f", Touch::Outside);
        check("a<b>[cd]ef", "XY", "aXY[cd]ef", Touch::Outside);
        check("ab[cd]<e>f", "XY", "ab[cd]XYf", Touch::Outside);
        check("a[b<>c]d", "X", "a[bXc]d", Touch::Inside);
        check("a[<b>c]d", "", "a[c]d", Touch::Inside);
        check("a[b<c>]d", "XYZ", "a[bXYZ]d", Touch::Inside);
        check("a[<bc>]d", "X", "a[X]d", Touch::Inside);
        check("a[<bc>]d", "", "a[]d", Touch::Inside);
        check("a<b[c>d]e", "XY", "a[XYd]e", Touch::Across);
        check("a[b<c]d>e", "XY", "a[bXY]e", Touch::Across);
        check("a<b[c]d>e", "XY", "a[XY]e", Touch::Across);
        check("a<b[c]>d", "", "a[]d", Touch::Across);
        check("a[<b]c>d", "", "a[]d", Touch::Across);
        // An empty range stays before the text that follows it.
        check("ab[]<>cd", "X", "abX[]cd", Touch::Outside);
        check("a<b>[]cd", "XY", "aXY[]cd", Touch::Outside);
        check("ab[]<c>d", "XY", "ab[]XYd", Touch::Outside);
        check("a<b[]c>d", "XY", "a[XY]d", Touch::Across);
        check("a<b[]c>d", "", "a[]d", Touch::Across);
    }

    #[test]
    fn joined_edit_moves_ranges_like_its_single_edits() {
        let mut joined = 0;
        for (n, start, old_end, new_len) in
            (0..3_usize.pow(4) * 3).map(|at| (at % 3, at / 3 % 6, at / 3 % 6 + at / 18 % 3, at / 54 % 3))
        {
            let first = Edit { start: 2, old_end: 2, new_len: n + 1 };
            let next = Edit { start, old_end, new_len };
            let Some(both) = first.with_more_typed(next) else { continue };
            joined += 1;
            for (from, to) in (0..6).flat_map(|from| (from..6).map(move |to| (from, to))) {
                assert_eq!(
                    transform(from..to, both),
                    transform_all(from..to, [&first, &next]),
                    "{from}..{to} through {first:?} and {next:?}"
                );
            }
        }
        assert!(joined > 20, "{joined}");
        let replaces = Edit { start: 2, old_end: 3, new_len: 1 };
        assert_eq!(replaces.with_more_typed(Edit { start: 3, old_end: 3, new_len: 1 }), None);
        let typed = Edit { start: 2, old_end: 2, new_len: 1 };
        assert_eq!(typed.with_more_typed(Edit { start: 2, old_end: 4, new_len: 0 }), None);
    }
}
