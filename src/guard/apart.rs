//! Names and values that stand apart: `<add key="ApiKey" value="…">`, a Terraform variable and its default, an entry of a list
//! whose members are called name and value, and a value on the line after its name.

use super::Kind;
use super::assignments::value_after;
use super::key_names::{Names, may_name, what_it_names};
use super::randomness::{is_placeholder, run};
use super::secrets::Hits;
use super::values::is_secret;

/// So many lines after a name its value may stand.
const REACH: usize = 4;

/// The name that waits for its value.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    name: Option<(String, Names, usize)>,
    /// The next line that holds something is the value.
    next_line: bool,
    /// Lines since a JSON Web Key was told by its type.
    since_jwk: Option<usize>,
}

impl Waiting {
    /// Reads the next line; `may_name` says whether one of its words may name a secret.
    pub(super) fn scan(&mut self, line: &str, may_name: bool, hits: &mut Hits) {
        if self.next_line && !line.trim().is_empty() {
            self.next_line = false;
            if let Some((name, names, _)) = &self.name
                && let Some((start, value)) = alone(line)
                && is_secret(value, *names, true, name)
            {
                hits.add(start..start + value.len(), kind(name, *names));
                self.name = None;
            }
        }
        if let Some((_, _, lines)) = &mut self.name {
            *lines += 1;
            if *lines > REACH {
                self.name = None;
            }
        }
        let bytes = line.as_bytes();
        let mut at = 0;
        while (may_name || self.name.is_some()) && at < bytes.len() {
            let length = run(bytes, at, bytes.len(), |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            let end = at + length;
            if let Some(name) = line.get(at..end).filter(|name| (2..=80).contains(&name.len())) {
                self.word(line, name, at, end, hits);
            }
            at = end.max(at + 1);
        }
        self.json_web_key(line, hits);
    }

    fn word(&mut self, line: &str, word: &str, at: usize, end: usize, hits: &mut Hits) {
        const VALUES: [&str; 9] = [
            "value",
            "default",
            "string",
            "val",
            "parametervalue",
            "secretvalue",
            "defaultvalue",
            "content",
            "example",
        ];
        if let Some((name, names, _)) = &self.name
            && VALUES.iter().any(|it| word.eq_ignore_ascii_case(it))
        {
            if let Some((start, value, quoted)) = value_after(line, word, end)
                && is_secret(value, *names, quoted, name)
            {
                hits.add(start..start + value.len(), kind(name, *names));
                self.name = None;
            }
            return;
        }
        let Some(names) = may_name(word.as_bytes()).then(|| what_it_names(word)).flatten() else {
            return;
        };
        // A name that is itself a value, in quotes or in a tag, or after `name:`.
        let before = line.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ']);
        let after = line.get(end..).unwrap_or_default();
        let is_told =
            ["name", "key", "variable", "Name", "Key", "KEY", "NAME", "ParameterKey", "parameter", "id", "setting"]
                .iter()
                .any(|lead| {
                    let before = before.trim_end_matches(['=', ':', '>', ' ', '"', '\'']);
                    before.len() < line.get(..at).unwrap_or_default().len() && before.ends_with(lead)
                });
        let rest = after.trim_start_matches(['"', '\'', '`', ']', ')']).trim();
        let opens = matches!(
            rest,
            "=" | ":"
                | ":="
                | "=>"
                | "= ("
                | "=("
                | ": >-"
                | ": >"
                | ": |"
                | ": |-"
                | "= \\"
                | ":\\"
                | "= ["
                | "("
                | ": ("
        );
        // `PIC X(8) VALUE '…'`, `TYPE string VALUE '…'`.
        let declares =
            || memchr::memmem::find(rest.as_bytes().get(..40).unwrap_or(rest.as_bytes()), b" VALUE ").is_some();
        // A list or an object whose members are called name and value.
        let holds = matches!(rest, ": [" | ": {" | ":") || rest.starts_with(": [{") || rest.starts_with(": [ {");
        if opens {
            (self.name, self.next_line) = (Some((word.to_owned(), names, 0)), true);
        } else if is_told || holds || declares() {
            self.name = Some((word.to_owned(), names, 0));
        }
    }

    /// The private part `d` of a key that says `kty`.
    fn json_web_key(&mut self, line: &str, hits: &mut Hits) {
        self.since_jwk = self.since_jwk.map(|lines| lines + 1).filter(|lines| *lines <= 12);
        if memchr::memmem::find(line.as_bytes(), b"\"kty\"").is_some() {
            self.since_jwk = Some(0);
        }
        if self.since_jwk.is_none() {
            return;
        }
        for member in ["\"d\"", "\"k\""] {
            for at in memchr::memmem::find_iter(line.as_bytes(), member) {
                let start = at + 3 + run(line.as_bytes(), at + 3, 6, |byte| b" :\"".contains(&byte));
                let length = run(line.as_bytes(), start, 1200, super::shapes::url);
                if length >= 32 {
                    hits.add(start..start + length, Kind::PrivateKey);
                }
            }
        }
    }
}

pub(super) fn kind(name: &str, names: Names) -> Kind {
    let name = name.trim_start_matches('-').to_owned();
    if names == Names::Password { Kind::Password(name) } else { Kind::Assigned(name) }
}

/// The value that a line holds and nothing else, without its quotes and what ends it.
fn alone(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches([' ', '\t', '"', '\'', '(', '`', '+']);
    let start = line.len() - text.len();
    let text = text.trim_end_matches([' ', '\t', '"', '\'', ')', '`', ',', ';', '\\']);
    (!text.is_empty() && !text.contains(' ') && !is_placeholder(text)).then_some((start, text))
}
