//! Blocks that contain tests.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use super::Syntax;
use super::kinds::is_one_of;
use super::lines::text_of;
use super::parse::{parse, walk};

/// A module or class that contains tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestBlock {
    /// The range between its brackets, in bytes.
    pub body: Range<usize>,
    /// The name of the module or class.
    pub name: String,
    /// Whether the text contains only this block and what leads to it: imports, attributes, comments.
    pub is_all: bool,
}

/// Answers [`test_block`](super::test_block).
pub(super) fn test_block(text: &Rope, syntax: Syntax, name: Option<String>) -> Option<TestBlock> {
    let named = name.and_then(|name| block(text, syntax, |block| block.name == name));
    named.or_else(|| block(text, syntax, |_| true))
}

/// The block that contains the byte `at`. Otherwise the last block.
pub(super) fn block_with(text: &Rope, syntax: Syntax, at: usize) -> Option<TestBlock> {
    let around = block(text, syntax, |block| block.body.start <= at && at <= block.body.end);
    around.or_else(|| block(text, syntax, |_| true))
}

/// The last block for which `is_it` returns true.
fn block(text: &Rope, syntax: Syntax, is_it: impl Fn(&TestBlock) -> bool) -> Option<TestBlock> {
    let (kind, body) = match syntax {
        Syntax::Rust => ("mod_item", "declaration_list"),
        Syntax::Java | Syntax::Kotlin => ("class_declaration", "class_body"),
        Syntax::CSharp | Syntax::Php => ("class_declaration", "declaration_list"),
        _ => return None,
    };
    let tree = parse(text, syntax)?;
    let items = top_level(&tree);
    let is_block = |node: &Node| {
        let is_called_tests = || node.child_by_field_name("name").is_some_and(|name| text_of(text, &name) == "tests");
        node.kind() == kind && (syntax != Syntax::Rust || is_called_tests())
    };
    items
        .iter()
        .rev()
        .filter(|node| is_block(node))
        .filter_map(|node| test_block_of(text, node, &items, body))
        .find(is_it)
}

/// The test block of `block`, which is one of `items`.
fn test_block_of(text: &Rope, block: &Node<'_>, items: &[Node<'_>], body: &str) -> Option<TestBlock> {
    let name = block.child_by_field_name("name").map(|name| text_of(text, &name)).unwrap_or_default();
    let mut cursor = block.walk();
    let body = block.children(&mut cursor).find(|child| child.kind() == body)?;
    // If the closing bracket is missing, the end is unknown.
    let is_whole = !body.is_error() && !body.child(body.child_count().checked_sub(1)?)?.is_missing();
    let inside = body.start_byte() + 1..body.end_byte().checked_sub(1)?;
    let is_all = items.iter().all(|node| node == block || leads(node));
    (is_whole && inside.start <= inside.end).then_some(TestBlock { body: inside, name, is_all })
}

/// The items of a file, including the items in namespaces.
fn top_level(tree: &Tree) -> Vec<Node<'_>> {
    let (root, mut items) = (tree.root_node(), Vec::new());
    // The last entry is the end of the innermost namespace around the next items.
    let mut namespaces: Vec<Range<usize>> = Vec::new();
    walk(tree, |node| {
        let bytes = node.byte_range();
        while namespaces.pop_if(|around| bytes.start >= around.end).is_some() {}
        let is_namespace = node.kind() == "namespace_declaration";
        let is_its_body = node.kind() == "declaration_list" && namespaces.last().is_some_and(|it| it.end == bytes.end);
        if is_namespace {
            namespaces.push(bytes);
        } else if node != root && !is_its_body && node.is_named() {
            items.push(node);
        }
        node == root || is_namespace || is_its_body
    });
    items
}

/// Whether a node at the top of a file only prepares the nodes after it.
fn leads(node: &Node) -> bool {
    const KINDS: &str = "use_declaration attribute_item inner_attribute_item import_declaration import import_list \
        import_header package_declaration package_header using_directive file_scoped_namespace_declaration \
        namespace_definition namespace_use_declaration namespace_name qualified_name identifier php_tag";
    node.kind().contains("comment") || is_one_of(node, KINDS)
}
