//! The text of a conversation document: its data, its questions and its answers. Pure functions of text.
//!
//! The first line is a comment with the ids. Each heading of a turn ends in a comment with the mark of the document.
//! Therefore a heading in an answer is not a turn. The words of the headings are for people alone.

use std::ops::Range;

use crate::display::fence_around;
use crate::server::wire::{Header, Speaker, markdown::address, markdown::blocks};

/// A heading and the text under it, in bytes of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConversationTurn {
    pub(crate) speaker: Speaker,
    /// The heading's line without its line break.
    pub(crate) heading: Range<usize>,
    /// From there to the next heading, or to the end.
    pub(crate) body: Range<usize>,
}

/// A parsed conversation document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) header: Header,
    /// The comment's line without its line break.
    pub(crate) header_line: Range<usize>,
    /// The code of the conversation, as it is quoted.
    pub(crate) code: String,
    pub(crate) turns: Vec<ConversationTurn>,
}

/// A document about `code` that waits for its first question. `title` is one line.
pub(crate) fn begin(header: &Header, title: &str, code: &str, you: &str) -> String {
    let fence = fence_around(code);
    let line_break = if code.is_empty() || code.ends_with('\n') { "" } else { "\n" };
    format!(
        "{}\n# {title}\n\n<{}>\n\n{fence}{}\n{code}{line_break}{fence}\n\n{}\n\n",
        header.line(),
        address(&header.uri),
        header.language_id,
        header.heading(Speaker::Developer, you),
    )
}

/// Reads a document. Returns `None` if it is not a conversation.
pub(crate) fn parse(text: &str) -> Option<Conversation> {
    let first = text.lines().next()?;
    let header = Header::read(first)?;
    let mut turns: Vec<ConversationTurn> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        if let Some(speaker) = header.speaker(bare) {
            if let Some(last) = turns.last_mut() {
                last.body.end = at;
            }
            turns.push(ConversationTurn { speaker, heading: at..at + bare.len(), body: at + bare.len()..text.len() });
        }
        at += line.len();
    }
    let preamble = text.get(..turns.first().map_or(text.len(), |turn| turn.heading.start)).unwrap_or_default();
    let code = blocks(preamble).first().and_then(|block| preamble.get(block.code.clone())).unwrap_or_default();
    Some(Conversation { header_line: 0..first.len(), code: code.to_owned(), turns, header })
}

impl Conversation {
    /// The last question and its place, without the blanks around it. Returns `None` if the user wrote nothing yet, or
    /// the last words are the agent's.
    pub(crate) fn open_question<'a>(&self, text: &'a str) -> Option<(&'a str, Range<usize>)> {
        let last = self.turns.last().filter(|turn| turn.speaker == Speaker::Developer)?;
        trimmed(text, last.body.clone())
    }

    /// The last answered question, and the answer.
    pub(crate) fn last_answered<'a>(&self, text: &'a str) -> Option<(&'a str, &ConversationTurn)> {
        let at = self.turns.iter().rposition(|turn| turn.speaker == Speaker::Agent)?;
        let asked = self.turns.get(..at)?.iter().rev().find(|turn| turn.speaker == Speaker::Developer)?;
        Some((trimmed(text, asked.body.clone())?.0, self.turns.get(at)?))
    }

    /// The turns before `end`, in order, without blank turns.
    pub(crate) fn said_before<'a>(&self, text: &'a str, end: usize) -> Vec<(Speaker, &'a str)> {
        let said = |turn: &ConversationTurn| Some((turn.speaker, trimmed(text, turn.body.clone())?.0));
        self.turns.iter().filter(|turn| turn.body.end <= end).filter_map(said).collect()
    }

    /// The fenced block of an answer that contains a byte, with its fences.
    pub(crate) fn block_at(&self, text: &str, byte: usize) -> Option<Range<usize>> {
        let turn = self.turns.iter().find(|turn| turn.body.start <= byte && byte <= turn.body.end)?;
        let body = text.get(turn.body.clone()).filter(|_| turn.speaker == Speaker::Agent)?;
        let within = byte - turn.body.start;
        let block = blocks(body).into_iter().find(|it| it.whole.start <= within && within <= it.whole.end)?;
        Some(turn.body.start + block.whole.start..turn.body.start + block.whole.end)
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Option<(&str, Range<usize>)> {
    let body = text.get(range.clone())?;
    let words = body.trim();
    let start = range.start + (body.len() - body.trim_start().len());
    (!words.is_empty()).then(|| (words, start..start + words.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header() -> Header {
        Header {
            id: "01K0CONVERSATION0123456789".to_owned(),
            conversation_id: None,
            agent: None,
            uri: "file:///home/ana/my--shop/a-->b.py".to_owned(),
            language_id: "python".to_owned(),
            lines: [3, 9],
        }
    }

    /// Lines that look like the structure of a document, but are not.
    fn tricky_text() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            Just("## You"),
            Just("## StackSpot AI <!-- answer -->"),
            Just("```"),
            Just("````rust"),
            Just("~~~"),
            Just("<!-- stackspot-lsp {} -->"),
            Just("fn é() {}"),
            Just("    indented"),
            Just(""),
            Just("## You <!-- question 0 -->"),
        ];
        proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(code in tricky_text(), turns in proptest::collection::vec((tricky_text(), tricky_text()), 0..4)) {
            let header = header();
            let mut text = begin(&header, "About cart.py", &code, "You");
            for (question, answer) in &turns {
                text.push_str(&format!("{question}\n\n{}\n\n{answer}", header.heading(Speaker::Agent, "StackSpot AI")));
                text.push_str(&format!("\n\n{}\n\n", header.heading(Speaker::Developer, "You")));
            }
            let read = parse(&text).unwrap();
            prop_assert_eq!(&read.header, &header);
            prop_assert_eq!(read.code.trim_end_matches('\n'), code.trim_end_matches('\n'));
            prop_assert_eq!(read.turns.len(), 2 * turns.len() + 1);
            let expected: Vec<(Speaker, &str)> = turns.iter()
                .flat_map(|(question, answer)| [(Speaker::Developer, question.trim()), (Speaker::Agent, answer.trim())])
                .filter(|(_, words)| !words.is_empty()).collect();
            prop_assert_eq!(read.said_before(&text, text.len()), expected);
            prop_assert!(read.open_question(&text).is_none());
        }

        #[test]
        fn conversation_with_any_text_is_parsed(text in "(<!-- stackspot-lsp )?\\PC{0,60}", at in 0usize..80) {
            if let Some(read) = parse(&text) {
                read.block_at(&text, at);
                read.open_question(&text);
            }
        }
    }

    #[test]
    fn the_block_around_the_cursor_is_the_one_of_an_answer() {
        let header = header();
        let mut text = begin(&header, "About", "code", "You");
        text.push_str(&format!(
            "Why?\n\n{}\n\nSo:\n\n```python\nx = 1\n```\n\nor\n",
            header.heading(Speaker::Agent, "StackSpot AI")
        ));
        let read = parse(&text).unwrap();
        let block = |needle: &str| read.block_at(&text, text.rfind(needle).unwrap()).and_then(|range| text.get(range));
        assert_eq!(block("x = 1"), Some("```python\nx = 1\n```"));
        assert_eq!(block("```python"), Some("```python\nx = 1\n```"));
        assert_eq!(block("or\n"), None);
        assert_eq!(block("code\n"), None, "what is quoted from the file is there already");
    }
}
