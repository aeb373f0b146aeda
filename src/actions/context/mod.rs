//! What a prompt carries, and the budget that it is spent from.
//!
//! The setting `context.maxChars` bounds the whole prompt. Its characters are spent in this order:
//!
//! 1. the task, the user's instruction, the diagnostics, the selection, and what the user added by hand: always there, else
//!    the prompt is refused;
//! 2. the rules files, nearest first, with at most a quarter of the budget; one that does not fit is cut at a line;
//! 3. the imports of the document, as far as the selection and the surroundings do not show them;
//! 4. the heads of what encloses the selection, and the lines that declare what it uses;
//! 5. the surroundings of the selection, line by line, nearest first;
//! 6. other open documents, each whole or not at all: those of the same language first, the latest changed first.
//!
//! In the prompt itself the parts stand in the order in which they are read best: what is general first, the selection
//! close to the end.

mod added;
mod budget;
mod diagnostics;
mod open_documents;
mod prompt_parts;
mod rules;
mod surroundings;
mod tags;

pub(crate) use added::{AddedKind, AddedPart, last_line};
pub(super) use budget::{Budget, first_lines};
pub(crate) use diagnostics::{Diagnostic, Related};
pub(crate) use open_documents::OpenDocument;
pub(super) use open_documents::{document_section, fit_open_documents};
pub use prompt_parts::PromptParts;
pub(crate) use prompt_parts::{Part, PartKind, PartStatus, Prompt, attribute};
pub(super) use prompt_parts::{Piece, Section, Source, Writer, frame_chars, line_words};
pub(crate) use rules::RulesFile;
pub(super) use rules::{RULES_SHARE, rules_within};
pub(super) use surroundings::Around;
pub(crate) use surroundings::{surroundings, window};
pub(super) use tags::Delimiters;
