//! Facts about a piece of code that need no understanding of it.

use super::language::Comments;
use crate::edit::{DefinitionKind, Outline};

/// Facts about a piece of code. Line numbers start at 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) lines: usize,
    pub(super) blank_lines: usize,
    pub(super) comment_lines: usize,
    /// Names of functions, in order, without duplicates.
    pub(super) functions: Vec<String>,
    /// Names of types and modules, in order, without duplicates.
    pub(super) types: Vec<String>,
    /// The number of the longest line, and its length in characters.
    pub(super) longest: (usize, usize),
    /// Numbers of lines with a TODO, FIXME, HACK or XXX.
    pub(super) markers: Vec<usize>,
}

impl Facts {
    /// The facts about code in the language of this LSP language id. For an unknown language: no comments and no names.
    pub(super) fn of(code: &str, language_id: &str) -> Self {
        let outline = Comments::of(language_id).are_known().then(|| Outline::of(code, language_id));
        let mut facts = Self::default();
        for (line, number) in code.lines().zip(1..) {
            facts.lines = number;
            facts.blank_lines += usize::from(line.trim().is_empty());
            let length = line.trim_end().chars().count();
            if length > facts.longest.1 {
                facts.longest = (number, length);
            }
            if words(line).any(|word| ["TODO", "FIXME", "HACK", "XXX"].contains(&word)) {
                facts.markers.push(number);
            }
        }
        if let Some(Outline { lines, definitions, .. }) = outline {
            facts.comment_lines = lines.iter().filter(|line| !line.is_code()).count();
            for definition in definitions {
                let names =
                    if definition.kind == DefinitionKind::Function { &mut facts.functions } else { &mut facts.types };
                if !names.contains(&definition.name) {
                    names.push(definition.name);
                }
            }
        }
        facts
    }

    /// The last word of the first name. The names of tests use it.
    pub(super) fn subject(&self) -> Option<&str> {
        words(self.functions.first().or(self.types.first())?).last()
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_once_from_outline_unless_language_is_unknown() {
        let code = "pub struct Point;\nimpl Point {\n    pub fn len(&self) {}\n}\n// fn no() {}";
        let facts = Facts::of(code, "rust");
        assert_eq!((facts.functions, facts.types), (vec!["len".to_owned()], vec!["Point".to_owned()]));
        assert_eq!(Facts::of("fun String.shout() = 1", "kotlin").subject(), Some("shout"));
        assert_eq!(Facts::of("class A {}", "java").subject(), Some("A"));
        assert_eq!(Facts::of("fn x() {}\n# y", "klingon"), Facts { lines: 2, longest: (1, 9), ..Facts::default() });
    }

    #[test]
    fn lines_are_counted_by_kind() {
        let facts = Facts::of("// TODO: all\n\nlet abc = 1;\r\n/* x */\n", "rust");
        assert_eq!((facts.lines, facts.blank_lines, facts.comment_lines), (4, 1, 2));
        assert_eq!((facts.longest, facts.markers), ((1, 12), vec![1]));
    }
}
