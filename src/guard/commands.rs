//! Passwords on command lines, in SQL, and in files of a line for each login: there the place tells what the word is.

use super::Kind;
use super::randomness::{is_placeholder_of_password, run};
use super::secrets::Hits;

/// No password is measured further, in bytes.
const LONGEST: usize = 128;

/// A password follows these words, after blanks and perhaps in quotes. Small letters; a blank stands for any of them.
const LEADS: [&str; 22] = [
    "sshpass -p",
    "identified by",
    "identified with mysql_native_password by",
    "with password",
    "encrypted password",
    "alter user password",
    "convertto-securestring",
    "-string",
    "--password",
    "--passwd",
    "--pass",
    "--http-password",
    "-storepass",
    "-keypass",
    "-passin pass:",
    "-passout pass:",
    "bindpw",
    "rootpw",
    "requirepass",
    "masterauth",
    "net use",
    "chpasswd <<<",
];

/// A line without any of these holds no command with a password.
pub(super) const SIGNS: [&str; 17] = [
    "pass",
    "PASS",
    "Pass",
    " -p",
    " -u",
    "--user",
    " -U ",
    "uth",
    "UTH",
    "identified",
    "IDENTIFIED",
    "ecureString",
    "pw",
    "redential",
    "thin:",
    "sqlplus",
    "--proxy-user",
];

pub(super) fn scan(line: &str, hits: &mut Hits) {
    let lowered = line.to_ascii_lowercase();
    for lead in LEADS {
        for at in memchr::memmem::find_iter(lowered.as_bytes(), lead) {
            let sets_apart = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'-';
            if at > 0 && !lowered.as_bytes().get(at - 1).is_none_or(sets_apart) {
                continue;
            }
            word(line, at + lead.len(), hits);
        }
    }
    if lowered.contains("login ")
        && let Some(at) = lowered.find(" password ")
    {
        word(line, at + " password ".len(), hits);
    }
    if ["mysql", "mariadb", "docker login", "az login", "podman login", "helm ", "psexec"]
        .iter()
        .any(|it| lowered.contains(it))
    {
        for at in memchr::memmem::find_iter(line.as_bytes(), " -p") {
            word(line, at + 3, hits);
        }
    }
    for lead in [" -u ", " --user ", "--user=", " -U ", " -u", "--proxy-user "] {
        let is_tool = ["curl", "wget", "http ", "https ", "smbclient", "xh "].iter().any(|it| lowered.contains(it));
        for at in memchr::memmem::find_iter(line.as_bytes(), lead).filter(|_| is_tool) {
            login(line, at + lead.len(), ':', hits);
        }
    }
    // Oracle's `user/password@host`, after "thin:" or a client's name.
    for lead in ["thin:", "sqlplus ", "exp ", "imp ", "sqlldr "] {
        for at in memchr::memmem::find_iter(lowered.as_bytes(), lead) {
            let rest = line.get(at + lead.len()..).unwrap_or_default();
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';')).unwrap_or(rest.len());
            if rest.get(..end).is_some_and(|it| it.contains('@')) {
                login(line, at + lead.len(), '/', hits);
            }
        }
    }
    // `auth=("user", "password")`.
    for lead in ["auth=(", "auth = (", "auth: (", "basic_auth(", "basicauth(", "credentials(", "networkcredential("] {
        for at in memchr::memmem::find_iter(lowered.as_bytes(), lead) {
            let rest = line.get(at + lead.len()..).unwrap_or_default();
            let first = literal(rest);
            let second = first.and_then(|(start, text)| {
                let after = start + text.len() + 1;
                let (more, text) = literal(rest.get(after..)?)?;
                Some((after + more, text))
            });
            if let Some((start, text)) = second.filter(|(_, text)| is_password(text)) {
                let start = at + lead.len() + start;
                hits.add(start..start + text.len(), Kind::Password("auth".to_owned()));
            }
        }
    }
}

/// The quoted text at the beginning of `rest`, and where it starts.
fn literal(rest: &str) -> Option<(usize, &str)> {
    let lead = rest.len() - rest.trim_start_matches([' ', ',', 'b', 'r', 'u']).len();
    let quote = rest.get(lead..)?.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let text = rest.get(lead + 1..)?;
    let end = text.bytes().take(LONGEST).position(|byte| byte == quote as u8)?;
    Some((lead + 1, text.get(..end)?))
}

/// The word or the quoted text after `from`.
fn word(line: &str, from: usize, hits: &mut Hits) {
    let bytes = line.as_bytes();
    let blanks = run(bytes, from, 8, |byte| b" =\t".contains(&byte));
    let start = from + blanks;
    let rest = line.get(start..).unwrap_or_default();
    let (start, text) = match literal(rest) {
        Some((1, text)) => (start + 1, text),
        _ => {
            let length = run(bytes, start, LONGEST, |byte| byte.is_ascii_graphic() && !b"\"'`;|&<>),".contains(&byte));
            (start, line.get(start..start + length).unwrap_or_default())
        }
    };
    if is_password(text) && !text.starts_with('-') {
        hits.add(start..start + text.len(), Kind::Password("password".to_owned()));
    }
}

/// `user:password` after `from`.
fn login(line: &str, from: usize, between: char, hits: &mut Hits) {
    let rest = line.get(from..).unwrap_or_default();
    let lead = rest.len() - rest.trim_start_matches([' ', '"', '\'']).len();
    let rest = rest.get(lead..).unwrap_or_default();
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | '|') || between == '/' && c == '@')
        .unwrap_or(rest.len());
    let Some((user, password)) = rest.get(..end).and_then(|it| it.split_once(between)) else { return };
    let plain = !user.is_empty() && !user.contains(['/', '$', '{', '(']) && user != password;
    if plain && is_password(password) {
        let start = from + lead + user.len() + 1;
        hits.add(start..start + password.len(), Kind::Password(user.to_owned()));
    }
}

/// Lines that are a login as a whole: those of pgpass, htpasswd, shadow.
pub(super) fn whole_line(line: &str, hits: &mut Hits) {
    let text = line.trim();
    if text.len() > 400 || !text.contains(':') || text.contains(char::is_whitespace) {
        return;
    }
    let parts: Vec<&str> = text.split(':').collect();
    if let [host, port, _, _, password] = &*parts {
        let is_port = *port == "*" || port.len() <= 5 && !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit());
        let is_host =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-*_".contains(&byte));
        if is_port && is_host && is_password(password) {
            hits.add(0..line.len(), Kind::Password("pgpass".to_owned()));
        }
    }
    if let [user, hash, ..] = &*parts {
        let is_user =
            !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
        let known = ["$apr1$", "$2y$", "$2a$", "$2b$", "$6$", "$5$", "$1$", "$y$", "{SHA}", "{SSHA}"];
        if is_user && hash.len() >= 24 && known.iter().any(|start| hash.starts_with(start)) {
            hits.add(0..line.len(), Kind::Password((*user).to_owned()));
        }
    }
}

/// Whether a word that stands where a password does is one, and no variable, file or placeholder.
fn is_password(text: &str) -> bool {
    let has = |is: fn(u8) -> bool| text.bytes().any(is);
    let mixed = has(|byte| byte.is_ascii_alphabetic()) && has(|byte| byte.is_ascii_digit());
    let bytes = text.as_bytes();
    (6..=LONGEST).contains(&text.len())
        && mixed
        && bytes.iter().all(|byte| byte.is_ascii_graphic())
        && !text.starts_with(['$', '%', '<', '{', '(', '/', '@', '*', '['])
        && !text.contains("${")
        && !text.contains("{{")
        && !text.contains("://")
        && !text.contains(['(', '['])
        && !is_placeholder_of_password(text)
}
