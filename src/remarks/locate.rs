//! Finds the lines that a remark is about.

use std::ops::Range;

use super::Remark;
use super::quoted::without_number;
use crate::edit::{lines, without_blank_ends};

/// A fix is trusted only if the quoted line is at most this many lines from the line that the remark names.
const TRUSTED: usize = 20;

/// The largest distance of a line from its number: agents that count lines are wrong by up to this many.
const MISCOUNTED: usize = 10;

/// The fewest letters of a quoted part that identify a line.
const DISTINCTIVE_LETTERS: usize = 8;

/// The likeness (0 to 1) of two lines if a quotation has a typing error.
const ALIKE: f64 = 0.85;

/// Longer lines are not compared by likeness, therefore no text makes the comparison slow.
const LONGEST_COMPARED: usize = 300;

/// The place of a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemarkLines {
    /// Its lines in the sent text, counted from zero, the end not included; at least one.
    pub lines: Range<usize>,
    /// Whether these are certainly its lines. Only then its new text may replace them.
    pub is_certain: bool,
}

/// A line that matches the quotation of a remark.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fit {
    line: usize,
    /// The quoted text is the whole line, without regard to blanks. Otherwise it is a part of the line.
    whole: bool,
}

/// The lines of `text` for `remark`, within `asked` (lines from zero, the end not included). Returns `None` if no place
/// is likely.
///
/// The quoted line places it; the line number chooses between equal lines. A remark at a likely but uncertain place is
/// shown there, and its fix is not allowed. Numbers count from one, from the start of `text`.
pub fn locate_remark(text: &str, asked: Range<usize>, remark: &Remark) -> Option<RemarkLines> {
    let all: Vec<&str> = lines(text).map(|line| line.content).collect();
    let asked = asked.start.min(all.len())..asked.end.min(all.len());
    let named = remark.lines.map(|(first, last)| first.saturating_sub(1)..last);
    let quoted: Vec<&str> = remark.quoted.as_deref().map(quoted_lines).unwrap_or_default();
    let found = quoted_place(&all, &asked, &quoted, named.as_ref());
    let (first, is_certain) = match found {
        Some(found) => found,
        None => (named_place(&all, &asked, named.as_ref()?.start, remark)?, false),
    };
    let quoted = if is_certain { quoted.len() } else { 1 };
    let count = named.map_or(1, |named| named.len()).max(quoted);
    let end = first + count;
    let lines = first..end.min(asked.end.max(first + 1));
    Some(RemarkLines { is_certain: is_certain && end <= asked.end, lines })
}

/// The lines that a remark quotes, without blank lines at either end.
fn quoted_lines(quoted: &str) -> Vec<&str> {
    let all: Vec<_> = lines(quoted).collect();
    without_blank_ends(&all).iter().map(|line| line.content).collect()
}

/// The first quoted line in the text, and whether it is certain.
fn quoted_place(
    all: &[&str],
    asked: &Range<usize>,
    quoted: &[&str],
    named: Option<&Range<usize>>,
) -> Option<(usize, bool)> {
    let (first, rest) = quoted.split_first()?;
    // The text may start like a number of the listing, or be between backticks.
    let plain = first.trim().trim_matches('`');
    let candidates = [Some(*first), without_number(first), Some(plain), without_number(plain)];
    let fits = candidates.into_iter().flatten().map(|quoted| fits(all, asked, quoted)).find(|fits| !fits.is_empty());
    let mut fits = fits.unwrap_or_default();
    if !rest.is_empty() {
        // All quoted lines in sequence are more certain than the first alone.
        let in_a_row: Vec<Fit> = fits.iter().copied().filter(|fit| stands_at(all, fit.line + 1, rest)).collect();
        if in_a_row.is_empty() {
            return chosen(&fits, named).map(|(line, _)| (line, false));
        }
        fits = in_a_row;
    }
    if fits.is_empty() {
        return alike(all, asked, plain, named);
    }
    chosen(&fits, named)
}

/// The lines that equal `quoted` without blanks, or contain it.
fn fits(all: &[&str], asked: &Range<usize>, quoted: &str) -> Vec<Fit> {
    let wanted = without_blanks(quoted);
    if wanted.is_empty() {
        return Vec::new();
    }
    let telling = wanted.chars().count() >= DISTINCTIVE_LETTERS;
    let numbered = asked.clone().zip(all.get(asked.clone()).unwrap_or_default());
    let fit = |(line, content): (usize, &&str)| {
        let content = without_blanks(content);
        let whole = content == wanted;
        (whole || (telling && content.contains(&wanted))).then_some(Fit { line, whole })
    };
    numbered.filter_map(fit).collect()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn stands_at(all: &[&str], at: usize, quoted: &[&str]) -> bool {
    let there = all.get(at..at + quoted.len());
    there.is_some_and(|there| {
        there.iter().zip(quoted).all(|(line, quoted)| {
            let line = without_blanks(line);
            line == without_blanks(quoted) || without_number(quoted).is_some_and(|text| line == without_blanks(text))
        })
    })
}

/// The line that the remark means, and whether it is certain.
fn chosen(fits: &[Fit], named: Option<&Range<usize>>) -> Option<(usize, bool)> {
    let Some(named) = named else {
        let wholes: Vec<&Fit> = fits.iter().filter(|fit| fit.whole).collect();
        let first = wholes.first().copied().or(fits.first())?;
        return Some((first.line, fits.len() == 1));
    };
    let distance = |fit: &Fit| fit.line.abs_diff(named.start);
    let nearest = fits.iter().min_by_key(|fit| (!fit.whole, distance(fit)))?;
    let others = || fits.iter().filter(|fit| fit.line != nearest.line);
    let is_certain = match distance(nearest) {
        // If no other match is near, a line with the same number is not a coincidence.
        0 => others().all(|other| distance(other) > MISCOUNTED),
        _ => others().all(|other| distance(other) > TRUSTED),
    };
    Some((nearest.line, is_certain && distance(nearest) <= TRUSTED))
}

/// The only line that is similar to the quotation, for quotations with an error.
fn alike(all: &[&str], asked: &Range<usize>, quoted: &str, named: Option<&Range<usize>>) -> Option<(usize, bool)> {
    let wanted = without_blanks(quoted);
    let length = wanted.chars().count();
    if !(DISTINCTIVE_LETTERS..=LONGEST_COMPARED).contains(&length) {
        return None;
    }
    let numbered = asked.clone().zip(all.get(asked.clone()).unwrap_or_default());
    let mut alike = numbered.filter_map(|(line, content)| {
        let content = without_blanks(content);
        let other = content.chars().count();
        let may_be = other.min(length) as f64 >= ALIKE * other.max(length) as f64;
        (may_be && strsim::normalized_levenshtein(&content, &wanted) >= ALIKE).then_some(line)
    });
    let line = alike.next()?;
    if alike.next().is_some() {
        return None;
    }
    let distance = named.map(|named| named.start.abs_diff(line));
    // Neither the text nor the number fits the line.
    if distance.is_some_and(|distance| distance > TRUSTED) {
        return None;
    }
    Some((line, distance.is_some_and(|distance| distance <= MISCOUNTED)))
}

/// The line that the remark names, if it is in the requested range and shares an identifier with the remark.
fn named_place(all: &[&str], asked: &Range<usize>, line: usize, remark: &Remark) -> Option<usize> {
    (asked.contains(&line) && shares_a_name(all.get(line)?, remark)).then_some(line)
}

fn shares_a_name(line: &str, remark: &Remark) -> bool {
    let names = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.filter(|word| word.chars().count() >= 3).map(str::to_lowercase).collect()
    };
    let said = [Some(remark.message.as_str()), remark.quoted.as_deref(), remark.new_text.as_deref()];
    let said: Vec<String> = said.into_iter().flatten().flat_map(names).collect();
    names(line).iter().any(|name| said.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remarks::Severity;

    const TEXT: &str = "func a() error {\n\tif x {\n\t\treturn nil\n\t}\n\treturn check(x, y)\n}\n\nfunc b() error {\n\tif y {\n\t\treturn nil\n\t}\n\treturn nil\n}\n";

    fn remark(lines: Option<(usize, usize)>, quoted: &str) -> Remark {
        let (message, new_text) = ("Return what check found.".to_owned(), Some("\treturn r".to_owned()));
        Remark { lines, severity: Severity::Warning, quoted: Some(quoted.to_owned()), message, new_text }
    }

    fn placed(lines: Option<(usize, usize)>, quoted: &str) -> Option<(Range<usize>, bool)> {
        locate_remark(TEXT, 0..13, &remark(lines, quoted)).map(|placed| (placed.lines, placed.is_certain))
    }

    #[test]
    fn the_quoted_line_places_a_remark_and_its_number_is_forgiven() {
        for number in 1..=13 {
            assert_eq!(placed(Some((number, number)), "return check(x, y)"), Some((4..5, true)), "{number}");
        }
        assert_eq!(placed(None, "return check(x, y)"), Some((4..5, true)));
        assert_eq!(placed(Some((90, 90)), "return check(x, y)"), Some((4..5, false)));
    }

    #[test]
    fn blanks_numbers_and_backticks_in_the_quoted_line_are_forgiven() {
        for quoted in [
            "\t\treturn  check( x,y )",
            "5| \treturn check(x, y)",
            "`return check(x, y)`",
            "return check(x",
            "return chekc(x, y)",
        ] {
            assert_eq!(placed(Some((6, 6)), quoted), Some((4..5, true)), "{quoted}");
        }
    }

    #[test]
    fn of_equal_lines_the_nearest_is_shown_and_none_is_changed() {
        assert_eq!(placed(Some((10, 10)), "return nil"), Some((9..10, false)));
        assert_eq!(placed(Some((3, 3)), "return nil"), Some((2..3, true)).map(|(lines, _)| (lines, false)));
        assert_eq!(placed(None, "return nil"), Some((2..3, false)));
    }

    #[test]
    fn of_equal_lines_far_apart_the_number_chooses() {
        let text = format!("a()\nreturn nil\n{}return nil\n", "other()\n".repeat(30));
        let locate_remark =
            |number| locate_remark(&text, 0..33, &remark(Some((number, number)), "return nil")).unwrap();
        assert_eq!(locate_remark(2), RemarkLines { lines: 1..2, is_certain: true });
        assert_eq!(locate_remark(5), RemarkLines { lines: 1..2, is_certain: true });
        assert_eq!(locate_remark(33), RemarkLines { lines: 32..33, is_certain: true });
        assert!(!locate_remark(16).is_certain);
    }

    #[test]
    fn consecutive_quoted_lines_decide_together() {
        assert_eq!(placed(Some((9, 9)), "if y {\n    return nil\n}"), Some((8..11, true)));
        assert_eq!(placed(Some((10, 10)), "return nil\n}\nreturn nil"), Some((9..12, true)));
        assert_eq!(placed(Some((2, 2)), "if x {\nsomething else"), Some((1..2, false)));
    }

    #[test]
    fn several_lines_move_together_and_stay_in_the_asked_range() {
        assert_eq!(placed(Some((4, 6)), "if x {"), Some((1..4, true)));
        assert_eq!(placed(Some((12, 20)), "if y {"), Some((8..13, false)));
    }

    #[test]
    fn number_alone_places_a_remark_on_a_mentioned_line_but_no_fix() {
        assert_eq!(placed(Some((5, 5)), "something that is nowhere"), Some((4..5, false)));
        assert_eq!(placed(Some((6, 6)), "something that is nowhere"), None);
        assert_eq!(placed(Some((99, 99)), "something that is nowhere"), None);
        assert_eq!(placed(None, "something that is nowhere"), None);
    }

    #[test]
    fn remark_is_not_placed_outside_the_question() {
        let remark = remark(Some((5, 5)), "return check(x, y)");
        assert_eq!(locate_remark(TEXT, 7..13, &remark), None);
        assert_eq!(locate_remark("", 0..0, &remark), None);
    }
}
