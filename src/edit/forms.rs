//! The forms of reply that a prompt asks for: `<code>` with `<imports>` in front, `<unchanged>` and `<cannot>`. The names may
//! have a number behind them, where the material has tags of the same names.

use super::extract::Original;
use super::languages::is_markup;
use super::lines::lines;
use super::tags::without_thoughts;

/// A reply in one of the forms that were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// New text.
    Code {
        /// What stands between the tags.
        text: &'a str,
        /// The lines of imports.
        imports: Vec<String>,
        /// Whether the closing tag is there.
        is_closed: bool,
    },
    /// Nothing should change.
    Unchanged {
        /// Why, in one line.
        because: Option<String>,
    },
    /// It cannot be done there.
    Cannot {
        /// Why, in one line.
        because: String,
    },
}

/// The longest sentence that is taken over from a reply, in characters.
const LONGEST_SENTENCE: usize = 500;

/// The form that `reply` has, if it has one; tags that the user's text has do not count.
pub(crate) fn form<'a>(reply: &'a str, original: &Original<'_>) -> Option<Form<'a>> {
    let text = without_thoughts(reply, original.text);
    // Most replies have none of the tags, which one search tells.
    if !text.contains('<') {
        return None;
    }
    let of = |name: &str| element(text, name, original.text);
    // In markup the bare tag is an element like any other: prompts give it a number there.
    let is_ours = |code: &Element<'_>| code.is_on_its_lines && (code.is_numbered || !is_markup(original.language_id));
    if let Some(code) = of("code").filter(is_ours) {
        let before = text.get(..code.start).unwrap_or_default();
        let imports = element(before, "imports", original.text).map(|found| found.inside).unwrap_or_default();
        let imports = lines(imports).map(|line| line.content.trim().to_owned()).filter(|line| !line.is_empty());
        return Some(Form::Code { text: code.inside, imports: imports.collect(), is_closed: code.is_closed });
    }
    if let Some(unchanged) = of("unchanged").filter(|found| found.is_closed) {
        let because = Some(one_line(unchanged.inside)).filter(|because| !because.is_empty());
        return Some(Form::Unchanged { because });
    }
    let cannot = of("cannot").filter(|found| found.is_closed)?;
    Some(Form::Cannot { because: one_line(cannot.inside) })
}

struct Element<'a> {
    start: usize,
    inside: &'a str,
    is_closed: bool,
    /// Whether the opening tag ends its line.
    is_on_its_lines: bool,
    /// Whether the tag has a number.
    is_numbered: bool,
}

/// The element `name` in `text`: from the first opening tag that starts a line to the last closing one that ends one.
fn element<'a>(text: &'a str, name: &str, original: &str) -> Option<Element<'a>> {
    let mut at = 0;
    let mut opened: Option<(usize, usize, String, bool)> = None;
    let mut closed = None;
    for line in lines(text) {
        let trimmed = line.content.trim_start();
        let start = at + line.content.len() - trimmed.len();
        if opened.is_none()
            && let Some((tag, rest)) = opening(trimmed, name)
            && !original.contains(&format!("<{tag}>"))
        {
            let is_alone = rest.trim().is_empty();
            let inside =
                if is_alone { at + line.content.len() + line.eol.len() } else { start + trimmed.len() - rest.len() };
            opened = Some((start, inside, format!("</{tag}>"), is_alone));
        }
        if let Some((_, inside, close, _)) = &opened
            && let Some(before) = line.content.trim_end().strip_suffix(close.as_str())
        {
            let is_alone = before.trim().is_empty();
            let end = at + if is_alone { 0 } else { before.len() };
            closed = (end >= *inside).then_some(end);
        }
        at += line.content.len() + line.eol.len();
    }
    let (start, from, close, is_on_its_lines) = opened?;
    let inside = text.get(from..closed.unwrap_or(text.len()))?;
    let is_numbered = close.contains(|c: char| c.is_ascii_digit());
    Some(Element { start, inside, is_closed: closed.is_some(), is_on_its_lines, is_numbered })
}

/// The tag `name`, with its number if it has one, that `text` starts with, and what stands behind it.
fn opening<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix('<')?;
    let (tag, behind) = rest.split_once('>')?;
    let number = tag.strip_prefix(name)?;
    let number = number.strip_prefix('-').unwrap_or(number);
    number.chars().all(|c| c.is_ascii_digit()).then_some((tag, behind))
}

/// What an agent says, as one line that can be shown: no line breaks, no control characters, not too long.
fn one_line(text: &str) -> String {
    let is_shown = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(is_shown).collect();
    match line.char_indices().nth(LONGEST_SENTENCE).and_then(|(end, _)| line.get(..end)) {
        Some(start) => format!("{start}…"),
        None => line,
    }
}
