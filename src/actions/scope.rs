//! Decides the part of the text for a request without a real selection.

use std::ops::Range;

use ropey::Rope;

use super::block::{balanced, enclosing_block};
use crate::languages::is_prose;
use crate::syntax::{Syntax, embedded_script, enclosing_definition};

/// The way in which a client sends the position of its cursor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// By an empty range. Any selected text is a real selection, even a single word.
    Empty,
    /// Possibly by the character or the identifier under the cursor.
    #[default]
    Symbol,
}

/// The bytes for an action: the selection or, if it is only a point (see [`is_point`]), the innermost function, method
/// or class around it, else its paragraph, extended until its brackets balance. Returns `None` if there is only blank
/// space. The indentation before the first line is included.
///
/// In a language with a grammar, a point requires a parse of the whole text; see [`syntax`](crate::syntax).
pub(crate) fn scope(
    text: &Rope,
    language: (&str, Option<Syntax>),
    selection: Range<usize>,
    cursor: Cursor,
) -> Option<Range<usize>> {
    let is_point = match cursor {
        Cursor::Empty => selection.is_empty(),
        Cursor::Symbol => is_point(text, &selection),
    };
    if !is_point {
        let selected = has_content(text, &selection).then(|| behind_byte_order_mark(text, selection))?;
        return Some(from_line_start(text, selected));
    }
    let definition = definition(text, language, selection.clone());
    let meant = definition.or_else(|| {
        let at = text.byte_to_line(selection.start.min(text.len_bytes()));
        paragraph(text, selection).map(|bytes| grown(text, language, bytes, at))
    });
    meant.map(|bytes| from_line_start(text, behind_byte_order_mark(text, bytes)))
}

/// The definition around a point, by the grammar of the language or, in a component, of its script.
fn definition(text: &Rope, (language_id, syntax): (&str, Option<Syntax>), point: Range<usize>) -> Option<Range<usize>> {
    if let Some(syntax) = syntax {
        return enclosing_definition(text, syntax, point);
    }
    let (syntax, script) = embedded_script(text, language_id, &point)?;
    let code = Rope::from(text.get_byte_slice(script.clone())?);
    let inner = enclosing_definition(&code, syntax, point.start - script.start..point.end - script.start)?;
    Some(inner.start + script.start..inner.end + script.start)
}

/// Extends a paragraph of code to its definition around line `at`, or else by lines for its brackets. Prose stays.
fn grown(text: &Rope, (language_id, syntax): (&str, Option<Syntax>), bytes: Range<usize>, at: usize) -> Range<usize> {
    if is_prose(language_id) || syntax.is_some_and(|syntax| !syntax.has_brackets()) {
        return bytes;
    }
    let lines = text.byte_to_line(bytes.start)..text.byte_to_line(bytes.end) + 1;
    // The paragraph may continue after the definition, with the closing lines of an outer one.
    let at = if lines.contains(&at) { at } else { lines.start };
    let around = syntax.is_none().then(|| enclosing_block(text, at)).flatten();
    match around.filter(|around| around.contains(&at)).or_else(|| balanced(text, lines)) {
        Some(lines) => text.line_to_byte(lines.start)..line_end(text, lines.end - 1),
        None => bytes,
    }
}

/// `bytes` from the start of their first line, if only indentation precedes them.
fn from_line_start(text: &Rope, bytes: Range<usize>) -> Range<usize> {
    let start = text.byte_to_char(bytes.start);
    let line = text.line_to_char(text.char_to_line(start));
    let is_indentation = text.slice(line..start).chars().all(|c| matches!(c, ' ' | '\t'));
    if is_indentation { text.char_to_byte(line)..bytes.end } else { bytes }
}

/// The blank lines that `selection` touches, without the last line break; in an empty document, all of it. This is the
/// place for new text if the selected lines are empty.
pub(crate) fn blank_place(text: &Rope, selection: &Range<usize>) -> Option<Range<usize>> {
    let len = text.len_bytes();
    let (first, last) = (text.byte_to_line(selection.start.min(len)), text.byte_to_line(selection.end.min(len)));
    // A selection of whole lines ends at the start of the next line.
    let last = if last > first && text.line_to_byte(last) == selection.end { last - 1 } else { last };
    let bytes = text.line_to_byte(first)..line_end(text, last);
    let bytes = behind_byte_order_mark(text, bytes);
    (!has_content(text, &bytes)).then_some(bytes)
}

/// Excludes a byte order mark at the start of a document. Some editors keep it there, and no agent sends it back.
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

/// The paragraph: consecutive lines that are not blank. On a blank line, it is the next paragraph, or else the last
/// one. Its last line break is not included.
pub(crate) fn paragraph(text: &Rope, selection: Range<usize>) -> Option<Range<usize>> {
    let lines = text.len_lines();
    let at = text.byte_to_line(selection.start.min(text.len_bytes()));
    let blank = |line: usize| text.line(line).chars().all(is_blank);
    let seed = (at..lines).find(|&line| !blank(line)).or_else(|| (0..at).rev().find(|&line| !blank(line)))?;
    let is_near = |line: &usize| line.abs_diff(seed) < LONGEST_PARAGRAPH_LINES;
    let first = (0..seed).rev().take_while(|line| is_near(line) && !blank(*line)).last().unwrap_or(seed);
    let last = (seed + 1..lines).take_while(|line| is_near(line) && !blank(*line)).last().unwrap_or(seed);
    Some(text.line_to_byte(first)..line_end(text, last))
}

/// Whether an action has text to work on. It is cheap, so that menus can check any document.
pub(crate) fn has_scope(text: &Rope, selection: &Range<usize>) -> bool {
    let looked_at = if is_point(text, selection) { 0..text.len_bytes() } else { selection.clone() };
    has_content(text, &looked_at)
}

/// Whether `bytes` contain more than blank space.
pub(crate) fn has_content(text: &Rope, bytes: &Range<usize>) -> bool {
    text.get_byte_slice(bytes.clone()).is_some_and(|slice| slice.chars().any(|c| !is_blank(c)))
}

/// Whether a range is not a real selection of the user: empty, a single character (Helix's cursor), or inside one
/// identifier (eglot sends the symbol at point).
pub(crate) fn is_point(text: &Rope, selection: &Range<usize>) -> bool {
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

/// The largest number of lines on each side in a paragraph, for texts without blank lines.
const LONGEST_PARAGRAPH_LINES: usize = 500;

/// A longer range is a real selection.
const LONGEST_IDENTIFIER_BYTES: usize = 256;

/// The first and the last line of a range, both counted from one and both included.
pub(crate) fn lines(text: &Rope, bytes: &Range<usize>) -> Range<usize> {
    let line_of = |byte: usize| text.byte_to_line(byte) + 1;
    let last_byte = if bytes.is_empty() { bytes.end } else { bytes.end - 1 };
    line_of(bytes.start)..line_of(last_byte)
}

/// The whole lines of `bytes`, without the last line break. A range that ends at the start of a line excludes it.
pub(crate) fn whole_lines(text: &Rope, bytes: &Range<usize>) -> Range<usize> {
    let lines = lines(text, bytes);
    behind_byte_order_mark(text, text.line_to_byte(lines.start - 1)..line_end(text, lines.end - 1))
}

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
        let scope = scope(&text, ("unknown", None), start..end, Cursor::Symbol);
        let scope = scope.map(|bytes| text.byte_slice(bytes).to_string());
        assert_eq!(has_scope(&text, &(start..end)), scope.is_some());
        scope
    }

    #[test]
    fn a_selection_means_itself_and_a_point_the_paragraph_around_it() {
        for (marked, expected) in [
            ("a «b + c» d", Some("b + c")),
            ("x\n\nfn a() {\n  b«»()\n}\n\ny", Some("fn a() {\n  b()\n}")),
            ("one\r\ntwo«»\r\n\r\nthree", Some("one\r\ntwo")),
            // Helix sends one character, and eglot sends the symbol at point.
            ("let «x»y = 1;\nz", Some("let xy = 1;\nz")),
            ("let «naïve_2» = 1;", Some("let naïve_2 = 1;")),
            ("ab«\r\n»cd", Some("ab\r\ncd")),
            // On a blank line, the paragraph is the next one, or else the last one.
            ("a\n«»\nb\n", Some("b")),
            ("a\nb\n\n«»", Some("a\nb")),
            // A byte order mark is excluded.
            ("«\u{feff}x = 1\ny»", Some("x = 1\ny")),
            ("\u{feff}x«» = 1", Some("x = 1")),
            ("«\u{feff}\n»", None),
            ("«»\u{feff}", None),
            // If everything is blank, there is nothing to send.
            ("«»", None),
            ("\n  «»\n", None),
            ("a\n«  \n\n»b", None),
        ] {
            assert_eq!(scoped(marked).as_deref(), expected, "{marked}");
        }
    }

    /// The text in the scope of the point at the start of `needle` in `source`.
    fn at_point(source: &str, needle: &str, language: (&str, Option<Syntax>)) -> String {
        let text = Rope::from_str(source);
        let point = source.find(needle).unwrap();
        let scope = scope(&text, language, point..point, Cursor::Empty).unwrap();
        text.byte_slice(scope).to_string()
    }

    #[test]
    fn in_code_a_point_means_the_definition_around_it() {
        let rust = "fn a() {\n\n    b();\n}\n";
        assert_eq!(at_point(rust, "b();", ("rust", Some(Syntax::Rust))), rust.trim_end());
        // In a component, the function of its script.
        let function = "function f(x: number) {\n  one();\n\n  two();\n}";
        let vue = format!(
            "<template>\n  <p/>\n</template>\n\n<script setup lang=\"ts\">\nconst a = 1;\n\n{function}\n</script>\n"
        );
        assert_eq!(at_point(&vue, "two", ("vue", None)), function);
        // Without a grammar, no bracket of another definition is included.
        let method = "  def total(items: Seq[Int]): Int = {\n    val sum = items.sum\n\n    if (sum > 10) {\n      sum - 1\n    } else {\n      sum\n    }\n  }";
        assert_eq!(at_point(&format!("class Cart {{\n{method}\n}}\n"), "if (sum", ("scala", None)), method);
    }

    #[test]
    fn whole_text_without_blank_lines_is_not_a_paragraph() {
        let text = Rope::from_str(&"x\n".repeat(5_000));
        let paragraph = paragraph(&text, 4_000..4_000).unwrap();
        assert_eq!(paragraph, 4_000 - 2 * 499..4_000 + 2 * 500 - 1);
    }

    #[test]
    fn selected_word_is_the_scope_when_cursors_are_empty_ranges() {
        let text = Rope::from_str("let xy = 1;\n");
        assert_eq!(scope(&text, ("rust", Some(Syntax::Rust)), 4..6, Cursor::Empty), Some(4..6));
        assert_eq!(scope(&text, ("", None), 0..3, Cursor::Empty), Some(0..3));
    }

    #[test]
    fn range_after_an_indentation_includes_it() {
        let text = Rope::from_str("class A:\n    def f(self):\n        pass\n");
        let method = Some(9..38);
        assert_eq!(scope(&text, ("python", Some(Syntax::Python)), 15..15, Cursor::Empty), method);
        assert_eq!(scope(&text, ("python", Some(Syntax::Python)), 13..38, Cursor::Empty), method);
        assert_eq!(scope(&text, ("python", Some(Syntax::Python)), 17..38, Cursor::Empty), Some(17..38));
    }

    #[test]
    fn instruction_on_an_empty_line_is_accepted() {
        let text = Rope::from_str("a\n    \n\nb\n");
        assert_eq!(blank_place(&text, &(3..3)), Some(2..6));
        assert_eq!(blank_place(&text, &(2..8)), Some(2..7));
        assert_eq!(blank_place(&text, &(0..0)), None);
        assert_eq!(blank_place(&Rope::from_str(""), &(0..0)), Some(0..0));
    }
}
