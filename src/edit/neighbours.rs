//! Finds lines of the reply that repeat the lines next to the range: cuts exact copies, reports similar ones.

use std::cell::OnceCell;

use super::check::{residue, shortened};
use super::lexis::{TokenKind, tokens};
use super::lines::{Line, lines};
use super::outline::{CodeLine, Outline};
use super::site::Site;
use crate::i18n::{Message, message};

/// A line with fewer letters and digits is not distinctive: every block ends in `}` or `end`.
const DISTINCTIVE_LETTERS: usize = 5;

/// The largest number of lines to compare.
const COMPARED: usize = 200;

/// The columns of a tab, to compare lines with tabs and lines with spaces.
const TAB: usize = 4;

/// A line that is not blank.
#[derive(Debug, Clone, Copy)]
struct Full<'a> {
    text: &'a str,
    column: usize,
    /// Its number among all lines.
    number: usize,
}

fn full_lines(text: &str) -> Vec<Full<'_>> {
    let column = |line: &Line<'_>| line.indentation().chars().map(|c| if c == '\t' { TAB } else { 1 }).sum();
    let mut full = Vec::new();
    for (number, line) in lines(text).enumerate().filter(|(_, line)| !line.is_blank()) {
        full.push(Full { text: line.content.trim(), column: column(&line), number });
    }
    full
}

/// Whether a line is distinctive.
fn is_distinctive(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).take(DISTINCTIVE_LETTERS).count() == DISTINCTIVE_LETTERS
        || is_attribute(text)
}

/// `code` without the repeated lines around the range of `site`, and whether the cut is certain.
pub(crate) struct Cut {
    pub(crate) code: String,
    /// Why the user should look at it.
    pub(crate) issue: Option<Message>,
}

/// Cuts the longest head of `code` that repeats the end of the text above, and the longest tail that repeats the start
/// of the text below: whole lines, without blank ones, at the same depth relative to the rest. Lines that are also at
/// the range's start or end are not cut. Returns `None` if nothing is repeated.
pub(crate) fn without_neighbours(code: &str, site: &Site, language_id: &str) -> Option<Cut> {
    if !site.before.trim().is_empty() || !site.rest_of_line().trim().is_empty() {
        return None;
    }
    let place = CodeInContext::of(code, site, language_id);
    let tails = place.tails();
    place
        .heads()
        .into_iter()
        .find_map(|head| tails.iter().filter(|tail| head + **tail > 0).find_map(|tail| place.cut(head, *tail)))
}

/// Code together with the lines around its place.
struct CodeInContext<'a> {
    code: &'a str,
    new: Vec<Full<'a>>,
    old: Vec<Full<'a>>,
    above: Vec<Full<'a>>,
    below: Vec<Full<'a>>,
    /// The column of the range's first line.
    target: usize,
    original: &'a str,
    /// The brackets that the range leaves open. They are counted only when lines may be cut, which is rare.
    open: OnceCell<Vec<String>>,
    language_id: &'a str,
}

impl<'a> CodeInContext<'a> {
    fn of(code: &'a str, site: &'a Site, language_id: &'a str) -> Self {
        let old = full_lines(&site.original);
        let before: usize = site.before.chars().map(|c| if c == '\t' { TAB } else { 1 }).sum();
        Self {
            code,
            new: full_lines(code),
            above: full_lines(&site.above),
            below: full_lines(&site.below),
            target: old.first().map_or(0, |line| line.column + before),
            old,
            original: &site.original,
            open: OnceCell::new(),
            language_id,
        }
    }

    /// The largest number of lines that can be repeated; one line belongs to the range.
    fn longest(&self) -> usize {
        self.new.len().saturating_sub(1).min(COMPARED)
    }

    /// The possible numbers of first lines from above, the largest first.
    fn heads(&self) -> Vec<usize> {
        let is_head = |count: &usize| {
            let here = self.new.get(..*count).unwrap_or_default();
            let there = self.above.get(self.above.len() - count..).unwrap_or_default();
            same_texts(here, there) && !same_texts(here, self.old.get(..*count).unwrap_or_default())
        };
        (1..=self.longest().min(self.above.len())).rev().filter(is_head).chain([0]).collect()
    }

    /// The possible numbers of last lines from below, the largest first.
    fn tails(&self) -> Vec<usize> {
        let is_tail = |count: &usize| {
            let here = self.new.get(self.new.len() - count..).unwrap_or_default();
            let last = self.old.len().checked_sub(*count).and_then(|from| self.old.get(from..)).unwrap_or_default();
            same_texts(here, self.below.get(..*count).unwrap_or_default()) && !same_texts(here, last)
        };
        (1..=self.longest().min(self.below.len())).rev().filter(is_tail).chain([0]).collect()
    }

    /// The code without its first and last lines, if their depth relative to the rest is the same as around the range.
    fn cut(&self, head: usize, tail: usize) -> Option<Cut> {
        let rest = self.new.get(head..self.new.len().checked_sub(tail)?)?;
        let (first, last) = (rest.first()?, rest.last()?);
        let (first_cut, last_cut) = (self.new.get(..head)?, self.new.get(self.new.len() - tail..)?);
        let there = self.above.iter().skip(self.above.len() - head);
        // The distance to the right column; the first line of a reply may have lost its indentation.
        let shift = |here: &Full<'_>, there: &Full<'_>| there.column as isize - here.column as isize;
        let moved = self.target as isize - first.column as isize;
        let is_trimmed =
            |here: &Full<'_>| here.column == 0 && self.new.first().is_some_and(|it| it.number == here.number);
        let fits_above =
            first_cut.iter().zip(there.clone()).all(|(here, there)| shift(here, there) == moved || is_trimmed(here));
        let below = |by: isize| last_cut.iter().zip(&self.below).all(|(here, there)| shift(here, there) == by);
        if !fits_above || !(below(moved) || head == 0 && is_trimmed(first) && below(0)) {
            return None;
        }
        let all: Vec<Line<'_>> = lines(self.code).collect();
        let (from, to) = (first.number, last.number + 1);
        let kept: String = all.get(from..to)?.iter().flat_map(|line| [line.content, line.eol]).collect();
        // Brackets alone are a repetition if there is one too many. A bracket that the rest needs is not.
        let open = self.open.get_or_init(|| open_brackets(self.original, self.language_id));
        let fits = |text: &str| open_brackets(text, self.language_id) == *open;
        let (fits, did_fit) = (fits(&kept), fits(self.code));
        let cut_lines = || first_cut.iter().chain(last_cut);
        let says_which = cut_lines().any(|line| is_distinctive(line.text));
        let mends = fits && !did_fit;
        let breaks = !fits && did_fit;
        if breaks || !(says_which || mends) || !kept.chars().any(char::is_alphanumeric) {
            return None;
        }
        let quoted = cut_lines().find(|line| is_distinctive(line.text)).or_else(|| cut_lines().next())?;
        let quoted = shortened(quoted.text);
        let is_enclosing = first_cut.iter().any(|line| line.column < first.column)
            || there.clone().any(|line| line.column < self.target);
        let is_blank = |number: Option<usize>| number.and_then(|number| all.get(number)).is_some_and(Line::is_blank);
        let apart = (head == 0 || is_blank(from.checked_sub(1))) && (tail == 0 || is_blank(Some(to)));
        // A single line directly next to the others may be intended.
        let is_sure = head + tail >= 2 || apart || cut_lines().all(|line| is_attribute(line.text));
        let issue = match (is_enclosing, is_sure) {
            (true, _) => Some(message!("withheld-enclosing-cut", line = quoted)),
            (false, true) => None,
            (false, false) => Some(message!("withheld-repetition-cut", line = quoted)),
        };
        Some(Cut { code: kept, issue })
    }
}

fn open_brackets(text: &str, language_id: &str) -> Vec<String> {
    residue(&tokens(text, language_id), language_id).iter().map(|token| token.text.to_owned()).collect()
}

fn is_attribute(text: &str) -> bool {
    text.starts_with(['@', '[']) || text.starts_with("#[")
}

fn same_texts(a: &[Full<'_>], b: &[Full<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.text == b.text)
}

/// The reply has the whole line for a part of a line. Returns the part, and the line for the message.
pub(crate) fn within_line(code: &str, site: &Site) -> Option<Cut> {
    let before = site.before.trim_start();
    let (before, after) = (before.trim_end(), site.rest_of_line().trim());
    let old = site.original.trim();
    let trimmed = code.trim();
    if before.is_empty() && after.is_empty() || old.is_empty() {
        return None;
    }
    let behind = trimmed.strip_prefix(before).filter(|rest| {
        !before.is_empty()
            && !old.starts_with(before)
            && !rest.is_empty()
            && before.chars().any(char::is_alphanumeric)
            && (site.before.ends_with(char::is_whitespace) || !rest.starts_with(char::is_whitespace))
    });
    let inside = behind.unwrap_or(trimmed);
    let until =
        inside.strip_suffix(after).filter(|rest| !after.is_empty() && !old.ends_with(after) && !rest.trim().is_empty());
    let is_mark = matches!(after, ";" | "," | ");" | ":");
    let kept = match (behind, until) {
        // The end of the statement is already in the document.
        (None, Some(part)) if is_mark && matches!(after, ";" | ",") && !part.contains('\n') => {
            return Some(Cut { code: part.trim_end().to_owned(), issue: None });
        }
        (Some(_), Some(part)) => part,
        (Some(part), None) if after.is_empty() => part,
        (None, Some(part)) if before.is_empty() && after.chars().any(char::is_alphanumeric) => part,
        _ => return None,
    };
    (!kept.trim().is_empty()).then(|| Cut {
        code: kept.trim().to_owned(),
        issue: Some(message!(
            "withheld-rest-of-line-cut",
            line = shortened(if behind.is_some() { before } else { after })
        )),
    })
}

/// The lines around the range that the new text still repeats exactly.
pub(super) fn repeated(before: &str, old: &str, after: &str, new: &str) -> Option<Message> {
    let [before, old, after, new] = [before, old, after, new].map(full_lines);
    let (first, last) = (new.first()?, new.last()?);
    let stands = |here: &[Full<'_>], there: &[Full<'_>]| {
        here.len() == there.len() && here.iter().zip(there).all(|(a, b)| a.text == b.text && a.column == b.column)
    };
    let longest = new.len().min(COMPARED);
    let above = (1..=longest.min(before.len())).any(|count| {
        let here = new.get(..count).unwrap_or_default();
        here.iter().any(|line| is_distinctive(line.text))
            && stands(here, before.get(before.len() - count..).unwrap_or_default())
            && old.first().is_none_or(|old| old.text != first.text)
    });
    if above {
        return Some(message!("withheld-repetition", line = shortened(first.text)));
    }
    let below = (1..=longest.min(after.len())).any(|count| {
        let here = new.get(new.len() - count..).unwrap_or_default();
        let ends_so = old.len() >= count && old.get(old.len() - count..).is_some_and(|tail| same_texts(tail, here));
        here.iter().any(|line| is_distinctive(line.text))
            && stands(here, after.get(..count).unwrap_or_default())
            && !ends_so
    });
    below.then(|| message!("withheld-repetition", line = shortened(last.text)))
}

/// The name that a line defines: the text before its `=`, or the name of its definition.
fn given_name(outline: &Outline<'_>, line: &CodeLine<'_>) -> Option<String> {
    if let Some(definition) = outline.definition_at(line) {
        return Some(format!("{:?} {}", definition.kind, definition.name));
    }
    let equals = line.code.iter().position(|token| token.is_sign("=") || token.is_sign(":"))?;
    let (before, behind) = (line.code.get(..equals)?, line.code.get(equals + 1)?);
    // A declared variable: with a keyword or a type, or with `:=`.
    let declares = before.len() >= 2 && before.iter().all(|token| token.kind == TokenKind::Word)
        || line.code.get(equals)?.is_sign(":") && behind.is_sign("=");
    let is_comparison = behind.is_sign("=") && line.code.get(equals)?.is_sign("=");
    (declares && !is_comparison).then(|| before.iter().map(|token| token.text).collect::<Vec<_>>().join(" "))
}

/// A line next to the range that the reply contains with changes: both lines declare the same name.
pub(super) fn in_another_version(
    before: &Outline<'_>,
    old: &Outline<'_>,
    after: &Outline<'_>,
    new: &Outline<'_>,
) -> Option<Message> {
    let known: Vec<String> = old.code().filter_map(|line| given_name(old, line)).collect();
    let again = |mine: Option<&CodeLine<'_>>, other: &Outline<'_>, theirs: Option<&CodeLine<'_>>| {
        let (mine, theirs) = (mine?, theirs?);
        let name = given_name(new, mine)?;
        (mine.indent == theirs.indent && !known.contains(&name) && given_name(other, theirs).as_ref() == Some(&name))
            .then(|| message!("withheld-repetition", line = shortened(mine.text)))
    };
    // The head represents a definition.
    let column = new.code().map(|line| line.indent).min().unwrap_or_default();
    let last = new.code().rfind(|line| line.indent == column && line.is_distinctive());
    again(last, after, after.code().next()).or_else(|| {
        let first = new.code().find(|line| line.indent == column && line.is_distinctive());
        let column = old.code().map(|line| line.indent).min().unwrap_or_default();
        let above = before.code().rfind(|line| line.is_distinctive() && line.indent <= column);
        again(first, before, above)
    })
}

/// A comment or an attribute at the start of the new text, although there is one directly above the range and the range
/// starts with the definition itself.
pub(super) fn lead_twice(before: &str, old: &Outline<'_>, new: &Outline<'_>, language_id: &str) -> Option<Message> {
    let last = lines(before).last().filter(|line| !line.eol.is_empty() && !line.is_blank())?;
    let last = Outline::of(last.content, language_id);
    let (above, first_old, first_new) = (last.lines.first()?, old.lines.first()?, new.lines.first()?);
    let leads = |line: &CodeLine<'_>| !line.is_code() || is_attribute(line.text);
    // In Python, the documentation is inside of the definition.
    if !(leads(above) || above.text.starts_with('*'))
        || !leads(first_new)
        || leads(first_old)
        || !old.starts_with_definition()
    {
        return None;
    }
    let same_sort = is_attribute(above.text) == is_attribute(first_new.text)
        && (!is_attribute(above.text) || word(above.text) == word(first_new.text));
    same_sort.then(|| message!("withheld-lead-twice", line = shortened(first_new.text)))
}

fn word(text: &str) -> &str {
    let text = text.trim_start_matches(['@', '#', '[']);
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ropey::Rope;

    fn site(marked: &str) -> Site {
        let (start, end) = (marked.find('«').unwrap(), marked.find('»').unwrap() - '«'.len_utf8());
        Site::of(&Rope::from_str(&marked.replace(['«', '»'], "")), start..end).unwrap()
    }

    fn cut(marked: &str, code: &str, language_id: &str) -> Option<(String, bool)> {
        without_neighbours(code, &site(marked), language_id).map(|cut| (cut.code, cut.issue.is_none()))
    }

    const GO: &str = "func a() {\n\tone()\n}\n\n«func b() {\n\ttwo()\n}\n»\nfunc c() {\n\tthree()\n}\n";

    #[test]
    fn repeated_neighbour_functions_are_removed() {
        let b = "func b() {\n\tdeux()\n}\n";
        let with = |parts: &[&str]| parts.concat();
        let (a, c) = ("func a() {\n\tone()\n}\n\n", "\nfunc c() {\n\tthree()\n}\n");
        assert_eq!(cut(GO, &with(&[a, b, c]), "go"), Some((b.to_owned(), true)));
        assert_eq!(cut(GO, &with(&[b, c]), "go"), Some((b.to_owned(), true)));
        assert_eq!(cut(GO, b, "go"), None);
        assert_eq!(cut(GO, &with(&[a.trim_end(), "\n"]), "go"), None, "nothing would be left");
    }

    #[test]
    fn deeper_lines_and_end_of_range_are_not_repetitions() {
        let go = "\tsum := total(v)\n«\tif debug {\n\t\tlog(v)\n\t}\n»\treturn sum\n}\n";
        assert_eq!(cut(go, "\tif debug {\n\t\tlog(v)\n\t\treturn sum\n\t}\n", "go"), None);
        assert_eq!(cut("«a {\n  first();\n}\n»b {\n  first();\n}\n", "a {\n  second();\n}\n", "css"), None);
    }

    #[test]
    fn the_rest_of_a_line_is_cut() {
        let part =
            |marked: &str, code: &str| within_line(code, &site(marked)).map(|cut| (cut.code, cut.issue.is_none()));
        assert_eq!(part("const a = «b || 1»;\n", "const a = b ?? 1;\n"), Some(("b ?? 1".to_owned(), false)));
        assert_eq!(part("f(«a»);\n", "b"), None);
        assert_eq!(part("x = «f(a)»;\n", "f(b);"), Some(("f(b)".to_owned(), true)));
    }
}
