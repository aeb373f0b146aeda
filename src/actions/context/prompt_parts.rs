//! The parts of a prompt, and the source of each of its lines.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::tags::Delimiters;

/// A finished prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// The exact text for the agent.
    pub text: String,
    /// Its parts.
    pub prompt_parts: PromptParts,
}

/// The parts of a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PromptParts {
    /// The parts, in the order of their share of the budget.
    pub parts: Vec<Part>,
    /// Its length in characters.
    pub chars: usize,
    /// The largest allowed number of characters.
    pub budget: usize,
    /// The source of each line of the prompt, in order.
    stretches: Vec<SourceSpan>,
}

/// One part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its kind.
    pub kind: PartKind,
    /// Its file, as the agent sees it, if that is not the document.
    pub file: Option<Arc<str>>,
    /// Its share of the prompt in characters, with its tags.
    pub chars: usize,
    /// Whether it is in the prompt.
    pub status: PartStatus,
}

impl Part {
    /// A part of the document, of the task, or of the conversation.
    pub(crate) fn of(kind: PartKind, chars: usize, status: PartStatus) -> Self {
        Self { kind, file: None, chars, status }
    }
}

/// The kind of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// The task, the form of the reply, and the lines about the document.
    Task,
    /// The user's own words.
    Instruction,
    /// The selected text.
    Selection,
    /// The problems that the editor reports.
    Diagnostics,
    /// A file of rules.
    Rules,
    /// The imports of the document.
    Imports,
    /// The heads of the definitions around the selection.
    Inside,
    /// The declarations elsewhere in the document that the selection uses.
    Declarations,
    /// A part that the user added by hand.
    Added,
    /// The lines around the selection.
    Surroundings,
    /// Another document that is open.
    OpenDocument,
    /// The earlier turns, if the service does not store them.
    Conversation,
}

/// Whether a part is in the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartStatus {
    /// All of it is in the prompt.
    Whole,
    /// The budget was enough only for some of its lines.
    Cut,
    /// The budget was not enough for it.
    OverBudget,
    /// It may contain a secret, or is not meant for agents, and the user did not choose to send it.
    HeldBack,
}

/// The source of a line of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// No file: words of this program, of the user, or of the editor.
    Words,
    /// The document of the request.
    Document,
    /// Another file, with its name for the agent.
    File(Arc<str>),
}

/// Lines of one source, from line `prompt_line` of the prompt and line `line` of the source. Both count from one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SourceSpan {
    prompt_line: usize,
    source: Source,
    line: usize,
}

impl PromptParts {
    /// The file of the prompt's line `line`, and the line in that file, if it comes from a file. Both count from one.
    /// `document` is the name of the document itself.
    pub fn file_and_line(&self, line: usize, document: Option<&str>) -> Option<(Arc<str>, usize)> {
        let after = self.stretches.partition_point(|stretch| stretch.prompt_line <= line);
        let stretch = self.stretches.get(after.checked_sub(1)?)?;
        let file = match &stretch.source {
            Source::Words => return None,
            Source::Document => document?.into(),
            Source::File(name) => Arc::clone(name),
        };
        Some((file, stretch.line + line - stretch.prompt_line))
    }
}

/// Material between two tags.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) tag: &'static str,
    /// The text in the opening tag after its name, with a blank before it.
    pub(crate) attributes: String,
    pub(crate) pieces: Vec<Piece>,
}

/// A text and the line of its start in the source, counted from one.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) source: Source,
    pub(crate) first_line: usize,
    pub(crate) text: String,
}

impl Section {
    pub(crate) fn new(tag: &'static str, pieces: Vec<Piece>) -> Self {
        Self { tag, attributes: String::new(), pieces }
    }

    /// Words that do not come from a file.
    pub(crate) fn of_words(tag: &'static str, text: String) -> Self {
        Self::new(tag, vec![Piece { source: Source::Words, first_line: 1, text }])
    }

    /// The text of a file other than the document.
    pub(crate) fn of_file(tag: &'static str, name: &Arc<str>, more: String, text: String) -> Self {
        let piece = Piece { source: Source::File(Arc::clone(name)), first_line: 1, text };
        Self { attributes: format!(" file=\"{}\"{more}", attribute(name)), ..Self::new(tag, vec![piece]) }
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.pieces.iter().map(|piece| piece.text.as_str())
    }

    /// Its length in characters, with its tags.
    pub(crate) fn chars(&self, tags: &Delimiters) -> usize {
        let content: usize = self.texts().map(|text| text.chars().count()).sum();
        let breaks = usize::from(!self.ends_its_line());
        frame_chars(tags, self.tag) + self.attributes.chars().count() + content + breaks
    }

    /// The part of the prompt for the whole section.
    pub(crate) fn part(&self, kind: PartKind, tags: &Delimiters) -> Part {
        let file = match self.pieces.first().map(|piece| &piece.source) {
            Some(Source::File(name)) => Some(Arc::clone(name)),
            _ => None,
        };
        Part { file, ..Part::of(kind, self.chars(tags), PartStatus::Whole) }
    }

    fn ends_its_line(&self) -> bool {
        self.pieces.iter().rev().find(|piece| !piece.text.is_empty()).is_some_and(|it| it.text.ends_with(['\n', '\r']))
    }
}

impl Piece {
    /// These bytes of the document.
    pub(crate) fn of(text: &Rope, bytes: Range<usize>) -> Self {
        let first_line = text.byte_to_line(bytes.start) + 1;
        let text = text.get_byte_slice(bytes).map(String::from).unwrap_or_default();
        Self { source: Source::Document, first_line, text }
    }
}

/// A text that cannot end its line or its tag.
pub(crate) fn attribute(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '"' | '<' | '>' | '\u{2028}' | '\u{2029}'), "_")
}

/// The number of characters of a section's tags, with their line breaks.
pub(crate) fn frame_chars(tags: &Delimiters, tag: &str) -> usize {
    "<>\n</>\n".len() + 2 * tags.name(tag).chars().count()
}

/// Builds a prompt and records the source of its lines.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
    /// The number of line breaks so far.
    breaks: usize,
    stretches: Vec<SourceSpan>,
}

impl Writer {
    /// This program's words. They start on a new line.
    pub(crate) fn words(&mut self, words: &str) {
        self.push(&Piece { source: Source::Words, first_line: 1, text: words.to_owned() });
    }

    pub(crate) fn section(&mut self, section: &Section, tags: &Delimiters) {
        let name = tags.name(section.tag);
        self.words(&format!("<{name}{}>\n", section.attributes));
        section.pieces.iter().for_each(|piece| self.push(piece));
        let line_break = if section.ends_its_line() { "" } else { "\n" };
        self.words(&format!("{line_break}</{name}>\n"));
    }

    fn push(&mut self, piece: &Piece) {
        if piece.text.is_empty() {
            return;
        }
        // The start of a line decides its source. A piece that starts inside a line counts from the next line.
        let inside_a_line = usize::from(!self.text.is_empty() && !self.text.ends_with(['\n', '\r']));
        self.stretches.push(SourceSpan {
            prompt_line: self.breaks + 1 + inside_a_line,
            source: piece.source.clone(),
            line: piece.first_line + inside_a_line,
        });
        self.breaks += line_breaks(&piece.text);
        self.text.push_str(&piece.text);
    }

    pub(crate) fn finish(self, parts: Vec<Part>, budget: usize) -> Prompt {
        let Self { text, stretches, .. } = self;
        let chars = text.chars().count();
        Prompt { text, prompt_parts: PromptParts { parts, chars, budget, stretches } }
    }
}

/// The number of line ends in `text`: LF, CRLF or CR, as the guard counts them.
fn line_breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |at: usize| bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', bytes).filter(|at| ends(*at)).count()
}

/// The words for a range of lines, both counted from one and both included.
pub(crate) fn line_words(lines: &Range<usize>) -> String {
    if lines.start == lines.end { format!("{}", lines.start) } else { format!("{}-{}", lines.start, lines.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_prompt_is_found_at_its_origin() {
        let piece = |first_line, text: &str| Piece { source: Source::Document, first_line, text: text.to_owned() };
        let rules = Piece { source: Source::File("AGENTS.md".into()), first_line: 1, text: "a\r\nb\rc".to_owned() };
        let tags = Delimiters::default();
        let mut writer = Writer::default();
        writer.words("Task\n\n");
        let selection = vec![piece(7, "x = 1"), piece(9, "\ny\n")];
        let sections = [Section::new("rules", vec![rules]), Section::new("selection", selection)];
        sections.iter().for_each(|section| writer.section(section, &tags));
        let prompt = writer.finish(Vec::new(), 100);
        assert_eq!(prompt.text, "Task\n\n<rules>\na\r\nb\rc\n</rules>\n<selection>\nx = 1\ny\n</selection>\n");
        let at = |line| prompt.prompt_parts.file_and_line(line, Some("a.rs"));
        let (rules, document) = (|line| Some(("AGENTS.md".into(), line)), |line| Some(("a.rs".into(), line)));
        assert_eq!([at(0), at(1)], [None, None]);
        assert_eq!([at(5), at(6)], [rules(2), rules(3)]);
        assert_eq!([at(9), at(10)], [document(7), document(10)]);
        let chars: usize = sections.iter().map(|section| section.chars(&tags)).sum();
        assert_eq!("Task\n\n".len() + chars, prompt.prompt_parts.chars);
    }
}
