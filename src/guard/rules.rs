//! The shapes of tokens by provider: one table, to be extended by a line.

use super::Kind;
use super::randomness::is_base64;

/// A kind of token: what it may begin with, what may follow, and how many bytes of it.
pub(super) struct Rule {
    pub(super) prefixes: &'static [&'static str],
    pub(super) inside: fn(u8) -> bool,
    pub(super) length: std::ops::RangeInclusive<usize>,
    /// Whether the prefixes are so short or common that what follows must look random, too.
    pub(super) ambiguous: bool,
    pub(super) kind: Kind,
    /// Where the provider ends its tokens with a checksum: whether that of what follows the prefix is right. Such a token is one
    /// wherever it stands; others are judged by the rest of this line, for old ones and other issuers' have none.
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
    inside: fn(u8) -> bool,
    length: std::ops::RangeInclusive<usize>,
    kind: Kind,
) -> Rule {
    Rule { prefixes, inside, length, ambiguous: false, kind, checksum: None }
}

const fn unsure(
    prefixes: &'static [&'static str],
    inside: fn(u8) -> bool,
    length: std::ops::RangeInclusive<usize>,
    kind: Kind,
) -> Rule {
    Rule { prefixes, inside, length, ambiguous: true, kind, checksum: None }
}

const AWS: Kind = Kind::Key("AWS access");
const GITHUB: Kind = Kind::Token("GitHub");
const GITLAB: Kind = Kind::Token("GitLab");
const SLACK: Kind = Kind::Token("Slack");
const STRIPE: Kind = Kind::Key("Stripe");
const OPENAI: Kind = Kind::Key("OpenAI");
const SHOPIFY: Kind = Kind::Token("Shopify");
const GRAFANA: Kind = Kind::Token("Grafana");

/// To add a provider: its prefixes, the letters that follow, how many of them, what it is, and `.checked(…)` if it has a
/// checksum. Where several prefixes match, each is tried. `sure` shapes need no more than that; what follows an `unsure` prefix must look random as well.
pub(super) static RULES: &[Rule] = &[
    sure(&["AKIA", "ASIA", "ABIA", "ACCA"], upper, 16..=16, AWS),
    unsure(&["ABSK"], is_base64, 100..=200, Kind::Key("AWS Bedrock")),
    sure(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], word, 30..=255, GITHUB).checked(crc32_in_base62),
    sure(&["github_pat_"], word, 36..=255, GITHUB),
    sure(&["glpat-", "glrt-"], dotted, 20..=300, GITLAB),
    sure(
        &["gldt-", "glptt-", "glcbt-", "glsoat-", "gloas-", "glft-", "glagent-", "glimt-", "glffct-", "glwt-"],
        url,
        20..=300,
        GITLAB,
    ),
    sure(&["xoxa-", "xoxb-", "xoxe-", "xoxe.xoxp-", "xoxp-", "xoxr-", "xoxs-"], dashed, 20..=255, SLACK),
    sure(&["xapp-"], dashed, 40..=255, SLACK),
    sure(&["AIza"], url, 35..=35, Kind::Key("Google API")),
    unsure(&["ya29."], dotted, 20..=2048, Kind::Token("Google")),
    sure(&["GOCSPX-"], url, 24..=40, Kind::Secret("Google client")),
    sure(&["sk_live_", "rk_live_", "sk_test_", "rk_test_"], word, 16..=255, STRIPE),
    unsure(&["whsec_"], is_base64, 24..=255, Kind::SigningSecret),
    sure(&["sk-ant-"], url, 20..=255, Kind::Key("Anthropic")),
    sure(&["sk-proj-", "sk-svcacct-", "sk-admin-"], url, 20..=255, OPENAI),
    sure(&["sk-or-v1-"], url, 40..=255, Kind::Key("OpenRouter")),
    unsure(&["sk-"], url, 20..=255, OPENAI),
    sure(&["npm_"], alphanumeric, 36..=36, Kind::Token("npm")).checked(crc32_in_base62),
    sure(&["pypi-AgE"], url, 40..=1024, Kind::Token("PyPI")),
    sure(&["pypi-"], url, 80..=1024, Kind::Token("PyPI")),
    unsure(&["SG."], dotted, 60..=72, Kind::Key("SendGrid")),
    unsure(&["SK"], hex, 32..=32, Kind::Key("Twilio")),
    unsure(&["AC"], hex, 32..=32, Kind::Account("Twilio")),
    unsure(&["AccountKey="], is_base64, 40..=128, Kind::Key("Azure storage")),
    unsure(&["SharedAccessKey="], is_base64, 40..=128, Kind::Key("Azure access")),
    unsure(&["hf_"], alphanumeric, 30..=60, Kind::Token("Hugging Face")),
    unsure(&["gsk_"], alphanumeric, 40..=80, Kind::Key("Groq")),
    unsure(&["xai-"], alphanumeric, 60..=120, Kind::Key("xAI")),
    unsure(&["pplx-"], alphanumeric, 40..=80, Kind::Key("Perplexity")),
    unsure(&["r8_"], alphanumeric, 37..=37, Kind::Token("Replicate")),
    sure(&["dop_v1_", "doo_v1_", "dor_v1_"], hex, 64..=64, Kind::Token("DigitalOcean")),
    unsure(&["dapi"], hex, 32..=32, Kind::Token("Databricks")),
    unsure(&["hvs."], url, 24..=200, Kind::Token("Vault")),
    unsure(&["hvb."], url, 100..=400, Kind::Token("Vault")),
    sure(&["shpat_", "shpca_", "shppa_", "shpss_"], hex, 32..=32, SHOPIFY),
    sure(&["lin_api_"], alphanumeric, 32..=60, Kind::Key("Linear")),
    unsure(&["dp.pt."], alphanumeric, 40..=50, Kind::Token("Doppler")),
    unsure(&["PMAK-"], dashed, 40..=80, Kind::Key("Postman")),
    unsure(&["NRAK-"], alphanumeric, 27..=27, Kind::Key("New Relic")),
    unsure(&["sq0atp-"], url, 22..=22, Kind::Token("Square")),
    unsure(&["sq0csp-"], url, 43..=43, Kind::Secret("Square")),
    unsure(&["glsa_"], word, 36..=60, GRAFANA),
    unsure(&["glc_", "eyJrIjoi"], is_base64, 60..=400, GRAFANA),
    unsure(&["ATATT3"], dotted_base64, 100..=300, Kind::Token("Atlassian")),
    unsure(&["ntn_"], alphanumeric, 40..=60, Kind::Token("Notion")),
    unsure(&["figd_", "figo_"], url, 36..=60, Kind::Token("Figma")),
    unsure(&["sbp_"], hex, 40..=40, Kind::Token("Supabase")),
    unsure(&["sntrys_"], dotted_base64, 60..=400, Kind::Token("Sentry")),
    sure(&["AGE-SECRET-KEY-1"], alphanumeric, 58..=58, Kind::Key("age")),
    sure(&["dckr_pat_"], url, 20..=60, Kind::Token("Docker")),
    unsure(&["rubygems_"], hex, 48..=48, Kind::Key("RubyGems")),
    unsure(&["GR1348941"], url, 20..=20, GITLAB),
    unsure(&["pat-na1-", "pat-eu1-"], dashed, 36..=36, Kind::Token("HubSpot")),
    unsure(&["pat.", "sat."], dotted, 60..=80, Kind::Token("Harness")),
    unsure(&["pat"], dotted, 79..=79, Kind::Token("Airtable")),
    unsure(&["LTAI"], alphanumeric, 12..=24, Kind::Key("Alibaba Cloud")),
    unsure(&["AKID"], alphanumeric, 32..=32, Kind::Key("Tencent Cloud")),
    unsure(&["AKCp"], alphanumeric, 56..=80, Kind::Key("Artifactory")),
    unsure(&["cmVmdGtu"], is_base64, 50..=80, Kind::Token("Artifactory")),
    unsure(&["CLOJARS_"], alphanumeric, 60..=60, Kind::Token("Clojars")),
    unsure(&["v1.0-"], dashed, 160..=180, Kind::Key("Cloudflare origin")),
    unsure(&["sl."], dotted, 100..=2048, Kind::Token("Dropbox")),
    unsure(&["duffel_live_", "duffel_test_"], url, 40..=50, Kind::Token("Duffel")),
    unsure(&["dt0c01."], dotted, 80..=100, Kind::Token("Dynatrace")),
    unsure(&["dt0s"], dotted, 60..=110, Kind::Token("Dynatrace")),
    unsure(&["EZAK", "EZTK"], alphanumeric, 54..=54, Kind::Key("EasyPost")),
    unsure(&["EAAA"], url, 56..=68, Kind::Token("Square")),
    unsure(&["EAA"], alphanumeric, 60..=300, Kind::Token("Facebook")),
    sure(&["access_token$production$", "access_token$sandbox$"], braintree, 40..=60, Kind::Token("Braintree")),
    unsure(&["K10"], colons, 70..=140, Kind::Token("k3s")),
    unsure(&["sk"], alphanumeric, 160..=200, Kind::Token("Sanity")),
    sure(&["SSWS 00"], url, 38..=44, Kind::Token("Okta")),
    unsure(&["FLWSECK_TEST-", "FLWSECK-"], dashed, 12..=60, Kind::Key("Flutterwave")),
    unsure(&["fo1_"], url, 40..=50, Kind::Token("Fly.io")),
    unsure(&["fm1a_", "fm1r_", "fm2_"], is_base64, 80..=1500, Kind::Token("Fly.io")),
    unsure(&["fio-u-"], url, 60..=70, Kind::Token("Frame.io")),
    unsure(&["HRKU-"], url, 36..=64, Kind::Key("Heroku")),
    unsure(&["ico-"], alphanumeric, 32..=32, Kind::Key("Infracost")),
    unsure(&["lsv2_pt_", "lsv2_sk_"], word, 40..=50, Kind::Key("LangSmith")),
    unsure(&["key-"], hex, 32..=32, Kind::Key("Mailgun")),
    unsure(&["sk.eyJ"], dotted, 60..=200, Kind::Token("Mapbox")),
    unsure(&["NRII-", "NRIQ-"], url, 24..=40, Kind::Key("New Relic")),
    unsure(&["NRRA-"], url, 24..=48, Kind::Key("New Relic")),
    unsure(&["secret_"], alphanumeric, 43..=43, Kind::Token("Notion")),
    unsure(&["oy2"], alphanumeric, 43..=43, Kind::Key("NuGet")),
    unsure(&["API-"], upper, 25..=36, Kind::Key("Octopus")),
    unsure(&["ops_eyJ"], is_base64, 200..=1500, Kind::Token("1Password")),
    unsure(&["A3-"], dashed_upper, 30..=40, Kind::Key("1Password")),
    unsure(&["sha256~"], url, 43..=43, Kind::Token("OpenShift")),
    sure(&["access-sandbox-", "access-development-", "access-production-"], dashed, 36..=36, Kind::Token("Plaid")),
    unsure(&["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], dotted, 30..=64, Kind::Token("PlanetScale")),
    unsure(&["phx_", "phs_"], alphanumeric, 40..=56, Kind::Key("PostHog")),
    unsure(&["pnu_", "pnb_"], alphanumeric, 36..=36, Kind::Token("Prefect")),
    unsure(&["pul-"], hex, 40..=40, Kind::Token("Pulumi")),
    unsure(&["rdme_"], alphanumeric, 70..=72, Kind::Key("ReadMe")),
    unsure(&["xkeysib-", "xsmtpsib-"], dashed, 75..=90, Kind::Key("Brevo")),
    unsure(&["sntryu_"], hex, 64..=64, Kind::Token("Sentry")),
    unsure(&["shippo_live_", "shippo_test_"], hex, 40..=40, Kind::Token("Shippo")),
    unsure(&["sqp_", "squ_", "sqa_"], hex, 40..=40, Kind::Token("Sonar")),
    unsure(&["sgp_"], word, 40..=64, Kind::Token("Sourcegraph")),
    unsure(&["slk_"], hex, 64..=64, Kind::Token("Sourcegraph")),
    unsure(&["sb_secret_"], url, 28..=48, Kind::Key("Supabase")),
    unsure(&["tskey-"], dashed, 20..=80, Kind::Key("Tailscale")),
    unsure(&["tfp_"], dotted, 40..=64, Kind::Token("Typeform")),
    unsure(&["s."], alphanumeric, 24..=24, Kind::Token("Vault")),
    unsure(&["hvr."], url, 24..=400, Kind::Token("Vault")),
    unsure(&["vercel_blob_rw_"], word, 30..=60, Kind::Token("Vercel")),
    unsure(&["vcp_"], alphanumeric, 24..=64, Kind::Token("Vercel")),
    unsure(&["AQVN"], url, 34..=40, Kind::Key("Yandex Cloud")),
    unsure(&["YCAJE"], url, 20..=40, Kind::Key("Yandex Cloud")),
    unsure(&["t1."], dotted_base64, 86..=400, Kind::Token("Yandex Cloud")),
    unsure(&["y0_"], url, 50..=70, Kind::Token("Yandex")),
    unsure(&["aio_"], alphanumeric, 28..=28, Kind::Key("Adafruit")),
    unsure(&["p8e-"], alphanumeric, 32..=32, Kind::Secret("Adobe client")),
    unsure(&["ATBB"], alphanumeric, 32..=32, Kind::Token("Bitbucket")),
    unsure(&["ATCTT3"], dotted_base64, 80..=300, Kind::Token("Bitbucket")),
    unsure(&["CFPAT-"], url, 43..=43, Kind::Token("Contentful")),
    unsure(&["dp.st.", "dp.sa.", "dp.ct."], dotted, 40..=60, Kind::Token("Doppler")),
    unsure(&["lin_oauth_"], alphanumeric, 32..=64, Kind::Token("Linear")),
    unsure(&["nfp_"], alphanumeric, 36..=40, Kind::Token("Netlify")),
    unsure(&["rzp_live_"], alphanumeric, 14..=24, Kind::Key("Razorpay")),
    unsure(&["tk-us-"], url, 48..=48, Kind::Token("Scalingo")),
    unsure(&["sm_pat_"], alphanumeric, 16..=32, Kind::Token("SettleMint")),
    unsure(&["shptka_"], hex, 32..=32, SHOPIFY),
    unsure(&["sk_prod_", "rk_prod_"], word, 16..=255, STRIPE),
    unsure(&["sk_"], hex, 48..=48, Kind::Key("ElevenLabs")),
    unsure(&["sk_"], url, 40..=64, Kind::Key("Stone")),
    unsure(&["dckr_oat_"], url, 20..=60, Kind::Token("Docker")),
    unsure(&["re_"], word, 30..=40, Kind::Key("Resend")),
    unsure(&["rnd_"], alphanumeric, 28..=40, Kind::Key("Render")),
    unsure(&["napi_"], alphanumeric, 40..=80, Kind::Key("Neon")),
    unsure(&["pcsk_"], word, 50..=90, Kind::Key("Pinecone")),
    unsure(&["tgp_v1_"], url, 40..=50, Kind::Key("Together")),
    unsure(&["sk-lf-"], dashed, 36..=36, Kind::Key("Langfuse")),
    unsure(&["APP_USR-"], dashed, 50..=90, Kind::Token("Mercado Pago")),
    unsure(&["$aact_"], dotted_base64, 60..=400, Kind::Key("Asaas")),
    unsure(&["Client_Secret_"], hex, 40..=40, Kind::Secret("Efí client")),
    unsure(&["CCIPAT_", "CCIPRJ_"], word, 40..=80, Kind::Token("CircleCI")),
    unsure(&["bkua_"], hex, 40..=40, Kind::Token("Buildkite")),
    unsure(&["cio"], alphanumeric, 32..=32, Kind::Token("crates.io")),
    unsure(&["xau_"], alphanumeric, 36..=50, Kind::Key("Xata")),
    unsure(&["zpka_"], word, 32..=64, Kind::Key("Zuplo")),
    unsure(&["AAAAAAAAAAAAAAAAAAAA"], percent, 60..=160, Kind::Token("Twitter bearer")),
    unsure(&["1//0"], url, 40..=200, Kind::Token("Google refresh")),
    unsure(&["xprv", "zprv"], alphanumeric, 107..=108, Kind::WalletKey),
    unsure(&["atlasv1."], url, 60..=70, Kind::Token("Terraform Cloud")),
    unsure(&["ddp_"], alphanumeric, 32..=40, Kind::Key("Datadog")),
    unsure(&["AQAAABAAAA"], is_base64, 30..=200, Kind::Secret("Jenkins")),
    unsure(&["GOOG1E"], upper, 50..=62, Kind::Key("Google storage")),
    sure(&["django-insecure-"], django, 45..=60, Kind::Key("Django")),
    unsure(&["TEST-"], dashed, 60..=90, Kind::Token("Mercado Pago")),
    unsure(&["ak_live_", "ak_test_"], alphanumeric, 24..=40, Kind::Key("Pagar.me")),
    unsure(&["IQoJb3JpZ2lu", "FwoGZXIvYXdz"], is_base64, 100..=1500, Kind::Token("AWS session")),
    unsure(&["AgEIcHlw"], url, 47..=1024, Kind::Token("PyPI")),
    unsure(&["SWMTKN-1-"], dashed, 60..=90, Kind::Token("Docker Swarm")),
    unsure(&["xoxc-"], dashed, 40..=255, SLACK),
    unsure(&["xoxd-"], percent, 40..=400, SLACK),
    unsure(&["nvapi-"], url, 60..=80, Kind::Key("NVIDIA")),
    unsure(&["tvly-"], dashed, 30..=64, Kind::Key("Tavily")),
    unsure(&["jina_"], word, 50..=80, Kind::Key("Jina")),
    unsure(&["fw_"], alphanumeric, 22..=30, Kind::Key("Fireworks")),
    unsure(&["csk-"], alphanumeric, 40..=60, Kind::Key("Cerebras")),
    unsure(&["rpa_"], alphanumeric, 40..=60, Kind::Key("RunPod")),
    unsure(&["e2b_"], hex, 40..=40, Kind::Key("E2B")),
    unsure(&["fc-"], hex, 32..=32, Kind::Key("Firecrawl")),
    unsure(&["mlsn."], hex, 64..=64, Kind::Token("MailerSend")),
    unsure(&["live_"], alphanumeric, 30..=40, Kind::Key("Mollie")),
    unsure(&["ATTA"], alphanumeric, 60..=80, Kind::Token("Trello")),
    unsure(&["1000."], dotted, 60..=80, Kind::Token("Zoho")),
    unsure(&["IGQV"], url, 80..=300, Kind::Token("Instagram")),
    unsure(&["ory_pat_"], alphanumeric, 28..=64, Kind::Token("Ory")),
    unsure(&["ory_at_"], dotted, 40..=120, Kind::Token("Ory")),
    unsure(&["nbp_"], alphanumeric, 36..=44, Kind::Token("NetBird")),
    unsure(&["glrtr-"], dotted, 20..=300, GITLAB),
    unsure(&["vck_"], alphanumeric, 40..=64, Kind::Key("Vercel")),
    unsure(&["vca_"], alphanumeric, 40..=64, Kind::Token("Vercel")),
    unsure(&["cfut_", "cfat_"], word, 40..=60, Kind::Token("Cloudflare")),
];

/// GitHub's tokens, and npm's, end with the checksum of what is before it, in six digits of base 62.
fn crc32_in_base62(body: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((drawn, told)) = body.split_at_checked(30).filter(|(_, told)| told.len() == 6) else { return false };
    let told = told
        .bytes()
        .try_fold(0u64, |sum, byte| Some(sum * 62 + DIGITS.iter().position(|digit| *digit == byte)? as u64));
    told == Some(u64::from(crc32fast::hash(drawn.as_bytes())))
}

/// What Django draws its keys from.
fn django(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!@#$%^&*(-_=+)".contains(&byte)
}

fn colons(byte: u8) -> bool {
    alphanumeric(byte) || byte == b':'
}

fn braintree(byte: u8) -> bool {
    alphanumeric(byte) || byte == b'$'
}

pub(super) fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

pub(super) fn hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn dashed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

pub(super) fn url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

pub(super) fn dotted(byte: u8) -> bool {
    url(byte) || byte == b'.'
}

fn dotted_base64(byte: u8) -> bool {
    dotted(byte) || is_base64(byte)
}

fn dashed_upper(byte: u8) -> bool {
    upper(byte) || byte == b'-'
}

fn percent(byte: u8) -> bool {
    alphanumeric(byte) || byte == b'%'
}
