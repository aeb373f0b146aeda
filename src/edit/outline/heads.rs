//! Finds the definition of a line by its first words.

use super::attributes::after_attributes;
use super::functions::{WITH_BARE_FUNCTIONS, bare_function, bound_function, short_function, stands_below_its_type};
use super::others::{block_head, cobol_head, lisp_head, sql_head};
use super::{CodeLine, DefinitionKind};
use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;
use crate::languages;

/// Words that may come before the keyword of a head.
static MODIFIERS: WordList = WordList::of(
    "abstract actual annotation async auto companion const crate data declare default export expect extern external \
     fileprivate final friend global implicit indirect infix inline inner internal lateinit lazy local main \
     mutating native nonisolated open operator override overridable overrides partial private protected pub public \
     pure readonly ref required safe sealed shared static strictfp suspend synchronized tailrec transparent unsafe \
     user value virtual with case enum convenience distributed",
);

/// The kind of definition for a keyword.
fn sort_of(keyword: &str) -> Option<DefinitionKind> {
    match keyword {
        "def" | "defmacro" | "defmacrop" | "defp" | "fn" | "fun" | "func" | "function" | "macro_rules" | "proc"
        | "procedure" | "sub" | "subroutine" | "macro" => Some(DefinitionKind::Function),
        "actor" | "class" | "contract" | "defmodule" | "defprotocol" | "defimpl" | "enum" | "extension" | "impl"
        | "interface" | "library" | "mod" | "module" | "namespace" | "object" | "protocol" | "record" | "struct"
        | "trait" | "type" | "union" => Some(DefinitionKind::Type),
        _ => None,
    }
}

/// Keywords that are often normal names: `type = 3`.
static WEAK: WordList =
    WordList::of("type object module record extension library union protocol macro sub proc mod contract actor");

/// The definition of the line.
pub(super) fn head(lines: &[CodeLine<'_>], number: usize, language: &str) -> Option<(DefinitionKind, String)> {
    let code = &lines.get(number)?.code;
    if languages::is_prose(language) && !languages::is_unknown(language) {
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
    // `enum` and `case` start a head, and may also come before `class`.
    while let [first, second, ..] = rest
        && first.kind == TokenKind::Word
        && MODIFIERS.has(&first.text.to_lowercase())
        && !(first.text == "enum" && second.text != "class" && second.text != "struct")
        && !(first.text == "case" && second.text != "class" && second.text != "object")
        && !matches!(second.text, "=" | "." | "," | ":")
        && !(second.text == "(" && first.text != "pub")
    {
        rest = match rest {
            // `pub(crate)`, `private[this]`, `extern "C"`.
            [_, open, inside, close, rest @ ..]
                if matches!(open.text, "(" | "[")
                    && matches!(close.text, ")" | "]")
                    && inside.kind == TokenKind::Word
                    && open.end() == inside.at =>
            {
                rest
            }
            [_, abi, rest @ ..] if abi.kind == TokenKind::Text => rest,
            [_, rest @ ..] => rest,
            [] => rest,
        };
    }
    let [first, behind @ ..] = rest else { return None };
    if first.kind == TokenKind::Word {
        let word = first.text.to_lowercase();
        if let Some(sort) = sort_of(&word)
            && let Some(name) = keyword_name(&word, behind)
        {
            return Some((sort, name));
        }
        if matches!(first.text, "init" | "deinit" | "subscript" | "constructor")
            && language != "elixir"
            && behind.first().is_some_and(|next| matches!(next.text, "(" | "{" | "?"))
        {
            return Some((DefinitionKind::Function, first.text.to_owned()));
        }
        if matches!(language, "abap") && matches!(word.as_str(), "method" | "form")
            || matches!(language, "advpl" | "tlpp") && word == "method"
        {
            return behind
                .first()
                .filter(|name| name.kind == TokenKind::Word)
                .map(|name| (DefinitionKind::Function, name.text.to_lowercase()));
        }
    }
    if first.is_sign("<") && matches!(language, "vue" | "svelte") && lines.get(number)?.indent == 0 {
        let name = behind.first().filter(|name| matches!(name.text, "template" | "script" | "style"))?;
        return Some((DefinitionKind::Block, ["<", name.text, ">"].concat()));
    }
    // `static f()`, `auto f()`: the words before the name make it a head.
    let is_announced = rest.len() < code.len() || stands_below_its_type(lines, number);
    bound_function(code).or_else(|| match language {
        "julia" => short_function(code),
        _ if WITH_BARE_FUNCTIONS.has(language) => bare_function(lines, number, rest, is_announced, language),
        _ => None,
    })
}

/// The name after `def`, `class`, `func (r *T)`, `fun <T> String.` and similar words.
fn keyword_name(keyword: &str, behind: &[Token<'_>]) -> Option<String> {
    let mut rest = behind;
    // Receivers of Go, generics of Kotlin and Rust.
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
    if keyword == "def" && first.kind == TokenKind::Sign && !matches!(first.text, "=" | "(" | ":" | "," | ".") {
        return Some(
            rest.iter()
                .take_while(|token| token.kind == TokenKind::Sign && token.text != "(")
                .map(|token| token.text)
                .collect(),
        );
    }
    if first.kind != TokenKind::Word {
        return None;
    }
    let mut name = first.text.to_owned();
    let mut end = first.end();
    let mut tail = rest.get(1..)?;
    // `String.shout`, `M:run`, `Stack::new`, `self.parse`, `Get-Thing`, `valid?`, `impl Display for A`.
    while let [sign, ..] = tail {
        match tail {
            [sign, word, next @ ..]
                if sign.kind == TokenKind::Sign
                    && matches!(sign.text, "." | ":" | "-")
                    && sign.at == end
                    && word.kind == TokenKind::Word
                    && word.at == sign.end() =>
            {
                name = [&name, sign.text, word.text].concat();
                (end, tail) = (word.end(), next);
            }
            [colon, second, word, next @ ..]
                if colon.is_sign(":") && second.is_sign(":") && word.kind == TokenKind::Word && colon.at == end =>
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
            words.filter(|token| token.kind == TokenKind::Word).map(|token| token.text).collect::<Vec<_>>().join(" "),
        );
    }
    // `type = 3`, `object: x`, `module.exports` and calls are not heads; `type X = …` and `object A {` are.
    let next = rest.get(1).map(|token| token.text);
    let fits = !WEAK.has(keyword) || !matches!(next, Some("," | ")" | "." | ";"));
    fits.then_some(name)
}
