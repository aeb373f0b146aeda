//! Fenced blocks in a reply, as people and models write them, which differs from CommonMark.

use ropey::Rope;

use super::lines::{Line, enclosures, lines};
use crate::languages::is_markdown;

/// A line that opens or closes a fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence<'a> {
    pub(crate) mark: char,
    pub(crate) length: usize,
    /// The white space before it, in bytes.
    pub(crate) indent: usize,
    /// The text after the marks, trimmed. Empty if the line can close a block.
    pub(crate) info: &'a str,
}

/// A fenced block: the numbers of its fence lines. `close` is `None` if the reply ends first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    pub(crate) fence: Fence<'a>,
    pub(crate) open: usize,
    pub(crate) close: Option<usize>,
}

impl Block<'_> {
    /// The number of the first line after the block.
    pub(crate) fn end(&self, line_count: usize) -> usize {
        self.close.map_or(line_count, |close| close + 1)
    }

    /// The first word of the info string, in lower case: by convention, the language.
    pub(crate) fn language(&self) -> String {
        let word = self.fence.info.split([' ', ',', '{', '}', ':']).find(|word| !word.is_empty()).unwrap_or_default();
        word.trim_start_matches('.').to_lowercase()
    }
}

/// Further blocks of a reply are not read. This limits the time that malicious fences can cost.
const MOST_BLOCKS: usize = 256;

/// Reads `content` as a fence line: any indentation, three or more backticks or tildes, an info string. An opening
/// fence may follow the bullet of a list directly.
pub(crate) fn fence(content: &str) -> Option<Fence<'_>> {
    let text = content.trim_start();
    let item = behind_bullet(text);
    let marked = item.unwrap_or(text);
    let mark = marked.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = marked.trim_start_matches(mark);
    let length = marked.len() - info.len();
    // A line such as ```` ```x``` ```` is inline code, not a fence.
    let is_inline = mark == '`' && info.contains('`');
    let is_fence = length >= 3 && !is_inline && (item.is_none() || !info.trim().is_empty());
    is_fence.then(|| Fence { mark, length, indent: content.len() - marked.len(), info: info.trim() })
}

/// The text after `1. ` or `- `. A star is excluded, because it may continue a block comment.
fn behind_bullet(text: &str) -> Option<&str> {
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let bullet = if number.len() < text.len() { number.strip_prefix(". ") } else { text.strip_prefix("- ") };
    bullet.map(str::trim_start)
}

/// The blocks at the top level of a reply, in order.
///
/// A fence with an info string cannot close a block. Inside a block it opens an inner one, whose bare fence does not
/// close the outer. A bare fence also belongs to an inner pair (a docstring's example) if it is indented more than the
/// opener, or is in a string or a comment. If no other fence closes the block, such a fence closes it. A block of
/// Markdown (`is_document`) ends where its inner fences are paired.
pub(crate) fn blocks<'a>(lines: &[Line<'a>], is_document: impl Fn(&Block<'a>) -> bool) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    let mut number = 0;
    let mut balances = true;
    while let Some(line) = lines.get(number).filter(|_| blocks.len() < MOST_BLOCKS) {
        number += 1;
        let Some(opener) = fence(line.content) else { continue };
        let mut block = Block { fence: opener, open: number - 1, close: None };
        block.close = if is_document(&block) { widest_end(lines, &block) } else { None };
        if block.close.is_none() && balances {
            block.close = balanced_end(lines, &block);
        }
        if block.close.is_none() {
            // If no fence balances, the first bare fence closes, as in CommonMark. If an inner opener precedes it, the
            // block was left open. There is no second try: this keeps malicious fences cheap.
            balances = false;
            block.close = ends(lines, &block).next().filter(|(_, f)| f.info.is_empty()).map(|(number, _)| number);
        }
        number = block.end(lines.len());
        blocks.push(block);
    }
    blocks
}

/// The blocks as CommonMark defines them: the first bare fence that is long enough ends a block.
pub(crate) fn plain_blocks<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for (number, f) in lines.enumerate().filter_map(|(number, line)| Some((number, fence(line)?))) {
        match blocks.last_mut().filter(|last| last.close.is_none()) {
            None => blocks.push(Block { fence: f, open: number, close: None }),
            Some(Block { fence: Fence { mark, length, .. }, close, .. }) => {
                let closes = f.mark == *mark && f.length >= *length && f.info.is_empty();
                *close = closes.then_some(number);
            }
        }
    }
    blocks
}

/// Whether `block` contains a fence with an info string that is not indented more than the block, and that is not
/// closed separately. Then two blocks were joined.
pub(crate) fn runs_into_another(lines: &[Line<'_>], block: &Block<'_>) -> bool {
    block.close.is_none() && ends(lines, block).any(|(_, f)| !f.info.is_empty() && f.indent <= block.fence.indent)
}

/// A block from the first opener to the last bare fence, if the fences between them are pairs.
pub(crate) fn widest_block<'a>(lines: &[Line<'a>], first: &Block<'a>) -> Option<Block<'a>> {
    widest_end(lines, first).map(|close| Block { close: Some(close), ..*first })
}

/// The fences after the opener of `block` with the length and the mark to end it; the info string is ignored.
fn ends<'l, 'a>(lines: &'l [Line<'a>], block: &Block<'_>) -> impl Iterator<Item = (usize, Fence<'a>)> + use<'l, 'a> {
    let (mark, length, from) = (block.fence.mark, block.fence.length, block.open + 1);
    let can_end = move |f: &Fence<'_>| f.mark == mark && f.length >= length;
    let numbered = lines.iter().enumerate().skip(from);
    numbered.filter_map(move |(number, line)| Some((number, fence(line.content).filter(can_end)?)))
}

fn balanced_end(lines: &[Line<'_>], block: &Block<'_>) -> Option<usize> {
    let opener = block.fence;
    let code = lines.get(block.open + 1..).unwrap_or_default();
    let mut within = enclosures(code);
    let mut scanned = block.open;
    let mut inner: Vec<(Fence<'_>, bool)> = Vec::new();
    for (number, f) in ends(lines, block) {
        let is_enclosed = within.nth(number - scanned - 1).unwrap_or(false);
        scanned = number;
        let closes_inner = inner.last().is_some_and(|(top, top_enclosed)| {
            f.length >= top.length && (f.indent > opener.indent || top.indent <= opener.indent || *top_enclosed)
        });
        if !f.info.is_empty() {
            inner.push((f, is_enclosed));
        } else if closes_inner {
            inner.pop();
        } else if is_enclosed || f.indent > opener.indent {
            inner.push((f, is_enclosed));
        } else {
            return Some(number);
        }
    }
    None
}

/// The last fence that can end `block`, if it is bare and the fences before it are pairs.
fn widest_end(lines: &[Line<'_>], block: &Block<'_>) -> Option<usize> {
    let candidates: Vec<(usize, Fence<'_>)> = ends(lines, block).collect();
    let ((number, last), before) = candidates.split_last()?;
    let pairs = before.chunks(2).all(|pair| matches!(pair, [_, (_, closer)] if closer.info.is_empty()));
    (pairs && last.info.is_empty()).then_some(*number)
}

/// The language of the fenced block around `offset` in a Markdown document.
pub(crate) fn embedded_language(document: &Rope, offset: usize, language_id: &str) -> Option<String> {
    if !is_markdown(language_id) {
        return None;
    }
    let before = document.get_byte_slice(..offset)?.to_string();
    // The line that contains the start of the range counts only if it is complete: with a line break.
    let whole = lines(&before).filter(|line| !line.eol.is_empty()).map(|line| line.content);
    let last = plain_blocks(whole).pop().filter(|block| block.close.is_none())?;
    let language = last.fence.info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
    Some(language).filter(|language| !language.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

    use super::*;
    use crate::edit::extract::content;
    use crate::edit::lines;

    /// Generates replies without the cases in which this module differs from CommonMark on purpose: fences inside of
    /// fenced code, and in its strings and comments.
    fn reply() -> impl Strategy<Value = String> {
        let prose =
            prop::sample::select(vec!["Here it is:", "It is shorter.", "", "**Note**", "> quoted", "# Title", "`x`"]);
        let code = prop::sample::select(vec!["let x = 1;", "    y();", "", "`z`", "``", "~~", "# Title", "- a", "\tb"]);
        let mark = prop_oneof![(3usize..6).prop_map(|n| "`".repeat(n)), (3usize..6).prop_map(|n| "~".repeat(n))];
        let info = prop::sample::select(vec!["", "rust", "ts title=\"a\""]);
        let block =
            (mark, info, prop::collection::vec(code, 0..5), any::<bool>()).prop_map(|(mark, info, code, is_longer)| {
                let more = if is_longer { mark.chars().next().unwrap().to_string() } else { String::new() };
                let code: String = code.iter().map(|line| format!("{line}\n")).collect();
                format!("{mark}{info}\n{code}{mark}{more}\n")
            });
        let part = prop_oneof![prose.prop_map(|line| format!("{line}\n\n")), block];
        prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    /// The language and the code of each fenced block, as CommonMark defines them.
    fn by_commonmark(text: &str) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        let mut is_open = false;
        for event in Parser::new(text) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    is_open = true;
                    found.push((info.to_string(), String::new()));
                }
                Event::Text(text) if is_open => found.last_mut().unwrap().1.push_str(&text),
                Event::End(TagEnd::CodeBlock) => is_open = false,
                _ => {}
            }
        }
        found
    }

    proptest! {
        #[test]
        fn fenced_blocks_match_commonmark(reply in reply()) {
            let all: Vec<Line<'_>> = lines::lines(&reply).collect();
            let ours: Vec<(String, String)> =
                blocks(&all, |_| false).iter().map(|block| (block.fence.info.to_owned(), content(&all, block))).collect();
            prop_assert_eq!(ours, by_commonmark(&reply), "{}", reply);
        }
    }
}
