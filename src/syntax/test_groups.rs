//! Groups of tests, such as classes and `describe`: what one group has and another of the same name lacks.

use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use super::Syntax;
use super::definition::with_attached;
use super::lines::{Lines, text_of};
use super::set_up::set_up;

/// Tests that belong into an existing group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MissingTests {
    /// The last item of that group, in bytes.
    pub below: Range<usize>,
    /// The items that the group lacks, in bytes, in their order.
    pub items: Vec<Range<usize>>,
}

/// The items that `new` has and `old` lacks, if both are groups, and the items of `old` to add them below. Returns
/// `None` if one is not a group, or if `old` has no item to add below.
pub(super) fn lacking(text: &Rope, syntax: Syntax, old: Node<'_>, new: Node<'_>) -> Option<Vec<MissingTests>> {
    let mut found = Vec::new();
    collect(text, syntax, body(text, old)?, body(text, new)?, &mut found)?;
    Some(found)
}

/// Whether the item contains tests and is not a test itself.
pub(super) fn is_group(name: &str, node: &Node<'_>) -> bool {
    name.starts_with("describe") || name.starts_with("context") || inner(*node).kind().contains("class")
}

fn collect(text: &Rope, syntax: Syntax, old: Node<'_>, new: Node<'_>, found: &mut Vec<MissingTests>) -> Option<()> {
    let old = members(old);
    let last = old.last()?.byte_range();
    // A set-up variable is not a test of the same name.
    let name_of_member =
        |node: &Node<'_>| name_of(text, node).or_else(|| set_up(text, node).map(|name| format!("= {name}")));
    let named: Vec<(Option<String>, &Node<'_>)> = old.iter().map(|node| (name_of_member(node), node)).collect();
    let mut items: Vec<Range<usize>> = Vec::new();
    for member in members(new) {
        let name = name_of_member(&member);
        let duplicate = match &name {
            Some(_) => named.iter().rfind(|(other, _)| *other == name),
            None => named.iter().find(|(_, other)| text_of(text, other) == text_of(text, &member)),
        };
        let is_there = duplicate.is_some_and(|(_, duplicate)| {
            let groups = body(text, **duplicate).zip(body(text, member));
            groups.is_none_or(|(old, new)| collect(text, syntax, old, new, found).is_some())
        });
        if !is_there {
            items.push(whole_lines(text, syntax, &member.byte_range()));
        }
    }
    if !items.is_empty() {
        found.push(MissingTests { below: last, items });
    }
    Some(())
}

/// The members of a group's body, without attachments of later items and without items that mean nothing alone.
fn members(body: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = body.walk();
    let is_item = |node: &Node<'_>| {
        let kind = node.kind();
        let is_docstring =
            kind == "expression_statement" && node.named_child(0).is_some_and(|child| child.kind() == "string");
        !is_docstring && !["comment", "attribute_item", "pass_statement"].iter().any(|other| kind.contains(other))
    };
    body.named_children(&mut cursor).filter(is_item).collect()
}

fn body<'t>(text: &Rope, node: Node<'t>) -> Option<Node<'t>> {
    let name = name_of(text, &node)?;
    if !is_group(&name, &node) {
        return None;
    }
    let node = inner(node);
    if let Some(body) = node.child_by_field_name("body") {
        return Some(body);
    }
    // In Kotlin's grammar, the body has no field name.
    let mut cursor = node.walk();
    if let Some(body) = node.named_children(&mut cursor).find(|child| child.kind() == "class_body") {
        return Some(body);
    }
    // In Ruby, a call has a block. In other languages, the last argument is a function.
    if let Some(block) = node.child_by_field_name("block") {
        return block.child_by_field_name("body").or(Some(block));
    }
    let arguments = node.child_by_field_name("arguments")?;
    let last = arguments.named_child(u32::try_from(arguments.named_child_count().checked_sub(1)?).ok()?)?;
    let function = if last.kind() == "argument" { last.named_child(0)? } else { last };
    function.child_by_field_name("body").filter(|_| function.kind().contains("func"))
}

/// An item without its decorators, its `export`, or its semicolon.
fn inner(node: Node<'_>) -> Node<'_> {
    let inside = match node.kind() {
        "decorated_definition" => node.child_by_field_name("definition"),
        "export_statement" => node.child_by_field_name("declaration"),
        "expression_statement" => node.named_child(0),
        _ => None,
    };
    inside.unwrap_or(node)
}

/// The name of an item. For a test that is a call, the function and its first words.
pub(super) fn name_of(text: &Rope, node: &Node) -> Option<String> {
    let words = |node: Node| -> String {
        text_of(text, &node).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect()
    };
    let kind = node.kind();
    match kind {
        "decorated_definition" => return name_of(text, &node.child_by_field_name("definition")?),
        "export_statement" => return name_of(text, &node.child_by_field_name("declaration")?),
        "expression_statement" => return name_of(text, &node.named_child(0)?).filter(|name| name.contains(' ')),
        "call_expression" | "call" | "function_call" | "function_call_expression" => {
            let callee = ["function", "method", "name"].iter().find_map(|field| node.child_by_field_name(field))?;
            let callee = words(callee);
            let is_test = ["it", "test", "describe", "context", "specify", "scenario"]
                .contains(&callee.split('.').next().unwrap_or_default());
            let first = node.child_by_field_name("arguments")?.named_child(0)?;
            let first = if first.kind() == "argument" { first.named_child(0)? } else { first };
            return (is_test && first.kind().contains("string")).then(|| format!("{callee} {}", words(first)));
        }
        _ => {}
    }
    let is_item = ["function", "method", "class", "struct", "interface", "mod_item", "object_declaration"]
        .iter()
        .any(|word| kind.contains(word));
    let is_item = is_item && (kind.contains("decl") || kind.contains("def") || kind.contains("item"))
        || matches!(kind, "class" | "method" | "singleton_method" | "module");
    if !is_item {
        return None;
    }
    node.child_by_field_name("name").or_else(|| node.child_by_field_name("declarator")).map(words)
}

/// The lines of an item, with its comments, attributes and decorators.
pub(super) fn whole_lines(text: &Rope, syntax: Syntax, bytes: &Range<usize>) -> Range<usize> {
    let lines = Lines::new(text);
    let whole = lines.start_of(bytes.start)..lines.end_of(lines.trimmed_end(bytes));
    let mut whole = with_attached(text, syntax, whole, true);
    // Comments above a decorator belong to the item, too.
    let is_comment = |line: usize| {
        let line = text.get_line(line).map(String::from).unwrap_or_default();
        ["#", "//", "/*", "*", "--", "@"].iter().any(|mark| line.trim_start().starts_with(mark))
    };
    let mut first = lines.line_of(whole.start);
    while first > 0 && is_comment(first - 1) {
        first -= 1;
    }
    whole.start = whole.start.min(text.line_to_byte(first));
    whole
}
