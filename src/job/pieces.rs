//! The questions of a review: about a text in one, in pieces within the budget, or about what changed in it.

use std::ops::Range;

use ropey::Rope;

use super::changed::grouped;
use super::{JobError, RemarkPiece};
use crate::actions::context::Prompt;
use crate::actions::{self, PromptContext, PromptTooLarge};
use crate::i18n::message;

/// What of `bytes` changed, in whole lines, what is close to each other as one.
pub(super) fn changed_parts(text: &Rope, bytes: &Range<usize>, changed: &[Range<usize>]) -> Vec<Range<usize>> {
    let of_lines = |lines: Range<usize>| {
        let byte = |line: usize| text.try_line_to_byte(line).unwrap_or(text.len_bytes());
        byte(lines.start).max(bytes.start)..byte(lines.end).min(bytes.end)
    };
    let parts = grouped(changed).into_iter().map(of_lines);
    let parts = parts.filter(|part| part.start < part.end && actions::has_content(text, part));
    parts.map(|part| actions::whole_lines(text, &part)).collect()
}

/// The questions about several parts of a text, as [`about_pieces`] of each; it fails also where that would be too
/// many.
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

/// The question about `bytes`, as one where the budget is enough for that, else in pieces of which each has its own.
/// What is around a piece is in its question as well. It fails where not even small pieces are within the budget.
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
    // What encloses a piece, and the tags around it, take some of it.
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

/// Smaller pieces show an agent nothing, in characters.
const SMALLEST_PIECE_CHARS: usize = 400;

/// So many requests one review may take.
const MOST_PIECES: usize = 16;

pub(super) fn piece(text: &Rope, bytes: &Range<usize>, prompt: &Prompt) -> RemarkPiece {
    let lines = actions::lines(text, bytes);
    RemarkPiece { prompt: prompt.text.clone(), lines: lines.start - 1..lines.end }
}
