//! Remarks: an agent's comments about single lines. This module reads them from the answer and finds their lines.
//!
//! 1. [`RemarkReader`] reads them from an answer while it streams. [`other_forms`] reads the forms of agents with their
//!    own system prompts.
//! 2. [`locate_remark()`] finds the lines in the sent text. The quoted line places a remark. Its number only chooses
//!    between equal lines, and a number alone never places a fix.
//!
//! All functions are pure functions of text. Lines are counted from zero, except in an agent's text, which counts
//! from one.

mod forms;
mod json;
#[cfg(test)]
pub(crate) mod laws;
mod locate;
mod quoted;
mod reader;
mod remark;

pub use forms::other_forms;
pub(crate) use locate::RemarkLines;
pub use locate::locate_remark;
pub use reader::RemarkReader;
pub(crate) use remark::{Remark, Severity};
