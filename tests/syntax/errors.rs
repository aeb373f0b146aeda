//! What an edit breaks, and what it does not.

use ropey::Rope;
use stackspot_lsp::i18n::Language;
use stackspot_lsp::syntax::{Checked, NewError, Syntax, check, syntax_errors};

/// The error that replacing what is between `«` and `»` in `before` by `with` brings in.
fn broken(syntax: Syntax, before: &str, with: &str) -> Option<NewError> {
    match checked(syntax, before, with) {
        Checked::Broken(error) => Some(error),
        Checked::Fine | Checked::Unsure | Checked::GivenUp | Checked::NotLookedAt => None,
    }
}

/// What the syntax says about that.
fn checked(syntax: Syntax, before: &str, with: &str) -> Checked {
    let (head, rest) = before.split_once('«').unwrap();
    let (old, tail) = rest.split_once('»').unwrap();
    let before = Rope::from_str(&format!("{head}{old}{tail}"));
    let after = Rope::from_str(&format!("{head}{with}{tail}"));
    check(&before, &after, syntax, head.len()..head.len() + old.len(), false)
}

#[test]
fn a_missing_brace_is_seen() {
    let error = broken(Syntax::Rust, "fn a() {}\n\n«fn b() {}»\n\nfn c() {}\n", "fn b() {").unwrap();
    assert_eq!((error.line, error.fault.message().text(Language::En)), (2, "the new code does not fit in".to_owned()));
    let error = broken(Syntax::Java, "class A {\n«    void a() {}»\n}\n", "    void a() {").unwrap();
    assert_eq!(error.fault.message().text(Language::En), "`}` is missing");
}

#[test]
fn prose_in_place_of_code_is_seen_in_every_language() {
    let samples = [
        (Syntax::Rust, "fn a() {}\n«fn b() {}»\n"),
        (Syntax::Python, "def a():\n    pass\n\n«def b():\n    pass»\n"),
        (Syntax::JavaScript, "function a() {}\n«function b() {}»\n"),
        (Syntax::TypeScript, "function a(): void {}\n«function b() {}»\n"),
        (Syntax::Tsx, "const a = <A />;\n«function b() {}»\n"),
        (Syntax::Go, "package a\n\n«func b() {}»\n"),
        (Syntax::Java, "class A {\n«void b() {}»\n}\n"),
        (Syntax::Kotlin, "fun a() {}\n«fun b() {}»\n"),
        (Syntax::C, "int a;\n«int b(void) {}»\n"),
        (Syntax::Cpp, "int a;\n«int b() {}»\n"),
        (Syntax::CSharp, "class A {\n«void B() {}»\n}\n"),
        (Syntax::Ruby, "def a; end\n«def b; end»\n"),
        (Syntax::Php, "<?php\nfunction a() {}\n«function b() {}»\n"),
        (Syntax::Json, "{ \"a\": «1» }"),
        (Syntax::Toml, "[a]\n«b = 1»\n"),
        (Syntax::Lua, "local a = 1\n«local b = 2»\n"),
    ];
    for (syntax, before) in samples {
        let prose = "Sure, here's the function (you'll like it):\n{ it's done";
        assert!(broken(syntax, before, prose).is_some(), "{syntax:?}");
    }
}

#[test]
fn the_error_names_the_line_and_what_is_there() {
    let error = broken(Syntax::Rust, "fn a() {\n«    1»\n}\n", "    let = ;").unwrap();
    assert_eq!(error.line, 1);
    let description = error.fault.message().text(Language::En);
    assert!(description.contains("let") || description.contains('='), "{error:?}");
    let error = broken(Syntax::Json, "{\n«\"a\": 1»\n}", "\"a\": 1 \"b\": 2").unwrap();
    assert_eq!(error.line, 1, "{error:?}");
}

#[test]
fn correct_code_is_no_error() {
    assert_eq!(broken(Syntax::Rust, "fn a() {}\n«fn b() {}»\n", "/// B.\nfn b() { a() }"), None);
    assert_eq!(broken(Syntax::Python, "«def b():\n    pass»\n", "def b(x: int) -> None:\n    \"\"\"B.\"\"\""), None);
    assert_eq!(broken(Syntax::Json, "{ «\"a\": 1» }", "\"a\": [1, { \"b\": null }]"), None);
}

#[test]
fn errors_elsewhere_are_nobodys_fault_wherever_they_move() {
    let before = "fn a() {}\n«fn b() {}»\n\nfn c() { let = ; }\n";
    assert_eq!(broken(Syntax::Rust, before, "/// Longer.\n/// And longer.\nfn b() { a() }"), None);
    let before = "fn c() { let = ; }\n\n«fn b() {}»\n";
    assert_eq!(broken(Syntax::Rust, before, ""), None);
    assert_eq!(broken(Syntax::Rust, before, "fn b() { c() }"), None);
}

#[test]
fn a_new_error_beside_old_ones_is_seen() {
    let before = "fn c() { let = ; }\n\n«fn b() { 1 }»\n\nfn d() {}\n";
    let error = broken(Syntax::Rust, before, "fn b() { let = ; }").unwrap();
    assert_eq!(error.line, 2);
}

#[test]
fn what_could_not_be_read_before_tells_nothing() {
    assert_eq!(broken(Syntax::Rust, "fn a() {\n«    let = ;»\n}\n", "    let = = ;"), None);
    assert_eq!(broken(Syntax::Sql, "«SELECT 1»;\n", "SELEKT the 1"), None);
    assert_eq!(broken(Syntax::Jsonc, "{ «\"a\": 1» }", "\"a\": 1,"), None);
}

#[test]
fn a_correction_is_no_error() {
    assert_eq!(broken(Syntax::Rust, "fn a() {\n«    let = ;»\n}\n", "    let x = 1;"), None);
}

#[test]
fn ranges_that_do_not_fit_are_no_error() {
    let (before, after) = (Rope::from_str("fn a() {}"), Rope::from_str("fn"));
    assert_eq!(check(&before, &after, Syntax::Rust, 5..100, false), Checked::Unsure);
    assert_eq!(check(&before, &after, Syntax::Rust, 0..3, false), Checked::Unsure);
}

#[test]
fn the_places_of_errors_are_in_order() {
    let errors = syntax_errors(&Rope::from_str("fn a() { let = ; }\nfn b() { foo( }\n"), Syntax::Rust).unwrap();
    assert!(errors.len() >= 2, "{errors:?}");
    assert!(errors.is_sorted_by_key(|error| error.bytes.start), "{errors:?}");
    assert_eq!(syntax_errors(&Rope::from_str("fn a() {}"), Syntax::Rust).unwrap(), []);
}
