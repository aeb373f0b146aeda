//! The content of a prompt, and its budget.
//!
//! The setting `context.maxChars` limits the whole prompt. The characters are used in this order:
//!
//! 1. the task, the user's instruction, the diagnostics, the selection, and the parts that the user added by hand. They
//!    are required: if they do not fit, the prompt is refused;
//! 2. the rules files, the nearest first, with at most a quarter of the budget. A longer file is cut at a line;
//! 3. the imports of the document, except those that the selection and the surroundings show;
//! 4. the heads of the definitions around the selection, and the declarations that it uses;
//! 5. the surroundings of the selection, line by line, the nearest first;
//! 6. other open documents, each whole or not at all: the same language first, then the latest changed.
//!
//! The prompt itself has the best order for reading: general parts first, the selection near the end.

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
pub(crate) use prompt_parts::{Part, PartKind, PartStatus, Prompt, PromptParts, attribute};
pub(super) use prompt_parts::{Piece, Section, Source, Writer, frame_chars, line_words};
pub(crate) use rules::RulesFile;
pub(super) use rules::{RULES_SHARE, rules_within};
pub(super) use surroundings::SelectionContext;
pub(crate) use surroundings::{surroundings, window};
pub(crate) use tags::Delimiters;
