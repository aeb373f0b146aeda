//! Finds the definition at a point in the text.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::Node;

use super::Syntax;
use super::kinds::{Kinds, is_one_of, kinds};
use super::lines::{Lines, starts_its_line};
use super::parse::parse;

/// Code is some tens of levels deep. Garbage of brackets can be as deep as it is long.
const DEEPEST: usize = 5_000;

/// Answers [`enclosing_definition`](super::enclosing_definition).
pub(super) fn enclosing_definition(text: &Rope, syntax: Syntax, bytes: Range<usize>) -> Option<Range<usize>> {
    if bytes.start > bytes.end || bytes.end > text.len_bytes() {
        return None;
    }
    let tree = parse(text, syntax)?;
    let search = Search { text, lines: Lines::new(text), syntax, kinds: kinds(syntax), wanted: bytes };
    search.innermost(tree.root_node())
}

/// Answers [`with_attached`](super::with_attached).
pub(super) fn with_attached(text: &Rope, syntax: Syntax, bytes: Range<usize>, always: bool) -> Range<usize> {
    let start = text.get_byte_slice(bytes.clone()).map(|code| code.bytes().take_while(u8::is_ascii_whitespace).count());
    let Some(first) = start.map(|blank| bytes.start + blank).filter(|first| *first < bytes.end) else { return bytes };
    let Some(tree) = parse(text, syntax) else { return bytes };
    let search = Search { text, lines: Lines::new(text), syntax, kinds: kinds(syntax), wanted: first..first + 1 };
    match search.attached(tree.root_node(), bytes.end, always) {
        Some(start) if start < bytes.start => search.lines.start_of(start)..bytes.end,
        _ => bytes,
    }
}

/// Whether a node only contains the statements of a body. The grammars of Python and HCL put a comment at the start of
/// a body before this node. The comment belongs to the first statement.
fn is_body(node: Node) -> bool {
    matches!(node.kind(), "block" | "body")
}

struct Search<'a> {
    text: &'a Rope,
    lines: Lines<'a>,
    syntax: Syntax,
    kinds: Kinds,
    wanted: Range<usize>,
}

impl Search<'_> {
    /// Descends from `root`, always into the child that contains the wanted bytes.
    fn innermost(&self, root: Node) -> Option<Range<usize>> {
        let mut found: Option<Range<usize>> = None;
        let mut fallback = None;
        // The definition that a wrapper already represents.
        let mut claimed = None;
        for (level, (child, lead)) in self.with_wanted(root).enumerate() {
            if level == DEEPEST {
                return None;
            }
            let extent = lead.unwrap_or(child.start_byte())..self.end(child);
            match self.definition_in(child, found.is_some()) {
                Some(inner) if claimed != Some(inner.id()) => {
                    claimed = Some(inner.id());
                    found = Some(extent);
                }
                None if found.is_none() && self.is_fallback(child) => fallback = Some(extent),
                _ => {}
            }
            if found.is_some() && self.syntax == Syntax::Sql {
                // The statements inside a statement, of a subquery or a procedure, make no sense alone.
                break;
            }
        }
        found.or(fallback)
    }

    /// The nodes that contain the wanted bytes, from the outermost in `root`, each with the start of its attachments.
    fn with_wanted<'tree>(&self, root: Node<'tree>) -> impl Iterator<Item = (Node<'tree>, Option<usize>)> {
        let (mut node, mut carried) = (root, None::<usize>);
        std::iter::from_fn(move || {
            let (child, lead) = self.child_with_wanted(node)?;
            let lead = lead.or_else(|| carried.take().filter(|_| child.start_byte() == node.start_byte()));
            carried = lead.filter(|_| is_body(child));
            node = child;
            Some((child, lead))
        })
    }

    /// The start, with attachments, of the definition whose name is on the line of the wanted bytes.
    fn attached(&self, root: Node, selected_to: usize, always: bool) -> Option<usize> {
        let line = self.lines.line_of(self.wanted.start);
        for (child, lead) in self.with_wanted(root).take(DEEPEST) {
            if let Some(inner) = self.definition_in(child, false) {
                let name = inner.child_by_field_name("name").unwrap_or(inner);
                // On the line of its name, or on the line of a decorator before it.
                let is_here = line <= self.lines.line_of(name.start_byte()) && child.start_byte() <= self.wanted.start;
                // A range that starts with the comment above it also means this definition.
                let is_above =
                    lead.is_some_and(|lead| lead <= self.wanted.start) && self.wanted.start < child.start_byte();
                if is_here || is_above {
                    let is_whole = self.end(child) <= selected_to;
                    return (always || is_whole).then(|| lead.unwrap_or(child.start_byte()));
                }
            }
        }
        None
    }

    /// The child of `parent` that contains the wanted bytes, and the start of the comments and attributes above it.
    fn child_with_wanted<'tree>(&self, parent: Node<'tree>) -> Option<(Node<'tree>, Option<usize>)> {
        let mut cursor = parent.walk();
        if !cursor.goto_first_child() {
            return None;
        }
        let mut lead: Option<Lead> = None;
        let mut beside = None;
        let first_wanted = self.lines.start_of(self.wanted.start);
        loop {
            let child = cursor.node();
            let first = lead.as_ref().map_or(child.start_byte(), |lead| lead.start);
            if self.lines.start_of(first) > self.wanted.end {
                break;
            }
            if self.is_lead(child) {
                lead = Some(self.lead_with(lead, child));
            } else if child.is_named() && !self.is_blank(child) {
                let above = lead.take().filter(|lead| self.touches(lead, child)).map(|lead| lead.start);
                lead = self.tail(child);
                let start = above.unwrap_or(child.start_byte());
                // Most children of a long file are far above the point.
                if self.body_behind(child).unwrap_or(child).end_byte() + 1 < first_wanted {
                    if !cursor.goto_next_sibling() {
                        break;
                    }
                    continue;
                }
                let end = self.end(child);
                if start <= self.wanted.start && self.wanted.end <= end && start != end {
                    // If the point is between two nodes, the later one contains the next letter.
                    if self.wanted.end < end || beside.is_none() {
                        beside = Some((child, above));
                    }
                    if self.wanted.end < end {
                        break;
                    }
                } else if beside.is_none() && self.on_its_lines(start, end) {
                    beside = Some((child, above));
                }
            }
            if !cursor.goto_next_sibling() {
                break;
            }
        }
        beside
    }

    /// Whether the wanted bytes are next to `start..end` on its first and last lines, with only blanks between.
    fn on_its_lines(&self, start: usize, end: usize) -> bool {
        let Some(line_start) = self.lines.start_if_blank_before(start) else { return false };
        line_start <= self.wanted.start && self.wanted.end <= self.lines.end_if_blank_after(end)
    }

    fn definition_in<'tree>(&self, node: Node<'tree>, nested: bool) -> Option<Node<'tree>> {
        // `export const f = () => …` has three wrappers. Wrappers in other languages are not deeper.
        let inner = self.named_by(node, 6)?;
        let is_nameless = is_one_of(&inner, self.kinds.nameless);
        let counts = !is_nameless || (inner != node && (!nested || self.lines.several(&node.byte_range())));
        counts.then_some(inner)
    }

    /// The single definition, with or without a name. `node` is this definition or its wrapper.
    fn named_by<'tree>(&self, node: Node<'tree>, depth: usize) -> Option<Node<'tree>> {
        if self.is_definition(node) || is_one_of(&node, self.kinds.nameless) {
            return Some(node);
        }
        if depth == 0 || !is_one_of(&node, self.kinds.wrappers) {
            return None;
        }
        let mut cursor = node.walk();
        let mut inner = node.named_children(&mut cursor).filter_map(|child| self.named_by(child, depth - 1));
        let first = inner.next();
        if inner.next().is_some() { None } else { first }
    }

    fn is_definition(&self, node: Node) -> bool {
        if node.is_error() || node.start_byte() == node.end_byte() {
            return false;
        }
        if is_one_of(&node, self.kinds.large) {
            return node.child_by_field_name("body").is_some() || self.lines.several(&node.byte_range());
        }
        is_one_of(&node, self.kinds.definitions) && self.is_whole(node)
    }

    /// Checks that need more than the kind of a node.
    fn is_whole(&self, node: Node) -> bool {
        match self.syntax {
            // The text before the first heading is a section without a heading.
            Syntax::Markdown => {
                node.named_child(0).is_some_and(|child| matches!(child.kind(), "atx_heading" | "setext_heading"))
            }
            // `{}` and `{ "a": 1 }` inside a line are values. The definition is the object around their lines.
            Syntax::Json | Syntax::Jsonc => {
                self.lines.several(&node.byte_range()) || starts_its_line(self.text, node.start_byte())
            }
            Syntax::Dart if node.kind().ends_with("_signature") => self.body_behind(node).is_some(),
            _ => true,
        }
    }

    /// The body of a top-level Dart function. In the tree, it is a sibling of the function's head.
    fn body_behind<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        let is_head = self.syntax == Syntax::Dart && node.kind().ends_with("_signature");
        let next = is_head.then(|| node.next_named_sibling()).flatten()?;
        let is_outermost = node.parent().is_some_and(|parent| parent.parent().is_none());
        (is_outermost && next.kind() == "function_body").then_some(next)
    }

    /// Whether a node is the blanks between two others, as in XML's grammar.
    fn is_blank(&self, node: Node) -> bool {
        self.syntax == Syntax::Xml
            && node.kind() == "CharData"
            && self.lines.trimmed_end(&node.byte_range()) == node.start_byte()
    }

    fn is_fallback(&self, node: Node) -> bool {
        is_one_of(&node, self.kinds.fallbacks)
            && self.lines.several(&node.byte_range())
            && starts_its_line(self.text, node.start_byte())
    }

    fn is_lead(&self, node: Node) -> bool {
        is_one_of(&node, self.kinds.leads)
            && starts_its_line(self.text, node.start_byte())
            // `//!` and `/*!` describe the item around them.
            && node.child_by_field_name("inner").is_none()
    }

    fn lead_with(&self, before: Option<Lead>, node: Node) -> Lead {
        let is_comment = node.kind().to_ascii_lowercase().ends_with("comment") || node.kind() == "marginalia";
        let before = before.filter(|lead| self.touches(lead, node));
        Lead {
            start: before.as_ref().map_or(node.start_byte(), |lead| lead.start),
            last_line: self.lines.last_line(&node.byte_range()),
            is_comment,
        }
    }

    /// The comments at the end of a TOML table. The grammar adds them to this table, but they belong to the next one.
    fn tail(&self, node: Node) -> Option<Lead> {
        if self.syntax != Syntax::Toml {
            return None;
        }
        let last = u32::try_from(node.named_child_count()).ok()?.checked_sub(1)?;
        let mut comments = Vec::new();
        let mut child = node.named_child(last);
        while let Some(comment) = child.filter(|child| self.is_lead(*child)) {
            comments.push(comment);
            child = comment.prev_named_sibling();
        }
        let next = node.next_named_sibling()?;
        let lead = comments.into_iter().rev().fold(None, |lead, comment| Some(self.lead_with(lead, comment)))?;
        self.touches(&lead, next).then_some(lead)
    }

    /// Whether only a line break is between a lead and the next node. After attributes, blank lines are allowed.
    fn touches(&self, lead: &Lead, node: Node) -> bool {
        !lead.is_comment || self.lines.line_of(node.start_byte()) <= lead.last_line + 1
    }

    /// The end of a node, without the blanks and line breaks that some grammars include, but with a semicolon directly
    /// after it.
    fn end(&self, node: Node) -> usize {
        if let Some(body) = self.body_behind(node) {
            return self.end(body);
        }
        let own = self.tail(node).map_or(node.end_byte(), |tail| tail.start);
        let end = self.lines.trimmed_end(&(node.start_byte()..own));
        if self.text.get_byte(end) == Some(b';') { end + 1 } else { end }
    }
}

/// A row of comments, attributes and decorators.
struct Lead {
    start: usize,
    last_line: usize,
    is_comment: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lines::undrawn;

    /// The range `«…»` in `marked`, with what is attached to it.
    fn attached(syntax: Syntax, marked: &str, always: bool) -> String {
        let (text, bytes) = undrawn(marked);
        text.byte_slice(with_attached(&text, syntax, bytes, always)).to_string()
    }

    #[test]
    fn item_includes_its_comments_attributes_and_decorators() {
        // Each range begins at `‹`.
        for (syntax, picture) in [
            (Syntax::Rust, "x();\n\n‹/// Adds.\n#[test]\n«fn adds() {\n}\n»"),
            (Syntax::Go, "package a\n\n‹// Len is it.\n«func (c *C) Len() int {\n}\n»"),
            (Syntax::Python, "class A:\n    x = 1\n\n‹    # Why.\n    @cached\n«    def f(self):\n        pass\n»"),
            (Syntax::Python, "class A:\n‹    # First.\n«    @cached\n    def f(self):\n        pass\n»"),
            (Syntax::Java, "class A {\n‹    /** Doc. */\n    @Override\n«    public int f() {\n    }\n»}\n"),
            (Syntax::TypeScript, "‹/** Doc. */\n«export function f() {\n}\n»"),
            (Syntax::Dart, "int a = 1;\n\n‹/// Adds.\n«int f(int x) {\n  return x;\n}\n»"),
            (Syntax::Xml, "<a>\n  <!-- Far. -->\n\n‹  <!-- The b. -->\n«  <b>\n    <c/>\n  </b>\n»</a>\n"),
            (Syntax::Hcl, "‹# The bucket.\n«resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"b\"\n}\n»"),
            (
                Syntax::PowerShell,
                "$a = 1\n\n‹<#\n.SYNOPSIS\nAdds.\n#>\n«function Add-One([int] $x) {\n    return $x + 1\n}\n»",
            ),
        ] {
            let (_, expected) = picture.split_once('‹').unwrap();
            let expected = expected.split('»').next().unwrap().replace('«', "");
            assert_eq!(attached(syntax, &picture.replace('‹', ""), false), expected, "{syntax:?}");
        }
    }

    #[test]
    fn dart_function_includes_its_body_from_any_point_inside_it() {
        let function = "/// Adds.\nint add(List<int> xs) {\n  var sum = 0;\n\n  for (final x in xs) {\n    sum += x;\n  }\n  return sum;\n}";
        let getter = "int get zero => 0;";
        let method = "int f(int x) {\n    return x;\n  }";
        let source = format!("import 'a.dart';\n\n{function}\n\n{getter}\n\nclass A {{\n  {method}\n}}\n");
        let text = Rope::from_str(&source);
        let meant = |needle: &str| {
            let at = source.find(needle).unwrap();
            enclosing_definition(&text, Syntax::Dart, at..at).map(|bytes| text.byte_slice(bytes).to_string())
        };
        for needle in ["/// Adds", "int add", "var sum", "sum +=", "return sum"] {
            assert_eq!(meant(needle).as_deref(), Some(function), "{needle}");
        }
        assert_eq!(meant("get zero").as_deref(), Some(getter));
        for needle in ["int f", "return x"] {
            assert_eq!(meant(needle).as_deref(), Some(method), "{needle}");
        }
    }

    #[test]
    fn attachments_of_a_partial_item_are_optional() {
        let marked = "/// Adds.\nfn a() {}\n\n/// Adds.\n«fn adds() {\n    one();\n»    two();\n}\n";
        assert_eq!(attached(Syntax::Rust, marked, false), "fn adds() {\n    one();\n");
        assert_eq!(attached(Syntax::Rust, marked, true), "/// Adds.\nfn adds() {\n    one();\n");
        assert_eq!(attached(Syntax::Rust, "// Why.\nfn a() {\n«    one();\n»}\n", true), "    one();\n");
    }
}
