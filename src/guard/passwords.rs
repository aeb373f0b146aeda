//! Secrets without a name, call or command: passwords of an unmistakable form (`Recife#4821`), in any place, and random
//! words in a line about a secret.

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{is_hex, is_likely_password, is_placeholder, is_term, looks_random, run, run_before};

/// Longer lines are data or minified code, in bytes.
const LONGEST_LINE: usize = 1000;
/// The maximum length of a password, in bytes.
const LONGEST: usize = 40;
/// The maximum length of a random word, in bytes.
const LONGEST_WORD: usize = 160;

/// A line with one of these lowercase words is about a secret. To extend the table, add a word.
#[rustfmt::skip]
pub(super) const SIGNS: &[&str] = &[
    "password", "passwd", "senha", "contrase", "passphrase", "secret", "segredo", "secreta", "token", "credential", "credencia",
    "api key", "api_key", "apikey", "api-key", "access key", "access_key", "access-key", "accesskey", "private key", "private_key",
    "account.key", "keystore", "chave", "clave", "login", "logon", "decrypt", "encrypt", "creds", "psw", "rasdial", "openrowset",
    "auth", "bearer", "pepper", "hmac", "basic", "admin", "vpn", "usuario", "usuário", "net use", "signtool", "ftp", "wallet", "acesso", "acceso", "pass ", "wi-fi", "wifi",
];

/// A line with one of these lowercase words contains random values that are not secrets.
#[rustfmt::skip]
const HARMLESS: [&str; 27] = [
    "hash", "public", "integrity", "checksum", "digest", "sha1", "sha256", "sha512", "fingerprint", "signature", "csrf", "nonce",
    "http", "tokenizer", "commit", "uuid", "example", "import ", "base64", "pubkey", "page", "nexttoken", "next_token", "cursor",
    "continuation", "call_", "pbkdf",
];

/// The signs that identify a password.
const MARKS: [u8; 6] = *b"@#!$%&";

/// Finds passwords of an unmistakable form.
pub(super) fn scan_passwords(line: &str, matches: &mut Matches) {
    let bytes = line.as_bytes();
    let mut past = 0;
    if bytes.len() > LONGEST_LINE {
        return;
    }
    for at in memchr::memchr3_iter(b'@', b'#', b'!', bytes) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(b' ');
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        let goes_on = after.is_ascii_alphanumeric() || MARKS.contains(&after);
        let ends = bytes.get(at) == Some(&b'!') && before.is_ascii_digit() && !goes_on;
        if at < past || !before.is_ascii_alphanumeric() || !goes_on && !ends {
            continue;
        }
        let Some((start, end)) = word_bounds(bytes, at) else { continue };
        past = end;
        // A part of an address.
        let of_address =
            || start > 0 && bytes.get(start - 1) == Some(&b'=') && memchr::memmem::find(bytes, b"://").is_some();
        if line.get(start..end).is_some_and(is_unmistakable) && !of_address() {
            matches.add(start..end, SecretKind::Password("password".to_owned()));
        }
    }
}

/// The bounds of the word around `at`, if nothing else is attached to it.
fn word_bounds(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || MARKS.contains(&byte) || b"_-.+?".contains(&byte);
    let start = at - run_before(bytes, at, LONGEST, inside);
    let mut end = at + run(bytes, at, LONGEST, inside);
    while end > start && matches!(bytes.get(end - 1), Some(b'.' | b'?')) {
        end -= 1;
    }
    // After a line break in the form of an escape.
    let is_escape =
        start > 0 && bytes.get(start - 1) == Some(&b'\\') && matches!(bytes.get(start), Some(b'n' | b'r' | b't'));
    if is_escape {
        return Some((start + 1, end));
    }
    let begins = start.checked_sub(1).and_then(|before| bytes.get(before));
    let begins = begins.is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`(:=>|,*".contains(byte));
    let ends = bytes.get(end).is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`)|,;<.*\\".contains(byte));
    (begins && ends).then_some((start, end))
}

/// A word, a sign and digits, or similar. It is not an address, version, selector or reference.
fn is_unmistakable(text: &str) -> bool {
    let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    let (upper, lower, digits) =
        (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase), count(u8::is_ascii_digit));
    let signs = count(|byte| MARKS.contains(byte));
    let part = |between: char| text.split_once(between).map_or("", |(_, rest)| rest);
    // `React@18`, `icon@2x`, `Backbone#1234`, `Class#method2`.
    let is_version = text.contains('@') && (text.contains('.') || part('@').len() < 3);
    let reference = part('#');
    let reference = reference.strip_prefix('L').unwrap_or(reference);
    let is_reference = !reference.is_empty()
        && signs == 1
        && (reference.starts_with(|c: char| c.is_ascii_lowercase())
            || reference.bytes().all(|byte| byte.is_ascii_digit()));
    // `Sheet2!C5`.
    let is_cell = text.contains('!') && !text.ends_with('!') && signs == 1;
    (8..=LONGEST).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && upper >= 1
        && lower >= 3
        && digits >= 2
        && (1..=4).contains(&signs)
        && !is_version
        && !is_reference
        && !is_cell
        && !text.contains('%')
        && !text.contains(['-', '?']) | (signs > 1)
        && is_likely_password(text)
}

/// The bytes that end a word.
static ENDS: [bool; 256] = ends();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn ends() -> [bool; 256] {
    let (mut table, ends, mut index) = ([false; 256], b" \t\r\n\"'`,;()<>|[]{}\\", 0);
    while index < ends.len() {
        table[ends[index] as usize] = true;
        index += 1;
    }
    table
}

fn ends_word(byte: u8) -> bool {
    ENDS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Finds words of a random form, in a line about a secret.
pub(super) fn random(line: &str, matches: &mut Matches) {
    let bytes = line.as_bytes();
    if bytes.len() > LONGEST_LINE {
        return;
    }
    let mut harmless = None;
    let mut start = 0;
    while start < bytes.len() {
        let end = start + run(bytes, start, bytes.len(), |byte| !ends_word(byte));
        if let Some(word) = line.get(start..end).filter(|word| (8..=LONGEST_WORD).contains(&word.len())) {
            let text = word.trim_end_matches(['.', ':', '!', '?']);
            let is_quoted = |at: Option<&u8>| at.is_some_and(|byte| b"\"'`".contains(byte));
            // Typed text ends with a line break.
            let breaks = matches!(bytes.get(end..), Some([b'\\', b'n' | b'r', ..]));
            let in_quotes =
                is_quoted(start.checked_sub(1).and_then(|at| bytes.get(at))) && (breaks || is_quoted(bytes.get(end)));
            let alone = |at: Option<&u8>| at.is_none_or(u8::is_ascii_whitespace);
            // In a sentence, a comma may follow.
            let ends_alone = alone(bytes.get(end)) || bytes.get(end) == Some(&b',') && alone(bytes.get(end + 1));
            let stands_alone = alone(start.checked_sub(1).and_then(|at| bytes.get(at))) && ends_alone;
            let is_one = is_random_password(text) && !word.contains("..") && (in_quotes || !text.contains('_'))
                || is_disguised(text)
                || is_hex_of_a_token(text, line);
            if (in_quotes || stands_alone) && is_one && !*harmless.get_or_insert_with(|| is_harmless(line)) {
                matches.add(start..start + text.len(), SecretKind::Password("secret".to_owned()));
            }
        }
        start = end + 1;
    }
}

/// A line without any of these, in upper or lower case, has no user before a slash. To extend the table, add a user.
#[rustfmt::skip]
pub(super) const SLASHES: &[&str] = &[
    " / ", "admin/", "root/", "sa/", "system/", "sys/", "administrator/", "administrador/", "user/", "usuario/", "suporte/",
    "support/", "guest/",
];

/// Finds logins that are one word: `ana:…`, `admin/…`, `ana / …`, and the form that `htpasswd` stores, in any place.
/// `has_slash` says whether the line contains one of [`SLASHES`].
pub(super) fn logins(line: &str, has_slash: bool, matches: &mut Matches) {
    let bytes = line.as_bytes();
    if bytes.len() > LONGEST_LINE {
        return;
    }
    for at in memchr::memchr2_iter(b':', if has_slash { b'/' } else { b':' }, bytes) {
        let is_slash = bytes.get(at) == Some(&b'/');
        let is_apart = is_slash && at > 1 && bytes.get(at - 1) == Some(&b' ') && bytes.get(at + 1) == Some(&b' ');
        let (before, from) = if is_apart { (at - 1, at + 2) } else { (at, at + 1) };
        let next = bytes.get(from).copied().unwrap_or(b' ');
        if before == 0 || !next.is_ascii_alphanumeric() && next != b'$' && next != b'{' {
            continue;
        }
        let in_user = |byte: u8| byte.is_ascii_lowercase() || b"._-@".contains(&byte);
        let length = run_before(bytes, before, LONGEST, in_user);
        let user = line.get(before - length..before).unwrap_or_default();
        let begins = before.checked_sub(length + 1).and_then(|at| bytes.get(at));
        let begins = begins.is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`=(,".contains(byte));
        if user.len() < 2 || !begins || is_slash && !is_apart && !is_known(user) {
            continue;
        }
        let rest = line.get(from..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | ',' | ';' | '<' | '|');
        let text = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default().trim_end_matches('.');
        // `scp FILE ana:…@host:/folder`.
        let text = text.split_once('@').map_or(text, |(password, _)| password);
        let is_kept = ["$apr1$", "$$apr1$$", "$2y$", "$$2y$$", "{SHA}"].iter().any(|scheme| text.starts_with(scheme))
            && text.len() > 20;
        let no_user = ["sha", "md5", "id", "etag", "hash", "key", "v"];
        let is_one = (8..=LONGEST).contains(&text.len()) && is_random_password(text) && !no_user.contains(&user);
        if is_kept || is_one && !is_harmless(line) {
            matches.add(from..from + text.len(), SecretKind::Password(user.to_owned()));
        }
    }
}

fn is_known(user: &str) -> bool {
    SLASHES.iter().any(|known| known.strip_suffix('/') == Some(user))
}

fn is_harmless(line: &str) -> bool {
    let line = line.get(..line.floor_char_boundary(2000)).unwrap_or_default().to_ascii_lowercase();
    HARMLESS.iter().any(|word| line.contains(word))
}

/// Whether the hex digits have the length of a service's token, in a line about a token.
fn is_hex_of_a_token(text: &str, line: &str) -> bool {
    let is_one = matches!(text.len(), 32 | 40 | 64) && is_hex(text) && looks_random(text, 32);
    let line = line.as_bytes();
    let speaks = |words: [&str; 3]| words.iter().any(|word| memchr::memmem::find(line, word.as_bytes()).is_some());
    is_one
        && (speaks(["secret", "SECRET", "Secret"])
            || speaks(["token", "TOKEN", "Token"])
            || speaks(["api key", "api_key", "API key"]))
}

/// Whether digits replace letters in a word before a number: `Dr4gon5795`.
fn is_disguised(text: &str) -> bool {
    let bytes = text.as_bytes();
    let letters = bytes.iter().rposition(u8::is_ascii_alphabetic).unwrap_or_default() + 1;
    let inside = bytes.get(..letters).unwrap_or_default();
    let is_one = |three: &[u8]| matches!(three, [a, b'0' | b'1' | b'3' | b'4' | b'5', c] if a.is_ascii_alphabetic() && c.is_ascii_lowercase());
    (8..=20).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && (2..=6).contains(&(bytes.len() - letters))
        && inside.iter().skip(1).all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && inside.iter().filter(|byte| byte.is_ascii_digit()).count() <= 3
        && inside.windows(3).any(is_one)
        && !is_term(text)
}

fn is_random_password(text: &str) -> bool {
    let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    count(u8::is_ascii_digit) >= 1
        && count(u8::is_ascii_uppercase) >= 2
        && count(u8::is_ascii_lowercase) >= 1
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains(['.', '/', ':', '=', '$', '&', '%', '@', '~'])
        && looks_random(text, 10)
        && !is_hex(text)
        && !is_term(text)
        && !is_placeholder(text)
}
