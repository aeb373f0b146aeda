//! Realistic secrets by kind. Each known prefix is joined from parts.

use crate::guard::drawn::{ALNUM, ANY, BASE64, Dice, HEX, LOWER, UPPER, URL};

/// A text with a secret, by kind.
pub(crate) fn secrets() -> Vec<(&'static str, String)> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let d = &mut dice;
    let mut all: Vec<(&'static str, String)> = Vec::new();

    // Tokens with a known shape, under names without meaning.
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

    // Only the name shows the secret.
    for name in ["SNYK_TOKEN", "heroku_api_key", "codecov-token", "postmarkServerToken", "LAUNCHDARKLY_SDK_KEY"] {
        all.push(("recognized only by its key", format!("{name}: {}", d.uuid())));
    }
    for name in ["secret_key_base", "RAILS_MASTER_KEY", "django_secret_key", "session_secret", "cookie_secret"] {
        all.push((
            "recognized only by its key",
            format!("{name}: {}", d.text(if name == "secret_key_base" { 128 } else { 32 }, HEX)),
        ));
    }
    for name in ["AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "NONCE_SALT"] {
        all.push(("recognized only by its key", format!("define('{name}', '{}');", d.text(64, ANY))));
    }

    // Name and value separated.
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
