//! Texts without a secret, although some of them look like it.

use std::path::{Path, PathBuf};

use stackspot_lsp::testing::guard::find_secrets;

#[test]
fn ordinary_code_is_not_asked_about() {
    let ordinary = r###"
token = get_token(user)
token = os.environ["TOKEN"]
token = os.getenv("GITHUB_TOKEN")
const token = process.env.GITHUB_TOKEN;
const apiKey = process.env.API_KEY ?? "";
api_key = config.get("services.payment.api_key_v2")
let key = self.keys2.get(&index3).cloned();
let token = Token::new(Kind::Ident2, span);
let token: Token<'a, u64> = lexer.next_token2()?;
token: Option<Arc<Mutex<Token2>>>,
private readonly token: Observable<Token2Response>;
type Key = HashMap<String, Vec<u8>>;
pub password: Secret<String>,
password: String,
password: z.string().min(8).max(64),
if password != confirmPassword2 { return Err(Error::PasswordMismatch1); }
if (token === TokenKind.Number2) {
password = "your-password-here"
password = "password123"
password = "changeme"
password = "CHANGE_ME_1"
password: "********"
password: xxxxxxxxxxxxxxxxxxxx
TOKEN=<TOKEN>
TOKEN=<your-token-1>
TOKEN=${TOKEN}
TOKEN=$TOKEN
TOKEN=$(cat /run/secrets/token1)
TOKEN=%TOKEN2%
token: ${{ secrets.GITHUB_TOKEN }}
secret: {{ .Values.secret2 }}
secret = "{{ vault_secret_1 }}"
secret = "op://Private/Item2/field"
secret: !Ref MySecret2
client_secret = "example-secret-1234"
api_key = "your-api-key-1234567890"
API_KEY=insert_your_api_key_here_123
api_key = "test-api-key-12345"
secret = "00000000000000000000000000000000"
secret = "0123456789abcdef0123456789abcdef"
secret = "abcdefghijklmnopqrstuvwxyz012345"
secret = "deadbeefdeadbeefdeadbeefdeadbeef"
key = "00112233445566778899aabbccddeeff"
client_secret = "550e8400-e29b-41d4-a716-446655440000"
commit = "356a192b7913b04c54574d18c28d46e6395428ab"
commit 356a192b7913b04c54574d18c28d46e6395428ab
checksum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"integrity": "sha512-J6vH9rQ2mXp8sKd3LfT0wYc5ZbN7gUaEoViR4qMxPtA1hCjDkSlWnFyGzBeIuOQv==",
password_hash = "$2b$12$eImiTXuWVxfM37uY4JANjQeUiVnQ9xkZCsMZ3aB1Dq0vY7rW5tPlK"
"key": "9f86d081884c7d659a2feaa0c55ad015",
cache_key = "v2-9f86d081884c7d659a2feaa0c55ad015"
id = "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc"
const nonce = "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc";
public_key = "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc"
key_id = "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc"
nextPageToken: "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc"
token_url = "https://idm.stackspot.com/realm/oidc/oauth/token2"
token_type = "Bearer2"
keyboard = "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc"
monkey: "Zk8Qw2Rt5Yu7Io1Pa3Sd6Fg9Hj4Kl0Xc"
tokenizer = "cl100k_base_v2"
max_tokens = 4096
<input type="password" name="password2" id="passwordField3">
<Row key={`row-${index}-cell-${cell2}`} />
<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==">
key: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
.sk-folding-cube-fast-animation-2 { animation: sk-fold 1s; }
<div class="sk-circle-fade-dot sk-spinner-wave-rect5"></div>
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vJ8f9Qx2kLm5nRt3 user@host
key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx0c8r7kQp2"
https://user:password@localhost/db
https://user:pass@example.com/path
postgres://postgres:postgres@localhost:5432/app
postgres://${USER}:${PASSWORD}@${HOST}/db
postgres://{user}:{password}@{host}/db
f"postgres://{user}:{quote(password)}@{host}/db"
mysql://root:<password>@localhost
http://localhost:8080/@user/profile
https://unpkg.com:443/lib@1.2.3/index.js
ssh://git@github.com:22/acme/app.git
git@github.com:acme/app.git
https://medium.com/@someone/a-story-5f3a1c2b4d6e
Authorization: Bearer <token>
headers["Authorization"] = f"Bearer {token}"
headers.set("Authorization", "Bearer " + accessToken2);
Authorization: Bearer your-token-here
Basic usage of the client is shown below.
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
ghp_your_personal_access_token_goes_here1
github_pat_
sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
sk-your-openai-api-key-here-1234
glpat-xxxxxxxxxxxxxxxxxxxx
AKIAXXXXXXXXXXXXXXXX
xoxb-your-slack-bot-token-1
npm_config_registry_and_some_more_words_to_be_long1
const AUTH_TOKEN_HEADER_NAME = "X-Auth-Token-V2";
"password": "Password must hold at least 8 characters",
password.label = "Senha"
PASSWORD_RESET_TOKEN_EXPIRES_IN_SECONDS = 3600
tokenPattern = /^[A-Za-z0-9_-]{20,40}$/
passwordRegex = "^(?=.*[A-Z])(?=.*[0-9])(?=.*[!@#]).{8,}$"
import { KeyCode2, KeyMod3 } from "monaco-editor/esm/vs/editor";
e.key==="ArrowLeft2"||t.keyCode===37&&n.secretHandshake3(e)
function t(e,n,r){return e.key=n.key1,r.token=a2b3c4,s.password=q9}
"access_token": "eyJ..."
region: "us-east-1", secretName: "prod/app1/Db2Password"
secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:App1-a1B2c3"
pub const PrivateKeyHelloKspKey: X509CertificateTemplatePrivateKeyFlag = 1048576i32;
TOKEN_2_LEXEME = "TOKEN_2_LEXEME_VALUE_3"
RESET_PASSWORD = "/v1/accounts:resetPassword2"
exports.AuthenticationMD5Password1 = AuthenticationMD5Password1;
"ClientRequestToken": "3f1a9c52-7b6e-4d0a-9a44-1c2e8f70b6d3",
// > FEAT_LS64 implements the functionality identified by 0b0001.
// it runs faster than an equivalent two-pass memchr2+SWAR search
// one may pass [`SpanRelativeTo::days_are_24_hours`] or another
"name": "keyword_password", "value": "[pP][aA][sS][sS][wW][oO][rR][dD]"
Win32_Security_Credentials = ["Win32_Security"]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
The password is SHA256-hashed before it is stored.
The password for the account is checked by Bcrypt2Hasher.
db.connect("localhost", "orders_v2", user, password)
client.login(user1, password2)
emitter.connect("value-changed", "onValue2")
| name | type | token |
secretKeyRef: { name: app-secrets-v2, key: db-password-2 }
[[package]]
name = "secrecy"
checksum = "e891af845473308773346dc847b2c23ee78fe442e0472ac50e22a18a93d3ae5a"
"###;
    let mut asked = Vec::new();
    for line in ordinary.lines() {
        asked.extend(find_secrets(line).into_iter().map(|finding| format!("{} in: {line}", finding.kind)));
    }
    assert_eq!(asked, Vec::<String>::new());
    assert_eq!(find_secrets(ordinary), [], "nor as one text");
}

#[test]
fn code_settings_and_prose_about_secrets_are_not_asked_about() {
    let innocent = include_str!("innocent.txt");
    assert!(innocent.lines().count() > 90);
    let asked = |text: &str| {
        find_secrets(text).into_iter().map(|it| format!("{} in line {}", it.kind, it.line)).collect::<Vec<_>>()
    };
    let mut of_lines = Vec::new();
    for line in innocent.lines() {
        of_lines.extend(asked(line).into_iter().map(|finding| format!("{finding}: {line}")));
    }
    assert_eq!(of_lines, Vec::<String>::new());
    assert_eq!(asked(innocent), Vec::<String>::new(), "nor as one text");
}

/// The files below test logins, proxies and command lines. The guard is right to find such logins.
#[test]
fn sources_of_this_repository_have_only_known_findings() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    assert!(files.len() > 50, "only {} files were found", files.len());
    let mut asked = Vec::new();
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let findings = find_secrets(&std::fs::read_to_string(&file).unwrap());
        asked.extend(findings.into_iter().map(|finding| format!("{name} {}", finding.kind)));
    }
    asked.sort();
    asked.dedup();
    let logins = [
        "agents_api/http/proxy.rs a URL with a password",
        "cli/login/snippet/tests.rs a secret assigned to `client_secret`",
        "cli/login/snippet/tests.rs a secret assigned to `the-id`",
        "config/environment.rs a URL with a password",
        "config/user_file/tests.rs a URL with a password",
    ];
    assert_eq!(asked, logins);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
