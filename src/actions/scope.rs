//! Which part of the text is meant when the client sends no real selection.

use std::ops::Range;

use ropey::Rope;

use crate::syntax::{Syntax, enclosing_definition};

/// The bytes that an action works on: the selection itself, or, when it is only a point (see [`is_point`]), the innermost
/// function, method or class around it, else its paragraph. `None` when there is nothing but blank space.
///
/// A point in a language with a grammar costs a parse of the whole text; see [`syntax`](crate::syntax).
pub fn scope(text: &Rope, syntax: Option<Syntax>, selection: Range<usize>) -> Option<Range<usize>> {
    if !is_point(text, &selection) {
        return has_scope(text, &selection).then(|| behind_byte_order_mark(text, selection));
    }
    let definition = syntax.and_then(|syntax| enclosing_definition(text, syntax, selection.clone()));
    definition.or_else(|| paragraph(text, selection)).map(|bytes| behind_byte_order_mark(text, bytes))
}

/// What starts a document may be a byte order mark, where an editor leaves it in: no agent sends it back.
pub(crate) fn behind_byte_order_mark(text: &Rope, bytes: Range<usize>) -> Range<usize> {
    if bytes.start == 0 && text.get_char(0) == Some(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len_utf8().min(bytes.end)..bytes.end
    } else {
        bytes
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == BYTE_ORDER_MARK
}

/// A run of lines that are not blank. On a blank line the next one is meant, else the last one. The line break after its
/// last line stays outside.
pub fn paragraph(text: &Rope, selection: Range<usize>) -> Option<Range<usize>> {
    let lines = text.len_lines();
    let at = text.byte_to_line(selection.start.min(text.len_bytes()));
    let blank = |line: usize| text.line(line).chars().all(is_blank);
    let seed = (at..lines).find(|&line| !blank(line)).or_else(|| (0..at).rev().find(|&line| !blank(line)))?;
    let is_near = |line: &usize| line.abs_diff(seed) < LONGEST_PARAGRAPH_LINES;
    let first = (0..seed).rev().take_while(|line| is_near(line) && !blank(*line)).last().unwrap_or(seed);
    let last = (seed + 1..lines).take_while(|line| is_near(line) && !blank(*line)).last().unwrap_or(seed);
    Some(text.line_to_byte(first)..line_end(text, last))
}

/// Whether there is anything to work on; cheap, so that a menu can ask it of any document.
pub fn has_scope(text: &Rope, selection: &Range<usize>) -> bool {
    let looked_at = if is_point(text, selection) { 0..text.len_bytes() } else { selection.clone() };
    has_content(text, &looked_at)
}

/// Whether anything but blank space is in `bytes`.
pub(crate) fn has_content(text: &Rope, bytes: &Range<usize>) -> bool {
    text.get_byte_slice(bytes.clone()).is_some_and(|slice| slice.chars().any(|c| !is_blank(c)))
}

/// Whether a range is no selection of the user's: empty, a single character (Helix's cursor), or inside one identifier
/// (eglot sends the symbol at point).
pub fn is_point(text: &Rope, selection: &Range<usize>) -> bool {
    if selection.is_empty() {
        return true;
    }
    let Some(selected) = text.get_byte_slice(selection.clone()) else { return false };
    if selected.len_bytes() > LONGEST_IDENTIFIER_BYTES {
        return false;
    }
    let mut characters = selected.chars();
    match (characters.next(), characters.next(), characters.next()) {
        (_, None, _) | (Some('\r'), Some('\n'), None) => true,
        _ => selected.chars().all(|c| c.is_alphanumeric() || c == '_'),
    }
}

/// A text without blank lines is no paragraph as a whole: so many lines on each side are.
const LONGEST_PARAGRAPH_LINES: usize = 500;

/// Whatever is longer was selected on purpose.
const LONGEST_IDENTIFIER_BYTES: usize = 256;

/// The byte where a line ends, before its terminator.
pub(crate) fn line_end(text: &Rope, line: usize) -> usize {
    let slice = text.line(line);
    let terminator =
        slice.chars_at(slice.len_chars()).reversed().take(2).take_while(|c| matches!(c, '\r' | '\n')).count();
    text.line_to_byte(line) + slice.len_bytes() - terminator
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text in the scope of the point or selection marked by `«»` in `marked`.
    fn scoped(marked: &str) -> Option<String> {
        let start = marked.find('«').unwrap();
        let end = marked.find('»').unwrap() - '«'.len_utf8();
        let text = Rope::from_str(&marked.replace(['«', '»'], ""));
        let scope = scope(&text, None, start..end).map(|bytes| text.byte_slice(bytes).to_string());
        assert_eq!(has_scope(&text, &(start..end)), scope.is_some());
        scope
    }

    #[test]
    fn a_real_selection_is_taken_as_it_is() {
        assert_eq!(scoped("a «b + c» d").as_deref(), Some("b + c"));
    }

    #[test]
    fn a_point_means_the_paragraph_around_it() {
        assert_eq!(scoped("x\n\nfn a() {\n  b«»()\n}\n\ny").as_deref(), Some("fn a() {\n  b()\n}"));
        assert_eq!(scoped("one\r\ntwo«»\r\n\r\nthree").as_deref(), Some("one\r\ntwo"));
    }

    #[test]
    fn in_a_language_with_a_grammar_a_point_means_the_definition_around_it() {
        let text = Rope::from_str("fn a() {\n\n    b();\n}\n");
        let point = text.line_to_byte(2) + 4;
        let scope = scope(&text, Some(Syntax::Rust), point..point).unwrap();
        assert_eq!(text.byte_slice(scope).to_string(), "fn a() {\n\n    b();\n}");
    }

    #[test]
    fn a_text_without_blank_lines_is_no_paragraph_as_a_whole() {
        let text = Rope::from_str(&"x\n".repeat(5_000));
        let paragraph = paragraph(&text, 4_000..4_000).unwrap();
        assert_eq!(paragraph, 4_000 - 2 * 499..4_000 + 2 * 500 - 1);
    }

    #[test]
    fn helix_sends_one_character_and_eglot_the_symbol_at_point() {
        assert_eq!(scoped("let «x»y = 1;\nz").as_deref(), Some("let xy = 1;\nz"));
        assert_eq!(scoped("let «naïve_2» = 1;").as_deref(), Some("let naïve_2 = 1;"));
        assert_eq!(scoped("ab«\r\n»cd").as_deref(), Some("ab\r\ncd"));
    }

    #[test]
    fn on_a_blank_line_the_next_paragraph_is_meant_else_the_last() {
        assert_eq!(scoped("a\n«»\nb\n").as_deref(), Some("b"));
        assert_eq!(scoped("a\nb\n\n«»").as_deref(), Some("a\nb"));
    }

    #[test]
    fn a_byte_order_mark_stays_out() {
        assert_eq!(scoped("«\u{feff}x = 1\ny»").as_deref(), Some("x = 1\ny"));
        assert_eq!(scoped("\u{feff}x«» = 1").as_deref(), Some("x = 1"));
        assert_eq!(scoped("«\u{feff}\n»"), None);
        assert_eq!(scoped("«»\u{feff}"), None);
    }

    #[test]
    fn where_all_is_blank_there_is_nothing_to_send() {
        assert_eq!(scoped("«»"), None);
        assert_eq!(scoped("\n  «»\n"), None);
        assert_eq!(scoped("a\n«  \n\n»b"), None);
    }
}
