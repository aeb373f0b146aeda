//! The words of a paragraph: makes pictures, HTML and unsafe links harmless. Code spans do not change.

use super::links::{self, LineLinks};

/// The words of one paragraph, or of one row of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Inline {
    /// The text that is not decided yet.
    waiting: String,
    /// The rows of a table. Each cell is decided separately.
    in_table: bool,
    /// Readers split this row differently, therefore code spans in it do not count.
    is_torn: bool,
    /// The paragraph starts like a link definition.
    may_define: bool,
    /// The meaning of backticks is not known.
    has_no_code: bool,
    /// The lines that can become links.
    links: Option<LineLinks>,
    /// The character before the waiting text.
    last: Option<char>,
}

enum Decision {
    /// The next bytes, this many, are written unchanged.
    Keep(usize),
    /// The text up to and including the byte at this place is written, with a backslash before the byte.
    Escape(usize),
    /// More text is necessary.
    Wait,
}

impl Inline {
    /// Words that may contain links to lines.
    pub(super) fn with_links(links: Option<LineLinks>) -> Self {
        Self { links, ..Self::default() }
    }

    /// Reads some words, and writes the decided part.
    pub(super) fn push(&mut self, text: &str, out: &mut String) {
        self.waiting.push_str(text);
        if self.in_table {
            while let Some(end) = cell_end(&self.waiting) {
                let cell: String = self.waiting.drain(..end).collect();
                self.is_torn |= cell.ends_with("\\\\|");
                show_whole(&cell, self.is_torn, self.links.as_ref(), out);
                self.is_torn &= !cell.ends_with('\n');
            }
        } else {
            self.show(false, out);
        }
    }

    /// The paragraph starts like a link definition. Readers do not display it, but it affects the whole document.
    pub(super) fn allow_definition(&mut self) {
        self.may_define = true;
    }

    /// The words contain no code.
    pub(super) fn disable_code(&mut self) {
        (self.has_no_code, self.may_define) = (true, true);
    }

    /// Marks of a quotation or a list before further words.
    pub(super) fn prefix(&mut self, marks: &str, out: &mut String) {
        if self.waiting.is_empty() { out.push_str(marks) } else { self.waiting.push_str(marks) }
    }

    /// The paragraph has ended.
    pub(super) fn finish(&mut self, out: &mut String) {
        if self.in_table {
            show_whole(&self.waiting, self.is_torn, self.links.as_ref(), out);
        } else {
            self.show(true, out);
        }
        *self = Self::with_links(self.links.take());
    }

    /// The waiting text is the head of a table, or its end.
    pub(super) fn begin_table(&mut self, out: &mut String) {
        self.in_table = true;
        self.push("", out);
    }

    fn show(&mut self, is_end: bool, out: &mut String) {
        // If the meaning of backticks is not certain, no links are added.
        let links = self.links.as_ref().filter(|_| !self.has_no_code);
        let has_code = !self.has_no_code;
        let words = InlineText { is_end, may_define: self.may_define, has_code, links, last: self.last };
        let taken = show(&self.waiting, words, out);
        self.last = self.waiting.get(..taken).and_then(|shown| shown.chars().next_back()).or(self.last);
        self.waiting.drain(..taken);
    }
}

#[derive(Debug, Clone, Copy)]
struct InlineText<'a> {
    /// No text follows them.
    is_end: bool,
    may_define: bool,
    /// Text between backticks is code.
    has_code: bool,
    /// The lines that can become links.
    links: Option<&'a LineLinks>,
    /// The character before the words.
    last: Option<char>,
}

fn show_whole(text: &str, is_torn: bool, links: Option<&LineLinks>, out: &mut String) {
    let links = links.filter(|_| !is_torn);
    show(text, InlineText { is_end: true, may_define: false, has_code: !is_torn, links, last: None }, out);
}

/// Writes the decided part, and returns its length in bytes.
fn show(text: &str, words: InlineText<'_>, out: &mut String) -> usize {
    let mut rest = text;
    // The character before `rest`, which is the end of the text.
    let last =
        |rest: &str| text.get(..text.len() - rest.len()).and_then(|shown| shown.chars().next_back()).or(words.last);
    // The lengths of backtick runs that have no closing run in the rest.
    let mut lonely: Vec<usize> = Vec::new();
    let is_special = |byte| matches!(byte, b'\\' | b'`' | b'<' | b'!' | b']' | b'$');
    while let Some(at) = rest.bytes().position(is_special) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        match words.links {
            Some(links) => links.show(before, last(rest), out),
            None => out.push_str(before),
        }
        rest = from;
        match decide(rest, words, &mut lonely) {
            Decision::Wait => return text.len() - rest.len(),
            Decision::Keep(bytes) => {
                let (kept, behind) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                match words.links.filter(|_| kept.starts_with('`')) {
                    Some(links) => links.show_code(kept, last(rest), out),
                    None => out.push_str(kept),
                }
                rest = behind;
            }
            Decision::Escape(at) => {
                let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
                let (escaped, behind) = from.split_at_checked(1).unwrap_or((from, ""));
                out.push_str(before);
                out.push('\\');
                out.push_str(escaped);
                rest = behind;
            }
        }
    }
    let Some(links) = words.links else {
        out.push_str(rest);
        return text.len();
    };
    let waits = if words.is_end { 0 } else { links::unfinished(rest, last(rest)) };
    let (decided, _) = rest.split_at_checked(rest.len() - waits).unwrap_or((rest, ""));
    links.show(decided, last(rest), out);
    text.len() - waits
}

/// The decision about the construct at the start of `text`.
fn decide(text: &str, words: InlineText<'_>, lonely: &mut Vec<usize>) -> Decision {
    let InlineText { is_end, may_define, has_code, .. } = words;
    let mut following = text.chars();
    let first = following.next();
    let second = following.next();
    match (first, second) {
        (Some('`'), _) if has_code => code_span(text, is_end, lonely),
        (Some(_), None) if !is_end => Decision::Wait,
        // VS Code's preview starts a formula there, whatever its content is.
        (Some('\\'), Some('b')) => formula(text, is_end),
        (Some('$'), Some(next)) if !next.is_whitespace() => Decision::Escape(0),
        (Some('\\'), Some(escaped)) if escaped.is_ascii_punctuation() => Decision::Keep(2),
        (Some('<'), Some(_)) if begins_html(text.get(1..).unwrap_or_default()) => Decision::Escape(0),
        (Some('!'), Some('[')) => Decision::Escape(0),
        (Some(']'), Some('(')) => link(text, is_end),
        (Some(']'), Some(':')) if may_define => Decision::Escape(1),
        _ => Decision::Keep(1),
    }
}

/// Whether the text after a `<` makes it a tag, a comment or an address.
pub(super) fn begins_html(behind: &str) -> bool {
    behind.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

fn formula(text: &str, is_end: bool) -> Decision {
    const BEGINS: &str = "\\begin{";
    match text {
        _ if text.starts_with(BEGINS) => Decision::Escape(0),
        _ if BEGINS.starts_with(text) && !is_end => Decision::Wait,
        _ => Decision::Keep(1),
    }
}

/// A run of backticks ends at the next run of the same length.
fn code_span(text: &str, is_end: bool, lonely: &mut Vec<usize>) -> Decision {
    let length = text.len() - text.trim_start_matches('`').len();
    if length == text.len() && !is_end {
        return Decision::Wait;
    }
    if lonely.contains(&length) {
        return Decision::Keep(length);
    }
    let mut at = length;
    let mut close = None;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('`')).map(|it| at + it) {
        let behind = text.get(start..).unwrap_or_default();
        let run = behind.len() - behind.trim_start_matches('`').len();
        at = start + run;
        if run == length {
            close = Some(at);
            break;
        }
    }
    match close {
        None if is_end => {
            lonely.push(length);
            Decision::Keep(length)
        }
        Some(end) if end < text.len() || is_end => {
            // In the head of a table, the `|` would split the span; the next line decides.
            let (span, behind) = text.split_at_checked(end).unwrap_or((text, ""));
            let is_known = is_end || !span.contains('|') || behind.matches('\n').count() >= 2;
            if is_known { Decision::Keep(end) } else { Decision::Wait }
        }
        None | Some(_) => Decision::Wait,
    }
}

/// The allowed targets of a link. They open only if the user clicks, and they are not on this machine.
const ALLOWED: [&str; 3] = ["https://", "http://", "mailto:"];

/// The text of a link ends here, and its address follows.
fn link(text: &str, is_end: bool) -> Decision {
    let address = text.get(2..).unwrap_or_default().trim_start_matches([' ', '\t', '\n']);
    let begins = |scheme: &&str| {
        let length = scheme.len().min(address.len());
        address.as_bytes().iter().zip(scheme.bytes()).take(length).all(|(a, b)| a.to_ascii_lowercase() == b)
    };
    match ALLOWED.iter().find(|scheme| begins(scheme)) {
        Some(scheme) if address.len() >= scheme.len() => Decision::Keep(2),
        Some(_) if !is_end => Decision::Wait,
        _ => Decision::Escape(1),
    }
}

/// The end of a row's cell, after its `|` or line break.
fn cell_end(row: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in row.char_indices() {
        match c {
            '|' if !is_escaped => return Some(at + 1),
            '\n' => return Some(at + 1),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

/// The number of cells in a row. Returns `None` if readers count them differently.
pub(super) fn cells(row: &str) -> Option<usize> {
    let row = row.trim_matches([' ', '\t', '\n']);
    if row.contains("\\\\|") {
        return None;
    }
    let bare = row.strip_prefix('|').unwrap_or(row);
    let mut count = 0;
    let mut rest = bare;
    while let Some(end) = cell_end(rest) {
        count += 1;
        rest = rest.get(end..).unwrap_or_default();
    }
    Some(count + usize::from(!rest.is_empty()))
}
