//! The indentation of a text: tabs or spaces, and how many.

use super::lines::{Line, enclosures, indentation};

/// The characters of a level of indentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// No line is indented.
    None,
    Tabs,
    Spaces,
    /// Both, without a clear majority.
    Mixed,
}

/// Whether the lines are indented with tabs or with spaces. The single space of ` * comment` lines does not count.
pub(crate) fn style<'a>(contents: impl IntoIterator<Item = &'a str>) -> Style {
    let (mut tabs, mut spaces, mut mixed) = (0usize, 0usize, 0usize);
    for content in contents.into_iter().filter(|content| !content.trim().is_empty()) {
        let indent = indentation(content);
        match indent.bytes().next() {
            Some(b'\t') if indent.trim_start_matches('\t').contains('\t') => mixed += 1,
            Some(b'\t') => tabs += 1,
            Some(b' ') if indent.contains('\t') => mixed += 1,
            Some(b' ') if indent.len() >= 2 => spaces += 1,
            _ => {}
        }
    }
    match (tabs, spaces, mixed) {
        (0, 0, 0) => Style::None,
        (tabs, spaces, mixed) if tabs > 4 * (spaces + mixed) => Style::Tabs,
        (tabs, spaces, mixed) if spaces > 4 * (tabs + mixed) => Style::Spaces,
        _ => Style::Mixed,
    }
}

/// The width of a level, as far as the lines show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unit {
    /// The step from a line that opens a block to the next, if all such steps are equal.
    pub(crate) sure: Option<usize>,
    /// The certain one, or else a common divisor of all indentations.
    pub(crate) likely: Option<usize>,
}

/// The number of spaces of a level in `lines`. Multi-line strings and comments do not count.
pub(crate) fn unit(lines: &[Line<'_>]) -> Unit {
    let widths: Vec<(usize, &str)> = lines
        .iter()
        .zip(enclosures(lines))
        .filter(|(line, within)| !within && !line.is_blank())
        .map(|(line, _)| (line.indentation().len(), line.content.trim()))
        .collect();
    let steps: Vec<usize> = widths
        .windows(2)
        .filter_map(|pair| match pair {
            [(outer, opener), (inner, _)] if inner > outer && opens(opener) => Some(inner - outer),
            _ => None,
        })
        .collect();
    let shallowest = widths.iter().map(|(width, _)| *width).min().unwrap_or_default();
    let divisor =
        widths.iter().map(|(width, _)| width - shallowest).filter(|width| *width > 0).reduce(greatest_common_divisor);
    let sure = steps.first().copied().filter(|first| steps.iter().all(|step| step == first));
    let usual = |width: usize| match width {
        2..=4 => Some(width),
        _ if width > 0 && width.is_multiple_of(4) => Some(4),
        _ if width > 0 && width.is_multiple_of(2) => Some(2),
        _ => None,
    };
    Unit {
        sure,
        likely: sure
            .filter(|step| matches!(step, 2 | 3 | 4 | 8))
            .or_else(|| divisor.and_then(usual))
            .or_else(|| usual(shallowest)),
    }
}

/// Whether the next line is deeper, because the line opens a block or continues there.
pub(crate) fn is_followed_deeper(content: &str) -> bool {
    let text = content.trim_end();
    let assigns = text.ends_with('=') && !["==", "!=", "<=", ">="].iter().any(|sign| text.ends_with(sign));
    assigns || opens(content)
}

/// Whether the line opens a block around the next line.
pub(crate) fn opens(content: &str) -> bool {
    let text = content.trim_end();
    const WORDS: &[&str] = &["do", "then", "else", "of", "begin", "where", "=>", "->"];
    text.ends_with(['{', '(', '[', ':']) || WORDS.iter().any(|word| text.rsplit(' ').next() == Some(*word))
}

/// Whether the line closes a block of an earlier line.
pub(crate) fn closes(content: &str) -> bool {
    let text = content.trim_start();
    text.starts_with(['}', ')', ']'])
        || text.starts_with("</")
        || text.split(|c: char| !c.is_alphanumeric()).next() == Some("end")
}

/// Whether the line continues the expression of the line before.
pub(crate) fn continues(content: &str) -> bool {
    let text = content.trim_start();
    [".", "?", "&&", "||", "|>", "| ", "+ ", "- ", "* ", ": ", "= ", "=> ", "-> "]
        .iter()
        .any(|start| text.starts_with(start))
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::lines::lines;

    fn unit_of(text: &str) -> Unit {
        unit(&lines(text).collect::<Vec<_>>())
    }

    #[test]
    fn openers_show_the_unit() {
        assert_eq!(unit_of("a {\n  b {\n    c\n  }\n}\n").sure, Some(2));
        assert_eq!(unit_of("a {\n    b\n}\n").sure, Some(4));
        assert_eq!(unit_of("a {\n  b {\n      c\n").sure, None);
    }

    #[test]
    fn tabs_and_spaces_are_distinguished() {
        assert_eq!(style(["\ta", "\t\tb", "\t  c"]), Style::Tabs);
        assert_eq!(style(["  a", " * b"]), Style::Spaces);
        assert_eq!(style(["  a", "\tb"]), Style::Mixed);
        assert_eq!(style(["a", ""]), Style::None);
    }
}
