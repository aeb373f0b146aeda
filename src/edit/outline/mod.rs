//! Finds the definitions of a text in any language, by the heads of its lines: functions, classes, attributes.

mod attributes;
mod fields;
mod functions;
mod heads;
mod line;
mod others;

use std::collections::{HashMap, HashSet};

use self::attributes::attributes;
use self::fields::fields;
use self::heads::head;
use self::line::ENDS;
pub(crate) use self::line::{CodeLine, Definition, DefinitionKind};
use super::lexis::{Token, TokenKind, tokens};
use crate::languages::canonical;

/// The content of a text, line by line.
pub(crate) struct Outline<'a> {
    /// The lines that are not blank.
    pub(crate) lines: Vec<CodeLine<'a>>,
    pub(crate) definitions: Vec<Definition>,
    /// The names of the attributes and decorators, as in the text: `@cached`, `#[derive`, `[HttpGet`.
    pub(crate) attributes: Vec<String>,
    /// The names of constants, fields and properties that a line declares clearly.
    pub(crate) fields: Vec<String>,
}

impl<'a> Outline<'a> {
    /// The outline of `text` in the language `language_id`.
    pub(crate) fn of(text: &'a str, language_id: &str) -> Self {
        let language = canonical(language_id);
        let lines = lines_of(text, &language);
        let heads: Vec<Option<(DefinitionKind, String)>> =
            (0..lines.len()).map(|number| head(&lines, number, &language)).collect();
        let (definitions, owners) = definitions(&lines, &heads);
        let fields = fields(&lines, &definitions, &owners, &language);
        let attributes =
            lines.iter().enumerate().flat_map(|(number, _)| attributes(&lines, number, &language)).collect();
        Self { lines, definitions, attributes, fields }
    }

    /// The lines of code.
    pub(crate) fn code(&self) -> impl DoubleEndedIterator<Item = &CodeLine<'a>> {
        self.lines.iter().filter(|line| line.is_code())
    }

    /// The definition with the head `line`, which is one of its lines.
    pub(crate) fn definition_at(&self, line: &CodeLine<'_>) -> Option<&Definition> {
        let is_head = |head: &CodeLine<'_>| std::ptr::eq(head, line);
        self.definitions.iter().find(|definition| self.lines.get(definition.line).is_some_and(is_head))
    }

    /// Whether the first line of code is the head of a definition, attributes aside.
    pub(crate) fn starts_with_definition(&self) -> bool {
        let first = self.lines.iter().position(|line| line.is_code() && !line.text.starts_with(['@', '#', '[']));
        first.is_some_and(|first| self.definitions.iter().any(|definition| definition.line == first))
    }

    /// Whether the text has the word not only as a member: `count`, and not `this.count`.
    pub(crate) fn has_word(&self, wanted: &str) -> bool {
        self.code().any(|line| {
            let before = std::iter::once(None).chain(line.code.iter().map(Some));
            line.code.iter().zip(before).any(|(token, before)| {
                let is_member = before.is_some_and(|before| matches!(before.text, "." | "->" | "::" | "?." | ">"));
                token.text == wanted && !is_member
            })
        })
    }

    /// The names of its variables and fields.
    pub(crate) fn bound_names(&self) -> HashSet<&'a str> {
        let names = |line: &CodeLine<'a>| {
            let bound = |pair: &[Token<'a>]| match pair {
                [word, next] if matches!(next.text, "=" | ":" | "<") => Some(word.text),
                _ => None,
            };
            line.code.windows(2).take(8).filter_map(bound).collect::<Vec<_>>()
        };
        self.code().flat_map(names).collect()
    }
}

/// The lines of `text` that are not blank.
fn lines_of<'a>(text: &'a str, language: &str) -> Vec<CodeLine<'a>> {
    let mut by_line: HashMap<usize, Vec<Token<'a>>> = HashMap::new();
    for token in tokens(text, language).into_iter().filter(Token::is_code) {
        by_line.entry(token.line).or_default().push(token);
    }
    let line = |(number, line): (usize, &'a str)| {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        let code = by_line.remove(&number).unwrap_or_default();
        (!trimmed.is_empty()).then_some(CodeLine { indent, code, text: trimmed })
    };
    super::lines::lines(text).map(|line| line.content).enumerate().filter_map(line).collect()
}

/// The definitions with these heads and their contents, and for each line (except heads) the number of its definition.
fn definitions(
    lines: &[CodeLine<'_>],
    heads: &[Option<(DefinitionKind, String)>],
) -> (Vec<Definition>, Vec<Option<usize>>) {
    let mut owners: Vec<Option<usize>> = vec![None; lines.len()];
    let mut found: Vec<Definition> = Vec::new();
    // The open definitions: number in `found`, column.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (number, (line, head)) in lines.iter().zip(heads).enumerate() {
        if !line.is_code() {
            continue;
        }
        let first = line.code.first().map(|token| token.text).unwrap_or_default();
        // The brackets of a definition, and its end, are at the depth of its head.
        let belongs = matches!(first, "{" | "}" | ")" | "]" | "=" | ":") || ENDS.has(first);
        while let Some((_, column)) = open.last() {
            if line.indent > *column || line.indent == *column && belongs && head.is_none() {
                break;
            }
            open.pop();
        }
        if let (None, Some(owner)) = (head, owners.get_mut(number)) {
            *owner = open.last().map(|(number, _)| *number);
        }
        for (number, _) in open.iter().filter(|_| head.is_some() || line.is_distinctive()) {
            if let Some(outer) = found.get_mut(*number) {
                (outer.body, outer.is_trivial) = (outer.body + 1, false);
            }
        }
        let Some((sort, name)) = head else { continue };
        let is_local = open
            .iter()
            .any(|(number, _)| found.get(*number).is_some_and(|outer| outer.kind == DefinitionKind::Function));
        open.push((found.len(), line.indent));
        // A definition of SQL has no visible body.
        let own = if *sort == DefinitionKind::Block { 2 } else { own_words(line) };
        let body = usize::from(own > 1);
        found.push(Definition { kind: *sort, name: name.clone(), line: number, body, is_trivial: own <= 1, is_local });
    }
    (found, owners)
}

/// The number of words of a definition's body on the line of its head.
fn own_words(line: &CodeLine<'_>) -> usize {
    let mut depth = 0_usize;
    let mut inside = false;
    let mut words = 0;
    for token in &line.code {
        match token.text {
            "(" | "[" if !inside => depth += 1,
            ")" | "]" if !inside => depth = depth.saturating_sub(1),
            "{" | "=" | ":" if depth == 0 && token.kind == TokenKind::Sign => (inside, words) = (true, 0),
            _ if inside && matches!(token.kind, TokenKind::Word | TokenKind::Text) => words += 1,
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, language: &str) -> Vec<String> {
        Outline::of(text, language).definitions.into_iter().map(|definition| definition.name).collect()
    }

    #[test]
    fn heads_are_found_in_many_languages() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("python", "@a\nasync def f(x):\n    pass\n\nclass A(B):\n    def g(self): return 1\n", &["f", "A", "g"]),
            (
                "rust",
                "pub(crate) async unsafe fn f<'a>() {}\nimpl<T> Show for A<T> {\n    fn g() {}\n}\nmacro_rules! m {}\n",
                &["f", "Show for A T", "g", "m"],
            ),
            ("go", "func (c *Cart) Total(x int) int {\n\treturn 1\n}\ntype A struct {\n}\n", &["Total", "A"]),
            (
                "java",
                "@Override\npublic List<A> all(int x) throws E {\n}\npublic Cart(int a) { b(); }\nrecord P(int x) {}\n",
                &["all", "Cart", "P"],
            ),
            ("csharp", "[HttpGet(\"/x\")]\npublic async Task<int> F(\n    int x)\n    => x;\n", &["F"]),
            ("c", "static int area(int r)\n{\n    if (r) { g(r); }\n    return h(r);\n}\n", &["area"]),
            (
                "typescript",
                "export const f = async (a: X): Promise<Y> => {\n  it('x', () => { g(); });\n};\nclass A {\n  total(x: number): number {\n    return 1;\n  }\n}\n",
                &["f", "A", "total"],
            ),
            (
                "kotlin",
                "data class A(val x: Int)\nfun String.shout() = uppercase()\nenum class E { A }\n",
                &["A", "String.shout", "E"],
            ),
            (
                "swift",
                "public func f() {}\nfinal class A {\n    init(x: Int) {}\n}\nextension B: C {}\n",
                &["f", "A", "init", "B"],
            ),
            (
                "ruby",
                "class A < B\n  def self.parse(x) = 1\n  def valid?\n  end\nend\n",
                &["A", "self.parse", "valid?"],
            ),
            ("elixir", "defmodule A.B do\n  def f(x), do: x\n  defp g(x) do\n  end\nend\n", &["A.B", "f", "g"]),
            (
                "scala",
                "case class A(x: Int)\nobject B {\n  private[this] def f(x: Int): Int = x\n}\n",
                &["A", "B", "f"],
            ),
            ("lua", "local function f() end\nfunction M.g(a)\nend\nM.h = function(a)\nend\n", &["f", "M.g", "h"]),
            ("php", "final class A {\n    public static function f($x) {}\n}\n", &["A", "f"]),
            ("dart", "Future<int> f(int x) async {\n}\nclass A {}\n", &["f", "A"]),
            (
                "sql",
                "CREATE OR REPLACE VIEW v AS\nSELECT 1;\ncreate table if not exists a.b (x int);\n",
                &["view v", "table a.b"],
            ),
            ("terraform", "resource \"a\" \"b\" {\n  c = 1\n}\n", &["resource \"a\" \"b\""]),
            ("shellscript", "f() {\n  g\n}\nfunction h {\n}\n", &["f", "h"]),
            ("powershell", "function Get-Thing {\n}\n", &["Get-Thing"]),
            ("clojure", "(defn total [x]\n  (+ x 1))\n", &["total"]),
            ("cobol", "       ADD-ALL.\n           ADD 1 TO X.\n           GOBACK.\n", &["add-all"]),
            ("vb", "Public Function F(x) As Integer\nEnd Function\n", &["F"]),
            ("r", "f <- function(x) {\n}\n", &["f"]),
        ];
        for (language, text, expected) in cases {
            assert_eq!(names(text, language), *expected, "{language}");
        }
    }

    #[test]
    fn statements_are_not_heads() {
        for (language, text) in [
            ("java", "if (a) {\nfoo(b);\nreturn new A() {\n};\nx.each(y -> {\n});\n"),
            ("typescript", "while (x) {\n}\nfoo(() => {\n});\nconst a = { b: 1 };\nreturn f(x);\n"),
            ("python", "type = 3\nclass_ = 1\nmatch x:\n    case 1: pass\n"),
            ("c", "for (int i = 0; i < n; i++) {\n}\nint x = f(1);\nf(2);\n"),
        ] {
            assert_eq!(names(text, language), [""; 0], "{language}");
        }
    }

    #[test]
    fn attributes_are_found_and_lists_are_not_attributes() {
        let of = |text: &str, language: &str| Outline::of(text, language).attributes;
        assert_eq!(of("@api.get(\"/x\")\n@cached(60)\ndef f(): pass\n", "python"), ["@api", "@cached"]);
        assert_eq!(of("#[test]\n#[doc = \"x\"]\nfn f() {}\n", "rust"), ["#[test"]);
        assert_eq!(
            of("[HttpGet(\"/x\")]\npublic int F() => 1;\nvar x = y switch\n{\n    [var one] => one,\n};\n", "csharp"),
            ["[HttpGet"]
        );
        assert_eq!(of("[A, B(x = 1, y)]\npublic int F() => 1;\n", "csharp"), ["[A", "[B"]);
        assert_eq!(of("@Inject private Foo foo;\n", "java"), ["@Inject"]);
    }

    #[test]
    fn members_of_a_definition_are_counted() {
        let outline = Outline::of(
            "class A {\n  f() {\n    const g = () => 1;\n    return g();\n  }\n  h() {}\n}\n",
            "javascript",
        );
        let told: Vec<_> =
            outline.definitions.iter().map(|it| (it.name.as_str(), it.body, it.is_trivial, it.is_local)).collect();
        assert_eq!(told, [("A", 4, false, false), ("f", 2, false, false), ("g", 0, true, true), ("h", 0, true, false)]);
    }
}
