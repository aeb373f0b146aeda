//! Comments with an instruction for the server.

use ropey::Rope;
use stackspot_lsp::testing::syntax::{Syntax, instructions};

/// The instructions in `source` between `«` and `»`, and the text without their comments.
fn asked(syntax: Option<Syntax>, source: &str) -> (Vec<String>, String) {
    crate::syntax::with_the_worker();
    let start = source.find('«').unwrap();
    let end = source.find('»').unwrap() - '«'.len_utf8();
    let mut text = source.replace(['«', '»'], "");
    let found = instructions(&Rope::from_str(&text), syntax, start..end);
    for instruction in found.iter().rev() {
        text.replace_range(instruction.bytes.clone(), "");
    }
    (found.into_iter().map(|instruction| instruction.text).collect(), text)
}

/// Checks the instructions and the text without them.
#[track_caller]
fn assert_asked(syntax: impl Into<Option<Syntax>>, source: &str, asks: &[&str], left: &str) {
    let (found, text) = asked(syntax.into(), source);
    assert_eq!((found, text.as_str()), (asks.iter().map(|ask| (*ask).to_owned()).collect(), left));
}

#[test]
fn a_comment_above_the_range_asks() {
    assert_asked(
        Syntax::Rust,
        "use a;\n\n// @stackspot make it async\n«fn a() {}»\n",
        &["make it async"],
        "use a;\n\nfn a() {}\n",
    );
}

#[test]
fn instruction_is_found_among_other_comments_above() {
    assert_asked(
        Syntax::Rust,
        "// @stackspot make it async\n/// Adds.\n«fn a() {}»\n",
        &["make it async"],
        "/// Adds.\nfn a() {}\n",
    );
}

#[test]
fn a_comment_over_a_blank_line_or_below_does_not_ask() {
    assert_asked(Syntax::Rust, "// @stackspot a\n\n«fn a() {}»\n", &[], "// @stackspot a\n\nfn a() {}\n");
    assert_asked(Syntax::Rust, "«fn a() {}»\n// @stackspot a\n", &[], "fn a() {}\n// @stackspot a\n");
}

#[test]
fn further_comment_lines_belong_to_the_instruction() {
    assert_asked(
        Syntax::Python,
        "«def a():\n    # @stackspot: read the file\n    # line by line\n\n    # Not this.\n    pass»\n",
        &["read the file line by line"],
        "def a():\n\n    # Not this.\n    pass\n",
    );
    assert_asked(
        Syntax::Java,
        "class A {\n    /*\n     * @stackspot use a stream\n     * and no loop\n     */\n«    void a() {}»\n}\n",
        &["use a stream and no loop"],
        "class A {\n    void a() {}\n}\n",
    );
}

#[test]
fn a_comment_behind_code_leaves_the_code() {
    assert_asked(
        Syntax::Go,
        "«func a() {\n\tb() // @stackspot check the error\n\t// Not this.\n}»\n",
        &["check the error"],
        "func a() {\n\tb()\n\t// Not this.\n}\n",
    );
    assert_asked(Syntax::C, "«int a /* @stackspot rename */ = 1;»", &["rename"], "int a  = 1;");
}

#[test]
fn two_instruction_comments_give_two_instructions() {
    assert_asked(Syntax::JavaScript, "«// @stackspot one\n// @stackspot two\nf();»\n", &["one", "two"], "f();\n");
}

#[test]
fn every_kind_of_comment_asks() {
    let lines = [
        (Some(Syntax::Bash), "# @stackspot do"),
        (Some(Syntax::C), "/* @stackspot do */"),
        (Some(Syntax::CSharp), "// @stackspot do"),
        (Some(Syntax::Cpp), "// @stackspot do"),
        (Some(Syntax::Css), "/* @stackspot do */"),
        (Some(Syntax::Go), "//@stackspot do"),
        (Some(Syntax::Html), "<!-- @stackspot do -->"),
        (Some(Syntax::Java), "/** @stackspot do */"),
        (Some(Syntax::JavaScript), "// @stackspot do"),
        (Some(Syntax::Jsonc), "// @stackspot do"),
        (Some(Syntax::Kotlin), "// @stackspot do"),
        (Some(Syntax::Lua), "-- @stackspot do"),
        (Some(Syntax::Lua), "--[[ @stackspot do ]]"),
        (Some(Syntax::Markdown), "<!-- @stackspot do -->"),
        (Some(Syntax::Python), "# @stackspot do"),
        (Some(Syntax::Ruby), "# @stackspot do"),
        (Some(Syntax::Rust), "// @stackspot do"),
        (Some(Syntax::Rust), "/// @stackspot do"),
        (Some(Syntax::Sql), "-- @stackspot do"),
        (Some(Syntax::Sql), "/* @stackspot do */"),
        (Some(Syntax::Toml), "# @stackspot do"),
        (Some(Syntax::TypeScript), "// @stackspot do"),
        (Some(Syntax::Yaml), "# @stackspot do"),
        (None, ";; @stackspot do"),
        (None, "% @stackspot do"),
        (None, "// @stackspot do"),
        (None, "(* @stackspot do *)"),
        (None, "\" @stackspot do"),
        (None, "!@stackspot do"),
        (None, "' @stackspot do"),
        (None, "REM @stackspot do"),
        (None, ":: @stackspot do"),
    ];
    for (syntax, line) in lines {
        assert_eq!(asked(syntax, &format!("«{line}»\n")), (vec!["do".to_owned()], String::new()), "{syntax:?} {line}");
    }
}

#[test]
fn the_braces_of_a_comment_in_jsx_go_with_it() {
    assert_asked(
        Syntax::Tsx,
        "«const a = (\n  <A>\n    {/* @stackspot make it a list */}\n    <B />\n  </A>\n);»\n",
        &["make it a list"],
        "const a = (\n  <A>\n    <B />\n  </A>\n);\n",
    );
}

#[test]
fn a_string_does_not_ask() {
    for source in ["«let a = \"// @stackspot do\";»", "«let a = \"\n// @stackspot do\n\";»"] {
        assert_eq!(asked(Some(Syntax::Rust), source).0, Vec::<String>::new(), "{source}");
    }
}

#[test]
fn other_words_do_not_ask() {
    for line in
        ["// @stackspotter do", "// see @stackspot do", "let a = stackspot;", "// @stackspot/cli", "@stackspot do"]
    {
        assert_eq!(asked(None, &format!("«{line}»")).0, Vec::<String>::new(), "{line}");
    }
}

#[test]
fn line_breaks_of_every_kind_are_kept() {
    assert_asked(Syntax::JavaScript, "a();\r\n// @stackspot do\r\n// it\r\n«b();»\r\n", &["do it"], "a();\r\nb();\r\n");
}

#[test]
fn instruction_is_found_at_end_of_text_or_in_open_comment() {
    assert_asked(Syntax::Python, "«a()\n# @stackspot do»", &["do"], "a()\n");
    assert_asked(Syntax::C, "«a();\n/* @stackspot do\nb();»\n", &["do"], "a();\nb();\n");
}
