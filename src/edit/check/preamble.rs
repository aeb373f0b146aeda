//! Finds text that belongs to the file, or to the code around the range, but is in the new text.

use super::shortened;
use crate::edit::lexis::{Token, TokenKind};
use crate::edit::outline::{CodeLine, Outline};
use crate::edit::word_list::WordList;
use crate::i18n::{Message, message};
use crate::languages::{canonical, is_script};

/// The kind of a line at the head of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preamble {
    /// `package a`, `namespace A;`, `<?php`, `#!/bin/sh`.
    File,
    Import,
}

/// The kind of a line at the head of a file. Returns `None` for any other line.
pub(crate) fn preamble(line: &CodeLine<'_>, language_id: &str) -> Option<Preamble> {
    if line.text.starts_with("#!/") || line.text.starts_with("<?php") {
        return Some(Preamble::File);
    }
    let [first, rest @ ..] = line.code.as_slice() else { return None };
    let next = rest.first();
    let next_is_word = next.is_some_and(|token| token.kind == TokenKind::Word);
    let ends_with = |sign: &str| line.code.last().is_some_and(|token| token.is_sign(sign));
    let word_and_language = (first.text, &*canonical(language_id));
    let is_of_file = match word_and_language {
        ("package", "go" | "java" | "kotlin" | "scala" | "groovy") => next_is_word,
        ("namespace", "csharp" | "php") => next_is_word && ends_with(";"),
        ("library" | "part", "dart") => ends_with(";"),
        _ => false,
    };
    let is_import = match word_and_language {
        (
            "import",
            "python" | "java" | "kotlin" | "scala" | "groovy" | "swift" | "dart" | "haskell" | "elm" | "d" | "nim"
            | "julia",
        ) => next.is_some(),
        ("import", "go") => next.is_some_and(|token| token.kind == TokenKind::Text || token.is_sign("(")),
        ("import", id) if is_script(id) => next.is_some_and(|token| !matches!(token.text, "(" | ".")),
        ("from", "python") => rest.iter().any(|token| token.text == "import"),
        ("using", "csharp") => {
            next_is_word
                && ends_with(";")
                && !rest.iter().any(|token| token.is_sign("("))
                && rest.get(1).is_none_or(|token| token.kind == TokenKind::Sign)
        }
        ("use", "rust") => next_is_word,
        ("use", "php") => line.indent == 0 && ends_with(";"),
        ("#", "c" | "cpp" | "objective-c" | "objective-cpp" | "arduino") => {
            next.is_some_and(|token| matches!(token.text, "include" | "import"))
        }
        ("require" | "require_relative", "ruby" | "crystal") => next.is_some_and(|token| token.kind == TokenKind::Text),
        _ => false,
    };
    let kind = if is_of_file { Preamble::File } else { Preamble::Import };
    (is_of_file || is_import).then_some(kind)
}

/// Languages whose imports are only at the head of a file.
static WITH_IMPORTS_AT_HEAD: WordList = WordList::of(
    "go java kotlin csharp swift dart php typescript javascript typescriptreact javascriptreact haskell elm",
);

/// The first line of the new text that belongs to the head of the file, if the range is elsewhere and had no such line.
pub(super) fn second_head(
    before: &Outline<'_>,
    old: &Outline<'_>,
    new: &Outline<'_>,
    language_id: &str,
) -> Option<Message> {
    let kind = |line: &&CodeLine<'_>| preamble(line, language_id);
    if old.lines.iter().any(|line| kind(&line).is_some()) {
        return None;
    }
    let lead = new.lines.iter().take_while(|line| !line.is_code() || kind(line).is_some());
    let mut found = lead.filter_map(|line| Some((line, preamble(line, language_id)?)));
    if let Some(path) = path_comment(old, new) {
        return Some(message!("withheld-head", line = shortened(path)));
    }
    // An `import` line inside of brackets continues the statement.
    let is_at_head = before.code().all(|line| {
        kind(&line).is_some()
            || !line.is_distinctive()
            || line.code.iter().all(|token| token.kind == TokenKind::Text)
            || line.code.iter().all(|token| token.kind != TokenKind::Word || line.text.ends_with(','))
    });
    let (line, _) = found.find(|(_, kind)| match kind {
        Preamble::File => before.code().next().is_some(),
        Preamble::Import => {
            !is_at_head && (old.starts_with_definition() || WITH_IMPORTS_AT_HEAD.has(&canonical(language_id)))
        }
    })?;
    Some(message!("withheld-head", line = shortened(line.text)))
}

/// A comment on the first line that names the file.
fn path_comment<'a>(old: &Outline<'_>, new: &'a Outline<'_>) -> Option<&'a str> {
    let first = new.lines.first().filter(|line| !line.is_code() && new.lines.len() > 1)?;
    let text = first.text.trim_matches(['/', '*', '#', '-', ';', '<', '!', '>', '%', '\'', ' ']);
    let path = text.strip_prefix("File: ").or_else(|| text.strip_prefix("file: ")).unwrap_or(text);
    let (stem, ending) = path.rsplit_once('.')?;
    let is_path = !stem.is_empty()
        && (2..=10).contains(&path.len().saturating_sub(stem.len()))
        && ending.starts_with(char::is_alphabetic)
        && ending.chars().all(char::is_alphanumeric)
        && path.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '\\' | '.' | '_' | '-' | '@'));
    (is_path && !old.lines.iter().any(|line| line.text == first.text)).then_some(first.text)
}

/// The first line of the new text, if it is the head of the code around the range.
pub(super) fn encloses(
    before: &Outline<'_>,
    indent: usize,
    old: &Outline<'_>,
    new: &Outline<'_>,
    language_id: &str,
) -> Option<Message> {
    let first = new.code().find(|line| preamble(line, language_id).is_none())?;
    let normal = first.normal();
    if !is_head(first) || old.code().any(|line| line.normal() == normal) {
        return None;
    }
    // Going up from the range, each line that is indented less encloses it.
    let mut column = indent;
    for line in before.code().rev().take(400) {
        if line.indent < column {
            column = line.indent;
            if line.normal() == normal || same_name(before, line, new, first) {
                return Some(message!("withheld-enclosing", line = shortened(first.text)));
            }
        }
        if column == 0 {
            break;
        }
    }
    None
}

/// Whether the line can enclose other lines.
fn is_head(line: &CodeLine<'_>) -> bool {
    let may_end = |token: &Token<'_>| match token.kind {
        TokenKind::Word => true,
        TokenKind::Sign => matches!(token.text, "{" | ":" | "(" | ")" | "=" | ">"),
        TokenKind::Text | TokenKind::Comment => false,
    };
    line.is_distinctive() && line.code.last().is_some_and(may_end)
}

/// Whether two heads define the same thing; their words may differ.
fn same_name(a: &Outline<'_>, line_a: &CodeLine<'_>, b: &Outline<'_>, line_b: &CodeLine<'_>) -> bool {
    let both = a.definition_at(line_a).zip(b.definition_at(line_b));
    both.is_some_and(|(a, b)| a.kind == b.kind && a.name == b.name)
}
