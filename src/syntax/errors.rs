//! Finds the syntax errors that an edit causes.

use std::{collections::HashMap, ops::Range};

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use super::Syntax;
use super::dialects::read_as_known;
use super::parse::{MOST_BYTES, parse, walk};
pub(super) use super::plausible::SyntaxError;
use super::plausible::is_plausible;
use super::python::{self, PythonError};
use super::worker::check_replaced;
use crate::i18n::{Message, message};

/// The result of the syntax check of an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checked {
    /// The grammar can read all of the new text.
    Fine,
    /// Something is unreadable, but the edit may not be the cause: it was so before, or is unknown to the grammar.
    Unsure,
    /// The edit causes an error.
    Broken(NewError),
    /// The text was not checked, because it is too large or too unusual to parse.
    GivenUp,
    /// The grammar cannot judge this language: SQL has many dialects, and any text is Markdown.
    NotLookedAt,
}

/// An error that an edit causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewError {
    /// The position of the error in the new text, in bytes.
    pub byte: usize,
    /// Its line in the new text, from 0.
    pub line: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// An element is missing; the grammar's name for it.
    Missing(String),
    /// Text that cannot be read. It is empty if no part of it can be shown.
    Unreadable(String),
    /// The text around the new code cannot be read together with it.
    Misfit,
    /// The language refuses this text.
    Refused(PythonError),
}

impl Fault {
    /// A clause for the user, such as "`}` is missing" or "`fn fn` cannot be read".
    pub fn message(&self) -> Message {
        match self {
            // Names that the grammar invents, such as `identifier`, are words. The others are the letters themselves.
            Self::Missing(what) if what.chars().all(|c| c.is_alphabetic() || c == '_') => {
                message!("syntax-missing", what = what.replace('_', " ").trim().to_owned())
            }
            Self::Missing(what) => message!("syntax-missing", what = format!("`{what}`")),
            Self::Unreadable(code) if code.is_empty() => message!("syntax-unreadable"),
            Self::Unreadable(code) => message!("syntax-unreadable-code", code = code),
            Self::Misfit => message!("syntax-misfit"),
            Self::Refused(refusal) => refusal.message(),
        }
    }
}

/// Answers [`syntax_errors`](super::syntax_errors).
pub(super) fn syntax_errors(text: &Rope, syntax: Syntax) -> Option<Vec<SyntaxError>> {
    parse(text, syntax).map(|tree| errors_of(&tree, text, syntax, false))
}

fn errors_of(tree: &Tree, text: &Rope, syntax: Syntax, notebook: bool) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    walk(tree, |node| {
        if node.is_missing() || node.is_error() {
            let missing = node.is_missing().then(|| node.kind().to_owned());
            errors.push(SyntaxError { bytes: node.byte_range(), missing, refused: None });
        }
        node.has_error()
    });
    if syntax == Syntax::Python {
        let refused = python::refusals(tree, text, notebook);
        let of = |(bytes, refusal)| SyntaxError { bytes, missing: None, refused: Some(refusal) };
        errors.extend(refused.into_iter().map(of));
        errors.sort_by_key(|error| error.bytes.start);
    }
    errors
}

/// Whether `after` has a syntax error that `before` did not have. `after` is `before` with its bytes `changed`
/// replaced. If `notebook` is true, the text is a notebook cell, and some lines are not in its language.
///
/// The check prefers a missed error to a false one. Errors of the old text do not count, even if the edit moved them.
/// If the changed part had errors before, the check says nothing. Text that may be new syntax, unknown to the grammar,
/// is not an error.
pub fn check(before: &Rope, after: &Rope, syntax: Syntax, changed: Range<usize>, notebook: bool) -> Checked {
    if !is_judged(syntax) {
        return Checked::NotLookedAt;
    }
    let rest = before.len_bytes().checked_sub(changed.end);
    let end = rest.and_then(|rest| after.len_bytes().checked_sub(rest));
    let new = end.filter(|_| changed.start <= changed.end).and_then(|end| after.get_byte_slice(changed.start..end));
    let Some(new) = new else { return Checked::Unsure };
    if after.len_bytes() > MOST_BYTES {
        return Checked::GivenUp;
    }
    check_replaced(before, syntax, changed, new.to_string(), notebook)
}

fn is_judged(syntax: Syntax) -> bool {
    !matches!(syntax, Syntax::Sql | Syntax::Markdown | Syntax::Jsonc)
}

/// Answers [`check`].
pub(super) fn answer_check(
    before: &Rope,
    syntax: Syntax,
    changed: Range<usize>,
    new: String,
    notebook: bool,
) -> Checked {
    let mut after = before.clone();
    let (Ok(start), Ok(end)) = (before.try_byte_to_char(changed.start), before.try_byte_to_char(changed.end)) else {
        return Checked::Unsure;
    };
    if after.try_remove(start..end).is_err() || after.try_insert(start, &new).is_err() {
        return Checked::Unsure;
    }
    let changed_after = changed.start..changed.start + new.len();
    let after = &after;
    let (before, after) = (&read_as_known(before, syntax, notebook), &read_as_known(after, syntax, notebook));
    let Some(new_tree) = parse(after, syntax) else { return Checked::GivenUp };
    let new = errors_of(&new_tree, after, syntax, notebook);
    if new.is_empty() {
        // HTML's grammar closes open elements by itself.
        return if syntax == Syntax::Html { Checked::Unsure } else { Checked::Fine };
    }
    let Some(old_tree) = parse(before, syntax) else { return Checked::GivenUp };
    let old = errors_of(&old_tree, before, syntax, notebook);
    let counts = Counts { balanced: balance(&old_tree) == balance(&new_tree), after, syntax };
    let unknown: Vec<&SyntaxError> = if old.is_empty() {
        new.iter().collect()
    } else if old.iter().any(|error| touches(&error.bytes, &changed)) {
        return Checked::Unsure;
    } else {
        let unknown = unknown(&old, &new, &changed, &changed_after);
        if !unknown.iter().any(|error| touches(&error.bytes, &changed_after)) {
            return Checked::Unsure;
        }
        unknown
    };
    let mut counting = unknown.into_iter().filter(|error| counts.counts(&new_tree, error));
    let Some(first) = counting.next() else { return Checked::Unsure };
    // An error in the new code says more than an effect on the rest.
    let nearest = [first].into_iter().chain(counting).find(|error| touches(&error.bytes, &changed_after));
    Checked::Broken(describe(after, nearest.unwrap_or(first), &changed_after))
}

/// The errors of the new text that the old text did not have, even if the edit moved them. The parser may split a
/// remaining error differently when the text around it changes. If no more errors appear than disappear, none is new.
fn unknown<'e>(
    old: &[SyntaxError],
    new: &'e [SyntaxError],
    changed: &Range<usize>,
    changed_after: &Range<usize>,
) -> Vec<&'e SyntaxError> {
    let moved = |at: usize| if at >= changed.end { at - changed.end + changed_after.end } else { at };
    let mut known: HashMap<(usize, usize, Option<String>), usize> = HashMap::new();
    for SyntaxError { bytes, missing, .. } in old {
        *known.entry((moved(bytes.start), moved(bytes.end), missing.clone())).or_default() += 1;
    }
    let is_new =
        |error: &&SyntaxError| match known.get_mut(&(error.bytes.start, error.bytes.end, error.missing.clone())) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
    let unknown: Vec<&SyntaxError> = new.iter().filter(is_new).collect();
    let gone: usize = known.values().sum();
    if unknown.len() > gone { unknown } else { Vec::new() }
}

struct Counts<'a> {
    /// Whether the brackets of the new text are balanced like those of the old text.
    balanced: bool,
    after: &'a Rope,
    syntax: Syntax,
}

impl Counts<'_> {
    /// Whether the text causes the error, and not a grammar that does not know this syntax.
    fn counts(&self, tree: &Tree, error: &SyntaxError) -> bool {
        if error.refused.is_some() {
            return true;
        }
        // No grammar knows the preprocessor and the names that only browsers define.
        let is_loose = matches!(self.syntax, Syntax::C | Syntax::Cpp | Syntax::Css | Syntax::Html);
        let missing = error.missing.as_deref();
        match missing {
            Some("(" | ")" | "[" | "]" | "{" | "}") => !(self.balanced && is_loose),
            // After a macro that looks like a call, a semicolon is not required.
            Some(";") if is_loose => !self.ends_call(error.bytes.start),
            Some(_) => true,
            None if is_loose => !self.balanced,
            None if matches!(self.syntax, Syntax::Json | Syntax::Toml | Syntax::Yaml) => true,
            None => !(self.balanced && is_plausible(tree, error, self.after)),
        }
    }

    fn ends_call(&self, byte: usize) -> bool {
        let before = self.after.get_byte_slice(..byte).map(|before| before.chars_at(before.len_chars()).reversed());
        before.and_then(|mut letters| letters.find(|c| !c.is_whitespace())).is_some_and(|c| matches!(c, ')' | '}'))
    }
}

/// How many brackets of each kind are open at the end, in the parser's tokens.
fn balance(tree: &Tree) -> [i64; 3] {
    let mut open = [0; 3];
    walk(tree, |node: Node| {
        // The kind of a token is its letters: `{`, but also `${`.
        if node.child_count() == 0 && !node.is_named() && !node.is_missing() {
            for sign in node.kind().chars() {
                match sign {
                    '(' => open[0] += 1,
                    ')' => open[0] -= 1,
                    '[' => open[1] += 1,
                    ']' => open[1] -= 1,
                    '{' => open[2] += 1,
                    '}' => open[2] -= 1,
                    _ => {}
                }
            }
        }
        true
    });
    open
}

fn touches(error: &Range<usize>, changed: &Range<usize>) -> bool {
    error.start <= changed.end && changed.start <= error.end
}

fn describe(text: &Rope, error: &SyntaxError, changed: &Range<usize>) -> NewError {
    let at = |byte: usize| byte.min(text.len_bytes());
    let (byte, fault) = match (&error.missing, &error.refused) {
        (Some(missing), _) => (at(error.bytes.start), Fault::Missing(missing.clone())),
        (None, Some(refusal)) => (at(error.bytes.start), Fault::Refused(refusal.clone())),
        // An error that starts before the edit is reported at the start of the edit.
        (None, None) if error.bytes.start < changed.start => (at(changed.start), Fault::Misfit),
        (None, None) => (at(error.bytes.start), Fault::Unreadable(excerpt(text, &error.bytes))),
    };
    NewError { byte, line: text.byte_to_line(byte), fault }
}

/// The beginning of the first line of the unreadable text.
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
