//! Finds comments with an instruction for the server: `// @stackspot make this async`.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::Tree;

use super::lines::{Lines, before_blanks, starts_its_line};
use super::parse::parse;
use super::{Syntax, worker};

const MARK: &str = "@stackspot";

/// The openers of a comment that may come before the mark on the same line. A longer opener comes before its prefixes.
const OPENERS: &[&str] =
    &["{/**", "{/*", "/**", "/*", "<!--", "--[[", "(*", "{-", "///", "//!", "//", "##", "#", "--", ";;", ";", "%", "*"];

/// The same for Vim, Fortran, Basic and batch files. Other files often contain these signs. Therefore the sign must be
/// alone before the mark, or start its line with a blank after it.
const OPENERS_OF_LINES: &[&str] = &["\"", "!", "'", "::", "REM", "rem"];

/// A comment that starts with `@stackspot`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentInstruction {
    /// The bytes to remove after the instruction is done: the whole comment. If it is alone on its lines, also the
    /// lines and their line breaks. If code precedes it, also the blanks between. Bytes of the text.
    pub bytes: Range<usize>,
    /// The instruction in one line, without the mark. It is empty if no text follows the mark.
    pub text: String,
}

/// Returns the comments that start with `@stackspot` inside `bytes` or directly above them, in order.
///
/// Further lines of a comment belong to it, and so do line comments on the next lines. If `syntax` is known and the
/// text can be parsed, text that only looks like a comment (in a string) is excluded. If those lines contain no mark,
/// nothing is parsed. Therefore every menu can call this.
pub fn instructions(text: &Rope, syntax: Option<Syntax>, bytes: Range<usize>) -> Vec<CommentInstruction> {
    let lines = Lines::new(text);
    let first = comments_above(text, lines.line_of(bytes.start));
    let end = lines.end_of(bytes.end.max(bytes.start));
    let mut found: Vec<InstructionCandidate> = Vec::new();
    for mark in marks(text, text.line_to_byte(first)..end) {
        let line = lines.line_of(mark);
        if found.last().is_none_or(|before| before.last_line < line) {
            found.extend(comment_at(text, line));
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let marks = found.iter().map(|comment| comment.mark).collect();
    if let Some(told) = syntax.and_then(|syntax| worker::are_comments(text, syntax, marks)) {
        let mut told = told.into_iter();
        found.retain(|_| told.next().unwrap_or(true));
    }
    found.into_iter().map(|found| found.instruction).collect()
}

/// A possible instruction, found in the text without a grammar.
struct InstructionCandidate {
    /// The byte of the mark.
    mark: usize,
    last_line: usize,
    instruction: CommentInstruction,
}

/// The positions of the mark in `bytes`. It reads the text chunk by chunk and copies nothing.
fn marks(text: &Rope, bytes: Range<usize>) -> Vec<usize> {
    let mut found = Vec::new();
    let Some(slice) = text.get_byte_slice(bytes.clone()) else { return found };
    let mut start = bytes.start;
    for chunk in slice.chunks() {
        let at_signs = memchr::memchr_iter(b'@', chunk.as_bytes());
        let is_mark = |at: &usize| match chunk.as_bytes().get(*at..*at + MARK.len()) {
            Some(word) => word == MARK.as_bytes(),
            // The mark may continue in the next chunk.
            None => text.get_byte_slice(start + at..start + at + MARK.len()).is_some_and(|word| word == MARK),
        };
        found.extend(at_signs.filter(is_mark).map(|at| start + at));
        start += chunk.len();
    }
    found
}

/// The first line of the comments directly above `line`, or `line`.
fn comments_above(text: &Rope, line: usize) -> usize {
    // An instruction is short. A longer comment is a licence.
    const LINES: usize = 40;
    let above = (line.saturating_sub(LINES)..line).rev();
    let is_comment = |line: &usize| !is_long(text, *line) && looks_like_comment(content(text, *line).trim());
    above.take_while(is_comment).last().unwrap_or(line)
}

/// Whether a line may be part of a comment: it starts or ends like one, or contains the mark.
fn looks_like_comment(line: &str) -> bool {
    OPENERS.iter().any(|opener| line.starts_with(opener))
        || ["*/", "-->", "]]", "*)", "-}"].iter().any(|closer| line.ends_with(closer))
        || line.starts_with(MARK)
        || OPENERS_OF_LINES.iter().any(|opener| line.strip_prefix(opener).is_some_and(|rest| rest.starts_with(' ')))
}

/// The instruction whose mark is in `line`.
fn comment_at(text: &Rope, line: usize) -> Option<InstructionCandidate> {
    if is_long(text, line) {
        return None;
    }
    let here = content(text, line);
    let at = here.find(MARK)?;
    let (before, rest) = (here.get(..at)?, here.get(at + MARK.len()..)?);
    if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')) {
        return None;
    }
    let before = before.trim_end();
    let start_of_line = text.line_to_byte(line);
    let mark = start_of_line + at;
    let alone = OPENERS_OF_LINES.iter().find(|opener| before.trim_start() == **opener);
    match alone.or_else(|| OPENERS.iter().find(|opener| before.ends_with(**opener))) {
        Some(&"*") | None if before.trim_start().chars().all(|c| c == '*') => {
            // The opener is alone on the line above.
            let above = line.checked_sub(1)?;
            let opener = content(text, above);
            let closer = closer(opener.trim())?;
            let indentation = opener.len() - opener.trim_start().len();
            Some(block(text, mark, text.line_to_byte(above) + indentation, line, rest, closer))
        }
        Some(&"*") | None => None,
        Some(&opener) => {
            let start = start_of_line + before.len() - opener.len();
            Some(match closer(opener) {
                Some(closer) => block(text, mark, start, line, rest, closer),
                None => line_comments(text, mark, start, line, rest, opener),
            })
        }
    }
}

fn closer(opener: &str) -> Option<&'static str> {
    Some(match opener {
        "{/**" | "{/*" => "*/}",
        "/**" | "/*" => "*/",
        "<!--" => "-->",
        "--[[" => "]]",
        "(*" => "*)",
        "{-" => "-}",
        _ => return None,
    })
}

/// A comment from `start` to its closer. If it is never closed, it ends at the end of its line.
fn block(text: &Rope, mark: usize, start: usize, line: usize, rest: &str, closer: &str) -> InstructionCandidate {
    const LINES: usize = 100;
    let mut words = Vec::new();
    for at in line..text.len_lines().min(line + LINES) {
        let whole = content(text, at);
        let part = if at == line { rest } else { whole.as_str() };
        let (said, end) = match part.split_once(closer) {
            Some((said, after)) => (said, Some(text.line_to_byte(at) + whole.len() - after.len())),
            None => (part, None),
        };
        let said = said.trim();
        words.push(said.strip_prefix('*').unwrap_or(said).trim().to_owned());
        if let Some(end) = end {
            return found(text, mark, start..end, at, &words);
        }
    }
    let end = text.line_to_byte(line) + content(text, line).len();
    found(text, mark, start..end, line, &[rest.trim().to_owned()])
}

/// A line comment. If it is alone on its line, the same kind of comments on the next lines belong to it.
fn line_comments(
    text: &Rope,
    mark: usize,
    start: usize,
    line: usize,
    rest: &str,
    opener: &str,
) -> InstructionCandidate {
    let mut words = vec![rest.trim().to_owned()];
    let mut last = line;
    if starts_its_line(text, start) {
        for at in line + 1..text.len_lines() {
            let whole = content(text, at);
            let Some(said) = whole.trim_start().strip_prefix(opener) else { break };
            // Excludes other kinds of comments (`///` after `//`), the next instruction, and lines for a tool.
            let is_other = said.starts_with(['/', '!', '#', '@', '[']) && !opener.starts_with(';');
            if is_other || said.trim().is_empty() || said.trim_start().starts_with('@') {
                break;
            }
            words.push(said.trim().to_owned());
            last = at;
        }
    }
    let end = text.line_to_byte(last) + content(text, last).len();
    found(text, mark, start..end, last, &words)
}

fn found(text: &Rope, mark: usize, comment: Range<usize>, last_line: usize, words: &[String]) -> InstructionCandidate {
    let lines = Lines::new(text);
    let end_of_line = text.line_to_byte(last_line) + content(text, last_line).len();
    let is_last = lines.end_if_blank_after(comment.end) == end_of_line;
    let bytes = match (lines.start_if_blank_before(comment.start), is_last) {
        (Some(start), true) => start..text.line_to_byte((last_line + 1).min(text.len_lines())),
        (None, true) => before_blanks(text, comment.start)..comment.end,
        _ => comment,
    };
    let said = words.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ");
    let text = said.trim_start_matches(':').trim().to_owned();
    InstructionCandidate { mark, last_line, instruction: CommentInstruction { bytes, text } }
}

/// Whether a line is too long for a human author. Otherwise a minified file would be copied.
fn is_long(text: &Rope, line: usize) -> bool {
    const LONGEST: usize = 4_000;
    text.get_line(line).is_none_or(|line| line.len_bytes() > LONGEST)
}

fn content(text: &Rope, line: usize) -> String {
    let mut content = text.get_line(line).map(String::from).unwrap_or_default();
    content.truncate(content.trim_end_matches(['\n', '\r']).len());
    content
}

/// Answers [`are_comments`](worker::are_comments).
pub(super) fn are_comments(text: &Rope, syntax: Syntax, at: Vec<usize>) -> Option<Vec<bool>> {
    let tree = parse(text, syntax)?;
    Some(at.into_iter().map(|byte| is_comment(&tree, byte)).collect())
}

/// Whether `byte` is in a comment according to the grammar. Also true if the grammar cannot say.
fn is_comment(tree: &Tree, byte: usize) -> bool {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let kind = node.kind();
        if kind.contains("comment") || matches!(kind, "marginalia" | "html_block") || node.is_error() {
            return true;
        }
        if cursor.goto_first_child_for_byte(byte).is_none() || cursor.node().start_byte() > byte {
            return false;
        }
    }
}
