//! Random-looking values assigned to names like key, token, secret and password, in the forms of the usual languages:
//! `NAME=v`, `name: v`, `"name": "v"`, `name := "v"`, `'name' => 'v'`, `let name: Type = "v"`, `name="v"` in XML and in
//! calls, `<name>v</name>`, `set("name", "v")`, `--name v`.

use super::randomness::{
    LONGEST, distinct, is_hex, is_placeholder, is_uuid, looks_like_password, looks_random, looks_random_with_signs, run,
};
use super::secrets::Hits;

/// Longer runs of letters are data, not names; in bytes.
const LONGEST_NAME: usize = 80;
/// How far a name may stand from its value: a type, a constructor, white space; in bytes.
const REACH: usize = 60;

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// People think passwords up, so they are shorter and less random.
    Password,
    Token,
    /// Words that stand for the key of a wallet.
    Wallet,
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
            && let Some((start, value)) = secret_after(line, name, names, at, end)
        {
            hits.add(start..start + value.len(), super::apart::kind(name, names));
        }
        at = end.max(at + 1);
    }
}

/// The secret that is assigned to `name`, which stands at `at..end`, and where it starts.
fn secret_after<'a>(line: &'a str, name: &str, names: Names, at: usize, end: usize) -> Option<(usize, &'a str)> {
    let usual = value_after(line, name, end).filter(|(_, value, quoted)| is_secret(value, names, *quoted, name));
    if let Some((start, value, _)) = usual {
        return Some((start, value));
    }
    // A line of a `.env`, of YAML or of properties is a name and a value, whatever signs the value has.
    let before = line.get(..at)?.trim_start_matches(['-', ' ', '\t']);
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

fn in_name(byte: u8) -> bool {
    // Names may have letters with accents.
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) || byte >= 0x80
}

/// Parts of the words below, of three letters: what has none of them names no secret.
const PARTS: [&[u8; 3]; 20] = [
    b"key", b"tok", b"sec", b"pas", b"pwd", b"cre", b"sen", b"cha", b"seg", b"tra", b"cla", b"pat", b"sal", b"wor",
    b"mne", b"see", b"mot", b"par", b"pin", b"_pw",
];

/// For two letters, each by its low five bits, the set of the third ones.
static THIRDS: [u32; 1024] = thirds();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn thirds() -> [u32; 1024] {
    let mut table = [0; 1024];
    let mut index = 0;
    while index < PARTS.len() {
        let [a, b, c] = *PARTS[index];
        table[(a as usize & 31) << 5 | b as usize & 31] |= 1 << (c & 31);
        index += 1;
    }
    table
}

#[inline]
fn may_be_part(window: &[u8]) -> bool {
    let &[a, b, c] = window else { return false };
    let pair = (usize::from(a) & 31) << 5 | usize::from(b) & 31;
    THIRDS.get(pair).is_some_and(|thirds| thirds >> (c & 31) & 1 == 1)
}

/// Sets most names aside by one look: whether a part of some word below is in `name`.
pub(super) fn may_name(name: &[u8]) -> bool {
    name.windows(3).any(may_be_part) || name.eq_ignore_ascii_case(b"pw")
}

/// The same for all names of a line at once.
pub(super) fn line_may_name(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.windows(3).any(may_be_part) || bytes.windows(2).any(|pair| pair.eq_ignore_ascii_case(b"pw"))
}

/// Whether `name` names a secret, by its words: `dbPassword` and `API_KEY` do; `public_key`, `token_type`, `next-page-token`
/// and `keyboard` do not.
pub(super) fn what_it_names(name: &str) -> Option<Names> {
    const STRONG: [&str; 46] = [
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
        // Portuguese, Spanish and what their speakers write; other languages of Europe.
        "senha",
        "senhas",
        "chave",
        "segredo",
        "segredos",
        "contrasena",
        "contrasinal",
        "clave",
        "secreto",
        "secreta",
        "credencial",
        "credenciais",
        "passwort",
        "kennwort",
        "wachtwoord",
        "mdp",
        "motdepasse",
        "parola",
        "passe",
        "salt",
        "pat",
        "mnemonic",
        "seed",
        "pin",
    ];
    const ENDINGS: [&str; 21] = [
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
        "senha",
        "passwort",
        "storepass",
        "keypass",
        "userpass",
        "dbpass",
        "bindpw",
        "rootpw",
        "signingkey",
    ];
    let words = words(name);
    let known = |word: &String| STRONG.contains(&word.as_str()) || ENDINGS.iter().any(|end| word.ends_with(end));
    let last = words.iter().rposition(known)?;
    let strong = words.get(last)?.as_str();
    let (before, after) = (words.get(..last)?, words.get(last + 1..)?);
    // What follows says of the secret what it is, unless it only tells several apart.
    // In Portuguese and Spanish what a secret is for stands behind it.
    let noun_first = matches!(
        strong,
        "senha" | "chave" | "segredo" | "contrasena" | "clave" | "secreto" | "credencial" | "contrasinal"
    );
    let says_else = |word: &String| {
        let other = [
            "hash",
            "id",
            "url",
            "len",
            "length",
            "label",
            "campo",
            "publica",
            "estrangeira",
            "primaria",
            "expirada",
            "valida",
            "invalida",
            "regex",
            "arquivo",
            "tamanho",
            "msg",
            "erro",
            "error",
            "nome",
            "name",
        ];
        other.contains(&word.as_str())
    };
    let tells_apart = |word: &String| {
        noun_first && !says_else(word)
            || word.bytes().all(|byte| byte.is_ascii_digit())
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
                    | "base"
                    | "phrase"
                    | "db"
                    | "api"
                    | "secreta"
                    | "privada"
                    | "mestra"
                    | "acesso"
                    | "acceso"
                    | "producao"
                    | "homologacao"
                    | "banco"
                    | "usuario"
                    | "cliente"
                    | "de"
                    | "do"
                    | "da"
                    | "del"
                    | "passe"
            )
    };
    if !after.iter().all(tells_apart) {
        return None;
    }
    const HARMLESS: [&str; 36] = [
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
        "publica",
        "primaria",
        "estrangeira",
    ];
    if before.iter().any(|word| HARMLESS.contains(&word.as_str())) {
        return None;
    }
    let previous = before.last().map(String::as_str);
    match strong {
        "password" | "passwd" | "pwd" | "passphrase" | "passcode" | "pass" | "pw" | "senha" | "senhas"
        | "contrasena" | "contrasinal" | "passwort" | "kennwort" | "wachtwoord" | "mdp" | "motdepasse" | "parola"
        | "storepass" | "keypass" | "userpass" | "dbpass" | "bindpw" | "rootpw" => Some(Names::Password),
        "passe" => matches!(previous, Some("palavra" | "mot" | "de")).then_some(Names::Password),
        "clave" if before.is_empty() && after.is_empty() => Some(Names::Password),
        "clave" | "chave" => {
            let told = ["api", "secreta", "privada", "mestra", "acesso", "acceso", "de", "del", "do", "da", "cliente"];
            let is_told = after.iter().any(|word| told.contains(&word.as_str()))
                || matches!(previous, Some("api" | "minha" | "mi" | "aws" | "openai"));
            Some(if is_told { Names::Token } else { Names::BareKey })
        }
        "salt" => matches!(previous, Some("auth" | "in" | "nonce" | "key" | "jwt" | "app" | "session" | "password"))
            .then_some(Names::Token),
        "pat" => (!before.is_empty() || name.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(Names::Token),
        "pin" => None,
        "seed" => matches!(after.first().map(String::as_str), Some("phrase")).then_some(Names::Wallet),
        "mnemonic" => Some(Names::Wallet),
        "key" => match previous {
            Some(
                "api" | "secret" | "access" | "private" | "auth" | "encryption" | "signing" | "account" | "master"
                | "app" | "application" | "client" | "service" | "shared" | "storage" | "consumer" | "admin"
                | "subscription" | "jwt" | "aes" | "hmac" | "crypto" | "session" | "openai" | "stripe" | "aws" | "gcp"
                | "azure" | "deploy" | "logged" | "nonce" | "secure" | "wallet" | "signer" | "webhook" | "sdk"
                | "integration" | "server" | "rest" | "sendgrid" | "mailgun" | "datadog" | "twilio" | "license",
            ) => Some(Names::Token),
            _ => Some(Names::BareKey),
        },
        word if word.ends_with("password") || word.ends_with("passwd") || word.ends_with("pwd") => {
            Some(Names::Password)
        }
        _ => Some(Names::Token),
    }
}

/// The words of a name in any style, in small letters without accents.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '\0';
    let mut chars = name.chars().map(plain).peekable();
    while let Some(c) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(char::is_ascii_lowercase);
        let hump = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before.is_ascii_digit() || before.is_ascii_uppercase() && next_is_lower);
        let begins = hump || c.is_ascii_digit() && !before.is_ascii_digit() && before != '\0';
        if !c.is_ascii_alphanumeric() || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A letter without its accent, as far as Portuguese and Spanish have them.
fn plain(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'ê' | 'è' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'Á' | 'À' | 'Â' | 'Ã' => 'A',
        'É' | 'Ê' => 'E',
        'Í' => 'I',
        'Ó' | 'Ô' | 'Õ' => 'O',
        'Ú' | 'Ü' => 'U',
        'Ç' => 'C',
        'Ñ' => 'N',
        other => other,
    }
}

/// The value assigned to `name`, which ends at `end`: where it starts, its text, and whether it stands in quotes.
pub(super) fn value_after<'a>(line: &'a str, name: &str, end: usize) -> Option<(usize, &'a str, bool)> {
    let bytes = line.as_bytes();
    // `set NAME "value"`, `PASSWORD 'value'`: a quote after a blank opens.
    if matches!(bytes.get(end), Some(b' ' | b'\t'))
        && let Some(found) = quoted(line, end).filter(|(start, ..)| *start == end + 1 + blanks(bytes, end))
    {
        return Some(found);
    }
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
        b'>' => bare(line, at + 1)
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

/// Whether `value` is a secret under a name that says `names`. Values without quotes may be code.
pub(super) fn is_secret(value: &str, names: Names, quoted: bool, name: &str) -> bool {
    if names == Names::Wallet {
        return quoted && is_phrase(value);
    }
    let data =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~:!@#$%^&*?".contains(&byte));
    // Without quotes, `user.token2` and `self::KEY_1` are code.
    let code = !quoted && value.contains(['.', ':']) && !value.contains(['+', '=']);
    let signs = || quoted && looks_random_with_signs(value);
    if value.contains([' ', '\t']) {
        return names != Names::BareKey && value.len() >= 40 && signs() && !is_placeholder(value);
    }
    let random = match names {
        Names::Password if !quoted && code => false,
        Names::Password => {
            looks_random(value, 12)
                || looks_like_password(value)
                || signs()
                || is_uuid_secret(value, name)
                || is_encoded(value)
        }
        Names::Token => {
            data(value) && !code && looks_random(value, 16)
                || signs()
                || is_uuid_secret(value, name)
                || is_wallet_key(value, name)
        }
        Names::BareKey => {
            data(value) && !code && looks_random(value, 20) && !is_hex(value) && !value.contains(['.', ':'])
        }
        Names::Wallet => false,
    };
    // Few values get this far, and this is the slowest question.
    random && !is_placeholder(value)
}

/// A UUID under a name of several words, one of which tells of a secret: services give out tokens that are no more.
fn is_uuid_secret(value: &str, name: &str) -> bool {
    const OF_DOCUMENTATION: [&str; 2] =
        ["550e8400-e29b-41d4-a716-446655440000", "123e4567-e89b-12d3-a456-426614174000"];
    is_uuid(value) && words(name).len() > 1 && distinct(value.as_bytes()) > 9 && !OF_DOCUMENTATION.contains(&value)
}

/// Sixty-four digits under the name of a private key, as wallets have them.
fn is_wallet_key(value: &str, name: &str) -> bool {
    let digits = value.strip_prefix("0x").unwrap_or_default();
    let lowered = name.to_ascii_lowercase();
    let is_private = ["private", "secret", "deployer", "wallet", "signer"].iter().any(|it| lowered.contains(it));
    digits.len() == 64 && is_hex(digits) && distinct(digits.as_bytes()) > 9 && is_private
}

/// A password in Base64, as Kubernetes writes it.
fn is_encoded(value: &str) -> bool {
    if value.len() < 8 || !value.len().is_multiple_of(4) || value.len() > 88 {
        return false;
    }
    let decoded = super::tokens::base64(value.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|text| {
        let text = text.trim();
        text.bytes().all(|byte| byte.is_ascii_graphic())
            && (looks_like_password(text) || looks_random(text, 12))
            && !is_placeholder(text)
    })
}

/// Twelve to twenty-four small words.
fn is_phrase(value: &str) -> bool {
    let words: Vec<&str> = value.split(' ').collect();
    let is_word = |word: &&str| (3..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let different: std::collections::HashSet<_> = words.iter().collect();
    matches!(words.len(), 12 | 15 | 18 | 21 | 24)
        && words.iter().all(is_word)
        && different.len() * 10 >= words.len() * 8
}
