//! The change that the scripted agent makes: one comment, in a place where it cannot change the meaning of the code. If
//! no such place is certain, the agent returns the code unchanged.
//!
//! A comment between two lines is safe nearly everywhere, because the line break already existed. A comment before the
//! first line is safe only if the selection certainly starts at the beginning of that line.

use super::language::Comments;
use crate::languages::is_script;

/// The first words of a comment, in English and Portuguese, by the requested action.
const VERBS: [(&str, (&str, &str)); 4] = [
    ("refactor", ("Reviewed", "Revisado")),
    ("edit", ("Edited", "Editado")),
    ("fix", ("Checked", "Verificado")),
    ("document", ("Documented", "Documentado")),
];

/// The text of every comment after its verb, and its end, in each language.
const ENGLISH: (&str, &str) = (" by the StackSpot sandbox agent", "nothing else changed.");
const PORTUGUESE: (&str, &str) = (" pelo agente do sandbox StackSpot", "nada mais mudou.");

/// The agent's verb for an action, in English and Portuguese. `None` if the action changes no code.
pub(super) fn verbs(action: &str) -> Option<(&'static str, &'static str)> {
    VERBS.iter().find(|(known, _)| *known == action).map(|(_, verbs)| *verbs)
}

/// Returns the code with the agent's comment, or unchanged if no place for a comment is certain. The comment of an
/// earlier run is replaced.
pub(super) fn with_comment(code: &str, language_id: &str, verb: &str, in_portuguese: bool) -> String {
    renewed(code, verb, in_portuguese)
        .or_else(|| commented(code, language_id, &sentence(verb, in_portuguese, 1, code.lines().count())))
        .unwrap_or_else(|| code.to_owned())
}

fn sentence(verb: &str, in_portuguese: bool, pass: usize, lines: usize) -> String {
    let ((middle, end), noun) = if in_portuguese { (PORTUGUESE, "linha") } else { (ENGLISH, "line") };
    let pass = match (pass, in_portuguese) {
        (1, _) => String::new(),
        (_, false) => format!(" (pass {pass})"),
        (_, true) => format!(" ({pass}ª vez)"),
    };
    format!("{verb}{middle}{pass}: {}, {end}", count(lines, noun))
}

/// `1 line`, `2 lines`. Both languages add an s for the plural.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The code with the sentence of an earlier run replaced, if it contains one.
fn renewed(code: &str, verb: &str, in_portuguese: bool) -> Option<String> {
    let (before, old, after) = [ENGLISH, PORTUGUESE].iter().find_map(|(middle, end)| {
        let (before, rest) = code.split_once(middle)?;
        let (passes, after) = rest.split_once(end).filter(|(passes, _)| !passes.contains('\n'))?;
        let mut verbs = VERBS.iter().flat_map(|(_, (english, portuguese))| [english, portuguese]);
        Some((verbs.find_map(|verb| before.strip_suffix(verb))?, passes, after))
    })?;
    let is_wordless = |text: Option<&str>| text.is_none_or(|text| !text.contains(char::is_alphanumeric));
    let is_own_line = is_wordless(before.rsplit('\n').next()) && is_wordless(after.lines().next());
    let pass = old.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    let pass: usize = pass.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(1);
    let lines = code.lines().count() - usize::from(is_own_line);
    Some(format!("{before}{}{after}", sentence(verb, in_portuguese, pass.saturating_add(1), lines)))
}

fn commented(code: &str, language_id: &str, sentence: &str) -> Option<String> {
    let comments = Comments::of(language_id);
    let lines: Vec<&str> = code.split_inclusive('\n').collect();
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    let first_line = lines.get(first)?;
    if is_ambiguous(code, first_line, language_id, comments) {
        return None;
    }
    let ending = if first_line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let comment = comments.comment(sentence)?;
    let insert_before = |at: usize| {
        let (above, below) = lines.split_at_checked(at)?;
        // In a makefile, an indented comment would be part of a recipe. Make would pass it to the shell and print it.
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
        return if may_follow(first_line, language_id, comments) { insert_before(first + 1 + offset) } else { None };
    }
    let (open, close) = comments.block.filter(|_| looks_like_code(code) && !comments.is_of_markup())?;
    let (space, text) = (indentation_of(code), code.trim_start_matches([' ', '\t']));
    Some(format!("{space}{open} {sentence} {close} {text}"))
}

/// Whether a comment line may directly follow this line, which may begin within a line.
fn may_follow(first_line: &str, language_id: &str, comments: Comments) -> bool {
    let text = first_line.trim_end();
    match language_id {
        // In other cases, the next line may continue a text.
        "yaml" => text.ends_with(':'),
        _ if comments.is_of_markup() => false,
        id => !is_script(id) || text.ends_with(['{', '(', '[', ',', ';']) || text.ends_with("=>"),
    }
}

/// Whether the first line with text certainly starts at the beginning of its line.
fn starts_its_line(lines: &[&str], first: usize, code: &str, language_id: &str) -> bool {
    let Some(line) = lines.get(first) else { return false };
    let indentation = indentation_of(line);
    // A single blank may come from a selection that starts within a line. More blanks are an indentation.
    if first > 0 || indentation.contains('\t') || indentation.len() > 1 {
        return true;
    }
    if !indentation.is_empty() || !begins_a_statement(line, language_id) {
        return false;
    }
    // The line is at the left margin of the selection. It is at the document's margin if another line of the same
    // statement is, or if the selection contains its line break.
    let mut later = lines.iter().skip(first + 1).filter(|line| !line.trim().is_empty()).peekable();
    if later.peek().is_none() { code.ends_with('\n') } else { later.any(|line| indentation_of(line).is_empty()) }
}

fn begins_a_statement(line: &str, language_id: &str) -> bool {
    const WORDS: &str = "abstract async class const data def defmodule defn defp defun do enum export extern final fn for \
        from fun func function if impl import interface internal let local mod module namespace object \
        package private proc protected protocol pub public record resource static struct sub test trait try \
        type typedef unsafe use using val var virtual void while with CREATE SELECT INSERT UPDATE DELETE \
        create select insert update delete FROM RUN COPY";
    // In these languages, one of several lines at the left margin is always a statement, a key or a rule.
    let is_line_by_line = matches!(
        language_id,
        "yaml" | "toml" | "dockerfile" | "makefile" | "css" | "scss" | "less" | "properties" | "markdown"
    );
    let word = line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let starts = ["@", "#include", "#[", "#!", "//", "(def", "<"];
    is_line_by_line || WORDS.split(' ').any(|known| known == word) || starts.iter().any(|start| line.starts_with(start))
}

/// Whether a comment could be placed in a text, in another comment, or in a line that continues.
fn is_ambiguous(code: &str, first_line: &str, language_id: &str, comments: Comments) -> bool {
    let first_text = first_line.trim();
    // A lone carriage return is a line break for an editor, but not for the lines counted here.
    let goes_on =
        code.lines().any(|line| line.trim_end().ends_with('\\') || line.trim_end_matches('\r').contains('\r'));
    // An unbalanced opener before the second line may contain that line.
    let opens_text = [r#"""""#, "'''", "`"].iter().any(|quote| first_text.matches(quote).count() % 2 == 1)
        || first_text.contains("<<")
        || (first_text.matches('"').count() % 2 == 1);
    let within_comment = comments.block.is_some_and(|(open, close)| match (code.find(open), code.find(close)) {
        (Some(opened), Some(closed)) => closed < opened,
        (None, None) => false,
        _ => true,
    }) || first_text.starts_with("* ")
        || (first_text.contains("/*") && !first_text.contains("*/") && comments.line != Some("//"));
    let mixes_markup = match language_id {
        "php" => first_text.contains("?>") || (first_text.starts_with('<') && !first_text.starts_with("<?php")),
        // Front matter is valid only at the start.
        "markdown" => first_text == "---",
        _ if comments.is_of_markup() => !first_text.starts_with('<'),
        id => is_script(id) && first_text.starts_with('<'),
    };
    goes_on || opens_text || within_comment || mixes_markup
}

/// Whether the line has a special meaning as the first line.
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

/// Whether a piece of a line is code. Words may be part of a text or comment.
fn looks_like_code(text: &str) -> bool {
    text.contains(|c: char| "(){}[]=;".contains(c)) && text.matches(['"', '\'', '`']).count().is_multiple_of(2)
}

fn indentation_of(line: &str) -> &str {
    let text = line.trim_start_matches([' ', '\t']);
    line.strip_suffix(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
