//! The questions about a text. To add a question, add an entry to the list at the end.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::ask;
use crate::syntax::parse::was_given_up;
use crate::syntax::{
    Duplicate, ImportPlace, Syntax, TestBlock, Vicinity, block, definition, errors, instructions, test_file,
};
use errors::{Checked, SyntaxError};

/// Defines for each question: a variant of [`Question`] with its arguments, the function that answers it in the worker,
/// and the function that asks it. The value after `else` is returned if the worker gives no answer.
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
            /// The range and the new text of an edit, if the question contains one.
            pub(super) fn edit(&self) -> Option<(&Range<usize>, &str)> {
                match self {
                    Self::Check { changed, new, .. } => Some((changed, new)),
                    _ => None,
                }
            }

            /// The answer as JSON, and whether a parse was given up for it. It parses. Only the worker may call it.
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
            /// The text is parsed in a separate process. The call waits for it: use a thread that may block.
            $visibility fn $name(text: &Rope, syntax: Syntax $(, $argument: $type)*) -> $answer {
                ask(text, syntax, Question::$variant { $($argument: $argument.to_owned()),* })
                    .unwrap_or_else(|| $otherwise)
            }
        )*
    };
}

questions! {
    /// Returns the bytes of the innermost function, method or class around `bytes`, with attributes, decorators and
    /// comments directly above it. In data languages: an object, table, mapping, element, rule or section.
    ///
    /// It starts at the definition's first letter, after the indentation, and ends before the line break of its last
    /// line. A point next to a definition, on one of its lines, is inside it. Returns `None` if no definition encloses
    /// `bytes`: for blank lines between two definitions and top-level statements. The same if the text cannot be
    /// parsed, or if `bytes` are not in the text.
    ///
    /// An anonymous function is a definition if it has a name (`const f = () => …`) and is not one line of another
    /// definition. A call with one (`it("…", () => { … })`) counts if nothing else encloses the point.
    pub fn enclosing_definition(bytes: Range<usize>) -> Option<Range<usize>>
    as Definition = definition::enclosing_definition, else None;

    /// Returns `bytes` with the comments, attributes and decorators above the definition that starts on their first
    /// line with text. If `bytes` do not contain all of that definition, they are unchanged, unless `always` is true.
    /// If the text cannot be parsed, they are unchanged, too.
    pub(crate) fn with_attached(bytes: Range<usize>, always: bool) -> Range<usize>
    as Attached = definition::with_attached, else bytes;

    /// Returns what is around `range` (bytes of `text`). The result is empty if the text cannot be parsed.
    pub(crate) fn vicinity(range: Range<usize>) -> Vicinity
    as Vicinity = crate::syntax::vicinity::vicinity, else Vicinity::default();

    /// Returns the imports of `text` in order, in whole lines. Adjacent imports are one range. The result is empty if
    /// the language has no imports, or if the text cannot be parsed.
    pub(crate) fn imports() -> Vec<Range<usize>>
    as Imports = crate::syntax::imports::imports, else Vec::new();

    /// Returns the place for the imports `wanted`, one a line, in the text before byte `before`: after the last import
    /// of their kind, or below the lines that must come first. Returns `None` if one of them is not an import or the
    /// place is uncertain. The same if the language has no imports, or if the text cannot be parsed.
    pub(crate) fn import_place(wanted: Vec<String>, before: usize) -> Option<ImportPlace>
    as ImportPlace = crate::syntax::import_place::import_place, else None;

    /// Returns the block of `text` that contains its tests: Rust's module `tests`, the last class of a Java, Kotlin, C#
    /// or PHP file, or the block called `name`. Returns `None` if no such block exists or the text cannot be parsed.
    /// The same if the language puts tests at the top level.
    pub fn test_block(name: Option<String>) -> Option<TestBlock>
    as TestBlock = block::test_block, else None;

    /// Returns the items in `added` (bytes of `text`) with the name of an item next to them: in the block of the tests,
    /// or at the top level. The result is empty if the text cannot be parsed.
    pub(crate) fn duplicates(added: Range<usize>) -> Vec<Duplicate>
    as Duplicates = test_file::duplicates, else Vec::new();

    /// Same as [`excerpt`](crate::syntax::excerpt). Returns `None` if the text cannot be parsed.
    pub(in crate::syntax) fn parsed_excerpt() -> Option<String>
    as Excerpt = test_file::parsed_excerpt, else None;

    /// Returns the places in `text` that the grammar cannot read or the language refuses, in order. Returns `None` if
    /// the text cannot be parsed.
    ///
    /// Grammars lag behind their languages and do not know macros. Therefore an error here is a hint, not a verdict.
    pub fn syntax_errors() -> Option<Vec<SyntaxError>>
    as Errors = errors::syntax_errors, else None;

    /// Same as [`check`](crate::syntax::check), with the new text of the changed bytes.
    pub(in crate::syntax) fn check_replaced(changed: Range<usize>, new: String, notebook: bool) -> Checked
    as Check = errors::answer_check, else Checked::GivenUp;

    /// Returns which of the bytes `at` are in comments, if the grammar can say. `None` if the text cannot be parsed.
    pub(in crate::syntax) fn are_comments(at: Vec<usize>) -> Option<Vec<bool>>
    as Comments = instructions::are_comments, else None;
}
