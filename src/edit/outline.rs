//! What a text defines, told by the heads of its lines in any language: functions, classes, their attributes.

use std::collections::HashMap;

use super::lexis::{Kind, Token, tokens};

/// A line that has code or a comment in it.
#[derive(Debug)]
pub(crate) struct CodeLine<'a> {
    /// The column where its text starts; a tab is one column.
    pub(crate) indent: usize,
    /// Its tokens that are no comments.
    pub(crate) code: Vec<Token<'a>>,
    /// Its text without the white space around it.
    pub(crate) text: &'a str,
}

impl CodeLine<'_> {
    pub(crate) fn is_code(&self) -> bool {
        !self.code.is_empty()
    }

    /// Whether it has a name, a number or a string: more than brackets and the like, or a word that ends a block.
    pub(crate) fn tells(&self) -> bool {
        self.code.iter().any(|token| match token.kind {
            Kind::Word => !is_end(token.text),
            Kind::Text => true,
            Kind::Sign | Kind::Comment => false,
        })
    }

    /// Its code with one blank between two tokens: what is compared.
    pub(crate) fn normal(&self) -> String {
        self.code.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }
}

/// The words that end a block and say nothing else.
pub(crate) fn is_end(word: &str) -> bool {
    matches!(
        word,
        "end"
            | "fi"
            | "done"
            | "esac"
            | "endif"
            | "endfor"
            | "End"
            | "END"
            | "then"
            | "do"
            | "else"
            | "begin"
            | "BEGIN"
    )
}

/// What a text consists of, line by line.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    /// The lines that are not blank.
    pub(crate) lines: Vec<CodeLine<'a>>,
    pub(crate) definitions: Vec<Definition>,
    /// The names of the attributes and decorators, as they are written: `@cached`, `#[derive`, `[HttpGet`.
    pub(crate) attributes: Vec<String>,
}

/// A function, a class or something of their kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) kind: Sort,
    pub(crate) name: String,
    /// The number of its head among the lines.
    pub(crate) line: usize,
    /// How many of the lines inside of it say something.
    pub(crate) body: usize,
    /// Whether there is nothing in it that could be lost: `fn f() {}`, `int f() => 1`.
    pub(crate) is_trivial: bool,
    /// Whether it is inside of a function, where nobody else sees it.
    pub(crate) is_local: bool,
}

/// What kind of definition it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    Function,
    Type,
    /// A block with a name, in languages of configuration and of data.
    Block,
}

impl<'a> Outline<'a> {
    /// What `text` defines, in the language `language_id`.
    pub(crate) fn of(text: &'a str, language_id: &str) -> Self {
        let language = language_id.to_lowercase();
        let lines = lines_of(text, &language);
        let heads: Vec<Option<(Sort, String)>> =
            (0..lines.len()).map(|number| head(&lines, number, &language)).collect();
        let definitions = definitions(&lines, &heads);
        let attributes =
            lines.iter().enumerate().flat_map(|(number, _)| attributes(&lines, number, &language)).collect();
        Self { lines, definitions, attributes }
    }

    /// The lines of code.
    pub(crate) fn code(&self) -> impl DoubleEndedIterator<Item = &CodeLine<'a>> {
        self.lines.iter().filter(|line| line.is_code())
    }

    /// Whether the first line of code is the head of a definition, attributes aside.
    pub(crate) fn starts_with_definition(&self) -> bool {
        let first = self.lines.iter().position(|line| line.is_code() && !line.text.starts_with(['@', '#', '[']));
        first.is_some_and(|first| self.definitions.iter().any(|definition| definition.line == first))
    }

    /// Whether it gives a variable or a field that name.
    pub(crate) fn binds(&self, name: &str) -> bool {
        let bound = |line: &CodeLine<'_>| {
            line.code.windows(2).take(8).any(|pair| match pair {
                [word, next] => word.text == name && matches!(next.text, "=" | ":" | "<"),
                _ => false,
            })
        };
        self.code().any(bound)
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
    split_lines(text).enumerate().filter_map(line).collect()
}

/// The lines of `text` as [`tokens`] counts them.
pub(crate) fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    super::lines::lines(text).map(|line| line.content)
}

/// Words that may stand before what a head defines.
const MODIFIERS: &[&str] = &[
    "abstract",
    "actual",
    "annotation",
    "async",
    "auto",
    "companion",
    "const",
    "crate",
    "data",
    "declare",
    "default",
    "export",
    "expect",
    "extern",
    "external",
    "fileprivate",
    "final",
    "friend",
    "global",
    "implicit",
    "indirect",
    "infix",
    "inline",
    "inner",
    "internal",
    "lateinit",
    "lazy",
    "local",
    "main",
    "mutating",
    "native",
    "nonisolated",
    "open",
    "operator",
    "override",
    "overridable",
    "overrides",
    "partial",
    "private",
    "protected",
    "pub",
    "public",
    "pure",
    "readonly",
    "ref",
    "required",
    "safe",
    "sealed",
    "shared",
    "static",
    "strictfp",
    "suspend",
    "synchronized",
    "tailrec",
    "transparent",
    "unsafe",
    "user",
    "value",
    "virtual",
    "with",
    "case",
    "enum",
    "default",
    "convenience",
    "distributed",
];

const FUNCTIONS: &[&str] = &[
    "def",
    "defmacro",
    "defmacrop",
    "defp",
    "fn",
    "fun",
    "func",
    "function",
    "macro_rules",
    "proc",
    "procedure",
    "sub",
    "subroutine",
    "macro",
];

const TYPES: &[&str] = &[
    "actor",
    "class",
    "contract",
    "defmodule",
    "defprotocol",
    "defimpl",
    "enum",
    "extension",
    "impl",
    "interface",
    "library",
    "mod",
    "module",
    "namespace",
    "object",
    "protocol",
    "record",
    "struct",
    "trait",
    "type",
    "union",
];

/// Words that never begin the head of a function which no keyword announces.
const CONTROL: &[&str] = &[
    "assert",
    "await",
    "case",
    "catch",
    "checked",
    "delete",
    "do",
    "else",
    "elif",
    "elsif",
    "except",
    "finally",
    "fixed",
    "for",
    "foreach",
    "goto",
    "guard",
    "if",
    "in",
    "lock",
    "match",
    "new",
    "not",
    "of",
    "print",
    "repeat",
    "return",
    "select",
    "sizeof",
    "super",
    "switch",
    "synchronized",
    "then",
    "this",
    "throw",
    "try",
    "typeof",
    "unless",
    "until",
    "using",
    "when",
    "while",
    "with",
    "yield",
    "loop",
    "and",
    "or",
    "where",
    "let",
    "var",
    "const",
    "echo",
    "test",
];

/// Languages in which a function is its type, its name and its parameters, or a method its name and its parameters.
fn has_bare_functions(language: &str) -> bool {
    matches!(
        language,
        "c" | "cpp"
            | "cuda-cpp"
            | "objective-c"
            | "objective-cpp"
            | "java"
            | "csharp"
            | "dart"
            | "javascript"
            | "typescript"
            | "javascriptreact"
            | "typescriptreact"
            | "tsx"
            | "jsx"
            | "vue"
            | "svelte"
            | "apex"
            | "groovy"
            | "shellscript"
            | "bash"
            | "sh"
            | "zsh"
            | "d"
            | "arduino"
    )
}

fn is_shell(language: &str) -> bool {
    matches!(language, "shellscript" | "bash" | "sh" | "zsh" | "ksh")
}

/// What the line defines.
fn head(lines: &[CodeLine<'_>], number: usize, language: &str) -> Option<(Sort, String)> {
    let code = &lines.get(number)?.code;
    if super::languages::is_prose_language(language) && !super::languages::is_unknown(language) {
        return None;
    }
    match language {
        "sql" | "mysql" | "pgsql" | "postgres" | "plsql" | "sqlite" => return sql_head(code),
        "terraform" | "hcl" | "tf" => return block_head(code),
        "clojure" | "lisp" | "scheme" | "racket" | "elisp" | "emacs-lisp" => return lisp_head(code),
        "cobol" => return cobol_head(lines.get(number)?),
        "css" | "scss" | "less" | "json" | "jsonc" | "yaml" | "toml" | "html" | "xml" => return None,
        _ => {}
    }
    let mut rest = after_attributes(code);
    // `enum` and `case` are heads of their own and words before `class`.
    while let [first, second, ..] = rest
        && first.kind == Kind::Word
        && MODIFIERS.contains(&first.text.to_lowercase().as_str())
        && !(first.text == "enum" && second.text != "class" && second.text != "struct")
        && !(first.text == "case" && second.text != "class" && second.text != "object")
        && !matches!(second.text, "=" | "." | "," | ":")
    {
        rest = match rest {
            // `pub(crate)`, `private[this]`, `extern "C"`.
            [_, open, inside, close, rest @ ..]
                if matches!(open.text, "(" | "[")
                    && matches!(close.text, ")" | "]")
                    && inside.kind == Kind::Word
                    && open.end() == inside.at =>
            {
                rest
            }
            [_, abi, rest @ ..] if abi.kind == Kind::Text => rest,
            [_, rest @ ..] => rest,
            [] => rest,
        };
    }
    let [first, behind @ ..] = rest else { return None };
    if first.kind == Kind::Word {
        let word = first.text.to_lowercase();
        let sort = if FUNCTIONS.contains(&word.as_str()) {
            Some(Sort::Function)
        } else if TYPES.contains(&word.as_str()) {
            Some(Sort::Type)
        } else {
            None
        };
        if let Some(sort) = sort
            && let Some(name) = keyword_name(&word, behind)
        {
            return Some((sort, name));
        }
        if matches!(first.text, "init" | "deinit" | "subscript" | "constructor")
            && language != "elixir"
            && behind.first().is_some_and(|next| matches!(next.text, "(" | "{" | "?"))
        {
            return Some((Sort::Function, first.text.to_owned()));
        }
        if matches!(language, "abap") && matches!(word.as_str(), "method" | "form")
            || matches!(language, "advpl" | "tlpp") && word == "method"
        {
            return behind
                .first()
                .filter(|name| name.kind == Kind::Word)
                .map(|name| (Sort::Function, name.text.to_lowercase()));
        }
    }
    if first.is_sign("<") && matches!(language, "vue" | "svelte") && lines.get(number)?.indent == 0 {
        let name = behind.first().filter(|name| matches!(name.text, "template" | "script" | "style"))?;
        return Some((Sort::Block, ["<", name.text, ">"].concat()));
    }
    // `static f()`, `auto f()`: what stands before the name makes it a head.
    let is_announced = rest.len() < code.len();
    let bare = || bare_function(lines, number, rest, is_announced, language);
    bound_function(code).or_else(|| if has_bare_functions(language) { bare() } else { None })
}

/// The name behind `def`, `class`, `func (r *T)`, `fun <T> String.` and their kin.
fn keyword_name(keyword: &str, behind: &[Token<'_>]) -> Option<String> {
    let mut rest = behind;
    // Go's receivers, Kotlin's and Rust's generics.
    while let [open, ..] = rest {
        let close = match open.text {
            "(" if keyword == "func" => ")",
            "<" if matches!(keyword, "fun" | "impl" | "fn") => ">",
            "*" | "&" | "!" if matches!(keyword, "function" | "macro_rules" | "def" | "impl") => {
                rest = rest.get(1..)?;
                continue;
            }
            _ => break,
        };
        rest = rest.get(rest.iter().position(|token| token.is_sign(close))? + 1..)?;
    }
    let [first, ..] = rest else { return None };
    if keyword == "def" && first.kind == Kind::Sign && !matches!(first.text, "=" | "(" | ":" | "," | ".") {
        return Some(
            rest.iter()
                .take_while(|token| token.kind == Kind::Sign && token.text != "(")
                .map(|token| token.text)
                .collect(),
        );
    }
    if first.kind != Kind::Word {
        return None;
    }
    let mut name = first.text.to_owned();
    let mut end = first.end();
    let mut tail = rest.get(1..)?;
    // `String.shout`, `M:run`, `Stack::new`, `self.parse`, `Get-Thing`, `valid?`, `impl Display for A`.
    while let [sign, ..] = tail {
        match tail {
            [sign, word, next @ ..]
                if sign.kind == Kind::Sign
                    && matches!(sign.text, "." | ":" | "-")
                    && sign.at == end
                    && word.kind == Kind::Word
                    && word.at == sign.end() =>
            {
                name = [&name, sign.text, word.text].concat();
                (end, tail) = (word.end(), next);
            }
            [colon, second, word, next @ ..]
                if colon.is_sign(":") && second.is_sign(":") && word.kind == Kind::Word && colon.at == end =>
            {
                name = [&name, "::", word.text].concat();
                (end, tail) = (word.end(), next);
            }
            _ => {
                if keyword == "def" && matches!(sign.text, "?" | "!") && sign.at == end {
                    name.push_str(sign.text);
                }
                break;
            }
        }
    }
    if keyword == "impl" {
        let words = rest.iter().take_while(|token| !token.is_sign("{") && token.text != "where");
        return Some(
            words.filter(|token| token.kind == Kind::Word).map(|token| token.text).collect::<Vec<_>>().join(" "),
        );
    }
    // `type = 3`, `object: x`, `module.exports` and calls are no heads; `type X = …` and `object A {` are.
    let next = rest.get(1).map(|token| token.text);
    let is_weak = matches!(
        keyword,
        "type"
            | "object"
            | "module"
            | "record"
            | "extension"
            | "library"
            | "union"
            | "protocol"
            | "macro"
            | "sub"
            | "proc"
            | "mod"
            | "contract"
            | "actor"
    );
    let fits = !is_weak || !matches!(next, Some("," | ")" | "." | ";"));
    fits.then_some(name)
}

/// `const f = (a) => …`, `f: function () {`, `M.f = function(a)`, `f <- function(a)`.
fn bound_function(code: &[Token<'_>]) -> Option<(Sort, String)> {
    let equals = code
        .iter()
        .position(|token| matches!(token.text, "=" | ":" | "-") && token.kind == Kind::Sign)
        .filter(|at| *at > 0)?;
    let skip = 1 + usize::from(code.get(equals).is_some_and(|token| token.is_sign("-")));
    let before = code.get(..equals)?;
    if code.get(equals)?.is_sign("-") && !before.last()?.is_sign("<") {
        return None;
    }
    let value = code.get(equals + skip - usize::from(skip == 2)..)?;
    let value = if value.first().is_some_and(|token| token.text == "-") { value.get(1..)? } else { value };
    let value = if value.first().is_some_and(|token| token.text == "async") { value.get(1..)? } else { value };
    let is_arrow = || {
        let opens = value.first().is_some_and(|token| {
            token.is_sign("(") || token.kind == Kind::Word && value.get(1).is_some_and(|next| next.is_sign("="))
        });
        opens
            && value
                .windows(2)
                .any(|pair| matches!(pair, [a, b] if a.is_sign("=") && b.is_sign(">") && a.end() == b.at))
    };
    let is_function = value.first().is_some_and(|token| matches!(token.text, "function" | "func"));
    if !is_function && !is_arrow() {
        return None;
    }
    let name = before.iter().rfind(|token| token.kind == Kind::Word)?;
    Some((Sort::Function, name.text.to_owned()))
}

/// `int area(int r) {`, `total(items) {` inside of a class, `name() {` in a shell; parameters may go over lines.
fn bare_function(
    lines: &[CodeLine<'_>],
    number: usize,
    rest: &[Token<'_>],
    is_announced: bool,
    language: &str,
) -> Option<(Sort, String)> {
    let open = rest.iter().position(|token| token.is_sign("(")).filter(|at| *at > 0)?;
    let before = rest.get(..open)?;
    let name = before.last().filter(|token| token.kind == Kind::Word)?;
    let is_type = |token: &Token<'_>| match token.kind {
        Kind::Word => !CONTROL.contains(&token.text),
        Kind::Sign => matches!(token.text, "<" | ">" | "," | "[" | "]" | "*" | "&" | ":" | "?" | "~" | "#" | "."),
        Kind::Text | Kind::Comment => false,
    };
    if !before.iter().all(is_type) {
        return None;
    }
    let is_dotted = before.iter().rev().nth(1).is_some_and(|token| token.is_sign("."));
    // A type and a name; where methods have no type, a name alone.
    let is_script = matches!(
        language,
        "javascript" | "typescript" | "javascriptreact" | "typescriptreact" | "jsx" | "tsx" | "vue" | "svelte"
    );
    let constructor = is_announced || name.text.chars().next().is_some_and(char::is_uppercase);
    if is_dotted || before.len() == 1 && !(is_script || is_shell(language) || constructor) {
        return None;
    }
    // From the parameters on, over the lines.
    let following = lines.iter().skip(number + 1).take(40).flat_map(|line| &line.code);
    let mut depth = 0_usize;
    let mut closed = false;
    let mut tokens = rest.iter().skip(open).chain(following).peekable();
    while let Some(token) = tokens.next() {
        match token.text {
            // `-> int`.
            "-" if tokens.peek().is_some_and(|next| next.is_sign(">")) => {}
            "(" | "[" => depth += 1,
            ")" | "]" => {
                depth = depth.checked_sub(1)?;
                closed |= depth == 0;
            }
            "{" if depth == 0 && closed => return Some((Sort::Function, name.text.to_owned())),
            // `=> value;`
            "=" if depth == 0 && closed && !is_script => return Some((Sort::Function, name.text.to_owned())),
            ";" | "}" | "." | "+" | "-" | "?" if depth == 0 && !(token.text == "?" && is_script) => return None,
            "{" if depth > 0 && !is_script && language != "dart" => return None,
            _ => {}
        }
    }
    None
}

/// `CREATE OR REPLACE VIEW v AS`.
fn sql_head(code: &[Token<'_>]) -> Option<(Sort, String)> {
    const WHAT: &[&str] = &[
        "function",
        "index",
        "package",
        "policy",
        "procedure",
        "role",
        "schema",
        "sequence",
        "table",
        "trigger",
        "type",
        "view",
    ];
    let word = |token: &Token<'_>| token.text.to_lowercase();
    let [first, rest @ ..] = code else { return None };
    if !matches!(word(first).as_str(), "create" | "alter") {
        return None;
    }
    let at = rest.iter().take(6).position(|token| WHAT.contains(&word(token).as_str()))?;
    let skipped =
        |token: &&Token<'_>| !matches!(word(token).as_str(), "if" | "not" | "exists" | "body" | "concurrently");
    let name = rest.get(at + 1..)?.iter().filter(skipped).take_while(|token| {
        token.text != "(" && !matches!(word(token).as_str(), "as" | "on" | "is" | "returns" | "for")
    });
    let name: String = name.take(7).map(|token| token.text).collect();
    let what = word(rest.get(at)?);
    (!name.is_empty()).then(|| (Sort::Block, [what, name.to_lowercase()].join(" ")))
}

/// `resource "type" "name" {`.
fn block_head(code: &[Token<'_>]) -> Option<(Sort, String)> {
    let [first, rest @ .., last] = code else { return None };
    let labels = rest.iter().all(|token| token.kind == Kind::Text);
    let name = || [first].into_iter().chain(rest).map(|token| token.text).collect::<Vec<_>>().join(" ");
    (first.kind == Kind::Word && labels && last.is_sign("{") && !rest.is_empty()).then(|| (Sort::Block, name()))
}

/// `(defn name`, `(define (name`.
fn lisp_head(code: &[Token<'_>]) -> Option<(Sort, String)> {
    let [open, def, rest @ ..] = code else { return None };
    let name = rest.iter().find(|token| token.kind == Kind::Word)?;
    let names: String = rest
        .iter()
        .skip_while(|token| token.at < name.at)
        .scan(name.at, |end, token| {
            (token.at == *end && !matches!(token.text, "(" | ")" | "[")).then(|| {
                *end = token.end();
                token.text
            })
        })
        .collect();
    (open.is_sign("(") && def.text.starts_with("def")).then_some((Sort::Function, names))
}

/// A paragraph's or a section's name, alone on its line in the area where names stand.
fn cobol_head(line: &CodeLine<'_>) -> Option<(Sort, String)> {
    let text = line.text.strip_suffix('.')?;
    let name = text.strip_suffix(" SECTION").unwrap_or(text);
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.chars().any(char::is_alphabetic);
    let is_statement = matches!(name, "EXIT" | "GOBACK" | "CONTINUE") || name.starts_with("END-");
    (is_name && line.indent <= 8 && !is_statement).then(|| (Sort::Function, name.to_lowercase()))
}

/// What stands on the line behind its attributes.
fn after_attributes<'t, 'a>(code: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut rest = code;
    loop {
        rest = match rest {
            [at, name, tail @ ..]
                if at.is_sign("@") && name.kind == Kind::Word && name.at == at.end() && name.text != "interface" =>
            {
                let mut tail = tail;
                while let [dot, word, next @ ..] = tail
                    && dot.is_sign(".")
                    && word.kind == Kind::Word
                {
                    tail = next;
                }
                match tail {
                    [open, ..] if open.is_sign("(") => behind_bracket(tail),
                    _ => tail,
                }
            }
            [hash, open, ..] if hash.is_sign("#") && open.is_sign("[") => {
                behind_bracket(rest.get(1..).unwrap_or_default())
            }
            [open, name, ..] if open.is_sign("[") && name.kind == Kind::Word => behind_bracket(rest),
            _ => return rest,
        };
    }
}

/// The tokens behind the bracket that the first one opens.
fn behind_bracket<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return tokens.get(at + 1..).unwrap_or_default();
        }
    }
    &[]
}

/// The attributes that a line starts with.
fn attributes(lines: &[CodeLine<'_>], number: usize, language: &str) -> Vec<String> {
    let Some(line) = lines.get(number) else { return Vec::new() };
    let at_signs = matches!(
        language,
        "python"
            | "java"
            | "kotlin"
            | "typescript"
            | "javascript"
            | "typescriptreact"
            | "javascriptreact"
            | "tsx"
            | "jsx"
            | "swift"
            | "dart"
            | "scala"
            | "groovy"
            | "elixir"
            | "apex"
            | "vue"
            | "svelte"
    );
    let hashes = matches!(language, "rust" | "php");
    let brackets = matches!(language, "csharp" | "fsharp" | "cpp" | "c");
    let mut found = Vec::new();
    let mut rest = line.code.as_slice();
    loop {
        let next = match rest {
            [at, name, ..]
                if at.is_sign("@")
                    && at_signs
                    && !matches!(name.text, "doc" | "moduledoc" | "typedoc" | "interface") =>
            {
                found.push(["@", name.text].concat());
                after_first_attribute(rest)
            }
            [hash, open, name, ..] if hash.is_sign("#") && open.is_sign("[") && hashes => {
                if name.text != "doc" {
                    found.push(["#[", name.text].concat());
                }
                after_first_attribute(rest)
            }
            [open, name, ..]
                if open.is_sign("[")
                    && brackets
                    && (name.kind == Kind::Word || name.is_sign("[") || name.is_sign("<")) =>
            {
                let tail = behind_bracket(rest);
                // A pattern or a list goes on with a sign.
                let on_next_line = lines.get(number + 1).and_then(|line| line.code.first());
                let followed = tail.first().or(on_next_line);
                if !followed.is_some_and(|token| token.kind == Kind::Word || token.is_sign("[")) {
                    return found;
                }
                let names = rest.iter().skip(1).find(|token| token.kind == Kind::Word);
                found.extend(names.map(|name| ["[", name.text].concat()));
                tail
            }
            _ => return found,
        };
        rest = next;
    }
}

fn after_first_attribute<'t, 'a>(rest: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let next = |token: &Token<'_>| token.is_sign("@") || token.is_sign("#");
    // The first of several ends where the next one begins.
    let second = rest.iter().enumerate().skip(1).find(|(_, token)| next(token)).map(|(at, _)| at);
    match second {
        Some(at) => rest.get(at..).unwrap_or_default(),
        None => &[],
    }
}

/// The definitions whose heads are known, with what is in them.
fn definitions(lines: &[CodeLine<'_>], heads: &[Option<(Sort, String)>]) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    // Those that are open: number in `found`, column.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (number, (line, head)) in lines.iter().zip(heads).enumerate() {
        if !line.is_code() {
            continue;
        }
        let first = line.code.first().map(|token| token.text).unwrap_or_default();
        // The brackets of a definition, and what closes it, stand under its head.
        let belongs = matches!(first, "{" | "}" | ")" | "]" | "=" | ":") || is_end(first);
        while let Some((_, column)) = open.last() {
            if line.indent > *column || line.indent == *column && belongs && head.is_none() {
                break;
            }
            open.pop();
        }
        let Some((sort, name)) = head else {
            if line.tells() {
                for (number, _) in &open {
                    if let Some(definition) = found.get_mut(*number) {
                        definition.body += 1;
                        definition.is_trivial = false;
                    }
                }
            }
            continue;
        };
        let is_local =
            open.iter().any(|(number, _)| found.get(*number).is_some_and(|outer| outer.kind == Sort::Function));
        for (number, _) in &open {
            if let Some(outer) = found.get_mut(*number) {
                (outer.body, outer.is_trivial) = (outer.body + 1, false);
            }
        }
        open.push((found.len(), line.indent));
        // What a line of SQL creates has no body that would show.
        let own = if *sort == Sort::Block { 2 } else { own_words(line) };
        let body = usize::from(own > 1);
        found.push(Definition { kind: *sort, name: name.clone(), line: number, body, is_trivial: own <= 1, is_local });
    }
    found
}

/// How many words stand in the body of a definition on the line of its head.
fn own_words(line: &CodeLine<'_>) -> usize {
    let mut depth = 0_usize;
    let mut inside = false;
    let mut words = 0;
    for token in &line.code {
        match token.text {
            "(" | "[" if !inside => depth += 1,
            ")" | "]" if !inside => depth = depth.saturating_sub(1),
            "{" | "=" | ":" if depth == 0 && token.kind == Kind::Sign => (inside, words) = (true, 0),
            _ if inside && matches!(token.kind, Kind::Word | Kind::Text) => words += 1,
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
    fn heads_are_told_in_many_languages() {
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
    fn statements_are_no_heads() {
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
    fn attributes_are_told_and_lists_are_none() {
        let of = |text: &str, language: &str| Outline::of(text, language).attributes;
        assert_eq!(of("@api.get(\"/x\")\n@cached(60)\ndef f(): pass\n", "python"), ["@api", "@cached"]);
        assert_eq!(of("#[test]\n#[doc = \"x\"]\nfn f() {}\n", "rust"), ["#[test"]);
        assert_eq!(
            of("[HttpGet(\"/x\")]\npublic int F() => 1;\nvar x = y switch\n{\n    [var one] => one,\n};\n", "csharp"),
            ["[HttpGet"]
        );
        assert_eq!(of("@Inject private Foo foo;\n", "java"), ["@Inject"]);
    }

    #[test]
    fn what_is_inside_of_a_definition_is_counted() {
        let outline = Outline::of(
            "class A {\n  f() {\n    const g = () => 1;\n    return g();\n  }\n  h() {}\n}\n",
            "javascript",
        );
        let told: Vec<_> =
            outline.definitions.iter().map(|it| (it.name.as_str(), it.body, it.is_trivial, it.is_local)).collect();
        assert_eq!(told, [("A", 4, false, false), ("f", 2, false, false), ("g", 0, true, true), ("h", 0, true, false)]);
    }
}
