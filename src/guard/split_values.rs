//! Names and values that are separated: `<add key="ApiKey" value="…">`, a Terraform variable and its default, a list
//! entry with the members name and value. Also a value on the line after its name.

use super::SecretKind;
use super::assignments::value_after;
use super::key_names::{Named, Names, in_name};
use super::matches::Matches;
use super::randomness::{is_placeholder, run};
use super::values::is_secret;

/// The value may follow its name within this number of lines.
const REACH: usize = 4;

/// The name whose value is still to be found.
#[derive(Debug, Default)]
pub(super) struct PendingName {
    name: Option<(String, Names, usize)>,
    /// The next line that is not empty is the value.
    next_line: bool,
    /// The number of lines since the type of a JSON Web Key was found.
    since_jwk: Option<usize>,
}

impl PendingName {
    /// Reads the next line, which contains `names`. `has_jwk`: the line contains the type of a JSON Web Key.
    pub(super) fn scan(&mut self, line: &str, names: &[Named], has_jwk: bool, matches: &mut Matches) {
        if self.next_line && !line.trim().is_empty() {
            self.next_line = false;
            if let Some((name, names, _)) = &self.name
                && let Some((start, value)) = alone(line)
                && is_secret(value, *names, true, name)
            {
                matches.add(start..start + value.len(), SecretKind::named(name, *names));
                self.name = None;
            }
        }
        if let Some((_, _, lines)) = &mut self.name {
            *lines += 1;
            if *lines > REACH {
                self.name = None;
            }
        }
        let mut from = 0;
        for named in names {
            self.values(line, from, named.at, matches);
            self.named(line, named);
            from = named.end;
        }
        self.values(line, from, line.len(), matches);
        self.json_web_key(line, has_jwk, matches);
    }

    /// Reads the words in the bytes `from..to` of the line. One of them may introduce the value of the name.
    fn values(&mut self, line: &str, from: usize, to: usize, matches: &mut Matches) {
        const VALUES: [&str; 6] = ["value", "default", "string", "val", "content", "example"];
        const OF_SOMETHING: [&str; 3] = ["parametervalue", "secretvalue", "defaultvalue"];
        let mut at = from;
        while let Some((name, names, _)) = self.name.as_ref().filter(|_| at < to) {
            let end = at + run(line.as_bytes(), at, to - at, in_name);
            if let Some(word) = line.get(at..end)
                && VALUES.iter().chain(&OF_SOMETHING).any(|it| word.trim_start_matches('.').eq_ignore_ascii_case(it))
                && let Some((start, value, quoted)) = value_after(line, word, end)
                && is_secret(value, *names, quoted, name)
            {
                matches.add(start..start + value.len(), SecretKind::named(name, *names));
                self.name = None;
            }
            at = end.max(at + 1);
        }
    }

    fn named(&mut self, line: &str, named: &Named) {
        let Named { name, says, at, end } = *named;
        // The name is itself a value: in quotes, in a tag or after `name:`.
        const LEADS: [&str; 11] =
            ["named", "name", "key", "variable", "Name", "Key", "KEY", "NAME", "parameter", "id", "setting"];
        // A line with one of these endings has its value on the next line.
        const OPENINGS: [&str; 15] =
            ["=", ":", ":=", "=>", "= (", "=(", ": >-", ": >", ": |", ": |-", "= \\", ":\\", "= [", "(", ": ("];
        let head = line.get(..at).unwrap_or_default();
        let before = head.trim_end_matches(['=', ':', '>', ' ', '"', '\'', '(']);
        let after = line.get(end..).unwrap_or_default();
        let is_told = || before.len() < head.len() && LEADS.iter().any(|lead| before.ends_with(lead));
        let rest = after.trim_start_matches(['"', '\'', '`', ']', ')']).trim();
        let opens = OPENINGS.contains(&rest);
        // `PIC X(8) VALUE '…'`, `TYPE string VALUE '…'`.
        let declares = || rest.as_bytes().windows(7).take(34).any(|part| part == b" VALUE ");
        // A list or an object with the members name and value.
        let holds = matches!(rest, ": [" | ": {" | ":") || rest.starts_with(": [{") || rest.starts_with(": [ {");
        if opens {
            (self.name, self.next_line) = (Some((name.to_owned(), says, 0)), true);
        } else if is_told() || holds || declares() {
            self.name = Some((name.to_owned(), says, 0));
        }
    }

    /// The private part `d` of a key that contains `kty`.
    fn json_web_key(&mut self, line: &str, has_type: bool, matches: &mut Matches) {
        self.since_jwk = self.since_jwk.map(|lines| lines + 1).filter(|lines| *lines <= 12);
        if has_type {
            self.since_jwk = Some(0);
        }
        if self.since_jwk.is_none() {
            return;
        }
        for member in ["\"d\"", "\"k\""] {
            for at in memchr::memmem::find_iter(line.as_bytes(), member) {
                let start = at + 3 + run(line.as_bytes(), at + 3, 6, |byte| b" :\"".contains(&byte));
                let length = run(line.as_bytes(), start, 1200, super::rules::URL);
                if length >= 32 {
                    matches.add(start..start + length, SecretKind::PrivateKey);
                }
            }
        }
    }
}

/// The value of a line that contains nothing else, without quotes and line ending signs.
fn alone(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches([' ', '\t', '"', '\'', '(', '`', '+']);
    let start = line.len() - text.len();
    let text = text.trim_end_matches([' ', '\t', '"', '\'', ')', '`', ',', ';', '\\']);
    (!text.is_empty() && !text.contains(' ') && !is_placeholder(text)).then_some((start, text))
}
