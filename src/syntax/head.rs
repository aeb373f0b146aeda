//! Finds the place for the first import of a text: below the lines that the language requires first.

use ropey::Rope;
use tree_sitter::Node;

use super::Syntax;
use super::kinds::is_one_of;
use super::lines::Lines;
use super::parse::parse;

/// The place of the first import of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The import goes below this line, counted from zero. `None` means the start of the text.
    pub(super) below: Option<usize>,
    /// The number of blank lines to add before it and after it.
    pub(super) blank: (usize, usize),
}

/// Comments about the file, even if they are directly above its first item.
const ABOUT_THE_FILE: &str = "copyright|license|spdx-|(c) |#!|-*-|coding:|coding=|frozen_string_literal|vim:|eslint|@ts-|\
    <reference|@flow|@jsx|pylint:|mypy:|shellcheck|luacheck|rubocop|generated";

/// The place for the first import in a text without imports. Returns `None` if the place is uncertain, or if `wanted`
/// does not use the import style of the text.
pub(super) fn head(text: &Rope, syntax: Syntax, wanted: &[String]) -> Option<Head> {
    if syntax == Syntax::JavaScript && !fits_the_modules(text, wanted) {
        return None;
    }
    let tree = parse(text, syntax)?;
    let lines = Lines::new(text);
    let end_row = |node: Node<'_>| text.byte_to_line(lines.trimmed_end(&node.byte_range()).saturating_sub(1));
    let mut cursor = tree.walk();
    let children: Vec<Node<'_>> = tree.root_node().children(&mut cursor).collect();
    let mut below = None;
    let mut rest = children.as_slice();
    if syntax == Syntax::Php && children.first().is_none_or(|node| node.kind() != "php_tag") {
        return None;
    }
    loop {
        let comments = run_of_comments(rest, &end_row);
        let (run, behind) = rest.split_at_checked(comments)?;
        let next = behind.iter().find(|node| node.is_named() || !node.byte_range().is_empty());
        if let Some(last) = run.last() {
            let row = end_row(*last);
            let words: String = run.iter().flat_map(|node| content(text, *node).chars().collect::<Vec<_>>()).collect();
            let is_apart = next.is_none_or(|next| next.start_position().row > row + 1);
            if is_apart || next.is_some_and(|node| begins(*node, text, syntax)) || is_about_the_file(&words) {
                below = Some(row);
            } else {
                break;
            }
            rest = behind;
            continue;
        }
        match next {
            Some(node) if begins(*node, text, syntax) => {
                below = Some(end_row(*node));
                let taken = behind.iter().position(|other| other.id() == node.id())? + 1;
                rest = behind.get(taken..)?;
                if syntax == Syntax::Dart {
                    // If no imports follow, the grammar splits `library a;` and reads it as a declaration.
                    let row = end_row(*node);
                    let pieces = rest.iter().take_while(|node| node.start_position().row == row).count();
                    rest = rest.get(pieces..)?;
                }
            }
            Some(node) if node.kind() == "preproc_ifdef" => {
                below = guard(*node, text).map(end_row).or(below);
                break;
            }
            // A part of a library uses the imports of the whole library.
            Some(node) if node.kind() == "part_of_directive" => return None,
            // In a namespace with braces, the uses are inside the braces.
            Some(node) if node.kind() == "namespace_definition" => return None,
            _ => break,
        }
    }
    // If more text follows on the line of the head, there is no place.
    let goes_on = |row: usize| text.line(row).chars().last().is_some_and(|c| !matches!(c, '\n' | '\r'));
    let first_behind = rest.iter().find(|node| !node.byte_range().is_empty()).map(|node| node.start_position().row);
    if below.is_some_and(|row| goes_on(row) || first_behind == Some(row)) {
        return None;
    }
    let is_blank = |row: &usize| text.get_line(*row).is_some_and(|line| line.chars().all(char::is_whitespace));
    let from = below.map_or(0, |row| row + 1);
    let blanks = (from..text.len_lines()).take_while(is_blank).count();
    let next: String = text.get_line(from + blanks).map(String::from).unwrap_or_default();
    let opens = ["def ", "class ", "@", "async def "].iter().any(|word| next.starts_with(word));
    let wanted_blanks = if syntax == Syntax::Python && opens { 2 } else { 1 };
    let behind = if next.is_empty() { 0 } else { usize::saturating_sub(wanted_blanks, blanks) };
    Some(Head { below, blank: (usize::from(below.is_some()), behind) })
}

/// How many comments are directly below each other at the start of `nodes`.
fn run_of_comments(nodes: &[Node<'_>], end_row: &impl Fn(Node<'_>) -> usize) -> usize {
    let mut last: Option<usize> = None;
    nodes
        .iter()
        .take_while(|node| {
            let is_next = last.is_none_or(|row| node.start_position().row <= row + 1);
            last = Some(end_row(**node));
            node.kind().contains("comment") && is_next
        })
        .count()
}

fn is_about_the_file(words: &str) -> bool {
    let words = words.to_lowercase();
    words.starts_with("//!") || words.starts_with("/*!") || ABOUT_THE_FILE.split('|').any(|word| words.contains(word))
}

const CLAUSES: &str = "package_clause package_declaration package_header library_name library_directive \
    file_annotation inner_attribute_item hash_bang_line shebang shebang_line shebang_directive php_tag \
    declare_statement charset_statement extern_alias_directive";

/// Whether imports come after this node.
fn begins(node: Node<'_>, text: &Rope, syntax: Syntax) -> bool {
    let is_a_string = || {
        let child = node.named_child(0);
        node.named_child_count() == 1 && child.is_some_and(|child| child.kind().contains("string"))
    };
    match node.kind() {
        // A node that ends with braces is not a clause.
        _ if is_one_of(&node, CLAUSES) => !content(text, node).trim_end().ends_with('}'),
        "type_identifier" => syntax == Syntax::Dart && content(text, node) == "library",
        "namespace_definition" => node.child_by_field_name("body").is_none(),
        "preproc_call" | "preproc_pragma" | "preproc_nullable" => true,
        "preproc_define" | "preproc_def" => syntax == Syntax::CSharp,
        // `'use strict'`, and the docstring of a module.
        "expression_statement" => {
            is_a_string() && matches!(syntax, Syntax::Python | Syntax::JavaScript | Syntax::TypeScript | Syntax::Tsx)
        }
        "string" => syntax == Syntax::Python,
        "command" => {
            let words = content(text, node);
            syntax == Syntax::Bash && ["set ", "shopt "].iter().any(|word| words.starts_with(word))
        }
        _ => false,
    }
}

/// The line that ends the include guard of a C header, `#ifndef A` and `#define A`.
fn guard<'a>(node: Node<'a>, text: &Rope) -> Option<Node<'a>> {
    let name = content(text, node.child_by_field_name("name")?);
    let mut cursor = node.walk();
    let define = node
        .named_children(&mut cursor)
        .find(|child| child.kind() != "identifier" && !child.kind().contains("comment"))?;
    let defined = define.child_by_field_name("name").map(|node| content(text, node));
    (define.kind() == "preproc_def" && defined == Some(name)).then_some(define)
}

fn content(text: &Rope, node: Node<'_>) -> String {
    text.get_byte_slice(node.byte_range()).map(|code| code.chars().take(4_000).collect()).unwrap_or_default()
}

/// Whether a JavaScript text can contain imports of this kind. JavaScript has two kinds.
fn fits_the_modules(text: &Rope, wanted: &[String]) -> bool {
    let wants_modules = wanted.iter().any(|line| line.trim_start().starts_with("import "));
    let has = |words: &[&str]| {
        text.lines().any(|line| words.iter().any(|word| line.to_string().trim_start().starts_with(word)))
    };
    if wants_modules { !has(&["module.exports", "exports."]) } else { !has(&["export ", "import "]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::import_place::import_place;

    /// The text with the import added.
    fn with(syntax: Syntax, source: &str, wanted: &str) -> Option<String> {
        let text = Rope::from_str(source);
        let place = import_place(&text, syntax, vec![wanted.to_owned()], text.len_bytes())?;
        let at = place.below.map_or(0, |line| text.line_to_byte(line + 1));
        let lines = place.missing.iter().map(|line| format!("{line}\n"));
        let block = ["\n".repeat(place.blank.0), lines.collect(), "\n".repeat(place.blank.1)].concat();
        let (before, behind) = source.split_at(at);
        Some([before, &block, behind].concat())
    }

    #[test]
    fn first_import_follows_the_head_of_the_file() {
        let (js, ts) = ("import { a } from './a';", Syntax::TypeScript);
        // The place is at `‸`. The numbers are the blank lines before and after it.
        let cases = [
            (Syntax::Python, "import os", "‸def f():\n    pass\n", (0, 2)),
            (Syntax::Python, "import os", "‸# Adds.\ndef f():\n    pass\n", (0, 1)),
            (
                Syntax::Python,
                "import os",
                "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n‸def f():\n    pass\n",
                (1, 2),
            ),
            (Syntax::Python, "import os", "\"\"\"The cart.\n\nOf the shop.\n\"\"\"\n‸\nX = 1\n", (1, 0)),
            (
                Syntax::Python,
                "import os",
                "# Copyright 2026 Ana\n\n\"\"\"The cart.\"\"\"\n‸\n\nclass A:\n    pass\n",
                (1, 0),
            ),
            (Syntax::Go, "import \"os\"", "// Package a adds.\npackage a\n‸\nfunc f() {}\n", (1, 0)),
            (Syntax::Go, "import \"os\"", "//go:build linux\n\npackage a\n‸func f() {}\n", (1, 1)),
            (Syntax::Rust, "use std::fs;", "//! Adds.\n\n#![allow(dead_code)]\n‸\nfn f() {}\n", (1, 0)),
            (Syntax::Rust, "use std::fs;", "//! Adds.\n‸fn f() {}\n", (1, 1)),
            (Syntax::Rust, "use std::fs;", "‸/// Adds.\nfn f() {}\n", (0, 1)),
            (
                Syntax::Java,
                "import java.util.List;",
                "/* Copyright */\npackage a;\n‸\n/** Adds. */\nclass A {}\n",
                (1, 0),
            ),
            (Syntax::Java, "import java.util.List;", "‸/** Adds. */\nclass A {}\n", (0, 1)),
            (Syntax::Kotlin, "import java.io.File", "@file:JvmName(\"A\")\n\npackage a\n‸\nfun f() {}\n", (1, 0)),
            (Syntax::Kotlin, "import java.io.File", "‸fun f() {}\n", (0, 1)),
            (Syntax::Scala, "import scala.io.Source", "package a\n‸\nclass A\n", (1, 0)),
            (Syntax::Swift, "import Foundation", "// Copyright Ana\n‸\nfunc f() {}\n", (1, 0)),
            (Syntax::Dart, "import 'dart:io';", "library a;\n‸\nclass A {}\n", (1, 0)),
            (ts, js, "'use strict';\n‸\nlet x = 1;\n", (1, 0)),
            (Syntax::Tsx, js, "\"use client\";\n‸\nexport const C = () => <div />;\n", (1, 0)),
            (Syntax::JavaScript, js, "#!/usr/bin/env node\n‸let x = 1;\n", (1, 1)),
            (Syntax::JavaScript, "const fs = require('fs');", "'use strict';\n‸\nmodule.exports = 1;\n", (1, 0)),
            (ts, js, "// What it costs.\n‸\n/** Adds. */\nfunction f() {}\n", (1, 0)),
            (Syntax::Php, "use A\\B;", "<?php\n‸\nfunction f() {}\n", (1, 0)),
            (Syntax::Php, "use A\\B;", "<?php\n\ndeclare(strict_types=1);\n\nnamespace C;\n‸\nclass D {}\n", (1, 0)),
            (Syntax::Ruby, "require \"json\"", "# frozen_string_literal: true\n‸\nclass A\nend\n", (1, 0)),
            (Syntax::Lua, "local a = require(\"a\")", "‸local M = {}\n", (0, 1)),
            (Syntax::Bash, "source ./lib.sh", "#!/bin/bash\nset -euo pipefail\n‸\necho 1\n", (1, 0)),
            (Syntax::C, "#include <stdio.h>", "#ifndef A_H\n#define A_H\n‸\nint f(void);\n\n#endif\n", (1, 0)),
            (Syntax::C, "#include <stdio.h>", "/* Adds. */\n‸\nint f(void) { return 1; }\n", (1, 0)),
            (Syntax::Cpp, "#include <vector>", "#pragma once\n‸\nint f();\n", (1, 0)),
            (Syntax::CSharp, "using System.Linq;", "// Copyright Ana\n‸namespace A;\n\nclass B {}\n", (1, 1)),
            (Syntax::Css, "@import url(\"a.css\");", "@charset \"utf-8\";\n‸\na { b: c }\n", (1, 0)),
        ];
        let wrong: Vec<String> = cases
            .iter()
            .filter_map(|(syntax, import, picture, (front, back))| {
                let became = with(*syntax, &picture.replace('‸', ""), import);
                let written = format!("{}{import}\n{}", "\n".repeat(*front), "\n".repeat(*back));
                let expected = picture.replace('‸', &written);
                (became.as_ref() != Some(&expected)).then(|| format!("{syntax:?}: {became:?} for {expected:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn uncertain_import_place_is_none() {
        for (syntax, source, wanted) in [
            (Syntax::Php, "<h1>a</h1>\n<?php f();\n", "use A\\B;"),
            (Syntax::Php, "<?php f();\n", "use A\\B;"),
            (Syntax::Php, "<?php\nnamespace A {\n    class B {}\n}\n", "use A\\B;"),
            (Syntax::JavaScript, "module.exports = 1;\n", "import a from 'a';"),
            (Syntax::JavaScript, "export const a = 1;\n", "const b = require('b');"),
            (Syntax::Go, "package a; func f() {}\n", "import \"os\""),
            (Syntax::Dart, "part of 'a.dart';\n\nclass A {}\n", "import 'dart:io';"),
        ] {
            assert_eq!(with(syntax, source, wanted), None, "{source}");
        }
    }
}
