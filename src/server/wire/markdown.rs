//! Reads Markdown, and writes text into it. Pure functions of text.

use std::ops::Range;

/// A fenced block, in bytes of the text.
pub(crate) struct Block {
    pub(crate) whole: Range<usize>,
    pub(crate) code: Range<usize>,
}

/// The fenced blocks of a text, in order. An open block continues to the end of the text.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (bare, end) = (line.trim(), at + line.len());
        let fence = bare.chars().next().filter(|mark| matches!(mark, '`' | '~')).and_then(|mark| {
            let info = bare.trim_start_matches(mark);
            let length = bare.len() - info.len();
            (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length, info))
        });
        match (open, fence) {
            (None, Some((mark, length, _))) => {
                open = Some((mark, length));
                found.push(Block { whole: at..text.len(), code: end..text.len() });
            }
            (Some((mark, length)), Some((closing, closing_length, "")))
                if mark == closing && closing_length >= length =>
            {
                open = None;
                if let Some(block) = found.last_mut() {
                    (block.code.end, block.whole.end) = (at, at + line.trim_end().len());
                }
            }
            _ => {}
        }
        at = end;
    }
    found
}

/// Words as a quotation.
pub(crate) fn quoted(words: &str) -> String {
    words
        .lines()
        .map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A URI between angle brackets.
pub(crate) fn address(uri: &str) -> String {
    uri.chars().filter(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_quotation_is_marked() {
        assert_eq!(quoted("Why?\n\nSay more."), "> Why?\n>\n> Say more.");
    }
}
