//! What a reply is, once it was read.

use crate::edit::diff::TextChange;
use crate::i18n::{Message, message};

/// What a reply is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// New text for the range, or for parts of it.
    Edit(Edit),
    /// The agent says that nothing should change, and perhaps why: one line.
    Unchanged {
        /// Why.
        because: Option<String>,
    },
    /// The agent says that it cannot be done there: one line that says why.
    Cannot {
        /// Why.
        because: String,
    },
}

/// New text, as it was told from a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What it replaces by what.
    pub new: New,
    /// The lines of the reply's imports, which belong to the head of the file: as the agent wrote them, trimmed, none blank.
    pub imports: Vec<String>,
    /// Why it may only be proposed; `None` where it is certain what was meant.
    pub guess: Option<Guess>,
}

impl Edit {
    /// An edit that brings no imports.
    pub(super) fn of(new: New, guess: Option<Guess>) -> Self {
        Self { new, imports: Vec::new(), guess }
    }
}

/// What is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// All of the range, by text that has still to be made to fit.
    Whole(String),
    /// Parts of the range, in bytes of its text, which are sorted and do not overlap, by text that fits as it is.
    Parts(Vec<TextChange>),
}

/// What JSON or the tags of other programs hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    Code(String),
    /// Old texts and the new texts in their places.
    Pairs(Vec<(String, String)>),
}

/// Why what was told from a reply is only likely to be what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// The tag around the new text is not closed: the answer was cut.
    Unclosed,
    /// Thoughts nest, so that it is not certain where they end.
    Thoughts,
    /// The answer holds so many pieces of code, of which one looks like the range.
    OneOfSeveral {
        /// Which, counted from one.
        number: usize,
        /// Of how many.
        count: usize,
    },
    /// A patch was found in the range only with other white space, or without some of its context.
    LooselyFound,
    /// A patch for a text in which its signs could be meant.
    PatchOfText,
    /// The new text was taken out of JSON.
    FromJson,
    /// The new text was taken out of tags that were not asked for.
    FromTags,
    /// The numbers of the lines were taken off.
    Numbered,
    /// Entities of HTML were decoded.
    Entities,
    /// The marks of a quotation were taken off.
    Quoted,
    /// It has almost nothing of the text that it is to replace.
    Unlike,
    /// Talk between the marks of the new text was taken off.
    Talk,
    /// Fences amid the new text were taken off.
    Fences,
}

impl Guess {
    /// The sentence for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Unclosed => message!("guess-unclosed"),
            Self::Thoughts => message!("guess-thoughts"),
            Self::OneOfSeveral { number, count } => message!("guess-one-of-several", number = *number, count = *count),
            Self::LooselyFound => message!("guess-loosely-found"),
            Self::PatchOfText => message!("guess-patch-of-text"),
            Self::FromJson => message!("guess-from-json"),
            Self::FromTags => message!("guess-from-tags"),
            Self::Numbered => message!("guess-numbered"),
            Self::Entities => message!("guess-entities"),
            Self::Quoted => message!("guess-quoted"),
            Self::Unlike => message!("guess-unlike"),
            Self::Talk => message!("guess-talk"),
            Self::Fences => message!("guess-fences"),
        }
    }
}
