//! Decides which values are secrets if their name indicates a secret.

use super::key_names::{Names, what_it_names, words};
use super::randomness::{
    distinct, has_humps, is_hex, is_likely_password, is_placeholder, is_placeholder_of_password, is_term, is_uuid,
    looks_like_password, looks_random, looks_random_with_signs, wordiness,
};

/// Whether `value` is a secret under a name that means `names`. Values without quotes may be code.
pub(super) fn is_secret(value: &str, names: Names, quoted: bool, name: &str) -> bool {
    if names == Names::Wallet {
        return quoted && is_phrase(value);
    }
    // Spring writes the storage scheme of a password in front.
    let value = value.strip_prefix("{noop}").unwrap_or(value);
    let data =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.~:!@#$%^&*?".contains(&byte));
    // Without quotes, `user.token2` and `self::KEY_1` are code.
    let code = !quoted && value.contains(['.', ':']) && !value.contains(['+', '=']);
    let signs = || quoted && looks_random_with_signs(value);
    if value.contains([' ', '\t']) {
        return names != Names::BareKey && value.len() >= 40 && signs() && !is_placeholder(value);
    }
    let random = match names {
        // A character class of a pattern.
        _ if value.contains(['[', '\\'])
            && ["][", "[0-9", "[a-z", "[A-Z", "\\d", "\\w"].iter().any(|mark| value.contains(mark)) =>
        {
            false
        }
        Names::Password if !quoted && code => false,
        Names::Password => {
            looks_random(value, if quoted { 8 } else { 10 })
                || quoted && (is_of_mainframe(value) || is_of_letters(value))
                || looks_like_password(value)
                || is_weak_password(value, if quoted { 2 } else { 3 })
                || signs()
                || is_uuid_secret(value, name)
                || is_encoded(value)
        }
        Names::Token if looks_invented(value, quoted) => true,
        Names::Token if says_secret(name) && is_weak_password(value, 3) => true,
        Names::Token => {
            data(value) && !code && looks_random(value, 16)
                || signs()
                || is_uuid_secret(value, name)
                || is_wallet_key(value, name)
        }
        Names::BareKey if is_of_an_environment(value, name) => true,
        Names::BareKey => {
            data(value)
                && !code
                && looks_random(value, if quoted { 16 } else { 20 })
                && !is_hex(value)
                && !value.contains(['.', ':'])
        }
        Names::Wallet => false,
    };
    // Users choose passwords that contain such words, and add a sign. Few values reach this check, which is the
    // slowest.
    let has_sign = value.contains(['!', '@', '#', '$', '%', '&', '*']);
    let may_be_invented = has_sign && matches!(names, Names::Password | Names::Token);
    let is_placeholder = if may_be_invented { is_placeholder_of_password } else { is_placeholder };
    random && !is_placeholder(value)
}

/// A secret that a user invented like a password: `secret: "…"` of a session.
fn looks_invented(value: &str, quoted: bool) -> bool {
    let has_sign = value.contains(['!', '@', '#', '%']);
    (quoted || has_sign && !value.contains(['.', ':'])) && is_likely_password(value)
}

/// A few uppercase letters and digits that are not a word. Some mainframes accept nothing else.
pub(super) fn is_of_mainframe(value: &str) -> bool {
    let letters = value.bytes().filter(u8::is_ascii_uppercase).count();
    (6..=8).contains(&value.len())
        && letters >= 4
        && letters < value.len()
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && wordiness(value.as_bytes()) < 0.45
        && distinct(value.as_bytes()) >= 6
}

/// Letters that are not a word.
fn is_of_letters(value: &str) -> bool {
    (8..=32).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphabetic())
        && wordiness(value.as_bytes()) < 0.4
        && distinct(value.as_bytes()) >= 6
}

/// Whether a name means a secret and not a token. No user invents a token.
fn says_secret(name: &str) -> bool {
    let lowered = name.to_ascii_lowercase();
    ["secret", "segredo", "secreta"].iter().any(|word| lowered.contains(word))
}

/// A word and at least `fewest` digits: the simplest password that users invent.
pub(super) fn is_weak_password(value: &str, fewest: usize) -> bool {
    let letters = value.bytes().take_while(u8::is_ascii_alphabetic).count();
    let figures = value.len() - letters;
    (4..=12).contains(&letters)
        && !has_humps(value)
        && (fewest..=6).contains(&figures)
        && value.bytes().skip(letters).all(|byte| byte.is_ascii_digit())
        && value.len() >= 8
        && !is_term(value)
}

/// Digits under an uppercase name (`AZURE_SPEECH_KEY`), as services issue keys for environment variables.
fn is_of_an_environment(value: &str, name: &str) -> bool {
    let is_constant = name.contains('_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit());
    is_constant
        && name.ends_with("_KEY")
        && matches!(value.len(), 32 | 40 | 64)
        && is_hex(value)
        && looks_random(value, 20)
}

/// A UUID under a name of several words, one of which means a secret: some services issue UUIDs as tokens.
fn is_uuid_secret(value: &str, name: &str) -> bool {
    const OF_DOCUMENTATION: [&str; 2] =
        ["550e8400-e29b-41d4-a716-446655440000", "123e4567-e89b-12d3-a456-426614174000"];
    let is_told = words(name).len() > 1 || words(name) == ["token"] || what_it_names(name) == Some(Names::Password);
    is_uuid(value) && is_told && distinct(value.as_bytes()) > 9 && !OF_DOCUMENTATION.contains(&value)
}

/// Sixty-four digits under the name of a private key, as in wallets.
fn is_wallet_key(value: &str, name: &str) -> bool {
    let digits = value.strip_prefix("0x").unwrap_or_default();
    let lowered = name.to_ascii_lowercase();
    let is_private = ["private", "secret", "deployer", "wallet", "signer"].iter().any(|it| lowered.contains(it));
    digits.len() == 64 && is_hex(digits) && distinct(digits.as_bytes()) > 9 && is_private
}

/// A password in Base64, as in Kubernetes.
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
