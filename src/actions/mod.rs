//! What can be asked: the catalogue of actions, the part of the text that is meant, the prompt.

mod block;
mod catalogue;
pub mod context;
mod listing;
mod pieces;
mod prompt;
pub mod prompt_files;
mod question;
mod scope;
pub mod template;
mod turn;

pub use catalogue::{ASK, Action, ActionResult, BUILT_INS, Catalogue, FIX_WITHOUT_PROBLEMS, Offered, REVIEW, SUGGEST};
pub use pieces::pieces;
pub(crate) use prompt::lines;
pub use prompt::{PromptContext, PromptTooLarge, build};
pub use question::as_asked;
pub use scope::{Cursor, blank_place, has_scope, is_point, paragraph, scope};
pub(crate) use scope::{behind_byte_order_mark, has_content, line_end, whole_lines};
pub use turn::{TurnContext, build_turn};

/// What of a text is shown around a selection, in bytes: see [`context`]. An edit is shown less of it.
pub(crate) fn surroundings(
    text: &ropey::Rope,
    selection: &std::ops::Range<usize>,
    lines: usize,
    is_edit: bool,
    max_chars: usize,
) -> std::ops::Range<usize> {
    context::surroundings(text, selection, context::window(lines, is_edit), max_chars).0
}
