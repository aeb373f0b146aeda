//! What an agent needs to know about the text around a range: what encloses it, and the declarations that it uses.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use super::Syntax;
use super::kinds::{Kinds, is_one_of, kinds};
use super::lines::Lines;
use super::parse::{parse, walk};

/// The minimum length of a useful name, in characters.
const SHORTEST_NAME: usize = 3;

const MOST_DECLARATIONS: usize = 25;

/// Declarations are near the root. A deeper node is a detail of a declaration.
const DEEPEST: usize = 10;

/// The lines of a text that explain a range, counted from zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vicinity {
    /// The heads of the definitions around the range, the outermost first.
    pub inside: Vec<usize>,
    /// The declarations of names that the range uses, from top to bottom.
    pub declarations: Vec<usize>,
}

/// Answers [`vicinity`](super::vicinity()).
pub(super) fn vicinity(text: &Rope, syntax: Syntax, range: Range<usize>) -> Vicinity {
    let Some(used) = text.get_byte_slice(range.clone()).map(|code| names(&code.to_string())) else {
        return Vicinity::default();
    };
    let Some(tree) = parse(text, syntax) else { return Vicinity::default() };
    let (kinds, lines) = (kinds(syntax), Lines::new(text));
    let own = lines.line_of(range.start)..=lines.last_line(&range);
    let last = lines.trimmed_end(&range);
    let mut inside = Vec::new();
    let mut declared = BTreeSet::new();
    walk(&tree, |node| {
        let encloses = node.start_byte() <= range.start && last <= node.end_byte();
        let head = || lines.line_of(name_of(&node).unwrap_or(node).start_byte());
        if encloses {
            if is_definition(&node, &kinds) && !own.contains(&head()) && !inside.contains(&head()) {
                inside.push(head());
            }
            return true;
        }
        if let Some(name) = name_of(&node)
            && text.get_byte_slice(name.byte_range()).is_some_and(|name| used.contains(&name.to_string()))
            && !own.contains(&head())
        {
            declared.insert(head());
        }
        // Declarations inside a function are local to it.
        !is_callable(&node) && depth_of(&node) <= DEEPEST
    });
    declared.retain(|line| !inside.contains(line));
    Vicinity { inside, declarations: declared.into_iter().take(MOST_DECLARATIONS).collect() }
}

fn names(code: &str) -> HashSet<String> {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| word.chars().count() >= SHORTEST_NAME).map(str::to_owned).collect()
}

fn is_definition(node: &Node, kinds: &Kinds) -> bool {
    [kinds.definitions, kinds.large, "mod_item"].iter().any(|kinds| is_one_of(node, kinds))
}

fn is_callable(node: &Node) -> bool {
    let kind = node.kind();
    ["function", "method", "constructor", "lambda"].iter().any(|word| kind.contains(word)) || kind.ends_with("block")
}

fn name_of<'tree>(node: &Node<'tree>) -> Option<Node<'tree>> {
    let kind = node.kind();
    let declares = ["declaration", "definition", "_item", "declarator", "_spec", "specifier", "assignment", "method"];
    if !declares.iter().any(|word| kind.contains(word)) && !matches!(kind, "class" | "module" | "property_element") {
        return None;
    }
    let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("left"));
    // In C, the name is inside nested declarators.
    let mut inner = name.or_else(|| node.child_by_field_name("declarator"));
    for _ in 0..6 {
        match inner.and_then(|it| it.child_by_field_name("declarator")) {
            Some(deeper) => inner = Some(deeper),
            None => break,
        }
    }
    inner.filter(|name| name.named_child_count() == 0)
}

fn depth_of(node: &Node) -> usize {
    let mut depth = 0;
    let mut at = node.parent();
    while let Some(parent) = at.filter(|_| depth <= DEEPEST) {
        depth += 1;
        at = parent.parent();
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lines::undrawn;

    /// The lines around the part of `marked` between `«` and `»`.
    fn marked_lines(syntax: Syntax, marked: &str) -> (Vec<String>, Vec<String>) {
        let (text, range) = undrawn(marked);
        let found = vicinity(&text, syntax, range);
        let lines = |numbers: Vec<usize>| numbers.into_iter().map(|line| text.line(line).to_string().trim().to_owned());
        (lines(found.inside).collect(), lines(found.declarations).collect())
    }

    #[test]
    fn heads_and_used_declarations_are_found() {
        let (inside, declarations) = marked_lines(
            Syntax::Python,
            "LIMIT = 3\nOTHER = 4\n\ndef load(path):\n    return path\n\n\nclass Cart(Base):\n    def add(self):\n        pass\n\n    \
             @cached\n    def total(self):\n«        return load(self.add())[:LIMIT]\n»",
        );
        assert_eq!(inside, ["class Cart(Base):", "def total(self):"]);
        assert_eq!(declarations, ["LIMIT = 3", "def load(path):", "def add(self):"]);
    }

    #[test]
    fn used_declarations_are_found_in_each_language() {
        let cases: &[(Syntax, &str, &[&str])] = &[
            (
                Syntax::Rust,
                "const LIMIT: usize = 3;\nstruct Cart { items: Vec<u8> }\nfn load() {}\nimpl Cart {\n    fn add(&self) {}\n«    fn total(&self) { load(); self.add(); LIMIT }\n»}\n",
                &["const LIMIT: usize = 3;", "fn load() {}", "fn add(&self) {}"],
            ),
            (
                Syntax::Go,
                "package a\n\nvar limit = 3\n\ntype Cart struct{}\n\nfunc load() {}\n\n«func (c *Cart) Total() int { load(); return limit }\n»",
                &["var limit = 3", "type Cart struct{}", "func load() {}"],
            ),
            (
                Syntax::TypeScript,
                "const limit = 3;\nfunction load() {}\ninterface Item {}\nclass Cart {\n  private items: Item[] = [];\n«  total(item: Item) { return load() + limit; }\n»}\n",
                &["const limit = 3;", "function load() {}", "interface Item {}"],
            ),
            (
                Syntax::C,
                "static int limit = 3;\nint load(const char *p) { return 0; }\n«int total(void) { return load(0) + limit; }\n»",
                &["static int limit = 3;", "int load(const char *p) { return 0; }"],
            ),
        ];
        for (syntax, source, expected) in cases {
            assert_eq!(marked_lines(*syntax, source).1, *expected, "{syntax:?}");
        }
    }
}
