//! For any text, the answers arrive and fit the text.

use proptest::prelude::*;
use ropey::Rope;
use stackspot_lsp::testing::i18n::Language;
use stackspot_lsp::testing::syntax::{
    Checked, Syntax, check as check_edit, enclosing_definition, instructions, syntax_errors,
};

/// Pieces of every language, and pieces that confuse scanners: openers without closers, heredocs, deep indentation.
fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "fn ",
        "def ",
        "class ",
        "function ",
        "struct ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "</",
        "/>",
        "<div>",
        "</div>",
        "<script>",
        "<?php ",
        "?>",
        "\"",
        "'",
        "`",
        "\"\"\"",
        "'''",
        "${",
        "#{",
        "{{",
        "r#\"",
        "R\"x(",
        "$\"",
        "@\"",
        "<<EOF\n",
        "<<~EOF\n",
        "<<<EOF\n",
        "EOF",
        "%w[",
        "%q(",
        "/*",
        "*/",
        "//",
        "///",
        "#",
        "--",
        "--[[",
        "]]",
        "<!--",
        "-->",
        "=begin\n",
        "=end\n",
        "@",
        "@stackspot ",
        "#[a]",
        "@a ",
        "if ",
        "else ",
        "end ",
        "do ",
        "case ",
        "in ",
        "=",
        "=>",
        "->",
        ":",
        "::",
        ";",
        ",",
        ".",
        "..",
        "|",
        "&",
        "*",
        "~",
        "\\",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "  ",
        "    ",
        "\t",
        "\n        ",
        "- ",
        "> ",
        "# ",
        "## ",
        "===\n",
        "```\n",
        "~~~",
        "1. ",
        "| a |",
        "---\n",
        "key: ",
        "&a ",
        "*a ",
        "!t ",
        "x",
        "y1",
        "1",
        "0x",
        "1e",
        "é",
        "🦀",
        "\u{0}",
        "\u{feff}",
        "\u{2028}",
        "SELECT ",
        "FROM ",
        "BEGIN ",
        "CREATE ",
        "import ",
        "export ",
        "return ",
        "lambda ",
        "async ",
        "await ",
    ])
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(token(), 0..60).prop_map(|tokens| tokens.concat())
}

fn syntax() -> impl Strategy<Value = Syntax> {
    prop::sample::select(Syntax::ALL.to_vec())
}

/// Checks all answers about one text.
fn check(syntax: Syntax, source: &str, start: usize, end: usize) {
    crate::syntax::with_the_worker();
    let text = Rope::from_str(source);
    let start = start.min(source.len());
    let end = end.clamp(start, source.len());
    if let Some(scope) = enclosing_definition(&text, syntax, start..end) {
        assert!(scope.start < scope.end && scope.end <= source.len(), "{scope:?}");
        let inside = source.get(scope.clone()).expect("whole characters");
        assert_eq!(inside.trim_end_matches([' ', '\t', '\n', '\r']), inside, "{syntax:?}");
        // Only blanks on the scope's own lines may be between the point and the scope.
        let between = if end < scope.start { end..scope.start } else { scope.end..start.max(scope.end) };
        let between = &source.as_bytes()[between];
        assert!(between.iter().all(|byte| matches!(byte, b' ' | b'\t')), "{syntax:?} {scope:?} {start}..{end}");
    }
    for error in syntax_errors(&text, syntax).unwrap_or_default() {
        assert!(error.bytes.end <= source.len());
    }
    let mut last = 0;
    for instruction in instructions(&text, Some(syntax), start..end) {
        assert!(instruction.bytes.start >= last, "instructions overlap");
        last = instruction.bytes.end;
        assert!(source.get(instruction.bytes).unwrap().contains("@stackspot"));
    }
    let same = check_edit(&text, &text, syntax, start..end, false);
    assert!(!matches!(same, Checked::Broken(_)), "the same text has the same errors: {same:?}");
}

/// `PROPTEST_CASES` can set a larger number.
const DEFAULT_CASES: u32 = 150;

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(DEFAULT_CASES);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn parser_survives_random_tokens(syntax in syntax(), source in soup(), a in 0_usize..400, b in 0_usize..400) {
        check(syntax, &source, a.min(b), a.max(b));
        check(syntax, &source, a, a);
    }

    #[test]
    fn parser_survives_any_text(syntax in syntax(), source in "\\PC{0,80}|(.|\n){0,80}", at in 0_usize..300) {
        check(syntax, &source, at, at);
    }

    #[test]
    fn parser_survives_any_edit(
        syntax in syntax(), head in soup(), old in soup(), new in soup(), tail in soup()
    ) {
        crate::syntax::with_the_worker();
        let before = Rope::from_str(&format!("{head}{old}{tail}"));
        let after = Rope::from_str(&format!("{head}{new}{tail}"));
        if let Checked::Broken(error) = check_edit(&before, &after, syntax, head.len()..head.len() + old.len(), false) {
            prop_assert!(error.byte <= after.len_bytes() && error.line < after.len_lines());
            prop_assert!(!error.fault.message().text(Language::PtBr).is_empty());
        }
    }
}

/// A scanner in C that overruns its buffer ends only the worker.
#[test]
fn parser_survives_deep_nesting() {
    crate::syntax::with_the_worker();
    let pieces =
        ["(", "[", "{", "<div>", "{\"a\":", "> ", "- ", "? ", "if x { ", "f(", "a: {b: ", "`${", "#{", "<<A\n"];
    for syntax in Syntax::ALL {
        for piece in pieces {
            let text = Rope::from_str(&piece.repeat(500));
            let at = text.len_bytes() / 2;
            if let Some(scope) = enclosing_definition(&text, syntax, at..at) {
                assert!(scope.end <= text.len_bytes());
            }
        }
        let stairs: String = (0..400).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        let text = Rope::from_str(&stairs);
        if let Some(scope) = enclosing_definition(&text, syntax, 40_000..40_000) {
            assert!(scope.end <= text.len_bytes());
        }
    }
}

#[test]
fn a_text_over_the_bound_has_no_scope_and_no_errors() {
    crate::syntax::with_the_worker();
    let function = "fn a() {\n    let = ;\n}\n\n";
    let text = Rope::from_str(&function.repeat(5_000_000 / function.len() + 1));
    assert!(text.len_bytes() > 5_000_000);
    assert_eq!(enclosing_definition(&text, Syntax::Rust, 10..10), None);
    assert_eq!(syntax_errors(&text, Syntax::Rust), None);
    assert_eq!(check_edit(&Rope::from_str("fn a() {}"), &text, Syntax::Rust, 0..9, false), Checked::GivenUp);
}

#[test]
fn ranges_outside_of_the_text_have_no_scope() {
    crate::syntax::with_the_worker();
    let text = Rope::from_str("fn a() {}");
    assert_eq!(enclosing_definition(&text, Syntax::Rust, 0..10), None);
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
    let reversed = 5..2;
    assert_eq!(enclosing_definition(&text, Syntax::Rust, reversed), None);
    assert_eq!(instructions(&text, Some(Syntax::Rust), 50..90), []);
}
