//! The words of commands that the user copied from a page, for bash, PowerShell or cmd: quotes, escapes, continued
//! lines, variables. It also accepts text that no shell would, because pages and chats change quotes and line breaks.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use secrecy::zeroize::Zeroizing;

/// A word. It may be a secret.
pub(super) type Word = Zeroizing<String>;

/// The shell whose quoting rules a text follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sh,
    PowerShell,
    Cmd,
}

impl Dialect {
    fn of(text: &str) -> Self {
        let ends = |with: char| text.lines().any(|line| line.trim_end().ends_with(with));
        if ends('^') || text.contains("^\"") {
            Self::Cmd
        } else if ends('`') || text.contains("$env:") || text.contains("curl.exe") {
            Self::PowerShell
        } else {
            Self::Sh
        }
    }

    /// The escape character.
    fn escape(self) -> char {
        match self {
            Self::Sh => '\\',
            Self::PowerShell => '`',
            Self::Cmd => '^',
        }
    }
}

/// The commands of `text`, each as its words. Variables that the text sets are replaced by their values.
pub(super) fn commands(text: &str) -> Vec<Vec<Word>> {
    let dialect = Dialect::of(text);
    let mut text = Zeroizing::new(plain(text));
    if dialect == Dialect::Cmd && text.contains("^\"") {
        // Browsers escape every sign for cmd, the quotes, too.
        text = Zeroizing::new(without_carets(&text));
    }
    let mut reader =
        ShellWordReader { rest: text.chars().peekable(), dialect, word: None, words: Vec::new(), commands: Vec::new() };
    reader.read();
    expanded(reader.commands)
}

/// Removes what pages and chats add to a text: curly quotes, unusual blanks, invisible marks.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '“' | '”' | '„' => plain.push('"'),
            '‘' | '’' => plain.push('\''),
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            '\r' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' => {}
            c => plain.push(c),
        }
    }
    plain
}

fn without_carets(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '^' => match chars.next() {
                // A continued line.
                Some('\n') | None => without.push(' '),
                Some(c) => without.push(c),
            },
            c => without.push(c),
        }
    }
    without
}

struct ShellWordReader<'a> {
    rest: Peekable<Chars<'a>>,
    dialect: Dialect,
    word: Option<Word>,
    words: Vec<Word>,
    commands: Vec<Vec<Word>>,
}

impl ShellWordReader<'_> {
    fn read(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' | '`' | '^' if self.rest.peek().is_none_or(|next| next.is_whitespace()) => self.continue_line(),
                c if c == self.dialect.escape() => self.push_next(),
                '$' if self.rest.next_if_eq(&'(').is_some() => self.end_command(),
                '$' if self.word.is_none() && self.rest.peek() == Some(&'\'') => {
                    self.rest.next();
                    self.ansi();
                }
                '\'' => self.single(),
                '"' => self.double(),
                '\n' | ';' | '|' | '&' | '(' | ')' => self.end_command(),
                '`' if self.dialect == Dialect::Sh => self.end_command(),
                '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                c if c.is_whitespace() => self.end_word(),
                c => self.push(c),
            }
        }
        self.end_command();
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    /// Takes the next character literally.
    fn push_next(&mut self) {
        if let Some(next) = self.rest.next() {
            self.push(next);
        }
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.commands.push(words);
        }
    }

    /// An escape at the end of a line, or before a lost line end. Skips blanks up to the next word.
    fn continue_line(&mut self) {
        self.end_word();
        while self.rest.next_if(|c| *c != '\n' && c.is_whitespace()).is_some() {}
        self.rest.next_if_eq(&'\n');
    }

    fn single(&mut self) {
        self.word.get_or_insert_default();
        while let Some(c) = self.rest.next() {
            match c {
                // PowerShell writes a quote inside of quotes in this way.
                '\'' if self.dialect == Dialect::PowerShell && self.rest.next_if_eq(&'\'').is_some() => self.push('\''),
                '\'' => return,
                c => self.push(c),
            }
        }
    }

    fn double(&mut self) {
        // Quotes around a command whose output is a value do not belong to its words.
        let mut ahead = self.rest.clone();
        if ahead.next() == Some('$') && ahead.next() == Some('(') {
            return;
        }
        self.word.get_or_insert_default();
        let escape = self.dialect.escape();
        while let Some(c) = self.rest.next() {
            match c {
                '"' if self.dialect != Dialect::Sh && self.rest.next_if_eq(&'"').is_some() => self.push('"'),
                '"' => return,
                '\\' if self.rest.next_if_eq(&'"').is_some() => self.push('"'),
                '\\' if self.dialect == Dialect::Sh => match self.rest.next() {
                    Some('\n') => {}
                    Some(c @ ('\\' | '$' | '`')) => self.push(c),
                    Some(c) => {
                        self.push('\\');
                        self.push(c);
                    }
                    None => {}
                },
                c if c == escape && self.dialect == Dialect::PowerShell => self.push_next(),
                c => self.push(c),
            }
        }
    }

    /// `$'…'`, as browsers write it for bash.
    fn ansi(&mut self) {
        self.word.get_or_insert_default();
        while let Some(c) = self.rest.next() {
            match c {
                '\'' => return,
                '\\' => match self.rest.next() {
                    Some('n') => self.push('\n'),
                    Some('t') => self.push('\t'),
                    Some('u') => {
                        let digits: String = (0..4).map_while(|_| self.rest.next_if(char::is_ascii_hexdigit)).collect();
                        let c = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        self.word.get_or_insert_default().extend(c);
                    }
                    Some(c) => self.push(c),
                    None => return,
                },
                c => self.push(c),
            }
        }
    }
}

/// The commands, with the values in place of the variables that they set.
fn expanded(mut commands: Vec<Vec<Word>>) -> Vec<Vec<Word>> {
    let mut variables: BTreeMap<String, Word> = BTreeMap::new();
    for words in &commands {
        let mut words = words.iter().skip_while(|word| matches!(word.as_str(), "export" | "set" | "SET")).peekable();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if !name.is_empty() => (name, Zeroizing::new(value.to_owned())),
                // PowerShell has blanks around the equals sign.
                None if words.next_if(|word| word.as_str() == "=").is_some() => match words.next() {
                    Some(value) => (word.as_str(), value.clone()),
                    None => break,
                },
                _ => break,
            };
            let name = name.strip_prefix("$env:").or(name.strip_prefix('$')).unwrap_or(name);
            // The output of a command is unknown here.
            if !value.is_empty() && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                variables.insert(name.to_owned(), value);
            }
        }
    }
    // The longest name first, because one name may be the start of another.
    let mut variables: Vec<_> = variables.into_iter().collect();
    variables.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for word in commands.iter_mut().flatten().filter(|word| word.contains(['$', '%'])) {
        for (name, value) in &variables {
            for written in [format!("${{{name}}}"), format!("$env:{name}"), format!("${name}"), format!("%{name}%")] {
                if word.contains(&written) {
                    *word = Zeroizing::new(word.replace(&written, value));
                }
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        commands(text).into_iter().map(|words| words.into_iter().map(|word| word.to_string()).collect()).collect()
    }

    #[test]
    fn each_shell_is_read_in_its_own_quotes_and_continued_lines() {
        let expected = [["curl", "-X", "POST", "https://a.example/b?c=1&d=2", "-d", "x={\"a\": \"it's\"}"]];
        for text in [
            "curl -X POST \\\n  'https://a.example/b?c=1&d=2' \\\n  -d 'x={\"a\": \"it'\\''s\"}'",
            "curl -X POST \\\r\n  \"https://a.example/b?c=1&d=2\" \\\r\n  -d \"x={\\\"a\\\": \\\"it's\\\"}\"\r\n",
            "curl -X POST `\n  'https://a.example/b?c=1&d=2' `\n  -d 'x={\"a\": \"it''s\"}'",
            "curl -X POST `\n  \"https://a.example/b?c=1&d=2\" `\n  -d \"x={`\"a`\": `\"it's`\"}\"",
            "curl -X POST ^\r\n  \"https://a.example/b?c=1&d=2\" ^\r\n  -d \"x={\\\"a\\\": \\\"it's\\\"}\"",
            "curl -X POST ^\n  ^\"https://a.example/b?c=1^&d=2^\" ^\n  -d ^\"x=^{^\\^\"a^\\^\": ^\\^\"it's^\\^\"^}^\"",
            "curl -X POST $'https://a.example/b?c=1&d=2' -d $'x={\"a\": \"it\\'s\"}'",
            "curl -X POST “https://a.example/b?c=1&d=2” \\  \n -d ‘x={\"a\": \"it'\\'‘s\"}’",
            // A field of one line has removed the line breaks.
            "curl -X POST \\   'https://a.example/b?c=1&d=2' \\   -d 'x={\"a\": \"it'\\''s\"}'",
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn commands_end_at_lines_and_pipes_and_variables_are_expanded() {
        let sh = "# the account\nexport REALM=acme KEY='s3 cret'\nTOKEN=\"$(curl \"https://idm/${REALM}/t\" -d \"k=$KEY\" | jq -r .x)\"\n";
        let found = words(sh);
        assert!(
            found.contains(&vec!["curl".into(), "https://idm/acme/t".into(), "-d".into(), "k=s3 cret".into()]),
            "{found:?}"
        );
        let powershell = "$env:REALM = \"acme\"\n$KEY = 's3 cret'\ncurl.exe \"https://idm/$env:REALM/t\" -d \"k=$KEY\"";
        let found = words(powershell);
        assert_eq!(found.last().unwrap()[1..], ["https://idm/acme/t", "-d", "k=s3 cret"], "{found:?}");
        let cmd = "set REALM=acme\ncurl \"https://idm/%REALM%/t\" ^\n -d x";
        assert_eq!(words(cmd).last().unwrap()[1..], ["https://idm/acme/t", "-d", "x"]);
    }

    #[test]
    fn incomplete_words_are_read_without_a_panic() {
        for text in ["'", "\"", "\\", "$", "$(", "$'", "$'\\", "^", "a\\", "'a", "=", "x =", "\"$(", ""] {
            let _ = words(text);
        }
    }
}
