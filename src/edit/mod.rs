//! From an agent's reply to the smallest edit that is safe.
//!
//! A reply passes four steps. Each is a pure function of text; no code here reads a file or knows LSP's wire format:
//!
//! 1. [`read_reply`]: what the reply is. Usually it is one piece of code, after the prose, fences and tags are removed.
//! 2. [`fit`]: that code with the indentation, the line endings and the final newline of the range that it replaces.
//! 3. [`smallest_changes`]: the changes from the old text to the new one, so that cursor, folds and marks stay.
//! 4. [`plan()`]: all steps together, for a range of a document.
//!
//! If the user typed in the range meanwhile, [`merge()`] combines the user's text and the agent's.
//!
//! The order of safety is: never lose the user's code, never put prose into it, and only then be helpful. If a step
//! is not certain, it tells the user why, and the reply stays an answer to read.
//!
//! Offsets are bytes of UTF-8 text. Line breaks are LF, CRLF and CR, as in LSP; no other character ends a line.

mod addition;
mod check;
mod choice;
mod diff;
mod extract;
mod fences;
mod fit_to_range;
mod indent;
mod lexis;
mod lines;
mod neighbours;
mod original;
mod outline;
mod plan;
mod prose;
mod prose_reply;
mod quoted;
mod reading;
mod site;
mod style;
mod tags;
mod unfenced;
mod unified;
mod word_list;

pub use addition::added_at_end;
pub(crate) use addition::{added_below, added_in_block};
pub(crate) use check::lost_end;
pub use check::{CheckedEdit, check_edit, unbalanced};
pub use diff::{Granularity, TextChange, apply, merge, smallest_changes};
pub(crate) use fit_to_range::{FittedText, fit_to_range};
pub use indent::fit;
pub(crate) use lines::{lines, without_blank_ends};
pub use original::{Original, Purpose};
pub(crate) use outline::{DefinitionKind, Outline};
pub use plan::{Plan, plan};
pub(crate) use reading::has_mark;
pub use reading::{Edit, NewText, ParsedReply, read_reply};
pub use site::Site;
pub(crate) use unified::{quoted, unified};
