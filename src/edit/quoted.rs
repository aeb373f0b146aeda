//! Lines of code in messages.

/// The longest line in a message, in characters.
const QUOTED: usize = 60;

/// A line in the form for messages.
pub(crate) fn shortened(line: &str) -> String {
    shortened_to(QUOTED, line)
}

/// The first characters of a text, at most `most` of them, and “…” if text is missing.
pub(crate) fn shortened_to(most: usize, text: &str) -> String {
    match text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)) {
        Some(start) => format!("{start}…"),
        None => text.to_owned(),
    }
}
