//! Heads of languages with a special form.

use super::{CodeLine, DefinitionKind};
use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;

/// `CREATE OR REPLACE VIEW v AS`.
pub(super) fn sql_head(code: &[Token<'_>]) -> Option<(DefinitionKind, String)> {
    static WHAT: WordList =
        WordList::of("function index package policy procedure role schema sequence table trigger type view");
    let word = |token: &Token<'_>| token.text.to_lowercase();
    let [first, rest @ ..] = code else { return None };
    if !matches!(word(first).as_str(), "create" | "alter") {
        return None;
    }
    let at = rest.iter().take(6).position(|token| WHAT.has(&word(token)))?;
    let skipped =
        |token: &&Token<'_>| !matches!(word(token).as_str(), "if" | "not" | "exists" | "body" | "concurrently");
    let name = rest.get(at + 1..)?.iter().filter(skipped).take_while(|token| {
        token.text != "(" && !matches!(word(token).as_str(), "as" | "on" | "is" | "returns" | "for")
    });
    let name: String = name.take(7).map(|token| token.text).collect();
    let what = word(rest.get(at)?);
    (!name.is_empty()).then(|| (DefinitionKind::Block, [what, name.to_lowercase()].join(" ")))
}

/// `resource "type" "name" {`.
pub(super) fn block_head(code: &[Token<'_>]) -> Option<(DefinitionKind, String)> {
    let [first, rest @ .., last] = code else { return None };
    let labels = rest.iter().all(|token| token.kind == TokenKind::Text);
    let name = || [first].into_iter().chain(rest).map(|token| token.text).collect::<Vec<_>>().join(" ");
    (first.kind == TokenKind::Word && labels && last.is_sign("{") && !rest.is_empty())
        .then(|| (DefinitionKind::Block, name()))
}

/// `(defn name`, `(define (name`.
pub(super) fn lisp_head(code: &[Token<'_>]) -> Option<(DefinitionKind, String)> {
    let [open, def, rest @ ..] = code else { return None };
    let name = rest.iter().find(|token| token.kind == TokenKind::Word)?;
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
    (open.is_sign("(") && def.text.starts_with("def")).then_some((DefinitionKind::Function, names))
}

/// The name of a paragraph or a section, alone on its line in the area for names.
pub(super) fn cobol_head(line: &CodeLine<'_>) -> Option<(DefinitionKind, String)> {
    let text = line.text.strip_suffix('.')?;
    let name = text.strip_suffix(" SECTION").unwrap_or(text);
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.chars().any(char::is_alphabetic);
    let is_statement = matches!(name, "EXIT" | "GOBACK" | "CONTINUE") || name.starts_with("END-");
    (is_name && line.indent <= 8 && !is_statement).then(|| (DefinitionKind::Function, name.to_lowercase()))
}
