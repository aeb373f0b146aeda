//! Finds invisible characters, and letters that look like other letters.

use std::collections::HashSet;

use crate::edit::lexis::{Token, TokenKind};
use crate::unseen;

/// The first character of `new` that is invisible or changes the text direction, and that `old` does not contain.
pub(super) fn hidden(old: &str, new: &str) -> Option<char> {
    if new.is_ascii() && !new.bytes().any(|byte| byte.is_ascii_control()) {
        return None;
    }
    let mut before = None;
    let mut letters = new.chars().peekable();
    while let Some(c) = letters.next() {
        if is_hidden(c) && !joins(before, c, letters.peek().copied()) && !old.contains(c) {
            return Some(c);
        }
        before = Some(c);
    }
    None
}

/// The Braille letter without dots.
const BLANK: char = '\u{2800}';

fn is_hidden(c: char) -> bool {
    if c.is_control() {
        return !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    }
    unseen::turns_text(c) || unseen::joins(c) || unseen::is_unseen(c) || matches!(c, '\u{fe0e}' | '\u{fe0f}' | BLANK)
}

/// Whether the character has its normal purpose: emoji style, parts of an emoji, letters of joined scripts.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_joining = |c: char| !c.is_ascii() && script(c).is_none() && !is_hidden(c);
    match c {
        '\u{fe0e}' | '\u{fe0f}' => before.is_some_and(|c| is_joining(c) || matches!(c, '0'..='9' | '#' | '*')),
        '\u{200c}' => before.is_some_and(is_joining) && after.is_some_and(is_joining),
        '\u{200d}' => before.is_some_and(|c| is_joining(c) || c == '\u{fe0f}') && after.is_some_and(is_joining),
        _ => false,
    }
}

/// The first name in `new` that looks like another name. Either it mixes letters of two similar scripts, or it looks
/// exactly like a name of `old` with other letters.
pub(super) fn look_alike(old: &[Token<'_>], new: &[Token<'_>]) -> Option<String> {
    let mut known: Option<HashSet<&str>> = None;
    for token in new.iter().filter(|token| token.kind == TokenKind::Word && !token.text.is_ascii()) {
        let scripts: HashSet<Script> = token.text.chars().filter_map(script).collect();
        let known = known.get_or_insert_with(|| {
            old.iter().filter(|token| token.kind == TokenKind::Word).map(|token| token.text).collect()
        });
        if known.contains(token.text) {
            continue;
        }
        let skeleton: String = token.text.chars().map(latin).collect();
        let imitates =
            skeleton != token.text && skeleton.is_ascii() && (known.contains(skeleton.as_str()) || scripts.len() > 1);
        // Mathematics mixes Greek letters with others. A Greek letter that looks like no Latin letter is harmless.
        let mixes = scripts.contains(&Script::Latin)
            && (scripts.contains(&Script::Cyrillic)
                || scripts.contains(&Script::Other)
                || scripts.contains(&Script::Greek) && skeleton.is_ascii());
        if imitates || mixes {
            return Some(token.text.to_owned());
        }
    }
    None
}

/// A script whose letters look like letters of another script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    /// Armenian, Cherokee, wide and mathematical letters.
    Other,
}

fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' => {
            Some(Script::Cyrillic)
        }
        '\u{531}'..='\u{58f}'
        | '\u{13a0}'..='\u{13ff}'
        | '\u{ab70}'..='\u{abbf}'
        | '\u{ff21}'..='\u{ff5a}'
        | '\u{1d400}'..='\u{1d7ff}' => Some(Script::Other),
        _ => None,
    }
}

/// The Latin letter that `c` looks like, or `c`.
fn latin(c: char) -> char {
    const ALIKE: &str = "аaеeоoрpсcуyхxіiјjѕsһhԁdӏlԛqԝwѵvгrкkтtпnвbмmнhАAВBЕEКKМMНHОOРPСCТTУYХXІIЈJЅSοoνvρpκkιiυuαaγyτtηnωwχxΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXıiɑaɡgſs";
    match c {
        '\u{ff21}'..='\u{ff5a}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => {
            let mut letters = ALIKE.chars();
            while let (Some(other), Some(own)) = (letters.next(), letters.next()) {
                if other == c {
                    return own;
                }
            }
            c
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::lexis::tokens;

    #[test]
    fn new_invisible_letters_are_found_but_joiners_are_allowed() {
        let unseen = "\u{2067}\u{202e}\u{2060}\u{200b}\u{e0001}\u{ad}\u{feff}\u{1b}\0\u{3164}\u{2800}";
        for c in unseen.chars() {
            assert_eq!(hidden("x = 1", &format!("x = 1 # a{c}b")), Some(c), "{c:?}");
            assert_eq!(hidden(&format!("x{c}"), &format!("x = 1 # a{c}b")), None, "{c:?}");
        }
        for text in ["👩‍💻 ❤️ 1️⃣", "می‌خواهم", "क्‍ष", "ação\tb\r\n", "日本"] {
            assert_eq!(hidden("", text), None, "{text}");
        }
    }

    #[test]
    fn names_with_letters_of_two_scripts_are_found() {
        let of = |old: &str, new: &str| look_alike(&tokens(old, "python"), &tokens(new, "python"));
        assert_eq!(of("data = 1", "dаta = 1").as_deref(), Some("dаta"));
        assert_eq!(of("copy(x)", "сору(x)").as_deref(), Some("сору"));
        assert_eq!(of("", "ｓcope = 1").as_deref(), Some("ｓcope"));
        for fine in ["дата = 1", "Δx = μ_s * λ1", "get用户 = 1", "ação = 1", "x = \"dаta\"", "# dаta"] {
            assert_eq!(of("data", fine), None, "{fine}");
        }
        assert_eq!(of("dаta = 2", "dаta = 1"), None);
    }
}
