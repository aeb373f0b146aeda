//! What speaks against an edit although its code could be told from the reply. Asked about a part, models answer with the
//! whole function or the whole file now and then, or with the prompt itself.

use std::fmt;
use std::ops::Range;

use ropey::Rope;

use crate::i18n::{Language, Message, message};

/// How many lines around the range are looked at.
const LINES: usize = 200;

/// Fewer letters and digits than this tell nothing: every block ends in `}` or `end`.
const TELLING: usize = 5;

/// The longest line that is quoted, in characters.
const QUOTED: usize = 60;

/// The tags of prompts that stand on lines of their own.
const PROMPT_TAGS: [&str; 10] = [
    "<selection>",
    "</selection>",
    "<before>",
    "</before>",
    "<after>",
    "</after>",
    "<diagnostics>",
    "</diagnostics>",
    "<instruction>",
    "</instruction>",
];

/// Why an edit should be looked at before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It begins or ends with what stands next to the range, here its first or last line, which would be there twice.
    Repetition(String),
    /// It holds a tag of the prompt.
    PromptTag(&'static str),
    /// Nothing is left of several lines.
    Deletion,
    /// Nothing but this word is left of several lines: `NO_CHANGE`.
    OneWord(String),
}

impl Doubt {
    /// The sentence for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Repetition(line) => message!("withheld-repetition", line = line),
            Self::PromptTag(tag) => message!("withheld-prompt", tag = *tag),
            Self::Deletion => message!("withheld-deletion"),
            Self::OneWord(word) => message!("withheld-one-word", word = word),
        }
    }
}

/// In English.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(Language::En))
    }
}

/// What speaks against putting `new` into the place of `range`, which is in bytes.
pub fn doubt(document: &Rope, range: Range<usize>, new: &str) -> Option<Doubt> {
    let line = |byte: usize| document.try_byte_to_line(byte).ok();
    let from = document.try_line_to_byte(line(range.start)?.saturating_sub(LINES)).ok()?;
    let to = document.try_line_to_byte((line(range.end)? + LINES).min(document.len_lines())).ok()?;
    let part = |part: Range<usize>| document.get_byte_slice(part).map(|part| part.to_string());
    let old = part(range.clone())?;
    let has_line = |text: &str, wanted: &str| text.lines().any(|line| line.trim() == wanted);
    if let Some(tag) = PROMPT_TAGS.into_iter().find(|tag| has_line(new, tag) && !has_line(&old, tag)) {
        return Some(Doubt::PromptTag(tag));
    }
    // A line that is not needed, such as an import, may go; a block without code says more often that the agent has none.
    if old.lines().filter(|line| !line.trim().is_empty()).nth(1).is_some() {
        let left = new.trim();
        if left.is_empty() {
            return Some(Doubt::Deletion);
        }
        if left.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
            return Some(Doubt::OneWord(shortened(left)));
        }
    }
    let repeated = repeated_line(&part(from..range.start)?, &old, &part(range.end..to.max(range.end))?, new)?;
    Some(Doubt::Repetition(shortened(repeated)))
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(QUOTED).and_then(|(end, _)| line.get(..end)) {
        Some(start) => format!("{start}…"),
        None => line.to_owned(),
    }
}

/// The first line of `new`, where it and perhaps those after it are the last lines before the range, or its last line,
/// where it and perhaps those before it are the first lines behind the range. What `old` begins or ends with as well is
/// no repetition.
fn repeated_line<'a>(before: &str, old: &str, after: &str, new: &'a str) -> Option<&'a str> {
    let [before, old, after] = [before, old, after].map(|text| telling_lines(text).collect::<Vec<_>>());
    let new: Vec<&'a str> = telling_lines(new).collect();
    let (first, last) = (*new.first()?, *new.last()?);
    let in_front = old.first() != Some(&first)
        && (1..=before.len().min(new.len())).any(|count| before.ends_with(new.get(..count).unwrap_or_default()));
    if in_front {
        return Some(first);
    }
    let behind = |count: usize| new.len().checked_sub(count).and_then(|from| new.get(from..));
    let is_behind = old.last() != Some(&last)
        && (1..=after.len().min(new.len())).any(|count| behind(count).is_some_and(|tail| after.starts_with(tail)));
    is_behind.then_some(last)
}

/// The lines that say something, without the white space around them.
fn telling_lines(text: &str) -> impl Iterator<Item = &str> {
    let tells = |line: &&str| line.chars().filter(|c| c.is_alphanumeric()).take(TELLING).count() == TELLING;
    text.lines().map(str::trim).filter(tells)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\"\"\"Prices.\"\"\"\n\ndef mean(prices):\n";
    const OLD: &str = "    return sum(prices) / len(price)\n";
    const AFTER: &str = "\n\ndef count(items):\n    return len(items)\n";

    fn of(new: &str) -> Option<Doubt> {
        let document = Rope::from_str(&[BEFORE, OLD, AFTER].concat());
        doubt(&document, BEFORE.len()..BEFORE.len() + OLD.len(), new)
    }

    fn repetition(line: &str) -> Option<Doubt> {
        Some(Doubt::Repetition(line.to_owned()))
    }

    #[test]
    fn the_head_of_the_function_before_one_of_its_lines_is_a_repetition() {
        let new = "    def mean(prices):\n        return sum(prices) / len(prices)\n";
        assert_eq!(of(new), repetition("def mean(prices):"));
    }

    #[test]
    fn the_whole_file_is_a_repetition() {
        let new = format!("{BEFORE}    return sum(prices) / len(prices)\n{AFTER}");
        assert_eq!(of(&new), repetition("\"\"\"Prices.\"\"\""));
    }

    #[test]
    fn the_function_behind_the_range_is_a_repetition() {
        let new = "    return sum(prices) / len(prices)\n\ndef count(items):\n    return len(items)\n";
        assert_eq!(of(new), repetition("return len(items)"));
    }

    #[test]
    fn a_tag_of_the_prompt_is_no_code_but_where_it_was_before() {
        assert_eq!(of("    <before>\n    return sum(prices)\n"), Some(Doubt::PromptTag("<before>")));
        let document = Rope::from_str("<selection>\nold\n</selection>\n");
        assert_eq!(doubt(&document, 0..document.len_bytes(), "<selection>\nnew\n</selection>\n"), None);
    }

    #[test]
    fn new_code_is_not_doubted() {
        for new in ["    return sum(prices) / len(prices)\n", "    return len(items)\n    mean(prices)\n", "", "}\n"] {
            assert_eq!(of(new), None, "{new}");
        }
    }

    #[test]
    fn nothing_or_one_word_left_of_several_lines_is_doubted_and_of_one_line_is_not() {
        let document = Rope::from_str("import os\n\nimport sys\nmain()\n");
        assert_eq!(doubt(&document, 0..21, "\n"), Some(Doubt::Deletion));
        assert_eq!(doubt(&document, 0..11, ""), None);
        assert_eq!(doubt(&document, 9..11, "\n"), None);
        assert_eq!(doubt(&document, 0..21, "NO_CHANGE\n"), Some(Doubt::OneWord("NO_CHANGE".into())));
        assert_eq!(doubt(&document, 0..11, "pass\n"), None);
        assert_eq!(doubt(&document, 0..21, "run()\n"), None);
    }

    #[test]
    fn the_ends_of_blocks_and_lines_that_were_there_twice_tell_nothing() {
        assert_eq!(repeated_line("}\n", "fn a() {\n}\n", "}\nend\n", "fn b() {\n}\nend\n"), None);
        let twice = "    step();forward();\n";
        assert_eq!(repeated_line(twice, &format!("{twice}old();\n"), "", &format!("{twice}newer();\n")), None);
    }
}
