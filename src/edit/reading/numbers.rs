//! Removes what models copy into code from its display: line numbers, and HTML entities.

use crate::edit::lines::lines;
use crate::languages::{canonical, is_markdown, is_markup};

/// `code` without its line numbers, if every line has one and they count up.
pub(super) fn without_numbers(code: &str, original: &str) -> Option<String> {
    let first_of =
        |text: &str| lines(text).find(|line| !line.is_blank()).and_then(|line| number(line.content).map(|(n, _)| n));
    first_of(code)?;
    if first_of(original).is_some() {
        return None;
    }
    let mut expected = None;
    let mut text = String::new();
    for line in lines(code) {
        if line.is_blank() {
            text.push_str(line.eol);
            continue;
        }
        let (found, rest) = number(line.content)?;
        if expected.is_some_and(|expected| expected != found) {
            return None;
        }
        expected = Some(found + 1);
        text.push_str(rest);
        text.push_str(line.eol);
    }
    Some(text)
}

/// The number at the start of a line, and the text after its sign and one blank.
pub(super) fn number(content: &str) -> Option<(usize, &str)> {
    let text = content.trim_start_matches([' ', '\t']);
    let text = text.strip_prefix(['L', '#']).unwrap_or(text);
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - behind.len();
    let number = text.get(..digits).filter(|_| (1..=6).contains(&digits))?.parse().ok()?;
    if let Some(rest) = behind.strip_prefix('\t') {
        return Some((number, rest));
    }
    let rest = behind.trim_start_matches(' ').strip_prefix(['|', ':', '│', '┃', '→', '¦'])?;
    // `2:x` is usually a value of YAML or a slice, not a numbered line.
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (number, rest.strip_prefix([' ', '\t']).unwrap_or(rest)))
}

const ENTITIES: &[(&str, &str)] =
    &[("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&apos;", "'"), ("&amp;", "&")];

/// `code` with decoded entities, if they cannot be intended: outside of strings, in a text that had none.
pub(super) fn without_entities(code: &str, original: &str, language_id: &str) -> Option<String> {
    if !code.contains('&') || ENTITIES.iter().any(|(entity, _)| original.contains(entity)) {
        return None;
    }
    let is_meant = |content: &str| ENTITIES.iter().any(|(entity, _)| content.contains(entity)) && !is_text(content);
    let is_document = is_markdown(language_id) || matches!(&*canonical(language_id), "html" | "xml" | "xhtml");
    let is_escaped = if is_document {
        code.trim_start().starts_with("&lt;") && !code.contains('<')
    } else if is_markup(language_id) {
        ["=&gt;", "-&gt;", "&amp;&amp;", " &lt; ", " &gt; ", "&lt;="].iter().any(|sign| code.contains(sign))
            || code.trim_start().starts_with("&lt;")
    } else {
        lines(code).any(|line| is_meant(line.content))
    };
    is_escaped.then(|| ENTITIES.iter().fold(code.to_owned(), |text, (entity, sign)| text.replace(entity, sign)))
}

/// Whether every entity of the line is in a string or a comment.
fn is_text(content: &str) -> bool {
    let mut quote = None;
    for (at, c) in content.char_indices() {
        let rest = content.get(at..).unwrap_or_default();
        match (c, quote) {
            ('"' | '\'' | '`', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('/', None) if rest.starts_with("//") => return true,
            ('&', None) if ENTITIES.iter().any(|(entity, _)| rest.starts_with(entity)) => return false,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_line_numbers_are_removed() {
        let code = "def f():\n    return 1\n";
        for numbered in
            ["9 | def f():\n10 |     return 1\n", "9: def f():\n10:     return 1\n", " 9\tdef f():\n10\t    return 1\n"]
        {
            assert_eq!(without_numbers(numbered, "x\n").as_deref(), Some(code), "{numbered}");
        }
        for other in ["1: a\n3: b\n", "1: a\nb\n", "10:30\n", "x\n", ""] {
            assert_eq!(without_numbers(other, "x\n"), None, "{other}");
        }
        assert_eq!(without_numbers("1: a\n2: b\n", "1: x\n"), None);
    }

    #[test]
    fn entities_are_decoded_if_they_cannot_be_code() {
        assert_eq!(without_entities("f = (x) =&gt; x", "f = x", "swift").as_deref(), Some("f = (x) => x"));
        assert_eq!(without_entities("f(\"a &lt; b\")", "f()", "swift"), None);
        assert_eq!(without_entities("<p>a &lt; b</p>", "<p>a</p>", "html"), None);
        assert_eq!(without_entities("a &amp;&amp; b", "a &amp; b", "vue"), None);
    }
}
