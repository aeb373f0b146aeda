//! How many realistic secrets are found, by kind, and how much ordinary code is asked about: the figures of docs/security.md.
//!
//! No secret stands here: each is drawn by a generator that gives the same on every run, and each known beginning is put
//! together from parts.

use stackspot_lsp::testing::guard::find_secrets;

pub(crate) const HEX: &str = "0123456789abcdef";
pub(crate) const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
pub(crate) const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SIGNS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#%^*?-_+=.";
const ANY: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789(){}|,:;*?-+=.@#!&";

/// The kinds of the table, with the least that must be found of each.
const LEAST: f64 = 0.75;
const LEAST_OF_ALL: f64 = 0.90;

/// Draws letters, always the same ones.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 33
    }

    pub(crate) fn text(&mut self, length: usize, alphabet: &str) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| alphabet[self.next() as usize % alphabet.len()]).collect()
    }

    pub(crate) fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.text(length, HEX)).join("-")
    }

    /// A password as a generator of passwords makes it.
    pub(crate) fn password(&mut self, length: usize) -> String {
        format!("{}7{}k{}", self.text(2, "ABCDEFGHJK"), self.text(length - 5, SIGNS), self.text(1, "abcdefg"))
    }
}

/// A text with a secret, by kind.
fn secrets() -> Vec<(&'static str, String)> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let d = &mut dice;
    let mut all: Vec<(&'static str, String)> = Vec::new();

    // Tokens that show themselves, under names that say nothing.
    let shaped: [(&str, usize, &str); 96] = [
        ("AK#IA", 16, UPPER),
        ("AS#IA", 16, UPPER),
        ("gh#p_", 36, ALNUM),
        ("gh#o_", 36, ALNUM),
        ("gh#s_", 36, ALNUM),
        ("github#_pat_", 82, ALNUM),
        ("gl#pat-", 20, ALNUM),
        ("gl#dt-", 20, ALNUM),
        ("gl#rt-", 20, ALNUM),
        ("gl#ft-", 20, ALNUM),
        ("gl#agent-", 50, ALNUM),
        ("gl#imt-", 25, ALNUM),
        ("gl#ffct-", 20, ALNUM),
        ("GR#1348941", 20, ALNUM),
        ("xo#xb-", 50, ALNUM),
        ("xo#xp-", 60, ALNUM),
        ("xa#pp-", 60, ALNUM),
        ("AI#za", 35, ALNUM),
        ("ya#29.", 80, URL),
        ("GOC#SPX-", 28, ALNUM),
        ("sk_#live_", 24, ALNUM),
        ("rk_#live_", 24, ALNUM),
        ("sk_#test_", 24, ALNUM),
        ("wh#sec_", 32, ALNUM),
        ("sk-#ant-api03-", 93, URL),
        ("sk-#proj-", 100, URL),
        ("sk-#or-v1-", 64, HEX),
        ("np#m_", 36, ALNUM),
        ("py#pi-AgE", 120, URL),
        ("hf#_", 34, ALNUM),
        ("gs#k_", 52, ALNUM),
        ("xa#i-", 80, ALNUM),
        ("pp#lx-", 48, ALNUM),
        ("r8#_", 37, ALNUM),
        ("do#p_v1_", 64, HEX),
        ("da#pi", 32, HEX),
        ("hv#s.", 90, ALNUM),
        ("s#.", 24, ALNUM),
        ("shp#at_", 32, HEX),
        ("shp#ss_", 32, HEX),
        ("lin#_api_", 40, ALNUM),
        ("dp#.pt.", 43, ALNUM),
        ("dp#.st.", 43, ALNUM),
        ("PM#AK-", 59, HEX),
        ("NR#AK-", 27, UPPER),
        ("NR#II-", 32, ALNUM),
        ("sq0#atp-", 22, ALNUM),
        ("sq0#csp-", 43, ALNUM),
        ("gl#sa_", 41, ALNUM),
        ("gl#c_", 80, BASE64),
        ("AT#ATT3", 180, ALNUM),
        ("AT#BB", 32, ALNUM),
        ("nt#n_", 46, ALNUM),
        ("fi#gd_", 40, ALNUM),
        ("sb#p_", 40, HEX),
        ("sb#_secret_", 36, ALNUM),
        ("snt#ryu_", 64, HEX),
        ("dck#r_pat_", 27, ALNUM),
        ("rub#ygems_", 48, HEX),
        ("pa#t", 0, ALNUM),
        ("LT#AI", 20, ALNUM),
        ("AK#Cp", 69, ALNUM),
        ("CLO#JARS_", 60, LOWER),
        ("s#l.", 140, URL),
        ("duf#fel_live_", 43, ALNUM),
        ("EZ#AK", 54, ALNUM),
        ("EA#A", 180, ALNUM),
        ("FLW#SECK_TEST-", 32, HEX),
        ("fo#1_", 43, ALNUM),
        ("fi#o-u-", 64, ALNUM),
        ("HR#KU-AA", 58, ALNUM),
        ("ic#o-", 32, ALNUM),
        ("lsv#2_pt_", 43, HEX),
        ("ke#y-", 32, HEX),
        ("sec#ret_", 43, ALNUM),
        ("oy#2", 43, LOWER),
        ("AP#I-", 32, UPPER),
        ("sha#256~", 43, ALNUM),
        ("psc#ale_tkn_", 43, ALNUM),
        ("psc#ale_pw_", 43, ALNUM),
        ("ph#x_", 43, ALNUM),
        ("pn#u_", 36, ALNUM),
        ("pu#l-", 40, HEX),
        ("rd#me_", 70, LOWER),
        ("ship#po_live_", 40, HEX),
        ("sq#p_", 40, HEX),
        ("sg#p_", 40, HEX),
        ("tsk#ey-auth-", 40, ALNUM),
        ("tf#p_", 44, ALNUM),
        ("ver#cel_blob_rw_", 40, ALNUM),
        ("AQ#VN", 35, ALNUM),
        ("y0#_", 55, URL),
        ("np#ai_", 0, ALNUM),
        ("CFP#AT-", 43, ALNUM),
        ("nf#p_", 36, ALNUM),
        ("re#_", 32, ALNUM),
    ];
    let places = ["x = \"@\"", "send('@')", "- @", "see @ for it", "url: https://api.acme.io/v1/@/items", "<i>@</i>"];
    for (index, (beginning, length, alphabet)) in shaped.into_iter().filter(|(_, length, _)| *length > 0).enumerate() {
        let token = beginning.replace('#', "") + &d.text(length, alphabet);
        all.push(("token by its shape", places[index % places.len()].replace('@', &token)));
    }
    for (mark, token) in [
        ("Airtable", format!("{}{}.{}", "pa", "t".to_owned() + &d.text(14, ALNUM), d.text(64, HEX))),
        ("Azure", format!("{}8Q~{}", d.text(3, ALNUM), d.text(34, ALNUM))),
        ("Mailchimp", format!("{}-us{}", d.text(32, HEX), 14)),
        ("Terraform", format!("{}.atlas{}.{}", d.text(14, ALNUM), "v1", d.text(67, ALNUM))),
        ("SendGrid", format!("{}G.{}.{}", "S", d.text(22, ALNUM), d.text(43, ALNUM))),
        ("HubSpot", format!("{}-na1-{}", "pat", d.uuid())),
        ("Plaid", format!("{}-sandbox-{}", "access", d.uuid())),
        ("Telegram", format!("{}:AA{}", d.text(10, "123456789"), d.text(33, ALNUM))),
        ("Discord", format!("M{}.{}.{}", d.text(23, ALNUM), d.text(6, ALNUM), d.text(38, ALNUM))),
        ("Brevo", format!("{}sib-{}-{}", "xkey", d.text(64, HEX), d.text(16, ALNUM))),
        ("behind", format!("y_{}p_{}", "gh", d.text(36, ALNUM))),
        ("behind", format!("TOKEN_{}p_{}", "gh", d.text(36, ALNUM))),
    ] {
        all.push(("token by its shape", format!("{mark} = {token}")));
    }

    // Names of keys and tokens in many formats.
    let formats = [
        "@n = \"@v\"",
        "@n: @v",
        "export @n=@v",
        "\"@n\": \"@v\",",
        "const @n = '@v';",
        "let @n: &str = \"@v\";",
        "<@n>@v</@n>",
        "@n=@v",
        "'@n' => '@v',",
        "$@n = '@v';",
        "set @n \"@v\"",
        "config.@n = \"@v\"",
        "@n := `@v`",
        "final @n = '@v';",
        "  - @n: '@v'",
        "ENV @n=@v",
        "@n = @v # of the pipeline",
    ];
    let names = [
        "api_key",
        "API_TOKEN",
        "clientSecret",
        "AUTH_TOKEN",
        "secret_key",
        "accessToken",
        "X-Api-Key",
        "signingKey",
        "app.secret",
        "ENCRYPTION_KEY",
        "jwtSecret",
        "webhook_secret",
        "SLACK_TOKEN",
        "stripeApiKey",
        "privateToken",
    ];
    for (index, name) in names.iter().cycle().take(34).enumerate() {
        let value = match index % 3 {
            0 => d.text(32, ALNUM),
            1 => d.text(40, HEX),
            _ => d.text(43, URL),
        };
        all.push(("named key or token", formats[index % formats.len()].replace("@n", name).replace("@v", &value)));
    }
    let own = [
        "chave_api",
        "chave_secreta",
        "CHAVE_DE_API",
        "chave_acesso",
        "segredo",
        "SEGREDO_JWT",
        "segredo_cliente",
        "token_de_acesso",
        "credencial_api",
        "clave_api",
        "clave_secreta",
        "secreto",
        "token_acceso",
        "chaveApi",
    ];
    for (index, name) in own.iter().enumerate() {
        let value = d.text(32, ALNUM);
        let text = formats[index % formats.len()].replace("@n", name).replace("@v", &value);
        all.push(("name in Portuguese or Spanish", text));
    }
    let own = [
        "senha",
        "SENHA_BANCO",
        "senha_do_usuario",
        "senhaDb",
        "palavra_passe",
        "contrasena",
        "contraseña",
        "CONTRASENA_BD",
        "clave",
        "senha_admin",
        "senha.banco",
        "passwort",
    ];
    for (index, name) in own.iter().enumerate() {
        let value = d.password(14);
        let text = formats[index % formats.len()].replace("@n", name).replace("@v", &value);
        all.push(("name in Portuguese or Spanish", text));
    }
    let names =
        ["password", "DB_PASSWORD", "userPassword", "pwd", "passphrase", "spring.datasource.password", "db_pass"];
    for (index, name) in names.iter().cycle().take(21).enumerate() {
        let value = d.password(10 + index % 8);
        all.push(("password", formats[index % formats.len()].replace("@n", name).replace("@v", &value)));
    }

    // Told by the name alone.
    for name in ["SNYK_TOKEN", "heroku_api_key", "codecov-token", "postmarkServerToken", "LAUNCHDARKLY_SDK_KEY"] {
        all.push(("told by its key alone", format!("{name}: {}", d.uuid())));
    }
    for name in ["secret_key_base", "RAILS_MASTER_KEY", "django_secret_key", "session_secret", "cookie_secret"] {
        all.push((
            "told by its key alone",
            format!("{name}: {}", d.text(if name == "secret_key_base" { 128 } else { 32 }, HEX)),
        ));
    }
    for name in ["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "NONCE_SALT"] {
        all.push(("told by its key alone", format!("define('{name}', '{}');", d.text(64, ANY))));
    }

    // Name and value apart.
    let value = |d: &mut Dice| d.text(32, ALNUM);
    for form in [
        "<add key=\"ApiKey\" value=\"@\" />",
        "<property name=\"password\" value=\"@\"/>",
        "variable \"db_password\" {\n  type    = string\n  default = \"@\"\n}",
        "- name: DB_PASSWORD\n  value: @",
        "- name: API_TOKEN\n  value: \"@\"",
        "{ \"name\": \"SECRET_KEY\", \"value\": \"@\" }",
        "{\n  \"name\": \"API_KEY\",\n  \"value\": \"@\"\n}",
        "password = (\n    \"@\"\n)",
        "token: >-\n  @",
        "api_key: |\n  @\n",
        "<key>apiToken</key>\n<string>@</string>",
        "secret =\n    '@';",
        "{\"ParameterKey\": \"DbPassword\", \"ParameterValue\": \"@\"}",
        "<setting name=\"ClientSecret\">\n  <value>@</value>\n</setting>",
        "<entry key=\"accessToken\">@</entry>",
        "clientSecret:\n  \"@\"",
    ] {
        all.push(("name and value apart", form.replace('@', &value(d))));
    }

    // Connection strings and URLs.
    for form in [
        "postgres://app:@@db.acme.io:5432/shop",
        "mysql://root:@@10.1.2.3/x",
        "amqp://svc:@@mq.acme.io/v",
        "redis://:@@cache:6379/0",
        "mongodb+srv://shop:@@c0.mongodb.net/db",
        "https://bot:@@git.acme.io/a.git",
        "Server=db;Database=x;User Id=sa;Password=@;",
        "jdbc:postgresql://db/x?user=app&password=@",
        "Driver={ODBC};Uid=app;PWD=@;",
        "jdbc:oracle:thin:shop/@@db:1521/x",
        "smtp://mail:@@smtp.acme.io:587",
        "ftp://deploy:@@ftp.acme.io/www",
        "Data Source=x;Persist Security Info=True;Password=@",
    ] {
        let mut password = d.text(14, ALNUM);
        password.insert_str(7, "9x");
        let text = if let Some((head, tail)) = form.split_once("@@") {
            format!("{head}{password}@{tail}")
        } else {
            form.replace('@', &password)
        };
        all.push(("connection string or URL", format!("url = \"{text}\"")));
    }
    all.push(("connection string or URL", format!("git clone https://{}@git.acme.io/a/b.git", d.text(40, HEX))));
    all.push((
        "connection string or URL",
        format!("https://acme.blob.core.windows.net/c?sv=2022&sp=r&sig={}%3D", d.text(43, ALNUM)),
    ));
    all.push((
        "connection string or URL",
        format!("AccountName=a;Account{}={}==;EndpointSuffix=x", "Key", d.text(86, BASE64)),
    ));
    all.push((
        "connection string or URL",
        format!("Endpoint=sb://a.x.net/;SharedAccess{}={}=", "Key", d.text(43, BASE64)),
    ));

    // Headers, hooks, cookies.
    for form in [
        "Authorization: Bearer @",
        "authorization: bearer @",
        "AUTHORIZATION: token @",
        "Authorization: ApiKey @",
        "headers = {'Authorization': 'Token @'}",
        "-H 'X-Auth-Token: @'",
        "PRIVATE-TOKEN: @",
        "x-api-key: @",
        "Cookie: theme=dark; session=@; lang=pt",
        "Set-Cookie: sid=@; HttpOnly",
        "\"Authorization\": \"@\"",
    ] {
        all.push(("header or cookie", form.replace('@', &d.text(40, ALNUM))));
    }
    let login = "c2hvcDpabnQ3azFxOXcyWA==";
    all.push(("header or cookie", format!("AUTHORIZATION: basic {login}")));
    all.push(("header or cookie", format!("extraheader = AUTHORIZATION: basic {login}")));
    for hook in [
        "hooks.slack#.com/services/T01ABCDEF/B02GHIJKL/@",
        "discord#.com/api/webhooks/123456789012345678/@",
        "hooks.slack#.com/triggers/T01ABC/123456/@",
        "acme.webhook.office#.com/webhookb2/7d1f-a/IncomingWebhook/@/9c",
        "hooks.zapier#.com/hooks/catch/1234567/@",
    ] {
        all.push(("web hook", format!("https://{}", hook.replace('#', "").replace('@', &d.text(40, ALNUM)))));
    }

    // Command lines, SQL, files of logins.
    for form in [
        "tool --password @",
        "mysqldump -u root -p@ shop",
        "sshpass -p '@' ssh a@b",
        "curl -u svc:@ https://x",
        "curl --user svc:@ https://x",
        "CREATE USER a IDENTIFIED BY '@';",
        "CREATE ROLE a WITH LOGIN PASSWORD '@';",
        "ALTER USER a WITH PASSWORD '@'",
        "requests.get(u, auth=('svc', '@'))",
        "ConvertTo-SecureString '@' -AsPlainText -Force",
        "machine h login svc password @",
        "db.acme.io:5432:shop:svc:@",
        "bindpw @",
        "requirepass @",
        "keytool -storepass @ -list",
        "docker login -u a -p @ r.acme.io",
        "PGPASSWORD=@ psql",
        "openssl rsa -passin pass:@",
        "echo 'root:x' | chpasswd <<< '@'",
        "sqlplus shop/@@db",
    ] {
        let password = format!("Zt7k{}", d.text(9, ALNUM));
        let text = form.replace("@@", "\u{1}@").replacen(
            if form.contains("a@b") { "'@'" } else { "@" },
            &if form.contains("a@b") { format!("'{password}'") } else { password.clone() },
            1,
        );
        let text = if form.contains("@@") { form.replacen("@@", &format!("{password}@"), 1) } else { text };
        all.push(("command line, SQL or list of logins", text));
    }
    all.push(("command line, SQL or list of logins", format!("svc:$apr1${}${}", d.text(8, ALNUM), d.text(22, ALNUM))));

    // Private keys.
    let dashes = "-----";
    for label in [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "DSA PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        let body: Vec<String> = (0..6).map(|_| d.text(64, BASE64)).collect();
        all.push((
            "private key",
            format!("{dashes}BEGIN {label}{dashes}\n\n{}\n{dashes}END {label}{dashes}\n", body.join("\n")),
        ));
    }
    let lines: Vec<String> = (0..8).map(|_| d.text(64, BASE64)).collect();
    all.push(("private key", format!("{}\n", lines.join("\n"))));
    all.push(("private key", format!("{}\n{dashes}END RSA PRIVATE KEY{dashes}\n", lines.join("\n"))));
    all.push(("private key", format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}\n{}\n", lines.join("\n"))));
    all.push(("private key", format!("key = \"{dashes}BEGIN PRIVATE KEY{dashes}\\n{}\\n\"", lines[0])));
    all.push(("private key", format!("der = \"MIIEvQIBADANBg{}\"", d.text(120, BASE64))));
    all.push((
        "private key",
        format!("client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ{}", d.text(120, ALNUM)),
    ));
    all.push(("private key", format!("PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 8\n{}\n", lines[1])));
    all.push(("private key", format!("{{\"kty\": \"RSA\",\n \"e\": \"AQAB\",\n \"d\": \"{}\"}}", d.text(171, URL))));
    all.push(("key of a wallet or a tunnel", format!("PRIVATE_KEY=0x{}", d.text(64, HEX))));
    all.push(("key of a wallet or a tunnel", format!("PrivateKey = {}=", d.text(43, BASE64))));
    all.push((
        "private key",
        "mnemonic = \"river castle window bread spoon garden cloud lemon paper stone forest drum\"".to_owned(),
    ));
    all.push(("key of a wallet or a tunnel", format!("root = xp{}{}", "rv", d.text(107, ALNUM))));
    all.push(("key of a wallet or a tunnel", format!("root = xp{}{}", "rv", d.text(107, ALNUM))));
    all
}

#[test]
fn nine_of_ten_realistic_secrets_are_found_and_three_of_four_of_every_kind() {
    let secrets = secrets();
    assert!(secrets.len() >= 250, "{} are enough to measure by", secrets.len());
    let mut kinds: Vec<(&str, usize, usize)> = Vec::new();
    let mut missed = Vec::new();
    for (kind, text) in &secrets {
        let index = kinds.iter().position(|(known, ..)| known == kind).unwrap_or_else(|| {
            kinds.push((kind, 0, 0));
            kinds.len() - 1
        });
        let is_found = !find_secrets(text).is_empty();
        kinds[index].1 += 1;
        kinds[index].2 += usize::from(is_found);
        if !is_found {
            missed.push(format!("{kind}: {text}"));
        }
    }
    let rows: Vec<String> = kinds
        .iter()
        .map(|(kind, all, found)| format!("| {kind} | {found} of {all} | {} % |", found * 100 / all))
        .collect();
    let found: usize = kinds.iter().map(|(_, _, found)| found).sum();
    let table = format!(
        "{}\n| **all** | **{found} of {}** | **{} %** |",
        rows.join("\n"),
        secrets.len(),
        found * 100 / secrets.len()
    );
    println!("{table}");
    println!("missed:\n{}", missed.join("\n"));
    for (kind, all, found) in &kinds {
        assert!(*found as f64 >= LEAST * *all as f64, "{kind}: {found} of {all}\n{}", missed.join("\n"));
    }
    assert!(found as f64 >= LEAST_OF_ALL * secrets.len() as f64, "{table}\n{}", missed.join("\n"));
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/context.md")).unwrap();
    assert!(page.contains(&table), "docs/context.md has another table than\n{table}");
}

/// Ordinary code of some languages, made by filling forms; each text is a window of several lines.
fn ordinary() -> Vec<String> {
    let mut dice = Dice(0x1234_5678_9abc_def1);
    let d = &mut dice;
    let forms = [
        "def @w(self, token: str) -> None:\n    self.token = token\n    password = getpass()\n    key = hash(@w)\n    return self.@w[key]\n",
        "const @w = useMemo(() => items.filter((it) => it.key === @w.key), [items]);\nif (e.key === 'Enter') submit();\n",
        "let checksum = \"@h64\";\nlet id = \"@u\";\nlet commit = \"@h40\";\nassert_eq!(token.kind, TokenKind::@w);\n",
        "\"node_modules/@w\": {\n  \"version\": \"4.2.1\",\n  \"resolved\": \"https://registry.npmjs.org/@w/-/@w-4.2.1.tgz\",\n  \"integrity\": \"sha512-@b86==\"\n},\n",
        "@w==1.2.3 \\\n    --hash=sha256:@h64\n    --hash=sha256:@h64\n",
        "[[package]]\nname = \"@w\"\nversion = \"0.3.1\"\nchecksum = \"@h64\"\n",
        "token = os.environ[\"@W_TOKEN\"]\nsecret = config.get(\"@w.secret\")\npassword = input(\"Password: \")\nassert password\n",
        "spec:\n  containers:\n  - name: @w\n    env:\n    - name: DB_PASSWORD\n      valueFrom:\n        secretKeyRef:\n          name: @w\n          key: password\n",
        "<input type=\"password\" name=\"password\" placeholder=\"Sua senha\">\n<label for=\"senha\">Senha</label>\n<button id=\"@w\">Entrar</button>\n",
        "# Senhor cliente: o chaveiro fica na portaria, os segredos do ofício não.\nsenha_valida = len(senha) >= 8\nif not senha_valida:\n    raise ValueError('senha curta')\n",
        "variable \"db_password\" {\n  type      = string\n  sensitive = true\n}\n\nvariable \"region\" {\n  default = \"us-east-1\"\n}\n",
        "public class @WController {\n    private final PasswordEncoder passwordEncoder;\n    @Value(\"${app.jwt.secret}\")\n    private String jwtSecret;\n}\n",
        "func (s *@WServer) Token(ctx context.Context, req *TokenRequest) (*TokenResponse, error) {\n\tkey := req.Key\n\treturn s.store.Get(ctx, key)\n}\n",
        "SELECT id, password_hash, api_key_id FROM @w WHERE token = $1 AND secret IS NOT NULL;\nCREATE USER app IDENTIFIED BY :password;\n",
        "curl -H \"Authorization: Bearer $TOKEN\" -u \"$USER:$PASSWORD\" https://api.acme.io/@w\nmysql -u root -p\"$DB_PASSWORD\" shop\n",
        "DATABASE_URL=postgres://user:password@localhost:5432/@w\nREDIS_URL=redis://localhost:6379\nSECRET_KEY=change-me\n",
        "data: { id: \"@u\", parent: \"@u\", etag: \"@h32\", cursor: \"@a44\" },\n",
        "background: url(data:image/png;base64,@b86@b86@b86);\n.key-@w { color: #a1b2c3; }\n.token-punctuation { opacity: .7; }\n",
        "-----BEGIN CERTIFICATE-----\n@b64\n@b64\n@b64\n@b64\n@b64\n@b64\n-----END CERTIFICATE-----\n",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI@b43 ana@acme\n",
        "it('asks for a token', async () => {\n  const token = await login(user, 'password');\n  expect(token).toEqual(expect.any(String));\n});\n",
        "for (const [key, value] of Object.entries(map)) { cache.set(key, value); }\nreturn { key: `${prefix}:@w`, token: next() };\n",
        "- uses: actions/checkout@@h40\n  with:\n    token: ${{ secrets.GITHUB_TOKEN }}\n    ssh-key: ${{ secrets.DEPLOY_KEY }}\n",
        "password: String,\napiKey: process.env.API_KEY,\nclientSecret: env('CLIENT_SECRET'),\nsenha: yup.string().required('Informe a senha'),\n",
    ];
    let words = [
        "cart", "order", "invoice", "pedido", "cliente", "session", "parser", "lexer", "widget", "config", "usuario",
        "estoque", "report",
    ];
    let mut texts = Vec::new();
    for round in 0..13 {
        for form in forms {
            let word = words[(d.next() as usize + round) % words.len()];
            let mut text = form.replace("@w", word).replace("@W", &capitalised(word));
            for (mark, length, alphabet) in [
                ("@h64", 64, HEX),
                ("@h40", 40, HEX),
                ("@h32", 32, HEX),
                ("@b86", 86, BASE64),
                ("@b64", 64, BASE64),
                ("@b43", 43, BASE64),
                ("@a44", 44, ALNUM),
            ] {
                while text.contains(mark) {
                    text = text.replacen(mark, &d.text(length, alphabet), 1);
                }
            }
            while text.contains("@u") {
                text = text.replacen("@u", &d.uuid(), 1);
            }
            texts.push(text);
        }
    }
    texts
}

#[test]
fn at_most_one_of_a_hundred_ordinary_texts_is_asked_about() {
    let texts = ordinary();
    assert!(texts.len() >= 300, "{} are enough to measure by", texts.len());
    let mut asked: Vec<String> = Vec::new();
    for text in &texts {
        let findings = find_secrets(text);
        if let Some(finding) = findings.first() {
            asked.push(format!("{} in line {} of:\n{text}", finding.kind, finding.line));
        }
    }
    println!("{} of {} ordinary texts are asked about", asked.len(), texts.len());
    assert!(asked.len() * 100 <= texts.len(), "{} of {}:\n{}", asked.len(), texts.len(), asked.join("\n"));
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
