//! Distinguishes a random value from a word, a name, a sequence and a placeholder.

use std::sync::LazyLock;

/// The maximum length of a secret, in bytes. Longer values are images, certificates and other data.
pub(super) const LONGEST: usize = 256;

/// Whether `value`, of at least `shortest` bytes, looks random: letters and digits mixed, evenly distributed, in no
/// order, and not made of words. UUIDs do not count, and neither do digests that start with their algorithm.
pub(super) fn looks_random(value: &str, shortest: usize) -> bool {
    let bytes = value.as_bytes();
    let printable = bytes.iter().all(|byte| (0x21..0x7f).contains(byte));
    if bytes.len() < shortest || bytes.len() > LONGEST || !printable || is_uuid(value) || is_public(value) {
        return false;
    }
    let count = |is: fn(&u8) -> bool| bytes.iter().filter(|byte| is(byte)).count();
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    if upper + lower < 4 || is_sequence(bytes) {
        return false;
    }
    if is_hex(value) {
        return bytes.len() >= shortest.max(20) && digits >= 3 && distinct(bytes) >= 8 && !is_repeated(bytes);
    }
    let evenly = entropy(bytes) >= if bytes.len() < 20 { 2.9 } else { 3.2 };
    let (mixed, wordy) = (class_changes(bytes), wordiness(bytes));
    // With fewer digits, a value is harder to distinguish from a name.
    let like_no_name = match digits {
        // Only a few pairs of letters are left for the decision.
        1 if mixed >= 0.35 => upper > 1 && lower > 1 && wordy < 0.85,
        0 | 1 => upper > 2 && lower > 2 && mixed >= 0.2 && wordy < 0.65,
        _ => mixed >= 0.3 && wordy < 0.8 || mixed >= 0.15 && wordy < 0.6,
    };
    evenly && like_no_name && !is_repeated(bytes)
}

/// Whether `value`, with any signs, looks like random characters of a whole keyboard.
pub(super) fn looks_random_with_signs(value: &str) -> bool {
    let bytes = value.as_bytes();
    let graphic = bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    let count = |is: fn(&u8) -> bool| bytes.iter().filter(|byte| is(byte)).count();
    let (signs, digits, letters) =
        (count(u8::is_ascii_punctuation), count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    let blanks = count(|byte| *byte == b' ');
    graphic
        && (16..=LONGEST).contains(&bytes.len())
        && signs * 12 >= bytes.len()
        && digits * 16 >= bytes.len()
        && letters * 4 >= bytes.len()
        && blanks * 12 <= bytes.len()
        && distinct(bytes) * 3 >= bytes.len().min(60) as u32
        && entropy(bytes) >= if bytes.len() < 24 { 3.3 } else { 3.8 }
        && class_changes(bytes) >= 0.06
        && wordiness(bytes) < 0.6
        && !is_public(value)
}

/// Whether `value` looks like a password that a user invented: not long, at least three kinds of characters.
pub(super) fn looks_like_password(value: &str) -> bool {
    let has = |is: fn(u8) -> bool| value.bytes().any(is);
    let digit = has(|byte| byte.is_ascii_digit());
    let symbol = has(|byte| b"!@#$%^&*?+=~".contains(&byte));
    let both_cases = has(|byte| byte.is_ascii_uppercase()) && has(|byte| byte.is_ascii_lowercase());
    let letter = has(|byte| byte.is_ascii_alphabetic());
    let printable =
        value.bytes().all(|byte| (0x21..0x7f).contains(&byte)) && !value.contains(['(', '{', '[', '<', '\\']);
    // URLs escape letters beyond ASCII.
    let escaped = value.matches('%').count() * 3 > value.len() / 2;
    let varied = distinct(value.as_bytes()) >= 6 && !escaped;
    (8..=64).contains(&value.len())
        && printable
        && varied
        && letter
        && digit
        && (symbol || both_cases)
        && !is_uuid(value)
        && !is_public(value)
        && !value.contains("://")
        && !value.starts_with('/')
        && !is_sequence(value.as_bytes())
}

/// Whether a word is a password, and not a variable, file or placeholder. Only a password belongs in its place.
pub(super) fn is_typed_password(text: &str) -> bool {
    let has = |is: fn(u8) -> bool| text.bytes().any(is);
    let mixed = has(|byte| byte.is_ascii_alphabetic()) && has(|byte| byte.is_ascii_digit());
    (6..=128).contains(&text.len())
        && (mixed || looks_random(text, 8))
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.starts_with(['$', '%', '<', '{', '(', '/', '@', '*', '['])
        && !["${", "{{", "://", "(", "["].iter().any(|mark| text.contains(mark))
        && !is_placeholder_of_password(text)
}

/// Whether a word, in a place for a password, clearly looks like one: letters, digits and a sign, or random.
pub(super) fn is_likely_password(text: &str) -> bool {
    let has_sign = text.contains(['!', '@', '#', '$', '%', '^', '&', '*', '?', '+']);
    let is_address = text.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    begins
        && !is_address
        && !text.contains(['=', '/', '\\', ',', '|', ';', '"', '\'', '`'])
        && (has_sign && looks_like_password(text) || looks_random(text, 10) && !is_hex(text))
        && is_typed_password(text)
        && !is_term(text)
}

/// Whether a word is an algorithm, a protocol or a number format: `SHA256-hashed`, `OAuth2`.
pub(super) fn is_term(text: &str) -> bool {
    #[rustfmt::skip]
    const TERMS: [&str; 24] = [
        "sha", "md5", "base64", "base32", "base58", "utf", "iso", "pbkdf2", "argon2", "aes", "rsa", "hmac", "pkcs", "x509",
        "x25519", "ed25519", "curve", "http", "oauth", "ntlm", "scram", "ipv", "win32", "rfc",
    ];
    let lowered = text.to_ascii_lowercase();
    TERMS.iter().any(|term| lowered.starts_with(term))
}

/// Whether `value` is a placeholder for a secret: a template, or to a large part words like "your", "token" and "here".
pub(super) fn is_placeholder(value: &str) -> bool {
    is_template(value) || covered(&value.to_ascii_lowercase()) * 3 >= value.len()
}

/// The same for a place that only a password fills. Users choose passwords that contain such words. Therefore the value
/// must be little more than those words.
pub(super) fn is_placeholder_of_password(value: &str) -> bool {
    is_template(value) || covered(&value.to_ascii_lowercase()) * 4 >= value.len() * 3
}

/// Whether `value` is a variable, a template, or a row of crosses.
fn is_template(value: &str) -> bool {
    let templated = ["${", "{{", "<%", "%(", "$(", "#{", "***", "...", "@@", "[["];
    let references = ["op://", "vault:", "arn:", "ref+", "enc:", "enc[", "secret:", "ssm:", "env:", "env."];
    let lowered = value.to_ascii_lowercase();
    let variable = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:->".contains(&byte));
    value.is_empty()
        || lowered.contains("xxxx")
        || templated.iter().any(|mark| value.contains(mark))
        || references.iter().any(|mark| lowered.starts_with(mark))
        || value.starts_with('<') && value.ends_with('>')
        || value.starts_with('%') && value.len() > 1 && value.ends_with('%')
        || value.starts_with('{') && value.ends_with('}')
        || value.strip_prefix('$').is_some_and(|rest| variable(rest) && !looks_random(rest, 16))
        || distinct(value.as_bytes()) <= 3
}

/// Placeholders for a secret consist of these words.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = "example sample dummy placeholder changeme change replace your insert fake mock test secret password passwd \
        token here todo foobar redacted none null undefined default value string 1234 5678 abcd qwerty letmein hidden masked \
        user admin root pass some enter credential apikey key foo bar baz hunter2 not-a invalid unused unknown super demo \
        local postgres mysql guest username login";
    words.split(' ').collect()
});

/// How many bytes of `lowered` are part of one of the words, at least.
fn covered(lowered: &str) -> usize {
    let mut is_covered = vec![false; lowered.len()];
    for word in &*WORDS {
        for (at, _) in lowered.match_indices(word) {
            is_covered.iter_mut().skip(at).take(word.len()).for_each(|byte| *byte = true);
        }
    }
    is_covered.into_iter().filter(|byte| *byte).count()
}

/// Whether the bytes are one long run of the same few characters, as in documentation.
pub(super) fn is_filler(bytes: &[u8]) -> bool {
    let crosses = bytes.windows(5).any(|five| five.iter().all(|byte| five.first() == Some(byte)));
    distinct(bytes) <= 5 || crosses && distinct(bytes) <= 10
}

/// The number of different bytes.
pub(super) fn distinct(bytes: &[u8]) -> u32 {
    let mut seen = [0u128; 2];
    for &byte in bytes {
        if let Some(half) = seen.get_mut(usize::from(byte >> 7)) {
            *half |= 1 << (byte & 0x7f);
        }
    }
    seen.iter().map(|half| half.count_ones()).sum()
}

/// How many bytes from `start` on belong to the alphabet, at most `limit`.
pub(super) fn run(bytes: &[u8], start: usize, limit: usize, inside: impl Fn(u8) -> bool) -> usize {
    bytes.get(start..).unwrap_or_default().iter().take(limit).take_while(|byte| inside(**byte)).count()
}

/// The same for the bytes before `end`, backwards.
pub(super) fn run_before(bytes: &[u8], end: usize, limit: usize, inside: impl Fn(u8) -> bool) -> usize {
    bytes.get(..end).unwrap_or_default().iter().rev().take(limit).take_while(|byte| inside(**byte)).count()
}

/// Whether an uppercase letter follows a lowercase letter, as in names of code.
pub(super) fn has_humps(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

pub(super) fn is_hex(value: &str) -> bool {
    let lower = value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    lower || value.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
}

pub(super) fn is_uuid(value: &str) -> bool {
    let value = value.trim_start_matches('{').trim_end_matches('}');
    let groups: Vec<&str> = value.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The beginnings of public values: digests with their algorithm, public keys, publishable keys, addresses, data.
static PUBLIC: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let beginnings = "sha1 sha2 sha3 sha5 md5 blake $2a$ $2b$ $2y$ $argon2 $6$ $5$ $pbkdf2 pbkdf2_ h1: ssh- aaaab3nza \
        aaaac3nza pk_ age1 data: http urn: 0x ipfs did: mfkwewyhko miibijanbg npm:";
    beginnings.split(' ').collect()
});

fn is_public(value: &str) -> bool {
    // A point on a curve: the public key of a push sender (VAPID), which browsers receive.
    let is_vapid = matches!(value.len(), 87 | 88) && value.starts_with('B') && !value.contains(['+', '/', '.']);
    let begins = |with: &&str| value.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    is_vapid || PUBLIC.iter().any(begins) || value.contains("://")
}

/// Runs like `abcdef` and `001122`: the next character is mostly the same as the last, or its neighbour.
fn is_sequence(bytes: &[u8]) -> bool {
    let pairs = bytes.windows(2);
    let total = pairs.len();
    let near = pairs.filter(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1)).count();
    near * 5 >= total * 2
}

/// Whether the value repeats a short block, or is mostly pairs that occurred before.
fn is_repeated(bytes: &[u8]) -> bool {
    let threes: std::collections::HashSet<&[u8]> = bytes.windows(3).collect();
    bytes.len() > 3 && threes.len() * 10 < (bytes.len() - 2) * 7
}

/// Shannon's entropy, in bits per byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for &byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = bytes.len().max(1) as f64;
    counts.iter().filter(|count| **count > 0).map(|&count| f64::from(count) / total).map(|p| -p * p.log2()).sum()
}

/// The share of adjacent characters of different kinds. Names change seldom (`getTokenFromCache2`), random values at
/// every second character. An uppercase letter at the beginning of a word does not count.
fn class_changes(bytes: &[u8]) -> f64 {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let total = bytes.len().saturating_sub(1).max(1);
    let changes = bytes.windows(2).filter(|pair| match pair {
        [a, b] => match (kind(*a), kind(*b)) {
            (2, 1) | (3, _) | (_, 3) => false,
            (a, b) => a != b,
        },
        _ => false,
    });
    changes.count() as f64 / total as f64
}

/// The share of letter pairs that are common in English words: about 0.2 for random letters, 0.8 for words.
pub(super) fn wordiness(bytes: &[u8]) -> f64 {
    let (mut letters, mut common) = (0u32, 0u32);
    for pair in bytes.windows(2) {
        let [a, b] = pair else { continue };
        // In a name, `aB` starts a new word. In a random value, it is noise.
        if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && !(a.is_ascii_lowercase() && b.is_ascii_uppercase()) {
            letters += 1;
            common += u32::from(is_common(a.to_ascii_lowercase(), b.to_ascii_lowercase()));
        }
    }
    if letters < 4 { 0.0 } else { f64::from(common) / f64::from(letters) }
}

fn is_common(first: u8, second: u8) -> bool {
    let followers: &[u8] = match first {
        b'a' => b"bcdgilmnprstuvy",
        b'b' => b"aeiloruy",
        b'c' => b"aehiklorstu",
        b'd' => b"adeiorsuy",
        b'e' => b"acdeflmnprstvwxy",
        b'f' => b"aefiloru",
        b'g' => b"aehilnoru",
        b'h' => b"aeiotuy",
        b'i' => b"abcdefglmnoprstvz",
        b'k' => b"einy",
        b'l' => b"adefilosuy",
        b'm' => b"abeimopu",
        b'n' => b"acdefgiknostuv",
        b'o' => b"bcdfgiklmnoprstuvw",
        b'p' => b"aehiloprstu",
        b'q' => b"u",
        b'r' => b"abcdegiklmnorstuvy",
        b's' => b"aceghiklmnopstuwy",
        b't' => b"aehiloprstuwy",
        b'u' => b"abcdegilmnprst",
        b'v' => b"aeio",
        b'w' => b"aehinor",
        b'x' => b"aceipt",
        b'y' => b"elmops",
        _ => b"e",
    };
    followers.contains(&second)
}
