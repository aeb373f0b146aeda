//! The text that a reply replaces, and what the reply is for.

/// The text that a reply replaces. Likeness to it is the best sign to distinguish code from talk.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// The text of the range.
    pub text: &'a str,
    /// LSP's language identifier of the range. If it is empty (unknown), the range is treated as plain text.
    pub language_id: &'a str,
    /// The purpose of the reply.
    pub purpose: Purpose,
}

/// The purpose of a reply. It decides how similar to the original the reply must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Same behaviour as the original, better code.
    Refactor,
    /// The original with problems corrected.
    Fix,
    /// It is the original with comments.
    Document,
    /// Whatever the user asked for.
    #[default]
    Free,
    /// New code beside the original; it replaces nothing.
    Add,
}
