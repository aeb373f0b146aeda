//! Finds the imports of a document.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::Node;

use super::Syntax;
use super::kinds::{is_one_of, kinds};
use super::lines::Lines;
use super::parse::{parse, walk};

/// Imports are at the top. Of a long text, only this many bytes are read. Therefore it takes milliseconds.
const READ_BYTES: usize = 128 << 10;

/// Answers [`imports`](super::imports()).
pub(super) fn imports(text: &Rope, syntax: Syntax) -> Vec<Range<usize>> {
    if kinds(syntax).imports.is_empty() {
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

fn top(text: &Rope) -> Rope {
    if text.len_bytes() <= READ_BYTES {
        return text.clone();
    }
    let end = text.line_to_byte(text.byte_to_line(READ_BYTES));
    text.get_byte_slice(..end).map(Rope::from).unwrap_or_default()
}

fn is_import(node: &Node, text: &Rope, syntax: Syntax) -> bool {
    if !node.is_named() || !is_one_of(node, kinds(syntax).imports) {
        return false;
    }
    // If an import is a call like any other, its name identifies it.
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

/// Whether a node may contain imports: the top of the file, and nodes that only group or guard them. Imports inside a
/// function or a class belong to it.
fn leads_to_imports(node: &Node) -> bool {
    const HOLD: &str = "preproc_ifdef preproc_if preproc_else import_list program source_file";
    node.parent().is_none() || node.is_error() || is_one_of(node, HOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `source`, with its imports between `«` and `»`.
    fn drawn(source: &str, syntax: Syntax) -> String {
        let mut drawn = source.to_owned();
        for bytes in imports(&Rope::from_str(source), syntax).into_iter().rev() {
            drawn.insert(bytes.end, '»');
            drawn.insert(bytes.start, '«');
        }
        drawn
    }

    #[test]
    fn the_imports_of_each_language_are_found_in_whole_lines() {
        for (syntax, picture) in [
            (Syntax::Rust, "//! Doc\n«use a::{\n    b,\n};\nuse c;\n»\nfn f() { use d::e; }\n"),
            (Syntax::Python, "«import os, sys\n»\n«from a import (\n    b,\n)\n»\ndef f():\n    import c\n"),
            (Syntax::Go, "package a\n\n«import (\n\t\"fmt\"\n)\n»\nfunc f() {}\n"),
            (Syntax::TypeScript, "«import { a } from './a';\nconst b = require('b');\n»const c = 1;\n"),
            (Syntax::Tsx, "«import React from 'react';\n»const C = () => <div/>;\n"),
            (Syntax::JavaScript, "«const fs = require('fs');\n»let n = 1;\n"),
            (Syntax::Java, "package a;\n«import b.C;\nimport d.E;\n»class A {}\n"),
            (Syntax::Kotlin, "package a\n\n«import b.C\nimport d.E\n»\nclass A\n"),
            (Syntax::C, "#ifndef A\n#define A\n«#include <stdio.h>\n#include \"a.h\"\n»int f(void);\n#endif\n"),
            (Syntax::Cpp, "«#include <vector>\nusing std::vector;\n»int f();\n"),
            (Syntax::CSharp, "«using System;\nusing A.B;\n»\nclass C {}\n"),
            (Syntax::Ruby, "«require 'json'\nrequire_relative 'a'\n»\nputs 1\n"),
            (Syntax::Php, "<?php\nnamespace A;\n«use B\\C;\n»\nclass D {}\n"),
            (Syntax::Bash, "#!/bin/sh\n«. ./lib.sh\nsource b.sh\n»echo 1\n"),
            (Syntax::Lua, "«local a = require(\"a\")\n»local b = 1\n"),
            (Syntax::Css, "«@import url(\"a.css\");\n»a { b: c }\n"),
            (Syntax::Json, "{ \"import\": 1 }\n"),
        ] {
            assert_eq!(drawn(&picture.replace(['«', '»'], ""), syntax), picture, "{syntax:?}");
        }
    }

    #[test]
    fn imports_above_broken_code_and_in_a_large_file_are_found() {
        assert_eq!(drawn("import a\n\ndef f(:\n  x = = 1\n", Syntax::Python), "«import a\n»\ndef f(:\n  x = = 1\n");
        let large = format!("use a;\n{}", "fn f() { g(); }\n".repeat(400_000));
        assert!(large.len() > 6_000_000);
        assert!(drawn(&large, Syntax::Rust) == large.replacen("use a;\n", "«use a;\n»", 1));
        assert_eq!(drawn("", Syntax::Rust), "");
    }
}
