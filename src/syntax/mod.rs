//! The shape of the text, as far as a built-in grammar tells it.
//!
//! [`language`] finds the [`Syntax`] of a document. [`enclosing_definition`] is the function, method or class that a
//! point in it means, [`check`] tells whether an edit breaks it, [`imports`] is what it imports, [`vicinity`] is
//! what is around a range, [`instructions`] finds the comments that are meant for us, and [`test_place`] says where the
//! tests of a source file belong.
//!
//! Nothing here does I/O or keeps anything between two calls. A call parses the whole text (some 10 MB a second) and
//! gives up on texts that are too large or too odd; the answer is then the one of a text without a grammar. It
//! belongs on a thread that may block.

mod block;
mod definition;
mod dialects;
mod errors;
mod guards;
mod imports;
mod instructions;
mod kinds;
mod language;
mod lines;
mod parse;
mod plausible;
mod python;
mod script;
mod test_place;
mod vicinity;

pub use block::{TestBlock, test_block};
pub use definition::{enclosing_definition, with_attached};
pub use errors::{Checked, Fault, NewError, SyntaxError, check, syntax_errors};
pub use imports::imports;
pub use instructions::{CommentInstruction, instructions};
pub use language::{Syntax, language};
pub use python::Refusal;
pub use script::embedded_script;
pub use test_place::{TestPlace, test_place};
pub use vicinity::{Vicinity, vicinity};
