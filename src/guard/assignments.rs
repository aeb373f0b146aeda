//! Random-looking values assigned to names like key, token, secret and password, in the forms of the usual languages:
//! `NAME=v`, `name: v`, `"name": "v"`, `name := "v"`, `'name' => 'v'`, `let name: Type = "v"`, `name="v"` in XML and in
//! calls, `<name>v</name>`, `set("name", "v")`, `--name v`.

use super::randomness::{LONGEST, is_hex, is_placeholder, looks_like_password, looks_random, run};
use super::secrets::Hits;

/// Longer runs of letters are data, not names; in bytes.
const LONGEST_NAME: usize = 80;
/// How far a name may stand from its value: a type, a constructor, white space; in bytes.
const REACH: usize = 60;

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// People think passwords up, so they are shorter and less random.
    Password,
    Token,
    /// A bare `key` is as often the key of a map, a cache or a React list.
    BareKey,
}

pub(super) fn scan(line: &str, hits: &mut Hits) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = run(bytes, at, bytes.len(), in_name);
        let end = at + length;
        if (2..=LONGEST_NAME).contains(&length)
            && bytes.get(at..end).is_some_and(may_name)
            && let Some(name) = line.get(at..end)
            && let Some(names) = what_it_names(name)
            && let Some((start, value, quoted)) = value_after(line, name, end)
            && is_secret(value, names, quoted)
        {
            hits.add(start..start + value.len(), format!("a secret assigned to `{}`", name.trim_start_matches('-')));
        }
        at = end.max(at + 1);
    }
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

/// Sets most names aside by one look: whether a part of some word below is in `name`.
fn may_name(name: &[u8]) -> bool {
    let part = |window: &[u8]| {
        let [a, b, c] = window else { return false };
        let lowered = [a | 0x20, b | 0x20, c | 0x20];
        matches!(&lowered, b"key" | b"tok" | b"sec" | b"pas" | b"pwd" | b"cre")
    };
    name.windows(3).any(part) || name.eq_ignore_ascii_case(b"pw")
}

/// Whether `name` names a secret, by its words: `dbPassword` and `API_KEY` do; `public_key`, `token_type`, `next-page-token`
/// and `keyboard` do not.
fn what_it_names(name: &str) -> Option<Names> {
    const STRONG: [&str; 22] = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "passcode",
        "pass",
        "pw",
        "secret",
        "secrets",
        "token",
        "tokens",
        "credential",
        "credentials",
        "apikey",
        "secretkey",
        "accesskey",
        "privatekey",
        "authtoken",
        "accesstoken",
        "clientsecret",
        "authkey",
        "key",
    ];
    const ENDINGS: [&str; 12] = [
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "accountkey",
        "encryptionkey",
    ];
    let words = words(name);
    let known = |word: &String| STRONG.contains(&word.as_str()) || ENDINGS.iter().any(|end| word.ends_with(end));
    let last = words.iter().rposition(known)?;
    let strong = words.get(last)?.as_str();
    let (before, after) = (words.get(..last)?, words.get(last + 1..)?);
    // What follows says of the secret what it is, unless it only tells several apart.
    let tells_apart = |word: &String| {
        word.bytes().all(|byte| byte.is_ascii_digit())
            || matches!(
                word.as_str(),
                "value"
                    | "prod"
                    | "production"
                    | "dev"
                    | "test"
                    | "live"
                    | "staging"
                    | "default"
                    | "base64"
                    | "b64"
                    | "str"
                    | "text"
                    | "raw"
                    | "old"
                    | "new"
                    | "main"
                    | "primary"
                    | "secondary"
            )
    };
    if !after.iter().all(tells_apart) {
        return None;
    }
    const HARMLESS: [&str; 33] = [
        "public",
        "pub",
        "publishable",
        "site",
        "next",
        "page",
        "continuation",
        "cursor",
        "sync",
        "hash",
        "hashed",
        "digest",
        "checksum",
        "integrity",
        "cache",
        "sort",
        "primary",
        "foreign",
        "partition",
        "row",
        "map",
        "object",
        "s3",
        "i18n",
        "translation",
        "idempotency",
        "host",
        "verify",
        "verification",
        "anti",
        "file",
        "fingerprint",
        "websocket",
    ];
    if before.iter().any(|word| HARMLESS.contains(&word.as_str())) {
        return None;
    }
    let previous = before.last().map(String::as_str);
    match strong {
        "password" | "passwd" | "pwd" | "passphrase" | "passcode" | "pass" | "pw" => Some(Names::Password),
        "key" => match previous {
            Some(
                "api" | "secret" | "access" | "private" | "auth" | "encryption" | "signing" | "account" | "master"
                | "app" | "application" | "client" | "service" | "license" | "shared" | "storage" | "consumer"
                | "admin" | "subscription" | "jwt" | "aes" | "hmac" | "crypto" | "session" | "openai" | "stripe"
                | "aws" | "gcp" | "azure" | "deploy",
            ) => Some(Names::Token),
            _ => Some(Names::BareKey),
        },
        word if word.ends_with("password") || word.ends_with("passwd") || word.ends_with("pwd") => {
            Some(Names::Password)
        }
        _ => Some(Names::Token),
    }
}

/// The words of a name in any style, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = 0u8;
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let next_is_lower = bytes.peek().is_some_and(u8::is_ascii_lowercase);
        let hump = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before.is_ascii_digit() || before.is_ascii_uppercase() && next_is_lower);
        let begins = hump || byte.is_ascii_digit() != before.is_ascii_digit() && before != 0 && byte.is_ascii_digit();
        if !byte.is_ascii_alphanumeric() || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| byte.is_ascii_alphanumeric()) {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        before = byte;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The value assigned to `name`, which ends at `end`: where it starts, its text, and whether it stands in quotes.
fn value_after<'a>(line: &'a str, name: &str, end: usize) -> Option<(usize, &'a str, bool)> {
    let bytes = line.as_bytes();
    let closing = run(bytes, end, 8, |byte| b"\"'`\\])?! \t".contains(&byte));
    let at = end + closing;
    let spaces_only = closing > 0 && bytes.get(end..at)?.iter().all(|byte| b" \t".contains(byte));
    let rest = bytes.get(at..)?;
    let operators: [&[u8]; 9] = [b":=", b"=>", b"===", b"==", b"=", b"||=", b"??=", b"+=", b"->"];
    if let Some(operator) = operators.iter().find(|operator| rest.starts_with(operator)) {
        let start = at + operator.len();
        return quoted(line, start).or_else(|| bare(line, start + blanks(bytes, start)));
    }
    match rest.first()? {
        b':' if rest.get(1) != Some(&b':') => {
            quoted(line, at + 1).or_else(|| typed(line, at + 1)).or_else(|| bare(line, at + 1 + blanks(bytes, at + 1)))
        }
        b',' | b'(' => quoted(line, at + 1),
        b'>' if closing == 0 => bare(line, at + 1)
            .filter(|(start, value, _)| bytes.get(start + value.len()..).is_some_and(|rest| rest.starts_with(b"</"))),
        _ if spaces_only => quoted(line, at).or_else(|| typed(line, at)).or_else(|| {
            // Prose looks the same ("the token 356a192b…"), but speaks of commits and sums where it is random.
            let in_prose = name.bytes().all(|byte| byte.is_ascii_alphabetic()) && words(name).len() == 1;
            let in_prose = in_prose && !name.eq_ignore_ascii_case("password");
            bare(line, at).filter(|(_, value, _)| looks_random(value, 16) && !(in_prose && is_hex(value)))
        }),
        _ => None,
    }
}

fn blanks(bytes: &[u8], at: usize) -> usize {
    run(bytes, at, REACH, |byte| b" \t".contains(&byte))
}

/// A value in quotes at `at`, perhaps inside a constructor (`Secret::new("…")`) and after a prefix (`r#"…"`).
fn quoted(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    let at = at + blanks(bytes, at);
    let quotes = |byte: u8| b"\"'`".contains(&byte);
    let before = run(bytes, at, REACH, |byte| in_name(byte) || b":<>(&@$# \\".contains(&byte));
    let open = at + before;
    let quote = *bytes.get(open).filter(|byte| quotes(**byte))?;
    let lead = bytes.get(at..open)?;
    let prefix = lead.len() <= 3 && !lead.contains(&b' ');
    let escaped = lead == b"\\" || lead.ends_with(b"(\\");
    if !prefix && !lead.ends_with(b"(") && !escaped {
        return None;
    }
    let rest = line.get(open + 1..)?;
    let close = rest.bytes().take(LONGEST + 2).position(|byte| byte == quote)?;
    let value = rest.get(..close)?;
    Some((open + 1, value.strip_suffix('\\').unwrap_or(value), true))
}

/// The value of a declaration whose type stands at `at`: `: &str = "…"`, ` string = "…"`.
fn typed(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    let length = run(bytes, at, REACH, |byte| byte.is_ascii_alphanumeric() || b"_&<>'.[]| *?:\t".contains(&byte));
    let equals = at + length;
    (bytes.get(equals) == Some(&b'=')).then(|| quoted(line, equals + 1)).flatten()
}

/// A value without quotes, which must end where a value ends and not go on as code.
fn bare(line: &str, start: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    let length =
        run(bytes, start, LONGEST + 1, |byte| byte.is_ascii_graphic() && !b"\"'`,;(){}[]<>&\\|".contains(&byte));
    let code_follows = bytes.get(start + length).is_some_and(|byte| b"({[<".contains(byte));
    let closes_tag = bytes.get(start + length..).is_some_and(|rest| rest.starts_with(b"</"));
    let value = line.get(start..start + length).filter(|value| !value.is_empty())?;
    (length <= LONGEST && (!code_follows || closes_tag)).then_some((start, value, false))
}

fn is_secret(value: &str, names: Names, quoted: bool) -> bool {
    if value.contains([' ', '\t']) {
        return false;
    }
    let data =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~:!@#$%^&*?".contains(&byte));
    // Without quotes, `user.token2` and `self::KEY_1` are code.
    let code = !quoted && value.contains(['.', ':']) && !value.contains(['+', '=']);
    let random = match names {
        Names::Password if !quoted && code => false,
        Names::Password => looks_random(value, 12) || looks_like_password(value),
        Names::Token => data(value) && !code && looks_random(value, 16),
        Names::BareKey => {
            data(value) && !code && looks_random(value, 20) && !is_hex(value) && !value.contains(['.', ':'])
        }
    };
    // Few values get this far, and this is the slowest question.
    random && !is_placeholder(value)
}
