//! The set-up of tests: variables, constants and fields next to them. They must not be declared twice.

use ropey::Rope;
use tree_sitter::Node;

use super::kinds::is_one_of;
use super::lines::text_of;

/// The name that a node declares. Returns `None` if it declares none, or is a function, class or test.
pub(super) fn set_up(text: &Rope, node: &Node<'_>) -> Option<String> {
    const LETS: &[&str] = &["let", "let!", "subject", "subject!"];
    let words = |node: Node<'_>| Some(text_of(text, &node));
    match node.kind() {
        "export_statement" => set_up(text, &node.child_by_field_name("declaration")?),
        // Python's assignments. Other calls and expressions declare nothing.
        "expression_statement" => set_up(text, &only(*node, "assignment")?),
        "assignment" => words(node.child_by_field_name("left").filter(|left| left.kind() == "identifier")?),
        "const_item" | "static_item" => words(node.child_by_field_name("name")?),
        // `let(:cart) { … }` of RSpec.
        "call" => {
            let is_let = LETS.contains(&&*words(node.child_by_field_name("method")?)?);
            let first = node.child_by_field_name("arguments")?.named_child(0)?;
            (is_let && first.kind() == "simple_symbol").then(|| words(first)).flatten()
        }
        _ if is_one_of(node, DECLARATIONS) => {
            let name = ["name", "declarator"].iter().find_map(|field| node.child_by_field_name(field));
            match name {
                Some(name) if is_plain(name) => words(name),
                Some(declarator) => set_up(text, &declarator),
                None => {
                    let inside = only(*node, INSIDE).or_else(|| only(*node, NAMES))?;
                    if is_plain(inside) { words(inside) } else { set_up(text, &inside) }
                }
            }
        }
        _ => None,
    }
}

/// The kinds of nodes that declare variables. Some of their children name them.
const DECLARATIONS: &str = "lexical_declaration variable_declaration field_declaration property_declaration var_declaration \
    const_declaration const_spec var_spec variable_declarator property_element assignment_statement variable_list";

/// The kinds of nodes between a declaration and its name.
const INSIDE: &str = "variable_declarator variable_declaration property_element assignment_statement variable_list var_spec \
    const_spec const_element";

const NAMES: &str = "identifier simple_identifier variable_name property_identifier name";

fn is_plain(node: Node<'_>) -> bool {
    is_one_of(&node, NAMES)
}

/// The only child of these kinds. Returns `None` if there are several, because they are declared together.
fn only<'t>(node: Node<'t>, kinds: &str) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    let mut found = node.named_children(&mut cursor).filter(|child| is_one_of(child, kinds));
    let first = found.next();
    if found.next().is_some() { None } else { first }
}
