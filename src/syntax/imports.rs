//! What a document imports.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::Node;

use super::{
    Syntax,
    lines::Lines,
    parse::{parse, walk},
};

/// Imports stand at the top: of a long text no more is read than this, in bytes, so that it takes milliseconds.
const READ_BYTES: usize = 128 << 10;

/// Answers [`imports`](super::imports()).
pub(super) fn imports(text: &Rope, syntax: Syntax) -> Vec<Range<usize>> {
    if kinds(syntax).is_empty() {
        return Vec::new();
    }
    let top = top(text);
    let Some(tree) = parse(&top, syntax) else { return Vec::new() };
    let lines = Lines::new(&top);
    let mut found: Vec<Range<usize>> = Vec::new();
    walk(&tree, |node| {
        if !is_import(&node, &top, syntax) {
            return leads_to_imports(&node);
        }
        let bytes = lines.start_of(node.start_byte())..lines.end_of(lines.trimmed_end(&node.byte_range()));
        match found.last_mut() {
            Some(last) if last.end >= bytes.start => last.end = last.end.max(bytes.end),
            _ => found.push(bytes),
        }
        false
    });
    found
}

/// The first lines of a text.
fn top(text: &Rope) -> Rope {
    if text.len_bytes() <= READ_BYTES {
        return text.clone();
    }
    let end = text.line_to_byte(text.byte_to_line(READ_BYTES));
    text.get_byte_slice(..end).map(Rope::from).unwrap_or_default()
}

/// The kinds of nodes that import.
fn kinds(syntax: Syntax) -> &'static [&'static str] {
    match syntax {
        Syntax::C => &["preproc_include"],
        Syntax::Cpp => &["preproc_include", "using_declaration", "import_declaration"],
        Syntax::CSharp => &["using_directive"],
        Syntax::Css => &["import_statement"],
        Syntax::Go => &["import_declaration"],
        Syntax::Dart => &["import_or_export"],
        Syntax::Java | Syntax::Scala | Syntax::Swift => &["import_declaration"],
        Syntax::JavaScript | Syntax::Tsx | Syntax::TypeScript => {
            &["import_statement", "lexical_declaration", "variable_declaration"]
        }
        Syntax::Kotlin => &["import", "import_header"],
        Syntax::Lua => &["variable_declaration"],
        Syntax::Php => &["namespace_use_declaration"],
        Syntax::Python => &["import_statement", "import_from_statement", "future_import_statement"],
        Syntax::Ruby => &["call"],
        Syntax::Rust => &["use_declaration", "extern_crate_declaration"],
        Syntax::Bash => &["command"],
        Syntax::Hcl
        | Syntax::PowerShell
        | Syntax::Xml
        | Syntax::Html
        | Syntax::Json
        | Syntax::Jsonc
        | Syntax::Markdown
        | Syntax::Sql
        | Syntax::Toml
        | Syntax::Yaml => &[],
    }
}

fn is_import(node: &Node, text: &Rope, syntax: Syntax) -> bool {
    if !node.is_named() || !kinds(syntax).contains(&node.kind()) {
        return false;
    }
    // Where importing is a call like any other, its name tells.
    let words: &[&str] = match (syntax, node.kind()) {
        (_, "lexical_declaration" | "variable_declaration") => {
            return text.get_byte_slice(node.byte_range()).is_some_and(|code| {
                let code: String = code.chars().take(400).collect();
                code.contains("require(") || syntax == Syntax::Lua && code.contains("require ")
            });
        }
        (Syntax::Ruby, _) => &["require", "require_relative", "load", "autoload"],
        (Syntax::Bash, _) => &["source", "."],
        _ => return true,
    };
    let code: String =
        text.get_byte_slice(node.byte_range()).map(|code| code.chars().take(20).collect()).unwrap_or_default();
    words.iter().any(|word| code.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '('])))
}

/// Whether imports may stand inside of a node: the top of the file, and what only holds or guards them. Those of a function
/// or a class are its own.
fn leads_to_imports(node: &Node) -> bool {
    node.parent().is_none()
        || node.is_error()
        || matches!(
            node.kind(),
            "preproc_ifdef" | "preproc_if" | "preproc_else" | "import_list" | "program" | "source_file"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, syntax: Syntax) -> Vec<String> {
        let text = Rope::from_str(source);
        imports(&text, syntax).into_iter().map(|bytes| text.byte_slice(bytes).to_string()).collect()
    }

    #[test]
    fn the_imports_of_each_language_are_found_in_whole_lines() {
        let cases: &[(Syntax, &str, &[&str])] = &[
            (
                Syntax::Rust,
                "//! Doc\nuse a::{\n    b,\n};\nuse c;\n\nfn f() { use d::e; }\n",
                &["use a::{\n    b,\n};\nuse c;\n"],
            ),
            (
                Syntax::Python,
                "import os, sys\n\nfrom a import (\n    b,\n)\n\ndef f():\n    import c\n",
                &["import os, sys\n", "from a import (\n    b,\n)\n"],
            ),
            (Syntax::Go, "package a\n\nimport (\n\t\"fmt\"\n)\n\nfunc f() {}\n", &["import (\n\t\"fmt\"\n)\n"]),
            (
                Syntax::TypeScript,
                "import { a } from './a';\nconst b = require('b');\nconst c = 1;\n",
                &["import { a } from './a';\nconst b = require('b');\n"],
            ),
            (Syntax::Tsx, "import React from 'react';\nconst C = () => <div/>;\n", &["import React from 'react';\n"]),
            (Syntax::JavaScript, "const fs = require('fs');\nlet n = 1;\n", &["const fs = require('fs');\n"]),
            (Syntax::Java, "package a;\nimport b.C;\nimport d.E;\nclass A {}\n", &["import b.C;\nimport d.E;\n"]),
            (Syntax::Kotlin, "package a\n\nimport b.C\nimport d.E\n\nclass A\n", &["import b.C\nimport d.E\n"]),
            (
                Syntax::C,
                "#ifndef A\n#define A\n#include <stdio.h>\n#include \"a.h\"\nint f(void);\n#endif\n",
                &["#include <stdio.h>\n#include \"a.h\"\n"],
            ),
            (
                Syntax::Cpp,
                "#include <vector>\nusing std::vector;\nint f();\n",
                &["#include <vector>\nusing std::vector;\n"],
            ),
            (Syntax::CSharp, "using System;\nusing A.B;\n\nclass C {}\n", &["using System;\nusing A.B;\n"]),
            (
                Syntax::Ruby,
                "require 'json'\nrequire_relative 'a'\n\nputs 1\n",
                &["require 'json'\nrequire_relative 'a'\n"],
            ),
            (Syntax::Php, "<?php\nnamespace A;\nuse B\\C;\n\nclass D {}\n", &["use B\\C;\n"]),
            (Syntax::Bash, "#!/bin/sh\n. ./lib.sh\nsource b.sh\necho 1\n", &[". ./lib.sh\nsource b.sh\n"]),
            (Syntax::Lua, "local a = require(\"a\")\nlocal b = 1\n", &["local a = require(\"a\")\n"]),
            (Syntax::Css, "@import url(\"a.css\");\na { b: c }\n", &["@import url(\"a.css\");\n"]),
            (Syntax::Json, "{ \"import\": 1 }\n", &[]),
        ];
        for (syntax, source, expected) in cases {
            assert_eq!(found(source, *syntax), *expected, "{syntax:?}");
        }
    }

    #[test]
    fn imports_above_broken_code_and_in_a_large_file_are_found() {
        assert_eq!(found("import a\n\ndef f(:\n  x = = 1\n", Syntax::Python), ["import a\n"]);
        let large = format!("use a;\n{}", "fn f() { g(); }\n".repeat(400_000));
        assert!(large.len() > 6_000_000);
        assert_eq!(found(&large, Syntax::Rust), ["use a;\n"]);
        assert!(found("", Syntax::Rust).is_empty());
    }
}
