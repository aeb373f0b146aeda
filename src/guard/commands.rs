//! Passwords on command lines, in SQL, and in files with one login a line. The position says what the word is.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{is_likely_password, is_typed_password, run};

/// The scanner skips longer lines, in bytes.
const LONGEST_LINE: usize = 4000;
/// The maximum length of a password, in bytes.
const LONGEST: usize = 128;

/// A password follows these lowercase words, after blanks, `=`, `:` or a quote. To extend the table, add a line.
#[rustfmt::skip]
const LEADS: &[&str] = &[
    // SQL.
    "identified by", "with password", "encrypted password", "alter user password", "decrypted by password",
    // Options of many tools.
    "--password", "--passwd", "--pass", "--passphrase", "--http-password", "--requirepass", "--masterauth", "--plaintext",
    "-storepass", "-keypass", "-srcstorepass", "-deststorepass", "-passin pass:", "-passout pass:", "sshpass -p",
    "sonar.login", "-dsonar.login", "--admin-password", "-pass pass:", "-k pass:", "--pwd", "--senha",
    // PowerShell and Windows.
    "convertto-securestring", "-string", "net use",
    // Settings with a word and a value.
    "bindpw", "rootpw", "requirepass", "masterauth", "insecure-password", "-password password", "password 0", "secret 0", "secret 5", "secret 8", "secret 9",
    "\"auth\"", "password 7", "rocommunity", "rwcommunity", "snmp-server community", "remote_password", "wpa_passphrase",
    "codigoacesso", "codigo_acesso", "codigo.acesso", "chpasswd <<<", "sudo -s <<<", "--stdin <<<",
];

enum FlagValue {
    /// As the next word, or directly after the flag.
    Word,
    /// Directly after the flag.
    Glued,
    /// After a user and this sign.
    Login(char),
}

/// Tools, and the flags before a password. To extend the table, add a line. The start of its name identifies a tool.
#[rustfmt::skip]
const TOOLS: &[(&[&str], &[&str], FlagValue)] = &[
    (&["mysql", "mariadb"], &[" -p", "\"-p"], FlagValue::Glued),
    (&["docker login", "podman login", "az login", "oc login", "helm ", "psexec", "cqlsh", "mongo", "influx", "snowsql",
       "kinit", "ncftp", "rdesktop", "ipmitool"], &[" -p"], FlagValue::Word),
    (&["7z", "rar ", "unrar "], &[" -p"], FlagValue::Glued),
    (&["sqlcmd", "bcp ", "osql", "isql", "tsql", "zip ", "unzip ", "mosquitto_", "ipmitool"], &[" -P"], FlagValue::Word),
    (&["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd", "ldapwhoami", "ldapcompare", "rsync-ssl"], &[" -w"], FlagValue::Word),
    (&["redis-cli"], &[" -a", " --pass"], FlagValue::Word),
    (&["snmpwalk", "snmpget", "snmpset", "snmpbulk"], &[" -c", " -A", " -X"], FlagValue::Word),
    (&["plink", "pscp", "psftp", "putty", "sftp"], &[" -pw"], FlagValue::Word),
    (&["schtasks", "psexec", "tasklist", "wmic"], &[" /rp", " /p", " /password:"], FlagValue::Word),
    (&["freerdp", "mstsc"], &[" /p:"], FlagValue::Glued),
    (&["openssl enc", "openssl aes", "openssl des"], &[" -k", " -pass"], FlagValue::Word),
    (&["ssm put-parameter", "keyvault secret set"], &[" --value"], FlagValue::Word),
    (&["kinit", "passwd", "sudo ", "su "], &[" <<<"], FlagValue::Word),
    (&["openssl passwd"], &[" -1", " -5", " -6", " -apr1"], FlagValue::Word),
    (&["consul "], &[" -token"], FlagValue::Word),
    (&["connect(\"", "connect('"], &["connect(\"", "connect('"], FlagValue::Login('/')),
    (&["wifi:"], &[";P:", ":P:"], FlagValue::Glued),
    (&["acl setuser"], &[" >"], FlagValue::Glued),
    (&["connect "], &[" -P"], FlagValue::Word),
    (&["cache_peer"], &[" login="], FlagValue::Login(':')),
    (&["basic.auth.user.info"], &["basic.auth.user.info"], FlagValue::Login(':')),
    (&["kubeadm join"], &[" --token"], FlagValue::Word),
    (&["kaggle config"], &[" -v"], FlagValue::Word),
    (&["curl", "wget", "http ", "https ", "xh "], &[" -u", " --user", " -U ", " --cert ", " -E ", " --proxy-user", " -a ", " --auth"], FlagValue::Login(':')),
    (&["smbclient", "smbmap", "rpcclient", "net ads"], &[" -U "], FlagValue::Login('%')),
    (&["lftp"], &[" -u"], FlagValue::Login(',')),
    (&["sqlplus ", "exp ", "imp ", "expdp ", "impdp ", "sqlldr ", "thin:", "rman ", "conn ", "connect "],
     &["sqlplus ", " -s ", " -S ", " -L ", "exp ", "imp ", "expdp ", "impdp ", "sqlldr ", "thin:", "target ", "conn ", "connect ", "CONNECT ", "CONN ", "userid="], FlagValue::Login('/')),
];

/// A lead, or the index of a tool in the table.
enum Word {
    Lead(&'static str),
    Tool(usize),
}

/// Finds all leads and tools in one pass.
static WORDS: LazyLock<Option<(AhoCorasick, Vec<Word>)>> = LazyLock::new(|| {
    let leads = LEADS.iter().map(|lead| (*lead, Word::Lead(lead)));
    let of_table = TOOLS.iter().enumerate();
    let tools = of_table.flat_map(|(index, (tools, ..))| tools.iter().map(move |tool| (*tool, Word::Tool(index))));
    let (texts, words): (Vec<_>, Vec<_>) = leads.chain(tools).unzip();
    Some((AhoCorasick::new(texts).ok()?, words))
});

/// Commands whose last word is the password, and the number of words before it.
const LAST_WORD: [(&str, usize); 8] = [
    ("htpasswd -b", 4),
    ("htpasswd -b -c", 5),
    ("net user ", 3),
    ("rabbitmqctl add_user", 3),
    ("rabbitmqctl change_password", 3),
    ("samba-tool user create", 4),
    ("samba-tool user add", 4),
    ("wpa_passphrase ", 2),
];

/// Commands that read a password from a pipe, in lowercase.
const PIPES: &str =
    "passwd|runas|su |sudo -s|kinit|--password-stdin|passwd --stdin|chpasswd|--with-token|cryptsetup|pass stdin|gpg --";

/// A line without any of these, in upper or lower case, contains no command with a password.
#[rustfmt::skip]
pub(super) const SIGNS: &[&str] = &[
    "pass", " -p", "\"-p", " -u", "--user", "--auth", " -a ", " -w", " -c ", "identified", "securestring", "pw", "thin:", "sqlplus", "--proxy-user",
    "community", "add_user", "samba-tool", "send ", "--value", "setuser", " using ", "login=", "user.info", "enable secret", "conn ", "connect ",
    "rman ", "--senha", "kubeadm", "\"auth\"", "--cert ", "kaggle", "| runas", "openssl", "sonar.login", "odigo", "masterauth", "secret 0", " /rp", " /p", "net use", "| sudo", "kinit", "wifi:", "consul ", "connect(\"", "connect('", "with-token", "cryptsetup", "expdp", "impdp", "sqlldr", "exp ", "imp ",
];

pub(super) fn scan(line: &str, matches: &mut Matches) {
    // A longer line is data or minified code.
    if line.len() > LONGEST_LINE {
        return;
    }
    let lowered = line.to_ascii_lowercase();
    // Specifications use "identified by" for numbers of things that are not users.
    let of_a_user = ["create", "alter", "grant", "connect", "user", "role"].iter().any(|it| lowered.contains(it));
    let mut used = [false; TOOLS.len()];
    let Some((words, leads_and_tools)) = WORDS.as_ref() else { return };
    for found in words.try_find_overlapping_iter(&lowered).into_iter().flatten() {
        match leads_and_tools.get(found.pattern().as_usize()) {
            Some(Word::Tool(index)) => {
                if let Some(used) = used.get_mut(*index) {
                    *used = true;
                }
            }
            Some(Word::Lead(lead)) => {
                let sets_apart = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'-';
                let before = found.start().checked_sub(1).and_then(|before| lowered.as_bytes().get(before));
                let is_apart = before.is_none_or(sets_apart) || lead.starts_with('-') && !lead.starts_with("--");
                if is_apart && (of_a_user || *lead != "identified by") {
                    word(line, found.end(), true, matches);
                }
            }
            None => {}
        }
    }
    if lowered.contains("login ")
        && let Some(at) = lowered.find(" password ")
    {
        word(line, at + " password ".len(), true, matches);
    }
    // `connect to CORE user APP using …`.
    if lowered.contains("connect to ")
        && lowered.contains(" user ")
        && let Some(at) = lowered.find(" using ")
    {
        word(line, at + " using ".len(), true, matches);
    }
    // `IDENTIFIED WITH sha256_password BY '…'`.
    if let Some(at) = lowered.find("identified with ")
        && let Some(by) = lowered.get(at..).and_then(|rest| rest.find(" by "))
    {
        word(line, at + by + 4, true, matches);
    }
    for (_, flags, takes) in TOOLS.iter().zip(used).filter_map(|(tool, used)| used.then_some(tool)) {
        for flag in *flags {
            for at in memchr::memmem::find_iter(line.as_bytes(), flag).map(|at| at + flag.len()) {
                match takes {
                    FlagValue::Word => word(line, at, true, matches),
                    FlagValue::Glued => word(line, at, false, matches),
                    FlagValue::Login(between) => login(line, at, *between, matches),
                }
            }
        }
    }
    // The last word is the password: `htpasswd -b FILE USER …`, `net user NAME …`.
    for (tool, words) in LAST_WORD {
        if let Some(at) = lowered.find(tool) {
            let mut rest = at;
            for word in line.get(at..).unwrap_or_default().split(' ').take(words) {
                rest += word.len() + 1;
            }
            word(line, rest, true, matches);
        }
    }
    if let Some(pipe) = line.find('|')
        && let (Some(before), Some(after)) = (line.get(..pipe), lowered.get(pipe..))
        && PIPES.split('|').any(|it| after.contains(it))
    {
        piped(before, after.contains("chpasswd"), matches);
    }
    // `"…" | ConvertTo-SecureString`.
    if let Some(pipe) = lowered.find("| convertto-securestring")
        && let Some(head) = line.get(..pipe).map(str::trim_end).and_then(|head| head.strip_suffix(['"', '\'']))
        && let Some(open) = head.rfind(['"', '\''])
    {
        word(line, open, true, matches);
    }
    // The text that `expect` types.
    let begins =
        ["send -- ", "send "].iter().find_map(|begins| Some((begins, line.trim_start().strip_prefix(begins)?)));
    if let Some((begins, sent)) = begins.and_then(|(begins, rest)| Some((begins, literal(rest)?)))
        && let (lead, text) = (line.len() - line.trim_start().len() + begins.len() + sent.0, sent.1)
        && let Some(typed) = text.strip_suffix("\\r").or_else(|| text.strip_suffix("\\n"))
        && is_likely_password(typed)
    {
        matches.add(lead..lead + typed.len(), SecretKind::Password("send".to_owned()));
    }
}

/// The text that `echo` and `printf` write into a pipe.
fn piped(before: &str, is_login: bool, matches: &mut Matches) {
    for tool in ["echo ", "printf "] {
        let Some(at) = memchr::memmem::rfind(before.as_bytes(), tool.as_bytes()) else { continue };
        let mut from = at + tool.len();
        while before.get(from..).is_some_and(|rest| rest.starts_with(['-', ' '])) {
            from += run(before.as_bytes(), from, 8, |byte| byte != b' ') + 1;
        }
        if is_login {
            login(before, from, ':', matches);
        } else {
            word(before, from, true, matches);
        }
    }
}

/// The quoted text at the beginning of `rest`, and its start.
pub(super) fn literal(rest: &str) -> Option<(usize, &str)> {
    let lead = rest.len() - rest.trim_start_matches([' ', ',', 'b', 'r', 'u']).len();
    let quote = rest.get(lead..)?.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let text = rest.get(lead + 1..)?;
    let end = text.bytes().take(LONGEST).position(|byte| byte == quote as u8)?;
    Some((lead + 1, text.get(..end)?))
}

/// The word or the quoted text after `from`, perhaps `after_blanks` and in a list (`"--password", "…"`).
fn word(line: &str, from: usize, after_blanks: bool, matches: &mut Matches) {
    let bytes = line.as_bytes();
    let blanks = if after_blanks {
        let closes = run(bytes, from, 3, |byte| b"\"',".contains(&byte));
        let closes = if closes > 1 { closes } else { 0 };
        closes + run(bytes, from + closes, 8, |byte| b" =:\t".contains(&byte))
    } else {
        0
    };
    let start = from + blanks;
    let rest = line.get(start..).unwrap_or_default();
    let (start, text) = match literal(rest) {
        Some((1, text)) => (start + 1, text),
        _ => {
            let length = run(bytes, start, LONGEST, |byte| byte.is_ascii_graphic() && !b"\"'`;|&<>),".contains(&byte));
            (start, line.get(start..start + length).unwrap_or_default())
        }
    };
    // The encrypted password in a router's configuration.
    let is_kept = ["$1$", "$8$", "$9$"].iter().any(|scheme| text.starts_with(scheme)) && text.len() > 20;
    if is_kept || is_typed_password(text) && !text.starts_with('-') {
        matches.add(start..start + text.len(), SecretKind::Password("password".to_owned()));
    }
}

/// `user:password` after `from`.
fn login(line: &str, from: usize, between: char, matches: &mut Matches) {
    let rest = line.get(from..).unwrap_or_default();
    let lead = rest.len() - rest.trim_start_matches([' ', '=', '"', '\'']).len();
    let rest = rest.get(lead..).unwrap_or_default();
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | '|') || between == '/' && c == '@')
        .unwrap_or(rest.len());
    let Some((user, password)) = rest.get(..end).and_then(|it| it.split_once(between)) else { return };
    // A key may replace both: `curl -u KEY:`.
    if password.is_empty() && between == ':' && super::randomness::looks_random(user, 20) {
        let start = from + lead;
        matches.add(start..start + user.len(), SecretKind::Password("key".to_owned()));
        return;
    }
    let plain = !user.is_empty() && !user.contains(['/', '$', '{', '(']) && user != password;
    if plain && is_typed_password(password) {
        let start = from + lead + user.len() + 1;
        matches.add(start..start + password.len(), SecretKind::Password(user.to_owned()));
    }
}

/// `somebody@host.net:password`, as mail servers store it. The host may come first.
fn mail_login(text: &str, matches: &mut Matches, end: usize) {
    let Some((user, rest)) = text.split_once('@') else { return };
    let Some((host, password)) = rest.split_once(':') else { return };
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
    };
    if is_plain(user) && is_plain(host) && host.contains('.') && is_likely_password(password) {
        matches.add(end - password.len()..end, SecretKind::Password(user.to_owned()));
    }
}

/// Finds lines that consist of a login: pgpass, htpasswd, shadow, mail servers.
pub(super) fn whole_line(line: &str, matches: &mut Matches) {
    let text = line.trim();
    if text.len() <= 200 && text.contains('@') {
        let last = text.rsplit([' ', '\t']).next().unwrap_or_default();
        if text.split_ascii_whitespace().count() <= 2 {
            mail_login(last, matches, line.trim_end().len());
        }
    }
    if text.len() > 400 || !text.contains(':') || text.contains(char::is_whitespace) {
        return;
    }
    let parts: Vec<&str> = text.split(':').collect();
    if let [host, port, _, _, password] = &*parts {
        let is_port = *port == "*" || port.len() <= 5 && !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit());
        let is_host =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-*_".contains(&byte));
        if is_port && is_host && is_typed_password(password) {
            matches.add(0..line.len(), SecretKind::Password("pgpass".to_owned()));
        }
    }
    if let [user, password] = &*parts {
        let is_user = user.len() > 1 && user.bytes().all(|byte| byte.is_ascii_lowercase() || b"._-".contains(&byte));
        if is_user && is_likely_password(password) && !password.contains("!important") && !password.contains('.') {
            matches.add(0..line.len(), SecretKind::Password((*user).to_owned()));
        }
    }
    if let [user, hash, ..] = &*parts {
        let is_user =
            !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
        let known = ["$apr1$", "$2y$", "$2a$", "$2b$", "$6$", "$5$", "$1$", "$y$", "{SHA}", "{SSHA}"];
        if is_user && hash.len() >= 24 && known.iter().any(|start| hash.starts_with(start)) {
            matches.add(0..line.len(), SecretKind::Password((*user).to_owned()));
        }
    }
}
