//! Passwords and keys in messages between people: "the password for the database is …", "a senha do banco é …",
//! "contraseña: …", "user/pass: ana / …".

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{
    has_humps, is_hex, is_likely_password, is_placeholder, is_term, is_typed_password, looks_random,
};
use super::values::is_weak_password;

/// The maximum distance between a name and its password, in bytes.
const REACH: usize = 64;
/// The maximum length of a word with the signs around it, in bytes.
const LONGEST: usize = 160;
/// How many words after the verb are checked: "is now", "ana / …".
const WORDS: usize = 4;

/// The names of secrets in sentences, in lowercase. To extend the table, add a word.
#[rustfmt::skip]
pub(super) const SIGNS: &[&str] = &[
    "password", "passphrase", "passcode", "/pass", " pass ", "pass:", "pwd", "pw:", "senha", "contraseña", "contrasena", "contrasenia", "clave", "passwort", "kennwort",
    "mot de passe", "parola", "login:", "credentials", "credenciais", "credenciales", "acesso:", "acceso:",
    "chave", "the key", "api key", "access key", "secret key", "api token", "access token", "the token", "o token", "el token", "my token",
    "pw ", "pre-shared key", "pre-compartilhada", "pré-compartilhada", "precompartida", "wi-fi", "wifi", "acesso", "acceso", "the secret",
    "o segredo", "secret is ", "api-key", "chave pix", "` / `", "`/`", "` : `", "chave de api", "chave da api", "chave de acesso", "chave secreta", "clave de api", "clave secreta", "secret:", "token:",
];

/// The words between the name and the secret.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    " is ", " are ", " são ", " sao ", " e ", " ficou ", " fica ", " mudou para ", " quedó en ", " quedo en ", " cambió a ", " changed to ", " son ", " is: ", " was ", " will be ", " é ", " é: ", " eh ", " es ", " es: ", " era ", " será ", " ist ", " lautet ", " est ",
    " to ", " para ", " to: ", ": ", " = ", " -> ", " => ", " – ", " - ", " → ",
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(SIGNS).ok());

/// A password may follow directly after these, without a verb.
const NOUNS: [&str; 6] = ["password", "senha", "contraseña", "contrasena", "clave", "passphrase"];

/// Between a user and a password, each in backticks: Use `admin` / `…`.
const SET_OFF: [&str; 3] = ["` / `", "`/`", "` : `"];

pub(super) fn scan(line: &str, matches: &mut Matches) {
    for between in SET_OFF {
        for (at, _) in line.match_indices(between) {
            let start = at + between.len();
            let text = line.get(start..).and_then(|rest| rest.split('`').next()).unwrap_or_default();
            if is_likely_password(text) {
                matches.add(start..start + text.len(), SecretKind::Password("password".to_owned()));
            }
        }
    }
    let lowered = line.to_ascii_lowercase();
    let Some(signs) = FINDER.as_ref() else { return };
    for found in signs.try_find_overlapping_iter(&lowered).into_iter().flatten() {
        let Some(sign) = SIGNS.get(found.pattern().as_usize()).filter(|sign| !sign.starts_with('`')) else { continue };
        let at = found.start();
        let before = lowered.get(..at).and_then(|head| head.chars().next_back());
        let is_apart = before.is_none_or(|c| !c.is_alphanumeric() && c != '_') || sign.starts_with([' ', '/']);
        let end = at + sign.trim_end_matches([':', ' ']).len();
        let after = lowered.get(end..).and_then(|rest| rest.chars().next());
        let ends = after.is_some_and(|c| !c.is_alphanumeric() && !matches!(c, '_' | '(' | '=' | '.'))
            || lowered.get(end..).is_some_and(|rest| rest.starts_with("s ") || rest.starts_with("s: "));
        if is_apart && ends {
            let is_key = ["key", "token", "chave", "api", "secret"].iter().any(|word| sign.contains(word));
            scan_value(line, &lowered, end, is_key, matches);
        }
    }
}

/// Finds the secret in the sentence after `from`.
fn scan_value(line: &str, lowered: &str, from: usize, is_key: bool, matches: &mut Matches) {
    // The search ends at the maximum distance, even in a long line.
    let rest = lowered.get(from..).unwrap_or_default();
    let rest = rest.get(..rest.floor_char_boundary(REACH)).unwrap_or_default();
    let verb = VERBS.iter().filter_map(|verb| Some((rest.find(verb)?, verb.len()))).min();
    // "… with the password …"
    let words = if verb.is_some() { WORDS } else { 1 };
    let is_named = || lowered.get(..from).is_some_and(|head| NOUNS.iter().any(|noun| head.ends_with(noun)));
    let directly = || (rest.starts_with(' ') && is_named()).then_some((0, 1));
    let Some((verb, length)) = verb.or_else(directly) else { return };
    let between = rest.get(..verb).unwrap_or_default();
    if between.contains(['=', '{', '(', '[', ';', '"', '\\', '<', '$']) || between.contains(". ") {
        return;
    }
    // Text in the form of code is judged as code.
    let is_spoken = is_named() && rest.get(verb..verb + length) != Some(" = ");
    let mut at = from + verb + length;
    for index in 0..words {
        let rest = line.get(at..).unwrap_or_default();
        let rest = rest.get(..rest.floor_char_boundary(LONGEST)).unwrap_or_default();
        let lead = rest.len() - rest.trim_start_matches([' ', '\t', '"', '\'', '`', '*', '_', ':', '“', '«']).len();
        let rest = rest.get(lead..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '`' | '”' | '»')).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let text = word.trim_end_matches(['.', ',', ';', ':', '\'', '*', ')', '_']);
        let is_secret = if is_key {
            looks_random(text, 16) && !text.contains(['(', '.', ':', '/', '=', '<', '$']) && !is_placeholder(text)
        } else {
            let is_one = |text: &str| {
                is_likely_password(text)
                    || index == 0 && (is_password_after_verb(text) || is_spoken && is_weak_password(text, 3))
            };
            // "login/senha: ana/…".
            let (user, behind) = text.split_once('/').unwrap_or(("", ""));
            is_one(text) || !user.is_empty() && user.bytes().all(|it| it.is_ascii_lowercase()) && is_one(behind)
        };
        if is_secret {
            let start = at + lead;
            matches.add(start..start + text.len(), SecretKind::Password("password".to_owned()));
            return;
        }
        at += lead + length;
        // The next sentence has another subject.
        if word.ends_with(['.', ';']) || word.is_empty() {
            return;
        }
    }
}

/// Whether the word directly after the verb is a password, and not a name of code or an algorithm.
fn is_password_after_verb(text: &str) -> bool {
    let has = |is: fn(u8) -> bool| text.bytes().any(is);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() >= 8
        && is_typed_password(text)
        && has(|byte| byte.is_ascii_uppercase())
        && has(|byte| byte.is_ascii_lowercase())
        && (digits >= 2 && (!has_humps(text) || digits > 2))
        && !text.contains(['(', '<', '/', '=', ':', '\\', '{', '_', '"', ','])
        && !is_hex(text)
        && !is_term(text)
}
