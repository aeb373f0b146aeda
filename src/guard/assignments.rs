//! Random-looking values assigned to names like key, token, secret and password, in the forms of the usual languages:
//! `NAME=v`, `name: v`, `"name": "v"`, `name := "v"`, `'name' => 'v'`, `let name: Type = "v"`, `name="v"` in XML and in
//! calls, `<name>v</name>`, `set("name", "v")`, `--name v`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::SecretKind;
use super::key_names::{Named, Names, in_name, what_it_names, words};
use super::matches::Matches;
use super::randomness::{LONGEST, is_hex, is_likely_password, is_uuid, looks_random, run};
use super::values::{is_of_mainframe, is_secret};

/// The maximum distance between a name and its value, in bytes: a type, a constructor, white space.
const REACH: usize = 60;

/// Finds the values that `line` assigns to `names`.
pub(super) fn scan(line: &str, names: &[Named], matches: &mut Matches) {
    for Named { name, says, at, end } in names {
        if let Some((start, value)) = secret_after(line, name, *says, *at, *end) {
            matches.add(start..start + value.len(), SecretKind::named(name, *says));
        }
    }
}

/// The secret that is assigned to `name` (at `at..end`), and the start of that secret.
fn secret_after<'a>(line: &'a str, name: &str, names: Names, at: usize, end: usize) -> Option<(usize, &'a str)> {
    // `exports.Password2 = Password2` assigns a name to itself.
    let is_itself = |value: &str| name.ends_with(value) || value.ends_with(name);
    // Next to a user name, a key is the key of an account.
    let is_of_user = || {
        let near = line.as_bytes().get(at.saturating_sub(200)..line.len().min(end + 100)).unwrap_or_default();
        BESIDE_KEYS.as_ref().is_some_and(|words| words.is_match(near))
    };
    let is_one = |value: &str, quoted: bool| {
        is_secret(value, names, quoted, name)
            || names == Names::BareKey && is_secret(value, Names::Token, quoted, name) && is_of_user()
    };
    let usual = value_after(line, name, end).filter(|(_, value, quoted)| !is_itself(value) && is_one(value, *quoted));
    if let Some((start, value, _)) = usual {
        return Some((start, value));
    }
    let else_where = [fallback(line, end), moved(line, at)].into_iter().flatten();
    if let Some((start, value, _)) = else_where.into_iter().find(|(_, value, _)| is_secret(value, names, true, name)) {
        return Some((start, value));
    }
    // A line of a `.env`, YAML or properties file is a name and a value. The value may contain any sign.
    let before = line.get(..at)?.trim_start_matches(['-', '+', ' ', '\t']);
    if !before.is_empty() && before.trim() != "export" && before.trim() != "set" {
        return None;
    }
    let rest = line.get(end..)?;
    let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(": ")).or_else(|| rest.strip_prefix(" = "))?;
    let start = line.len() - value.trim_start().len();
    let value = value.trim();
    let is_code = value.ends_with([';', ',', '{', '(', '[', '\\']) || value.contains("()") || value.contains("::");
    let is_quoted = value.starts_with(['"', '\'', '`', '{', '[', '<', '$', '!', '&', '*', '|', '>']);
    let fits = !is_code && !is_quoted && !value.contains([' ', '\t']) && is_secret(value, names, true, name);
    fits.then_some((start, value))
}

/// The value assigned to the name that ends at `end`: its start, its text, and whether it is in quotes.
pub(super) fn value_after<'a>(line: &'a str, name: &str, end: usize) -> Option<(usize, &'a str, bool)> {
    let bytes = line.as_bytes();
    // `set NAME "value"`, `PASSWORD 'value'`: a quote after a blank opens the value.
    if matches!(bytes.get(end), Some(b' ' | b'\t'))
        && let Some(found) = quoted(line, end).filter(|(start, ..)| *start == end + 1 + blanks(bytes, end))
    {
        return Some(found);
    }
    if let Some(found) = in_element(line, name, end) {
        return Some(found);
    }
    let closing = run(bytes, end, 8, |byte| b"\"'`\\])}?! \t".contains(&byte));
    let at = end + closing;
    let at = subscript(bytes, at).unwrap_or(at);
    let spaces_only = closing > 0 && bytes.get(end..at)?.iter().all(|byte| b" \t".contains(byte));
    let rest = bytes.get(at..)?;
    let is_closed = closing > 0 && !spaces_only;
    let in_words = if is_closed { &OPERATORS_IN_WORDS[..] } else { &[] };
    if let Some(operator) = OPERATORS.iter().chain(in_words).find(|operator| rest.starts_with(operator)) {
        let start = at + operator.len();
        return quoted(line, start).or_else(|| bare(line, start + blanks(bytes, start)));
    }
    match rest.first()? {
        b':' if rest.starts_with(b":: ") && spaces_only => bare(line, at + 3),
        b':' if rest.get(1) != Some(&b':') => {
            // Markdown writes names and values in bold.
            let marks = run(bytes, at + 1, 2, |byte| byte == b'*' || byte == b'_');
            let from = behind_tags(bytes, at + 1 + marks);
            let own = quoted(line, from).or_else(|| typed(line, from));
            own.or_else(|| bare(line, from + blanks(bytes, from))).or_else(|| of_the_only_member(line, from))
        }
        b',' | b'(' => {
            quoted(line, at + 1).or_else(|| of_an_argument(line, at + 1)).or_else(|| in_parentheses(line, name, at))
        }
        b'{' if !spaces_only => quoted(line, at + 1),
        b'>' => bare(line, at + 1)
            .filter(|(start, value, _)| bytes.get(start + value.len()..).is_some_and(|rest| rest.starts_with(b"</"))),
        _ if spaces_only => quoted(line, at).or_else(|| typed(line, at)).or_else(|| {
            // Prose looks the same ("the token 356a192b…"), but its random values are commits and checksums.
            let in_prose = name.bytes().all(|byte| byte.is_ascii_alphabetic()) && words(name).len() == 1;
            let in_prose = in_prose && !name.eq_ignore_ascii_case("password");
            // "A two-pass search" is not about a password.
            let is_search = || {
                let is_pass = words(name).iter().any(|word| word == "pass");
                is_pass && !line.contains("user") && !line.contains("login")
            };
            let is_password = |value: &str| {
                (is_likely_password(value) && !is_search() || is_uuid(value))
                    && what_it_names(name) == Some(Names::Password)
            };
            bare(line, at)
                .filter(|(_, value, _)| looks_random(value, 16) && !(in_prose && is_hex(value)) || is_password(value))
        }),
        _ => None,
    }
}

/// The operators between a name and its value. A longer operator comes before its own prefixes.
const OPERATORS: [&[u8]; 15] =
    [b":=", b"=>", b"===", b"==", b"=", b"||=", b"??=", b"+=", b"->", b"<-", b"<<-", b"||", b"??", b"?:", b":-"];

/// The operators after a quoted name or a call: `"secret" to "…"`, `getenv("SECRET") or "…"`.
const OPERATORS_IN_WORDS: [&[u8]; 2] = [b"or ", b"to "];

/// Skips the tags and anchors that YAML writes before a value: `!!str`, `&name`.
fn behind_tags(bytes: &[u8], at: usize) -> usize {
    let mut from = at;
    // Web pages put values into elements.
    let start = from + blanks(bytes, from);
    if bytes.get(start) == Some(&b'<') && bytes.get(start + 1).is_some_and(u8::is_ascii_lowercase) {
        let length = run(bytes, start, REACH, |byte| byte != b'>');
        if bytes.get(start + length) == Some(&b'>') {
            return start + length + 1;
        }
    }
    for _ in 0..2 {
        let start = from + blanks(bytes, from);
        let length = run(bytes, start, REACH, |byte| byte.is_ascii_graphic() && !b"\"'".contains(&byte));
        let is_tag = start > from && matches!(bytes.get(start), Some(b'!' | b'&')) && length > 1;
        if !is_tag || bytes.get(start + length) != Some(&b' ') {
            break;
        }
        from = start + length;
    }
    from
}

/// Skips `key[32]` and `['password']['postgres']`, if a value follows.
fn subscript(bytes: &[u8], at: usize) -> Option<usize> {
    let inside = bytes.get(at..)?.strip_prefix(b"[")?;
    let close = inside.iter().take(40).position(|byte| *byte == b']')?;
    let end = at + close + 2;
    let end = end + blanks(bytes, end);
    bytes.get(end..)?.starts_with(b"=").then_some(end)
}

/// The text of an element with the name `name`, or of the table cell next to it: `<Pass encoding="base64">v</Pass>`,
/// `<td>Senha</td><td>v</td>`.
fn in_element<'a>(line: &'a str, name: &str, end: usize) -> Option<(usize, &'a str, bool)> {
    let bytes = line.as_bytes();
    let after = end + blanks(bytes, end);
    let end = if bytes.get(after..)?.starts_with(b"</") { after } else { end };
    let rest = bytes.get(end..)?;
    let mut start = end;
    if rest.starts_with(b"</") {
        for _ in 0..2 {
            let close = bytes.get(start..)?.iter().take(80).position(|byte| *byte == b'>')?;
            start += close + 1;
            start += blanks(bytes, start);
            if bytes.get(start) != Some(&b'<') {
                break;
            }
        }
    } else if rest.starts_with(b" ") && end.checked_sub(name.len() + 1).and_then(|at| bytes.get(at)) == Some(&b'<') {
        start += rest.iter().take(120).position(|byte| *byte == b'>')? + 1;
    } else if rest.starts_with(b"><") {
        start += 1 + rest.iter().skip(1).take(80).position(|byte| *byte == b'>')? + 1;
    } else {
        return None;
    }
    let (start, value, _) = bare(line, start)?;
    let end = start + value.len();
    bytes.get(end + blanks(bytes, end)..)?.starts_with(b"</").then_some((start, value, true))
}

/// The value of the next argument or member: `"SUPABASE_KEY", defaultValue: "…"`, `'token', { default: '…' }`.
fn of_an_argument(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    let opened = at + run(bytes, at, 4, |byte| b" {[".contains(&byte));
    let label = run(bytes, opened, 20, |byte| byte.is_ascii_alphabetic() || byte == b'_');
    let says_default = line.get(opened..opened + label)?.to_ascii_lowercase();
    let is_default = ["default", "value", "fallback"].iter().any(|word| says_default.contains(word));
    let end = opened + label + blanks(bytes, opened + label);
    (is_default && matches!(bytes.get(end), Some(b':' | b'='))).then(|| quoted(line, end + 1)).flatten()
}

/// These come before a default value, which is used if no other value exists.
const FALLBACKS: [&str; 12] = [
    "|| ",
    "?? ",
    " or ",
    "?: ",
    " // ",
    "unwrap_or(",
    "unwrap_or_else(|_| ",
    "unwrap_or_else(|| ",
    "orElse(",
    "OrElse(",
    "ifEmpty { ",
    "set; } = ",
];

static BEFORE_FALLBACKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(FALLBACKS).ok());

/// Next to these words, a key is the key of an account.
static BESIDE_KEYS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(["\"username\"", "crypt", "user="]).ok());

/// The form that mainframes use: `PASSWORD(…)`.
fn in_parentheses<'a>(line: &'a str, name: &str, at: usize) -> Option<(usize, &'a str, bool)> {
    let bytes = line.as_bytes();
    let shouts = bytes.get(at) == Some(&b'(') && name.bytes().all(|byte| byte.is_ascii_uppercase());
    let (start, value, _) = if shouts { bare(line, at + 1)? } else { return None };
    (bytes.get(start + value.len()) == Some(&b')') && is_of_mainframe(value)).then_some((start, value, true))
}

/// The fallback of a value: `password = config.get("pw") ?? "…"`.
fn fallback(line: &str, end: usize) -> Option<(usize, &str, bool)> {
    let rest = line.get(end..line.floor_char_boundary(end + 160))?;
    let assigned =
        rest.trim_start_matches(['"', '\'', ']', ')', '}', ' ']).starts_with(['=', ':', '.', '?', '|', '/', '{']);
    // Few lines contain a sign of a fallback.
    let may = || rest.bytes().any(|byte| b"|?(/{;".contains(&byte)) || rest.contains(" or ");
    if !assigned || !may() {
        return None;
    }
    let after = BEFORE_FALLBACKS.as_ref()?.find(rest)?.end();
    quoted(line, end + after)
}

/// The value before a name, which an instruction moves to the name: `MOVE '…' TO WS-PASSWORD`.
fn moved(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let head = line.get(..at)?.trim_end_matches([' ', '#']).strip_suffix("TO")?.trim_end().strip_suffix(['\'', '"'])?;
    let open = head.rfind(['\'', '"'])? + 1;
    Some((open, head.get(open..)?, true))
}

/// The value of the first member of an object: `"gitlab-token": { "gitlab.com": "…" }`.
fn of_the_only_member(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let at = at + blanks(line.as_bytes(), at);
    let inside = line.get(at..)?.strip_prefix('{')?;
    let colon = inside.bytes().take(REACH).position(|byte| byte == b':')?;
    quoted(line, at + colon + 2)
}

fn blanks(bytes: &[u8], at: usize) -> usize {
    run(bytes, at, REACH, |byte| b" \t".contains(&byte))
}

/// A value in quotes at `at`. It may be inside a constructor (`Secret::new("…")`) or after a prefix (`r#"…"`).
fn quoted(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    let at = at + blanks(bytes, at);
    let quotes = |byte: u8| b"\"'`".contains(&byte);
    let before = run(bytes, at, REACH, |byte| in_name(byte) || b":<>(&@$# \\[]".contains(&byte));
    let open = at + before;
    let quote = *bytes.get(open).filter(|byte| quotes(**byte))?;
    let lead = bytes.get(at..open)?;
    let prefix = lead.len() <= 3 && !lead.contains(&b' ');
    let escaped = lead == b"\\" || lead.ends_with(b"(\\");
    let in_list = lead.contains(&b'[') && !lead.ends_with(b"(");
    if in_list || !prefix && !lead.ends_with(b"(") && !escaped {
        return None;
    }
    // `"\"value\""`: the text contains quotes of its own.
    let inner = if line.get(open + 1..)?.starts_with("\\\"") { 2 } else { 0 };
    let open = open + inner;
    let rest = line.get(open + 1..)?;
    let close = rest.bytes().take(LONGEST + 2).position(|byte| byte == quote)?;
    let value = rest.get(..close)?;
    Some((open + 1, value.strip_suffix('\\').unwrap_or(value), true))
}

/// The value of a declaration with a type at `at`: `: &str = "…"`, ` string = "…"`.
fn typed(line: &str, at: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    let length = run(bytes, at, REACH, |byte| byte.is_ascii_alphanumeric() || b"_&<>'.[]()| *?:\t".contains(&byte));
    let equals = at + length;
    (bytes.get(equals) == Some(&b'=')).then(|| quoted(line, equals + 1)).flatten()
}

/// A value without quotes. After it, the value must end; code must not follow.
fn bare(line: &str, start: usize) -> Option<(usize, &str, bool)> {
    let bytes = line.as_bytes();
    // Directories and application servers write the storage scheme of a password in front: `{SSHA}…`.
    let scheme = run(bytes, start + 1, 10, |byte| byte.is_ascii_alphanumeric());
    let is_scheme = bytes.get(start) == Some(&b'{') && scheme > 1 && bytes.get(start + scheme + 1) == Some(&b'}');
    let start = if is_scheme { start + scheme + 2 } else { start };
    // Logs write values in brackets: `password=[…]`.
    let start = if bytes.get(start) == Some(&b'[') { start + 1 } else { start };
    let length =
        run(bytes, start, LONGEST + 1, |byte| byte.is_ascii_graphic() && !b"\"'`,;(){}[]<>&\\|".contains(&byte));
    let code_follows = bytes.get(start + length).is_some_and(|byte| b"({[<".contains(byte));
    let closes_tag = bytes.get(start + length..).is_some_and(|rest| rest.starts_with(b"</"));
    let value = line.get(start..start + length).filter(|value| !value.is_empty())?;
    (length <= LONGEST && (!code_follows || closes_tag)).then_some((start, value, false))
}
