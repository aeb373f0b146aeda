//! Parses a rope into a syntax tree, within limits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::{borrow::Cow, cell::Cell, ops::ControlFlow};

use ropey::Rope;
use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::Syntax;

/// The maximum size of a text that is parsed. Generated files are larger.
pub(super) const MOST_BYTES: usize = 5_000_000;

/// The maximum work of one parse, in progress reports of the parser (one for each hundred steps). A parse over the
/// limit is given up, and the caller continues without a tree. The limit uses no clock. Therefore the result does not
/// depend on the load of the machine. The worker has the time limit.
///
/// Ordinary code is far below the limit. Garbage that makes the parser try many readings at once reaches it.
const MOST_REPORTS: usize = 400_000;

thread_local! {
    static WAS_GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// Whether a parse on this thread was given up since the last call. Most callers treat this like an empty result, but
/// the log distinguishes the two.
pub(super) fn was_given_up() -> bool {
    WAS_GIVEN_UP.take()
}

/// The tree of `text`, or `None` if a limit is exceeded. Only the worker calls this: see [`worker`](super::worker).
pub(super) fn parse(text: &Rope, syntax: Syntax) -> Option<Tree> {
    parse_within(text, syntax, MOST_REPORTS)
}

fn parse_within(text: &Rope, syntax: Syntax, most_reports: usize) -> Option<Tree> {
    if text.len_bytes() > MOST_BYTES || !may_parse() {
        return None;
    }
    let text = &*with_line_feeds(text);
    let mut parser = Parser::new();
    parser.set_language(&syntax.grammar()).ok()?;
    let mut reports = 0_usize;
    let mut progress = |_: &tree_sitter::ParseState| {
        reports += 1;
        if reports > most_reports { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut chunk = |byte: usize, _| -> &[u8] {
        text.get_chunk_at_byte(byte)
            .and_then(|(chunk, start, ..)| chunk.as_bytes().get(byte - start..))
            .unwrap_or_default()
    };
    let tree = parser.parse_with_options(&mut chunk, None, Some(ParseOptions::new().progress_callback(&mut progress)));
    if tree.is_none() {
        WAS_GIVEN_UP.set(true);
    }
    tree
}

/// Whether this thread may parse a text: in the worker, and in tests of this crate's own functions.
fn may_parse() -> bool {
    cfg!(test) || IS_WORKER.load(Ordering::Relaxed)
}

/// Whether this process is the worker.
pub(super) static IS_WORKER: AtomicBool = AtomicBool::new(false);

/// The text with LF instead of each CR that ends a line alone. Offsets do not change. Most grammars do not know this
/// line end: in Python's, the definition before it continues.
fn with_line_feeds(text: &Rope) -> Cow<'_, Rope> {
    // A rope keeps the CR and LF of one line break in the same chunk.
    let is_alone = |chunk: &str, at: usize| chunk.as_bytes().get(at + 1) != Some(&b'\n');
    let has_one = |chunk: &str| memchr::memchr_iter(b'\r', chunk.as_bytes()).any(|at| is_alone(chunk, at));
    if !text.chunks().any(has_one) {
        return Cow::Borrowed(text);
    }
    let text = text.to_string();
    let in_lf = text.char_indices().map(|(at, c)| if c == '\r' && is_alone(&text, at) { '\n' } else { c });
    Cow::Owned(Rope::from_str(&in_lf.collect::<String>()))
}

/// Calls `visit` with each node, parents first. It enters the children of a node if `visit` returns `true`.
///
/// It uses a cursor, not recursion, because trees of broken text can be as deep as the text is long.
pub(super) fn walk<'tree>(tree: &'tree Tree, mut visit: impl FnMut(Node<'tree>) -> bool) {
    let mut cursor = tree.walk();
    loop {
        if visit(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_text_is_read_over_the_seams_of_its_chunks() {
        let text = Rope::from_str(&"/// Ünïcödé 🦀\nfn a() {}\n".repeat(500));
        assert!(text.chunks().count() > 1);
        let tree = parse(&text, Syntax::Rust).unwrap();
        assert!(!tree.root_node().has_error());
        assert_eq!(tree.root_node().end_byte(), text.len_bytes());
    }

    #[test]
    fn lines_may_end_with_cr_alone() {
        let source = "def a():\n    return 1\n\nprint(1)\n";
        for (eol, extra) in [("\n", 0), ("\r", 0), ("\r\n", 1)] {
            let tree = parse(&Rope::from_str(&source.replace('\n', eol)), Syntax::Python).unwrap();
            let function = tree.root_node().child(0).unwrap();
            assert_eq!((function.kind(), function.end_byte()), ("function_definition", 21 + extra), "{eol:?}");
        }
        let both = Rope::from_str("a\r\nb\rc\n\r");
        assert_eq!(with_line_feeds(&both).to_string(), "a\r\nb\nc\n\n");
        assert!(matches!(with_line_feeds(&Rope::from_str(&"a\r\n".repeat(5_000))), Cow::Borrowed(_)));
    }

    #[test]
    fn a_parse_ends_at_each_of_its_bounds() {
        let text = Rope::from_str(&"fn a() {}\n".repeat(2_000));
        assert!(parse(&text, Syntax::Rust).is_some());
        assert!(parse(&Rope::from_str(&" ".repeat(MOST_BYTES + 1)), Syntax::Rust).is_none());
        assert!(!was_given_up(), "a text that is too long is not begun");
        assert!(parse_within(&text, Syntax::Rust, 10).is_none());
        assert!(was_given_up() && !was_given_up(), "it is told once");
    }

    /// The minimum work that parses a text.
    fn least_reports(text: &Rope) -> usize {
        let (mut too_few, mut enough) = (0, MOST_REPORTS);
        while enough - too_few > 1 {
            let reports = usize::midpoint(too_few, enough);
            match parse_within(text, Syntax::Rust, reports) {
                Some(_) => enough = reports,
                None => too_few = reports,
            }
        }
        enough
    }

    #[test]
    fn parse_limit_does_not_depend_on_the_load() {
        let text = Rope::from_str(&"fn a() { b(1, \"two\"); }\n".repeat(50));
        let at_rest = least_reports(&text);
        assert!(at_rest > 10, "{at_rest}");
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let beside_others = least_reports(&text);
            is_over.store(true, Ordering::Relaxed);
            assert_eq!(beside_others, at_rest);
        });
    }
}
