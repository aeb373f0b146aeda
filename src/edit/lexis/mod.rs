//! Reads code of any language as words, signs, strings and comments, with a table of notations. This rough reading is
//! only for comparing two versions of a text. It never changes a text.

mod literals;
mod notation;

use self::literals::{here_document, is_word, letter, raw_string, raw_string_of_cpp, sigil, verbatim_string};
use self::notation::{Apostrophe, Notation, notation};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name, a keyword, a number.
    Word,
    /// One character of punctuation.
    Sign,
    /// A string. A multi-line string has one token for each line.
    Text,
    /// A comment, or a documentation string. A multi-line one has one token for each line.
    Comment,
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    /// Its line, from 0.
    pub(crate) line: usize,
    /// Where it starts, in bytes of the text.
    pub(crate) at: usize,
}

impl Token<'_> {
    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }

    pub(crate) fn is_code(&self) -> bool {
        self.kind != TokenKind::Comment
    }

    /// Where it ends, in bytes of the text.
    pub(crate) fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

/// The tokens of `text`, whose LSP language is `language_id`. Linear in the text.
pub(crate) fn tokens<'a>(text: &'a str, language_id: &str) -> Vec<Token<'a>> {
    let notation = notation(language_id);
    let mut scan = Scan { text, at: 0, line: 0, notation, tokens: Vec::new(), doomed: 0 };
    while let Some(first) = scan.rest().chars().next() {
        scan.step(first);
    }
    let mut tokens = scan.tokens;
    if notation.documenting_strings {
        mark_documentation(&mut tokens);
    }
    tokens
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    notation: Notation,
    tokens: Vec<Token<'a>>,
    /// No open string ends before this place. Without it, repeated searches for the end would take quadratic time.
    doomed: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, first: char) {
        if first.is_whitespace() {
            self.line += usize::from(first == '\n' || first == '\r' && !self.rest().starts_with("\r\n"));
            self.at += first.len_utf8();
            return;
        }
        if let Some(length) = self.comment() {
            self.emit(TokenKind::Comment, length);
        } else if let Some(length) = self.string(first) {
            self.emit(TokenKind::Text, length);
        } else if is_word(first) {
            let rest = self.rest();
            self.emit(TokenKind::Word, rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        } else {
            self.emit(TokenKind::Sign, first.len_utf8());
        }
    }

    /// Makes tokens of the next `length` bytes, one for each line.
    fn emit(&mut self, kind: TokenKind, length: usize) {
        let piece = self.text.get(self.at..self.at + length).unwrap_or_default();
        let mut at = self.at;
        for (number, part) in piece.split('\n').enumerate() {
            self.line += usize::from(number > 0);
            let text = part.trim();
            if !text.is_empty() {
                let start = at + (part.len() - part.trim_start().len());
                self.tokens.push(Token { kind, text, line: self.line, at: start });
            }
            at += part.len() + 1;
        }
        self.at += length.max(1);
    }

    fn is_first_of_line(&self) -> bool {
        self.tokens.last().is_none_or(|last| last.line < self.line)
    }

    fn previous(&self) -> Option<char> {
        self.text.get(..self.at).and_then(|before| before.chars().next_back())
    }

    /// The length of the comment that starts here.
    fn comment(&self) -> Option<usize> {
        let rest = self.rest();
        for (open, close) in self.notation.block {
            // An opener that must start a line includes the line break before it.
            let starts = match open.strip_prefix('\n') {
                Some(open) => self.is_first_of_line() && rest.starts_with(open),
                None => rest.starts_with(open),
            };
            if starts {
                let inside = rest.get(open.len()..)?;
                return Some(inside.find(close).map_or(rest.len(), |end| open.len() + end + close.len()));
            }
        }
        let begins = self.notation.line.iter().any(|mark| rest.starts_with(mark) && self.may_begin(mark))
            || self.is_first_of_line() && self.notation.line_start.iter().any(|mark| rest.starts_with(mark));
        begins.then(|| rest.find(['\n', '\r']).unwrap_or(rest.len()))
    }

    /// Whether the apparent comment mark is one. `$#`, `http://`, `\%` and `#[` of Rust and PHP are not comments.
    fn may_begin(&self, mark: &str) -> bool {
        let before = self.previous();
        match mark {
            "#" => {
                before.is_none_or(|c| c.is_whitespace() || ";,)]}(".contains(c)) && !self.rest().starts_with("#[")
                    || self.notation.documenting_strings
            }
            "//" => before != Some(':'),
            "%" => before != Some('\\'),
            _ => true,
        }
    }

    /// The length of the string that starts here.
    fn string(&mut self, first: char) -> Option<usize> {
        let rest = self.rest();
        let notation = self.notation;
        if rest.starts_with("\"\"\"") {
            return self.until("\"\"\"", "\"\"\"");
        }
        if notation.triple_apostrophes && rest.starts_with("'''") {
            return self.until("'''", "'''");
        }
        if notation.documenting_strings && first.is_ascii_alphabetic() {
            return self.prefixed();
        }
        match first {
            '"' => self.quoted(first, notation.long_strings),
            '\'' => match notation.apostrophe {
                Apostrophe::Text => self.quoted(first, notation.long_strings),
                Apostrophe::Letter => letter(rest),
                Apostrophe::Sign => None,
            },
            '`' => self.quoted(first, notation.long_backticks),
            '[' if notation.long_brackets => ["[[", "[=["]
                .into_iter()
                .find_map(|open| self.rest().starts_with(open).then(|| self.until(open, &open.replace('[', "]")))?),
            '<' if notation.here_documents => here_document(rest),
            '/' if notation.patterns => self.pattern(),
            '~' => sigil(rest),
            'r' if notation.apostrophe == Apostrophe::Letter => raw_string(rest),
            '@' | '$' => verbatim_string(rest),
            'R' => raw_string_of_cpp(rest),
            _ => None,
        }
    }

    /// Python's `r"…"` and similar strings.
    fn prefixed(&mut self) -> Option<usize> {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| b"rRbBuUfFtT".contains(byte)).take(3).count();
        let quote =
            rest.get(length..)?.chars().next().filter(|c| matches!(c, '"' | '\'') && (1..=2).contains(&length))?;
        self.at += length;
        let string = self.string(quote);
        self.at -= length;
        string.map(|string| length + string)
    }

    fn until(&self, open: &str, close: &str) -> Option<usize> {
        let inside = self.rest().get(open.len()..)?;
        inside.find(close).map(|end| open.len() + end + close.len())
    }

    /// A string between two `quote` characters. If there is no second one on the line (or, with `long`, in the rest of
    /// the text), it is an apostrophe.
    fn quoted(&mut self, quote: char, long: bool) -> Option<usize> {
        let rest = self.rest();
        let long = long && self.at >= self.doomed;
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                '\n' | '\r' if !long => return None,
                _ if escaped => escaped = false,
                '\\' => escaped = self.notation.escapes,
                _ if c == quote => return Some(at + c.len_utf8()),
                _ => {}
            }
        }
        if long {
            self.doomed = self.text.len();
        }
        None
    }

    /// `/…/` at a place where a value is possible.
    fn pattern(&self) -> Option<usize> {
        let before = self.tokens.last();
        let after_value = before.is_some_and(|token| match token.kind {
            TokenKind::Sign => matches!(token.text, ")" | "]" | "}"),
            TokenKind::Word => {
                !matches!(token.text, "return" | "typeof" | "case" | "in" | "of" | "when" | "if" | "and" | "or")
            }
            TokenKind::Text => true,
            TokenKind::Comment => false,
        });
        if after_value {
            return None;
        }
        let (mut escaped, mut in_class) = (false, false);
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '\n' | '\r' => return None,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => return Some(at + 1),
                _ => {}
            }
        }
        None
    }
}

/// Turns strings that are complete statements into comments.
fn mark_documentation(tokens: &mut [Token<'_>]) {
    let code = |token: &&Token<'_>| token.is_code();
    let mut at = 0;
    while at < tokens.len() {
        let is_text = |token: &Token<'_>| token.kind == TokenKind::Text;
        let length = tokens.iter().skip(at).take_while(|token| is_text(token)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let (Some(first), Some(last)) = (tokens.get(at), tokens.get(at + length - 1)) else { return };
        let before = tokens.iter().take(at).rfind(code);
        let after = tokens.iter().skip(at + length).find(code);
        let goes_on = |token: &Token<'_>| {
            matches!(token.text, "(" | "[" | "{" | "," | "=" | "+" | "\\" | "%" | "." | ")" | "]" | "}")
        };
        let alone = before.is_none_or(|token| token.line < first.line && !goes_on(token))
            && after.is_none_or(|token| {
                token.line > last.line && !matches!(token.text, "." | "+" | "%" | ")" | "]" | "}" | ",")
            });
        if alone {
            tokens.iter_mut().skip(at).take(length).for_each(|token| token.kind = TokenKind::Comment);
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: TokenKind, text: &str, language_id: &str) -> Vec<String> {
        tokens(text, language_id).iter().filter(|token| token.kind == kind).map(|token| token.text.to_owned()).collect()
    }

    #[test]
    fn comments_and_strings_follow_the_language() {
        assert_eq!(of(TokenKind::Comment, "a // b\n/* c\nd */ e # f\n", "rust"), ["// b", "/* c", "d */"]);
        assert_eq!(of(TokenKind::Comment, "a=$# # b\n", "shellscript"), ["# b"]);
        assert_eq!(of(TokenKind::Comment, "x = 1 -- y\n", "lua"), ["-- y"]);
        assert_eq!(of(TokenKind::Comment, "#include <a.h>\n--i;\n", "c").len(), 0);
        assert_eq!(of(TokenKind::Comment, "x = \"http://a\" // b", "go"), ["// b"]);
        assert_eq!(of(TokenKind::Text, "fn f<'a>(c: &'a str) { '(' }", "rust"), ["'('"]);
        assert_eq!(of(TokenKind::Text, "it's \"a (\"", "javascript"), ["\"a (\""]);
        assert_eq!(of(TokenKind::Text, "x = /[/(]/.test(y) / 2 / z", "javascript"), ["/[/(]/"]);
        assert_eq!(of(TokenKind::Text, "cat <<EOF\n(\nEOF\nb", "shellscript"), ["<<EOF", "(", "EOF"]);
        assert_eq!(of(TokenKind::Text, "var p = @\"c:\\\";", "csharp"), ["@\"c:\\\""]);
        assert_eq!(of(TokenKind::Text, "r#\"a \" ( \"# + b", "rust"), ["r#\"a \" ( \"#"]);
    }

    #[test]
    fn string_as_a_statement_is_documentation() {
        let text = "def f():\n    \"\"\"Doc.\n\n    More.\n    \"\"\"\n    return \"a\"\n";
        assert_eq!(of(TokenKind::Comment, text, "python"), ["\"\"\"Doc.", "More.", "\"\"\""]);
        assert_eq!(of(TokenKind::Text, text, "python"), ["\"a\""]);
        assert_eq!(of(TokenKind::Comment, "x = (\n    \"a\"\n)\n", "python").len(), 0);
    }

    #[test]
    fn tokens_know_their_places() {
        let text = "a\r\n  (é)\n";
        let places: Vec<_> = tokens(text, "go").iter().map(|token| (token.text, token.line, token.at)).collect();
        assert_eq!(places, [("a", 0, 0), ("(", 1, 5), ("é", 1, 6), (")", 1, 8)]);
    }

    #[test]
    fn unclosed_quotes_are_read_in_linear_time() {
        let text = "it's a \" quote\n".repeat(20_000);
        assert!(tokens(&text, "ruby").len() > 20_000);
    }
}
