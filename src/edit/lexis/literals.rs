//! The length of strings and characters with a special form.

/// `'x'`, `'\n'`, `'\u{1F}'`.
pub(super) fn letter(rest: &str) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1);
    let (_, first) = letters.next()?;
    if first == '\\' {
        let (end, _) = letters.skip(1).take(10).find(|(_, c)| *c == '\'')?;
        return Some(end + 1);
    }
    letters.next().filter(|(_, c)| *c == '\'').map(|(end, _)| end + 1)
}

/// Rust's `r#"…"#`.
pub(super) fn raw_string(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix('r')?;
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    let inside = behind.get(hashes..)?.strip_prefix('"')?;
    let close = ["\"", &"#".repeat(hashes)].concat();
    inside.find(&close).map(|end| 1 + hashes + 1 + end + close.len())
}

/// C++'s `R"x(…)x"`.
pub(super) fn raw_string_of_cpp(rest: &str) -> Option<usize> {
    let (name, inside) = rest.strip_prefix("R\"")?.split_once('(')?;
    let close = [")", name, "\""].concat();
    (name.len() <= 16).then(|| inside.find(&close)).flatten().map(|end| 2 + name.len() + 1 + end + close.len())
}

/// C#'s `@"…"` and `$@"…"`: `""` is a quotation mark, and a backslash is a normal character.
pub(super) fn verbatim_string(rest: &str) -> Option<usize> {
    let marks = ["@\"", "$@\"", "@$\""].into_iter().find(|marks| rest.starts_with(marks))?;
    let mut inside = rest.get(marks.len()..)?;
    while let Some((_, behind)) = inside.split_once('"') {
        match behind.strip_prefix('"') {
            Some(behind) => inside = behind,
            None => return Some(rest.len() - behind.len()),
        }
    }
    None
}

/// Elixir's `~r/…/` and similar sigils.
pub(super) fn sigil(rest: &str) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1).skip_while(|(_, c)| c.is_ascii_alphabetic()).peekable();
    let (at, open) = *letters.peek()?;
    let close = match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        '/' | '|' => open,
        _ => return None,
    };
    (at > 1)
        .then(|| letters.skip(1).take_while(|(_, c)| *c != '\n').find(|(_, c)| *c == close))
        .flatten()
        .map(|(end, _)| end + 1)
}

/// `<<EOF` and its lines up to the line that is only `EOF`. Code after the word on its line is read as part of the
/// text.
pub(super) fn here_document(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix("<<<").or_else(|| rest.strip_prefix("<<"))?;
    let word = behind.trim_start_matches(['-', '~', ' ']).trim_start_matches(['"', '\'', '\\']);
    let end = word.find(|c: char| !is_word(c)).unwrap_or(word.len());
    let word = word.get(..end).filter(|word| word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_'))?;
    let mut at = rest.find('\n')? + 1;
    for line in rest.get(at..)?.split_inclusive('\n') {
        if line.trim().trim_end_matches([';', ',', ')']) == word {
            return Some(at + line.trim_end().len());
        }
        at += line.len();
    }
    None
}

/// Whether `c` may be part of a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
