//! Tags alone around an answer: the prompt's own delimiters sent back, and tags that models invent.

use super::extract::Original;
use super::lines::lines;
use super::prose::{LineKind, OriginalLines, line_kinds};
use super::word_list::WordList;
use crate::i18n::{Message, message};
use crate::languages::is_markup;
use crate::prompt_tags::without_number;

/// Delimiters of a selection in prompts, this program's and others'. Only the user's text may contain them.
static SELECTIONS: WordList = WordList::of("selection selected_code code_to_edit stackspot_selection");

/// Whether `name`, with or without a number, delimits a selection in a prompt.
pub(crate) fn is_selection(name: &str) -> bool {
    SELECTIONS.has(without_number(name))
}

/// Names that models put around an answer without a request. They do not count in markup, because the user may edit
/// such elements.
pub(crate) static ANSWER_TAGS: WordList = WordList::of(
    "answer code document edit edited edited_code file fixed_code new_code output refactored_code replacement \
     response result rewritten updated_code",
);

/// The text inside of the tags around the answer: the opening tag and the closing tag on separate lines of their own,
/// or at the very ends of the reply. Tags after a fence belong to the fenced code.
///
/// # Errors
/// There are several pairs of tags.
pub(crate) fn unwrap<'a>(reply: &'a str, original: &Original<'_>) -> Result<Option<&'a str>, Message> {
    // Most replies have no closing tag. One search is enough to see that.
    if !reply.contains("</") {
        return Ok(None);
    }
    let is_known = |name: &&str| is_selection(name) || !is_markup(original.language_id) && ANSWER_TAGS.has(name);
    let closed = reply.split("</").skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
    let mut names: Vec<&str> = closed.filter(is_known).collect();
    names.sort_unstable_by_key(|name| (!is_selection(name), *name));
    names.dedup();
    for name in names.into_iter().filter(|name| !has_tag(original.text, name)) {
        let all = around_all(reply, name).map(Ok).or_else(|| alone_on_lines(reply, name, original).transpose());
        if let Some(found) = all {
            return found.map(Some);
        }
    }
    Ok(None)
}

fn has_tag(text: &str, name: &str) -> bool {
    text.contains(&format!("<{name}>")) || text.contains(&format!("<{name} ")) || text.contains(&format!("</{name}>"))
}

/// `<name>…</name>` as the whole reply.
fn around_all<'a>(reply: &'a str, name: &str) -> Option<&'a str> {
    let close = format!("</{name}>");
    let inside = after_opening(reply.trim(), name)?.strip_suffix(close.as_str())?;
    (!has_tag(inside, name)).then(|| without_edge_breaks(inside))
}

/// The text after the opening tag `name`, with or without attributes, at the start of `text`.
fn after_opening<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.strip_prefix('<')?.strip_prefix(name)?;
    let attributes = rest.split(['>', '\n', '\r']).next()?;
    (attributes.is_empty() || attributes.starts_with(' ')).then_some(())?;
    rest.strip_prefix(attributes)?.strip_prefix('>')
}

/// The break after the opening tag and the indentation before the closing tag belong to the tags.
pub(crate) fn without_edge_breaks(inside: &str) -> &str {
    let inside = inside.strip_prefix("\r\n").or_else(|| inside.strip_prefix(['\n', '\r'])).unwrap_or(inside);
    let without_indent = inside.trim_end_matches([' ', '\t']);
    if without_indent.ends_with(['\n', '\r']) { without_indent } else { inside }
}

/// Tags on their own lines with only talk around them. If there is code around them, they belong to the code.
fn alone_on_lines<'a>(reply: &'a str, name: &str, original: &Original<'_>) -> Result<Option<&'a str>, Message> {
    let close = format!("</{name}>");
    let (mut open, mut pairs) = (None, Vec::new());
    for line in lines(reply) {
        let text = line.content.trim();
        if open.is_none() && super::fences::fence(line.content).is_some() {
            break;
        }
        if open.is_none() && after_opening(text, name).is_some_and(str::is_empty) {
            open = Some(line.end());
        } else if text == close
            && let Some(start) = open.take()
        {
            pairs.push(start..line.start);
        }
    }
    let talk = |text: Option<&str>| {
        let around: Vec<_> = lines(text.unwrap_or_default()).collect();
        let kinds = line_kinds(&around, &OriginalLines::of(original));
        let tag = |line: &str| line.trim() == close || after_opening(line.trim(), name).is_some_and(str::is_empty);
        around.iter().zip(kinds).all(|(line, look)| look != LineKind::Code || tag(line.content))
    };
    let ends = pairs.first().map_or(0, |pair| pair.start)..pairs.last().map_or(0, |pair| pair.end);
    if !talk(reply.get(..ends.start)) || !talk(reply.get(ends.end..)) {
        return Ok(None);
    }
    match pairs.as_slice() {
        [] => Ok(None),
        [pair] if open.is_none() => Ok(reply.get(pair.clone())),
        _ => Err(message!("no-code-several", count = pairs.len() + usize::from(open.is_some()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Purpose;

    fn of<'a>(reply: &'a str, text: &str, language_id: &str) -> Result<Option<&'a str>, Message> {
        unwrap(reply, &Original { text, language_id, purpose: Purpose::Free })
    }

    #[test]
    fn tags_of_the_prompt_are_removed() {
        assert_eq!(of("<selection>\nx\n</selection>\n", "y", "rust"), Ok(Some("x\n")));
        assert_eq!(of("<selection-12>\nx\n</selection-12>\n", "y", "html"), Ok(Some("x\n")));
        assert_eq!(of("<selection path=\"a b\">x</selection>", "y", "html"), Ok(Some("x")));
        assert_eq!(of("Sure!\n\n<code>\nx\n</code>\nDone.", "y", "rust"), Ok(Some("x\n")));
    }

    #[test]
    fn elements_of_the_users_text_stay() {
        assert_eq!(of("<code>\nx\n</code>\n", "y", "html"), Ok(None));
        assert_eq!(of("<result>\nx\n</result>\n", "<result>1</result>", "plaintext"), Ok(None));
    }

    #[test]
    fn two_pairs_of_tags_are_distinguished() {
        assert_eq!(
            of("<code>\nx\n</code>\nor\n<code>\ny\n</code>\n", "y", "rust"),
            Err(message!("no-code-several", count = 2_usize))
        );
    }
}
