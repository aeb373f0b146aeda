//! Files that contain secrets by convention. Only their names are checked.

use std::path::Path;

use crate::i18n::{Message, message};

const CREDENTIALS: Message = message!("guard-file-credentials");
const KEY_STORE: Message = message!("guard-file-key-store");
const LOGINS: Message = message!("guard-file-logins");
const PASSWORDS: Message = message!("guard-file-passwords");
const PRIVATE_KEY: Message = message!("guard-file-private-key");
const SECRETS: Message = message!("guard-file-secrets");

/// The settings of a tool, which contain its tokens or logins.
fn settings(of: &'static str) -> Message {
    message!("guard-file-settings", of = of)
}

/// Says what the file at `path` is, if its name is usual for files with secrets. The words follow "it is" ("a private
/// key"). Case does not matter. The file is not read.
///
/// The list uses the patterns of the contract exactly. Therefore `.env.example` and `credentials.rs` are guarded too:
/// an unnecessary question costs less than a lost secret. The exception is `*.env*`, because it must not match
/// `app.environment.ts`.
pub fn guarded_name(path: &Path) -> Option<Message> {
    let lowered = |part: &std::ffi::OsStr| part.to_string_lossy().to_lowercase();
    let name = path.file_name().map(lowered)?;
    let folder = path.parent().and_then(Path::file_name).map(lowered).unwrap_or_default();
    environment(&name)
        .or_else(|| well_known(&name))
        .or_else(|| by_beginning(&name))
        .or_else(|| by_extension(&name))
        .or_else(|| in_folder(&folder, &name))
        .or_else(|| {
            let secretive = |part| matches!(lowered(part).as_str(), ".aws" | ".gnupg");
            path.parent()?.iter().any(secretive).then_some(CREDENTIALS)
        })
}

fn environment(name: &str) -> Option<Message> {
    let guarded = name.starts_with(".env") || name.split(".env").skip(1).any(|rest| !rest.starts_with("ironment"));
    guarded.then_some(message!("guard-file-environment"))
}

/// Histories of typed commands, which may contain passwords.
const HISTORIES: &str = ".bash_history .zsh_history .sh_history .psql_history .mysql_history .python_history \
    .node_repl_history .rediscli_history consolehost_history.txt .histfile";

fn well_known(name: &str) -> Option<Message> {
    Some(match name {
        ".npmrc" => settings("npm"),
        ".pypirc" => settings("PyPI"),
        ".netrc" | "_netrc" => LOGINS,
        ".pgpass" | "pgpass.conf" | ".my.cnf" => message!("guard-file-database-passwords"),
        ".htpasswd" | "htpasswd" => PASSWORDS,
        ".git-credentials" | ".dockercfg" | ".s3cfg" | ".boto" | ".vault-token" => CREDENTIALS,
        "kubeconfig" | ".kubeconfig" => settings("Kubernetes"),
        ".terraformrc" | "terraform.rc" | "terraform.tfvars.json" => settings("Terraform"),
        ".yarnrc.yml" => settings("Yarn"),
        "wp-config.php" => settings("WordPress"),
        "local.settings.json" => settings("Azure"),
        "rclone.conf" => settings("rclone"),
        "gradle.properties" => settings("Gradle"),
        "settings-security.xml" => settings("Maven"),
        "accesstokens.json" | "azureprofile.json" | "msal_token_cache.json" => settings("Azure"),
        "appsettings.production.json" | "appsettings.secrets.json" => settings(".NET"),
        "master.key" => PRIVATE_KEY,
        "keystore.properties" | "key.properties" => KEY_STORE,
        "key3.db" | "key4.db" | "logins.json" | "login data" | "cookies.sqlite" => LOGINS,
        "wallet.dat" => message!("guard-file-wallet"),
        "auth.json" | "tokens.json" | "token.json" | ".vault_pass" | ".vault_password" | "hosts.yml.bak" => CREDENTIALS,
        "shadow" | "passwd-" | ".esmtprc" | ".msmtprc" | ".mutt_passwords" => PASSWORDS,
        _ if HISTORIES.split(' ').any(|history| name == history) => message!("guard-file-history"),
        _ => return None,
    })
}

/// The extensions of data files.
const DATA: &str = "json yaml yml toml ini xml properties conf cfg txt csv enc";

fn by_beginning(name: &str) -> Option<Message> {
    // TypeScript's type declarations contain no values.
    if name.ends_with(".d.ts") {
        return None;
    }
    if name.starts_with("credentials") || name.starts_with("application_default_credentials") {
        return Some(CREDENTIALS);
    }
    if name.starts_with("secrets.") || (name.starts_with("client_secret") && name.ends_with(".json")) {
        return Some(SECRETS);
    }
    let stem = name.split('.').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    let is_data = DATA.split(' ').any(|data| extension == data);
    let parts = || name.split(['.', '-', '_']);
    if is_data
        && (parts().any(|part| matches!(part, "credentials" | "credential" | "credenciais"))
            || name.contains("service-account")
            || name.contains("service_account")
            || name.contains("serviceaccount"))
    {
        return Some(CREDENTIALS);
    }
    if is_data && (matches!(stem, "secret" | "secrets" | "segredos") || parts().any(|part| part == "secrets")) {
        return Some(SECRETS);
    }
    if is_data && parts().any(|part| matches!(part, "passwords" | "senhas")) {
        return Some(PASSWORDS);
    }
    if name.starts_with("kubeconfig.") || name.ends_with("-kubeconfig") {
        return Some(settings("Kubernetes"));
    }
    if name.contains(".tfstate") || name.contains(".tfvars") {
        return Some(settings("Terraform"));
    }
    if [".key.", ".pem.", ".p12.", ".pfx."].iter().any(|part| name.contains(part))
        && matches!(extension, "txt" | "bak" | "old" | "orig" | "save")
    {
        return Some(PRIVATE_KEY);
    }
    let identity = ["id_rsa", "id_ed25519_sk", "id_ed25519", "id_ecdsa_sk", "id_ecdsa", "id_dsa"]
        .iter()
        .find_map(|key| name.strip_prefix(key))?;
    let private = !identity.starts_with(char::is_alphanumeric) && !identity.ends_with(".pub");
    private.then_some(PRIVATE_KEY)
}

fn by_extension(name: &str) -> Option<Message> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "pem" => message!("guard-file-key-or-certificate"),
        "key" | "ppk" | "p8" => PRIVATE_KEY,
        "p12" | "pfx" | "jks" | "keystore" | "kdbx" => KEY_STORE,
        "crt" | "cer" | "der" => message!("guard-file-certificate"),
        "tfvars" | "tfstate" => settings("Terraform"),
        "kubeconfig" => settings("Kubernetes"),
        "ovpn" => message!("guard-file-vpn"),
        _ => return None,
    })
}

fn in_folder(folder: &str, name: &str) -> Option<Message> {
    Some(match (folder, name) {
        (".kube", "config") => settings("Kubernetes"),
        (".m2", "settings.xml") => settings("Maven"),
        (".config", "hub") | ("gh", "hosts.yml") => settings("GitHub"),
        (".docker", "config.json") => settings("Docker"),
        (".ssh", "config" | "known_hosts" | "authorized_keys") => return None,
        (".ssh", _) if !name.ends_with(".pub") => PRIVATE_KEY,
        _ => return None,
    })
}
