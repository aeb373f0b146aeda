//! The errors that an edit causes, and does not cause.

use ropey::Rope;
use stackspot_lsp::testing::i18n::Language;
use stackspot_lsp::testing::syntax::{Checked, NewError, Syntax, check, syntax_errors};

/// The new error after the text between `«` and `»` in `before` is replaced by `with`.
fn broken(syntax: Syntax, before: &str, with: &str) -> Option<NewError> {
    match checked(syntax, before, with) {
        Checked::Broken(error) => Some(error),
        Checked::Fine | Checked::Unsure | Checked::GivenUp | Checked::NotLookedAt => None,
    }
}

/// The result of the syntax check for this edit.
fn checked(syntax: Syntax, before: &str, with: &str) -> Checked {
    crate::syntax::with_the_worker();
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
        (Syntax::Swift, "func a() {}\n«func b() {}»\n"),
        (Syntax::Scala, "def a = 1\n«def b = { 2 }»\n"),
        (Syntax::Dart, "void a() {}\n«void b() {}»\n"),
        (Syntax::Hcl, "a = 1\n«b {\n}»\n"),
        (Syntax::PowerShell, "function A { 1 }\n«function B { 2 }»\n"),
    ];
    for (syntax, before) in samples {
        let prose = "Sure, here's the function (you'll like it):\n{ it's done";
        assert!(broken(syntax, before, prose).is_some(), "{syntax:?}");
    }
}

#[test]
fn syntax_error_names_its_line_and_its_text() {
    let error = broken(Syntax::Rust, "fn a() {\n«    1»\n}\n", "    let = ;").unwrap();
    assert_eq!(error.line, 1);
    let description = error.fault.message().text(Language::En);
    assert!(description.contains("let") || description.contains('='), "{error:?}");
    let error = broken(Syntax::Json, "{\n«\"a\": 1»\n}", "\"a\": 1 \"b\": 2").unwrap();
    assert_eq!(error.line, 1, "{error:?}");
}

#[test]
fn correct_code_gives_no_syntax_error() {
    assert_eq!(broken(Syntax::Rust, "fn a() {}\n«fn b() {}»\n", "/// B.\nfn b() { a() }"), None);
    assert_eq!(broken(Syntax::Python, "«def b():\n    pass»\n", "def b(x: int) -> None:\n    \"\"\"B.\"\"\""), None);
    assert_eq!(broken(Syntax::Json, "{ «\"a\": 1» }", "\"a\": [1, { \"b\": null }]"), None);
}

#[test]
fn edits_in_newly_added_languages_are_checked() {
    let samples = [
        (
            Syntax::Swift,
            "final class A {\n«    func b() -> Int? { nil }»\n}\n",
            "    func b() async throws -> Int? {\n        guard let x else { return nil }\n        return x\n    }",
            "    func b() -> Int? {\n        guard let x else {\n        return x\n    }",
        ),
        (
            Syntax::Scala,
            "object A {\n«  def b: Int = 1»\n}\n",
            "  def b[T: Ordering](xs: Seq[T]): Option[T] =\n    for x <- xs.headOption yield x",
            "  def b: Int = { List(1, 2",
        ),
        (
            Syntax::Dart,
            "class A {\n«  int b() => 1;»\n}\n",
            "  Future<int?> b({required int x}) async {\n    return switch (x) { 1 => 2, _ => null };\n  }",
            "  int b() {\n    return 1;\n",
        ),
        (
            Syntax::Hcl,
            "locals {\n  a = 1\n}\n\n«resource \"a\" \"b\" {\n  c = 1\n}»\n",
            "resource \"a\" \"b\" {\n  for_each = { for k, v in var.x : k => v if v != null }\n  c        = each.value\n}",
            "resource \"a\" \"b\" {\n  c = [1, 2\n}",
        ),
        (
            Syntax::PowerShell,
            "class A {\n«    [int] B() { return 1 }»\n}\n",
            "    [int] B([string[]] $names) {\n        return ($names | Where-Object { $_ -like 'a*' }).Count\n    }",
            "    [int] B() {\n        if ($x {\n        return 1\n    }",
        ),
        (Syntax::Xml, "<a>\n«  <b>1</b>»\n</a>\n", "  <b c=\"d\">1 &amp; 2</b>\n  <e/>", "  <b>1 & 2</c>"),
    ];
    for (syntax, before, good, bad) in samples {
        assert_eq!(checked(syntax, before, good), Checked::Fine, "{syntax:?}");
        assert!(broken(syntax, before, bad).is_some(), "{syntax:?}");
    }
}

#[test]
fn old_errors_outside_of_the_edit_are_not_reported() {
    let before = "fn a() {}\n«fn b() {}»\n\nfn c() { let = ; }\n";
    assert_eq!(broken(Syntax::Rust, before, "/// Longer.\n/// And longer.\nfn b() { a() }"), None);
    let before = "fn c() { let = ; }\n\n«fn b() {}»\n";
    assert_eq!(broken(Syntax::Rust, before, ""), None);
    assert_eq!(broken(Syntax::Rust, before, "fn b() { c() }"), None);
}

#[test]
fn new_error_next_to_old_errors_is_found() {
    let before = "fn c() { let = ; }\n\n«fn b() { 1 }»\n\nfn d() {}\n";
    let error = broken(Syntax::Rust, before, "fn b() { let = ; }").unwrap();
    assert_eq!(error.line, 2);
}

#[test]
fn edit_is_not_reported_when_old_code_did_not_parse() {
    assert_eq!(broken(Syntax::Rust, "fn a() {\n«    let = ;»\n}\n", "    let = = ;"), None);
    assert_eq!(broken(Syntax::Sql, "«SELECT 1»;\n", "SELEKT the 1"), None);
    assert_eq!(broken(Syntax::Jsonc, "{ «\"a\": 1» }", "\"a\": 1,"), None);
}

#[test]
fn correction_of_a_syntax_error_is_accepted() {
    assert_eq!(broken(Syntax::Rust, "fn a() {\n«    let = ;»\n}\n", "    let x = 1;"), None);
}

#[test]
fn syntax_check_is_unsure_when_range_does_not_fit() {
    crate::syntax::with_the_worker();
    let (before, after) = (Rope::from_str("fn a() {}"), Rope::from_str("fn"));
    assert_eq!(check(&before, &after, Syntax::Rust, 5..100, false), Checked::Unsure);
    assert_eq!(check(&before, &after, Syntax::Rust, 0..3, false), Checked::Unsure);
}

#[test]
fn the_places_of_errors_are_in_order() {
    crate::syntax::with_the_worker();
    let errors = syntax_errors(&Rope::from_str("fn a() { let = ; }\nfn b() { foo( }\n"), Syntax::Rust).unwrap();
    assert!(errors.len() >= 2, "{errors:?}");
    assert!(errors.is_sorted_by_key(|error| error.bytes.start), "{errors:?}");
    assert_eq!(syntax_errors(&Rope::from_str("fn a() {}"), Syntax::Rust).unwrap(), []);
}

#[test]
fn abandoned_check_is_different_from_a_check_without_errors() {
    let area = "int area(int r) {\n    return 3 * r;\n}\n";
    let without_end = "int area(int r) {\n    return (3 * r;\n";
    assert!(broken(Syntax::C, &format!("«{area}»"), without_end).is_some());
    let comments = "/* \n".repeat(1_300_000);
    let given_up = |with: &str| checked(Syntax::C, &format!("«{area}»{comments}"), with);
    assert_eq!(given_up(without_end), Checked::GivenUp);
    assert_eq!(given_up(area), Checked::GivenUp);
    assert_eq!(checked(Syntax::C, &format!("«{area}»"), area), Checked::Fine);
    assert_eq!(checked(Syntax::Sql, "«SELECT 1»;\n", "SELEKT ("), Checked::NotLookedAt);
}

#[test]
fn invalid_python_is_found_even_if_the_grammar_accepts_it() {
    let refused = |with: &str| broken(Syntax::Python, "import a\n\n«def f(a):\n    return a\n»\n\nf(1)\n", with);
    for (with, line, why) in [
        ("def f(a):\nb = a\nreturn b\n", 3, "a block is missing"),
        ("def f(a):\n    b = a\n      return b\n", 4, "further than the one before allows"),
        ("def f(a):\n    if a:\n        b()\n   return a\n", 5, "like none before it"),
        ("def f(a):\n    # nothing to do\n", 6, "a block is missing"),
        ("def f(a):\n    if a:\n\treturn 1\n", 4, "tabs and spaces are mixed"),
        ("def f(a):\n    return await g(a)\n", 3, "`await` is outside"),
        ("def f(a, a):\n    return a\n", 2, "the parameter `a` is there twice"),
        ("def f(a=1, b):\n    return a\n", 2, "the parameter `b` has no default"),
        ("def f(a):\n    print a\n", 3, "Python 2"),
        ("def f(a):\n    break\n", 3, "`break` is outside"),
        ("return 1\n", 2, "`return` is outside"),
        ("def f(a):\n    return g(x=1, 2)\n", 3, "without a name"),
    ] {
        let error = refused(with).unwrap_or_else(|| panic!("{with}"));
        let description = error.fault.message().text(Language::En);
        assert!(description.contains(why), "{with}{description}");
        assert_eq!(error.line, line, "{with}");
    }
}

#[test]
fn valid_python_is_accepted_without_an_error() {
    for with in [
        "def f(\n        a,\n    b=1,\n):\n    c = [\n  1,\n      2]\n    return \"\"\"\nflat:\n  text\n\"\"\", c\n",
        "async def f(a, /, b=1, *args, c, **kw):\n    return [await x async for x in a if (lambda a: a)(b)]\n",
        "def f(a):\n    if (a and\n            b):\n        return a \\\n            + b\n    else: return {\n        'a': 1}\n",
        "class f:\n\tdef a(self, *, b, c=1):\n\t\tfor d in b:\n\t\t\tcontinue\n\n\t# comment\n  # another\n\tx: int = 1\n",
        "def f(a):\n    match a:\n        case {'b': c} if c: yield c\n        case _:\n            pass\n",
    ] {
        assert_eq!(checked(Syntax::Python, "«def f(a):\n    return a\n»", with), Checked::Fine, "{with}");
    }
}

#[test]
fn notebook_cell_may_have_commands_and_top_level_await() {
    crate::syntax::with_the_worker();
    let before = Rope::from_str("x = 1\n");
    let after = Rope::from_str("%matplotlib inline\n!pip install -q numpy\nx = await load()\nfiles = !ls\nx?\n");
    assert_eq!(check(&before, &after, Syntax::Python, 0..6, true), Checked::Fine);
    assert!(matches!(check(&before, &after, Syntax::Python, 0..6, false), Checked::Broken(_)));
}

#[test]
fn syntax_unknown_to_the_grammar_does_not_block_an_edit() {
    for (syntax, before, with) in [
        (Syntax::Css, "«a { b: c }»\n", "@container card style(--theme: dark) { a { b: c } }"),
        (Syntax::Css, "«a { b: c }»\n", "@media (width <= 40rem) { .a { .b & { c: d } &-e { f: g } } }"),
        (Syntax::Css, "«a { b: c }»\n", "@import url(\"a.css\") layer(base) supports(display: grid);"),
        (Syntax::Html, "«<p>a</p>»\n", "<p>AT&T & co</p>"),
        (
            Syntax::C,
            "«int x;»\n",
            "static int __init f(void) __attribute__((unused));\nMODULE_LICENSE(\"GPL\");\neach(p, &h) { g(p); }",
        ),
        (
            Syntax::Cpp,
            "«int x;»\n",
            "Q_OBJECT_THING(A)\nclass EXPORT_API B final : public C {\n    Q_PROPERTY(int x READ x)\n};",
        ),
        (
            Syntax::Kotlin,
            "«fun f() = 1»\n",
            "context(log: Logger)\nfun f(r: R) = when (r) {\n    is Ok if r.a > 3 -> 1\n    else -> 2\n}",
        ),
        (Syntax::Kotlin, "«fun f() = 1»\n", "val s = $$\"\"\"{ \"$id\": \"$${name}\" }\"\"\""),
        (Syntax::CSharp, "class A\n{\n«int x;»\n}\n", "void F(B b)\n{\n    b?.X = 1;\n}"),
        (
            Syntax::CSharp,
            "class A\n{\n«int x;»\n}\n",
            "int F(int[] xs) => xs switch\n{\n    [var a, .., var b] when a > 0 => a + b,\n    _ => 0,\n};",
        ),
        (Syntax::Rust, "«fn f() {}»\n", "unsafe extern \"C\" {\n    pub safe fn sqrt(x: f64) -> f64;\n}"),
        (Syntax::Java, "«class A {}»\n", "import module java.base;\n\nvoid main() {}"),
        (Syntax::Python, "«x = 1»\n", "class A[**P, *Ts, T: int = str]: ..."),
        (
            Syntax::Yaml,
            "a:\n«  b: 1»\n",
            "  b: {{ .Values.b | default 1 }}\n  {{- if .Values.c }}\n  c: 2\n  {{- end }}",
        ),
    ] {
        let checked = checked(syntax, before, with);
        assert!(matches!(checked, Checked::Fine | Checked::Unsure), "{syntax:?} {with}\n{checked:?}");
    }
}

#[test]
fn simple_mistake_is_reported_as_a_syntax_error() {
    for (syntax, before, with) in [
        (Syntax::TypeScript, "«const a = 1;»\n", "const a = ;"),
        (Syntax::Go, "package a\n\n«func f() int {\n\treturn 1\n}»\n", "func f() int {\n\treturn 1 +\n}"),
        (Syntax::Css, "«.a { b: c }»\n.d { e: f }\n", ".a {\n  b: c;"),
        (Syntax::Kotlin, "«fun f() = 1»\n", "fun f() = when (r) {"),
        (Syntax::Java, "class A {\n«int x;»\n}\n", "int = 1;"),
        (Syntax::CSharp, "class A\n{\n«int x;»\n}\n", "Here is the method that you asked me for"),
    ] {
        assert!(broken(syntax, before, with).is_some(), "{syntax:?} {with}");
    }
}
