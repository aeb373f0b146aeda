//! The problems that the editor reports about a text, in words for an agent.

use crate::display::shortened;
use std::fmt;
use std::ops::Range;

use crate::remarks::Severity;

/// A problem that an editor reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its place, in bytes of the requested text. `None` if the place is not known any more.
    pub bytes: Option<Range<usize>>,
    /// Its first line, counted from one.
    pub line: Option<usize>,
    /// The text of that line, if the agent does not see line numbers in the code.
    pub quoted: Option<String>,
    /// Its severity.
    pub severity: Option<Severity>,
    /// The code of the rule, such as `E0308`.
    pub code: Option<String>,
    /// The tool that found it, such as `rustc`.
    pub source: Option<String>,
    /// The description, which may have several lines.
    pub message: String,
    /// Further places that are related to it.
    pub related: Vec<Related>,
}

/// A place that is related to a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The file as the agent sees it, so that the path of a home directory is not sent. `None` if it is not a file.
    pub path: Option<String>,
    /// Its line, counted from one.
    pub line: usize,
    /// The relation to the problem.
    pub message: String,
}

/// The longest message. Compilers can write a page about one error; its start describes the error.
const LONGEST_MESSAGE_CHARS: usize = 2_000;

/// The largest number of related places for one problem.
const MOST_RELATED: usize = 10;

/// One line with the place, the rule and the message. Further lines of the message and the related places follow,
/// indented.
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.quoted) {
            (Some(line), Some(text)) => write!(out, "line {line} `{}`: ", one_line(text))?,
            (Some(line), None) => write!(out, "line {line}: ")?,
            (None, _) => {}
        }
        let severity = self.severity.map_or("", Severity::name);
        let code = self.code.as_ref().map(|code| format!("[{}]", one_line(code))).unwrap_or_default();
        let source = self.source.as_ref().map(|source| format!(" ({})", one_line(source))).unwrap_or_default();
        let label = format!("{severity}{code}{source}");
        if !label.is_empty() {
            write!(out, "{}: ", label.trim_start())?;
        }
        let message = shortened(self.message.trim(), LONGEST_MESSAGE_CHARS);
        let mut lines = message.lines().map(str::trim_end);
        out.write_str(lines.next().unwrap_or_default())?;
        for line in lines.filter(|line| !line.is_empty()) {
            write!(out, "\n    {line}")?;
        }
        for related in self.related.iter().take(MOST_RELATED) {
            let path = related.path.as_deref().unwrap_or("elsewhere");
            write!(
                out,
                "\n    {}:{}: {}",
                one_line(path),
                related.line,
                one_line(&shortened(&related.message, LONGEST_MESSAGE_CHARS))
            )?;
        }
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mismatch() -> Diagnostic {
        Diagnostic {
            line: Some(3),
            severity: Some(Severity::Error),
            code: Some("E0308".to_owned()),
            source: Some("rustc".to_owned()),
            message: "mismatched types\r\nexpected `i32`,\n\n   found `String`\n".to_owned(),
            related: vec![Related { path: Some("src/lib.rs".into()), line: 10, message: "as\nsaid here".into() }],
            ..Diagnostic::default()
        }
    }

    #[test]
    fn problem_is_one_line_with_details_and_without_missing_parts() {
        let odd = Diagnostic { message: "odd".to_owned(), ..Diagnostic::default() };
        let mismatched = "line 3: error[E0308] (rustc): mismatched types\n    expected `i32`,\n       found `String`\n    \
                          src/lib.rs:10: as said here";
        for (problem, shown) in [
            (mismatch(), mismatched),
            (odd.clone(), "odd"),
            (Diagnostic { code: Some("7".to_owned()), ..odd.clone() }, "[7]: odd"),
            (Diagnostic { source: Some("mypy".to_owned()), ..odd }, "(mypy): odd"),
        ] {
            assert_eq!(problem.to_string(), shown);
        }
    }

    #[test]
    fn a_message_of_pages_is_cut() {
        let long = Diagnostic { message: "é".repeat(10_000), ..Diagnostic::default() }.to_string();
        assert!(long.chars().count() < 2_100 && long.ends_with('…'));
    }
}
