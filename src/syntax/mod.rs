//! The shape of the text, as far as a built-in grammar tells it.
//!
//! [`language()`] finds the [`Syntax`] of a document. [`enclosing_definition`] is the function, method or class that a
//! point in it means, [`check`] tells whether an edit breaks it, [`imports()`] is what it imports, [`vicinity()`] is
//! what is around a range, [`instructions()`] finds the comments that are meant for us, and [`test_place()`] says where the
//! tests of a source file belong.
//!
//! Grammars run in a process of their own ([`worker`]), which a call asks and waits for: it belongs on a thread that may
//! block. The whole text is parsed (some 10 MB a second). Of texts that are too large, take too long or end the worker,
//! the answer is the one of a text without a grammar.

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
pub(crate) use test_file::{Twin, excerpt};
pub(crate) use test_place::is_test_file;
pub use test_place::{TestPlace, test_place};
pub(crate) use vicinity::Vicinity;
pub use worker::{enclosing_definition, syntax_errors, test_block};
pub(crate) use worker::{import_place, imports, twins, vicinity, with_attached};
