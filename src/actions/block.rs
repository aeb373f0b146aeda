//! Finds the block of code around a point by indentation and brackets, for languages without a grammar.

use std::ops::Range;

use ropey::Rope;

/// Words at the start of a definition's first line, in common languages.
const HEADS: &str = "abstract async class companion constructor def defmodule defp enum export extension fn fun func \
                     function impl init interface internal let method module mutating object open operator override \
                     package private procedure proc protected protocol public record resource sealed service static \
                     struct sub suspend trait type variable";

/// The largest block that is searched, in lines.
const MOST_LINES: usize = 2_000;

/// The lines of the definition around `line`, the end not included. Returns `None` if no definition encloses it, or if
/// the end of the definition is not clear.
pub(super) fn enclosing_block(text: &Rope, line: usize) -> Option<Range<usize>> {
    let mut depth = indentation(text, line)?;
    let mut head = is_head(&content(text, line)).then_some(line);
    for number in (0..line).rev().take(MOST_LINES) {
        if head.is_some() {
            break;
        }
        let Some(indent) = indentation(text, number).filter(|indent| *indent < depth) else { continue };
        // A line with only a bracket belongs to the line above it.
        if is_opener(&content(text, number)) {
            continue;
        }
        depth = indent;
        if is_head(&content(text, number)) {
            head = Some(number);
        }
        if indent == 0 {
            break;
        }
    }
    let head = head?;
    let end = end_of_block(text, head)?;
    (line < end).then_some(head..end)
}

/// Extends `lines` until their brackets balance. Returns `None` if they never do.
pub(super) fn balanced(text: &Rope, lines: Range<usize>) -> Option<Range<usize>> {
    let mut count = Brackets::default();
    lines.clone().for_each(|line| count.add(&content(text, line)));
    let Range { mut start, mut end } = lines;
    let (first, last) = (start.saturating_sub(MOST_LINES), (end + MOST_LINES).min(text.len_lines()));
    while count.missing_openers > 0 {
        start = start.checked_sub(1).filter(|start| *start >= first)?;
        count = Brackets::default();
        (start..end).for_each(|line| count.add(&content(text, line)));
    }
    while count.open > 0 {
        if end >= last {
            return None;
        }
        count.add(&content(text, end));
        end += 1;
    }
    (count.missing_openers == 0).then_some(start..end)
}

/// The first line after the block with the head `head`.
fn end_of_block(text: &Rope, head: usize) -> Option<usize> {
    let depth = indentation(text, head)?;
    let mut count = Brackets::default();
    count.add(&content(text, head));
    let mut end = head + 1;
    for number in head + 1..(head + MOST_LINES).min(text.len_lines()) {
        let line = content(text, number);
        let word = line.trim();
        let Some(indent) = indentation(text, number) else { continue };
        let closes =
            word.starts_with(['}', ')', ']']) || first_word(word).is_some_and(|it| matches!(it, "end" | "End" | "END"));
        if indent <= depth && !is_opener(&line) && !closes && count.open == 0 {
            break;
        }
        count.add(&line);
        if count.missing_openers > 0 {
            break;
        }
        end = number + 1;
        if indent <= depth && closes && count.open == 0 {
            break;
        }
    }
    (count.open == 0).then_some(end)
}

/// The number of open brackets so far, and of closing brackets without an opening one.
#[derive(Debug, Default)]
struct Brackets {
    open: usize,
    missing_openers: usize,
}

impl Brackets {
    /// Counts the brackets of a line outside of strings and comments, by the rules that most languages share.
    fn add(&mut self, line: &str) {
        let mut quote = None;
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match (quote, letter) {
                (_, '\\') => {
                    letters.next();
                }
                (Some(open), _) if open == letter => quote = None,
                (Some(_), _) => {}
                (None, '"' | '`') => quote = Some(letter),
                // A single quotation mark on its line is an apostrophe or a lifetime.
                (None, '\'') if letters.clone().take(40).any(|next| next == '\'') => quote = Some('\''),
                (None, '/') if letters.peek() == Some(&'/') => return,
                (None, '{' | '(' | '[') => self.open += 1,
                (None, '}' | ')' | ']') => match self.open.checked_sub(1) {
                    Some(open) => self.open = open,
                    None => self.missing_openers += 1,
                },
                _ => {}
            }
        }
    }
}

fn is_opener(line: &str) -> bool {
    matches!(line.trim(), "{" | "(" | "begin" | "do" | "then")
}

fn is_head(line: &str) -> bool {
    let text = line.trim_start().trim_start_matches('@');
    first_word(text).is_some_and(|word| HEADS.split_whitespace().any(|head| head == word))
        && !text.trim_end().ends_with(';')
}

fn first_word(text: &str) -> Option<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().filter(|word| !word.is_empty())
}

fn content(text: &Rope, line: usize) -> String {
    text.get_line(line).map(String::from).unwrap_or_default()
}

/// The indentation of a line; a tab counts as four. Returns `None` for a blank line.
fn indentation(text: &Rope, line: usize) -> Option<usize> {
    let line = text.get_line(line)?;
    let blanks = line.chars().take_while(|c| matches!(c, ' ' | '\t')).map(|c| if c == '\t' { 4 } else { 1 }).sum();
    line.chars().any(|c| !c.is_whitespace()).then_some(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(source: &str, needle: &str) -> Option<String> {
        let text = Rope::from_str(source);
        let line = text.byte_to_line(source.find(needle).unwrap());
        let lines = enclosing_block(&text, line)?;
        Some(lines.map(|line| text.line(line).to_string()).collect())
    }

    /// The lines `first..=last` of a source, counted from zero.
    fn lines_of(source: &str, first: usize, last: usize) -> Option<String> {
        Some(source.split_inclusive('\n').skip(first).take(last + 1 - first).collect())
    }

    #[test]
    fn line_selects_its_enclosing_definition_with_the_closing_line() {
        let scala = "class Cart {\n  def total(items: Seq[Int]): Int = {\n    val sum = items.sum\n\n    if (sum > 10) {\n      sum - 1\n    } else {\n      sum\n    }\n  }\n}\n";
        let elixir = "defmodule Cart do\n  def total(items) do\n    sum = Enum.sum(items)\n\n    if sum > 10 do\n      sum - 1\n    end\n  end\nend\n";
        let swift = "func a()\n{\n    for x in y {\n        use(x)\n    }\n\n    done()\n}\n\nfunc b() {}\n";
        for (source, needle, expected) in [
            (scala, "if (sum", lines_of(scala, 1, 9)),
            (scala, "val sum", lines_of(scala, 1, 9)),
            (scala, "class Cart", Some(scala.to_owned())),
            (elixir, "sum - 1", lines_of(elixir, 1, 7)),
            (swift, "use(x)", lines_of(swift, 0, 7)),
            ("a\nb\n", "b", None),
            ("key:\n  other: 1\n", "other", None),
            ("func broken() {\n  if x {\n", "if x", None),
        ] {
            assert_eq!(block(source, needle), expected, "{needle} in {source}");
        }
    }

    #[test]
    fn lines_grow_until_their_brackets_balance() {
        let text = Rope::from_str("call(\n  a,\n\n  b\n)\nnext()\n");
        assert_eq!(balanced(&text, 0..2), Some(0..5));
        assert_eq!(balanced(&text, 3..5), Some(0..5));
        assert_eq!(balanced(&text, 5..6), Some(5..6));
        assert_eq!(balanced(&Rope::from_str("}\n"), 0..1), None);
        assert_eq!(balanced(&Rope::from_str("{\n"), 0..1), None);
    }
}
