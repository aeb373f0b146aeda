//! The constants, fields and properties of a text. A line must declare them clearly: in the body of a type, or at the
//! outermost level with a modifier or a name in capitals.

use super::{CodeLine, Definition, DefinitionKind};
use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;
use crate::languages::is_pythonic;

/// Words that make the following name a field that is visible outside.
static MODIFIERS: WordList = WordList::of("public private protected internal fileprivate pub export static readonly");

/// Words at the start of other lines of a type's body, or alone on such a line.
static OTHERS: WordList = WordList::of(
    "import using use include extend package namespace return if else for while switch case default try catch \
     finally throw raise assert del pass with new super this self init static public private protected internal \
     where type typealias typedef friend template yield await do end begin get set lazy require abstract deinit \
     global companion override macro_rules in not lambda print goto match unsafe extern class struct enum interface \
     function def fn func fun module trait impl object",
);

/// Their names, in order. `owners` is the definition that contains each line.
pub(super) fn fields(
    lines: &[CodeLine<'_>],
    definitions: &[Definition],
    owners: &[Option<usize>],
    language: &str,
) -> Vec<String> {
    // The depth of the lines directly in a body. Continuation lines are deeper.
    let mut levels: Vec<Option<usize>> = vec![None; definitions.len()];
    let outermost = lines.iter().filter(|line| line.is_code()).map(|line| line.indent).min().unwrap_or_default();
    for (line, owner) in lines.iter().zip(owners) {
        let head = owner.and_then(|owner| Some((owner, lines.get(definitions.get(owner)?.line)?.indent)));
        if let Some((owner, _)) = head.filter(|(_, indent)| line.is_code() && line.indent > *indent)
            && let Some(level) = levels.get_mut(owner)
        {
            *level = Some(level.map_or(line.indent, |level| level.min(line.indent)));
        }
    }
    let mut found = Vec::new();
    for (line, owner) in lines.iter().zip(owners) {
        let name = name(line, language);
        let is_field = match owner.and_then(|owner| Some((definitions.get(owner)?, levels.get(owner)?))) {
            Some((owner, level)) => {
                owner.kind == DefinitionKind::Type && !owner.is_local && *level == Some(line.indent)
            }
            None => line.indent == outermost && name.is_some_and(|name| is_seen(line, name)),
        };
        found.extend(name.filter(|_| is_field).map(str::to_owned));
    }
    found
}

/// Whether a line at the outermost level declares a visible name.
fn is_seen(line: &CodeLine<'_>, name: &str) -> bool {
    let is_constant = name.len() > 1
        && name.chars().all(|c| c.is_uppercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(char::is_uppercase);
    is_constant || line.code.first().is_some_and(|first| MODIFIERS.has(first.text))
}

/// The name that a line declares, if the line is clearly a declaration and not of a function.
fn name<'a>(line: &CodeLine<'a>, language: &str) -> Option<&'a str> {
    let code = line.code.as_slice();
    let first = code.first()?;
    if first.kind != TokenKind::Word || OTHERS.has(first.text) && !MODIFIERS.has(first.text) {
        return None;
    }
    let is_sign = |token: &Token<'_>, signs: &[&str]| token.kind == TokenKind::Sign && signs.contains(&token.text);
    let named = match (language, code) {
        (id, [name, sign, _, ..]) if is_sign(sign, &["=", ":"]) && is_pythonic(id) => name,
        ("ruby", [name, sign, ..]) if is_sign(sign, &["="]) && name.text.starts_with(char::is_uppercase) => name,
        ("go", [name, next, ..]) if next.kind == TokenKind::Word || is_sign(next, &["*", "["]) => name,
        (
            "c" | "cpp" | "csharp" | "dart" | "groovy" | "java" | "javascript" | "javascriptreact" | "kotlin" | "php"
            | "rust" | "scala" | "swift" | "typescript" | "typescriptreact",
            _,
        ) => {
            let end = code.iter().position(|token| is_sign(token, &["=", ";", ":", "{", ",", "(", "=>", "?", "!"]))?;
            if code.get(end).is_some_and(|token| token.text == "(") && !is_visibility(code, end) {
                return None;
            }
            code.get(if is_visibility(code, end) { 3 + 1 } else { end.checked_sub(1)? })?
        }
        _ => return None,
    };
    (named.kind == TokenKind::Word && !OTHERS.has(named.text)).then_some(named.text)
}

/// `pub(crate) name`.
fn is_visibility(code: &[Token<'_>], end: usize) -> bool {
    end == 1
        && code.first().is_some_and(|token| token.text == "pub")
        && code.get(3).is_some_and(|token| token.text == ")")
}
