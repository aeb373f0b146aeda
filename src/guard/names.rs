//! Files that hold secrets by convention, told by their names alone.

use std::path::Path;

const ENVIRONMENT: &str = "an environment file";
const PRIVATE_KEY: &str = "a private key";
const KEY_STORE: &str = "a key store";
const CERTIFICATE: &str = "a certificate";
const CREDENTIALS: &str = "a credentials file";
const SECRETS: &str = "a secrets file";

/// What the file at `path` is, in words that follow "it is" ("a private key"), if its name says that it usually holds
/// secrets. Letter case does not matter and nothing is read.
///
/// The list keeps the contract's patterns to the letter, so `.env.example` and `credentials.rs` are guarded too: one
/// question too many costs less than one secret. The exception is `*.env*`, which is not meant to hit
/// `app.environment.ts`.
pub fn guarded_name(path: &Path) -> Option<&'static str> {
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

fn environment(name: &str) -> Option<&'static str> {
    let guarded = name.starts_with(".env") || name.split(".env").skip(1).any(|rest| !rest.starts_with("ironment"));
    guarded.then_some(ENVIRONMENT)
}

fn well_known(name: &str) -> Option<&'static str> {
    Some(match name {
        ".npmrc" => "npm's settings, with its tokens",
        ".pypirc" => "PyPI's settings, with its tokens",
        ".netrc" | "_netrc" => "a list of logins",
        ".pgpass" | "pgpass.conf" | ".my.cnf" => "a list of database passwords",
        ".htpasswd" | "htpasswd" => "a list of passwords",
        ".git-credentials" | ".dockercfg" | ".s3cfg" | ".boto" | ".vault-token" => CREDENTIALS,
        "kubeconfig" | ".kubeconfig" => "a Kubernetes configuration, with its credentials",
        _ => return None,
    })
}

fn by_beginning(name: &str) -> Option<&'static str> {
    if name.starts_with("credentials") || name.starts_with("application_default_credentials") {
        return Some(CREDENTIALS);
    }
    if name.starts_with("secrets.") || (name.starts_with("client_secret") && name.ends_with(".json")) {
        return Some(SECRETS);
    }
    let identity = ["id_rsa", "id_ed25519", "id_ecdsa", "id_dsa"].iter().find_map(|key| name.strip_prefix(key))?;
    let private = !identity.starts_with(char::is_alphanumeric) && !identity.ends_with(".pub");
    private.then_some(PRIVATE_KEY)
}

fn by_extension(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "pem" => "a private key or a certificate",
        "key" | "ppk" | "p8" => PRIVATE_KEY,
        "p12" | "pfx" | "jks" | "keystore" | "kdbx" => KEY_STORE,
        "crt" | "cer" | "der" => CERTIFICATE,
        "tfvars" | "tfstate" => "Terraform's values, often with secrets",
        "kubeconfig" => "a Kubernetes configuration, with its credentials",
        "ovpn" => "a VPN profile, with its keys",
        _ => return None,
    })
}

fn in_folder(folder: &str, name: &str) -> Option<&'static str> {
    Some(match (folder, name) {
        (".kube", "config") => "a Kubernetes configuration, with its credentials",
        (".docker", "config.json") => "Docker's settings, with its logins",
        (".ssh", "config" | "known_hosts" | "authorized_keys") => return None,
        (".ssh", _) if !name.ends_with(".pub") => PRIVATE_KEY,
        _ => return None,
    })
}
