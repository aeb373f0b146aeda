//! Decides whether text that a grammar cannot read may be new syntax.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::Tree;

use super::python::PythonError;

/// The maximum length of one new form, in bytes.
const LENGTH: usize = 120;

/// This number of words in a row, without a sign between, is a sentence.
const SENTENCE: usize = 6;

/// A place that the grammar cannot read or the language refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxError {
    /// Bytes of the text. The range is empty if something is missing.
    pub bytes: Range<usize>,
    /// The missing element in the grammar's words, such as `}`. `None` if there is too much text.
    pub missing: Option<String>,
    /// The rule of the language that this place breaks, although the grammar can read it.
    pub refused: Option<PythonError>,
}

/// Whether the error may be syntax that is newer than the grammar. It must be a short part of one line, and the parser
/// must understand the text around it. Words and signs must be ordered as in code: no operator without operand, no two
/// adjacent values, no keyword without name, no sentence, no patch marker.
pub(super) fn is_plausible(tree: &Tree, error: &SyntaxError, text: &Rope) -> bool {
    // If the root itself is an error, its text may be anything.
    let whole = tree.root_node().is_error();
    let (first, last) =
        (text.byte_to_line(error.bytes.start), text.byte_to_line(error.bytes.end.min(text.len_bytes())));
    if whole || first != last || error.bytes.len() > LENGTH {
        return false;
    }
    let line = text.line(first).to_string();
    let start = error.bytes.start - text.line_to_byte(first);
    let end = start + error.bytes.len();
    !is_mark(line.trim()) && reads_as_code(&words(&line), start, end)
}

fn is_mark(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "@@ ", "+++ ", "--- ", "*** ", "```", "~~~"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    Word,
    Number,
    Text,
    Sign,
}

type Piece<'a> = (PieceKind, &'a str, usize);

/// The words, strings and signs of a line, with their positions.
fn words(line: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if matches!(first, '"' | '\'' | '`') {
            rest.get(1..).and_then(|inside| inside.find(first)).map_or(1, |end| end + 2)
        } else {
            first.len_utf8()
        };
        let sort = match first {
            _ if first.is_ascii_digit() => PieceKind::Number,
            _ if is_word(first) => PieceKind::Word,
            '"' | '\'' | '`' if length > 1 => PieceKind::Text,
            _ => PieceKind::Sign,
        };
        if !first.is_whitespace() {
            pieces.push((sort, rest.get(..length).unwrap_or_default(), at));
        }
        at += length;
    }
    pieces
}

/// Whether the pieces around `start..end` could be code of any language.
fn reads_as_code(pieces: &[Piece<'_>], start: usize, end: usize) -> bool {
    let from = pieces.iter().position(|(_, text, at)| at + text.len() > start).unwrap_or_default().saturating_sub(1);
    let to = pieces
        .iter()
        .rposition(|(.., at)| *at < end.max(start + 1))
        .map_or(pieces.len(), |last| (last + 2).min(pieces.len()));
    let near = pieces.get(from..to.max(from)).unwrap_or_default();
    // A string that does not end on its line swallows the code after it.
    if near.iter().any(|(sort, text, _)| *sort == PieceKind::Sign && matches!(*text, "\"" | "`")) {
        return false;
    }
    let mut row = 0;
    for (sort, ..) in pieces {
        row = if *sort == PieceKind::Word { row + 1 } else { 0 };
        if row >= SENTENCE {
            return false;
        }
    }
    let ends = near.last().is_some_and(|(sort, text, _)| {
        *sort == PieceKind::Sign && matches!(*text, "=" | "+" | "|" | "/") && near.len() > 1
    });
    let is_last = near.last() == pieces.last();
    let slips = near.windows(2).any(|pair| match pair {
        [(PieceKind::Word, word, _), (next, ..)] => *next != PieceKind::Sign && is_slip(word),
        _ => false,
    });
    !(slips || ends && is_last)
        && near.windows(2).all(|pair| match pair {
            [a, b] => may_follow(*a, *b),
            _ => true,
        })
}

/// Whether a word is a common keyword with one wrong letter: missing, different, or swapped with the next.
fn is_slip(word: &str) -> bool {
    const KEYWORDS: &str = "return import class function const public private protected static while throw async \
        await yield export switch struct extends implements interface package raise lambda foreach match trait final \
        override namespace using from elif else enum void";
    let length = word.chars().count();
    let is_slip_of = |keyword: &str| {
        let is_one = strsim::osa_distance(word, keyword) == 1;
        let is_no_longer = length <= keyword.len() || word.starts_with(keyword);
        // A short keyword may be any word. Only two swapped letters count: this is distance 2 in Levenshtein.
        is_one && is_no_longer && (keyword.len() >= 5 || strsim::levenshtein(word, keyword) == 2)
    };
    length >= 4 && KEYWORDS.split(' ').all(|keyword| keyword != word) && KEYWORDS.split(' ').any(is_slip_of)
}

fn may_follow((a, left, at): Piece<'_>, (b, right, next): Piece<'_>) -> bool {
    const KEYWORDS: &str = "let const var val def fn fun func class struct interface enum";
    let touches = at + left.len() == next;
    match (a, b) {
        (PieceKind::Number, PieceKind::Number | PieceKind::Text) | (PieceKind::Text, PieceKind::Number) => false,
        (PieceKind::Word, PieceKind::Word) => left != right,
        (PieceKind::Word, PieceKind::Sign) if KEYWORDS.split(' ').any(|keyword| keyword == left) => {
            !matches!(right, "=" | ";" | ")" | "," | ".")
        }
        (PieceKind::Sign, PieceKind::Sign) => {
            !(matches!(left, "=" | "+" | "/" | "|" | "%" | "<") && matches!(right, ";" | ")" | "]" | ","))
                || touches && left == right
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(line: &str, part: &str) -> bool {
        let start = line.find(part).unwrap();
        reads_as_code(&words(line), start, start + part.len())
    }

    #[test]
    fn new_forms_read_as_code_and_slips_do_not() {
        for (line, part) in [
            ("    pub safe fn sqrt(x: f64) -> f64;", "safe"),
            ("val s = $$\"\"\"x\"\"\"", "$$"),
            ("class A[**P, *Ts, T: int = str]: ...", "= str"),
            ("import module java.base;", "java"),
            ("[var first, .., var last] when first > 0 => first,", "first > 0"),
            ("a?.x = 1;", "="),
        ] {
            assert!(reads(line, part), "{line}");
        }
        for (line, part) in [
            ("fn a() { let = ; }", "="),
            ("let x = ;", "= ;"),
            ("\"a\": 1 \"b\": 2", "\"b\""),
            ("fn fn b() {}", "fn"),
            ("return net +", "+"),
            ("    retrun net;", "net"),
            ("    retun 1;", "1"),
            ("    reutrn \"a\";", "\"a\""),
            ("pubilc int x;", "int"),
            ("Sure here is the better function for you", "here"),
        ] {
            assert!(!reads(line, part), "{line}");
        }
    }
}
