//! Rewrites forms that a grammar does not know as forms that it knows. Each letter keeps its position.

use std::borrow::Cow;

use ropey::Rope;

use super::Syntax;

/// `text` in a form that the grammar of `syntax` can read. Commands in a notebook cell become statements. Templates in
/// YAML (Helm, Jinja) become comments or words. New Kotlin syntax before a definition becomes blanks. Bytes and lines
/// keep their positions.
pub(super) fn read_as_known(text: &Rope, syntax: Syntax, notebook: bool) -> Cow<'_, Rope> {
    let has = |wanted: &str| text.chunks().any(|chunk| chunk.contains(wanted));
    let rewrite: fn(&str) -> Option<String> = match syntax {
        Syntax::Python if notebook => {
            if is_foreign_cell(text) {
                return Cow::Owned(Rope::from_str(&blank(&text.to_string())));
            }
            command
        }
        Syntax::Yaml if has("{{") || has("{%") => template,
        Syntax::CSharp if has("?.") => assigned_if_there,
        Syntax::Kotlin if has("context(") || has("when") => newest_kotlin,
        _ => return Cow::Borrowed(text),
    };
    let all = text.to_string();
    let line = |line: &str| {
        let content = line.trim_end_matches(['\n', '\r']);
        let rest = line.get(content.len()..).unwrap_or_default();
        rewrite(content).map_or_else(|| line.to_owned(), |content| content + rest)
    };
    Cow::Owned(Rope::from_str(&all.split_inclusive('\n').map(line).collect::<String>()))
}

/// A cell whose first line passes the whole cell to another program: `%%bash`.
fn is_foreign_cell(text: &Rope) -> bool {
    let first = text.lines().map(|line| line.to_string()).find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        let word = line.split_whitespace().next().unwrap_or_default();
        word.starts_with("%%") && !matches!(word, "%%time" | "%%timeit" | "%%capture" | "%%prun" | "%%memit")
    })
}

/// One blank for each byte. Line breaks stay.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }).collect()
}

/// `code`, and blanks up to the length of `line`. Returns `None` if `line` is too short.
fn padded(before: &str, code: &str, line: &str) -> Option<String> {
    let left = line.len().checked_sub(before.len() + code.len())?;
    Some([before, code, &" ".repeat(left)].concat())
}

/// `%matplotlib inline`, `!pip install x`, `files = !ls`, `thing?`.
fn command(line: &str) -> Option<String> {
    let indent = line.get(..line.len() - line.trim_start().len())?;
    let text = line.trim();
    if text.starts_with(['%', '!', '?']) || text.ends_with('?') && !text.contains(['"', '\'', '#']) {
        let code = if text.len() >= 4 { "pass" } else { "0" };
        return padded(indent, code, line);
    }
    let (target, value) = line.split_once('=')?;
    let is_name =
        !target.trim().is_empty() && target.trim().chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' '));
    (is_name && value.trim_start().starts_with(['!', '%']))
        .then(|| padded(&[target, "="].concat(), "0", line))
        .flatten()
}

/// `{{- if .Values.a }}` alone on its line becomes a comment. `{{ .Values.a }}` inside a line becomes a word.
fn template(line: &str) -> Option<String> {
    let text = line.trim();
    let alone =
        |open: &str, close: &str| text.starts_with(open) && text.ends_with(close) && text.matches(open).count() == 1;
    if alone("{{", "}}") || alone("{%", "%}") {
        return line.split_once('{').map(|(indent, rest)| [indent, "#", rest].concat());
    }
    let mut rest = line;
    let mut written = String::new();
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inside, after)) = behind.split_once("}}") else { break };
        written.push_str(before);
        written.push_str(&"x".repeat(inside.len() + 4));
        rest = after;
    }
    (!written.is_empty()).then(|| written + rest)
}

/// C#'s `a?.X = 1;`.
fn assigned_if_there(line: &str) -> Option<String> {
    let (target, value) = line.split_once('=').filter(|(_, value)| !value.starts_with(['=', '>']))?;
    let is_target =
        target.contains("?.") && !target.contains(['(', '"', ',']) && target.split_whitespace().count() <= 2;
    is_target.then(|| [&target.replace("?.", " ."), "=", value].concat())
}

/// `context(log: Logger)` before a declaration, and `is Ok if it.value > 3 ->` inside `when`.
fn newest_kotlin(line: &str) -> Option<String> {
    let text = line.trim_start();
    if let Some(inside) = text.strip_prefix("context(") {
        let end = line.len() - inside.len() + inside.find(')')? + 1;
        return Some([&" ".repeat(end), line.get(end..)?].concat());
    }
    let (condition, behind) = line.split_once(" ->")?;
    let (pattern, guard) = condition.split_once(" if ")?;
    (!pattern.contains(['{', '"'])).then(|| [pattern, &" ".repeat(guard.len() + 4), " ->", behind].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect_of(text: &str, syntax: Syntax, notebook: bool) -> String {
        read_as_known(&Rope::from_str(text), syntax, notebook).to_string()
    }

    #[test]
    fn commands_of_a_cell_are_statements_of_their_length() {
        let cell = "%matplotlib inline\nif x:\n    !pip install y\nfiles = !ls -l\nnp.sum?\nx = 5 % 2\n";
        let known = dialect_of(cell, Syntax::Python, true);
        assert_eq!(
            known.lines().map(str::trim_end).collect::<Vec<_>>(),
            ["pass", "if x:", "    pass", "files =0", "pass", "x = 5 % 2"]
        );
        assert_eq!(known.len(), cell.len());
        assert_eq!(dialect_of(cell, Syntax::Python, false), cell);
        assert_eq!(dialect_of("%%bash\nls | wc\n", Syntax::Python, true).trim(), "");
    }

    #[test]
    fn templates_in_yaml_are_comments_and_words() {
        let helm = "a: {{ .V.a | default 1 }}\n{{- if .b }}\nc: \"{{ d }}-{{ e }}\"\n{{- end }}\n";
        let known = dialect_of(helm, Syntax::Yaml, false);
        assert_eq!(known, "a: xxxxxxxxxxxxxxxxxxxxxx\n#{- if .b }}\nc: \"xxxxxxx-xxxxxxx\"\n#{- end }}\n");
    }

    #[test]
    fn contexts_and_guards_in_kotlin_are_blank() {
        assert_eq!(dialect_of("context(a: A) fun f() = 1\n", Syntax::Kotlin, false), "              fun f() = 1\n");
        let when = "when (r) {\n    is Ok if r.a > 3 -> 1\n    else -> if (a) 1 else 2\n}\n";
        assert_eq!(dialect_of(when, Syntax::Kotlin, false), when.replace(" if r.a > 3", "           "));
    }
}
