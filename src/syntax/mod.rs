//! Facts about the structure of a text, from the built-in grammars.
//!
//! [`language()`] finds the [`Syntax`] of a document. [`enclosing_definition`] finds the function, method or class
//! around a point. [`check`] says whether an edit breaks the text. [`imports()`] lists its imports. [`vicinity()`]
//! explains a range. [`instructions()`] finds the comments for the server. [`test_place()`] finds the place for the
//! tests of a source file.
//!
//! Grammars run in a separate process ([`worker`]). A call sends a question and waits for the answer. Therefore call it
//! on a thread that may block. The whole text is parsed (about 10 MB/s). If a text is too large, takes too long or ends
//! the worker, the answer is the same as without a grammar.

mod block;
mod definition;
mod dialects;
mod errors;
mod head;
mod import_place;
mod imports;
mod instructions;
mod kinds;
mod language;
mod lines;
mod parse;
mod plausible;
mod python;
mod script;
mod set_up;
mod test_file;
mod test_groups;
mod test_place;
mod vicinity;
pub(crate) mod worker;

pub(crate) use block::TestBlock;
pub use errors::{Checked, NewError, check};
pub(crate) use import_place::ImportPlace;
pub(crate) use instructions::CommentInstruction;
pub use instructions::instructions;
pub use language::{Syntax, language};
pub(crate) use script::embedded_script;
pub(crate) use test_file::{Duplicate, excerpt};
pub(crate) use test_place::is_test_file;
pub use test_place::{TestPlace, test_place};
pub(crate) use vicinity::Vicinity;
pub(crate) use worker::{duplicates, import_place, imports, vicinity, with_attached};
pub use worker::{enclosing_definition, syntax_errors, test_block};
