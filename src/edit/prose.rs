//! Distinguishes prose from code, by the shape of the lines and by their likeness to the text that they replace.

use std::collections::HashSet;

use super::extract::Original;
use super::lines::{Line, enclosures, lines};
use super::word_list::WordList;

/// The apparent kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    Blank,
    Code,
    Prose,
    /// Prose or code: a single word, a heading or a comment, a clause without punctuation.
    Unsure,
}

/// The original and its distinctive lines, to compare with a reply.
pub(crate) struct OriginalLines<'a> {
    pub(crate) original: Original<'a>,
    lines: HashSet<&'a str>,
    /// Whether lines start with `*`. Then it is the middle of a block comment, not a list.
    has_stars: bool,
}

impl<'a> OriginalLines<'a> {
    pub(crate) fn of(original: &Original<'a>) -> Self {
        Self {
            original: *original,
            lines: distinctive_lines(original.text).collect(),
            has_stars: lines(original.text).any(|line| line.content.trim_start().starts_with('*')),
        }
    }

    pub(crate) fn has(&self, content: &str) -> bool {
        self.lines.contains(content.trim())
    }
}

/// The distinctive lines, without surrounding white space.
pub(crate) fn distinctive_lines(text: &str) -> impl Iterator<Item = &str> {
    let is_distinctive = |line: &&str| line.chars().filter(|c| c.is_alphanumeric()).count() >= 2;
    lines(text).map(|line| line.content.trim()).filter(is_distinctive)
}

/// The apparent kind of each of `lines`. A line inside a multi-line comment or string is never prose but `Unsure`.
pub(crate) fn line_kinds(lines: &[Line<'_>], known: &OriginalLines<'_>) -> Vec<LineKind> {
    lines.iter().zip(enclosures(lines)).map(|(line, within)| line_kind(line.content, within, known)).collect()
}

fn line_kind(content: &str, within: bool, known: &OriginalLines<'_>) -> LineKind {
    match shape(content) {
        LineKind::Blank => LineKind::Blank,
        _ if known.has(content) => LineKind::Code,
        LineKind::Prose if within || (known.has_stars && content.trim_start().starts_with('*')) => LineKind::Unsure,
        shape => shape,
    }
}

/// Whether `text` alone reads as prose: a selected paragraph of a docstring, for example.
pub(crate) fn reads_as_prose(text: &str) -> bool {
    let mut has_prose = false;
    // The first line of code decides, therefore a long range of code costs nothing.
    let has_code = lines(text).map(|line| shape(line.content)).any(|look| {
        has_prose |= look == LineKind::Prose;
        look == LineKind::Code
    });
    has_prose && !has_code
}

/// Whether `text` alone is certainly code. For documents in an unknown language.
pub(crate) fn reads_as_code(text: &str) -> bool {
    let shapes: Vec<LineKind> = lines(text).map(|line| shape(line.content)).collect();
    shapes.contains(&LineKind::Code)
        && !shapes.contains(&LineKind::Prose)
        && text.contains(['{', '}', '(', ')', ';', '='])
}

/// The share (0 to 1) of the words of `text` that `original` also contains.
pub(crate) fn shared_words(text: &str, original: &str) -> f64 {
    let known: HashSet<&str> = words(original).collect();
    share_of(words(text), |word| known.contains(word))
}

/// The share (0 to 1) of `all` with `is_so`. 0 if `all` is empty.
pub(crate) fn share_of<T>(all: impl IntoIterator<Item = T>, is_so: impl Fn(T) -> bool) -> f64 {
    let (part, whole) =
        all.into_iter().fold((0_usize, 0_usize), |(part, whole), it| (part + usize::from(is_so(it)), whole + 1));
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Words of letters, digits and underscores.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The apparent kind of a single line.
pub(crate) fn shape(content: &str) -> LineKind {
    let text = content.trim();
    if text.is_empty() {
        return LineKind::Blank;
    }
    if is_comment(text) {
        return LineKind::Code;
    }
    let (bulleted, text) = without_bullet(text);
    let plain = without_markdown(text);
    if is_sentence(plain.trim()) {
        return LineKind::Prose;
    }
    if bulleted || text.starts_with('#') {
        return LineKind::Unsure;
    }
    if is_code(plain.trim()) { LineKind::Code } else { LineKind::Unsure }
}

fn is_comment(text: &str) -> bool {
    ["//", "/*", "*/", "<!--", "\"\"\"", "'''", "--", "#[", "#!", ";;", "{-", "(*"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// The text after a list bullet, and whether there was a bullet.
fn without_bullet(text: &str) -> (bool, &str) {
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let marker_stripped = if number.len() < text.len() {
        number.strip_prefix(". ").or_else(|| number.strip_prefix(") "))
    } else {
        ["- ", "* ", "+ ", "• "].iter().find_map(|bullet| text.strip_prefix(bullet))
    };
    marker_stripped.map_or((false, text), |rest| (true, rest.trim_start()))
}

/// `text` without emphasis, and with one plain word in place of each inline code.
fn without_markdown(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let spans_close = parts.len() % 2 == 1;
    let plain: String = parts
        .iter()
        .enumerate()
        .map(|(number, part)| if spans_close && number % 2 == 1 { "code" } else { part })
        .collect();
    plain.replace("**", "").replace("__", "")
}

/// Whether `text` looks like a sentence or an introduction: words of letters, a capital at the start, an end.
fn is_sentence(text: &str) -> bool {
    let ends_code = text.ends_with(['{', '}', ';', '(', '[', ',', '=', '\\', '>', '&', '|']);
    let signs = [" = ", " := ", " == ", "=>", "->", "::", "&&", "||", "{", "</", "/>", "+="];
    if ends_code || signs.iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let Some(first) = text.chars().find(|c| c.is_alphabetic()) else { return false };
    // "End.", "End Sub": the end of a block, written as words.
    if text.split(|c: char| !c.is_alphabetic()).next().is_some_and(|word| word.eq_ignore_ascii_case("end")) {
        return false;
    }
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let plain_words = tokens.iter().filter(|token| is_plain_word(token)).count();
    let shouted = tokens.iter().filter(|token| is_shouted(token)).count();
    let ended = text
        .trim_end_matches(['"', '\'', ')', '*', '_', ' '])
        .ends_with(['.', '!', '?', ':', '…', '。', '！', '？', '：']);
    let uncased = !first.is_lowercase() && !first.is_uppercase();
    if uncased {
        return ended && text.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count() * 2 > text.chars().count();
    }
    let opens = first.is_uppercase() && text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '(' | '¡' | '¿'));
    // "MOVE A TO B." and "SELECT name FROM users" have keywords in capitals.
    if !opens || shouted >= 2 {
        return false;
    }
    let share = plain_words as f64 / tokens.len().max(1) as f64;
    match tokens.len() {
        1 | 2 => share >= 1.0 && text.ends_with(['.', '!', '?']) && !text.ends_with(".."),
        _ if ended => share >= 0.5 && plain_words >= 2,
        count => share >= 0.75 && count >= 8,
    }
}

/// A word of letters; an apostrophe or a hyphen may be inside, punctuation may follow.
fn is_plain_word(token: &str) -> bool {
    let word = token
        .trim_start_matches(['"', '\'', '(', '“', '‘', '*', '_', '¡', '¿'])
        .trim_end_matches(['.', ',', ':', ';', '!', '?', '"', '\'', ')', '”', '’', '…', '*', '_']);
    !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-'))
}

fn is_shouted(token: &str) -> bool {
    token.chars().filter(|c| c.is_alphabetic()).count() >= 2 && !token.chars().any(char::is_lowercase)
}

/// Whether `content` may be a title or a list item around code: plain words without indentation that start with a
/// capital, or a bullet.
pub(crate) fn is_title_or_item(content: &str) -> bool {
    let (bulleted, _) = without_bullet(content);
    let words: Vec<&str> = content.split_whitespace().collect();
    let is_title = content.starts_with(char::is_uppercase)
        // `None` may be the complete last line of code.
        && (words.len() > 1 || content.trim_end().ends_with(':'))
        && words.iter().all(|word| is_plain_word(word))
        && !words.iter().any(|word| is_shouted(word));
    bulleted || is_title || is_heading(content)
}

/// Whether `content` is a Markdown heading: `**Result:**` or `## Result`.
pub(crate) fn is_heading(content: &str) -> bool {
    let text = content.trim_end().trim_end_matches(':');
    let is_bold = text.len() > 4 && text.starts_with("**") && text.ends_with("**");
    is_bold || (content.starts_with('#') && content.trim_start_matches('#').starts_with(' '))
}

/// Whether `text` has a sign that is rare in prose.
fn is_code(text: &str) -> bool {
    let edges = text.ends_with(['{', '}', ';', '(', '[', ']', ',', '=', '\\'])
        || text.starts_with(['{', '}', '[', ']', ')', '@', '<', '$', '&', '"', '.'])
        || text.ends_with("->")
        || text.ends_with("=>");
    let signs =
        ["=", "->", "=>", "::", "&&", "||", "</", "/>", "()", "[]", "{}", " < ", " > ", " + ", "<<", ">>", "|>"];
    edges || signs.iter().any(|sign| text.contains(sign)) || calls_or_selects(text) || is_key(text) || ends_header(text)
}

/// `name(`, `name[` or `name.name`.
fn calls_or_selects(text: &str) -> bool {
    let mut before = [' '; 2];
    for c in text.chars() {
        let [first, second] = before;
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        if (matches!(c, '(' | '[') && is_name(second))
            || (is_name(c) && second == '.' && is_name(first))
            || (c == '_' && is_name(second))
        {
            return true;
        }
        before = [second, c];
    }
    false
}

/// `key: value` or `"key":`, as in YAML, JSON and CSS.
fn is_key(text: &str) -> bool {
    let key = text.split(':').next().unwrap_or_default();
    key.len() < text.len() && !key.contains(char::is_whitespace) && !key.starts_with(char::is_uppercase)
}

/// `for x in xs:`, `else:`, `if a then`, `begin`: starts and ends of blocks that are words.
fn ends_header(text: &str) -> bool {
    let first = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    static HEADS: WordList = WordList::of(
        "if elif else for while try except finally with class def match case when unless return import from module \
         package use let const var val fn func function struct enum type public private protected static pub end \
         begin do break continue pass raise throw yield await async select insert update delete create where local \
         export echo require include using namespace",
    );
    HEADS.has(first) && !text.ends_with(['.', '!', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_read_as_prose_in_any_language() {
        for line in [
            "Here is the refactored code:",
            "Aqui está o código refatorado:",
            "I renamed `foo()` to `bar()`.",
            "- Removed the unused variable.",
            "**Note:** this now returns an error.",
            "Done.",
            "I'm sorry, but I can't help with that.",
            "修正后的代码如下：",
        ] {
            assert_eq!(shape(line), LineKind::Prose, "{line}");
        }
    }

    #[test]
    fn code_does_not_read_as_prose() {
        for line in [
            "if x is not None:",
            "for item in items:",
            "SELECT name FROM users WHERE name IS NOT NULL",
            "let x = 1;",
            "}",
            "else:",
            "return value",
            "Given = foo(X).",
            "Dim total As Integer",
            "RUN apt-get install curl",
            "MOVE A TO B.",
            "name: value",
            "// Here is a comment.",
            "fn main() {",
            "println!(\"Here is the text.\");",
            "x",
        ] {
            assert_ne!(shape(line), LineKind::Prose, "{line}");
        }
    }
}
