//! What an edit breaks.

use std::{collections::HashMap, ops::Range};

use ropey::Rope;
use tree_sitter::Tree;

use super::{
    Syntax,
    parse::{parse, walk},
};
use crate::i18n::{Message, message};

/// A place that the grammar cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the text; empty for what is missing.
    pub bytes: Range<usize>,
    /// What should be there and is not, as the grammar names it, such as `}`; `None` where something is too much.
    pub missing: Option<String>,
}

/// An error that an edit brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewError {
    /// The byte of the new text where it is.
    pub byte: usize,
    /// Its line in the new text, from 0.
    pub line: usize,
    /// A clause for people, such as "`}` is missing" or "`fn fn` cannot be read".
    pub description: Message,
}

/// The places in `text` that the grammar cannot read, in their order; `None` where it is too large to be parsed.
///
/// Grammars lag behind their languages and know no macros: an error here is a hint, not a verdict.
pub fn syntax_errors(text: &Rope, syntax: Syntax) -> Option<Vec<SyntaxError>> {
    parse(text, syntax).map(|tree| errors_of(&tree))
}

fn errors_of(tree: &Tree) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    walk(tree, |node| {
        if node.is_missing() {
            errors.push(SyntaxError { bytes: node.byte_range(), missing: Some(node.kind().to_owned()) });
        } else if node.is_error() {
            errors.push(SyntaxError { bytes: node.byte_range(), missing: None });
        }
        node.has_error()
    });
    errors
}

/// The first syntax error of `after` that `before` did not have, where `after` is `before` with its bytes `changed`
/// replaced.
///
/// It would rather miss one than see one that is not: errors that the old text had are nobody's fault, wherever the
/// edit moved them; a text whose changed part had errors before, or which the parser gives up on, tells nothing. SQL
/// (every dialect is another language), Markdown (any text is valid) and JSON with extensions are not looked at.
pub fn adds_errors(before: &Rope, after: &Rope, syntax: Syntax, changed: Range<usize>) -> Option<NewError> {
    if matches!(syntax, Syntax::Sql | Syntax::Markdown | Syntax::Jsonc) {
        return None;
    }
    let rest = before.len_bytes().checked_sub(changed.end)?;
    let changed_after = changed.start..after.len_bytes().checked_sub(rest)?;
    if changed_after.start > changed_after.end || changed.start > changed.end {
        return None;
    }
    let new = syntax_errors(after, syntax)?;
    let first = new.first()?;
    let old = syntax_errors(before, syntax)?;
    if old.is_empty() {
        // The one that the edit wrote tells more than what it does to the rest.
        let nearest = new.iter().find(|error| touches(&error.bytes, &changed_after)).unwrap_or(first);
        return Some(describe(after, nearest, &changed_after));
    }
    if old.iter().any(|error| touches(&error.bytes, &changed)) {
        return None;
    }
    let moved = |at: usize| if at >= changed.end { at - changed.end + changed_after.end } else { at };
    let mut known: HashMap<_, usize> = HashMap::new();
    for SyntaxError { bytes, missing } in &old {
        *known.entry((moved(bytes.start), moved(bytes.end), missing.as_deref())).or_default() += 1;
    }
    let mut unknown = Vec::new();
    for error in &new {
        match known.get_mut(&(error.bytes.start, error.bytes.end, error.missing.as_deref())) {
            Some(count) if *count > 0 => *count -= 1,
            _ => unknown.push(error),
        }
    }
    // What the parser makes of an error that stays can change with the text around it: then as many go as come.
    let gone: usize = known.values().sum();
    let in_the_edit = unknown.iter().find(|error| touches(&error.bytes, &changed_after))?;
    (unknown.len() > gone).then(|| describe(after, in_the_edit, &changed_after))
}

fn touches(error: &Range<usize>, changed: &Range<usize>) -> bool {
    error.start <= changed.end && changed.start <= error.end
}

fn describe(text: &Rope, error: &SyntaxError, changed: &Range<usize>) -> NewError {
    let at = |byte: usize| byte.min(text.len_bytes());
    let (byte, description) = match &error.missing {
        // Names of the grammar's own, such as `identifier`, are words; the others are the letters themselves.
        Some(missing) if missing.chars().all(|c| c.is_alphabetic() || c == '_') => {
            (at(error.bytes.start), message!("syntax-missing", what = missing.replace('_', " ").trim().to_owned()))
        }
        Some(missing) => (at(error.bytes.start), message!("syntax-missing", what = format!("`{missing}`"))),
        // What goes over the whole edit began to be unreadable in it.
        None if error.bytes.start < changed.start => (at(changed.start), message!("syntax-misfit")),
        None => match excerpt(text, &error.bytes) {
            excerpt if excerpt.is_empty() => (at(error.bytes.start), message!("syntax-unreadable")),
            excerpt => (at(error.bytes.start), message!("syntax-unreadable-code", code = excerpt)),
        },
    };
    NewError { byte, line: text.byte_to_line(byte), description }
}

/// The beginning of the first line of what cannot be read.
fn excerpt(text: &Rope, bytes: &Range<usize>) -> String {
    const CHARACTERS: usize = 40;
    let Some(slice) = text.get_byte_slice(bytes.start..bytes.end.min(text.len_bytes())) else { return String::new() };
    let mut letters = slice.chars().skip_while(|c| c.is_whitespace()).take_while(|c| !matches!(c, '\n' | '\r'));
    let mut excerpt: String = letters.by_ref().take(CHARACTERS).collect();
    excerpt.truncate(excerpt.trim_end().len());
    if letters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
