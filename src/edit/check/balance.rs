//! Checks that brackets, and words such as `end`, close as they did before.

use std::collections::BTreeMap;

use crate::edit::lexis::{Token, TokenKind};
use crate::edit::word_list::WordList;
use crate::languages;

/// The brackets that a language uses in pairs.
fn brackets(language_id: &str) -> &'static str {
    match &*languages::canonical(language_id) {
        "html" | "xml" | "xhtml" | "csv" | "dotenv" | "properties" | "ini" | "gitignore" | "diff" | "bat" => "",
        // `a)` is a pattern of `case`.
        "shellscript" | "fish" | "latex" | "bibtex" | "vue" | "svelte" | "dockerfile" => "{}",
        other if languages::is_prose(other) => "",
        "yaml" => "{}[]",
        _ => "(){}[]",
    }
}

/// Removes the pairs of matching brackets and returns the rest, without places: first the closing brackets without an
/// opening one, then those that stay open.
pub(crate) fn residue<'a>(tokens: &[Token<'a>], language_id: &str) -> Vec<Token<'a>> {
    let counted = brackets(language_id);
    let mut open: Vec<Token<'_>> = Vec::new();
    let mut unopened = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Sign && counted.contains(token.text)) {
        let opener = match token.text {
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => {
                open.push(*token);
                continue;
            }
        };
        match open.pop_if(|last| last.text == opener) {
            Some(_) => {}
            None => unopened.push(*token),
        }
    }
    unopened.extend(open);
    unopened
}

/// The first bracket that `new` closes or opens differently from `old`, or one that only `old` has.
pub(super) fn unbalanced(old: &[Token<'_>], new: &[Token<'_>], language_id: &str) -> Option<String> {
    let (old, new) = (residue(old, language_id), residue(new, language_id));
    if old.iter().map(|token| token.text).eq(new.iter().map(|token| token.text)) {
        return None;
    }
    let differs = new.iter().enumerate().find(|(at, token)| old.get(*at).is_none_or(|old| old.text != token.text));
    let missing = || old.get(new.len()).map(|token| token.text.to_owned());
    differs.map(|(_, token)| token.text.to_owned()).or_else(missing)
}

/// HTML elements whose end tag does not exist or is optional.
static ENDLESS: WordList = WordList::of(
    "area base br col embed hr img input link meta source track wbr li p td tr th dt dd option optgroup thead tbody \
     tfoot colgroup body html head rp rt",
);

/// The number of open elements for each name. Only for markup languages.
fn elements<'a>(text: &'a str, language_id: &str) -> Option<BTreeMap<&'a str, i64>> {
    let language = languages::canonical(language_id);
    let is_html = matches!(&*language, "html" | "xhtml");
    if !is_html && language != "xml" {
        return None;
    }
    let mut open: BTreeMap<&str, i64> = BTreeMap::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('<') {
        rest = behind;
        if let Some(comment) = behind.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let closes = behind.starts_with('/');
        let name = behind.trim_start_matches('/');
        let end =
            name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | ':' | '_' | '.'))).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        let Some((inside, after)) = behind.split_once('>') else { break };
        if !name.starts_with(char::is_alphabetic) || is_html && ENDLESS.has(&name.to_lowercase()) {
            continue;
        }
        rest = after;
        if closes {
            *open.entry(name).or_default() -= 1;
        } else if !inside.ends_with('/') {
            *open.entry(name).or_default() += 1;
        }
    }
    open.retain(|_, count| *count != 0);
    Some(open)
}

/// The first element that is open in `new` and not in `old`, or the reverse.
pub(super) fn open_element(old: &str, new: &str, language_id: &str) -> Option<String> {
    let (old, new) = (elements(old, language_id)?, elements(new, language_id)?);
    let differs = |name: &&&str| old.get(**name) != new.get(**name);
    new.keys().chain(old.keys()).find(differs).map(|name| format!("<{name}>"))
}

/// The words of a language that open and close blocks.
struct BlockWords {
    /// These words open a block at any place.
    open: Vec<&'static str>,
    /// These words open a block only at the start of a line.
    open_lines: Vec<&'static str>,
    close: Vec<&'static str>,
}

fn words(language_id: &str) -> Option<BlockWords> {
    let (open, open_lines, close) = match &*languages::canonical(language_id) {
        "elixir" => ("do fn", "", "end"),
        "ruby" | "crystal" => {
            ("do", "def class module if unless case begin for while until macro struct private public protected", "end")
        }
        "lua" => ("function do then repeat", "", "end until elseif"),
        "julia" => ("do", "function if for while begin let struct mutable module macro quote try", "end"),
        "shellscript" | "bash" | "sh" | "zsh" | "ksh" => ("", "if case for while until select", "fi esac done"),
        "pascal" | "delphi" | "objectpascal" => ("begin case try record", "class", "end"),
        "matlab" | "octave" => ("", "if for while switch try parfor", "end"),
        _ => return None,
    };
    let list = |text: &'static str| text.split_whitespace().collect();
    Some(BlockWords { open: list(open), open_lines: list(open_lines), close: list(close) })
}

/// The number of blocks that stay open, and the number of block ends without a start.
fn blocks(tokens: &[Token<'_>], words: &BlockWords) -> (usize, usize) {
    let (mut open, mut unopened) = (0_usize, 0_usize);
    let mut in_square = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "[" => in_square += 1,
            "]" => in_square = in_square.saturating_sub(1),
            _ => {}
        }
        if token.kind != TokenKind::Word || in_square > 0 {
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let next = tokens.get(at + 1);
        // `x.end`, `:end`, `do: x`, `end:`, `:if`.
        let touches =
            |token: Option<&Token<'_>>, signs: &[&str]| token.is_some_and(|token| signs.contains(&token.text));
        if touches(before.filter(|before| before.end() == token.at), &[".", ":", "@", "$", "&"])
            || touches(next.filter(|next| next.at == token.end()), &[":", "?"])
        {
            continue;
        }
        let begins = |before: &Token<'_>| {
            before.line < token.line
                || matches!(before.text, ";" | "|" | "&" | "(" | "{" | "!" | "then" | "do" | "else")
                || before.text == "=" && token.text != "class"
        };
        let is_first = before.is_none_or(begins);
        // If blocks open only at the start of a line, `echo done` does not end a loop.
        if words.close.contains(&token.text) && (is_first || !words.open.is_empty()) {
            match open.checked_sub(1) {
                Some(less) => open = less,
                None => unopened += 1,
            }
        }
        let word = token.text;
        // Lua's `elseif … then` closes one block and opens the next.
        let is_listed = words.open.contains(&word) || is_first && words.open_lines.contains(&word);
        // `while x do` opens one block. `def f(x) = 1` opens none. `private def` opens one, as `def` does.
        let is_of_loop =
            |before: &Token<'_>| matches!(before.text, "while" | "until" | "for") && words.open_lines.contains(&"def");
        let same_line = tokens.iter().take(at).rev().take_while(|before| before.line == token.line);
        let is_long = |from: usize| !is_short_definition(tokens.get(from..).unwrap_or_default());
        let opens = match word {
            "private" | "public" | "protected" | "mutable" => {
                is_listed
                    && is_first
                    && next.is_some_and(|next| matches!(next.text, "def" | "struct"))
                    && is_long(at + 1)
            }
            "do" => is_listed && !same_line.into_iter().any(is_of_loop),
            "def" => is_listed && is_long(at),
            _ => is_listed,
        };
        open += usize::from(opens);
    }
    (unopened, open)
}

/// Ruby's `def f(x) = 1`.
fn is_short_definition(tokens: &[Token<'_>]) -> bool {
    let Some(first) = tokens.first() else { return false };
    let mut depth = 0_usize;
    tokens.iter().take_while(|token| token.line == first.line).skip(2).any(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is_sign("=")
    })
}

/// Whether `new` and `old` open and close different numbers of blocks, in languages with words as block ends.
pub(super) fn ends_differ(old: &[Token<'_>], new: &[Token<'_>], language_id: &str) -> bool {
    words(language_id).is_some_and(|words| blocks(old, &words) != blocks(new, &words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::lexis::tokens;

    fn of(language: &str, old: &str, new: &str) -> Option<String> {
        unbalanced(&tokens(old, language), &tokens(new, language), language)
    }

    #[test]
    fn unbalanced_brackets_are_found() {
        assert_eq!(of("scala", "if (a) {\n  b\n} } }\n", "if (a) b\n").as_deref(), Some("}"));
        assert_eq!(of("go", "f(1)\n", "f((1)\n").as_deref(), Some("("));
        assert_eq!(of("kotlin", "} else {\n", "} else if (a) {\n"), None);
        assert_eq!(of("typescript", "x = '('", "x = /\\(/; // ("), None);
        assert_eq!(of("shellscript", "case $a in\n  b) c;;\nesac", "case $a in\n  b) c;;\n  d) e;;\nesac"), None);
        assert_eq!(of("markdown", "a", "a :("), None);
    }

    #[test]
    fn blocks_with_an_end_word_are_counted() {
        let differ = |language: &str, old: &str, new: &str| {
            ends_differ(&tokens(old, language), &tokens(new, language), language)
        };
        let elixir = "def f(x) do\n  if x do\n    1\n  end\nend\n";
        assert!(!differ("elixir", elixir, "def f(x), do: if(x, do: 1)\n"));
        assert!(!differ("elixir", elixir, "def f(x) do\n  Enum.map(x, fn a -> a end)\nend\n"));
        assert!(differ("elixir", "if x do\n  1\nend\nend\nend\n", "x\n"));
        let ruby = "def f(x)\n  return if x\n  xs.each do |y|\n    puts y\n  end\nend\n";
        assert!(!differ("ruby", ruby, "def f(x) = x\n"));
        assert!(!differ("ruby", ruby, "def f(x)\n  while x do\n    y = if x then 1 else 2 end\n  end\n  x.end\nend\n"));
        assert!(differ("ruby", ruby, "def f(x)\n  xs.each do |y|\n    puts y\n  end\n"));
        assert!(!differ("lua", "if a then\n b()\nend\n", "if a then\n b()\nelseif c then\n d()\nend\n"));
        assert!(!differ("shellscript", "if a; then\n b\nfi\n", "for x in y; do\n  z\ndone\n"));
        assert!(differ("shellscript", "if a; then\n b\nfi\n", "if a; then\n b\n"));
    }
}
