//! A line of code, and a definition that its head begins.

use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;

/// A line with code or a comment.
pub(crate) struct CodeLine<'a> {
    /// The column of its text. A tab is one column.
    pub(crate) indent: usize,
    /// Its tokens without comments.
    pub(crate) code: Vec<Token<'a>>,
    /// Its text without the white space around it.
    pub(crate) text: &'a str,
}

impl CodeLine<'_> {
    pub(crate) fn is_code(&self) -> bool {
        !self.code.is_empty()
    }

    /// Whether it has a name, a number or a string, and not only brackets, signs or words that end a block.
    pub(crate) fn is_distinctive(&self) -> bool {
        self.code.iter().any(|token| match token.kind {
            TokenKind::Word => !ENDS.has(token.text),
            TokenKind::Text => true,
            TokenKind::Sign | TokenKind::Comment => false,
        })
    }

    /// Its code with one blank between two tokens, for comparing.
    pub(crate) fn normal(&self) -> String {
        self.code.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }
}

/// Words that only end a block.
pub(super) static ENDS: WordList = WordList::of("end fi done esac endif endfor End END then do else begin BEGIN");

/// A function, a class or a similar item.
pub(crate) struct Definition {
    pub(crate) kind: DefinitionKind,
    pub(crate) name: String,
    /// The number of its head among the lines.
    pub(crate) line: usize,
    /// The number of distinctive lines inside of it.
    pub(crate) body: usize,
    /// Whether it contains nothing that could be lost: `fn f() {}`, `int f() => 1`.
    pub(crate) is_trivial: bool,
    /// Whether it is inside of a function, and therefore not visible outside.
    pub(crate) is_local: bool,
}

/// The kind of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DefinitionKind {
    Function,
    Type,
    /// A named block, in languages of configuration and data.
    Block,
}
