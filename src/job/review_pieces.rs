//! The questions of a review: about a whole text, about pieces within the budget, or about changed parts.

use std::ops::Range;

use ropey::Rope;

use super::changed_lines::grouped;
use super::{JobError, RemarkPiece};
use crate::actions::context::Prompt;
use crate::actions::{self, PromptContext, PromptTooLarge};
use crate::i18n::message;

/// The changed parts of `bytes`, in whole lines. Parts that are close to each other are joined.
pub(super) fn changed_parts(text: &Rope, bytes: &Range<usize>, changed: &[Range<usize>]) -> Vec<Range<usize>> {
    let of_lines = |lines: Range<usize>| {
        let byte = |line: usize| text.try_line_to_byte(line).unwrap_or(text.len_bytes());
        byte(lines.start).max(bytes.start)..byte(lines.end).min(bytes.end)
    };
    let parts = grouped(changed).into_iter().map(of_lines);
    let parts = parts.filter(|part| part.start < part.end && actions::has_content(text, part));
    parts.map(|part| actions::whole_lines(text, &part)).collect()
}

/// The questions about several parts of a text, as [`about_pieces`] of each. It also fails if there would be too many.
pub(super) fn about_parts(
    text: &Rope,
    parts: &[Range<usize>],
    context: PromptContext<'_>,
) -> Result<(Prompt, Vec<RemarkPiece>), JobError> {
    let context = PromptContext { max_remarks: context.max_remarks.div_ceil(parts.len().max(1)), ..context };
    let (mut first, mut all) = (None, Vec::new());
    for part in parts {
        let (prompt, pieces) = about_pieces(text, part, context)?;
        all.extend(pieces);
        first.get_or_insert(prompt);
    }
    if all.len() > MOST_PIECES {
        return Err(JobError::Refused(message!("too-many-changes", count = all.len(), most = MOST_PIECES)));
    }
    first.map(|prompt| (prompt, all)).ok_or_else(|| JobError::Refused(message!("nothing-there")))
}

/// One question about `bytes` if the budget is enough, else one question per piece. Each contains the context of its
/// piece. It fails if even small pieces exceed the budget.
fn about_pieces(
    text: &Rope,
    bytes: &Range<usize>,
    context: PromptContext<'_>,
) -> Result<(Prompt, Vec<RemarkPiece>), PromptTooLarge> {
    let too_large = match actions::build(text, bytes.clone(), context) {
        Ok(prompt) => {
            let pieces = vec![piece(text, bytes, &prompt)];
            return Ok((prompt, pieces));
        }
        Err(too_large) => too_large,
    };
    let selected = text.byte_to_char(bytes.end) - text.byte_to_char(bytes.start);
    // The context of a piece and the tags around it need some of the budget.
    let room = too_large.budget.saturating_sub(too_large.needed.saturating_sub(selected)) * 7 / 8;
    let parts = actions::pieces(text, bytes, room);
    if room < SMALLEST_PIECE_CHARS || parts.len() > MOST_PIECES {
        return Err(too_large);
    }
    let max_remarks = context.max_remarks.div_ceil(parts.len());
    let mut first = None;
    let mut pieces = Vec::new();
    for part in parts.iter().filter(|part| actions::has_content(text, part)) {
        let whole = actions::whole_lines(text, part);
        let prompt = actions::build(text, whole.clone(), PromptContext { max_remarks, ..context })?;
        pieces.push(piece(text, &whole, &prompt));
        first.get_or_insert(prompt);
    }
    Ok((first.ok_or(too_large)?, pieces))
}

/// The smallest piece, in characters. Smaller ones do not help an agent.
const SMALLEST_PIECE_CHARS: usize = 400;

/// How many requests one review may need.
const MOST_PIECES: usize = 16;

pub(super) fn piece(text: &Rope, bytes: &Range<usize>, prompt: &Prompt) -> RemarkPiece {
    let lines = actions::lines(text, bytes);
    RemarkPiece { prompt: prompt.text.clone(), lines: lines.start - 1..lines.end }
}
