use super::*;

fn review(code: &str, language: &str) -> String {
    with_comment(code, language, "Reviewed", false)
}

fn stays_as_it_was(cases: &[(&str, &str)]) {
    for (language, code) in cases {
        assert_eq!(review(code, language), *code, "{language}");
    }
}

/// The reviewed code. The agent's sentence is shortened to `§`, so that a test reads like a picture.
fn picture(code: &str, language: &str) -> String {
    let reviewed = review(code, language);
    let sentence = sentence("Reviewed", false, 1, code.lines().count());
    assert!(reviewed == code || reviewed.matches(&sentence).count() == 1, "{reviewed}");
    reviewed.replace(&sentence, "§")
}

#[test]
fn each_language_gets_its_own_comment_above_the_first_line() {
    for (language, code, expected) in [
        ("rust", "fn a() {\n    b();\n}", "// §\nfn a() {\n    b();\n}"),
        ("typescript", "export const a = 1;\nb();\n", "// §\nexport const a = 1;\nb();\n"),
        ("javascript", "function a() {\n}\n", "// §\nfunction a() {\n}\n"),
        ("python", "def a():\n    return 1\n\nb = 2\n", "# §\ndef a():\n    return 1\n\nb = 2\n"),
        ("go", "func a() {\n\tb()\n}\n", "// §\nfunc a() {\n\tb()\n}\n"),
        ("java", "    int a() {\n        return 1;\n    }", "    // §\n    int a() {\n        return 1;\n    }"),
        ("c", "\tint a;\n\tint b;\n", "\t// §\n\tint a;\n\tint b;\n"),
        ("ruby", "  def a\n    1\n  end\n", "  # §\n  def a\n    1\n  end\n"),
        ("shellscript", "if a; then\n  b\nfi\n", "# §\nif a; then\n  b\nfi\n"),
        ("lua", "local a = 1\nlocal b = 2", "-- §\nlocal a = 1\nlocal b = 2"),
        ("sql", "SELECT a\nFROM b;\n", "-- §\nSELECT a\nFROM b;\n"),
        ("haskell", "data A = A\na = A\n", "-- §\ndata A = A\na = A\n"),
        ("ocaml", "let a = 1\nlet b = 2\n", "(* § *)\nlet a = 1\nlet b = 2\n"),
        ("css", ".a {\n  color: red;\n}\n", "/* § */\n.a {\n  color: red;\n}\n"),
        ("html", "<p>\n  a\n</p>\n", "<!-- § -->\n<p>\n  a\n</p>\n"),
        ("yaml", "a: 1\nb: 2\n", "# §\na: 1\nb: 2\n"),
        ("toml", "[a]\nb = 1\n", "# §\n[a]\nb = 1\n"),
        ("clojure", "(defn a [] 1)\n(defn b [] 2)\n", ";; §\n(defn a [] 1)\n(defn b [] 2)\n"),
        ("latex", "  \\begin{a}\n  \\end{a}\n", "  % §\n  \\begin{a}\n  \\end{a}\n"),
        ("elixir", "  def a do\n    1\n  end\n", "  # §\n  def a do\n    1\n  end\n"),
    ] {
        assert_eq!(picture(code, language), expected, "{language}");
    }
}

#[test]
fn comment_takes_indentation_and_line_ending_of_its_neighbour() {
    assert_eq!(
        picture("        deep();\n            er();\n", "rust"),
        "        // §\n        deep();\n            er();\n"
    );
    assert_eq!(picture("\t\tdeep();\n", "go"), "\t\t// §\n\t\tdeep();\n");
    assert_eq!(picture("  a();\r\n  b();\r\n", "java"), "  // §\r\n  a();\r\n  b();\r\n");
    assert_eq!(picture("\n\n    a()\n", "python"), "\n\n    # §\n    a()\n");
    assert_eq!(picture("all: a\n\tcc a\n", "makefile"), "all: a\n# §\n\tcc a\n");
    assert_eq!(picture("\tcc a\n\tcc b\n", "makefile"), "# §\n\tcc a\n\tcc b\n");
}

#[test]
fn languages_without_comments_are_unchanged() {
    stays_as_it_was(&[
        ("json", "{\n  \"a\": 1\n}\n"),
        ("plaintext", "Dear all,\n"),
        ("klingon", "fn x() {\n}\n"),
        ("", "x\n"),
        ("rust", ""),
        ("rust", "\n\n"),
    ]);
}

#[test]
fn comment_goes_after_a_line_break_if_selection_starts_mid_line() {
    // `let x = «foo(…)»`: the comment goes between its lines, where it cannot separate `let x =` from its value.
    assert_eq!(picture("foo(\n        a,\n    )", "python"), "foo(\n        # §\n        a,\n    )");
    assert_eq!(picture("foo(\n        a,\n    )", "rust"), "foo(\n        // §\n        a,\n    )");
    // A method selected from its first letter, as in some editors.
    assert_eq!(picture("def a(self):\n        return 1", "python"), "def a(self):\n        # §\n        return 1");
    // JavaScript ends a statement at a line break after `return`, but not after a bracket.
    assert_eq!(picture("f(\n    a)", "javascript"), "f(\n    // §\n    a)");
    assert_eq!(picture("a +\n    b", "javascript"), "a +\n    b");
}

#[test]
fn a_piece_of_a_line_gets_a_comment_within_the_line_or_none() {
    assert_eq!(picture("foo(bar)", "rust"), "/* § */ foo(bar)");
    assert_eq!(picture(" foo(bar)", "c"), " /* § */ foo(bar)");
    assert_eq!(picture("foo(bar)", "lua"), "--[[ § ]] foo(bar)");
    stays_as_it_was(&[
        ("python", "foo(bar)"),
        ("shellscript", "foo $(bar)"),
        ("rust", "bar"),
        ("rust", "some words"),
        ("rust", "foo(\"bar"),
        ("html", "some words"),
        ("yaml", "b: 2"),
    ]);
    // A single line with its line break is a whole line.
    assert_eq!(picture("import os\n", "python"), "# §\nimport os\n");
}

#[test]
fn comment_is_not_added_inside_a_string_or_continued_line() {
    stays_as_it_was(&[
        ("python", "x = \"\"\"\n  text\n  text\"\"\""),
        ("javascript", "f(`\n  text`)"),
        ("shellscript", "cat <<EOF\n  text\nEOF\n"),
        ("shellscript", "  docker run \\\n    image\n"),
        ("c", "#define A \\\n    1\n"),
        ("css", " * a */\n.b {}\n"),
        ("java", "   * Says a thing.\n   */\n"),
        ("html", "some <b>\n  words</b>\n"),
        ("vue", "const a = 1;\nconst b = 2;\n"),
        ("typescriptreact", "<p>\n  words\n</p>\n"),
        ("yaml", "a: |\n  text\n  text"),
        ("markdown", "---\ntitle: a\n---\n"),
        ("php", "<?php echo 1; ?>\n<p>\n"),
        ("rust", "    a();\r    b();\r"),
    ]);
}

#[test]
fn comment_follows_the_required_first_lines() {
    assert_eq!(picture("#!/bin/sh\nset -e\n", "shellscript"), "#!/bin/sh\n# §\nset -e\n");
    assert_eq!(
        picture("#!/usr/bin/python\n# -*- coding: utf-8 -*-\nimport os\n", "python"),
        "#!/usr/bin/python\n# -*- coding: utf-8 -*-\n# §\nimport os\n"
    );
    assert_eq!(picture("<?xml version=\"1.0\"?>\n<a/>\n", "xml"), "<?xml version=\"1.0\"?>\n<!-- § -->\n<a/>\n");
    assert_eq!(picture("<?php\n$a = 1;\n", "php"), "<?php\n// §\n$a = 1;\n");
    assert_eq!(
        picture("# syntax=docker/dockerfile:1\nFROM a\n", "dockerfile"),
        "# syntax=docker/dockerfile:1\n# §\nFROM a\n"
    );
}

#[test]
fn a_second_pass_renews_the_comment_and_a_third_too() {
    let first = review("fn a() {\n    b();\n}\n", "rust");
    assert_eq!(
        first,
        "// Reviewed by the StackSpot sandbox agent: 3 lines, nothing else changed.\nfn a() {\n    b();\n}\n"
    );
    let second = review(&first, "rust");
    assert_eq!(second, first.replace("agent:", "agent (pass 2):"));
    let third = with_comment(&second, "rust", "Documented", false);
    assert_eq!(third, second.replace("pass 2", "pass 3").replace("Reviewed", "Documented"));
    let portuguese = with_comment(&third, "rust", "Revisado", true);
    assert!(
        portuguese.starts_with("// Revisado pelo agente do sandbox StackSpot (4ª vez): 3 linhas, nada mais mudou.\n"),
        "{portuguese}"
    );
    assert_eq!(portuguese.matches("StackSpot").count(), 1);

    let inline = review(&review("foo(bar)", "c"), "c");
    assert_eq!(
        inline,
        "/* Reviewed by the StackSpot sandbox agent (pass 2): 1 line, nothing else changed. */ foo(bar)"
    );
    let grown = review(&first.replace("b();", "b();\n    c();"), "rust");
    assert!(grown.starts_with("// Reviewed by the StackSpot sandbox agent (pass 2): 4 lines"), "{grown}");
}

proptest::proptest! {
    /// Removing the comment restores every byte, for any code.
    #[test]
    fn nothing_but_the_comment_is_changed(
        code in "([ \t]{0,4}(fn|def|x =|<p>|\\}|\\)|\"|`|/\\*|#|//)?[ a-c(){;:]{0,6}(\r\n|\n|\\\\\n)){0,5}[a-c( ]{0,3}",
        language in proptest::sample::select(vec!["rust", "python", "javascript", "css", "html", "yaml", "makefile", "lua", "json"]),
    ) {
        let reviewed = review(&code, language);
        let sentence = sentence("Reviewed", false, 1, code.lines().count());
        let (open, close) = Comments::of(language).block.unwrap_or_default();
        let within_a_line = reviewed.replacen(&format!("{open} {sentence} {close} "), "", 1);
        let between_lines: String = reviewed.split_inclusive('\n').filter(|line| !line.contains(&sentence)).collect();
        proptest::prop_assert!([within_a_line, between_lines].contains(&code), "{}", reviewed);
    }
}
