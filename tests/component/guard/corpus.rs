//! Counts the realistic secrets found, by kind, and the questions about ordinary code: figures of docs/security.md.

use stackspot_lsp::testing::guard::find_secrets;

use crate::guard::drawn::{ALNUM, BASE64, Dice, HEX};
use crate::guard::drawn_secrets::secrets;

/// The minimum share of secrets that must be found, for each kind in the table.
const LEAST: f64 = 0.75;
const LEAST_OF_ALL: f64 = 0.90;

#[test]
fn guard_finds_90_percent_of_secrets_and_75_of_each_kind() {
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

/// Ordinary code in several languages, made from templates. Each text is a window of several lines.
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
