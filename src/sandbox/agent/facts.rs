//! What can be said of a piece of code without understanding it.

use super::language::Language;

/// Observations on a piece of code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) lines: usize,
    pub(super) blank_lines: usize,
    pub(super) comment_lines: usize,
    /// Names of functions, in order, each once.
    pub(super) functions: Vec<String>,
    /// Names of types and modules, in order, each once.
    pub(super) types: Vec<String>,
    /// Number (from 1) and length in characters of the longest line.
    pub(super) longest: (usize, usize),
    /// Numbers (from 1) of lines with a TODO, FIXME, HACK or XXX.
    pub(super) markers: Vec<usize>,
}

/// Words that stand before a parenthesis and name no function.
const NO_FUNCTION: &[&str] = &[
    "if", "for", "while", "switch", "catch", "match", "return", "foreach", "using", "lock", "elif", "until", "sizeof",
];

impl Facts {
    pub(super) fn of(code: &str, language: Language) -> Self {
        let mut facts = Self::default();
        for (index, line) in code.lines().enumerate() {
            facts.lines += 1;
            let length = line.trim_end().chars().count();
            if length > facts.longest.1 {
                facts.longest = (index + 1, length);
            }
            let words = words(line);
            if words.iter().any(|word| ["TODO", "FIXME", "HACK", "XXX"].contains(word)) {
                facts.markers.push(index + 1);
            }
            if line.trim().is_empty() {
                facts.blank_lines += 1;
            } else if language.is_comment(line) {
                facts.comment_lines += 1;
            } else {
                facts.names(line, &words, language);
            }
        }
        facts
    }

    fn names(&mut self, line: &str, words: &[&str], language: Language) {
        if let Some(name) = name_after(words, language.types) {
            push_once(&mut self.types, name);
        } else if let Some(name) = name_after(words, language.functions) {
            // A Go method has its receiver before its name; the name stands before the second parenthesis.
            let method = line.trim_start().strip_prefix("func (").and_then(|rest| rest.split_once(") "));
            let name = method.and_then(|(_, rest)| rest.split('(').next()).unwrap_or(name);
            push_once(&mut self.functions, name);
        } else if line.contains("=>")
            && let Some(name) = name_after(words, &["const", "let"])
        {
            push_once(&mut self.functions, name);
        } else if language.bare_functions
            && line.trim_end().ends_with('{')
            && let Some((head, _)) = line.split_once('(')
            && let Some(name) = head.split(|c: char| !is_name(c)).rfind(|word| !word.is_empty())
            && head.ends_with(name)
            && !NO_FUNCTION.contains(&name)
        {
            push_once(&mut self.functions, name);
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words(line: &str) -> Vec<&str> {
    line.split(|c: char| !is_name(c)).filter(|word| !word.is_empty()).collect()
}

fn name_after<'a>(words: &[&'a str], before: &[&str]) -> Option<&'a str> {
    let at = words.iter().position(|word| before.contains(word))?;
    words.get(at + 1).copied().filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()))
}

fn push_once(names: &mut Vec<String>, name: &str) {
    if names.iter().all(|known| known != name) {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_ways_of_each_language() {
        for (language, code, functions, types) in [
            (
                "rust",
                "pub struct Point;\nimpl Point {\n    pub fn len(&self) {}\n}\n// fn no() {}",
                vec!["len"],
                vec!["Point"],
            ),
            ("python", "class A(B):\n    def run(self):\n        pass", vec!["run"], vec!["A"]),
            (
                "typescript",
                "interface P {}\nconst add = (a) => a;\nexport function sub() {}",
                vec!["add", "sub"],
                vec!["P"],
            ),
            ("go", "func (p *Point) Len() int {\nfunc main() {", vec!["Len", "main"], vec![]),
            ("java", "class A {\n  public int size(int x) {\n    if (x) {", vec!["size"], vec!["A"]),
            ("c", "static int f(void) {\n  while (1) {", vec!["f"], vec![]),
            ("ruby", "module M\n  def go!\n", vec!["go"], vec!["M"]),
            ("klingon", "fn x() {}", vec![], vec![]),
        ] {
            let facts = Facts::of(code, Language::of(language));
            assert_eq!(
                (facts.functions, facts.types),
                (functions.iter().map(|s| (*s).to_owned()).collect(), types.iter().map(|s| (*s).to_owned()).collect()),
                "{language}"
            );
        }
    }

    #[test]
    fn lines_are_counted_by_kind() {
        let facts = Facts::of("// TODO: all\n\nlet abc = 1;\r\n/* x */\n", Language::of("rust"));
        assert_eq!((facts.lines, facts.blank_lines, facts.comment_lines), (4, 1, 2));
        assert_eq!((facts.longest, facts.markers), ((1, 12), vec![1]));
    }
}
