//! Finds the place for new imports.

use std::collections::HashSet;

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::Syntax;
use super::head::{Head, head};
use super::imports::imports;
use super::lines::text_of;
use super::parse::parse;

/// The place for new imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportPlace {
    /// The imports go below this line, counted from zero. `None` means the start of the text.
    pub below: Option<usize>,
    /// The number of blank lines to add before and after them.
    #[serde(default)]
    pub blank: (usize, usize),
    /// The imports that the text does not contain, in the given order.
    pub missing: Vec<String>,
}

/// Answers [`import_place`](super::import_place()).
pub(super) fn import_place(text: &Rope, syntax: Syntax, wanted: Vec<String>, before: usize) -> Option<ImportPlace> {
    if !all_are_imports(&wanted, syntax) || syntax == Syntax::Rust && is_in_a_closed_module(text, before) {
        return None;
    }
    let lines: Vec<usize> = lines_of_imports(text, syntax, before).collect();
    let content = |line: usize| text.line(line).to_string();
    let known: HashSet<String> = lines.iter().map(|line| plain(&content(*line))).collect();
    let mut missing: Vec<String> = wanted.iter().filter(|line| !known.contains(&plain(line))).cloned().collect();
    missing.dedup();
    let kind = missing.first().or(wanted.first()).map(|line| kind(line, syntax))?;
    let mut same = lines.iter().rev().filter(|line| self::kind(&content(**line), syntax) == kind);
    // The last line of a list of imports does not look like an import.
    let last = if syntax == Syntax::Php { same.next().or(lines.last()) } else { lines.last() }.copied();
    if last.is_some() || missing.is_empty() {
        return Some(ImportPlace { below: last, blank: (0, 0), missing });
    }
    let Head { below, blank } = head(text, syntax, &missing)?;
    let start = below.map_or(Some(0), |line| text.try_line_to_byte(line + 1).ok())?;
    (start <= before).then_some(ImportPlace { below, blank, missing })
}

/// The lines of the imports that end before byte `before`.
fn lines_of_imports(text: &Rope, syntax: Syntax, before: usize) -> impl Iterator<Item = usize> {
    let there = imports(text, syntax).into_iter().filter(move |bytes| bytes.end <= before);
    there.flat_map(|bytes| text.byte_to_line(bytes.start)..=text.byte_to_line(bytes.end.saturating_sub(1)))
}

/// Whether a place is in a Rust module that does not see the imports of the file.
fn is_in_a_closed_module(text: &Rope, at: usize) -> bool {
    let Some(tree) = parse(text, Syntax::Rust) else { return false };
    let mut node = tree.root_node().descendant_for_byte_range(at, at);
    while let Some(inner) = node {
        if inner.kind() == "mod_item" {
            return !text_of(text, &inner).contains("use super::*");
        }
        node = inner.parent();
    }
    false
}

/// Whether each line alone is an import. An import that must come first in the file has no such place.
fn all_are_imports(lines: &[String], syntax: Syntax) -> bool {
    let head = match syntax {
        Syntax::Php => "<?php\n",
        Syntax::Go => "package p\n",
        _ => "",
    };
    let text = Rope::from_str(&format!("{head}{}\n", lines.join("\n")));
    let first = head.lines().count();
    let found: HashSet<usize> = lines_of_imports(&text, syntax, text.len_bytes()).collect();
    (first..first + lines.len()).all(|line| found.contains(&line))
        && !lines.iter().any(|line| line.contains("__future__"))
}

fn plain(line: &str) -> String {
    line.trim().trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ")
}

/// PHP imports functions, constants and classes separately.
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

    /// The start of `source`, up to the place for `wanted` (one import a line), and the missing imports.
    fn import_position(syntax: Syntax, source: &str, wanted: &str) -> Option<(String, String)> {
        let text = Rope::from_str(source);
        let place = import_place(&text, syntax, wanted.lines().map(str::to_owned).collect(), text.len_bytes())?;
        Some((text.slice(..text.line_to_char(place.below? + 1)).to_string(), place.missing.join("\n")))
    }

    #[test]
    fn new_imports_follow_the_last_of_their_kind_without_repeats() {
        let (fsum, b) = ("from math import fsum", "import { b } from './b';");
        // The imports go below `‸`.
        for (syntax, picture, wanted, missing) in [
            (Syntax::Python, "import os\nimport re\n‸\nx = 1\n", format!("import os\n{fsum}"), fsum),
            (Syntax::Go, "package a\n\nimport (\n\t\"fmt\"\n)\n‸", "import \"os\"".into(), "import \"os\""),
            (Syntax::Rust, "use a::B;\n‸\nfn f() {}\n", "use a::B\nuse c::D;".into(), "use c::D;"),
            (Syntax::Php, "<?php\nuse A\\B;\n‸use function a\\f;\n\nclass C {}\n", "use D\\E;".into(), "use D\\E;"),
            (Syntax::TypeScript, "import { a } from './a';\n‸let x;\n", b.into(), b),
        ] {
            let expected = picture.split('‸').next().unwrap().to_owned();
            assert_eq!(
                import_position(syntax, &picture.replace('‸', ""), &wanted),
                Some((expected, missing.into())),
                "{syntax:?}"
            );
        }
    }

    #[test]
    fn without_a_certain_place_there_is_none() {
        let closed = "use a::B;\n\nmod m {\n    fn f() {}\n}\n";
        let inside = |source: &str| {
            import_place(&Rope::from_str(source), Syntax::Rust, vec!["use c::D;".to_owned()], source.find("fn f")?)
        };
        assert_eq!(inside(closed), None);
        assert!(inside(&closed.replace("fn f", "use super::*;\n    fn f")).is_some());
        assert_eq!(import_position(Syntax::Python, "import os\n", "You need os here."), None);
        assert_eq!(import_position(Syntax::Python, "import os\n", "from __future__ import annotations"), None);
        assert_eq!(import_position(Syntax::Json, "{}\n", "import os"), None);
    }
}
