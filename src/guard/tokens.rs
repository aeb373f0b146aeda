//! Tokens that are identified by their shape, in any place.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use base64::engine::general_purpose::{self, GeneralPurpose};
use base64::{Engine, alphabet};

use super::SecretKind;
use super::matches::Matches;
use super::randomness::{LONGEST, distinct, is_base64, is_filler, is_uuid, looks_random, run, run_before};
use super::rules::{ALPHANUMERIC, Class, DOTTED, HEX, RULES, Rule, URL};

/// The maximum length of a JWT part, in bytes. The header is a small JSON object; the payload may be large.
const LONGEST_JWT_HEADER: usize = 1024;
const LONGEST_JWT_PAYLOAD: usize = 16 * 1024;
const LONGEST_JWT_SIGNATURE: usize = 1024;

/// The beginnings of all prefixes as a set of hashes: the first four bytes, or three of shorter prefixes. Two look-ups
/// exclude most positions of a text.
struct Beginnings {
    fours: [u64; 1024],
    threes: [u64; 1024],
}

static BEGINNINGS: LazyLock<Beginnings> = LazyLock::new(|| {
    let mut table = Beginnings { fours: [0; 1024], threes: [0; 1024] };
    let add = |set: &mut [u64; 1024], bytes| {
        let (word, bit) = hash(bytes);
        set.get_mut(word).into_iter().for_each(|bits| *bits |= 1 << bit);
    };
    for prefix in RULES.iter().flat_map(|shape| shape.prefixes) {
        match *prefix.as_bytes() {
            [a, b, c, d, ..] => add(&mut table.fours, [a, b, c, d]),
            [a, b, c] => add(&mut table.threes, [a, b, c, 0]),
            // Any third byte may follow.
            [a, b] => (0..=u8::MAX).for_each(|c| add(&mut table.threes, [a, b, c, 0])),
            _ => {}
        }
    }
    table
});

/// The prefixes and their shapes by their first byte, in the order of the table.
static BY_FIRST: LazyLock<Vec<Vec<(&str, &Rule)>>> = LazyLock::new(|| {
    let all = || RULES.iter().flat_map(|shape| shape.prefixes.iter().map(move |prefix| (*prefix, shape)));
    let begins_with = |byte: u8| all().filter(move |(prefix, _)| prefix.as_bytes().first() == Some(&byte));
    (0..=u8::MAX).map(|byte| begins_with(byte).collect()).collect()
});

fn hash(bytes: [u8; 4]) -> (usize, u32) {
    let hash = u32::from_le_bytes(bytes).wrapping_mul(0x9e37_79b1) >> 16;
    ((hash >> 6) as usize, hash & 63)
}

impl Beginnings {
    #[inline]
    fn may_begin(&self, rest: &[u8]) -> bool {
        let Some(&[a, b, c, d]) = rest.first_chunk::<4>() else { return false };
        let is_in = |set: &[u64; 1024], bytes| {
            let (word, bit) = hash(bytes);
            set.get(word).is_some_and(|bits| bits >> bit & 1 == 1)
        };
        is_in(&self.fours, [a, b, c, d]) || is_in(&self.threes, [a, b, c, 0])
    }
}

/// Finds the tokens in `line`.
pub(super) fn scan(line: &str, matches: &mut Matches) {
    let (bytes, beginnings) = (line.as_bytes(), &*BEGINNINGS);
    let mut last = 0;
    for (start, &byte) in bytes.iter().enumerate() {
        let before = std::mem::replace(&mut last, byte);
        let rest = bytes.get(start..).unwrap_or_default();
        let may_be_told = byte.is_ascii_digit() && !before.is_ascii_digit() || byte == b'e' && rest.starts_with(b"eyJ");
        let may_begin = beginnings.may_begin(rest);
        if !may_be_told && !may_begin || !byte.is_ascii_alphanumeric() && byte != b'$' {
            continue;
        }
        let is_bot = bytes.get(..start).is_some_and(|head| head.ends_with(b"/bot"));
        let in_word = URL(before) && !is_escape(bytes, start) && !is_bot;
        let behind_mark = matches!(before, b'_' | b'-');
        if !in_word && let Some((length, kind)) = telegram(bytes, start).or_else(|| json_web_token(line, start)) {
            matches.add(start..start + length, kind);
            continue;
        }
        if !may_begin {
            continue;
        }
        // Services put other words before a token: `y_ghp_…`, `TOKEN_ghp_…`.
        let fits = |(prefix, shape): &(&str, &Rule)| {
            let is_told = || !in_word || !shape.ambiguous && (behind_mark || prefix.ends_with(['_', '-']));
            rest.starts_with(prefix.as_bytes()) && is_told()
        };
        let candidates = BY_FIRST.get(usize::from(byte)).into_iter().flatten().copied();
        let found =
            candidates.filter(fits).find_map(|(prefix, shape)| Some((body(line, start + prefix.len(), shape)?, shape)));
        if let Some((end, shape)) = found {
            matches.add(start..end, shape.kind.clone());
        }
    }
}

/// The end of the token of this shape. The text after its prefix begins at `body_start`.
fn body(line: &str, body_start: usize, shape: &Rule) -> Option<usize> {
    let length = run(line.as_bytes(), body_start, shape.length.end() + 1, shape.inside);
    // A dot or a dash after a token is not part of it.
    let body = line.get(body_start..body_start + length)?.trim_end_matches(['.', '-']);
    let mixed = || distinct(body.as_bytes()) > 5 && !is_filler(body.as_bytes()) && !is_words(body);
    // If a shape is longer than usual random values, only its beginning is judged.
    let random = || looks_random(body.get(..body.len().min(LONGEST)).unwrap_or(body), 12) || is_uuid(body);
    let is_right = shape.checksum.is_some_and(|checksum| checksum(body));
    let fits = shape.length.contains(&body.len()) && (is_right || mixed() && (!shape.ambiguous || random()));
    fits.then_some(body_start + body.len())
}

/// A line without any of these contains no token with a mark in its middle.
pub(super) const SIGNS: [&str; 9] = ["accounts: [", "Q~", "-us", "_mmk", "NRAL", ".atlasv1.", "AZDO", "00D", ":APA91b"];

/// A token with a mark in its middle or at its end, and the bytes on each side of that mark.
struct Marked {
    mark: &'static str,
    before: Side,
    after: Side,
    kind: SecretKind,
}

/// One side of a mark: the allowed bytes, the maximum number that is checked, and the required number.
struct Side {
    inside: Class,
    most: usize,
    length: RangeInclusive<usize>,
    is_random: bool,
}

const fn random_side(inside: Class, most: usize, length: RangeInclusive<usize>) -> Side {
    Side { inside, most, length, is_random: true }
}

const fn any_side(inside: Class, most: usize, length: RangeInclusive<usize>) -> Side {
    Side { inside, most, length, is_random: false }
}

const fn marked(mark: &'static str, before: Side, after: Side, kind: SecretKind) -> Marked {
    Marked { mark, before, after, kind }
}

static MARKED: [Marked; 8] = [
    marked("Q~", any_side(URL, 5, 4..=4), random_side(DOTTED, 40, 28..=36), SecretKind::Secret("Azure client")),
    marked(
        "-us",
        random_side(HEX, 33, 32..=32),
        any_side(|byte| byte.is_ascii_digit(), 3, 1..=3),
        SecretKind::Key("Mailchimp"),
    ),
    marked("_mmk", random_side(URL, 48, 30..=48), any_side(URL, 1, 0..=0), SecretKind::Key("MaxMind")),
    marked("NRAL", random_side(URL, 48, 32..=48), any_side(URL, 1, 0..=0), SecretKind::Key("New Relic license")),
    marked("FFFFNRAL", random_side(URL, 48, 28..=48), any_side(URL, 1, 0..=0), SecretKind::Key("New Relic license")),
    marked(
        ".atlasv1.",
        any_side(URL, 20, 14..=14),
        random_side(URL, 80, 50..=80),
        SecretKind::Token("Terraform Cloud"),
    ),
    marked(":APA91b", any_side(URL, 30, 7..=30), random_side(URL, 200, 100..=200), SecretKind::Key("Firebase")),
    marked("AZDO", random_side(ALPHANUMERIC, 90, 70..=82), any_side(URL, 0, 0..=0), SecretKind::Token("Azure DevOps")),
];

/// Finds tokens by a mark in their middle or at their end.
pub(super) fn scan_marked_tokens(line: &str, matches: &mut Matches) {
    let bytes = line.as_bytes();
    let random = |from: usize, to: usize| line.get(from..to).is_some_and(|it| looks_random(it, 16));
    for Marked { mark, before, after, kind } in &MARKED {
        let fits = |side: &Side, from: usize, to: usize| {
            side.length.contains(&(to - from)) && (!side.is_random || random(from, to))
        };
        for at in memchr::memmem::find_iter(bytes, mark) {
            let behind = at + mark.len();
            let start = at - run_before(bytes, at, before.most, before.inside);
            let end = behind + run(bytes, behind, after.most, after.inside);
            if fits(before, start, at) && fits(after, behind, end) {
                matches.add(start..end, kind.clone());
            }
        }
    }
    // The accounts of a network, in the settings of a blockchain developer.
    for at in memchr::memmem::find_iter(bytes, "accounts: [") {
        let start = at + 11 + run(bytes, at + 11, 3, |byte| b" \"'`".contains(&byte));
        let length = run(bytes, start, 80, |byte| byte.is_ascii_hexdigit() || byte == b'x');
        if length == 66 && random(start + 2, start + length) {
            matches.add(start..start + length, SecretKind::WalletKey);
        }
    }
    for at in memchr::memchr_iter(b'!', bytes) {
        let before = run_before(bytes, at, 19, ALPHANUMERIC);
        let after = run(bytes, at + 1, 130, DOTTED);
        let is_session = line.get(at - before..at).is_some_and(|it| it.starts_with("00D"));
        if is_session && before >= 15 && after >= 80 {
            matches.add(at - before..at + 1 + after, SecretKind::Token("Salesforce"));
        }
    }
}

/// Discord's token: an id in Base64, six letters, a signature.
pub(super) fn scan_discord_tokens(line: &str, matches: &mut Matches) {
    let bytes = line.as_bytes();
    for at in memchr::memchr_iter(b'.', bytes) {
        if bytes.get(at + 7) != Some(&b'.') {
            continue;
        }
        let before = run_before(bytes, at, 30, URL);
        let middle = run(bytes, at + 1, 8, URL);
        if !(23..=28).contains(&before) || middle != 6 {
            continue;
        }
        let after = run(bytes, at + 8, 40, URL);
        let is_id = line.get(at - before..at).is_some_and(|it| it.starts_with(['M', 'N', 'O']));
        if is_id
            && (27..=38).contains(&after)
            && line.get(at + 8..at + 8 + after).is_some_and(|it| looks_random(it, 16))
        {
            matches.add(at - before..at + 8 + after, SecretKind::Token("Discord bot"));
        }
    }
}

/// Whether an escape like `\n` ends right before `start`. Its letter is not part of a word.
fn is_escape(bytes: &[u8], start: usize) -> bool {
    let Some(escape) = start.checked_sub(2).and_then(|at| bytes.get(at..start)) else { return false };
    matches!(escape, [b'\\', b'n' | b'r' | b't'])
}

/// A body like `your_token_goes_here` or `xxxx`: no digit, or typical placeholder words. Inside random letters, a short
/// word is chance. It counts only at the start of the body or between separators.
fn is_words(body: &str) -> bool {
    let lowered = body.to_ascii_lowercase();
    let long_marks = ["placeholder", "redacted", "token_here", "key_here", "example"];
    let is_set_off = |mark: &str| {
        lowered
            .match_indices(mark)
            .any(|(at, _)| lowered.get(..at).is_none_or(|head| !head.ends_with(|c: char| c.is_ascii_alphanumeric())))
    };
    long_marks.iter().any(|mark| lowered.contains(mark))
        || ["your", "xxxx", "insert", "dummy"].iter().any(|mark| is_set_off(mark))
        || body.contains(['_', '-']) && !body.bytes().any(|byte| byte.is_ascii_digit())
        || !body.bytes().any(|byte| byte.is_ascii_digit()) && body.bytes().all(|byte| !byte.is_ascii_uppercase())
}

/// The length of `<bot>:AA<secret>` at `start`.
fn telegram(bytes: &[u8], start: usize) -> Option<(usize, SecretKind)> {
    if !bytes.get(start)?.is_ascii_digit() {
        return None;
    }
    let digits = run(bytes, start, 12, |byte| byte.is_ascii_digit());
    let secret = bytes.get(start + digits..)?.strip_prefix(b":AA")?;
    let length = run(secret, 0, 40, URL);
    let random = || secret.get(..length).and_then(|secret| std::str::from_utf8(secret).ok());
    ((8..=10).contains(&digits) && length == 33 && random().is_some_and(|it| looks_random(it, 16)))
        .then_some((digits + 3 + length, SecretKind::Token("Telegram bot")))
}

/// The length of the JWT at `start`: three parts, the first of which decodes to a JSON object with `alg`.
fn json_web_token(line: &str, start: usize) -> Option<(usize, SecretKind)> {
    let bytes = line.as_bytes();
    if !bytes.get(start..)?.starts_with(b"eyJ") {
        return None;
    }
    let header = run(bytes, start, LONGEST_JWT_HEADER, URL);
    let payload_start = start + header + 1;
    let payload = run(bytes, payload_start, LONGEST_JWT_PAYLOAD, URL);
    let signature_start = payload_start + payload + 1;
    let dots = [start + header, payload_start + payload];
    if payload < 4 || dots.iter().any(|&dot| bytes.get(dot) != Some(&b'.')) {
        return None;
    }
    let decoded = base64(bytes.get(start..start + header)?)?;
    let says_alg =
        |decoded: &[u8]| Some(serde_json::from_slice::<serde_json::Value>(decoded).ok()?.get("alg").is_some());
    // If an author shortened the first object, two objects with a signature are also a JWT.
    let is_shortened = header >= 17 && bytes.get(payload_start..)?.starts_with(b"eyJ") && payload >= 17;
    if says_alg(&decoded) != Some(true) && !is_shortened {
        return None;
    }
    // An encrypted token (JWE) has two more parts.
    let signature = run(bytes, signature_start, LONGEST_JWT_SIGNATURE, DOTTED);
    (signature >= 16).then_some((signature_start + signature - start, SecretKind::JsonWebToken))
}

/// Decodes Base64 of either alphabet, with or without padding.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    // Bits at the end that do not fill a byte are ignored.
    const ENGINE: GeneralPurpose =
        GeneralPurpose::new(&alphabet::STANDARD, general_purpose::NO_PAD.with_decode_allow_trailing_bits(true));
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let mut text: Vec<u8> = text.iter().take_while(|byte| **byte != b'=').map(standard).collect();
    if text.len() % 4 == 1 && text.last().copied().is_some_and(is_base64) {
        text.pop();
    }
    ENGINE.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_in_a_token_contains_a_sign() {
        for Marked { mark, .. } in &MARKED {
            assert!(SIGNS.iter().any(|sign| mark.contains(sign)), "{mark} would never be found");
        }
    }
}
