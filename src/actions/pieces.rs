//! Splits a large selection into pieces at the start of definitions. Each piece becomes a separate request.

use std::ops::Range;

use ropey::Rope;

/// Cuts the whole lines of `bytes` into pieces of at most `chars` characters, with the line numbers. A piece with a
/// single line may be longer. The next piece starts with the outermost definition in the second half of a piece; blank
/// lines and indentation show the definitions.
pub(crate) fn pieces(text: &Rope, bytes: &Range<usize>, chars: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let end = bytes.end.min(text.len_bytes());
    let last = text.byte_to_line(end.saturating_sub(1).max(bytes.start));
    let mut first = text.byte_to_line(bytes.start.min(end));
    while first <= last {
        let mut taken = 0;
        let fits = (first..=last).take_while(|line| {
            taken += text.line(*line).len_chars() + number_chars(*line);
            taken <= chars
        });
        let behind = first + fits.count().max(1);
        let cut = if behind > last { last + 1 } else { boundary(text, first, behind) };
        let from = text.line_to_byte(first).max(bytes.start);
        let to = if cut > last { end } else { text.line_to_byte(cut) };
        pieces.push(from..to);
        first = cut;
    }
    pieces
}

/// The line to cut at, after `first` and at most `behind`, the first line that does not fit.
fn boundary(text: &Rope, first: usize, behind: usize) -> usize {
    let from = first + (behind - first).div_ceil(2);
    let begins = |line: &usize| !is_blank(text, *line) && *line > 0 && is_blank(text, line - 1);
    let outermost = (from..=behind).filter(begins).min_by_key(|line| (indentation(text, *line), behind - line));
    outermost.unwrap_or(behind)
}

/// The length of a line number in a listing: `471| `.
fn number_chars(line: usize) -> usize {
    (line + 1).to_string().len() + "| ".len()
}

fn is_blank(text: &Rope, line: usize) -> bool {
    text.get_line(line).is_none_or(|line| line.chars().all(char::is_whitespace))
}

fn indentation(text: &Rope, line: usize) -> usize {
    text.line(line).chars().take_while(|c| matches!(c, ' ' | '\t')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, chars: usize) -> Vec<String> {
        let rope = Rope::from_str(text);
        let pieces = pieces(&rope, &(0..text.len()), chars);
        assert!(pieces.windows(2).all(|pair| matches!(pair, [one, next] if one.end == next.start)));
        pieces.into_iter().map(|bytes| rope.byte_slice(bytes).to_string()).collect()
    }

    #[test]
    fn pieces_end_before_a_definition() {
        let function = |name: &str| format!("fn {name}() {{\n    one();\n\n    two();\n}}\n\n");
        let text = ["a", "b", "c"].map(function).concat();
        let [a, b, c] = ["a", "b", "c"].map(function);
        assert_eq!(cut(&text, 75), [a.clone(), b.clone(), c.clone()]);
        assert_eq!(cut(&text, 125), [a.clone() + &b, c.clone()]);
        assert_eq!(cut(&text, 1_000), [a + &b + &c]);
    }

    #[test]
    fn pieces_together_are_the_whole_text_at_any_size() {
        for text in ["", "one line", "a\nb\nc\nd\ne\n", "\n\n\n", "a\r\n\r\nb\r\n\r\nc"] {
            for chars in 0..8 {
                assert_eq!(cut(text, chars).concat(), text, "{text:?} {chars}");
            }
        }
    }
}
