//! Finds the old sides of patches and edit blocks in the range.

use std::collections::HashMap;

use crate::edit::diff::TextChange;
use crate::edit::lines::{Line, dominant_eol, indentation, lines};

/// The lines to replace, and the new lines, without line breaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exchange<'a> {
    pub(super) old: Vec<&'a str>,
    pub(super) new: Vec<&'a str>,
}

/// The parts of the range that the exchanges replace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) parts: Vec<TextChange>,
    /// Whether an old side was found only with other white space, or without its lines that are not in the range.
    pub(super) is_loose: bool,
}

/// The largest number of exchanges. It limits the cost of malicious replies.
const MOST: usize = 256;

/// The number of context lines on one side that may be missing in the range.
const CONTEXT: usize = 12;

/// The number of exchanges that may depend on each other. Each applies to the result of those before it.
const BUILDING: usize = 24;

/// The place of each of `exchanges`, if each has exactly one place. They are separate in the range, or apply one after
/// another if contexts overlap or one uses another's new text.
pub(super) fn resolve(exchanges: &[Exchange<'_>], original: &str) -> Option<Resolved> {
    if exchanges.is_empty() || exchanges.len() > MOST {
        return None;
    }
    apart(exchanges, original).or_else(|| one_after_another(exchanges, original))
}

fn one_after_another(exchanges: &[Exchange<'_>], original: &str) -> Option<Resolved> {
    if !(2..=BUILDING).contains(&exchanges.len()) {
        return None;
    }
    let (mut text, mut is_loose) = (original.to_owned(), false);
    for exchange in exchanges.iter().filter(|exchange| exchange.old != exchange.new) {
        let (part, loose) = Range::of(&text).locate(exchange)?;
        is_loose |= loose;
        text.replace_range(part.range, &part.text);
    }
    Some(Resolved { parts: vec![TextChange { range: 0..original.len(), text }], is_loose })
}

fn apart(exchanges: &[Exchange<'_>], original: &str) -> Option<Resolved> {
    let range = Range::of(original);
    let mut is_loose = false;
    let mut parts = Vec::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.old != exchange.new) {
        let (part, loose) = range.locate(exchange)?;
        is_loose |= loose;
        parts.push(part);
    }
    Some(Resolved { parts: sorted(parts)?, is_loose })
}

/// The parts in order. Returns `None` if two of them overlap.
pub(super) fn sorted(mut parts: Vec<TextChange>) -> Option<Vec<TextChange>> {
    parts.sort_by_key(|part| part.range.start);
    parts.windows(2).all(|pair| matches!(pair, [a, b] if a.range.end <= b.range.start)).then_some(parts)
}

struct Range<'a> {
    lines: Vec<Line<'a>>,
    length: usize,
    eol: &'static str,
    exact: Ids<'a>,
    loose: Ids<'a>,
}

/// A number for each different line, to compare lines fast.
struct Ids<'a> {
    known: HashMap<&'a str, usize>,
    lines: Vec<usize>,
}

impl<'a> Ids<'a> {
    fn of(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut known = HashMap::new();
        let lines = texts
            .map(|text| {
                let next = known.len();
                *known.entry(text).or_insert(next)
            })
            .collect();
        Self { known, lines }
    }

    /// The only place of `texts`, by the number of its first line.
    fn only_place<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Option<usize> {
        let wanted: Vec<usize> = texts.map(|text| self.known.get(text).copied()).collect::<Option<_>>()?;
        only(&self.lines, &wanted)
    }
}

impl<'a> Range<'a> {
    fn of(original: &'a str) -> Self {
        let lines: Vec<Line<'a>> = lines(original).collect();
        Self {
            eol: dominant_eol(lines.iter().copied()).unwrap_or("\n"),
            exact: Ids::of(lines.iter().map(|line| line.content.trim_end())),
            loose: Ids::of(lines.iter().map(|line| line.content.trim())),
            length: original.len(),
            lines,
        }
    }

    /// The part that an exchange replaces, and whether the match is loose.
    fn locate(&self, exchange: &Exchange<'_>) -> Option<(TextChange, bool)> {
        let (old, new) = without_blank_ends(&exchange.old, &exchange.new);
        // Context outside of the range need not be found, because both sides have it.
        let common = |(a, b): &(&&str, &&str)| a == b;
        let head = old.iter().zip(new).take(CONTEXT).take_while(common).count();
        let tail = old.iter().rev().zip(new.iter().rev()).take(CONTEXT).take_while(common).count();
        let both = (1..=head.min(tail)).map(|cut| (cut, cut));
        let mut cuts = (0..=head).map(|head| (head, 0)).chain((1..=tail).map(|tail| (0, tail))).chain(both);
        cuts.find_map(|(head, tail)| {
            let old = old.get(head..old.len().checked_sub(tail)?)?;
            let new = new.get(head..new.len().checked_sub(tail)?)?;
            let is_cut = head + tail > 0;
            if is_cut && old.iter().all(|line| line.trim().is_empty()) {
                return None;
            }
            if let Some(at) = self.exact.only_place(old.iter().map(|line| line.trim_end())) {
                return Some((self.part(at, old.len(), new.iter().map(|line| (*line).to_owned()).collect()), is_cut));
            }
            Some((self.place_loosely(old, new)?, true))
        })
    }

    /// The same, without regard to white space at both ends of lines. The new lines move as the old ones do.
    fn place_loosely(&self, old: &[&str], new: &[&str]) -> Option<TextChange> {
        let at = self.loose.only_place(old.iter().map(|line| line.trim()))?;
        let first = old.iter().position(|line| !line.trim().is_empty())?;
        let (theirs, ours) = (indentation(old.get(first)?), indentation(self.lines.get(at + first)?.content));
        let moved = |line: &&str| match line.strip_prefix(theirs) {
            _ if line.trim().is_empty() => String::new(),
            Some(rest) => [ours, rest].concat(),
            None => [ours, line.trim_start()].concat(),
        };
        Some(self.part(at, old.len(), new.iter().map(moved).collect()))
    }

    fn part(&self, at: usize, count: usize, new: Vec<String>) -> TextChange {
        let start_of = |number: usize| self.lines.get(number).map_or(self.length, |line| line.start);
        let ends_line = self.lines.get(at + count - 1).is_some_and(|line| !line.eol.is_empty());
        let mut text = new.join(self.eol);
        if ends_line && !new.is_empty() {
            text.push_str(self.eol);
        }
        TextChange { range: start_of(at)..start_of(at + count), text }
    }
}

/// Both sides without blank lines at their ends, which do not count.
fn without_blank_ends<'s, 'a>(old: &'s [&'a str], new: &'s [&'a str]) -> (&'s [&'a str], &'s [&'a str]) {
    let (mut old, mut new) = (old, new);
    let is_blank = |line: Option<&&str>| line.is_some_and(|line| line.trim().is_empty());
    while is_blank(old.first()) && is_blank(new.first()) {
        (old, new) = (old.get(1..).unwrap_or_default(), new.get(1..).unwrap_or_default());
    }
    while is_blank(old.last()) && is_blank(new.last()) {
        (old, new) = (old.get(..old.len() - 1).unwrap_or_default(), new.get(..new.len() - 1).unwrap_or_default());
    }
    (old, new)
}

/// The place of `wanted` in `all`, if there is exactly one. Knuth, Morris and Pratt's search, in linear time.
fn only(all: &[usize], wanted: &[usize]) -> Option<usize> {
    let at = |texts: &[usize], number: usize| texts.get(number).copied();
    let mut table = vec![0_usize; wanted.len()];
    let mut matched = 0;
    for number in 1..wanted.len() {
        while matched > 0 && at(wanted, number) != at(wanted, matched) {
            matched = at(&table, matched - 1)?;
        }
        matched += usize::from(at(wanted, number) == at(wanted, matched));
        *table.get_mut(number)? = matched;
    }
    matched = 0;
    let mut found = None;
    for (number, id) in all.iter().enumerate() {
        while matched > 0 && Some(*id) != at(wanted, matched) {
            matched = at(&table, matched - 1)?;
        }
        matched += usize::from(Some(*id) == at(wanted, matched));
        if matched == wanted.len() && matched > 0 {
            if found.is_some() {
                return None;
            }
            found = Some(number + 1 - matched);
            matched = at(&table, matched - 1)?;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::diff::apply;

    const RANGE: &str = "fn f() {\r\n    a();\r\n    b();\r\n}\r\n";

    fn resolved(old: &str, new: &str) -> Option<(String, bool)> {
        let exchange = Exchange { old: old.lines().collect(), new: new.lines().collect() };
        let Resolved { parts, is_loose } = resolve(&[exchange], RANGE)?;
        Some((apply(RANGE, &parts), is_loose))
    }

    #[test]
    fn text_found_once_is_replaced_with_line_breaks_of_the_range() {
        let text = "fn f() {\r\n    c();\r\n    d();\r\n    b();\r\n}\r\n".to_owned();
        assert_eq!(resolved("    a();", "    c();\n    d();"), Some((text.clone(), false)));
        assert_eq!(resolved("a();", "c();\nd();"), Some((text, true)));
        assert_eq!(resolved("    a();\n", ""), Some(("fn f() {\r\n    b();\r\n}\r\n".to_owned(), false)));
    }

    #[test]
    fn old_side_must_occur_exactly_once() {
        assert_eq!(resolved("    x();", "    y();"), None);
        let twice = Exchange { old: vec!["a"], new: vec!["b"] };
        assert_eq!(resolve(&[twice], "a\na\n"), None);
        assert_eq!(only(&[1, 1, 1], &[1, 1]), None);
        assert_eq!(only(&[1, 2, 1, 1, 2, 3], &[1, 2, 3]), Some(3));
    }

    #[test]
    fn blocks_with_overlapping_context_apply_in_sequence() {
        let block =
            |old: &'static str, new: &'static str| Exchange { old: old.lines().collect(), new: new.lines().collect() };
        let made = |blocks: &[Exchange<'_>]| {
            resolve(blocks, "a\nb\nc\nd\n")
                .map(|resolved| resolved.parts.into_iter().map(|part| part.text).collect::<String>())
        };
        let (first, second) = (block("a\nb\nc", "a\nB\nc"), block("c\nd", "c\nD"));
        assert_eq!(made(&[first.clone(), second]).as_deref(), Some("a\nB\nc\nD\n"));
        assert_eq!(made(&[first.clone(), block("B", "x\ny")]).as_deref(), Some("a\nx\ny\nc\nd\n"));
        assert_eq!(made(&[first, block("b\nc", "z")]), None);
    }

    #[test]
    fn context_outside_the_range_is_ignored() {
        let text = "fn f() {\r\n    a();\r\n    c();\r\n}\r\n".to_owned();
        assert_eq!(
            resolved("use x;\nfn f() {\n    a();\n    b();", "use x;\nfn f() {\n    a();\n    c();"),
            Some((text, true))
        );
    }
}
