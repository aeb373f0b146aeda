//! Turns the names of lines in an answer, `L471` or `L471-474`, into links.
//!
//! The label is text of the answer; the address is the server's. Only a number of the answer gets into the address.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The lines that an answer may name, and their file.
#[derive(Debug, Clone)]
pub(crate) struct LineLinks {
    address: Arc<str>,
    lines: RangeInclusive<usize>,
}

/// The largest number of digits of a line number.
const DIGITS: usize = 7;

impl LineLinks {
    /// Links to `lines` (from one) of the file at `uri`. Returns `None` for other addresses: they have no lines.
    pub(crate) fn new(uri: &str, lines: RangeInclusive<usize>) -> Option<Self> {
        let has_scheme =
            uri.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("file:///")) && !uri.contains(['#', '?']);
        if !has_scheme {
            return None;
        }
        let mut address = String::with_capacity(uri.len());
        for c in uri.chars() {
            // Markdown reads a backtick or a `|` even in an address. There it would end a cell or a code span.
            if c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '.' | '-' | '_' | '~' | '%' | '+' | ',' | '=' | '@')
            {
                address.push(c);
            } else {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|byte| {
                    let _ = write!(address, "%{byte:02X}");
                });
            }
        }
        Some(Self { address: address.into(), lines })
    }

    /// The text without the links, because an agent gets line numbers and not the file's address.
    pub(crate) fn taken_off(&self, text: &str) -> String {
        let behind_label = format!("](<{}#L", self.address);
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(&behind_label) {
            let number = digits(behind).unwrap_or(0);
            match (before.rsplit_once('['), behind.get(number..).and_then(|end| end.strip_prefix(">)"))) {
                (Some((front, label)), Some(end)) => {
                    out.push_str(front);
                    out.push_str(label);
                    rest = end;
                }
                _ => {
                    out.push_str(before);
                    out.push_str(&behind_label);
                    rest = behind;
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// Writes words without Markdown constructs, with links. `before` is the character before them.
    pub(super) fn show(&self, words: &str, before: Option<char>, out: &mut String) {
        let (mut rest, mut last) = (words, before);
        while let Some(at) = rest.find('L') {
            let (skipped, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.push_str(skipped);
            last = skipped.chars().next_back().or(last);
            let length = reference(from).filter(|length| {
                let next = from.get(*length..).and_then(|behind| behind.chars().next());
                may_stand_before(last) && !next.is_some_and(goes_on) && self.knows(from)
            });
            let taken = length.unwrap_or(1);
            let (name, behind) = from.split_at_checked(taken).unwrap_or((from, ""));
            match length {
                Some(_) => self.link(name, name, out),
                None => out.push_str(name),
            }
            (rest, last) = (behind, name.chars().next_back());
        }
        out.push_str(rest);
    }

    /// Writes a code span. If it contains only the name of lines, it becomes a link.
    pub(super) fn show_code(&self, span: &str, before: Option<char>, out: &mut String) {
        let name = span.trim_matches('`');
        let is_one = reference(name) == Some(name.len()) && self.knows(name) && may_stand_before(before);
        if is_one { self.link(span, name, out) } else { out.push_str(span) }
    }

    fn link(&self, label: &str, name: &str, out: &mut String) {
        let _ = write!(out, "[{label}](<{}#L{}>)", self.address, number(name));
    }

    fn knows(&self, name: &str) -> bool {
        number(name).parse().is_ok_and(|line| self.lines.contains(&line))
    }
}

/// The length of a name at the end of `words` that more digits may continue. `before` is the character before `words`.
pub(super) fn unfinished(words: &str, before: Option<char>) -> usize {
    let Some(at) = words.rfind('L') else { return 0 };
    let (front, tail) = words.split_at_checked(at).unwrap_or((words, ""));
    let at_second = front.strip_suffix(['-', '–']).filter(|_| !tail.is_empty());
    // `L471-L474`: the second `L` is part of the same name.
    let start =
        at_second.and_then(|front| Some(front.rfind('L')?).filter(|at| is_number(front.get(at + 1..)))).unwrap_or(at);
    let tail = words.get(start..).unwrap_or_default();
    let last = words.get(..start).and_then(|front| front.chars().next_back()).or(before);
    let is_open =
        tail.len() <= 2 * (DIGITS + 1) + 3 && tail.chars().all(|c| c.is_ascii_digit() || matches!(c, 'L' | '-' | '–'));
    if is_open && may_stand_before(last) { tail.len() } else { 0 }
}

/// The length of the name of lines at the start of `text`.
fn reference(text: &str) -> Option<usize> {
    let first = digits(text.strip_prefix('L')?)?;
    let end = 1 + first;
    let behind = text.get(end..)?;
    let range = behind.strip_prefix(['-', '–']).and_then(|second| {
        let number = second.strip_prefix('L').unwrap_or(second);
        Some(behind.len() - number.len() + digits(number)?)
    });
    Some(end + range.unwrap_or(0))
}

/// The number of digits at the start of `text`, if they can be a line number.
fn digits(text: &str) -> Option<usize> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=DIGITS).contains(&count).then_some(count)
}

fn is_number(text: Option<&str>) -> bool {
    text.is_some_and(|text| digits(text) == Some(text.len()))
}

/// The digits of the first line in the name.
fn number(name: &str) -> &str {
    let behind = name.get(1..).unwrap_or_default();
    behind.get(..digits(behind).unwrap_or(0)).unwrap_or_default()
}

/// Whether a name of lines may follow this character: not in a word, an address, a link or an escape.
fn may_stand_before(c: Option<char>) -> bool {
    c.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '*' | ',' | ';' | '“' | '«' | '—' | '–'))
}

/// Whether this character continues a name of lines, or makes it the text of a link.
fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ']' | '[' | '/' | '`' | '\\')
}
