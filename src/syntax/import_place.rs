//! Where new imports go in a text that has imports already.

use std::collections::HashSet;

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::Syntax;
use super::imports::imports;

/// Where new imports go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlace {
    /// The line that they go below, counted from zero.
    pub line: usize,
    /// Those that the text does not have, in the order in which they were given.
    pub missing: Vec<String>,
}

/// The place for `wanted`, one import a line, in the text before byte `before`: behind the last import of their kind.
/// `None` where one of them is no import, where the text has none yet, and in a language without imports.
pub(super) fn import_place(text: &Rope, syntax: Syntax, wanted: Vec<String>, before: usize) -> Option<ImportPlace> {
    if !all_are_imports(&wanted, syntax) {
        return None;
    }
    let there = imports(text, syntax).into_iter().filter(|bytes| bytes.end <= before);
    let lines: Vec<usize> = there
        .flat_map(|bytes| text.byte_to_line(bytes.start)..=text.byte_to_line(bytes.end.saturating_sub(1)))
        .collect();
    let content = |line: usize| text.line(line).to_string();
    let known: HashSet<String> = lines.iter().map(|line| plain(&content(*line))).collect();
    let mut missing: Vec<String> = wanted.iter().filter(|line| !known.contains(&plain(line))).cloned().collect();
    missing.dedup();
    let kind = missing.first().or(wanted.first()).map(|line| kind(line, syntax))?;
    let mut same = lines.iter().rev().filter(|line| self::kind(&content(**line), syntax) == kind);
    // The end of a list of imports looks like no import by itself.
    let line = if syntax == Syntax::Php { same.next() } else { lines.last() }.copied()?;
    Some(ImportPlace { line, missing })
}

/// Whether each line is an import by itself. One that has to come first of all has no such place.
fn all_are_imports(lines: &[String], syntax: Syntax) -> bool {
    let head = match syntax {
        Syntax::Php => "<?php\n",
        Syntax::Go => "package p\n",
        _ => "",
    };
    let text = Rope::from_str(&format!("{head}{}\n", lines.join("\n")));
    let first = head.lines().count();
    let found: HashSet<usize> = imports(&text, syntax)
        .into_iter()
        .flat_map(|bytes| text.byte_to_line(bytes.start)..=text.byte_to_line(bytes.end.saturating_sub(1)))
        .collect();
    (first..first + lines.len()).all(|line| found.contains(&line))
        && !lines.iter().any(|line| line.contains("__future__"))
}

fn plain(line: &str) -> String {
    line.trim().trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In PHP functions, constants and classes are imported apart.
fn kind(line: &str, syntax: Syntax) -> &'static str {
    if syntax != Syntax::Php {
        return "";
    }
    match line.split_whitespace().nth(1) {
        Some("function") => "function",
        Some("const") => "const",
        _ => "class",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(syntax: Syntax, source: &str, wanted: &[&str]) -> Option<(String, Vec<String>)> {
        let text = Rope::from_str(source);
        let wanted: Vec<String> = wanted.iter().map(|line| (*line).to_owned()).collect();
        let place = import_place(&text, syntax, wanted, text.len_bytes())?;
        Some((text.line(place.line).to_string(), place.missing))
    }

    /// A text, the imports that are wanted, the line that they go below, and those that are missing.
    type Case = (Syntax, &'static str, &'static [&'static str], &'static str, &'static [&'static str]);

    #[test]
    fn new_imports_go_behind_the_last_of_their_kind_and_those_that_are_there_are_left_out() {
        let cases: &[Case] = &[
            (
                Syntax::Python,
                "import os\nimport re\n\nx = 1\n",
                &["import os", "from math import fsum"],
                "import re\n",
                &["from math import fsum"],
            ),
            (Syntax::Go, "package a\n\nimport (\n\t\"fmt\"\n)\n", &["import \"os\""], ")\n", &["import \"os\""]),
            (Syntax::Rust, "use a::B;\n\nfn f() {}\n", &["use a::B", "use c::D;"], "use a::B;\n", &["use c::D;"]),
            (
                Syntax::Php,
                "<?php\nuse A\\B;\nuse function a\\f;\n\nclass C {}\n",
                &["use D\\E;"],
                "use A\\B;\n",
                &["use D\\E;"],
            ),
            (
                Syntax::TypeScript,
                "import { a } from './a';\nlet x;\n",
                &["import { b } from './b';"],
                "import { a } from './a';\n",
                &["import { b } from './b';"],
            ),
        ];
        for (syntax, source, wanted, line, missing) in cases {
            let expected = Some(((*line).to_owned(), missing.iter().map(|it| (*it).to_owned()).collect()));
            assert_eq!(place(*syntax, source, wanted), expected, "{syntax:?}");
        }
    }

    #[test]
    fn without_a_certain_place_there_is_none() {
        assert_eq!(place(Syntax::Python, "x = 1\n", &["import os"]), None);
        assert_eq!(place(Syntax::Python, "import os\n", &["You need os here."]), None);
        assert_eq!(place(Syntax::Python, "import os\n", &["from __future__ import annotations"]), None);
        assert_eq!(place(Syntax::Json, "{}\n", &["import os"]), None);
    }
}
