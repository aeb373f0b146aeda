//! Files that hold secrets by convention, told by their names alone.

use std::path::Path;

use super::FileKind;

/// What the file at `path` is, in words that follow "it is" ("a private key"), if its name says that it usually holds
/// secrets. Letter case does not matter and nothing is read.
///
/// The list keeps the contract's patterns to the letter, so `.env.example` and `credentials.rs` are guarded too: one
/// question too many costs less than one secret. The exception is `*.env*`, which is not meant to hit
/// `app.environment.ts`.
pub fn guarded_name(path: &Path) -> Option<FileKind> {
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
            path.parent()?.iter().any(secretive).then_some(FileKind::Credentials)
        })
}

fn environment(name: &str) -> Option<FileKind> {
    let guarded = name.starts_with(".env") || name.split(".env").skip(1).any(|rest| !rest.starts_with("ironment"));
    guarded.then_some(FileKind::Environment)
}

fn well_known(name: &str) -> Option<FileKind> {
    Some(match name {
        ".npmrc" => FileKind::Settings("npm"),
        ".pypirc" => FileKind::Settings("PyPI"),
        ".netrc" | "_netrc" => FileKind::Logins,
        ".pgpass" | "pgpass.conf" | ".my.cnf" => FileKind::DatabasePasswords,
        ".htpasswd" | "htpasswd" => FileKind::Passwords,
        ".git-credentials" | ".dockercfg" | ".s3cfg" | ".boto" | ".vault-token" => FileKind::Credentials,
        "kubeconfig" | ".kubeconfig" => FileKind::Settings("Kubernetes"),
        ".terraformrc" | "terraform.rc" | "terraform.tfvars.json" => FileKind::Settings("Terraform"),
        ".yarnrc.yml" => FileKind::Settings("Yarn"),
        "wp-config.php" => FileKind::Settings("WordPress"),
        "local.settings.json" => FileKind::Settings("Azure"),
        "rclone.conf" => FileKind::Settings("rclone"),
        "gradle.properties" => FileKind::Settings("Gradle"),
        "settings-security.xml" => FileKind::Settings("Maven"),
        "accesstokens.json" | "azureprofile.json" | "msal_token_cache.json" => FileKind::Settings("Azure"),
        "appsettings.production.json" | "appsettings.secrets.json" => FileKind::Settings(".NET"),
        "master.key" => FileKind::PrivateKey,
        "keystore.properties" | "key.properties" => FileKind::KeyStore,
        "key3.db" | "key4.db" | "logins.json" | "login data" | "cookies.sqlite" => FileKind::Logins,
        "wallet.dat" => FileKind::Wallet,
        "auth.json" | "tokens.json" | "token.json" | ".vault_pass" | ".vault_password" | "hosts.yml.bak" => {
            FileKind::Credentials
        }
        ".bash_history"
        | ".zsh_history"
        | ".sh_history"
        | ".psql_history"
        | ".mysql_history"
        | ".python_history"
        | ".node_repl_history"
        | ".rediscli_history"
        | "consolehost_history.txt"
        | ".histfile" => FileKind::History,
        "shadow" | "passwd-" | ".esmtprc" | ".msmtprc" | ".mutt_passwords" => FileKind::Passwords,
        _ => return None,
    })
}

fn by_beginning(name: &str) -> Option<FileKind> {
    // Declarations of types hold no values.
    if name.ends_with(".d.ts") {
        return None;
    }
    if name.starts_with("credentials") || name.starts_with("application_default_credentials") {
        return Some(FileKind::Credentials);
    }
    if name.starts_with("secrets.") || (name.starts_with("client_secret") && name.ends_with(".json")) {
        return Some(FileKind::Secrets);
    }
    let stem = name.split('.').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    let is_data = matches!(
        extension,
        "json" | "yaml" | "yml" | "toml" | "ini" | "xml" | "properties" | "conf" | "cfg" | "txt" | "csv" | "enc"
    );
    let parts = || name.split(['.', '-', '_']);
    if is_data
        && (parts().any(|part| matches!(part, "credentials" | "credential" | "credenciais"))
            || name.contains("service-account")
            || name.contains("service_account")
            || name.contains("serviceaccount"))
    {
        return Some(FileKind::Credentials);
    }
    if is_data && (matches!(stem, "secret" | "secrets" | "segredos") || parts().any(|part| part == "secrets")) {
        return Some(FileKind::Secrets);
    }
    if is_data && parts().any(|part| matches!(part, "passwords" | "senhas")) {
        return Some(FileKind::Passwords);
    }
    if name.starts_with("kubeconfig.") || name.ends_with("-kubeconfig") {
        return Some(FileKind::Settings("Kubernetes"));
    }
    if name.contains(".tfstate") || name.contains(".tfvars") {
        return Some(FileKind::Settings("Terraform"));
    }
    if [".key.", ".pem.", ".p12.", ".pfx."].iter().any(|part| name.contains(part))
        && matches!(extension, "txt" | "bak" | "old" | "orig" | "save")
    {
        return Some(FileKind::PrivateKey);
    }
    let identity = ["id_rsa", "id_ed25519_sk", "id_ed25519", "id_ecdsa_sk", "id_ecdsa", "id_dsa"]
        .iter()
        .find_map(|key| name.strip_prefix(key))?;
    let private = !identity.starts_with(char::is_alphanumeric) && !identity.ends_with(".pub");
    private.then_some(FileKind::PrivateKey)
}

fn by_extension(name: &str) -> Option<FileKind> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "pem" => FileKind::KeyOrCertificate,
        "key" | "ppk" | "p8" => FileKind::PrivateKey,
        "p12" | "pfx" | "jks" | "keystore" | "kdbx" => FileKind::KeyStore,
        "crt" | "cer" | "der" => FileKind::Certificate,
        "tfvars" | "tfstate" => FileKind::Settings("Terraform"),
        "kubeconfig" => FileKind::Settings("Kubernetes"),
        "ovpn" => FileKind::Vpn,
        _ => return None,
    })
}

fn in_folder(folder: &str, name: &str) -> Option<FileKind> {
    Some(match (folder, name) {
        (".kube", "config") => FileKind::Settings("Kubernetes"),
        (".m2", "settings.xml") => FileKind::Settings("Maven"),
        (".config", "hub") | ("gh", "hosts.yml") => FileKind::Settings("GitHub"),
        (".docker", "config.json") => FileKind::Settings("Docker"),
        (".ssh", "config" | "known_hosts" | "authorized_keys") => return None,
        (".ssh", _) if !name.ends_with(".pub") => FileKind::PrivateKey,
        _ => return None,
    })
}
