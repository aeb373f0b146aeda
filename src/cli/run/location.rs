//! `FILE`, `FILE:LINE`, `FILE:FIRST-LAST`.

use std::ops::Range;
use std::path::PathBuf;

use ropey::Rope;

use crate::i18n::{Message, message};

/// A file, and the lines of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileLocation {
    pub(super) path: PathBuf,
    lines: LineRange,
}

/// Lines, counted from one and both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineRange {
    All,
    /// The definition around this line.
    Around(usize),
    From(usize, usize),
}

impl FileLocation {
    /// A text that ends like lines, but is the name of a file, means the file.
    pub(super) fn parse(text: &str) -> Self {
        let whole = || Self { path: PathBuf::from(text), lines: LineRange::All };
        let Some((path, lines)) = text.rsplit_once(':') else { return whole() };
        let number = |text: &str| text.parse().ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
        let lines = match lines.split_once('-') {
            None => number(lines).map(LineRange::Around),
            Some((first, last)) => number(first).zip(number(last)).map(|(first, last)| LineRange::From(first, last)),
        };
        match lines {
            Some(lines) if !path.is_empty() && !std::path::Path::new(text).exists() => {
                Self { path: PathBuf::from(path), lines }
            }
            _ => whole(),
        }
    }

    /// These lines, counted from zero, the end not included.
    pub(super) fn of_lines(path: PathBuf, lines: Range<usize>) -> Self {
        Self { path, lines: LineRange::From(lines.start + 1, lines.end) }
    }

    /// These lines, counted from one and both included. A single line means the definition around it.
    pub(super) fn around(path: PathBuf, first: usize, last: usize) -> Self {
        Self { path, lines: if last > first { LineRange::From(first, last) } else { LineRange::Around(first) } }
    }

    /// The range, in bytes of the text. An empty range is a point. Fails if the text has no such lines.
    pub(super) fn selection(&self, text: &Rope) -> Result<Range<usize>, Message> {
        // A final line break ends the last line. It does not begin a new one.
        let count =
            text.len_lines() - usize::from(text.len_lines() > 1 && text.line(text.len_lines() - 1).len_chars() == 0);
        let known = |line: usize| match line {
            1.. if line <= count => Ok(line - 1),
            _ => Err(message!("run-no-line", file = self.path.display().to_string(), line = line, count = count)),
        };
        match self.lines {
            LineRange::All => Ok(0..text.len_bytes()),
            LineRange::Around(line) => {
                let line = known(line)?;
                let blanks =
                    text.line(line).chars().take_while(|c| c.is_whitespace() && !matches!(c, '\n' | '\r')).count();
                let point = text.char_to_byte(text.line_to_char(line) + blanks);
                Ok(point..point)
            }
            LineRange::From(first, last) if first > last => {
                Err(message!("run-lines-backwards", first = first, last = last))
            }
            LineRange::From(first, last) => Ok(text.line_to_byte(known(first)?)..text.line_to_byte(known(last)? + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    fn selected(place: &str, text: &str) -> Result<String, String> {
        let rope = Rope::from_str(text);
        let bytes = FileLocation::parse(place).selection(&rope).map_err(|message| message.text(Language::En))?;
        let mut shown = text.to_owned();
        shown.insert(bytes.end, '»');
        shown.insert(bytes.start, '«');
        Ok(shown)
    }

    #[test]
    fn a_place_is_a_file_a_point_or_lines() {
        let text = "a\n  b\r\nc\n";
        assert_eq!(selected("x.py", text).unwrap(), "«a\n  b\r\nc\n»");
        assert_eq!(selected("x.py:2", text).unwrap(), "a\n  «»b\r\nc\n");
        assert_eq!(selected("x.py:2-3", text).unwrap(), "a\n«  b\r\nc\n»");
        assert_eq!(selected("x.py:3-3", "a\n\nc").unwrap(), "a\n\n«c»");
        assert_eq!(FileLocation::parse("C:\\shop\\x.py").path, PathBuf::from("C:\\shop\\x.py"));
        assert_eq!(FileLocation::parse("x:y:7").path, PathBuf::from("x:y"));
    }

    #[test]
    fn missing_lines_are_an_error() {
        for (place, said) in
            [("x.py:0", "no line 0"), ("x.py:4", "1 to 3"), ("x.py:2-9", "no line 9"), ("x.py:3-2", "2-3")]
        {
            let error = selected(place, "a\nb\nc\n").unwrap_err();
            assert!(error.contains(said), "{place}: {error}");
        }
    }
}
