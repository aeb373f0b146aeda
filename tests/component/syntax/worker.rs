//! Texts that break a grammar: the worker that parses them dies or is killed, without an effect on the server.

use std::time::{Duration, Instant};

use ropey::Rope;
use stackspot_lsp::testing::syntax::{Checked, Syntax, check, enclosing_definition, test_block, worker};

/// A text that breaks a scanner, and the effect.
struct Hostile {
    syntax: Syntax,
    text: String,
}

fn hostile(syntax: Syntax, text: impl Into<String>) -> Hostile {
    Hostile { syntax, text: text.into() }
}

/// Kotlin's scanner searches for the end of an annotation after the end of the text, in an endless loop.
fn annotations_at_the_end() -> Vec<Hostile> {
    let texts = [
        "interface Store\n@Inject",
        "package a\n\nval port: Int = 80\n@get:",
        "val list = listOf(1)\n\n@Serializable",
        "var n = 2\n@JvmStatic(",
        "class Api {\n    val n = 2\n    @Volatile",
        "// @stackspot explain\nclass B\n@Ok",
        "val port = 81\n@get:",
        "class Api\n@Component",
    ];
    texts.map(|text| hostile(Syntax::Kotlin, text)).into()
}

/// Ruby's scanner stores the length of a heredoc's name in one byte, and an open quote makes a long name.
fn long_names_of_heredocs() -> Vec<Hostile> {
    let name = "b".repeat(300);
    let query = "  select name, price from products order by name\n".repeat(8);
    let comment = "# what stands here is a comment of some length\n".repeat(10);
    vec![
        hostile(Syntax::Ruby, format!("a = <<-{name}\n b\n{name}")),
        hostile(Syntax::Ruby, format!("sql = <<-'SQL\n{query}SQL\nputs 'x'")),
        hostile(Syntax::Ruby, format!("sql = <<`\n{comment}puts `date`")),
        hostile(Syntax::Ruby, format!("def total\n  sql = <<~'SQL\n{query}SQL\n  puts 'x'\nend")),
    ]
}

/// Each further open bracket makes the parser keep one more reading.
fn open_generics() -> Vec<Hostile> {
    let of = |syntax, piece: &str, bytes: usize| hostile(syntax, piece.repeat(bytes / piece.len()));
    vec![
        of(Syntax::Java, "List<", 30_000),
        of(Syntax::Java, "Map<", 80_000),
        of(Syntax::Java, "A<", 16_000),
        hostile(Syntax::CSharp, format!("class A {{ int b = {}", "List<".repeat(4_000))),
        of(Syntax::Cpp, "a<", 100_000),
        of(Syntax::TypeScript, "a<", 200_000),
        of(Syntax::Kotlin, "a<", 200_000),
    ]
}

/// Texts of the maximum parsed length that needed hundreds of megabytes or more than a minute.
fn megabytes_of_openers() -> Vec<Hostile> {
    let of = |syntax, piece: &str| hostile(syntax, piece.repeat(4_900_000 / piece.len()));
    vec![
        of(Syntax::JavaScript, "`${ "),
        of(Syntax::JavaScript, "/* "),
        of(Syntax::Bash, "$(("),
        of(Syntax::Ruby, "<<A\nA\n"),
        of(Syntax::Ruby, "\n=begin "),
    ]
}

/// One parser step that reads to the end of the text, again and again.
fn long_steps() -> Vec<Hostile> {
    let of = |syntax, piece: &str, bytes: usize| hostile(syntax, piece.repeat(bytes / piece.len()));
    vec![
        hostile(Syntax::Python, format!("x = 1\n{}", "# a\n".repeat(12_000))),
        of(Syntax::Cpp, "/* ", 16_000),
        of(Syntax::C, "/*\n", 30_000),
        of(Syntax::TypeScript, "/[ ", 16_000),
        of(Syntax::JavaScript, "/[ ", 40_000),
        hostile(Syntax::Php, format!("<?php {}", "/* ".repeat(66_000))),
        hostile(Syntax::Css, format!("a {{ b: c }}\n{}", "/* ".repeat(20_000))),
        of(Syntax::Ruby, "\n=begin ", 200_000),
        of(Syntax::Lua, "[==[ ", 200_000),
        of(Syntax::Rust, "r##\" ", 200_000),
        of(Syntax::JavaScript, "/* ", 200_000),
        of(Syntax::Java, "// c\n", 200_000),
        of(Syntax::Html, "<!-- ", 200_000),
        of(Syntax::Ruby, "%w( ", 200_000),
        of(Syntax::Go, "[", 200_000),
        of(Syntax::Sql, "$a$b ", 50_000),
    ]
}

/// Texts that earlier checks of this project kept from the scanners.
fn deep_and_odd() -> Vec<Hostile> {
    let stairs = |piece: &str, depth: usize| (0..depth).map(|at| " ".repeat(at) + piece).collect::<String>();
    vec![
        hostile(Syntax::Yaml, "- ".repeat(500)),
        hostile(Syntax::Yaml, stairs("a:\n", 400)),
        hostile(Syntax::Yaml, "a: 1\n".repeat(40_000)),
        hostile(Syntax::Python, stairs("if a:\n", 1_000)),
        hostile(Syntax::Bash, "{\u{1f980}"),
        hostile(Syntax::Bash, "{1..\u{1f980}"),
        hostile(Syntax::Ruby, "<<A ".repeat(300)),
        hostile(Syntax::CSharp, format!("{}class A {{}}", "namespace N\n{\n".repeat(4_000))),
    ]
}

/// A text in the same language that each grammar reads.
fn works(syntax: Syntax) {
    let (text, edit) = ("fn a() {\n    b();\n}\n", "fn a( {");
    let text = Rope::from_str(text);
    assert_eq!(enclosing_definition(&text, Syntax::Rust, 12..12), Some(0..19), "after {syntax:?}");
    let after = Rope::from_str(edit);
    let checked = check(&text, &after, Syntax::Rust, 0..text.len_bytes(), false);
    assert!(matches!(checked, Checked::Broken(_)), "after {syntax:?}: {checked:?}");
}

/// Longer than a menu waits. A longer time would only show how much of it such a text uses.
const PATIENCE: Duration = Duration::from_millis(30);

/// As a document and as a reply, with and without a final line break: this answer and the next one come in time.
fn is_borne(all: &[Hostile]) {
    crate::syntax::with_the_worker();
    assert!(!all.is_empty());
    for Hostile { syntax, text } in all {
        let start: String = text.chars().take(30).collect();
        for text in [text.clone(), format!("{text}\n")] {
            let rope = Rope::from_str(&text);
            let began = Instant::now();
            if let Some(found) = worker::with_limit(PATIENCE, || enclosing_definition(&rope, *syntax, 0..0)) {
                assert!(found.end <= rope.len_bytes(), "{syntax:?} {start}");
            }
            works(*syntax);
            // If an edit could not be checked, the result is never `Fine`.
            let before = Rope::from_str("x = 1\n");
            let after = Rope::from_str(&text);
            worker::with_limit(PATIENCE, || check(&before, &after, *syntax, 0..6, false));
            works(*syntax);
            // Other tests use the worker in the meantime.
            assert!(began.elapsed() < Duration::from_secs(30), "{syntax:?} {start}: {:?}", began.elapsed());
        }
    }
}

#[test]
fn server_survives_annotations_at_the_end_of_kotlin() {
    is_borne(&annotations_at_the_end());
}

#[test]
fn server_survives_long_heredoc_names_in_ruby() {
    is_borne(&long_names_of_heredocs());
}

#[test]
fn server_survives_generics_without_an_end() {
    is_borne(&open_generics());
}

#[test]
fn server_survives_megabytes_of_open_brackets() {
    is_borne(&megabytes_of_openers());
}

#[test]
fn server_survives_texts_with_very_long_steps() {
    is_borne(&long_steps());
}

#[test]
fn server_survives_nesting_deeper_than_scanner_memory() {
    is_borne(&deep_and_odd());
}

#[test]
fn test_class_is_found_in_deeply_nested_namespaces() {
    crate::syntax::with_the_worker();
    let of = |depth: usize| {
        let text =
            format!("{}public class PriceTests {{ }}\n{}", "namespace N\n{\n".repeat(depth), "}\n".repeat(depth));
        test_block(&Rope::from_str(&text), Syntax::CSharp, None)
    };
    assert!(of(1).is_some_and(|block| block.is_all), "{:?}", of(1));
    assert!(of(3).is_some_and(|block| block.is_all), "{:?}", of(3));
    assert!(of(4_000).is_some(), "on a stack of 2 MB it once overflowed");
}

#[test]
fn edit_is_not_called_fine_when_it_ended_the_worker() {
    crate::syntax::with_the_worker();
    let before = Rope::from_str("val port = 80");
    for reply in ["val port = 81\n@get:", "class Api\n@Component"] {
        let after = Rope::from_str(reply);
        let checked = worker::with_limit(PATIENCE, || check(&before, &after, Syntax::Kotlin, 0..13, false));
        assert_eq!(checked, Checked::GivenUp, "{reply}");
    }
}

#[test]
fn text_is_not_parsed_again_when_it_ended_the_worker() {
    crate::syntax::with_the_worker();
    let text = Rope::from_str("interface Store\nval twice = 2\n@Inject");
    assert_eq!(worker::with_limit(PATIENCE, || enclosing_definition(&text, Syntax::Kotlin, 0..0)), None);
    let again = Instant::now();
    // The same text in other chunks, and another point in it.
    let mut same = Rope::from_str("@Inject");
    same.insert(0, "interface Store\nval twice = 2\n");
    for at in 0..1_000 {
        let at = at % 10;
        assert_eq!(worker::with_limit(PATIENCE, || enclosing_definition(&same, Syntax::Kotlin, at..at)), None);
    }
    assert!(again.elapsed() < Duration::from_secs(2), "{:?}", again.elapsed());
}

#[test]
fn log_reports_abandoned_checks_but_not_missing_definitions() {
    crate::syntax::with_the_worker();
    let nothing = crate::syntax::logged(|| {
        assert_eq!(enclosing_definition(&Rope::from_str("x = 1\n"), Syntax::Python, 0..0), None);
        assert_eq!(test_block(&Rope::from_str("x = 1\n"), Syntax::Python, None), None);
    });
    assert_eq!(nothing, "");
    let ended = |limit, syntax, text: &str| {
        let text = Rope::from_str(text);
        crate::syntax::logged(|| {
            assert_eq!(worker::with_limit(limit, || enclosing_definition(&text, syntax, 0..0)), None)
        })
    };
    let given_up = ended(PATIENCE, Syntax::Kotlin, "interface Store\nval told = 2\n@Inject");
    let said = "is not tried again language=\"Kotlin\" bytes=36 reason=GivenUp";
    assert!(given_up.contains(said) && !given_up.contains("told = 2"), "{given_up}");
    // A crash ends the wait at once, but on a busy machine a process takes longer to crash.
    let long = Duration::from_secs(60);
    let crashed = ended(long, Syntax::Ruby, &format!("a = <<-{name}\n c\n{name}", name = "b".repeat(300)));
    assert!(crashed.contains("reason=Crashed"), "{crashed}");
}

#[test]
fn menu_does_not_wait_for_slow_syntax_checks() {
    crate::syntax::with_the_worker();
    works(Syntax::Kotlin);
    let text = Rope::from_str("var menu = 2\n@JvmStatic(");
    let began = Instant::now();
    assert_eq!(worker::with_menu_limit(|| enclosing_definition(&text, Syntax::Kotlin, 0..0)), None);
    // The call itself takes 20 ms. The rest is for a slow machine.
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    works(Syntax::Kotlin);
}
