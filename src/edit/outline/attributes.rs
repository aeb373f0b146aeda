//! Attributes and decorators.

use super::CodeLine;
use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;

/// The tokens of the line after its attributes.
pub(super) fn after_attributes<'t, 'a>(code: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut rest = code;
    loop {
        rest = match rest {
            [at, name, tail @ ..]
                if at.is_sign("@")
                    && name.kind == TokenKind::Word
                    && name.at == at.end()
                    && name.text != "interface" =>
            {
                let mut tail = tail;
                while let [dot, word, next @ ..] = tail
                    && dot.is_sign(".")
                    && word.kind == TokenKind::Word
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
            [open, name, ..] if open.is_sign("[") && name.kind == TokenKind::Word => behind_bracket(rest),
            _ => return rest,
        };
    }
}

/// The tokens after the bracket that the first token opens.
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

/// Languages whose attributes begin with `@`.
static WITH_AT_SIGNS: WordList = WordList::of(
    "python java kotlin typescript javascript typescriptreact javascriptreact swift dart scala groovy elixir apex vue \
     svelte",
);

/// The attributes at the start of a line.
pub(super) fn attributes(lines: &[CodeLine<'_>], number: usize, language: &str) -> Vec<String> {
    let Some(line) = lines.get(number) else { return Vec::new() };
    let hashes = matches!(language, "rust" | "php");
    let brackets = matches!(language, "csharp" | "fsharp" | "cpp" | "c");
    let mut found = Vec::new();
    let mut rest = line.code.as_slice();
    loop {
        rest = match rest {
            [at, name, ..]
                if at.is_sign("@")
                    && WITH_AT_SIGNS.has(language)
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
                    && (name.kind == TokenKind::Word || name.is_sign("[") || name.is_sign("<")) =>
            {
                let tail = behind_bracket(rest);
                // A pattern or a list continues with a sign.
                let on_next_line = lines.get(number + 1).and_then(|line| line.code.first());
                let followed = tail.first().or(on_next_line);
                if !followed.is_some_and(|token| token.kind == TokenKind::Word || token.is_sign("[")) {
                    return found;
                }
                let group = rest.get(..rest.len() - tail.len()).unwrap_or_default();
                found.extend(names_in(group).map(|name| ["[", name].concat()));
                tail
            }
            _ => return found,
        };
    }
}

/// The names in `[A, B(c)]`.
fn names_in<'t, 'a>(group: &'t [Token<'a>]) -> impl Iterator<Item = &'a str> + 't {
    let mut depth = 0_usize;
    group.windows(2).filter_map(move |pair| {
        let [before, name] = pair else { return None };
        match before.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && matches!(before.text, "[" | "," | "<") && name.kind == TokenKind::Word).then_some(name.text)
    })
}

fn after_first_attribute<'t, 'a>(rest: &'t [Token<'a>]) -> &'t [Token<'a>] {
    // If there are several attributes, the first ends at the next.
    let between = rest.iter().skip(1).take_while(|token| !token.is_sign("@") && !token.is_sign("#")).count();
    rest.get(1 + between..).unwrap_or_default()
}
