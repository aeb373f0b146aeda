//! The change that the scripted agent makes: one comment, placed where it cannot alter what the code means. Where no
//! such place is certain, the code comes back as it was.
//!
//! A comment between two lines is safe nearly everywhere, since the line break was there already. A comment before the
//! first line is safe only where that line is known to start there: what the user selected may begin within a line.

use super::language::Language;

/// How the comment is worded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording {
    /// The action's word: `Reviewed`.
    pub(super) verb: &'static str,
    /// Whether it is Portuguese.
    pub(super) in_portuguese: bool,
}

const VERBS: &[&str] =
    &["Reviewed", "Edited", "Checked", "Documented", "Revisado", "Editado", "Verificado", "Documentado"];
/// What every comment of the agent has after its verb, and how it ends.
const MIDDLES: &[(&str, &str)] = &[
    (" by the StackSpot sandbox agent", "nothing else changed."),
    (" pelo agente do sandbox StackSpot", "nada mais mudou."),
];

/// The code with the agent's comment in it, or as it was where no place for a comment is certain. A comment of an
/// earlier time is renewed, not added to.
pub(super) fn with_comment(code: &str, language_id: &str, wording: Wording) -> String {
    let language = Language::of(language_id);
    if let Some(renewed) = renewed(code, wording) {
        return renewed;
    }
    let sentence = sentence(wording, 1, code.lines().count());
    commented(code, language_id, language, &sentence).unwrap_or_else(|| code.to_owned())
}

fn sentence(wording: Wording, pass: usize, lines: usize) -> String {
    let verb = wording.verb;
    match (wording.in_portuguese, pass) {
        (false, 1) => format!("{verb} by the StackSpot sandbox agent: {}, nothing else changed.", count(lines, "line")),
        (false, _) => {
            format!(
                "{verb} by the StackSpot sandbox agent (pass {pass}): {}, nothing else changed.",
                count(lines, "line")
            )
        }
        (true, 1) => format!("{verb} pelo agente do sandbox StackSpot: {}, nada mais mudou.", count(lines, "linha")),
        (true, _) => {
            format!(
                "{verb} pelo agente do sandbox StackSpot ({pass}ª vez): {}, nada mais mudou.",
                count(lines, "linha")
            )
        }
    }
}

/// `1 line`, `2 lines`; the plural of both languages here is an s.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The code with the sentence of an earlier pass replaced, where it holds one.
fn renewed(code: &str, wording: Wording) -> Option<String> {
    let (before, old, after) = MIDDLES.iter().find_map(|(middle, end)| {
        let at = code.find(middle)?;
        let verb = VERBS.iter().find(|verb| code.get(..at).is_some_and(|before| before.ends_with(**verb)))?;
        let start = at - verb.len();
        let stop = at + code.get(at..)?.find(end)? + end.len();
        let old = code.get(start..stop).filter(|old| !old.contains('\n'))?;
        Some((code.get(..start)?, old, code.get(stop..)?))
    })?;
    let is_own_line = before.rsplit('\n').next().is_some_and(|text| !text.contains(char::is_alphanumeric))
        && after.lines().next().is_none_or(|text| !text.contains(char::is_alphanumeric));
    let lines = code.lines().count() - usize::from(is_own_line);
    let pass = old.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    let pass: String = pass.chars().filter(char::is_ascii_digit).collect();
    let pass: usize = pass.parse().unwrap_or(1);
    Some(format!("{before}{}{after}", sentence(wording, pass.saturating_add(1), lines)))
}

fn commented(code: &str, language_id: &str, language: Language, sentence: &str) -> Option<String> {
    let lines: Vec<&str> = code.split_inclusive('\n').collect();
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    let first_line = lines.get(first)?;
    if is_ambiguous(code, first_line, language_id, language) {
        return None;
    }
    let ending = if first_line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let comment = match (language.line, language.block) {
        (Some(start), _) => format!("{start} {sentence}"),
        (None, Some((open, close))) => format!("{open} {sentence} {close}"),
        (None, None) => return None,
    };
    let insert_before = |at: usize| {
        let (above, below) = lines.split_at_checked(at)?;
        // Indented, it would belong to a recipe of make, which would hand it to the shell and show it.
        let indentation = if language_id == "makefile" { "" } else { indentation_of(below.first()?) };
        Some(format!("{}{indentation}{comment}{ending}{}", above.concat(), below.concat()))
    };
    let preamble = lines.iter().take_while(|line| is_preamble(line)).count();
    if preamble > 0 {
        return insert_before(preamble);
    }
    if starts_its_line(&lines, first, code, language_id) {
        return insert_before(first);
    }
    if let Some(offset) = lines.iter().skip(first + 1).position(|line| !line.trim().is_empty()) {
        return if may_follow(first_line, language_id, language) { insert_before(first + 1 + offset) } else { None };
    }
    let (open, close) = language.block.filter(|_| looks_like_code(code) && !language.is_markup)?;
    let (space, text) = (indentation_of(code), code.trim_start_matches([' ', '\t']));
    Some(format!("{space}{open} {sentence} {close} {text}"))
}

/// Whether a comment may stand on a line of its own right after this one, which may begin within a line.
fn may_follow(first_line: &str, language_id: &str, language: Language) -> bool {
    let text = first_line.trim_end();
    match language_id {
        // Elsewhere the next line may be the rest of a text.
        "yaml" => text.ends_with(':'),
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "js" | "jsx" | "ts" | "tsx" => {
            text.ends_with(['{', '(', '[', ',', ';']) || text.ends_with("=>")
        }
        _ => !language.is_markup,
    }
}

/// Whether the first line with text certainly begins where its line does.
fn starts_its_line(lines: &[&str], first: usize, code: &str, language_id: &str) -> bool {
    let Some(line) = lines.get(first) else { return false };
    let indentation = indentation_of(line);
    // A single blank is what one catches by starting a selection within a line; more is an indentation.
    if first > 0 || indentation.contains('\t') || indentation.len() > 1 {
        return true;
    }
    if !indentation.is_empty() || !begins_a_statement(line, language_id) {
        return false;
    }
    // It stands at the left margin of the selection. It does in the document too if another line of the same statement
    // does, or if it was selected with its line break.
    let mut later = lines.iter().skip(first + 1).filter(|line| !line.trim().is_empty()).peekable();
    if later.peek().is_none() { code.ends_with('\n') } else { later.any(|line| indentation_of(line).is_empty()) }
}

fn begins_a_statement(line: &str, language_id: &str) -> bool {
    const WORDS: &[&str] = &[
        "abstract",
        "async",
        "class",
        "const",
        "data",
        "def",
        "defmodule",
        "defn",
        "defp",
        "defun",
        "do",
        "enum",
        "export",
        "extern",
        "final",
        "fn",
        "for",
        "from",
        "fun",
        "func",
        "function",
        "if",
        "impl",
        "import",
        "interface",
        "internal",
        "let",
        "local",
        "mod",
        "module",
        "namespace",
        "object",
        "package",
        "private",
        "proc",
        "protected",
        "protocol",
        "pub",
        "public",
        "record",
        "resource",
        "static",
        "struct",
        "sub",
        "test",
        "trait",
        "try",
        "type",
        "typedef",
        "unsafe",
        "use",
        "using",
        "val",
        "var",
        "virtual",
        "void",
        "while",
        "with",
        "CREATE",
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "create",
        "select",
        "insert",
        "update",
        "delete",
        "FROM",
        "RUN",
        "COPY",
    ];
    // In these, a line at the left margin of several is a statement, a key or a rule, whatever it begins with.
    const LINE_BY_LINE: &[&str] =
        &["yaml", "toml", "dockerfile", "makefile", "css", "scss", "less", "properties", "markdown"];
    let word = line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let starts = ["@", "#include", "#[", "#!", "//", "(def", "<"];
    WORDS.contains(&word) || starts.iter().any(|start| line.starts_with(start)) || LINE_BY_LINE.contains(&language_id)
}

/// Whether a comment might land in a text, in another comment, or in a line that goes on.
fn is_ambiguous(code: &str, first_line: &str, language_id: &str, language: Language) -> bool {
    let first_text = first_line.trim();
    // A carriage return alone is a line break to an editor and none to the lines counted here.
    let goes_on =
        code.lines().any(|line| line.trim_end().ends_with('\\') || line.trim_end_matches('\r').contains('\r'));
    // What opens and closes unevenly before the second line may hold it.
    let opens_text = [r#"""""#, "'''", "`"].iter().any(|quote| first_text.matches(quote).count() % 2 == 1)
        || first_text.contains("<<")
        || (first_text.matches('"').count() % 2 == 1);
    let within_comment = language.block.is_some_and(|(open, close)| match (code.find(open), code.find(close)) {
        (Some(opened), Some(closed)) => closed < opened,
        (None, None) => false,
        _ => true,
    }) || first_text.starts_with("* ")
        || (first_text.contains("/*") && !first_text.contains("*/") && language.line != Some("//"));
    let mixes_markup = match language_id {
        "javascriptreact" | "typescriptreact" | "jsx" | "tsx" | "javascript" | "typescript" => {
            first_text.starts_with('<')
        }
        "php" => first_text.contains("?>") || (first_text.starts_with('<') && !first_text.starts_with("<?php")),
        // Front matter is read only where it comes first.
        "markdown" => first_text == "---",
        _ => language.is_markup && !first_text.starts_with('<'),
    };
    goes_on || opens_text || within_comment || mixes_markup
}

/// Whether the line has a meaning because it is the first.
fn is_preamble(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').to_ascii_lowercase();
    let is_directive = line.starts_with('#')
        && (line.contains("coding:")
            || line.contains("coding=")
            || line.starts_with("# syntax=")
            || line.starts_with("# escape="));
    ["#!", "<?xml", "<?php", "<!doctype", "@charset", "%yaml"].iter().any(|start| line.starts_with(start))
        || is_directive
}

/// Whether a piece of a line is code rather than words, which may be part of a text or comment.
fn looks_like_code(text: &str) -> bool {
    text.contains(|c: char| "(){}[]=;".contains(c)) && text.matches(['"', '\'', '`']).count().is_multiple_of(2)
}

fn indentation_of(line: &str) -> &str {
    let text = line.trim_start_matches([' ', '\t']);
    line.strip_suffix(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
