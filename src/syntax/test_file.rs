//! A test file: the excerpt for the agent that adds tests, and the items that would be in the file twice.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use super::block::{block_with, test_block};
use super::kinds::is_one_of;
use super::lines::Lines;
use super::parse::{parse, walk};
use super::set_up::set_up;
use super::test_groups::{MissingTests, is_group, lacking, name_of, whole_lines};
use super::{Syntax, worker};

/// A file with at most this number of lines is shown completely.
const SHOWN_WHOLE_LINES: usize = 60;

const HEAD_LINES: usize = 30;

const LAST_LINES: usize = 40;

const MOST_NAMES: usize = 100;

/// An item with the same name as another item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Duplicate {
    /// The name. For a test that is a call, its arguments.
    pub name: String,
    /// Its lines and its attachments, in bytes.
    pub bytes: Range<usize>,
    /// If both are groups of tests (a class, a `describe`): the items that the existing group lacks, perhaps none.
    pub missing: Vec<MissingTests>,
}

/// Answers [`duplicates`](super::duplicates()).
pub(super) fn duplicates(text: &Rope, syntax: Syntax, added: Range<usize>) -> Vec<Duplicate> {
    let Some(tree) = parse(text, syntax) else { return Vec::new() };
    let around = block_with(text, syntax, added.start).map_or(0..text.len_bytes(), |block| block.body);
    let all = items(text, &tree, &around);
    let (new, old): (Vec<Item>, Vec<Item>) =
        all.into_iter().partition(|item| added.start <= item.bytes.start && item.bytes.end <= added.end);
    let is_old = |item: &Item| old.iter().any(|other| other.is_like(item));
    let mut seen: Vec<Item> = Vec::new();
    let mut duplicates = Vec::new();
    for item in new {
        if is_old(&item) || seen.iter().any(|other| other.is_like(&item)) {
            let bytes = whole_lines(text, syntax, &item.bytes);
            let duplicate = old.iter().rfind(|it| it.is_like(&item) && it.bytes.end <= added.start);
            let missing =
                match (duplicate.and_then(|duplicate| node_at(&tree, &duplicate.bytes)), node_at(&tree, &item.bytes)) {
                    (Some(old), Some(new)) if !item.is_set_up && is_group(&item.name, &new) => {
                        lacking(text, syntax, old, new)
                    }
                    _ => Some(Vec::new()),
                };
            // If an existing group has no item to add tests below, it gets none.
            let Some(missing) = missing else { continue };
            let bytes = bytes.start.max(added.start)..bytes.end.min(added.end);
            duplicates.push(Duplicate { name: item.name, bytes, missing });
        } else {
            seen.push(item);
        }
    }
    duplicates
}

/// The part of a test file that an agent needs to add tests: its head, the names of its tests, and the last tests. A
/// short file is returned whole. A file that cannot be parsed is returned up to a limit.
pub(crate) fn excerpt(text: &Rope, syntax: Option<Syntax>) -> Rope {
    if text.len_lines() <= SHOWN_WHOLE_LINES {
        return text.clone();
    }
    let parsed = syntax.and_then(|syntax| worker::parsed_excerpt(text, syntax));
    Rope::from_str(&parsed.unwrap_or_else(|| test_summary(text, &[])))
}

/// Same as [`excerpt`], for a long file. Returns `None` if it cannot be parsed.
pub(super) fn parsed_excerpt(text: &Rope, syntax: Syntax) -> Option<String> {
    let tree = parse(text, syntax)?;
    let mut found = tests(text, &tree, &block(text, syntax));
    // Only the starts of these items are needed, and each look-up is a parse.
    let last = found.len().saturating_sub(2);
    for item in found.iter_mut().enumerate().filter(|(at, _)| *at == 0 || *at >= last).map(|(_, item)| item) {
        item.bytes = whole_lines(text, syntax, &item.bytes);
    }
    Some(test_summary(text, &found))
}

/// The head of a file, the names of its tests, and its last tests.
fn test_summary(text: &Rope, found: &[Item]) -> String {
    let lines = Lines::new(text);
    let start_of = |item: &Item| item.bytes.start;
    let first = found.first().map_or(text.len_bytes(), start_of);
    let head_end = lines.line_of(first).min(HEAD_LINES);
    let head = text.slice(..text.line_to_char(head_end)).to_string();
    let names: Vec<&str> = found.iter().map(|item| item.name.as_str()).take(MOST_NAMES).collect();
    let end = found.last().map_or(text.len_lines(), |item| lines.last_line(&item.bytes) + 1);
    let floor = end.saturating_sub(LAST_LINES).max(head_end);
    // The last two if they fit. Otherwise the last one, or its end.
    let mut starts = found.iter().rev().take(2).map(|item| lines.line_of(start_of(item))).filter(|line| *line >= floor);
    let from = starts.next_back().unwrap_or(floor);
    let last = text.slice(text.line_to_char(from)..text.line_to_char(end.max(from))).to_string();
    let mut told = head;
    if from > head_end {
        told.push_str(&format!("[lines {}-{from} are not shown", head_end + 1));
        told.push_str(&if names.is_empty() {
            "]\n".to_owned()
        } else {
            format!("; tests there are: {}]\n", names.join(", "))
        });
    }
    told.push_str(&last);
    told
}

fn node_at<'t>(tree: &'t Tree, bytes: &Range<usize>) -> Option<Node<'t>> {
    tree.root_node().descendant_for_byte_range(bytes.start, bytes.end)
}

struct Item {
    name: String,
    bytes: Range<usize>,
    /// Whether the item only prepares tests and is not a test.
    is_set_up: bool,
}

impl Item {
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.is_set_up == other.is_set_up
    }
}

/// The range of the tests: their block, or the whole text.
fn block(text: &Rope, syntax: Syntax) -> Range<usize> {
    test_block(text, syntax, None).map_or(0..text.len_bytes(), |block| block.body)
}

/// The items directly in `block`.
fn items(text: &Rope, tree: &Tree, block: &Range<usize>) -> Vec<Item> {
    // Nodes that contain the items of a file but are not items.
    const HOLD: &str = "program source_file declaration_list namespace_declaration compound_statement";
    let mut found = Vec::new();
    walk_inside(tree, block, |node| {
        let test = name_of(text, &node);
        let is_set_up = test.is_none();
        if let Some(name) = test.or_else(|| set_up(text, &node)) {
            found.push(Item { name, bytes: node.byte_range(), is_set_up });
            return false;
        }
        is_one_of(&node, HOLD) || node.is_error()
    });
    found
}

/// The tests in `block`: the items with the name of a test, inside their groups.
fn tests(text: &Rope, tree: &Tree, block: &Range<usize>) -> Vec<Item> {
    let mut found = Vec::new();
    walk_inside(tree, block, |node| {
        let Some(name) = name_of(text, &node) else { return true };
        let is_group = is_group(&name, &node);
        if !is_group {
            found.push(Item { name, bytes: node.byte_range(), is_set_up: false });
        }
        is_group
    });
    found
}

/// Visits the nodes that are completely in `block`.
fn walk_inside<'t>(tree: &'t Tree, block: &Range<usize>, mut visit: impl FnMut(Node<'t>) -> bool) {
    let is_inside = |node: &Node| block.start <= node.start_byte() && node.end_byte() <= block.end;
    walk(tree, |node| node.parent().is_none() || !is_inside(&node) || visit(node));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lines::undrawn;

    #[test]
    fn duplicate_test_name_is_found_in_each_language() {
        for (syntax, marked, expected) in [
            (
                Syntax::Php,
                "<?php\nclass SumTest extends TestCase {\n    public function testAdd() {}\n«    public function testAdd() { $a; }\n    public function testSub() {}\n»}\n",
                "testAdd",
            ),
            (
                Syntax::Python,
                "def test_a():\n    pass\n\n\n«@mark.slow\ndef test_a():\n    assert 1\n\n\ndef test_b():\n    pass\n»",
                "test_a",
            ),
            (Syntax::Go, "package a\n\nfunc TestA(t *testing.T) {}\n\n«func TestA(t *testing.T) {}\n»", "TestA"),
            (
                Syntax::Rust,
                "fn adds() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {}\n«    #[test]\n    fn adds() {}\n    #[test]\n    fn subtracts() {}\n»}\n",
                "adds",
            ),
            (
                Syntax::TypeScript,
                "test('a', () => {});\n«test('a', () => { b() });\ntest('c', () => {});\n»",
                "test 'a'",
            ),
            (
                Syntax::Java,
                "class ATest {\n    @Test\n    void adds() {}\n«    @Test\n    void adds() { }\n»}\n",
                "adds",
            ),
        ] {
            let (text, added) = undrawn(marked);
            let found = duplicates(&text, syntax, added);
            assert_eq!(
                found.iter().map(|duplicate| duplicate.name.as_str()).collect::<Vec<_>>(),
                [expected],
                "{syntax:?}"
            );
        }
    }

    #[test]
    fn duplicate_test_includes_its_decorators_and_comment() {
        let twice = "# Again.\n@mark.slow\ndef test_a():\n    assert 1\n";
        let marked = format!("def test_a():\n    pass\n\n\n«{twice}\n\ndef test_b():\n    pass\n»");
        let (text, added) = undrawn(&marked);
        let duplicates = duplicates(&text, Syntax::Python, added);
        let [duplicate] = duplicates.as_slice() else { panic!("{duplicates:?}") };
        assert_eq!(text.byte_slice(duplicate.bytes.clone()).to_string(), twice);
    }

    #[test]
    fn long_test_file_is_sent_as_head_names_and_last_tests() {
        let test = |n: usize| format!("\n\ndef test_{n}():\n    a = {n}\n    assert a == {n}\n");
        let source = format!("import os\n\nLIMIT = 3\n{}", (0..200).map(test).collect::<String>());
        let told = excerpt(&Rope::from_str(&source), Some(Syntax::Python)).to_string();
        assert!(told.starts_with("import os\n\nLIMIT = 3\n\n\n[lines 6-"), "{told}");
        assert!(told.contains("tests there are: test_0, test_1, ") && !told.contains("a = 3\n"), "{told}");
        assert!(told.ends_with(
            "def test_198():\n    a = 198\n    assert a == 198\n\n\ndef test_199():\n    a = 199\n    assert a == 199\n"
        ));
        assert!(told.lines().count() < 60);
        let short = Rope::from_str("import os\n");
        assert_eq!(excerpt(&short, Some(Syntax::Python)), short);
        let unknown = Rope::from_str(&"line\n".repeat(5_000));
        assert!(excerpt(&unknown, None).len_lines() < 90);
    }
}
