//! The text of an answer document: the question, the answer, and what is known about it. Pure functions of text.

use std::fmt::Write as _;

use crate::display::{self, LineLinks, title};
use crate::server::wire::markdown;

/// What stands above an answer.
pub(crate) struct Question<'a> {
    /// What was asked, and about which lines.
    pub(crate) heading: &'a str,
    /// The document that it is about, as the client spells it.
    pub(crate) uri: &'a str,
    /// The user's own words.
    pub(crate) instruction: Option<&'a str>,
}

/// What stands below an answer.
#[derive(Default)]
pub(crate) struct Facts {
    /// What keeps it from being whole, and what to do about it.
    pub(crate) incomplete: Option<String>,
    /// Time, tokens, agent and conversation, in one line.
    pub(crate) line: String,
    /// The title of the list of sources.
    pub(crate) sources_title: String,
    /// The sources of knowledge, each in one line.
    pub(crate) sources: Vec<String>,
    /// A line for the server itself, to go on with the conversation after a restart.
    pub(crate) note: Option<String>,
}

/// The text above an answer: five lines at least, for those an editor may take for settings of its own.
pub(crate) fn opening(question: &Question<'_>) -> String {
    let Question { heading, uri, instruction } = question;
    let mut text = format!("# {}\n\n<{}>\n\n\n", title(heading), markdown::address(uri));
    if let Some(instruction) = instruction {
        let _ = write!(text, "{}\n\n", markdown::quoted(&display::defused(instruction.trim())));
    }
    text
}

/// The text below an answer; it closes no fence.
pub(crate) fn closing(facts: &Facts) -> String {
    let mut text = String::from("\n\n---\n\n");
    if let Some(incomplete) = &facts.incomplete {
        let _ = write!(text, "**{}**\n\n", title(incomplete));
    }
    let _ = writeln!(text, "*{}*", title(&facts.line));
    if !facts.sources.is_empty() {
        let _ = write!(text, "\n{}:\n\n", facts.sources_title);
    }
    for source in &facts.sources {
        let _ = writeln!(text, "- {}", title(source));
    }
    if let Some(note) = &facts.note {
        let _ = write!(text, "\n{note}\n");
    }
    text
}

/// A document as far as it has come. `below` is what stands below the answer.
pub(crate) fn whole(opening: &str, answer: &str, links: Option<LineLinks>, below: &str) -> String {
    framed(opening, &display::defused_with_links(answer.trim_end(), links), below)
}

/// The same with an answer that may be shown as it is.
pub(crate) fn framed(opening: &str, answer: &str, below: &str) -> String {
    let text = format!("{opening}{}{below}", answer.trim_end());
    let blank = display::below(&text);
    text + blank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_tells_what_was_asked_and_what_the_answer_rests_on() {
        let opening = opening(&Question {
            heading: "Explain: cart.py, lines 3–7",
            uri: "file:///cart.py",
            instruction: Some("How does it round?\nIn short."),
        });
        let facts = Facts {
            incomplete: Some("incomplete: the connection broke".to_owned()),
            line: "7 → 3 tokens · agent 01A".to_owned(),
            sources_title: "Sources of knowledge".to_owned(),
            sources: vec!["Shop guide (0.87)".to_owned(), "Prices".to_owned()],
            note: Some("<!-- note -->".to_owned()),
        };
        insta::assert_snapshot!(whole(&opening, "So:\r\n\r\n```python\r\nx = 1", None, &closing(&facts)), @r"
        # Explain: cart.py, lines 3–7

        <file:///cart.py>


        > How does it round?
        > In short.

        So:

        ```python
        x = 1
        ```

        ---

        **incomplete: the connection broke**

        *7 → 3 tokens · agent 01A*

        Sources of knowledge:

        - Shop guide (0.87)
        - Prices

        <!-- note -->
        ");
    }
}
