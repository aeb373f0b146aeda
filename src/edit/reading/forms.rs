//! The reply forms that a prompt requests: `<code>` after `<imports>`, `<unchanged>` and `<cannot>`. The names may have
//! a number at the end, if the material has tags with the same names.

use super::result::ParsedReply;
use crate::display::shortened;
use crate::edit::extract::Original;
use crate::edit::fences::{blocks, fence};
use crate::edit::lines::{Line, enclosures, lines};
use crate::edit::prose::{LineKind, OriginalLines, line_kinds};
use crate::languages::is_markup;
use crate::unseen::{is_unseen, turns_text};

/// A reply in one of the requested forms.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// New text.
    Code {
        /// The texts between the tags, without repetitions of the same text.
        texts: Vec<&'a str>,
        /// The lines of imports.
        imports: Vec<String>,
        /// Whether the closing tag is there.
        is_closed: bool,
    },
    /// No change is necessary, or the agent cannot make it.
    Said(ParsedReply),
}

/// The longest sentence that the server quotes from a reply, in characters.
const LONGEST_SENTENCE: usize = 500;

/// The form of `text`, if any. Tags that the user's text contains, and tags inside of fences, do not count.
pub(super) fn form<'a>(text: &'a str, original: &Original<'_>) -> Option<Form<'a>> {
    // Most replies have none of the tags. One search is enough to see that.
    if !text.contains('<') {
        return None;
    }
    let text = without_fence(text);
    let all = TextLines::of(text);
    if let Some(code) = all.element("code", original) {
        let before = text.get(..code.start).unwrap_or_default();
        let imports =
            TextLines::of(before).element("imports", original).map(|found| found.inside()).unwrap_or_default();
        let imports = lines(imports).map(|line| line.content.trim().to_owned());
        let imports = imports.filter(|line| !line.is_empty() && fence(line).is_none()).collect();
        return Some(Form::Code { imports, is_closed: code.is_closed, texts: code.insides });
    }
    if let Some(unchanged) = all.element("unchanged", original) {
        let because = Some(one_line(unchanged.inside())).filter(|because| !because.is_empty());
        return Some(Form::Said(ParsedReply::Unchanged(because)));
    }
    let cannot = all.element("cannot", original)?;
    Some(Form::Said(ParsedReply::Cannot(one_line(cannot.inside()))))
}

/// The text without a fence around everything. The tags are then inside of the fence.
fn without_fence(text: &str) -> &str {
    let trimmed = text.trim();
    let Some((first, rest)) = trimmed.split_once('\n') else { return text };
    let Some((inside, last)) = rest.trim_end().rsplit_once('\n') else { return text };
    let opens = fence(first.trim_end()).is_some();
    let is_form = ["<code", "<imports", "<unchanged", "<cannot"].iter().any(|tag| inside.trim_start().starts_with(tag));
    if opens && is_form && fence(last).is_some_and(|f| f.info.is_empty()) { inside } else { text }
}

/// A text and its lines.
struct TextLines<'a> {
    text: &'a str,
    lines: Vec<Line<'a>>,
}

struct Element<'a> {
    /// The start of the opening tag.
    start: usize,
    insides: Vec<&'a str>,
    is_closed: bool,
}

impl<'a> Element<'a> {
    fn inside(&self) -> &'a str {
        self.insides.first().copied().unwrap_or_default()
    }
}

impl<'a> TextLines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, lines: lines(text).collect() }
    }

    /// The element `name`: from the first opening tag at the start of a line outside of fences, to the last closing tag
    /// at the end of a line. Consecutive pairs are separate.
    fn element(&self, name: &str, original: &Original<'_>) -> Option<Element<'a>> {
        let is_first = self.text.trim_start().starts_with('<');
        let opener = self.openers(name, original).into_iter().find(|opener| {
            // A sentence that mentions the tag, or a text about tags, does not open one.
            opener.is_alone || name != "code" || is_first && self.text.trim_end().ends_with(&opener.close)
        })?;
        if name == "code" && !opener.is_numbered && !self.is_around(&opener, original) {
            return None;
        }
        let mut insides = Vec::new();
        let (mut from, mut is_open, mut end) = (opener.inside, true, None);
        let mut is_nested = false;
        for line in self.lines.iter().skip(opener.line) {
            let text = line.content.trim();
            if line.start > opener.start && text == opener.open {
                is_nested |= is_open;
                if let Some(end) = end.take().filter(|_| !is_nested) {
                    insides.extend(self.text.get(from..end));
                    from = line.end();
                    is_open = true;
                }
            } else if let Some(before) = line.content.trim_end().strip_suffix(opener.close.as_str()) {
                let at = line.start + if before.trim().is_empty() { 0 } else { before.len() };
                if at >= from {
                    (end, is_open) = (Some(at), false);
                }
            }
        }
        let is_closed = end.is_some();
        insides.push(self.text.get(from..end.unwrap_or(self.text.len()))?);
        insides.dedup_by(|a, b| a.trim() == b.trim());
        Some(Element { start: opener.start, insides, is_closed })
    }

    fn openers(&self, name: &str, original: &Original<'_>) -> Vec<Opener> {
        let mut fenced: Vec<std::ops::Range<usize>> = Vec::new();
        if self.text.contains("```") || self.text.contains("~~~") {
            fenced = blocks(&self.lines, |_| false)
                .iter()
                .map(|block| block.open..block.close.unwrap_or(block.open + 1))
                .collect();
        }
        // The user's text may be long, therefore each name is searched only once.
        let mut known: Vec<(&str, bool)> = Vec::new();
        let found = self.lines.iter().enumerate().filter_map(|(number, line)| {
            let trimmed = line.content.trim_start();
            let (tag, rest) = opening(trimmed, name)?;
            let bare = tag.split([' ', '\t']).next().unwrap_or_default();
            let is_known =
                known.iter().find(|(name, _)| *name == bare).map(|(_, is_known)| *is_known).unwrap_or_else(|| {
                    let has = |tag: String| original.text.contains(&tag);
                    let is_known = has(format!("<{bare}>")) || has(format!("</{bare}>"));
                    known.push((bare, is_known));
                    is_known
                });
            if is_known || fenced.iter().any(|block| block.contains(&number)) {
                return None;
            }
            let start = line.start + line.content.len() - trimmed.len();
            let is_alone = rest.trim().is_empty();
            Some(Opener {
                line: number,
                start,
                inside: if is_alone { line.end() } else { start + trimmed.len() - rest.len() },
                open: format!("<{tag}>"),
                close: format!("</{bare}>"),
                is_alone,
                is_numbered: bare != name,
            })
        });
        found.take(64).collect()
    }

    /// Whether the tag is around the answer and not a part of it: only talk is before it, and it is not in a string or
    /// a comment.
    fn is_around(&self, opener: &Opener, original: &Original<'_>) -> bool {
        // A tag with indentation is usually an element of the text, not a tag of the form.
        if is_markup(original.language_id) && self.lines.get(opener.line).is_none_or(|line| line.start != opener.start)
        {
            return false;
        }
        let before = self.lines.get(..opener.line).unwrap_or_default();
        let imports = before.iter().rposition(|line| line.content.trim().starts_with("</imports"));
        let before = before.get(imports.map_or(0, |at| at + 1)..).unwrap_or_default();
        if before.is_empty() {
            return true;
        }
        if is_markup(original.language_id) {
            return !line_kinds(before, &OriginalLines::of(original)).contains(&LineKind::Code);
        }
        let upto = self.lines.get(..=opener.line).unwrap_or_default();
        !enclosures(upto).last().unwrap_or(false) || before.iter().any(|line| fence(line.content).is_some())
    }
}

/// An opening tag.
struct Opener {
    line: usize,
    start: usize,
    /// The start of the content.
    inside: usize,
    open: String,
    close: String,
    is_alone: bool,
    is_numbered: bool,
}

/// The tag `name` at the start of `text`, with its number and attributes if any, and the text after it.
fn opening<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix('<')?;
    let behind = rest.strip_prefix(name)?;
    let (number, _) = behind.split_once('>')?;
    let number = number.split([' ', '\t']).next().unwrap_or_default();
    let digits = number.strip_prefix(['-', '_']).unwrap_or(number);
    let (tag, behind) = rest.split_once('>')?;
    (digits.chars().all(|c| c.is_ascii_digit()) && !tag.ends_with('/')).then_some((tag, behind))
}

/// An agent's words as one line to display: no line breaks, no control characters, not too long.
pub(super) fn one_line(text: &str) -> String {
    let is_seen = |c: &char| !(c.is_control() || turns_text(*c) || is_unseen(*c));
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(is_seen).collect();
    shortened(&line, LONGEST_SENTENCE).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Purpose;

    fn texts(reply: &str, original: &str, language_id: &str) -> Option<(Vec<String>, bool)> {
        match form(reply, &Original { text: original, language_id, purpose: Purpose::Free })? {
            Form::Code { texts, is_closed, .. } => Some((texts.into_iter().map(str::to_owned).collect(), is_closed)),
            other => panic!("{other:?}"),
        }
    }

    fn one(text: &str) -> Option<(Vec<String>, bool)> {
        Some((vec![text.to_owned()], true))
    }

    #[test]
    fn sentence_of_an_agent_is_shown_without_unseen_characters() {
        assert_eq!(one_line("It\u{61c} is\u{200b}\n\u{202e}locked\u{e0041}\u{7}."), "It is locked.");
    }

    #[test]
    fn the_first_opening_and_the_last_closing_tag_are_meant() {
        assert_eq!(texts("Sure.\n\n<code>\nx\n</code>\nDone.", "y", "rust"), one("x\n"));
        assert_eq!(
            texts("<code>\n<pre>\n<code>\nx\n</code>\n</pre>\n</code>\n", "y", "vue"),
            one("<pre>\n<code>\nx\n</code>\n</pre>\n")
        );
        assert_eq!(texts("<code-2>\n<code>x</code>\n</code-2>\n", "<code>y</code>", "html"), one("<code>x</code>\n"));
        assert_eq!(texts("<code>x</code>", "y", "rust"), one("x"));
        assert_eq!(texts("```rust\n<code>\nx\n</code>\n```\n", "y", "rust"), one("x\n"));
    }

    #[test]
    fn equal_pairs_count_once_and_different_pairs_are_counted() {
        assert_eq!(texts("<code>\nx\n</code>\n\n<code>\nx\n</code>\n", "y", "rust"), one("x\n"));
        let two = Some((vec!["x\n".to_owned(), "z\n".to_owned()], true));
        assert_eq!(texts("<code>\nx\n</code>\nor\n<code>\nz\n</code>\n", "y", "rust"), two);
    }

    #[test]
    fn elements_of_the_text_are_not_an_envelope() {
        assert_eq!(texts("<p>\n<code>\nx\n</code>\n</p>\n", "y", "html"), None);
        assert_eq!(texts("<code>\nx\n</code>\n", "<code>y</code>", "html"), None);
        assert_eq!(texts("Use the `<code>` tag.\n", "y", "html"), None);
    }
}
