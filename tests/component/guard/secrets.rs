//! Texts with a secret.

use stackspot_lsp::testing::guard::find_secrets;

/// The findings in `text`, with their lines. Checks that no finding reveals `secret`.
#[track_caller]
fn found(text: &str, secret: &str) -> Vec<(String, usize)> {
    let findings = find_secrets(text);
    for finding in &findings {
        assert!(!format!("{finding:?}").contains(secret), "the finding itself holds the secret: {finding:?}");
    }
    findings.into_iter().map(|finding| (finding.kind.to_string(), finding.line)).collect()
}

/// Random-looking characters, the same on every run.
fn random(length: usize, alphabet: &str) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet[(state >> 33) as usize % alphabet.len()]
    };
    std::iter::repeat_with(next).take(length).collect()
}

const HEX: &str = "0123456789abcdef";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[test]
fn a_token_of_a_known_service_is_found_in_any_surroundings() {
    let tokens = [
        ("an AWS access key", format!("{}{}", "AKIA", random(16, UPPER))),
        ("an AWS access key", format!("{}{}", "ASIA", random(16, UPPER))),
        ("a GitHub token", format!("{}{}", "ghp_", random(36, ALNUM))),
        ("a GitHub token", format!("{}{}", "ghp_", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789")),
        ("a GitHub token", format!("{}{}", "gho_", random(36, ALNUM))),
        ("a GitHub token", format!("{}{}", "ghu_", random(36, ALNUM))),
        ("a GitHub token", format!("{}{}", "ghs_", random(36, ALNUM))),
        ("a GitHub token", format!("{}{}", "ghr_", random(36, ALNUM))),
        ("a GitHub token", format!("{}{}_{}", "github_pat_", random(22, ALNUM), random(59, ALNUM))),
        ("a GitLab token", format!("{}{}", "glpat-", random(20, ALNUM))),
        (
            "a Slack token",
            format!("{}{}-{}-{}", "xoxb-", random(12, "1234567890"), random(12, "12345"), random(24, ALNUM)),
        ),
        ("a Slack token", format!("{}{}-{}", "xoxp-", random(12, "1234567890"), random(32, HEX))),
        ("a Google API key", format!("{}{}", "AIza", random(35, ALNUM))),
        ("a Google token", format!("{}{}", "ya29.", random(60, ALNUM))),
        ("a Stripe key", format!("{}{}", "sk_live_", random(24, ALNUM))),
        ("a Stripe key", format!("{}{}", "rk_live_", random(24, ALNUM))),
        ("a Stripe key", format!("{}{}", "sk_test_", random(24, ALNUM))),
        ("an OpenAI key", format!("{}{}", "sk-", random(48, ALNUM))),
        ("an OpenAI key", format!("{}{}", "sk-proj-", random(48, ALNUM))),
        ("an Anthropic key", format!("{}{}", "sk-ant-api03-", random(80, ALNUM))),
        ("an npm token", format!("{}{}", "npm_", random(36, ALNUM))),
        ("a PyPI token", format!("{}{}", "pypi-AgE", random(80, ALNUM))),
        ("a SendGrid key", format!("{}{}.{}", "SG.", random(22, ALNUM), random(43, ALNUM))),
        ("a Twilio key", format!("{}{}", "SK", random(32, HEX))),
        ("an Azure storage key", format!("{}{}==", "AccountKey=", random(86, ALNUM))),
        ("a Hugging Face token", format!("{}{}", "hf_", random(34, ALNUM))),
        ("a DigitalOcean token", format!("{}{}", "dop_v1_", random(64, HEX))),
        ("a Telegram bot token", format!("{}:AA{}", random(10, "123456789"), random(33, ALNUM))),
    ];
    for (what, token) in tokens {
        for surroundings in [
            "@",
            "x = \"@\"",
            "x = '@';",
            "KEY=@",
            "\"a\": \"@\",",
            "  key: @",
            "// see @.",
            "f(@)",
            "<a>@</a>",
            "`@`",
            "https://x.test/?q=@&b=c",
            "\"first\\n@\\nlast\"",
            "curl -u @: x",
            "(@, b)",
        ] {
            let text = format!("first\r\nsecond\n\n{}\nlast", surroundings.replace('@', &token));
            assert_eq!(found(&text, &token), [(what.to_owned(), 4)], "in {surroundings:?}");
        }
    }
}

#[test]
fn private_key_is_found_but_its_marker_without_a_key_is_not() {
    let body = random(64, ALNUM);
    for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
        let begin = format!("{}BEGIN {label}-----", "-----");
        let end = format!("{}END {label}-----", "-----");
        let expected = |line| [("a private key".to_owned(), line)];
        assert_eq!(found(&format!("a\n{begin}\n{body}\n{body}\n{end}\n"), &body), expected(2));
        assert_eq!(found(&format!("{begin}\r\nVersion: 1\r\n\r\n{body}\r\n{end}\r\n"), &body), expected(1));
        assert_eq!(found(&format!("{{\"private_key\": \"{begin}\\n{body}\\n{end}\\n\"}}"), &body), expected(1));
        assert_eq!(found(&format!("if text.starts_with(\"{begin}\") {{\n    return parse(text);\n}}"), &body), []);
        assert_eq!(found(&format!("{begin}\n...\n{end}\n"), &body), []);
    }
}

#[test]
fn private_key_without_its_beginning_is_found() {
    let body = random(64, ALNUM);
    let text = format!("{body}\n{body}\n{}END RSA PRIVATE KEY-----\n", "-----");
    assert_eq!(found(&text, &body), [("a private key".to_owned(), 3)]);
}

#[test]
fn a_jwt_is_found_by_its_header() {
    let header = format!("{}{}", "eyJhbGciOiJIUzI1NiIs", "InR5cCI6IkpXVCJ9");
    let token = format!("{header}.{}.{}", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", random(43, ALNUM));
    assert_eq!(found(&format!("Cookie: session={token}; Path=/"), &token), [("a JSON Web Token".to_owned(), 1)]);
    // The same shape, but the first part does not name a signature algorithm.
    let other = format!("{}.{}.{}", "eyJhIjoxfQ", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", random(43, ALNUM));
    assert_eq!(found(&other, &other), []);
}

#[test]
fn a_url_with_a_password_is_found() {
    for (url, secret) in [
        ("postgres://app:Vq7f2mXs@db.internal:5432/shop", "Vq7f2mXs"),
        ("https://bot:correcthorse@git.acme.io/x.git", "correcthorse"),
        ("redis://:k3Jx0pQz@cache:6379", "k3Jx0pQz"),
        ("mongodb+srv://root:p%40ss9W@cluster0.mongodb.net/db", "p%40ss9W"),
        ("amqp://svc:hunter42x@10.0.0.7", "hunter42x"),
        ("postgres://app:AdminRiver7@db.internal/shop", "AdminRiver7"),
        ("https://x-access-token:abcdef123456@git.acme.io/x.git", "abcdef123456"),
    ] {
        for surroundings in ["DATABASE_URL=@", "connect(\"@\")", "url: '@'", "see @ now"] {
            let text = surroundings.replace('@', url);
            let found = found(&text, secret);
            assert_eq!(found, [("a URL with a password".to_owned(), 1)], "in {text}");
        }
    }
}

#[test]
fn web_hooks_and_authorization_headers_are_found() {
    let secret = random(24, ALNUM);
    let hook = format!("https://hooks.slack.com/services/T0{}/B0{}/{secret}", "1ABCDEF", "2GHIJKL");
    assert_eq!(found(&format!("url = \"{hook}\""), &secret), [("a Slack web hook".to_owned(), 1)]);
    assert_eq!(found(&format!("Authorization: Bearer {secret}"), &secret), [("a bearer token".to_owned(), 1)]);
    let login = format!("{}{}", "YWxhZGRpbjpvcGVu", "c2VzYW1l");
    assert_eq!(found(&format!("-H 'Authorization: Basic {login}'"), &login), [("a login in Base64".to_owned(), 1)]);
}

#[test]
fn secret_assignment_is_found_in_every_language() {
    let secrets = [random(32, ALNUM), random(40, HEX), random(32, HEX), random(44, ALNUM) + "=", random(20, ALNUM)];
    for secret in secrets {
        for form in [
            "API_KEY=@",
            "export API_TOKEN=\"@\"",
            "client_secret: @",
            "  \"clientSecret\": \"@\",",
            "const apiKey = '@';",
            "const apiKey: string = \"@\";",
            "let token: &'static str = \"@\";",
            "pub const SECRET_KEY: &str = \"@\";",
            "secret := \"@\"",
            "var token string = \"@\"",
            "'password' => '@',",
            "private static final String ACCESS_TOKEN = \"@\";",
            "const char *auth_token = \"@\";",
            "string password = @\"@\";",
            "client(token=\"@\", retries=3)",
            "os.environ[\"AUTH_TOKEN\"] = \"@\"",
            "env::set_var(\"SECRET_TOKEN\", \"@\");",
            "builder.password(\"@\")",
            "<add apiKey=\"@\" />",
            "<password>@</password>",
            "tool --token @ --verbose",
            "tool --token=@",
            "ENV ACCESS_TOKEN @",
            "//registry.npmjs.org/:_authToken=@",
            "spring.datasource.password=@",
            "aws_secret_access_key = @",
            "Server=db;User=sa;Password=@;",
            "{\\\"token\\\": \\\"@\\\"}",
            "token = Secret::new(\"@\");",
            "let t = SecretString::from(\"@\"); let secret = SecretString::from(\"@\");",
            "machine host login me password @",
        ] {
            let text = form.replacen("@\"@", "\u{1}\"@", 1).replace('@', &secret).replace('\u{1}', "@");
            let found = found(&text, &secret);
            let times = text.matches(&secret).count();
            assert!((1..=times).contains(&found.len()), "{found:?} in {text}");
            assert!(found.iter().all(|it| it.0.starts_with("a secret assigned to `")), "{found:?}");
        }
    }
}

#[test]
fn password_chosen_by_a_person_is_found() {
    for password in ["Tr0ub4dor&3x", "Summer2024!", "s3cr3tP@ssw0rd!", "Zx9$kQ2!vLp8", "Xk29fbQw71"] {
        for form in ["password = \"@\"", "DB_PASSWORD='@'", "\"passwd\": \"@\"", "setPassword(\"@\")", "Pwd=@;"] {
            let text = form.replace('@', password);
            assert_eq!(found(&text, password).len(), 1, "in {text}");
        }
    }
}

#[test]
fn lines_are_counted_after_every_kind_of_line_break() {
    let token = format!("{}{}", "ghp_", random(36, ALNUM));
    let text = format!("{token}\r{token}\r\n{token}\n\n{token}");
    let lines: Vec<usize> = find_secrets(&text).iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [1, 2, 3, 5]);
}

#[test]
fn token_with_valid_checksum_is_found_despite_placeholder_look() {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (prefix, kind) in [("ghp_", "a GitHub token"), ("npm_", "an npm token")] {
        let drawn = "xxxxxxxxxxxxxxxxxxxx0000000000";
        let mut rest = crc32fast::hash(drawn.as_bytes()) as usize;
        let mut checksum = String::new();
        for _ in 0..6 {
            checksum.insert(0, char::from(DIGITS[rest % 62]));
            rest /= 62;
        }
        let token = format!("{prefix}{drawn}{checksum}");
        assert_eq!(found(&format!("x = {token}"), &token), [(kind.to_owned(), 1)]);
        let wrong = format!("{prefix}{drawn}000000");
        assert_eq!(find_secrets(&format!("x = {wrong}")), []);
    }
}

#[test]
fn secret_is_found_in_added_and_removed_lines_of_a_diff() {
    let drawn = random(6 * 64, &format!("{ALNUM}+/"));
    let body: Vec<String> = drawn.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
    let password = format!("DB_PASSWORD=Zt(7k{}|x9,Lm4", random(12, ALNUM));
    for sign in ["+", "-", " "] {
        let changed = |lines: &[String]| lines.iter().map(|line| format!("{sign}{line}\n")).collect::<String>();
        let middle = changed(&body);
        let diff = format!("@@ -1,6 +1,6 @@\n{middle}diff --git a/b b/b\n");
        assert_eq!(find_secrets(&diff).len(), 1, "{diff}");
        let diff = changed(std::slice::from_ref(&password));
        assert_eq!(find_secrets(&diff).len(), 1, "{diff}");
        let certificate = format!("{sign}-----BEGIN CERTIFICATE-----\n{middle}{sign}-----END CERTIFICATE-----\n");
        assert!(find_secrets(&certificate).is_empty(), "{certificate}");
    }
}
