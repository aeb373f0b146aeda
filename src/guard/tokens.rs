//! Tokens whose shape gives them away, wherever they stand.

use super::randomness::{distinct, is_base64, is_filler, looks_random, run};
use super::secrets::Hits;

/// No part of a JWT is measured further, in bytes: the header is a small JSON object, the payload may be large.
const LONGEST_JWT_HEADER: usize = 1024;
const LONGEST_JWT_PAYLOAD: usize = 16 * 1024;
const LONGEST_JWT_SIGNATURE: usize = 1024;

/// A kind of token: what it begins with, what may follow, and how many bytes of it.
pub(super) struct Shape {
    prefix: &'static str,
    inside: fn(u8) -> bool,
    length: std::ops::RangeInclusive<usize>,
    /// Whether the prefix is so short or common that what follows must look random, too.
    ambiguous: bool,
    pub(super) what: &'static str,
}

const fn sure(
    prefix: &'static str,
    inside: fn(u8) -> bool,
    length: std::ops::RangeInclusive<usize>,
    what: &'static str,
) -> Shape {
    Shape { prefix, inside, length, ambiguous: false, what }
}

const fn unsure(
    prefix: &'static str,
    inside: fn(u8) -> bool,
    length: std::ops::RangeInclusive<usize>,
    what: &'static str,
) -> Shape {
    Shape { prefix, inside, length, ambiguous: true, what }
}

const AWS: &str = "an AWS access key";
const GITHUB: &str = "a GitHub token";
const GITLAB: &str = "a GitLab token";
const SLACK: &str = "a Slack token";
const GOOGLE: &str = "a Google token";
const STRIPE: &str = "a Stripe key";
const OPENAI: &str = "an OpenAI key";
const AZURE: &str = "an Azure storage key";
const SHOPIFY: &str = "a Shopify token";
const GRAFANA: &str = "a Grafana token";
const DIGITALOCEAN: &str = "a DigitalOcean token";

/// Where two prefixes match, the first counts: the longer stands first.
pub(super) static SHAPES: [Shape; 79] = [
    sure("AKIA", upper, 16..=16, AWS),
    sure("ASIA", upper, 16..=16, AWS),
    sure("ABIA", upper, 16..=16, AWS),
    sure("ACCA", upper, 16..=16, AWS),
    unsure("ABSK", is_base64, 100..=200, "an AWS Bedrock key"),
    sure("ghp_", word, 30..=255, GITHUB),
    sure("gho_", word, 30..=255, GITHUB),
    sure("ghu_", word, 30..=255, GITHUB),
    sure("ghs_", word, 30..=255, GITHUB),
    sure("ghr_", word, 30..=255, GITHUB),
    sure("github_pat_", word, 36..=255, GITHUB),
    sure("glpat-", dotted, 20..=300, GITLAB),
    sure("gldt-", url, 20..=300, GITLAB),
    sure("glrt-", dotted, 20..=300, GITLAB),
    sure("glptt-", url, 20..=300, GITLAB),
    sure("glcbt-", url, 20..=300, GITLAB),
    sure("glsoat-", url, 20..=300, GITLAB),
    sure("gloas-", url, 20..=300, GITLAB),
    sure("xoxa-", dashed, 20..=255, SLACK),
    sure("xoxb-", dashed, 20..=255, SLACK),
    sure("xoxe-", dashed, 20..=255, SLACK),
    sure("xoxe.xoxp-", dashed, 20..=255, SLACK),
    sure("xoxp-", dashed, 20..=255, SLACK),
    sure("xoxr-", dashed, 20..=255, SLACK),
    sure("xoxs-", dashed, 20..=255, SLACK),
    sure("xapp-", dashed, 40..=255, SLACK),
    sure("AIza", url, 35..=35, "a Google API key"),
    unsure("ya29.", dotted, 20..=2048, GOOGLE),
    sure("GOCSPX-", url, 24..=40, "a Google client secret"),
    sure("sk_live_", word, 16..=255, STRIPE),
    sure("rk_live_", word, 16..=255, STRIPE),
    sure("sk_test_", word, 16..=255, STRIPE),
    sure("rk_test_", word, 16..=255, STRIPE),
    unsure("whsec_", is_base64, 24..=255, "a web hook's signing secret"),
    sure("sk-ant-", url, 20..=255, "an Anthropic key"),
    sure("sk-proj-", url, 20..=255, OPENAI),
    sure("sk-svcacct-", url, 20..=255, OPENAI),
    sure("sk-admin-", url, 20..=255, OPENAI),
    sure("sk-or-v1-", url, 40..=255, "an OpenRouter key"),
    unsure("sk-", url, 20..=255, OPENAI),
    sure("npm_", alphanumeric, 36..=36, "an npm token"),
    sure("pypi-AgE", url, 40..=1024, "a PyPI token"),
    sure("pypi-", url, 80..=1024, "a PyPI token"),
    unsure("SG.", dotted, 60..=72, "a SendGrid key"),
    unsure("SK", hex, 32..=32, "a Twilio key"),
    unsure("AC", hex, 32..=32, "a Twilio account"),
    unsure("AccountKey=", is_base64, 40..=128, AZURE),
    unsure("SharedAccessKey=", is_base64, 40..=128, "an Azure access key"),
    unsure("hf_", alphanumeric, 30..=60, "a Hugging Face token"),
    unsure("gsk_", alphanumeric, 40..=80, "a Groq key"),
    unsure("xai-", alphanumeric, 60..=120, "an xAI key"),
    unsure("pplx-", alphanumeric, 40..=80, "a Perplexity key"),
    unsure("r8_", alphanumeric, 37..=37, "a Replicate token"),
    sure("dop_v1_", hex, 64..=64, DIGITALOCEAN),
    sure("doo_v1_", hex, 64..=64, DIGITALOCEAN),
    sure("dor_v1_", hex, 64..=64, DIGITALOCEAN),
    unsure("dapi", hex, 32..=32, "a Databricks token"),
    unsure("hvs.", url, 24..=200, "a Vault token"),
    unsure("hvb.", url, 100..=400, "a Vault token"),
    sure("shpat_", hex, 32..=32, SHOPIFY),
    sure("shpca_", hex, 32..=32, SHOPIFY),
    sure("shppa_", hex, 32..=32, SHOPIFY),
    sure("shpss_", hex, 32..=32, SHOPIFY),
    sure("lin_api_", alphanumeric, 32..=60, "a Linear key"),
    unsure("dp.pt.", alphanumeric, 40..=50, "a Doppler token"),
    unsure("PMAK-", dashed, 40..=80, "a Postman key"),
    unsure("NRAK-", alphanumeric, 27..=27, "a New Relic key"),
    unsure("sq0atp-", url, 22..=22, "a Square token"),
    unsure("sq0csp-", url, 43..=43, "a Square secret"),
    unsure("glsa_", word, 36..=60, GRAFANA),
    unsure("glc_", is_base64, 60..=400, GRAFANA),
    unsure("ATATT3", dotted_base64, 100..=300, "an Atlassian token"),
    unsure("ntn_", alphanumeric, 40..=60, "a Notion token"),
    unsure("figd_", url, 36..=60, "a Figma token"),
    unsure("sbp_", hex, 40..=40, "a Supabase token"),
    unsure("sntrys_", dotted_base64, 60..=400, "a Sentry token"),
    sure("AGE-SECRET-KEY-1", alphanumeric, 58..=58, "an age key"),
    sure("dckr_pat_", url, 20..=60, "a Docker token"),
    unsure("rubygems_", hex, 48..=48, "a RubyGems key"),
];

/// For each first byte of a prefix, the set of the second ones: most words of a text are set aside by one look.
static BEGINNINGS: [u128; 128] = beginnings();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn beginnings() -> [u128; 128] {
    let mut table = [0; 128];
    let mut index = 0;
    while index < SHAPES.len() {
        let prefix = SHAPES[index].prefix.as_bytes();
        table[prefix[0] as usize] |= 1 << prefix[1];
        index += 1;
    }
    table
}

fn may_begin(rest: &[u8]) -> bool {
    let [first, second, ..] = rest else { return false };
    let seconds = BEGINNINGS.get(usize::from(*first)).copied().unwrap_or_default();
    second.is_ascii() && seconds >> second & 1 == 1
}

/// Finds the tokens in `line`.
pub(super) fn scan(line: &str, hits: &mut Hits) {
    let bytes = line.as_bytes();
    let mut before = 0;
    for (start, &byte) in bytes.iter().enumerate() {
        let after_word = url(before);
        before = byte;
        if !byte.is_ascii_alphanumeric() || after_word && !is_escape(bytes, start) {
            continue;
        }
        if let Some(length) = telegram(bytes, start) {
            hits.add(start..start + length, "a Telegram bot's token");
            continue;
        }
        if let Some(length) = json_web_token(line, start) {
            hits.add(start..start + length, "a JSON Web Token");
            continue;
        }
        let rest = bytes.get(start..).unwrap_or_default();
        if !may_begin(rest) {
            continue;
        }
        let Some(shape) = SHAPES.iter().find(|shape| rest.starts_with(shape.prefix.as_bytes())) else { continue };
        let body_start = start + shape.prefix.len();
        let length = run(bytes, body_start, shape.length.end() + 1, shape.inside);
        let Some(body) = line.get(body_start..body_start + length) else { continue };
        // A dot or a dash after a token ends the sentence, not the token.
        let body = body.trim_end_matches(['.', '-']);
        let mixed = || distinct(body.as_bytes()) > 5 && !is_filler(body.as_bytes()) && !is_words(body);
        if shape.length.contains(&body.len()) && mixed() && (!shape.ambiguous || looks_random(body, 16)) {
            hits.add(start..body_start + body.len(), shape.what);
        }
    }
}

/// Whether an escape like `\n` ends right before `start`: its letter is no part of a word.
fn is_escape(bytes: &[u8], start: usize) -> bool {
    let Some(escape) = start.checked_sub(2).and_then(|at| bytes.get(at..start)) else { return false };
    matches!(escape, [b'\\', b'n' | b'r' | b't'])
}

/// A body like `your_token_goes_here` or `xxxx`: no digit, or the usual words. A short word inside of random letters is
/// there by chance; it counts at the start of the body, or set off.
fn is_words(body: &str) -> bool {
    let lowered = body.to_ascii_lowercase();
    let long_marks = ["placeholder", "redacted", "token_here", "key_here"];
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
fn telegram(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = run(bytes, start, 12, |byte| byte.is_ascii_digit());
    let secret = bytes.get(start + digits..)?.strip_prefix(b":AA")?;
    let length = run(secret, 0, 40, url);
    let random = || secret.get(..length).and_then(|secret| std::str::from_utf8(secret).ok());
    ((8..=10).contains(&digits) && length == 33 && random().is_some_and(|it| looks_random(it, 16)))
        .then_some(digits + 3 + length)
}

/// The length of the JWT at `start`: three parts, and a first one that decodes to a JSON object with `alg`.
fn json_web_token(line: &str, start: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    if !bytes.get(start..)?.starts_with(b"eyJ") {
        return None;
    }
    let header = run(bytes, start, LONGEST_JWT_HEADER, url);
    let payload_start = start + header + 1;
    let payload = run(bytes, payload_start, LONGEST_JWT_PAYLOAD, url);
    let signature_start = payload_start + payload + 1;
    let dots = [start + header, payload_start + payload];
    if payload < 4 || dots.iter().any(|&dot| bytes.get(dot) != Some(&b'.')) {
        return None;
    }
    let decoded = base64(bytes.get(start..start + header)?)?;
    let decoded: serde_json::Value = serde_json::from_slice(&decoded).ok()?;
    decoded.get("alg")?;
    // An encrypted one (JWE) has two parts more.
    let signature = run(bytes, signature_start, LONGEST_JWT_SIGNATURE, dotted);
    (signature >= 16).then_some(signature_start + signature - start)
}

/// Decodes Base64 of either alphabet, with or without padding.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut buffer, mut bits) = (0u32, 0);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        buffer = (buffer << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            decoded.push((buffer >> bits & 0xff) as u8);
        }
    }
    Some(decoded)
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn dashed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn dotted(byte: u8) -> bool {
    url(byte) || byte == b'.'
}

fn dotted_base64(byte: u8) -> bool {
    dotted(byte) || is_base64(byte)
}
