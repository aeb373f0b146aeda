//! Turns an answer into Markdown that loads nothing, runs nothing and imitates nothing of the server.
//!
//! Outside of code, pictures become links. HTML becomes text, and a link becomes text unless it leads to a web page or
//! a mail address. Code does not change, so that the user can copy it. The result is final for each construct as soon
//! as its text has arrived: the joined pieces equal the result for the whole answer.
//!
//! Code begins and ends as in CommonMark and GitHub's tables. `blocks` reads the lines, `inline` their content.

mod blocks;
mod inline;
mod links;

use std::borrow::Cow;

use self::blocks::{BlockKind, Blocks};
use self::inline::Inline;
pub(crate) use self::links::LineLinks;
use super::characters::{is_order, plain_line, turns_text};
use super::modelines::{LocalVariables, without_mark};

/// The names of the speakers in the server's own documents, in every language.
const SPEAKERS: [&str; 3] = ["you", "você", "stackspot ai"];

/// The longest paragraph that is compared with its next line, in bytes.
const KNOWN_BYTES: usize = 4096;

/// The size of the pieces if only the start of a long answer is necessary, in bytes.
const PIECE_BYTES: usize = 4096;

/// A whole answer, sanitized. If a fence is still open, it is closed.
pub(crate) fn sanitize(text: &str) -> String {
    sanitize_with_links(text, None)
}

/// The start of a sanitized answer: more than `chars` characters, if it has them. The rest does not affect this start,
/// and an answer may be thousands of times as long.
pub(crate) fn sanitize_start(text: &str, chars: usize) -> String {
    let mut sanitizer = Sanitizer::default();
    let (mut shown, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at_checked(rest.floor_char_boundary(PIECE_BYTES)).unwrap_or((rest, ""));
        shown += &sanitizer.next(piece);
        // A character has at most four bytes, and most texts need no count.
        if shown.len() > chars && shown.chars().count() > chars {
            return shown;
        }
        rest = behind;
    }
    shown + &sanitizer.end()
}

/// The same, with links to the lines that the answer names.
pub(crate) fn sanitize_with_links(text: &str, links: Option<LineLinks>) -> String {
    let mut sanitizer = Sanitizer::with_links(links);
    let shown = sanitizer.next(text);
    shown + &sanitizer.end()
}

/// Other people's words on one line of the server's document, such as a title: text without any Markdown.
pub(crate) fn title(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in plain_line(words).chars() {
        if matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '$') {
            text.push('\\');
        }
        text.push(c);
    }
    without_mark(text)
}

/// An answer that arrives in pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sanitizer {
    blocks: Blocks,
    inline: Inline,
    /// A line that is not decided yet, from its start.
    line: String,
    /// How to treat the rest of a line whose start was already written.
    open: Option<Rest>,
    /// The words of the paragraph. They may be a heading of the server, or the head of a table.
    words: String,
    after_cr: bool,
    variables: LocalVariables,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Code,
    Text,
    Lost,
}

impl Sanitizer {
    /// An answer that may name lines.
    pub(crate) fn with_links(links: Option<LineLinks>) -> Self {
        Self { inline: Inline::with_links(links), ..Self::default() }
    }

    /// The next piece of the answer that is safe to show now. A part may wait for later text.
    pub(crate) fn next(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in lines(text) {
            let (mut bare, mut ends) = (piece, false);
            if let Some(rest) = piece.strip_suffix(['\n', '\r']) {
                (bare, ends) = (rest, true);
            }
            let was_cr = std::mem::replace(&mut self.after_cr, piece.ends_with('\r'));
            // A CR and an LF are one line break, even in different pieces.
            if was_cr && piece == "\n" {
                continue;
            }
            self.push(bare, &mut out);
            if ends {
                self.end_line(&mut out);
            }
        }
        self.variables.next(&out)
    }

    /// The rest of the text at the end of the answer, and the end of an open fence. Later text starts a new answer.
    pub(crate) fn end(&mut self) -> String {
        let mut out = String::new();
        if self.open.is_some() {
            self.open = None;
        } else if !self.line.is_empty() {
            self.decide(true, &mut out);
        }
        self.inline.finish(&mut out);
        out = self.variables.next(&out) + &self.variables.end();
        if let Some(fence) = self.blocks.closing_fence() {
            out.push('\n');
            out.push_str(&fence);
        }
        // The waiting words were written. Their links stay known.
        *self = Self { inline: std::mem::take(&mut self.inline), ..Self::default() };
        out
    }

    fn push(&mut self, text: &str, out: &mut String) {
        if text.is_empty() {
            return;
        }
        let text = without(text, is_order);
        match self.open {
            Some(Rest::Code) => out.push_str(&text),
            Some(Rest::Text) => self.take_words(&text, out),
            Some(Rest::Lost) => self.take_words(&text.replace(['`', '~'], "'"), out),
            None => {
                self.line.push_str(&text);
                self.decide(false, out);
            }
        }
    }

    fn end_line(&mut self, out: &mut String) {
        match self.open.take() {
            Some(Rest::Code) => out.push('\n'),
            Some(Rest::Text | Rest::Lost) => self.take_words("\n", out),
            None => {
                self.line.push('\n');
                self.decide(true, out);
            }
        }
    }

    /// Writes the decided part of the line.
    fn decide(&mut self, is_whole: bool, out: &mut String) {
        let Some(line) = self.blocks.read(self.line.trim_end_matches('\n'), is_whole) else { return };
        let text = std::mem::take(&mut self.line);
        let (prefix, rest) = text.split_at_checked(line.content).unwrap_or((&text, ""));
        if line.begins_block {
            self.inline.finish(out);
            self.words.clear();
        }
        match line.kind {
            BlockKind::Code => {
                self.inline.finish(out);
                out.push_str(&text);
                self.open = (!is_whole).then_some(Rest::Code);
            }
            BlockKind::Fence => {
                out.push_str(prefix);
                out.push_str(&as_code(rest));
            }
            BlockKind::Heading => {
                out.push_str(prefix);
                if is_ours(rest.trim().trim_matches('#')) {
                    out.push('\\');
                }
                self.inline.push(rest, out);
                self.inline.finish(out);
            }
            BlockKind::Underline if is_ours(&self.words) => {
                self.inline.finish(out);
                out.push_str(prefix);
                out.push('\\');
                out.push_str(rest);
                self.blocks.forbid_underline();
            }
            BlockKind::Blank | BlockKind::Verbatim | BlockKind::Underline => {
                self.inline.finish(out);
                self.words.clear();
                out.push_str(&text);
            }
            BlockKind::Delimiters if is_head(&self.words, rest) => {
                self.inline.begin_table(out);
                out.push_str(&text);
                self.words.push_str(rest);
            }
            BlockKind::Delimiters => {
                // Only some readers see a table here. The backslash makes it words for all of them.
                self.inline.prefix(prefix, out);
                self.take_words(&format!("\\{rest}"), out);
            }
            BlockKind::Lost => {
                // No reader sees code, a drawing or a link definition here.
                self.inline.disable_code();
                self.take_words(&text.replace(['`', '~'], "'"), out);
                self.open = (!is_whole).then_some(Rest::Lost);
            }
            BlockKind::Text => {
                self.inline.prefix(prefix, out);
                // HTML at the start of a line would end a paragraph and its code span; a preview may draw `:::`.
                let is_html = rest.strip_prefix('<').is_some_and(inline::begins_html);
                let is_block = is_html || rest.starts_with(":::");
                self.take_words(&if is_block { format!("\\{rest}") } else { rest.to_owned() }, out);
                self.open = (!is_whole).then_some(Rest::Text);
            }
        }
    }

    fn take_words(&mut self, text: &str, out: &mut String) {
        let text = without(text, turns_text);
        if self.words.is_empty() && text.starts_with('[') {
            self.inline.allow_definition();
        }
        if self.words.len() < KNOWN_BYTES {
            self.words.push_str(&text);
        }
        self.inline.push(&text, out);
    }
}

/// The lines of a text with their breaks: LF, CR, or CR and LF as two breaks.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let breaks = memchr::memchr2_iter(b'\n', b'\r', text.as_bytes()).map(|at| at + 1);
    let ends = breaks.chain((!text.is_empty() && !text.ends_with(['\n', '\r'])).then_some(text.len()));
    ends.scan(0, |start, end| text.get(std::mem::replace(start, end)..end))
}

/// A text with U+FFFD for each unwanted character. Printable ASCII is never unwanted, and most words are ASCII.
fn without(text: &str, is_unwanted: fn(char) -> bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(is_unwanted, "\u{fffd}"))
}

/// The line that starts a block of code, without languages that a preview draws: a drawing may load pictures.
fn as_code(fence: &str) -> String {
    if !fence.to_ascii_lowercase().contains("mermaid") {
        return fence.to_owned();
    }
    let marks = fence.len() - fence.trim_start_matches(['`', '~']).len();
    let end = if fence.ends_with('\n') { "\n" } else { "" };
    format!("{}text{end}", fence.get(..marks).unwrap_or_default())
}

/// Whether a paragraph is one line, and these delimiters make it the head of a table for every reader.
fn is_head(paragraph: &str, delimiters: &str) -> bool {
    let is_line = paragraph.len() < KNOWN_BYTES && paragraph.find('\n').is_some_and(|at| at + 1 == paragraph.len());
    is_line
        && delimiters.contains('|')
        && inline::cells(paragraph).is_some_and(|cells| inline::cells(delimiters) == Some(cells))
}

/// Whether a heading has the words of a conversation's heading.
fn is_ours(words: &str) -> bool {
    let is_decoration = |c: char| !c.is_alphanumeric();
    let words = words.split('<').next().unwrap_or_default();
    let words: Vec<String> = words.split(is_decoration).filter(|it| !it.is_empty()).map(str::to_lowercase).collect();
    SPEAKERS.contains(&words.join(" ").as_str())
}

#[cfg(test)]
mod tests;
