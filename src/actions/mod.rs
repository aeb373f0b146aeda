//! The requests to an agent: the catalogue of actions, the part of the text, the prompt.

mod block;
mod catalogue;
pub(crate) mod context;
mod listing;
mod pieces;
mod problem;
mod prompt;
pub(crate) mod prompt_files;
mod question;
mod scope;
pub(crate) mod template;
mod turn;

pub(crate) use catalogue::{
    ASK, Action, DOCUMENT, EDIT, FIX, FIX_WITHOUT_PROBLEMS, MenuRule, QUESTION, QUICK_FIX, REVIEW, REWRITE, SUGGEST,
};
pub use catalogue::{ActionResult, BUILT_INS, Catalogue};
pub(crate) use context::Delimiters;
pub(crate) use pieces::pieces;
pub(crate) use prompt::{PromptContext, PromptTooLarge, build};
pub(crate) use question::as_asked;
pub(crate) use scope::{
    Cursor, behind_byte_order_mark, blank_place, has_content, has_scope, is_point, line_end, lines, paragraph, scope,
    whole_lines,
};
pub(crate) use turn::{TurnContext, build_turn};
