//! Code that is added to a text and replaces no part of it.

use std::ops::Range;

use ropey::Rope;

use super::diff::TextChange;
use super::indent::fit;
use super::lines::{indentation, lines};
use super::site::Site;

/// The indentation of the code in a block, relative to the block, if the text does not show it.
const UNIT: &str = "    ";

/// Adds `code` at the end of `document` (which may be empty), after `blank_lines` blank lines, in its style.
///
/// The result ends with a line break, unless the document has text and does not end with one.
pub fn added_at_end(document: &Rope, code: &str, blank_lines: usize) -> TextChange {
    let end = document.len_bytes();
    let site = site(document, end, "");
    let code = fit(code, &site);
    let is_blank = document.chars().all(char::is_whitespace);
    let breaks = trailing_breaks(document);
    let needed = if is_blank { 0 } else { (blank_lines + 1).saturating_sub(breaks) };
    let last = if is_blank || breaks > 0 { site.eol } else { "" };
    TextChange { range: end..end, text: [site.eol.repeat(needed).as_str(), &code, last].concat() }
}

/// Adds `code` at the end of a block; `body` (bytes) is the text between its brackets. If the block has lines, a blank
/// line comes first. Returns `None` if the line of the block's end contains other text.
pub(crate) fn added_in_block(document: &Rope, body: Range<usize>, code: &str) -> Option<TextChange> {
    let text = document.get_byte_slice(body.clone())?.to_string();
    let line = document.line_to_byte(document.byte_to_line(body.end));
    let outer = document.get_byte_slice(line..body.end)?.to_string();
    if !outer.trim().is_empty() || line < body.start {
        // `mod tests {}`: the whole block is on one line.
        if !text.trim().is_empty() {
            return None;
        }
        let before = document.get_byte_slice(line..body.start)?.to_string();
        let outer = indentation(&before).to_owned();
        let site = site(document, body.start, &[&outer, UNIT].concat());
        let code = [site.eol, &site.before, &fit(code, &site), site.eol, &outer].concat();
        return Some(TextChange { range: body, text: code });
    }
    let own = lines(&text).filter(|line| !line.is_blank()).map(|line| line.indentation()).min_by_key(|it| it.len());
    let inner = own.filter(|own| own.len() > outer.len()).map_or_else(|| [&outer, UNIT].concat(), str::to_owned);
    let site = site(document, line, &inner);
    let has_lines = lines(&text).any(|line| !line.is_blank());
    let ends_blank = lines(&text).filter(|line| !line.eol.is_empty()).last().is_some_and(|line| line.is_blank());
    let gap = if has_lines && !ends_blank { site.eol } else { "" };
    Some(TextChange { range: line..line, text: [gap, &inner, &fit(code, &site), site.eol].concat() })
}

/// Adds `code` below the lines of `range` (bytes), with the indentation of the first line. A blank line comes between
/// if the range is an item (a test, for example) or a paragraph of several lines.
pub(crate) fn added_below(document: &Rope, range: Range<usize>, code: &str, is_item: bool) -> TextChange {
    let (first, mut last) = (document.byte_to_line(range.start), document.byte_to_line(range.end));
    // If the range ends with a line break, its last line is the line before.
    if last > first && document.line_to_byte(last) == range.end {
        last -= 1;
    }
    let content = |line: usize| document.get_line(line).map(|line| line.to_string()).unwrap_or_default();
    let shown = (first..=last).map(content).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = content(last);
    let at = document.line_to_byte(last) + line.trim_end_matches(['\n', '\r']).len();
    let indent = indentation(&shown).to_owned();
    let site = site(document, at, &indent);
    let is_paragraph = last > first && content(last + 1).trim().is_empty();
    let gap = if is_item || is_paragraph { site.eol } else { "" };
    TextChange { range: at..at, text: [gap, site.eol, &indent, &fit(code, &site)].concat() }
}

/// A place for whole lines at `at`, indented by `indent`.
fn site(document: &Rope, at: usize, indent: &str) -> Site {
    let site = Site::of(document, at..at);
    let (above, below, eol) = site.map_or((String::new(), String::new(), "\n"), |site| {
        let rest = if site.before.trim().is_empty() { String::new() } else { site.before };
        (site.above + &rest, site.below, site.eol)
    });
    // The place defines the indentation of its lines; the text beside it does not.
    let (original, before, after, vacant) = (String::new(), indent.to_owned(), String::new(), String::new());
    Site { original, before, after, vacant, above, below, eol }
}

/// The number of line breaks at the end of `document`, with those of blank lines.
fn trailing_breaks(document: &Rope) -> usize {
    let blank = |number: &usize| document.get_line(*number).is_none_or(|line| line.chars().all(char::is_whitespace));
    (0..document.len_lines()).rev().take_while(blank).count()
}

#[cfg(test)]
mod tests {
    use super::super::diff::apply;
    use super::*;

    fn at_end(document: &str, code: &str, blank_lines: usize) -> String {
        apply(document, &[added_at_end(&Rope::from_str(document), code, blank_lines)])
    }

    fn in_block(document: &str, code: &str) -> Option<String> {
        let body = document.find('{').unwrap() + 1..document.rfind('}').unwrap();
        added_in_block(&Rope::from_str(document), body, code).map(|change| apply(document, &[change]))
    }

    fn below(marked: &str, code: &str) -> String {
        let start = marked.find('«').unwrap();
        let end = marked.find('»').unwrap() - '«'.len_utf8();
        let text = marked.replace(['«', '»'], "");
        apply(&text, &[added_below(&Rope::from_str(&text), start..end, code, false)])
    }

    #[test]
    fn code_joins_the_end_of_a_text_after_blank_lines() {
        assert_eq!(at_end("a\n", "\nb\nc\n\n", 1), "a\n\nb\nc\n");
        assert_eq!(at_end("a\n\n\n", "b", 2), "a\n\n\nb\n");
        assert_eq!(at_end("a\r\nb", "c", 1), "a\r\nb\r\n\r\nc", "as the text ends");
        assert_eq!(at_end("", "  b\n    c", 2), "b\n  c\n");
        assert_eq!(at_end("if a:\n    b()\n", "c()", 0), "if a:\n    b()\nc()\n", "at the margin");
        assert_eq!(
            at_end("func a() {\n\tb()\n}\n", "func c() {\n    d()\n    e()\n}", 1).lines().nth(5),
            Some("\td()")
        );
    }

    #[test]
    fn code_joins_a_block_with_its_indentation() {
        assert_eq!(
            in_block("mod tests {\n    fn a() {}\n}\n", "fn b() {\n    c();\n}\n").unwrap(),
            "mod tests {\n    fn a() {}\n\n    fn b() {\n        c();\n    }\n}\n"
        );
        assert_eq!(in_block("  class A {\n  }\n", "b").unwrap(), "  class A {\n      b\n  }\n");
        assert_eq!(in_block("mod tests {}\n", "b").unwrap(), "mod tests {\n    b\n}\n");
        assert_eq!(in_block("mod a { fn b() {} }\n", "c"), None);
    }

    #[test]
    fn code_goes_below_a_range_with_its_indentation() {
        assert_eq!(below("if a:\n    «b()»\n    c()\n", "log()"), "if a:\n    b()\n    log()\n    c()\n");
        assert_eq!(
            below("  «fn a() {\n    x\n  }\n»\n  y", "fn b() {}"),
            "  fn a() {\n    x\n  }\n\n  fn b() {}\n\n  y"
        );
        assert_eq!(below("a = «1»", "b"), "a = 1\nb");
        assert_eq!(below("«a»\r\nb\r\n", "c\nd"), "a\r\nc\r\nd\r\nb\r\n");
    }
}
