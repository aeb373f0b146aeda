//! Blocks that tests are collected in.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::Node;

use super::{Syntax, parse::parse};

/// A module or class that tests stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestBlock {
    /// What stands between its brackets, in bytes.
    pub body: Range<usize>,
    /// Whether the text has nothing else but what leads to it: imports, attributes, comments.
    pub is_all: bool,
}

/// The block of `text` that tests are collected in: Rust's module `tests`, or the last class of a Java, Kotlin, C# or PHP
/// file. `None` where there is none, where the language collects its tests at the top level, and where the text is too
/// large to be parsed.
pub fn test_block(text: &Rope, syntax: Syntax) -> Option<TestBlock> {
    let (kinds, bodies): (&[&str], &[&str]) = match syntax {
        Syntax::Rust => (&["mod_item"], &["declaration_list"]),
        Syntax::Java => (&["class_declaration"], &["class_body"]),
        Syntax::Kotlin => (&["class_declaration"], &["class_body"]),
        Syntax::CSharp => (&["class_declaration"], &["declaration_list"]),
        Syntax::Php => (&["class_declaration"], &["declaration_list"]),
        _ => return None,
    };
    let tree = parse(text, syntax)?;
    let root = tree.root_node();
    let mut items = Vec::new();
    top_level(root, &mut items);
    let is_block = |node: &Node| {
        kinds.contains(&node.kind())
            && (syntax != Syntax::Rust
                || node.child_by_field_name("name").is_some_and(|name| text.byte_slice(name.byte_range()) == "tests"))
    };
    let block = items.iter().rfind(|node| is_block(node))?;
    let mut cursor = block.walk();
    let body = block.children(&mut cursor).find(|child| bodies.contains(&child.kind()))?;
    // Without its closing bracket nobody knows where it ends.
    let is_whole = !body.is_error() && !body.child(body.child_count().checked_sub(1)?)?.is_missing();
    let inside = body.start_byte() + 1..body.end_byte().checked_sub(1)?;
    let is_all = items.iter().all(|node| node == block || leads(node));
    (is_whole && inside.start <= inside.end).then_some(TestBlock { body: inside, is_all })
}

/// The items of a file, those in namespaces included.
fn top_level<'tree>(node: Node<'tree>, items: &mut Vec<Node<'tree>>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        let is_wrapper = child.kind() == "namespace_declaration"
            || node.kind() == "namespace_declaration" && child.kind() == "declaration_list";
        if is_wrapper {
            top_level(child, items);
        } else {
            items.push(child);
        }
    }
}

/// Whether a node at the top of a file only prepares what follows.
fn leads(node: &Node) -> bool {
    const KINDS: &[&str] = &[
        "use_declaration",
        "attribute_item",
        "inner_attribute_item",
        "import_declaration",
        "import",
        "import_list",
        "import_header",
        "package_declaration",
        "package_header",
        "using_directive",
        "file_scoped_namespace_declaration",
        "namespace_definition",
        "namespace_use_declaration",
        "namespace_name",
        "qualified_name",
        "identifier",
        "php_tag",
    ];
    node.kind().contains("comment") || KINDS.contains(&node.kind())
}
