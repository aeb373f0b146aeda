//! Finds errors that Python reports but its grammar accepts. Most are wrong indentation.

use std::{collections::HashSet, ops::Range};

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use super::lines::text_of;
use super::parse::walk;
use crate::i18n::{Message, message};

/// Why Python refuses a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PythonError {
    /// The line is indented deeper than the line before, which opens no block.
    UnexpectedIndent,
    /// The line returns to a depth that no earlier line has.
    NoSuchLevel,
    /// The line before opens a block, but this line is not indented deeper.
    NoBlock,
    /// Tabs and spaces cannot be compared.
    TabsMixed,
    /// `await` outside an `async def`.
    Await,
    /// Two parameters have this name.
    TwiceParameter(String),
    /// A parameter without a default follows a parameter with one.
    DefaultBefore(String),
    /// `print x`, which is Python 2.
    PrintStatement,
    /// `return`, `yield`, `break` or `continue` outside the construct that it needs.
    Outside(String),
    /// A positional argument follows a named argument.
    PositionalBehindNamed,
}

impl PythonError {
    /// A clause for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::UnexpectedIndent => message!("python-unexpected-indent"),
            Self::NoSuchLevel => message!("python-no-such-level"),
            Self::NoBlock => message!("python-no-block"),
            Self::TabsMixed => message!("python-tabs-mixed"),
            Self::Await => message!("python-await"),
            Self::TwiceParameter(name) => message!("python-twice-parameter", name = name),
            Self::DefaultBefore(name) => message!("python-default-before", name = name),
            Self::PrintStatement => message!("python-print"),
            Self::Outside(word) => message!("python-outside", word = word),
            Self::PositionalBehindNamed => message!("python-positional"),
        }
    }
}

/// The errors that Python reports in `text` (with the tree `tree`), with their bytes. In a notebook cell, `await` is
/// allowed at the top level.
pub(super) fn refusals(tree: &Tree, text: &Rope, notebook: bool) -> Vec<(Range<usize>, PythonError)> {
    let mut found = indentation(tree, text);
    walk(tree, |node| {
        if let Some(refusal) = refusal(&node, text, notebook) {
            found.push((node.byte_range(), refusal));
        }
        true
    });
    found
}

fn refusal(node: &Node, text: &Rope, notebook: bool) -> Option<PythonError> {
    match node.kind() {
        "print_statement" | "exec_statement" => Some(PythonError::PrintStatement),
        "await" => {
            let function = enclosing(node, &["function_definition", "lambda"]);
            let refused = function.map_or(!notebook, |function| function.kind() == "lambda" || !is_async(&function));
            refused.then_some(PythonError::Await)
        }
        "return_statement" | "yield" => {
            let function = enclosing(node, &["function_definition", "lambda", "class_definition"]);
            outside(node, function.is_some_and(|outer| outer.kind() != "class_definition"))
        }
        "break_statement" | "continue_statement" => {
            let kinds = ["for_statement", "while_statement", "function_definition", "class_definition"];
            let is_loop = |outer: Node| matches!(outer.kind(), "for_statement" | "while_statement");
            outside(node, enclosing(node, &kinds).is_some_and(is_loop))
        }
        "parameters" | "lambda_parameters" => parameters(node, text),
        "argument_list" => {
            let mut named = false;
            let mut cursor = node.walk();
            node.named_children(&mut cursor).find_map(|argument| {
                match argument.kind() {
                    "keyword_argument" | "dictionary_splat" => named = true,
                    "comment" | "list_splat" | "ERROR" => {}
                    _ if named => return Some(PythonError::PositionalBehindNamed),
                    _ => {}
                }
                None
            })
        }
        _ => None,
    }
}

fn outside(node: &Node, is_inside: bool) -> Option<PythonError> {
    (!is_inside).then(|| PythonError::Outside(node.kind().trim_end_matches("_statement").to_owned()))
}

fn parameters(node: &Node, text: &Rope) -> Option<PythonError> {
    let mut names = HashSet::new();
    let mut has_default = false;
    let mut cursor = node.walk();
    for parameter in node.named_children(&mut cursor) {
        let is_plain = matches!(parameter.kind(), "identifier" | "typed_parameter");
        match parameter.kind() {
            "default_parameter" | "typed_default_parameter" => has_default = true,
            // The parameters after this are keyword-only.
            "list_splat_pattern" | "keyword_separator" | "dictionary_splat_pattern" => has_default = false,
            _ if is_plain => {}
            _ => continue,
        }
        let mut name = parameter.child_by_field_name("name").unwrap_or(parameter);
        let is_splat = |node: &Node| matches!(node.kind(), "list_splat_pattern" | "dictionary_splat_pattern");
        while name.kind() != "identifier"
            && let Some(inside) = name.named_child(0)
        {
            has_default &= !is_splat(&inside);
            name = inside;
        }
        if name.kind() != "identifier" {
            continue;
        }
        let name = text_of(text, &name);
        if is_plain && has_default {
            return Some(PythonError::DefaultBefore(name));
        }
        if !names.insert(name.clone()) {
            return Some(PythonError::TwiceParameter(name));
        }
    }
    None
}

/// The nearest node around `node` of one of these kinds. Only the body counts as inside a function.
fn enclosing<'tree>(node: &Node<'tree>, kinds: &[&str]) -> Option<Node<'tree>> {
    let mut inner = *node;
    let mut levels = 0..1_000;
    while let Some(outer) = inner.parent() {
        levels.next()?;
        let in_body = outer.child_by_field_name("body").is_none_or(|body| body.id() == inner.id());
        if kinds.contains(&outer.kind()) && in_body {
            return Some(outer);
        }
        inner = outer;
    }
    None
}

fn is_async(function: &Node) -> bool {
    function.child(0).is_some_and(|first| first.kind() == "async")
}

struct Logical {
    bytes: Range<usize>,
    indentation: String,
    /// Whether the statement ends with a colon that opens a block.
    opens: bool,
}

fn indentation(tree: &Tree, text: &Rope) -> Vec<(Range<usize>, PythonError)> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let mut opened = false;
    for line in logical_lines(tree, text) {
        let (wide, narrow) = columns(&line.indentation);
        let (top_wide, top_narrow) = open.last().copied().unwrap_or_default();
        let mut refuse = |refusal| found.push((line.bytes.clone(), refusal));
        if (wide.cmp(&top_wide)) != (narrow.cmp(&top_narrow)) {
            refuse(PythonError::TabsMixed);
        }
        if wide > top_wide {
            if !opened {
                refuse(PythonError::UnexpectedIndent);
            }
            open.push((wide, narrow));
        } else {
            if opened {
                refuse(PythonError::NoBlock);
            }
            while open.len() > 1 && open.last().is_some_and(|(top, _)| *top > wide) {
                open.pop();
            }
            if open.last().is_some_and(|(top, _)| *top != wide) {
                refuse(PythonError::NoSuchLevel);
                open.push((wide, narrow));
            }
        }
        opened = line.opens;
    }
    if opened {
        let end = text.len_bytes();
        found.push((end..end, PythonError::NoBlock));
    }
    found
}

/// The width of an indentation in columns: with tabs to the next multiple of eight, and with tabs of one.
fn columns(indentation: &str) -> (usize, usize) {
    indentation.chars().fold((0, 0), |(wide, narrow), c| match c {
        '\t' => ((wide / 8 + 1) * 8, narrow + 1),
        '\u{c}' => (0, 0),
        _ => (wide + 1, narrow + 1),
    })
}

/// The lines that begin statements: not blank, not comments, and not inside a string or a bracket. The tree identifies
/// strings and comments. This function counts brackets itself, because the tree's brackets may be broken.
fn logical_lines(tree: &Tree, text: &Rope) -> Vec<Logical> {
    let (strings, comments) = strings_and_comments(tree);
    let mut found: Vec<Logical> = Vec::new();
    let mut strings = strings.into_iter().peekable();
    let mut comments = comments.into_iter().peekable();
    let (mut depth, mut continues) = (0_usize, false);
    let mut start = 0;
    let mut inside = 0;
    for line in text.lines() {
        let content: String = line.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let begins = depth == 0 && !continues && start >= inside;
        // The code of the line, letter for letter. Strings and comments are replaced by blanks.
        let mut code = String::with_capacity(content.len());
        let mut escaped = false;
        for (at, c) in content.char_indices() {
            let byte = start + at;
            while strings.next_if(|string| string.end <= byte).is_some() {}
            while comments.next_if(|comment| comment.end <= byte).is_some() {}
            let in_string = strings.peek().is_some_and(|string| string.start <= byte);
            let in_comment = comments.peek().is_some_and(|comment| comment.start <= byte);
            if in_string && let Some(string) = strings.peek() {
                inside = inside.max(string.end);
            }
            escaped = c == '\\' && !in_string && !in_comment;
            if in_comment || c.is_whitespace() {
                code.push(' ');
            } else if in_string {
                code.push('s');
            } else {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                code.push(if c.is_ascii() { c } else { 'x' });
            }
        }
        let is_empty = code.trim().is_empty();
        if begins && !is_empty {
            let indentation: String = content.chars().take_while(|c| matches!(c, ' ' | '\t' | '\u{c}')).collect();
            found.push(Logical { bytes: start + indentation.len()..start + content.len(), indentation, opens: false });
        }
        continues = escaped;
        start += line.len_bytes();
        if !is_empty && let Some(last) = found.last_mut() {
            last.opens = depth == 0 && code.trim_end().ends_with(':');
        }
    }
    found
}

fn strings_and_comments(tree: &Tree) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (mut strings, mut comments) = (Vec::new(), Vec::new());
    walk(tree, |node| match node.kind() {
        "string" => {
            strings.push(node.byte_range());
            false
        }
        "comment" => {
            comments.push(node.byte_range());
            false
        }
        _ => true,
    });
    (strings, comments)
}
