//! What is read in Markdown, and written into it. Pure functions of text.

use std::ops::Range;

/// A fenced block, in bytes of the text it was found in.
pub(super) struct Block {
    pub(super) whole: Range<usize>,
    pub(super) code: Range<usize>,
    /// The line that closes it, where it is missing.
    missing: Option<String>,
}

/// The line that closes the fence which `text` leaves open.
pub(super) fn missing_fence(text: &str) -> Option<String> {
    blocks(text).pop()?.missing
}

/// The fenced blocks of a text, in order; an open one goes to its end.
pub(super) fn blocks(text: &str) -> Vec<Block> {
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
                let missing = Some(mark.to_string().repeat(length));
                found.push(Block { whole: at..text.len(), code: end..text.len(), missing });
            }
            (Some((mark, length)), Some((closing, closing_length, "")))
                if mark == closing && closing_length >= length =>
            {
                open = None;
                if let Some(block) = found.last_mut() {
                    (block.code.end, block.whole.end, block.missing) = (at, at + line.trim_end().len(), None);
                }
            }
            _ => {}
        }
        at = end;
    }
    found
}

/// A fence that no fence in `text` closes.
pub(super) fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

/// The start of a text of at most `chars` characters, its open fence closed; `None` where that is all of it.
pub(super) fn start(text: &str, chars: usize) -> Option<String> {
    let (cut, _) = text.char_indices().nth(chars)?;
    // With the dots, a line that closed a fence may not do so any more.
    let start = format!("{} …", text.get(..cut).unwrap_or_default().trim_end());
    let fence = missing_fence(&start).map(|fence| format!("\n{fence}")).unwrap_or_default();
    Some(start + &fence)
}

/// A text with LF line breaks.
pub(super) fn in_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Somebody's words as a quotation.
pub(super) fn quoted(words: &str) -> String {
    words
        .lines()
        .map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Somebody's words, in one line and without what Markdown would read in them.
pub(super) fn in_line(words: &str) -> String {
    words.replace(['\r', '\n', '*', '<'], " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fenced() -> impl Strategy<Value = String> {
        let line =
            prop_oneof![Just("```"), Just("````rust"), Just("~~~"), Just("fn é() {}"), Just("    indented"), Just("")];
        proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn an_open_fence_is_closed(text in fenced()) {
            let closed = match missing_fence(&text) {
                Some(fence) => format!("{text}\n{fence}\n"),
                None => text,
            };
            prop_assert_eq!(missing_fence(&closed), None);
        }

        #[test]
        fn a_start_is_short_and_leaves_no_fence_open(text in fenced(), chars in 0usize..60) {
            match start(&text, chars) {
                Some(start) => {
                    prop_assert!(start.chars().count() <= chars + 10, "{}", start);
                    prop_assert_eq!(missing_fence(&format!("{start}\n")), None);
                }
                None => prop_assert!(text.chars().count() <= chars),
            }
        }
    }

    #[test]
    fn every_line_of_a_quotation_is_marked() {
        assert_eq!(quoted("Why?\n\nSay more."), "> Why?\n>\n> Say more.");
    }
}
