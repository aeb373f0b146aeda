//! Logins and keys in the arguments of function calls, found by the position of the argument:
//! `DriverManager.getConnection(url, "user", "password")`, `jwt.sign(claims, "key")`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::SecretKind;
use super::commands::literal;
use super::matches::Matches;
use super::randomness::{is_hex, is_likely_password, is_placeholder, is_typed_password, looks_random, run};

const MOST: usize = 10;
/// The scanner skips an argument that is not a literal only up to this length, in bytes.
const LONGEST: usize = 300;
const LINES: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ArgumentKind {
    /// A user and a password. An address may come first.
    Login,
    /// The same, for a function name with other meanings. Only text that looks like a password counts.
    PerhapsLogin,
    /// A password, as the only argument.
    Password,
    /// A random key, in any argument.
    Key,
    /// Text that is typed into a field. The line says that the field is for a password.
    Typed,
    /// `user:password`, before it is encoded.
    Pair,
    /// The sixty-four digits of a wallet key.
    Wallet,
}

/// The endings of function names with their opening sign, in lowercase, by what the functions take. Bars separate them.
/// If a function may take either of two things, the table's order decides.
const FUNCTIONS: [(ArgumentKind, &str); 7] = [
    (
        ArgumentKind::Login,
        "login(|log_in(|logon(|signin(|sign_in(|authenticate(|auth(|authentication(|withpassword(|\
         with_password(|password(|passwordcredential(|credential(|credentials(|credentialsprovider(|\
         authenticationtoken(|userinfo(|userpassword(|getconnection(|pdo(|mysqli(|mysqli_connect(|\
         mysql_connect(|real_connect(|oci_connect(|odbc_connect(|pymysql.connect(|mysqldb.connect(|\
         dbi->connect(|dbconnect(|ldap_bind(|simple_bind(|simple_bind_s(|simplebind(|bind_s(|imap_open(|\
         directoryentry(|sequelize(|rpcsetenv(|certificate2(|datasource(|secureconnect(|basic(|\
         linkedsrvlogin |wifi.begin(|login '|login \"|.basic_auth |authenticate '|username_pw_set(|\
         requestinterceptor(|key_set_with_value(|credenciais(|credencial(|autenticar(|autentica(|\
         autenticacao(|conectar(|ftpconnect(|mailauth(|ingresar(|loadkeystore(|load_pkcs12(|\
         load_key_and_certificates(|pkcs12_read(|auth' => [|auth\" => [|auth: [|auth\": [|auth=[|auth = [|\
         auth=(|auth = (|auth: (|credentials::new(|credential::new(|credentials.of(|set_authentication(",
    ),
    (
        ArgumentKind::PerhapsLogin,
        "logar(|.load(|connect(|connection(|bind(|ftp(|sftp(|database(|begin(|ssh.start(|sftp.start(|\
         .open(|.open \"|smtp(|account(|adduser(|createuser(|create_user(|client(|session(|pool(|wifi(",
    ),
    (ArgumentKind::Password, ":auth(|.auth(|->auth(|setpassword(|set_password("),
    (ArgumentKind::Typed, "send_keys(|sendkeys(|.type(|.fill(|.settext(|.sendtext(|.typetext(|.clearvalue("),
    (ArgumentKind::Wallet, "from_key(|wallet(|privatekeytoaccount(|privatekey("),
    (
        ArgumentKind::Pair,
        "btoa(|b64encode(|base64_encode(|base64encode(|encode64(|encode_base64(|encodetostring(|\
         tobase64string(|buffer.from(|getbytes(|userpwd, ",
    ),
    (
        ArgumentKind::Key,
        "oauthhandler(|environment(|oauth1(|merchant(|sym_encrypt(|sym_decrypt(|aes_encrypt(|aes_decrypt(|\
         encrypt(|decrypt(|jwt.sign(|jwt.encode(|jwt::encode(|jwt.decode(|jwt.verify(|jwt::decode(|\
         signwith(|signedstring(|setsigningkey(|verifywith(|securitykey(|keyspec(|cookieparser(|\
         cookiestore(|fernet(|algoliasearch(|createhmac(|hmac.new(|hash_hmac(|hexdigest(|createcipheriv(|\
         secretkey(|secret_key(|keyfor(|from_secret(|algorithm.hmac256(|hmac256(|hmacsha1(|hmacsha256(|\
         hmacsha384(|hmacsha512(|hmac512(|headervalue(|apikey(|api_key(|token(|bearer(|bearer_auth(|\
         bearerauth(|credential(|credentials(|client(|getbytes(",
    ),
];

type Function = (&'static str, ArgumentKind);

fn functions() -> impl Iterator<Item = Function> {
    FUNCTIONS.iter().flat_map(|(takes, names)| names.split('|').map(|name| (name, *takes)))
}

/// A line with a call contains one of these.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    functions().map(|(name, _)| name)
}

/// Finds the calls of these functions.
static FINDER: LazyLock<Option<(AhoCorasick, Vec<Function>)>> = LazyLock::new(|| {
    let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(names());
    Some((automaton.ok()?, functions().collect()))
});

/// A call with more arguments on the next line.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: Vec<(&'static str, ArgumentKind, usize)>,
    lines: usize,
}

impl Calls {
    /// Reads the next line. `has_name` says whether the line calls one of the functions.
    pub(super) fn scan(&mut self, line: &str, has_name: bool, matches: &mut Matches) {
        if !self.open.is_empty() {
            self.lines += 1;
            let open = std::mem::take(&mut self.open);
            if self.lines <= LINES {
                open.into_iter().for_each(|call| self.arguments(line, 0, call, matches));
            }
        }
        if !has_name {
            return;
        }
        let Some((names, functions)) = FINDER.as_ref() else { return };
        for found in names.try_find_overlapping_iter(line).into_iter().flatten() {
            let Some((name, takes)) = functions.get(found.pattern().as_usize()) else { continue };
            let opens_itself = name.ends_with(['"', '\'']);
            self.lines = 0;
            self.arguments(line, found.end() - usize::from(opens_itself), (name, *takes, 0), matches);
        }
    }

    /// Reads arguments from `at` on. Earlier lines contained `count` of them.
    fn arguments(
        &mut self,
        line: &str,
        mut at: usize,
        call: (&'static str, ArgumentKind, usize),
        matches: &mut Matches,
    ) {
        let (name, takes, mut count) = call;
        let mut literals = Vec::new();
        let goes_on = loop {
            at += run(line.as_bytes(), at, LONGEST, |byte| b" \t".contains(&byte));
            let rest = line.get(at..).unwrap_or_default();
            if rest.is_empty() || rest.starts_with("//") || rest.starts_with('#') {
                break true;
            }
            let (named, lead) = named(rest);
            let lead = lead + wrapper(rest.get(lead..).unwrap_or_default());
            if let Some((start, text)) = rest.get(lead..).filter(|rest| !rest.starts_with(',')).and_then(literal) {
                literals.push((count, at + lead + start, text, named));
            }
            let (length, end) = argument(rest);
            at += length + 1;
            count += 1;
            if end != Some(b',') || count >= MOST {
                break end.is_none() && count < MOST;
            }
        };
        for (index, start, text, named) in literals {
            // The last argument is more often the password. The one in the middle may be the user.
            let is_in_place = index >= 2 || index == 1 && (count == 2 || is_likely_password(text));
            let is_key_to_log_in = takes == ArgumentKind::Login && index == 0 && count == 1 && is_key(text);
            let (from, secret) = match takes {
                _ if is_key_to_log_in => (0, true),
                ArgumentKind::Login if named => (0, false),
                ArgumentKind::Login => (0, is_in_place && !is_name(text) && is_typed_password(text)),
                ArgumentKind::PerhapsLogin => (0, index >= 1 && is_likely_password(text)),
                ArgumentKind::Password => (0, count == 1 && is_likely_password(text)),
                ArgumentKind::Key => (0, is_key(text)),
                ArgumentKind::Wallet => (0, text.len() > 63 && is_key(text.strip_prefix("0x").unwrap_or(text))),
                ArgumentKind::Typed => (0, is_typed_password(text) && !is_name(text) && asks_for_password(line)),
                ArgumentKind::Pair => match text.split_once(':') {
                    Some((user, password)) if !user.is_empty() && !user.contains([' ', '/', '$', '{']) => {
                        (user.len() + 1, is_typed_password(password) && !is_hex(password) && !password.contains('{'))
                    }
                    _ => continue,
                },
            };
            if secret {
                let name = name.trim_end_matches(['(', ' ', ',', '"', '\'']).trim_start_matches(['.', ':', '>', '-']);
                matches.add(start + from..start + text.len(), SecretKind::Password(name.to_owned()));
            }
        }
        if goes_on {
            self.open.push((name, takes, count));
        }
    }
}

/// Whether an argument has a name, as in `key=` and `key:`, and the length of that name. If the name says that the
/// value is a secret, the scanner for assignments finds it.
fn named(rest: &str) -> (bool, usize) {
    let name = run(rest.as_bytes(), 0, 40, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let sign = rest.get(name..).unwrap_or_default();
    let is_named = name > 0 && sign.starts_with(['=', ':']) && !sign.starts_with("==") && !sign.starts_with("::");
    let blanks = run(rest.as_bytes(), name + 1, 4, |byte| byte == b' ');
    if is_named { (true, name + 1 + blanks) } else { (false, 0) }
}

/// The length of a wrapper around a literal: `Some(`, `[]byte(`, `new String(`, `N`, `@`.
fn wrapper(rest: &str) -> usize {
    let length = rest.bytes().take(60).position(|byte| b"\"'`,)".contains(&byte)).unwrap_or_default();
    let lead = rest.get(..length).unwrap_or_default();
    if lead.ends_with('(') || matches!(lead, "N" | "@" | "b" | "r" | "u" | "f" | "L" | "&") { length } else { 0 }
}

/// The length of the argument at the start of `rest`. If it ends in this line, also the `,` or bracket that ends it.
fn argument(rest: &str) -> (usize, Option<u8>) {
    let (mut depth, mut quote) = (0usize, None);
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().take(LONGEST) {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') if depth > 0 => depth -= 1,
            (None, b',' | b')' | b']' | b'}' | b';') if depth == 0 => return (at, Some(byte)),
            _ => {}
        }
    }
    // An argument that ends on a later line and leaves a bracket or quote open is not a literal.
    (rest.len(), (depth > 0 || quote.is_some() || rest.len() > LONGEST).then_some(b')'))
}

/// Whether a literal is a host, a file, a date or a format, and not a password.
fn is_name(text: &str) -> bool {
    let is_dotted = text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_:/".contains(&byte));
    let is_address = text.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    is_dotted || is_address || text.contains([' ', '\\', '=', ','])
}

fn asks_for_password(line: &str) -> bool {
    let lowered = line.get(..line.floor_char_boundary(400)).unwrap_or_default().to_ascii_lowercase();
    ["passw", "senha", "contrase", "clave", "pwd", "secret"].iter().any(|word| lowered.contains(word))
}

fn is_key(text: &str) -> bool {
    let is_data = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-!@#$%^&*".contains(&byte));
    is_data && looks_random(text, if is_hex(text) { 32 } else { 16 }) && !is_placeholder(text)
}
