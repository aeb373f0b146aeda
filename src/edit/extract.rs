//! Finds the one piece of code in an agent's reply, or the reason why there is none.

use super::choice::{Candidate, Chosen, SHELLS, choose};
use super::fences::{self, Block, fence};
use super::lines::{Line, enclosures, join, lines, without_blank_ends};
pub(crate) use super::original::{Original, Purpose};
use super::prose::{self, LineKind, OriginalLines};
use super::prose_reply::from_prose;
use super::reading::fences_are_text;
use super::tags;
use super::unfenced::raw;
use crate::i18n::{Message, message};
use crate::languages;

/// The code that was found in a reply.
pub(crate) struct ExtractedCode {
    pub(crate) text: String,
    /// Why it may be the wrong piece.
    pub(crate) guess: Option<Message>,
    /// Whether the reply had several pieces.
    pub(crate) is_one_of_several: bool,
}

impl From<String> for ExtractedCode {
    fn from(text: String) -> Self {
        Self { text, guess: None, is_one_of_several: false }
    }
}

/// Returns the one piece of code in `reply`, which contains no thoughts and no patches any more. The prose, fences and
/// tags around the code are removed; its indentation is kept. In a language of prose (Markdown, LaTeX, a commit
/// message) the reply is the text itself. `tagged` means that it was between tags, so there is no talk around it.
///
/// # Errors
///
/// Says why no single piece is certain; the reply is then an answer to read.
pub(crate) fn extract(reply: &str, original: &Original<'_>, tagged: bool) -> Result<ExtractedCode, Message> {
    let (mut text, mut tagged) = (reply, tagged);
    // Tags are at most doubled (`<answer><code>`). The limit keeps malicious nesting cheap.
    for _ in 0..4 {
        let Some(inside) = tags::unwrap(text, original)? else { break };
        (text, tagged) = (inside, true);
    }
    if text.trim().is_empty() {
        return Err(message!("no-code-empty"));
    }
    if is_prose(original) {
        return from_prose(text, original, tagged);
    }
    let mut found = from_code(text, original, tagged)?;
    if let Ok(Some(inside)) = tags::unwrap(&found.text, original) {
        found.text = inside.to_owned();
    }
    Ok(found)
}

/// Whether the range is prose, by its language or by its words.
pub(crate) fn is_prose(original: &Original<'_>) -> bool {
    let is_code = languages::is_unknown(original.language_id) && prose::reads_as_code(original.text);
    !is_code && (languages::is_prose(original.language_id) || prose::reads_as_prose(original.text))
}

/// The code in a reply for a programming language.
fn from_code(text: &str, original: &Original<'_>, tagged: bool) -> Result<ExtractedCode, Message> {
    if let Some(code) = inline_code(text, original) {
        return Ok(code.to_owned().into());
    }
    let mut all: Vec<Line<'_>> = lines(text).collect();
    // A fence that is opened twice in a row counts once.
    all.dedup_by(|next, line| next.content == line.content && fence(line.content).is_some_and(|f| !f.info.is_empty()));
    let known = OriginalLines::of(original);
    let raw = |lines: &[Line<'_>]| raw(lines, &known, tagged).map(ExtractedCode::from);
    let blocks = fences::blocks(&all, |block| languages::is_markdown(&block.language()));
    let Some(first) = blocks.first() else { return raw(&all) };
    if is_fenced_itself(original.text, first) {
        return Ok(join(&all).into());
    }
    let (head, _) = all.split_at(first.open.min(all.len()));
    // Code, and then one fence without an opening one.
    let stray = blocks.len() == 1 && first.close.is_none() && blank_behind(&all, first.open);
    if stray {
        return if head.iter().all(Line::is_blank) { Err(message!("no-code-empty")) } else { raw(head) };
    }
    if prose::line_kinds(head, &known).iter().find(|look| **look != LineKind::Blank) == Some(&LineKind::Code)
        && fences_are_text(&all, original.language_id)
    {
        return raw(&all);
    }
    match fences_belong_to_code(&all, head, first, &known) {
        Some(true) => return raw(&all),
        Some(false) if cuts_code(&all, head, &blocks, &known) => return Err(message!("no-code-unclear")),
        Some(false) => {}
        None => return Err(message!("no-code-unclear")),
    }
    let (block, guess) = single_block(&all, &blocks, &known)?;
    let text = content(&all, &block);
    match of_another_language(&block, &text, original) {
        Some(reason) => Err(reason),
        None => Ok(ExtractedCode { text, guess, is_one_of_several: blocks.len() > 1 }),
    }
}

/// Whether there is code before the first fence, and also code after its block, or a block that is not closed. Then the
/// block is more likely a part of that code.
fn cuts_code(all: &[Line<'_>], head: &[Line<'_>], blocks: &[Block<'_>], known: &OriginalLines<'_>) -> bool {
    let is_open = blocks.iter().any(|block| block.close.is_none());
    let goes_on = || prose::line_kinds(&outside(all, blocks), known).contains(&LineKind::Code);
    prose::line_kinds(head, known).contains(&LineKind::Code) && (is_open || goes_on())
}

/// Whether the fences are inside of the code (a docstring, a comment) instead of around it. The text before the first
/// fence decides. Returns `None` if that is not certain.
fn fences_belong_to_code(
    all: &[Line<'_>],
    head: &[Line<'_>],
    first: &Block<'_>,
    known: &OriginalLines<'_>,
) -> Option<bool> {
    let kinds = prose::line_kinds(head, known);
    if !kinds.contains(&LineKind::Code) {
        return Some(false);
    }
    // The talk before the code may contain the start of a comment (`src/*.rs`), so the scan starts at the code.
    let code_start = kinds.iter().position(|look| *look == LineKind::Code).unwrap_or_default();
    let is_enclosed =
        enclosures(all.get(code_start..).unwrap_or_default()).nth(first.open - code_start).unwrap_or(false);
    let starts_with_prose = kinds.iter().find(|look| **look != LineKind::Blank) == Some(&LineKind::Prose);
    if is_enclosed || (first.fence.indent > 0 && !starts_with_prose) {
        return Some(true);
    }
    // A single line before a fence is usually a file name or a title, not code.
    let is_title =
        head.iter().filter(|line| !line.is_blank()).count() == 1 && !head.iter().any(|line| known.has(line.content));
    (starts_with_prose || is_title).then_some(false)
}

/// The block that the reply is about: the only one, without empty and repeated blocks.
fn single_block<'a>(
    all: &[Line<'a>],
    blocks: &[Block<'a>],
    known: &OriginalLines<'_>,
) -> Result<(Block<'a>, Option<Message>), Message> {
    let mut different: Vec<(&Block<'a>, String)> = Vec::new();
    for block in blocks {
        let code = content(all, block);
        if !different.iter().any(|(_, other)| other.trim() == code.trim()) {
            different.push((block, code));
        }
    }
    if different.len() > 1 {
        different.retain(|(_, code)| !code.trim().is_empty());
    }
    let (Some((only, code)), Some(first)) = (different.first(), blocks.first()) else {
        return Err(message!("no-code-empty"));
    };
    // One empty block is a deletion. Several empty blocks have no clear meaning.
    if code.trim().is_empty() && blocks.len() > 1 {
        return Err(message!("no-code-unclear"));
    }
    let outside = outside(all, blocks);
    let kinds = prose::line_kinds(&outside, known);
    let talk_is_code = !kinds.contains(&LineKind::Prose)
        && (outside.iter().any(|line| known.has(line.content))
            || kinds.iter().filter(|look| **look == LineKind::Code).count() >= 2);
    let has_fences = lines(known.original.text).any(|line| fence(line.content).is_some());
    if different.len() == 1 && !talk_is_code {
        let run_together =
            fences::runs_into_another(all, only) && !languages::is_markdown(&only.language()) && !has_fences;
        return if run_together { Err(message!("no-code-several", count = 2_usize)) } else { Ok((**only, None)) };
    }
    // Inner fences of the same length cut one piece of code in parts. Then the text between the parts is code, too.
    match fences::widest_block(all, first).filter(|_| talk_is_code || (has_fences && !kinds.contains(&LineKind::Prose)))
    {
        Some(widest) => Ok((widest, None)),
        None if different.len() > 1 => {
            let candidates: Vec<Candidate<'_>> =
                different.iter().map(|(block, code)| Candidate { language: block.language(), code }).collect();
            let count = different.len();
            let Chosen { number, is_certain } =
                choose(&candidates, &known.original).ok_or(message!("no-code-several", count = count))?;
            let (chosen, _) = different.get(number).ok_or(message!("no-code-several", count = count))?;
            let guess = message!("guess-one-of-several", number = number + 1, count = count);
            Ok((**chosen, (!is_certain).then_some(guess)))
        }
        None => Err(message!("no-code-unclear")),
    }
}

/// The lines after the first block's opener that are in no block.
fn outside<'a>(all: &[Line<'a>], blocks: &[Block<'_>]) -> Vec<Line<'a>> {
    let ends = blocks.iter().map(|block| block.end(all.len()));
    let starts = blocks.iter().skip(1).map(|block| block.open).chain([all.len()]);
    ends.zip(starts).flat_map(|(end, start)| all.get(end..start).unwrap_or_default()).copied().collect()
}

/// A block that is fenced as something other than the language: a patch, shell commands.
fn of_another_language(block: &Block<'_>, code: &str, original: &Original<'_>) -> Option<Message> {
    let language_id = original.language_id.to_lowercase();
    let fenced_as = block.language();
    if matches!(fenced_as.as_str(), "diff" | "patch" | "udiff") && !matches!(language_id.as_str(), "diff" | "patch") {
        return Some(message!("no-code-patch"));
    }
    let is_commands =
        SHELLS.has(&fenced_as) && !SHELLS.has(&language_id) && prose::shared_words(code, original.text) < 0.3;
    is_commands.then_some(message!("no-code-commands"))
}

/// Code between backticks on the only line of the reply.
fn inline_code<'a>(text: &'a str, original: &Original<'_>) -> Option<&'a str> {
    let line = text.trim();
    let marks = line.len() - line.trim_start_matches('`').len();
    let ends = line.len() - line.trim_end_matches('`').len();
    let inside = line.trim_matches('`');
    let is_inline =
        marks == ends && matches!(marks, 1..=3) && !inside.contains(['\n', '\r', '`']) && !inside.is_empty();
    // In some languages, a single pair of backticks is a literal.
    let is_literal = marks == 1 && (languages::has_backticks(original.language_id) || original.text.contains('`'));
    (is_inline && !is_literal && !original.text.trim_start().starts_with('`')).then_some(inside.trim())
}

/// Whether the range itself is a fenced block of the same kind as the reply's. Then the fence is the user's text.
pub(crate) fn is_fenced_itself(original: &str, first: &Block<'_>) -> bool {
    let all: Vec<Line<'_>> = lines(original).collect();
    let [open, .., close] = without_blank_ends(&all) else { return false };
    let closes = fence(close.content).is_some_and(|f| f.info.is_empty());
    closes && fence(open.content).is_some_and(|f| f.info == first.fence.info && f.mark == first.fence.mark)
}

/// The lines inside of `block`, moved left by the fence's indentation, as far as all lines have it.
pub(crate) fn content(all: &[Line<'_>], block: &Block<'_>) -> String {
    let inside = all.get(block.open + 1..block.close.unwrap_or(all.len())).unwrap_or_default();
    let shallowest = inside.iter().filter(|line| !line.is_blank()).map(|line| line.indentation().len()).min();
    let shift = block.fence.indent.min(shallowest.unwrap_or_default());
    let mut code: String = inside
        .iter()
        .map(|line| {
            let cut = shift.min(line.indentation().len());
            [line.content.split_at(cut).1, line.eol].concat()
        })
        .collect();
    if block.close.is_none() {
        cut_attached_fence(&mut code, block);
    }
    code
}

/// Removes a closing fence at the end of the last line of code: `}` and the fence on one line.
fn cut_attached_fence(code: &mut String, block: &Block<'_>) {
    let text = code.trim_end();
    let without = text.trim_end_matches(block.fence.mark);
    let is_fence = text.len() - without.len() == block.fence.length;
    if is_fence
        && without
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '}' | ']' | ';' | '>' | '"' | '\'' | ','))
    {
        code.truncate(without.len());
    }
}

pub(crate) fn blank_behind(all: &[Line<'_>], number: usize) -> bool {
    all.iter().skip(number + 1).all(Line::is_blank)
}
