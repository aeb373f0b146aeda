//! Fenced blocks in a reply, as people and models write them rather than as CommonMark defines them.

use super::lines::Line;

/// A line that opens or closes a fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence<'a> {
    pub(crate) mark: char,
    pub(crate) length: usize,
    /// Bytes of white space in front of it.
    pub(crate) indent: usize,
    /// What stands behind the marks, trimmed: empty for a line that can close a block.
    pub(crate) info: &'a str,
}

/// A fenced block: the numbers of its fence lines. `close` is `None` where the reply ends first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    pub(crate) fence: Fence<'a>,
    pub(crate) open: usize,
    pub(crate) close: Option<usize>,
}

impl Block<'_> {
    /// The number of the first line behind the block.
    pub(crate) fn end(&self, line_count: usize) -> usize {
        self.close.map_or(line_count, |close| close + 1)
    }

    /// The first word of the info string, in lower case: the language, by custom.
    pub(crate) fn language(&self) -> String {
        let word = self.fence.info.split([' ', ',', '{', '}', ':']).find(|word| !word.is_empty()).unwrap_or_default();
        word.trim_start_matches('.').to_lowercase()
    }
}

/// A reply with more blocks than this is not looked at further, which bounds the time that hostile fences can cost.
const MOST_BLOCKS: usize = 256;

/// Reads `content` as a fence line: any indentation, three or more backticks or tildes, an info string.
pub(crate) fn fence(content: &str) -> Option<Fence<'_>> {
    let text = content.trim_start();
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = text.trim_start_matches(mark);
    let length = text.len() - info.len();
    // A line such as ```` ```x``` ```` is inline code, not a fence.
    (length >= 3 && !(mark == '`' && info.contains('`'))).then(|| Fence {
        mark,
        length,
        indent: content.len() - text.len(),
        info: info.trim(),
    })
}

/// The blocks at the top level of a reply, in order.
///
/// A fence with an info string cannot close a block, so inside a block it opens an inner one, whose bare fence does not
/// close the outer. A bare fence that stands deeper than the block's opener belongs to an inner pair (a docstring's
/// example), unless nothing else closes the block. A block of Markdown (`is_document`) reaches as far as its inner
/// fences pair up.
pub(crate) fn blocks<'a>(lines: &[Line<'a>], is_document: impl Fn(&Block<'a>) -> bool) -> Vec<Block<'a>> {
    let fences: Vec<(usize, Fence<'a>)> =
        lines.iter().enumerate().filter_map(|(number, line)| Some((number, fence(line.content)?))).collect();
    let mut blocks: Vec<Block<'a>> = Vec::new();
    let mut rest = fences.as_slice();
    while let Some(((open, opener), inner)) = rest.split_first().filter(|_| blocks.len() < MOST_BLOCKS) {
        let mut block = Block { fence: *opener, open: *open, close: None };
        let candidates: Vec<(usize, Fence<'a>)> = inner.iter().copied().filter(|(_, f)| can_end(opener, f)).collect();
        let widest = if is_document(&block) { paired_end(&candidates) } else { None };
        block.close = widest.or_else(|| balanced_end(opener, &candidates)).or_else(|| {
            // Nothing balances: the first bare fence closes, as CommonMark has it, unless an inner opener came first,
            // in which case the block was left open.
            candidates.first().filter(|(_, f)| f.info.is_empty()).map(|(number, _)| *number)
        });
        blocks.push(block);
        let Some(close) = block.close else { break };
        let behind = rest.iter().position(|(number, _)| *number > close).unwrap_or(rest.len());
        rest = rest.split_at(behind).1;
    }
    blocks
}

/// Whether the lines of `block` hold a fence with an info string, no deeper than the block's own, which nothing closes
/// separately from the block: two blocks that were run together.
pub(crate) fn runs_into_another(lines: &[Line<'_>], block: &Block<'_>) -> bool {
    block.close.is_none()
        && lines.iter().skip(block.open + 1).any(|line| {
            fence(line.content)
                .is_some_and(|f| can_end(&block.fence, &f) && !f.info.is_empty() && f.indent <= block.fence.indent)
        })
}

/// A block from the first opener to the last bare fence, where the fences in between pair up.
pub(crate) fn widest_block<'a>(lines: &[Line<'a>], first: &Block<'a>) -> Option<Block<'a>> {
    let candidates: Vec<(usize, Fence<'a>)> = lines
        .iter()
        .enumerate()
        .skip(first.open + 1)
        .filter_map(|(number, line)| Some((number, fence(line.content)?)))
        .filter(|(_, f)| can_end(&first.fence, f))
        .collect();
    paired_end(&candidates).map(|close| Block { close: Some(close), ..*first })
}

/// Whether `line` is long enough and of the right mark to end a block that `opener` began, info string aside.
fn can_end(opener: &Fence<'_>, line: &Fence<'_>) -> bool {
    line.mark == opener.mark && line.length >= opener.length
}

fn balanced_end(opener: &Fence<'_>, candidates: &[(usize, Fence<'_>)]) -> Option<usize> {
    let mut inner: Vec<&Fence<'_>> = Vec::new();
    for (number, f) in candidates {
        if !f.info.is_empty() {
            inner.push(f);
        } else if inner
            .last()
            .is_some_and(|top| f.length >= top.length && (f.indent > opener.indent || top.indent <= opener.indent))
        {
            inner.pop();
        } else if f.indent > opener.indent {
            inner.push(f);
        } else {
            return Some(*number);
        }
    }
    None
}

/// The last of `candidates`, where it is bare and those before it form pairs of an opener and a bare closer.
fn paired_end(candidates: &[(usize, Fence<'_>)]) -> Option<usize> {
    let ((number, last), before) = candidates.split_last()?;
    let pairs = before.chunks(2).all(|pair| matches!(pair, [_, (_, closer)] if closer.info.is_empty()));
    (pairs && last.info.is_empty()).then_some(*number)
}
