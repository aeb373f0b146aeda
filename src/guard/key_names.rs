//! What the name of a key says about its value: tables of words in Portuguese, Spanish, English and some others. To
//! extend a table, add a word. If the start of a word (three letters or more) is new, add that start to [`PARTS`], too.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::randomness::{run, run_before};

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Users invent passwords. Therefore passwords are shorter and less random.
    Password,
    Token,
    /// Words for the key of a wallet.
    Wallet,
    /// A `key` alone may also be the key of a map, a cache or a React list.
    BareKey,
}

/// Words for a password, also at the end of a longer word (`dbpassword`).
const PASSWORDS: &str = "password passwd pwd passphrase passcode pass pw psk senha senhas contrasena contrasenia \
    contrasenya contrasinal passwort kennwort wachtwoord mdp motdepasse parola storepass keypass userpass dbpass \
    remotepass adminpass bindpw rootpw";

/// Words for a random secret, which no user invents.
const TOKENS: &str = "secret secrets token tokens credential credentials apikey secretkey accesskey privatekey appkey \
    masterkey sdkkey authtoken authtok jwt accesstoken clientsecret authkey accountkey encryptionkey signingkey \
    segredo segredos secreto secreta credencial credenciais pepper";

/// Words that name a secret only together with other words.
const OTHERS: &str = "key chave clave passe salt pat mnemonic seed pin frase";

static KNOWN: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [PASSWORDS, TOKENS, OTHERS].into_iter().flat_map(|words| words.split(' ')).collect());

/// The endings of longer words.
static ENDINGS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = "password passwd passphrase pwd secret token apikey accesskey secretkey privatekey accountkey \
    encryptionkey senha passwort storepass keypass userpass dbpass remotepass bindpw rootpw signingkey";
    words.split(' ').collect()
});

/// The words before `key` if it is the key of a service or a lock. Names of services are among them.
const OF_KEYS: &str = "api secret access private auth encryption decryption signing sign account master app \
    application client service shared storage consumer admin subscription jwt aes hmac crypto session deploy logged \
    nonce secure wallet signer webhook sdk integration server rest license validation token cookie vault bot merchant \
    partner seller payment gateway function fernet routing network instrumentation write provisioning device search \
    cosmos speech vision translator maps openai anthropic gemini mistral groq cohere deepseek aws gcp azure stripe \
    sendgrid mailgun datadog twilio google firebase algolia heroku supabase weather openweather asaas cielo pagarme \
    pagseguro mercadopago vtex bling serasa totvs rede pix";

/// In Portuguese and Spanish, the purpose of a secret comes after the word: `senhaDoBanco`.
const NOUN_FIRST: &str = "senha chave segredo contrasena contrasenia contrasenya clave secreto credencial contrasinal \
    frase token";

/// After a word for a secret, these words show another meaning: `senha_hash`, `chave_estrangeira`.
const SAYS_ELSE: &str = "hash id url uri len length label campo publica estrangeira primaria expirada valida invalida \
    regex arquivo tamanho msg erro error nome name";

/// The same, if every other word after it names the purpose of the secret: `token_type`, `PASSWORD_FIELD`.
const ELSEWHERE: &str = "type types ttl expiry expires expiration exp at in count size max min limit path filename \
    dir endpoint address addr mint contract program symbol decimals index idx pos position offset start end kind \
    class prefix suffix format pattern placeholder field input hint title message list map set store manager provider \
    handler factory version arn ref scope scopes header param query algorithm alg digest checksum encoder policy \
    strength state status valid enabled required range span stream tree parser lexer iter iterator bytes mask \
    template schema example examples public pub cookie csrf nonce iv info meta metadata data date time bucket owner \
    holder standard ids names key keys hasher hashers sig enc encrypted response request color icon image css html x y";

/// After a word for a secret, these words distinguish several secrets or name their place.
const TELLS_APART: &str = "value prod production dev test live staging default base64 b64 str text raw old new main \
    primary secondary base phrase db api secreta privada privado mestra encrypted material acesso acceso producao \
    homologacao banco usuario cliente de do da del passe";

/// The same only after a password or an API key. English writes the place first: `pwdCertificate`.
const PLACES: &str = "cert certificate certificado pfx keystore truststore admin root user smtp ftp sftp email mail \
    wifi ssh vpn ldap oracle mysql postgres redis mongo proxy erp nfe bling openai google maps";

/// If one of these words comes before it, the word does not name a secret.
const HARMLESS: &str = "public pub publishable site next page continuation cursor sync hash hashed digest checksum \
    integrity cache sort primary foreign partition row map object s3 i18n translation idempotency request vapid host \
    verify verification anti file fingerprint websocket publica primaria estrangeira";

/// Words of these that exclude a key, but not a password: `EMAIL_HOST_PASSWORD`.
const OF_KEYS_ALONE: &str = "host file site page row map object s3 cache websocket";

/// Three-letter parts of the words above. A name without any of them does not name a secret.
#[rustfmt::skip]
const PARTS: [&[u8; 3]; 26] = [
    b"key", b"tok", b"sec", b"pas", b"pwd", b"cre", b"sen", b"cha", b"seg", b"tra", b"cla", b"pat", b"sal", b"wor",
    b"mne", b"see", b"mot", b"par", b"pin", b"_pw", b"psk", b"fra", b"jwt", b"pep", b"mdp", b"woo",
];

/// The index is two letters, by their low five bits. The value is the set of third letters.
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

/// Whether `name` contains a part of some word above. This one check excludes most names.
pub(super) fn may_name(name: &[u8]) -> bool {
    name.windows(3).any(may_be_part) || name.last_chunk::<2>().is_some_and(|last| last.eq_ignore_ascii_case(b"pw"))
}

/// The name of a secret, with its position in the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) says: Names,
    pub(super) at: usize,
    pub(super) end: usize,
}

/// Longer runs of letters are data, not names, in bytes.
const LONGEST_NAME: usize = 80;

/// The maximum number of names in the cache, by hash.
const KEPT: usize = 512;

/// The names of secrets in the lines of a text. The same few names repeat. Therefore each verdict is cached.
#[derive(Debug)]
pub(super) struct NamesOfLines<'a> {
    kept: Vec<(&'a str, Option<Names>)>,
    found: Vec<Named<'a>>,
    /// The line contains a part of a word above, perhaps outside a name.
    pub(super) any_part: bool,
}

impl<'a> NamesOfLines<'a> {
    pub(super) fn new() -> Self {
        Self { kept: vec![("", None); KEPT], found: Vec::new(), any_part: false }
    }

    /// Reads the next line.
    pub(super) fn read(&mut self, line: &'a str) {
        let bytes = line.as_bytes();
        self.found.clear();
        self.any_part = false;
        let mut from = 0;
        while let Some(part) = next_part(bytes, from) {
            self.any_part = true;
            let at = part - run_before(bytes, part, part - from, in_name);
            let end = part + run(bytes, part, bytes.len(), in_name);
            if let Some(name) = line.get(at..end).filter(|name| (2..=LONGEST_NAME).contains(&name.len()))
                && let Some(says) = self.names_of(name)
            {
                self.found.push(Named { name, says, at, end });
            }
            from = end.max(part + 1);
        }
    }

    /// The names in the line that was read last, in order.
    pub(super) fn found(&self) -> &[Named<'a>] {
        &self.found
    }

    fn names_of(&mut self, name: &'a str) -> Option<Names> {
        if !may_name(name.as_bytes()) {
            return None;
        }
        let mixed = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let place = name.bytes().fold(0x811c_9dc5, mixed) as usize % KEPT;
        match self.kept.get_mut(place) {
            Some((kept, says)) if *kept == name => *says,
            Some(kept) => {
                *kept = (name, what_it_names(name));
                kept.1
            }
            None => what_it_names(name),
        }
    }
}

/// The position of the next part of a word above, at `from` or later.
fn next_part(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let is_pw = |pair: &[u8]| pair.eq_ignore_ascii_case(b"pw");
    let last = || rest.last_chunk::<2>().filter(|last| is_pw(*last)).map(|_| rest.len() - 2);
    let begins = |three: &[u8]| may_be_part(three) || three.get(..2).is_some_and(is_pw);
    rest.windows(3).position(begins).or_else(last).map(|at| from + at)
}

/// Whether `byte` may be part of a name. Letters with accents may be.
pub(super) fn in_name(byte: u8) -> bool {
    IN_NAME.get(usize::from(byte)).copied().unwrap_or_default()
}

static IN_NAME: [bool; 256] = in_names();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn in_names() -> [bool; 256] {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-' | b'.' | 0x80..);
        byte += 1;
    }
    table
}

/// Whether `name` names a secret, by its words. `dbPassword` and `API_KEY` do. `public_key`, `token_type`,
/// `next-page-token` and `keyboard` do not.
pub(super) fn what_it_names(name: &str) -> Option<Names> {
    let words = words(name);
    let known = |word: &String| {
        may_name(word.as_bytes()) && (KNOWN.contains(word.as_str()) || ENDINGS.iter().any(|end| word.ends_with(end)))
    };
    let last = words.iter().rposition(known)?;
    let strong = words.get(last)?.as_str();
    let (before, after) = (words.get(..last)?, words.get(last + 1..)?);
    let is_password = is_in(PASSWORDS, strong) || ["password", "passwd", "pwd"].iter().any(|end| strong.ends_with(end));
    // The words after it say what the secret is, except words that only distinguish several secrets.
    let noun_first = is_in(NOUN_FIRST, strong) && strong != "token";
    let tells_apart = |word: &String| {
        noun_first && !is_in(SAYS_ELSE, word)
            || word.bytes().all(|byte| byte.is_ascii_digit())
            || is_in(TELLS_APART, word)
            || (is_password || strong == "apikey") && is_in(PLACES, word)
    };
    // In HashiCorp's Vault, the secret's id is the secret itself.
    let is_secret_id =
        strong == "secret" && after == ["id"] && before.iter().any(|word| word == "vault" || word.ends_with("role"));
    let previous = before.last().map(String::as_str);
    if !after.iter().all(tells_apart) && !is_secret_id {
        // The word after it names the purpose of the secret: `TOKEN_GITHUB`, `PASSWORD_BACKUP`.
        let is_one = is_password && !matches!(strong, "pass" | "pw")
            || matches!(strong, "token" | "secret" | "apikey" | "segredo")
            || strong == "key" && matches!(previous, Some("api" | "secret" | "access" | "private"));
        let is_for = after.len() <= 2 && !after.iter().any(|word| is_in(SAYS_ELSE, word) || is_in(ELSEWHERE, word));
        if !is_one || !is_for || before.iter().any(|word| is_in(HARMLESS, word)) {
            return None;
        }
        return Some(if is_password { Names::Password } else { Names::Token });
    }
    if strong == "salt" && previous == Some("hash") {
        return Some(Names::Token);
    }
    if before.iter().any(|word| is_in(HARMLESS, word) && !(is_password && is_in(OF_KEYS_ALONE, word))) {
        return None;
    }
    let behind = |table: &str| after.iter().any(|word| is_in(table, word));
    match strong {
        _ if is_password => Some(Names::Password),
        // To bind to a directory is to log in.
        "credentials" if matches!(previous, Some("bind" | "security")) => Some(Names::Password),
        "frase" => behind("secreta senha acesso acceso").then_some(Names::Password),
        "secreta" if matches!(previous, Some("frase" | "palavra" | "palabra")) => Some(Names::Password),
        "passe" => matches!(previous, Some("palavra" | "mot" | "de")).then_some(Names::Password),
        "clave" if after.is_empty() && before.is_empty() || behind("acceso usuario") => Some(Names::Password),
        "clave" | "chave" => {
            let is_told = behind("api secreta privada mestra acesso acceso de del do da cliente")
                || behind(OF_KEYS)
                || matches!(previous, Some("api" | "minha" | "mi" | "aws" | "openai"));
            Some(if is_told { Names::Token } else { Names::BareKey })
        }
        "salt" => {
            const BEFORE: &str = "auth in nonce key jwt app session password signing encryption";
            let is_told = previous.is_some_and(|word| is_in(BEFORE, word));
            Some(if is_told { Names::Token } else { Names::BareKey })
        }
        "pat" => (!before.is_empty() || name.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(Names::Token),
        "pin" => None,
        "seed" => matches!(after.first().map(String::as_str), Some("phrase")).then_some(Names::Wallet),
        "mnemonic" => Some(Names::Wallet),
        // The password in the profile of a wireless network.
        "key" if behind("material") => Some(Names::Password),
        "key" if previous.is_some_and(|word| is_in(OF_KEYS, word)) => Some(Names::Token),
        "key" => Some(Names::BareKey),
        _ => Some(Names::Token),
    }
}

/// Whether `table` contains `word`, between blanks.
fn is_in(table: &str, word: &str) -> bool {
    let is_blank = |at: Option<usize>| at.and_then(|at| table.as_bytes().get(at)).is_none_or(|byte| *byte == b' ');
    memchr::memmem::find_iter(table.as_bytes(), word)
        .any(|at| is_blank(at.checked_sub(1)) && is_blank(Some(at + word.len())))
}

/// The words of a name in any style, in lowercase and without accents.
pub(super) fn words(name: &str) -> Vec<String> {
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

/// A letter without its accent, for the accents of Portuguese and Spanish.
pub(super) fn plain(c: char) -> char {
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
