//! Splits text into lines. Only LSP's three line breaks count.

/// A line of a text: its content and the break that ends it (empty for a last line without one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Where it starts, in bytes of the text.
    pub(crate) start: usize,
    pub(crate) content: &'a str,
    pub(crate) eol: &'a str,
}

impl<'a> Line<'a> {
    /// Where the next line starts, in bytes of the text.
    pub(crate) fn end(&self) -> usize {
        self.start + self.content.len() + self.eol.len()
    }

    /// Whether the line contains only white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.content.trim().is_empty()
    }

    /// The spaces and tabs at the start of the line.
    pub(crate) fn indentation(&self) -> &'a str {
        indentation(self.content)
    }
}

/// Splits `text` at LF, CRLF and CR. The pieces, joined, are `text`. An empty text has no line. A final break does not
/// start a further line.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = text.len() - rest.len();
        let (content, tail) = rest.split_at(rest.find(['\n', '\r']).unwrap_or(rest.len()));
        let eol_length = match tail.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        let (eol, tail) = tail.split_at(eol_length);
        rest = tail;
        Some(Line { start, content, eol })
    })
}

/// The text of `lines`.
pub(crate) fn join(lines: &[Line<'_>]) -> String {
    lines.iter().flat_map(|line| [line.content, line.eol]).collect()
}

/// `lines` without the blank ones at both ends.
pub(crate) fn without_blank_ends<'l, 'a>(lines: &'l [Line<'a>]) -> &'l [Line<'a>] {
    let first = lines.iter().position(|line| !line.is_blank()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_blank());
    lines.get(first..last.map_or(first, |last| last + 1)).unwrap_or_default()
}

/// The spaces and tabs at the start of `text`.
pub(crate) fn indentation(text: &str) -> &str {
    text.split_at(text.len() - text.trim_start_matches([' ', '\t']).len()).0
}

/// The most frequent line break in `text`; on a tie, the first. Returns `None` if there is none.
pub(crate) fn dominant_eol<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> Option<&'static str> {
    // For equal counts, `max_by_key` returns the last one.
    let mut counts = [("\r", 0_usize), ("\r\n", 0), ("\n", 0)];
    let mut first = None;
    for line in lines {
        if let Some((eol, count)) = counts.iter_mut().find(|(eol, _)| *eol == line.eol) {
            *count += 1;
            first.get_or_insert(*eol);
        }
    }
    let (eol, count) = counts.into_iter().max_by_key(|(eol, count)| (*count, Some(*eol) == first))?;
    (count > 0).then_some(eol)
}

/// For each line, whether it starts inside a multi-line construct whose text is not code: a block comment, a
/// triple-quoted string, a template literal, a here-document. This rough scan works without a language: it can
/// distinguish a docstring from prose around code, and never changes text.
pub(crate) fn enclosures(lines: &[Line<'_>]) -> impl Iterator<Item = bool> {
    let mut within: Option<String> = None;
    lines.iter().map(move |line| {
        let starts_within = within.is_some();
        within = scan_line(line.content, within.take());
        starts_within
    })
}

/// The construct that is open at the end of `content`, if `within` was open at its start.
fn scan_line(content: &str, mut within: Option<String>) -> Option<String> {
    // A here-document ends with a line that contains only the word.
    if let Some(word) = within.as_deref().and_then(|end| end.strip_prefix(HEREDOC)) {
        return if content.trim() == word { None } else { within };
    }
    let mut rest = content;
    if within.is_none() && is_line_comment(content) {
        return None;
    }
    while let Some(first) = rest.chars().next() {
        if let Some(end) = &within {
            let Some((_, after)) = rest.split_once(end.as_str()) else { return within };
            (rest, within) = (after, None);
        } else if let Some((start, end)) = SPANS.iter().find(|(start, _)| rest.starts_with(start)) {
            rest = rest.strip_prefix(start).unwrap_or_default();
            within = Some((*end).to_owned());
        } else if rest.starts_with("```") {
            rest = rest.trim_start_matches('`');
        } else if first == '`' {
            rest = rest.strip_prefix('`').unwrap_or_default();
            within = Some("`".to_owned());
        } else if let Some(word) = rest.strip_prefix("<<").and_then(heredoc_word) {
            return Some(format!("{HEREDOC}{word}"));
        } else if matches!(first, '"' | '\'') {
            rest = after_short_string(rest, first);
        } else if rest.starts_with("//") && !rest.starts_with("///*") {
            // The slashes of a URL end the scan of a line early. The scan loses nothing important.
            return None;
        } else {
            let behind = rest.strip_prefix(first).unwrap_or_default();
            let next = behind.find(['"', '\'', '/', '<', '`', '=']).unwrap_or(behind.len());
            rest = behind.split_at(next).1;
        }
    }
    within
}

/// Marks the end word of a here-document among the ends that [`scan_line`] searches.
const HEREDOC: &str = "\u{0}heredoc:";

const SPANS: [(&str, &str); 5] =
    [("\"\"\"", "\"\"\""), ("'''", "'''"), ("/*", "*/"), ("<!--", "-->"), ("=begin", "=end")];

fn is_line_comment(content: &str) -> bool {
    let text = content.trim_start();
    text.starts_with('#') || text.starts_with("//") || text.starts_with("--")
}

fn heredoc_word(after: &str) -> Option<&str> {
    let word = after.trim_start_matches(['-', '~']).trim_start_matches(['"', '\'']);
    let end = word.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(word.len());
    let (word, _) = word.split_at(end);
    (word.chars().next()?.is_ascii_uppercase()).then_some(word)
}

/// The text after a string of one line. If the quote is not closed on the line (an apostrophe, a lifetime), only the
/// quote is skipped.
fn after_short_string(text: &str, quote: char) -> &str {
    let body = text.strip_prefix(quote).unwrap_or_default();
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return body.split_at(at).1.strip_prefix(quote).unwrap_or_default(),
            _ => {}
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lf_crlf_and_cr_end_a_line() {
        let split: Vec<_> = lines("a\nb\r\nc\rd\u{b}e\u{2028}f\n").map(|l| (l.content, l.eol)).collect();
        assert_eq!(split, [("a", "\n"), ("b", "\r\n"), ("c", "\r"), ("d\u{b}e\u{2028}f", "\n")]);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn dominant_break_is_the_most_frequent_or_first_on_a_tie() {
        assert_eq!(dominant_eol(lines("a\r\nb\nc\n")), Some("\n"));
        assert_eq!(dominant_eol(lines("a\r\nb\n")), Some("\r\n"));
        assert_eq!(dominant_eol(lines("a")), None);
    }

    #[test]
    fn docstrings_comments_templates_and_heredocs_enclose_lines() {
        let text = "def f():\n\"\"\"Doc.\nProse \"here\".\n\"\"\"\nx = `a`\ny = `\nb\n`\n/* c\nd */\ncat <<EOF\ntext\nEOF\nend\n";
        let all: Vec<_> = lines(text).collect();
        let within: Vec<_> =
            all.iter().zip(enclosures(&all)).filter(|(_, within)| *within).map(|(line, _)| line.content).collect();
        assert_eq!(within, ["Prose \"here\".", "\"\"\"", "b", "`", "d */", "text", "EOF"]);
    }
}
