//! Control characters and invisible characters.

use std::borrow::Cow;

pub(super) use crate::unseen::turns_text;
use crate::unseen::{is_unseen, joins};

/// The replacement for a character that is not shown.
const REPLACEMENT: char = '\u{fffd}';

/// Whether a terminal executes the character: ESC and other control characters, except line breaks and tabs.
pub(super) fn is_order(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// The start of a text, at most this number of characters, with “…” if text is missing. The result is borrowed if none is.
pub(crate) fn shortened(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars).and_then(|(end, _)| text.get(..end)) {
        Some(start) => Cow::Owned(format!("{}…", start.trim_end())),
        None => Cow::Borrowed(text),
    }
}

/// The text with LF as its line break.
pub(crate) fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A fence that no fence in `text` closes.
pub(crate) fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

/// A text for a window or a message: without terminal commands, characters that change the text direction, or links
/// that the client follows or runs. Line breaks are LF.
pub(crate) fn plain(text: &str) -> String {
    let text = with_lf(text).replace("](", "] (");
    text.replace(|c| is_order(c) || turns_text(c), "\u{fffd}")
}

/// The same on one line, for titles and names, without invisible characters.
pub(crate) fn plain_line(text: &str) -> String {
    // Most titles are ASCII and need no check of each character. A menu may have hundreds of titles.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.replace("](", "] (");
    }
    let text = text.replace(['\r', '\n', '\t', '\u{85}', '\u{2028}', '\u{2029}'], " ");
    let text: String = text.chars().filter(|c| !is_unseen(*c) && !joins(*c)).collect();
    plain(&text)
}

/// A whole text that is safe for a terminal.
pub(crate) fn for_terminal(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| is_order(c) || turns_text(c) || is_unseen(c) || joins(c);
    if text.contains(is_odd) { Cow::Owned(Terminal::default().show(text)) } else { Cow::Borrowed(text) }
}

/// A text that arrives in pieces, for a terminal.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    after_cr: bool,
}

impl Terminal {
    /// The next piece, safe for a terminal: without commands, characters that change the text direction, or invisible
    /// ones. A CR without LF would overwrite its line, so it becomes a line break.
    pub(crate) fn show(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            let was_cr = std::mem::replace(&mut self.after_cr, c == '\r');
            match c {
                '\n' if was_cr => {}
                '\r' => shown.push('\n'),
                c if joins(c) => {}
                c if is_order(c) || turns_text(c) || is_unseen(c) => shown.push(REPLACEMENT),
                c => shown.push(c),
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_text_cannot_control_a_terminal() {
        let hostile =
            "\u{feff}a\x1b]0;title\x07b\x1b[2J\u{9b}31m\u{202e}c\u{200b}d\u{2060}\u{e0041}\r\nx\ry\tz\u{200d}\u{ad}";
        let whole = for_terminal(hostile).into_owned();
        assert_eq!(whole, "�a�]0;title�b�[2J�31m�c�d��\nx\ny\tz�");
        for (cut, _) in hostile.char_indices() {
            let (mut terminal, (before, behind)) = (Terminal::default(), hostile.split_at(cut));
            assert_eq!(terminal.show(before) + &terminal.show(behind), whole, "cut at {cut}");
        }
    }

    #[test]
    fn shortened_text_has_no_blank_before_its_dots() {
        assert_eq!(["São José", "São José!", "SãoJosé!"].map(|text| shortened(text, 4)), ["São…", "São…", "SãoJ…"]);
        assert!(matches!(shortened("São ", 4), Cow::Borrowed("São ")));
    }

    #[test]
    fn ordinary_text_is_shown_unchanged() {
        for text in ["Olá, João — ok? 👍🏽", "नमस्ते", "שלום", "a\tb\nc", "❤\u{fe0f}"] {
            assert_eq!(for_terminal(text), text);
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn title_is_one_line_of_visible_characters() {
        assert_eq!(plain_line("a\nb\u{200b}c\u{202e}\x1b[1A[x](command:y)"), "a bc��[1A[x] (command:y)");
    }
}
