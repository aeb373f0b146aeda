//! Heads of functions without a keyword.

use super::{CodeLine, DefinitionKind};
use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;
use crate::languages::is_script;

/// Words that never start the head of a function without a keyword.
static CONTROL: WordList = WordList::of(
    "assert await case catch checked delete do else elif elsif except finally fixed for foreach goto guard if in \
     lock match new not of print repeat return select sizeof super switch synchronized then this throw try typeof \
     unless until using when while with yield loop and or where let var const echo test",
);

/// Words before a bracket and a block that are not names of functions.
static NO_NAMES: WordList = WordList::of(
    "catch checked elif else fixed for foreach if lock return super switch synchronized try unchecked until using \
     when while with function",
);

/// Whether the line above is the type of the function on this line, as in some C styles.
pub(super) fn stands_below_its_type(lines: &[CodeLine<'_>], number: usize) -> bool {
    let (Some(line), Some(above)) = (lines.get(number), number.checked_sub(1).and_then(|above| lines.get(above)))
    else {
        return false;
    };
    let is_type = |token: &Token<'_>| match token.kind {
        TokenKind::Word => !CONTROL.has(token.text),
        TokenKind::Sign => matches!(token.text, "*" | "&" | "<" | ">" | ":" | ","),
        TokenKind::Text | TokenKind::Comment => false,
    };
    let ends_in_type =
        above.code.last().is_some_and(|last| last.kind == TokenKind::Word || matches!(last.text, "*" | "&" | ">"));
    above.indent == line.indent && ends_in_type && above.code.iter().all(is_type)
}

/// Languages with functions of a type, a name and parameters, or methods of a name and parameters.
pub(super) static WITH_BARE_FUNCTIONS: WordList = WordList::of(
    "c cpp cuda-cpp objective-c objective-cpp java csharp dart javascript typescript javascriptreact typescriptreact \
     vue svelte apex groovy shellscript d arduino",
);

/// `const f = (a) => …`, `f: function () {`, `M.f = function(a)`, `f <- function(a)`.
pub(super) fn bound_function(code: &[Token<'_>]) -> Option<(DefinitionKind, String)> {
    let equals = code
        .iter()
        .position(|token| matches!(token.text, "=" | ":" | "-") && token.kind == TokenKind::Sign)
        .filter(|at| *at > 0)?;
    let before = code.get(..equals)?;
    if code.get(equals)?.is_sign("-") && !before.last()?.is_sign("<") {
        return None;
    }
    let value = code.get(equals + 1..)?;
    let value = if value.first().is_some_and(|token| token.text == "-") { value.get(1..)? } else { value };
    let value = if value.first().is_some_and(|token| token.text == "async") { value.get(1..)? } else { value };
    let is_arrow = || {
        let opens = value.first().is_some_and(|token| {
            token.is_sign("(") || token.kind == TokenKind::Word && value.get(1).is_some_and(|next| next.is_sign("="))
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
    let name = before.iter().rfind(|token| token.kind == TokenKind::Word)?;
    Some((DefinitionKind::Function, name.text.to_owned()))
}

/// `f(x) = x + 1` of Julia: a name, its parameters, constraints on their types, and an equals sign.
pub(super) fn short_function(code: &[Token<'_>]) -> Option<(DefinitionKind, String)> {
    let name = code.first().filter(|token| token.kind == TokenKind::Word && !NO_NAMES.has(token.text))?;
    code.get(1).filter(|token| token.is_sign("("))?;
    let mut depth = 0_usize;
    for (at, token) in code.iter().enumerate().skip(1) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.checked_sub(1)?,
            "=" if depth == 0 => {
                let is_equal = code.get(at + 1).is_some_and(|next| next.is_sign("="));
                return (!is_equal).then(|| (DefinitionKind::Function, name.text.to_owned()));
            }
            _ if depth == 0 && token.kind == TokenKind::Sign && !matches!(token.text, ":" | "<" | "," | ".") => {
                return None;
            }
            _ => {}
        }
    }
    None
}

/// `int area(int r) {`, `total(items) {` in a class, `name() {` in a shell. The parameters may span lines.
pub(super) fn bare_function(
    lines: &[CodeLine<'_>],
    number: usize,
    rest: &[Token<'_>],
    is_announced: bool,
    language: &str,
) -> Option<(DefinitionKind, String)> {
    let open = rest.iter().position(|token| token.is_sign("(")).filter(|at| *at > 0)?;
    let before = rest.get(..open)?;
    let name = before.last().filter(|token| token.kind == TokenKind::Word && !NO_NAMES.has(token.text))?;
    let is_type = |token: &Token<'_>| match token.kind {
        TokenKind::Word => !CONTROL.has(token.text),
        TokenKind::Sign => matches!(token.text, "<" | ">" | "," | "[" | "]" | "*" | "&" | ":" | "?" | "~" | "#" | "."),
        TokenKind::Text | TokenKind::Comment => false,
    };
    if !before.iter().take(before.len() - 1).all(is_type) {
        return None;
    }
    let is_dotted = before.iter().rev().nth(1).is_some_and(|token| token.is_sign("."));
    // A type and a name; or a name alone, if the language's methods have no type.
    let is_script = is_script(language);
    let constructor = is_announced || name.text.chars().next().is_some_and(char::is_uppercase);
    if is_dotted || before.len() == 1 && !(is_script || language == "shellscript" || constructor) {
        return None;
    }
    // The tokens after the name, over several lines.
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
            "{" if depth == 0 && closed => return Some((DefinitionKind::Function, name.text.to_owned())),
            // `=> value;`
            "=" if depth == 0 && closed && !is_script => return Some((DefinitionKind::Function, name.text.to_owned())),
            ";" | "}" | "." | "+" | "-" | "?" if depth == 0 && !(token.text == "?" && is_script) => return None,
            "{" if depth > 0 && !is_script && language != "dart" => return None,
            _ => {}
        }
    }
    None
}
