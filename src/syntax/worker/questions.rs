//! What can be asked about a text. A further question is a further entry of the list at the end.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::ask;
use crate::syntax::parse::was_given_up;
use crate::syntax::{
    ImportPlace, Syntax, TestBlock, Twin, Vicinity, block, definition, errors, instructions, test_file,
};
use errors::{Checked, SyntaxError};

/// For each question: a variant of [`Question`] with what it is asked with, how the worker answers it, and the function that
/// asks it, whose answer behind `else` is what is said where the worker gave none.
macro_rules! questions {
    ($(
        $(#[$doc:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty
        as $variant:ident = $pure:path, else $otherwise:expr;
    )*) => {
        /// A question about a text in a language.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub(super) enum Question {
            $($variant { $($argument: $type),* }),*
        }

        impl Question {
            /// What is to become of a part of the text, where that is asked about.
            pub(super) fn edit(&self) -> Option<(&Range<usize>, &str)> {
                match self {
                    Self::Check { changed, new, .. } => Some((changed, new)),
                    _ => None,
                }
            }

            /// The answer as JSON, and whether a parse was given up for it. It parses: only the worker does that.
            pub(super) fn answer(self, text: &Rope, syntax: Syntax) -> serde_json::Result<Vec<u8>> {
                match self {
                    $(Self::$variant { $($argument),* } => {
                        let found = $pure(text, syntax $(, $argument)*);
                        serde_json::to_vec(&(found, was_given_up()))
                    })*
                }
            }
        }

        $(
            $(#[$doc])*
            ///
            /// The text is parsed in a process of its own, for which this waits: it belongs on a thread that may block.
            $visibility fn $name(text: &Rope, syntax: Syntax $(, $argument: $type)*) -> $answer {
                ask(text, syntax, Question::$variant { $($argument: $argument.to_owned()),* })
                    .unwrap_or_else(|| $otherwise)
            }
        )*
    };
}

questions! {
    /// The innermost function, method or class around `bytes`, with the attributes, decorators and comments directly above
    /// it; in data languages the innermost object, table, mapping, element, rule or section. Bytes of `text`.
    ///
    /// It starts at the definition's first letter, after the indentation, and ends before the line break of its last line.
    /// A point beside a definition on one of its own lines is in it. `None` where none encloses `bytes` (blank lines
    /// between two definitions, statements outside of all), where the text cannot be parsed, and where `bytes` are not in
    /// the text.
    ///
    /// An anonymous function is a definition where it is given a name (`const f = () => …`) and is not a single line of
    /// another definition. A call that takes one (`it("…", () => { … })`) counts where nothing else encloses the point.
    pub fn enclosing_definition(bytes: Range<usize>) -> Option<Range<usize>>
    as Definition = definition::enclosing_definition, else None;

    /// `bytes` with the comments, attributes and decorators above the definition that starts on their first line with text.
    /// Where they do not hold all of that definition, they stay as they are, unless it `always` takes them along; and where
    /// the text cannot be parsed.
    pub(crate) fn with_attached(bytes: Range<usize>, always: bool) -> Range<usize>
    as Attached = definition::with_attached, else bytes;

    /// What is around `range` (bytes of `text`). Empty where the text cannot be parsed.
    pub(crate) fn vicinity(range: Range<usize>) -> Vicinity
    as Vicinity = crate::syntax::vicinity::vicinity, else Vicinity::default();

    /// The imports of `text` in their order, in whole lines; neighbours are one range. Empty where the language imports
    /// nothing, and where the text cannot be parsed.
    pub(crate) fn imports() -> Vec<Range<usize>>
    as Imports = crate::syntax::imports::imports, else Vec::new();

    /// The place for the imports `wanted`, one a line, in the text before byte `before`: behind the last import of their
    /// kind, or below what has to come first. `None` where one of them is no import, where the place is not certain, in a
    /// language without imports, and where the text cannot be parsed.
    pub(crate) fn import_place(wanted: Vec<String>, before: usize) -> Option<ImportPlace>
    as ImportPlace = crate::syntax::import_place::import_place, else None;

    /// The block of `text` that tests are collected in: Rust's module `tests`, or the last class of a Java, Kotlin, C# or
    /// PHP file, or the one that is called `name`. `None` where there is none, where the language collects its tests at the top level, and where the text
    /// cannot be parsed.
    pub fn test_block(name: Option<String>) -> Option<TestBlock>
    as TestBlock = block::test_block, else None;

    /// The items in `added` (bytes of `text`) whose name an item beside it has, in the block that has the tests or at the top
    /// level. Empty where the text cannot be parsed.
    pub(crate) fn twins(added: Range<usize>) -> Vec<Twin>
    as Twins = test_file::twins, else Vec::new();

    /// As [`excerpt`](crate::syntax::excerpt); `None` where the text cannot be parsed.
    pub(in crate::syntax) fn parsed_excerpt() -> Option<String>
    as Excerpt = test_file::parsed_excerpt, else None;

    /// The places in `text` that the grammar cannot read or that the language refuses, in their order; `None` where it
    /// cannot be parsed.
    ///
    /// Grammars lag behind their languages and know no macros: an error here is a hint, not a verdict.
    pub fn syntax_errors() -> Option<Vec<SyntaxError>>
    as Errors = errors::syntax_errors, else None;

    /// As [`check`](crate::syntax::check), with the new text of the bytes that are changed.
    pub(in crate::syntax) fn check_replaced(changed: Range<usize>, new: String, notebook: bool) -> Checked
    as Check = errors::answer_check, else Checked::GivenUp;

    /// Which of the bytes `at` are in comments, as far as the grammar can tell; `None` where the text cannot be parsed.
    pub(in crate::syntax) fn are_comments(at: Vec<usize>) -> Option<Vec<bool>>
    as Comments = instructions::are_comments, else None;
}
