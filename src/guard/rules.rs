//! The shapes of tokens by provider, in one table. To extend it, add a line.

use std::ops::RangeInclusive;

use super::SecretKind;
use super::randomness::is_base64;

/// A kind of token: its prefixes, the bytes that may follow, and how many.
pub(super) struct Rule {
    pub(super) prefixes: &'static [&'static str],
    pub(super) inside: Class,
    pub(super) length: RangeInclusive<usize>,
    /// Whether the prefixes are short or common. Then the rest must look random, too.
    pub(super) ambiguous: bool,
    pub(super) kind: SecretKind,
    /// Verifies the checksum at the end of a token, if the provider adds one. A correct token counts in any place. The
    /// rest of the rule judges the others, because tokens that are old or of other issuers have none.
    pub(super) checksum: Option<fn(&str) -> bool>,
}

impl Rule {
    const fn checked(mut self, checksum: fn(&str) -> bool) -> Self {
        self.checksum = Some(checksum);
        self
    }
}

const fn sure(
    prefixes: &'static [&'static str],
    inside: Class,
    length: RangeInclusive<usize>,
    kind: SecretKind,
) -> Rule {
    Rule { prefixes, inside, length, ambiguous: false, kind, checksum: None }
}

const fn unsure(
    prefixes: &'static [&'static str],
    inside: Class,
    length: RangeInclusive<usize>,
    kind: SecretKind,
) -> Rule {
    Rule { prefixes, inside, length, ambiguous: true, kind, checksum: None }
}

const AWS: SecretKind = SecretKind::Key("AWS access");
const GITHUB: SecretKind = SecretKind::Token("GitHub");
const GITLAB: SecretKind = SecretKind::Token("GitLab");
const SLACK: SecretKind = SecretKind::Token("Slack");
const STRIPE: SecretKind = SecretKind::Key("Stripe");
const OPENAI: SecretKind = SecretKind::Key("OpenAI");
const SHOPIFY: SecretKind = SecretKind::Token("Shopify");
const GRAFANA: SecretKind = SecretKind::Token("Grafana");

/// To add a provider: prefixes, letters that follow, how many, what it is, and `.checked(…)` for a checksum. Every
/// matching prefix is tried, from the top. Therefore a longer prefix comes before a shorter one. A `sure` shape needs no
/// more. After an `unsure` prefix, the rest must look random.
pub(super) static RULES: &[Rule] = &[
    sure(&["AKIA", "ASIA", "ABIA", "ACCA"], UPPER, 16..=16, AWS),
    unsure(&["ABSK"], BASE64, 100..=200, SecretKind::Key("AWS Bedrock")),
    sure(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], WORD, 30..=255, GITHUB).checked(crc32_in_base62),
    sure(&["github_pat_"], WORD, 36..=255, GITHUB),
    sure(&["glpat-", "glrt-"], DOTTED, 20..=300, GITLAB),
    sure(
        &["gldt-", "glptt-", "glcbt-", "glsoat-", "gloas-", "glft-", "glagent-", "glimt-", "glffct-", "glwt-"],
        URL,
        20..=300,
        GITLAB,
    ),
    sure(&["xoxa-", "xoxb-", "xoxe-", "xoxe.xoxp-", "xoxp-", "xoxr-", "xoxs-"], DASHED, 20..=255, SLACK),
    sure(&["xapp-"], DASHED, 40..=255, SLACK),
    sure(&["AIza"], URL, 35..=35, SecretKind::Key("Google API")),
    unsure(&["ya29."], DOTTED, 20..=2048, SecretKind::Token("Google")),
    sure(&["GOCSPX-"], URL, 24..=40, SecretKind::Secret("Google client")),
    sure(&["sk_live_", "rk_live_", "sk_test_", "rk_test_"], WORD, 16..=255, STRIPE),
    unsure(&["whsec_"], BASE64, 24..=255, SecretKind::SigningSecret),
    sure(&["sk-ant-"], URL, 20..=255, SecretKind::Key("Anthropic")),
    sure(&["sk-proj-", "sk-svcacct-", "sk-admin-"], URL, 20..=255, OPENAI),
    sure(&["sk-or-v1-"], URL, 40..=255, SecretKind::Key("OpenRouter")),
    unsure(&["sk-lf-"], DASHED, 36..=36, SecretKind::Key("Langfuse")),
    unsure(&["sk-"], URL, 20..=255, OPENAI),
    sure(&["npm_"], ALPHANUMERIC, 36..=36, SecretKind::Token("npm")).checked(crc32_in_base62),
    sure(&["pypi-AgE"], URL, 40..=1024, SecretKind::Token("PyPI")),
    sure(&["pypi-"], URL, 80..=1024, SecretKind::Token("PyPI")),
    unsure(&["SG."], DOTTED, 60..=72, SecretKind::Key("SendGrid")),
    unsure(&["SK"], HEX, 32..=32, SecretKind::Key("Twilio")),
    unsure(&["AC"], HEX, 32..=32, SecretKind::Account("Twilio")),
    unsure(&["AccountKey="], BASE64, 40..=128, SecretKind::Key("Azure storage")),
    unsure(&["SharedAccessKey="], BASE64, 40..=128, SecretKind::Key("Azure access")),
    unsure(&["hf_"], ALPHANUMERIC, 30..=60, SecretKind::Token("Hugging Face")),
    unsure(&["gsk_"], ALPHANUMERIC, 40..=80, SecretKind::Key("Groq")),
    unsure(&["xai-"], ALPHANUMERIC, 60..=120, SecretKind::Key("xAI")),
    unsure(&["pplx-"], ALPHANUMERIC, 40..=80, SecretKind::Key("Perplexity")),
    unsure(&["r8_"], ALPHANUMERIC, 37..=37, SecretKind::Token("Replicate")),
    sure(&["dop_v1_", "doo_v1_", "dor_v1_"], HEX, 64..=64, SecretKind::Token("DigitalOcean")),
    unsure(&["dapi"], HEX, 32..=32, SecretKind::Token("Databricks")),
    unsure(&["hvs."], URL, 24..=200, SecretKind::Token("Vault")),
    unsure(&["hvb."], URL, 100..=400, SecretKind::Token("Vault")),
    sure(&["shpat_", "shpca_", "shppa_", "shpss_"], HEX, 32..=32, SHOPIFY),
    sure(&["lin_api_"], ALPHANUMERIC, 32..=60, SecretKind::Key("Linear")),
    unsure(&["dp.pt."], ALPHANUMERIC, 40..=50, SecretKind::Token("Doppler")),
    unsure(&["PMAK-"], DASHED, 40..=80, SecretKind::Key("Postman")),
    unsure(&["NRAK-"], ALPHANUMERIC, 27..=27, SecretKind::Key("New Relic")),
    unsure(&["sq0atp-"], URL, 22..=22, SecretKind::Token("Square")),
    unsure(&["sq0csp-"], URL, 43..=43, SecretKind::Secret("Square")),
    unsure(&["glsa_"], WORD, 36..=60, GRAFANA),
    unsure(&["glc_", "eyJrIjoi"], BASE64, 60..=400, GRAFANA),
    unsure(&["ATATT3"], DOTTED_BASE64, 100..=300, SecretKind::Token("Atlassian")),
    unsure(&["ntn_"], ALPHANUMERIC, 40..=60, SecretKind::Token("Notion")),
    unsure(&["figd_", "figo_"], URL, 36..=60, SecretKind::Token("Figma")),
    unsure(&["sbp_"], HEX, 40..=40, SecretKind::Token("Supabase")),
    unsure(&["sntrys_"], DOTTED_BASE64, 60..=400, SecretKind::Token("Sentry")),
    sure(&["AGE-SECRET-KEY-1"], ALPHANUMERIC, 58..=58, SecretKind::Key("age")),
    sure(&["dckr_pat_"], URL, 20..=60, SecretKind::Token("Docker")),
    unsure(&["rubygems_"], HEX, 48..=48, SecretKind::Key("RubyGems")),
    unsure(&["GR1348941"], URL, 20..=20, GITLAB),
    unsure(&["pat-na1-", "pat-eu1-"], DASHED, 36..=36, SecretKind::Token("HubSpot")),
    unsure(&["pat.", "sat."], DOTTED, 60..=80, SecretKind::Token("Harness")),
    unsure(&["pat"], DOTTED, 79..=79, SecretKind::Token("Airtable")),
    unsure(&["LTAI"], ALPHANUMERIC, 12..=24, SecretKind::Key("Alibaba Cloud")),
    unsure(&["AKID"], ALPHANUMERIC, 32..=32, SecretKind::Key("Tencent Cloud")),
    unsure(&["AKCp"], ALPHANUMERIC, 56..=80, SecretKind::Key("Artifactory")),
    unsure(&["cmVmdGtu"], BASE64, 50..=80, SecretKind::Token("Artifactory")),
    unsure(&["CLOJARS_"], ALPHANUMERIC, 60..=60, SecretKind::Token("Clojars")),
    unsure(&["v1.0-"], DASHED, 160..=180, SecretKind::Key("Cloudflare origin")),
    unsure(&["sl."], DOTTED, 100..=2048, SecretKind::Token("Dropbox")),
    unsure(&["duffel_live_", "duffel_test_"], URL, 40..=50, SecretKind::Token("Duffel")),
    unsure(&["dt0c01."], DOTTED, 80..=100, SecretKind::Token("Dynatrace")),
    unsure(&["dt0s"], DOTTED, 60..=110, SecretKind::Token("Dynatrace")),
    unsure(&["EZAK", "EZTK"], ALPHANUMERIC, 54..=54, SecretKind::Key("EasyPost")),
    unsure(&["EAAA"], URL, 56..=68, SecretKind::Token("Square")),
    unsure(&["EAA"], ALPHANUMERIC, 60..=300, SecretKind::Token("Facebook")),
    sure(&["access_token$production$", "access_token$sandbox$"], BRAINTREE, 40..=60, SecretKind::Token("Braintree")),
    unsure(&["K10"], COLONS, 70..=140, SecretKind::Token("k3s")),
    unsure(&["sk"], ALPHANUMERIC, 160..=200, SecretKind::Token("Sanity")),
    sure(&["SSWS 00"], URL, 38..=44, SecretKind::Token("Okta")),
    unsure(&["FLWSECK_TEST-", "FLWSECK-"], DASHED, 12..=60, SecretKind::Key("Flutterwave")),
    unsure(&["fo1_"], URL, 40..=50, SecretKind::Token("Fly.io")),
    unsure(&["fm1a_", "fm1r_", "fm2_"], BASE64, 80..=1500, SecretKind::Token("Fly.io")),
    unsure(&["fio-u-"], URL, 60..=70, SecretKind::Token("Frame.io")),
    unsure(&["HRKU-"], URL, 36..=64, SecretKind::Key("Heroku")),
    unsure(&["ico-"], ALPHANUMERIC, 32..=32, SecretKind::Key("Infracost")),
    unsure(&["lsv2_pt_", "lsv2_sk_"], WORD, 40..=50, SecretKind::Key("LangSmith")),
    unsure(&["key-"], HEX, 32..=32, SecretKind::Key("Mailgun")),
    unsure(&["sk.eyJ"], DOTTED, 60..=200, SecretKind::Token("Mapbox")),
    unsure(&["NRII-", "NRIQ-"], URL, 24..=40, SecretKind::Key("New Relic")),
    unsure(&["NRRA-"], URL, 24..=48, SecretKind::Key("New Relic")),
    unsure(&["secret_"], ALPHANUMERIC, 43..=43, SecretKind::Token("Notion")),
    unsure(&["oy2"], ALPHANUMERIC, 43..=43, SecretKind::Key("NuGet")),
    unsure(&["API-"], UPPER, 25..=36, SecretKind::Key("Octopus")),
    unsure(&["ops_eyJ"], BASE64, 200..=1500, SecretKind::Token("1Password")),
    unsure(&["A3-"], DASHED_UPPER, 30..=40, SecretKind::Key("1Password")),
    unsure(&["sha256~"], URL, 43..=43, SecretKind::Token("OpenShift")),
    sure(
        &["access-sandbox-", "access-development-", "access-production-"],
        DASHED,
        36..=36,
        SecretKind::Token("Plaid"),
    ),
    unsure(&["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], DOTTED, 30..=64, SecretKind::Token("PlanetScale")),
    unsure(&["phx_", "phs_"], ALPHANUMERIC, 40..=56, SecretKind::Key("PostHog")),
    unsure(&["pnu_", "pnb_"], ALPHANUMERIC, 36..=36, SecretKind::Token("Prefect")),
    unsure(&["pul-"], HEX, 40..=40, SecretKind::Token("Pulumi")),
    unsure(&["rdme_"], ALPHANUMERIC, 70..=72, SecretKind::Key("ReadMe")),
    unsure(&["xkeysib-", "xsmtpsib-"], DASHED, 75..=90, SecretKind::Key("Brevo")),
    unsure(&["sntryu_"], HEX, 64..=64, SecretKind::Token("Sentry")),
    unsure(&["shippo_live_", "shippo_test_"], HEX, 40..=40, SecretKind::Token("Shippo")),
    unsure(&["sqp_", "squ_", "sqa_"], HEX, 40..=40, SecretKind::Token("Sonar")),
    unsure(&["sgp_"], WORD, 40..=64, SecretKind::Token("Sourcegraph")),
    unsure(&["slk_"], HEX, 64..=64, SecretKind::Token("Sourcegraph")),
    unsure(&["sb_secret_"], URL, 28..=48, SecretKind::Key("Supabase")),
    unsure(&["tskey-"], DASHED, 20..=80, SecretKind::Key("Tailscale")),
    unsure(&["tfp_"], DOTTED, 40..=64, SecretKind::Token("Typeform")),
    unsure(&["s."], ALPHANUMERIC, 24..=24, SecretKind::Token("Vault")),
    unsure(&["hvr."], URL, 24..=400, SecretKind::Token("Vault")),
    unsure(&["vercel_blob_rw_"], WORD, 30..=60, SecretKind::Token("Vercel")),
    unsure(&["vcp_"], ALPHANUMERIC, 24..=64, SecretKind::Token("Vercel")),
    unsure(&["AQVN"], URL, 34..=40, SecretKind::Key("Yandex Cloud")),
    unsure(&["YCAJE"], URL, 20..=40, SecretKind::Key("Yandex Cloud")),
    unsure(&["t1."], DOTTED_BASE64, 86..=400, SecretKind::Token("Yandex Cloud")),
    unsure(&["y0_"], URL, 50..=70, SecretKind::Token("Yandex")),
    unsure(&["aio_"], ALPHANUMERIC, 28..=28, SecretKind::Key("Adafruit")),
    unsure(&["p8e-"], ALPHANUMERIC, 32..=32, SecretKind::Secret("Adobe client")),
    unsure(&["ATBB"], ALPHANUMERIC, 32..=32, SecretKind::Token("Bitbucket")),
    unsure(&["ATCTT3"], DOTTED_BASE64, 80..=300, SecretKind::Token("Bitbucket")),
    unsure(&["CFPAT-"], URL, 43..=43, SecretKind::Token("Contentful")),
    unsure(&["dp.st.", "dp.sa.", "dp.ct."], DOTTED, 40..=60, SecretKind::Token("Doppler")),
    unsure(&["lin_oauth_"], ALPHANUMERIC, 32..=64, SecretKind::Token("Linear")),
    unsure(&["nfp_"], ALPHANUMERIC, 36..=40, SecretKind::Token("Netlify")),
    unsure(&["rzp_live_"], ALPHANUMERIC, 14..=24, SecretKind::Key("Razorpay")),
    unsure(&["tk-us-"], URL, 48..=48, SecretKind::Token("Scalingo")),
    unsure(&["sm_pat_"], ALPHANUMERIC, 16..=32, SecretKind::Token("SettleMint")),
    unsure(&["shptka_"], HEX, 32..=32, SHOPIFY),
    unsure(&["sk_prod_", "rk_prod_"], WORD, 16..=255, STRIPE),
    unsure(&["sk_"], HEX, 48..=48, SecretKind::Key("ElevenLabs")),
    unsure(&["sk_"], URL, 40..=64, SecretKind::Key("Stone")),
    unsure(&["dckr_oat_"], URL, 20..=60, SecretKind::Token("Docker")),
    unsure(&["re_"], WORD, 30..=40, SecretKind::Key("Resend")),
    unsure(&["rnd_"], ALPHANUMERIC, 28..=40, SecretKind::Key("Render")),
    unsure(&["napi_"], ALPHANUMERIC, 40..=80, SecretKind::Key("Neon")),
    unsure(&["pcsk_"], WORD, 50..=90, SecretKind::Key("Pinecone")),
    unsure(&["tgp_v1_"], URL, 40..=50, SecretKind::Key("Together")),
    unsure(&["APP_USR-"], DASHED, 50..=90, SecretKind::Token("Mercado Pago")),
    unsure(&["$aact_"], DOTTED_BASE64, 60..=400, SecretKind::Key("Asaas")),
    unsure(&["Client_Secret_"], HEX, 40..=40, SecretKind::Secret("Efí client")),
    unsure(&["CCIPAT_", "CCIPRJ_"], WORD, 40..=80, SecretKind::Token("CircleCI")),
    unsure(&["bkua_"], HEX, 40..=40, SecretKind::Token("Buildkite")),
    unsure(&["cio"], ALPHANUMERIC, 32..=32, SecretKind::Token("crates.io")),
    unsure(&["xau_"], ALPHANUMERIC, 36..=50, SecretKind::Key("Xata")),
    unsure(&["zpka_"], WORD, 32..=64, SecretKind::Key("Zuplo")),
    unsure(&["AAAAAAAAAAAAAAAAAAAA"], PERCENT, 60..=160, SecretKind::Token("Twitter bearer")),
    unsure(&["1//0"], URL, 40..=200, SecretKind::Token("Google refresh")),
    unsure(&["xprv", "zprv"], ALPHANUMERIC, 107..=108, SecretKind::WalletKey),
    unsure(&["atlasv1."], URL, 60..=70, SecretKind::Token("Terraform Cloud")),
    unsure(&["ddp_"], ALPHANUMERIC, 32..=40, SecretKind::Key("Datadog")),
    unsure(&["AQAAABAAAA"], BASE64, 30..=200, SecretKind::Secret("Jenkins")),
    unsure(&["GOOG1E"], UPPER, 50..=62, SecretKind::Key("Google storage")),
    sure(&["django-insecure-"], DJANGO, 45..=60, SecretKind::Key("Django")),
    unsure(&["TEST-"], DASHED, 60..=90, SecretKind::Token("Mercado Pago")),
    unsure(&["ak_live_", "ak_test_"], ALPHANUMERIC, 24..=40, SecretKind::Key("Pagar.me")),
    unsure(&["IQoJb3JpZ2lu", "FwoGZXIvYXdz"], BASE64, 100..=1500, SecretKind::Token("AWS session")),
    unsure(&["AgEIcHlw"], URL, 47..=1024, SecretKind::Token("PyPI")),
    unsure(&["SWMTKN-1-"], DASHED, 60..=90, SecretKind::Token("Docker Swarm")),
    unsure(&["xoxc-"], DASHED, 40..=255, SLACK),
    unsure(&["xoxd-"], PERCENT, 40..=400, SLACK),
    unsure(&["nvapi-"], URL, 60..=80, SecretKind::Key("NVIDIA")),
    unsure(&["tvly-"], DASHED, 30..=64, SecretKind::Key("Tavily")),
    unsure(&["jina_"], WORD, 50..=80, SecretKind::Key("Jina")),
    unsure(&["fw_"], ALPHANUMERIC, 22..=30, SecretKind::Key("Fireworks")),
    unsure(&["csk-"], ALPHANUMERIC, 40..=60, SecretKind::Key("Cerebras")),
    unsure(&["rpa_"], ALPHANUMERIC, 40..=60, SecretKind::Key("RunPod")),
    unsure(&["e2b_"], HEX, 40..=40, SecretKind::Key("E2B")),
    unsure(&["fc-"], HEX, 32..=32, SecretKind::Key("Firecrawl")),
    unsure(&["mlsn."], HEX, 64..=64, SecretKind::Token("MailerSend")),
    unsure(&["live_"], ALPHANUMERIC, 30..=40, SecretKind::Key("Mollie")),
    unsure(&["ATTA"], ALPHANUMERIC, 60..=80, SecretKind::Token("Trello")),
    unsure(&["1000."], DOTTED, 60..=80, SecretKind::Token("Zoho")),
    unsure(&["IGQV"], URL, 80..=300, SecretKind::Token("Instagram")),
    unsure(&["ory_pat_"], ALPHANUMERIC, 28..=64, SecretKind::Token("Ory")),
    unsure(&["ory_at_"], DOTTED, 40..=120, SecretKind::Token("Ory")),
    unsure(&["nbp_"], ALPHANUMERIC, 36..=44, SecretKind::Token("NetBird")),
    unsure(&["glrtr-"], DOTTED, 20..=300, GITLAB),
    unsure(&["vck_"], ALPHANUMERIC, 40..=64, SecretKind::Key("Vercel")),
    unsure(&["vca_"], ALPHANUMERIC, 40..=64, SecretKind::Token("Vercel")),
    unsure(&["cfut_", "cfat_"], WORD, 40..=60, SecretKind::Token("Cloudflare")),
];

/// GitHub and npm tokens end with the checksum of the text before it, in six digits of base 62.
fn crc32_in_base62(body: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((drawn, told)) = body.split_at_checked(30).filter(|(_, told)| told.len() == 6) else { return false };
    let told = told
        .bytes()
        .try_fold(0u64, |sum, byte| Some(sum * 62 + DIGITS.iter().position(|digit| *digit == byte)? as u64));
    told == Some(u64::from(crc32fast::hash(drawn.as_bytes())))
}

/// The bytes that a token may contain.
pub(super) type Class = fn(u8) -> bool;

pub(super) const ALPHANUMERIC: Class = |byte| byte.is_ascii_alphanumeric();
const UPPER: Class = |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit();
pub(super) const HEX: Class = |byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
const WORD: Class = |byte| ALPHANUMERIC(byte) || byte == b'_';
const DASHED: Class = |byte| ALPHANUMERIC(byte) || byte == b'-';
const DASHED_UPPER: Class = |byte| UPPER(byte) || byte == b'-';
const PERCENT: Class = |byte| ALPHANUMERIC(byte) || byte == b'%';
const COLONS: Class = |byte| ALPHANUMERIC(byte) || byte == b':';
pub(super) const URL: Class = |byte| ALPHANUMERIC(byte) || byte == b'_' || byte == b'-';
pub(super) const DOTTED: Class = |byte| URL(byte) || byte == b'.';
const BASE64: Class = is_base64;
const DOTTED_BASE64: Class = |byte| DOTTED(byte) || BASE64(byte);
const BRAINTREE: Class = |byte| ALPHANUMERIC(byte) || byte == b'$';
const DJANGO: Class = |byte| ALPHANUMERIC(byte) || b"!@#$%^&*(-_=+)".contains(&byte);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::matches::Matches;
    use crate::guard::tokens;

    /// A body of `length` bytes that the class allows. A dot or a dash at its end would not be part of the token.
    fn body(random: &mut fastrand::Rng, inside: Class, length: usize) -> String {
        let allowed: Vec<u8> = (b'!'..=b'~').filter(|byte| inside(*byte)).collect();
        let ends: Vec<u8> = allowed.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        let bytes = |at| if at == length { &ends } else { &allowed };
        (1..=length).map(|at| char::from(*random.choice(bytes(at)).unwrap())).collect()
    }

    #[test]
    fn token_of_each_row_is_found_at_both_of_its_lengths() {
        let mut random = fastrand::Rng::with_seed(25);
        let mut missed = Vec::new();
        let mut drawn = 0;
        for rule in RULES {
            for prefix in rule.prefixes {
                for length in [*rule.length.start(), *rule.length.end()] {
                    drawn += 1;
                    // By chance, a body may look like words.
                    let is_found = (0..100).any(|_| {
                        let token = [prefix, &*body(&mut random, rule.inside, length)].concat();
                        let mut matches = Matches::default();
                        tokens::scan(&token, &mut matches);
                        matches.found == [(0..token.len(), rule.kind.clone())]
                    });
                    if !is_found {
                        missed.push(format!("{prefix} with {length}"));
                    }
                }
            }
        }
        assert!(missed.is_empty() && drawn > 400, "{drawn} drawn, not found: {missed:#?}");
    }
}
