//! Values as users paste them: in the quotes of a compose file, with a byte order mark of PowerShell, or with the
//! header from which they were copied.

use std::borrow::Cow;

/// Quotes that users paste around a value, as pairs.
const QUOTES: &[(char, char)] = &[('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»')];

/// The value that the user probably meant by `text`, and whether more than outer blanks was removed: quotes around it,
/// invisible characters, and the line breaks of a narrow terminal.
pub(crate) fn unwrapped(text: &str) -> (Cow<'_, str>, bool) {
    let is_outside = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}');
    let mut value = text.trim_matches(is_outside);
    let without_quotes = |value: &str| {
        let mut pairs = QUOTES.iter();
        pairs.find_map(|(open, close)| value.strip_prefix(*open)?.strip_suffix(*close).map(str::len))
    };
    while let Some(len) = without_quotes(value) {
        // The two quotes of every pair have the same size.
        let edge = (value.len() - len) / 2;
        value = value.get(edge..edge + len).unwrap_or_default().trim_matches(is_outside);
    }
    let value = match value.contains(['\r', '\n']) {
        true => Cow::Owned(value.lines().map(|line| line.trim_matches(is_outside)).collect()),
        false => Cow::Borrowed(value),
    };
    let is_changed = value != text.trim();
    (value, is_changed)
}

/// The same for a bearer token, which users copy with its header.
pub(crate) fn unwrapped_token(text: &str) -> (String, bool) {
    let (value, is_changed) = unwrapped(text);
    let mut rest: &str = &value;
    let mut has_header = false;
    for prefix in ["authorization:", "bearer "] {
        if let Some(after) = rest.get(prefix.len()..).filter(|_| begins_with(rest, prefix)) {
            (rest, has_header) = (after.trim_start(), true);
        }
    }
    // A token contains no blanks.
    let token: String = unwrapped(rest).0.split_whitespace().collect();
    let is_changed = is_changed || has_header || token != rest;
    (token, is_changed)
}

fn begins_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_around_a_value_are_removed_and_inner_ones_stay() {
        for wrapped in [
            "\"s3cr et\"",
            "'s3cr et'",
            " \" s3cr et \" ",
            "\u{feff}s3cr et",
            "s3cr et\u{200b}",
            "“s3cr et”",
            "\"'s3cr et'\"",
            "s3cr\r\n\u{a0}   \n et",
        ] {
            let expected = if wrapped.contains("\r\n\u{a0}") { "s3cret" } else { "s3cr et" };
            assert_eq!(unwrapped(wrapped), (Cow::Borrowed(expected), true), "{wrapped:?}");
        }
        for plain in ["s3cr et", " s3cr et\n", "\u{a0}s3cr et\r\n", "s\"cret", "\"s3cret", "s3cret'", "a'b", "\""] {
            assert_eq!(unwrapped(plain), (Cow::Borrowed(plain.trim()), false), "{plain:?}");
        }
        for empty in ["", "\"\"", " '' ", "\u{feff}"] {
            assert_eq!(unwrapped(empty).0, "", "{empty:?}");
        }
    }

    #[test]
    fn token_is_unwrapped_from_headers_quotes_and_line_breaks() {
        for wrapped in [
            "Bearer abc.def",
            "bearer abc.def",
            "BEARER  abc.def",
            "Authorization: Bearer abc.def",
            "\"Bearer abc.def\"",
            "'authorization: bearer abc.def'",
            "abc.\n  def",
            "Bearer \"abc.def\"",
        ] {
            assert_eq!(unwrapped_token(wrapped), ("abc.def".to_owned(), true), "{wrapped:?}");
        }
        assert_eq!(unwrapped_token(" abc.def\n"), ("abc.def".to_owned(), false));
        assert_eq!(unwrapped_token("bearers-token").0, "bearers-token");
    }
}
