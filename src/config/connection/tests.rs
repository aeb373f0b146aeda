use std::path::Path;

use super::*;
use crate::i18n::Language;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    Environment::from_pairs(pairs.iter().copied())
}

fn file(text: &str) -> UserFile {
    UserFile::parse(text, Path::new("/config.toml"), &Environment::default()).unwrap()
}

fn load(pairs: &[(&str, &str)], text: &str) -> LoadedConnection {
    load_connection(&environment(pairs), &file(text)).unwrap()
}

const ACCOUNT: &str = "realm = \"file-realm\"\nclient_id = \"file-id\"\nclient_secret = \"file-secret\"\n";

/// The realm, the client id and the secret.
async fn client(loaded: &LoadedConnection) -> [String; 3] {
    match &loaded.connection().await.unwrap().credential {
        Credential::ClientSecret { realm, client_id, client_secret } => {
            [realm.clone(), client_id.clone(), client_secret.expose_secret().to_owned()]
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn environment_overrides_the_user_file_key_by_key() {
    assert_eq!(client(&load(&[], ACCOUNT)).await, ["file-realm", "file-id", "file-secret"]);
    let some = load(&[("STACKSPOT_REALM", "env-realm"), ("STACKSPOT_CLIENT_KEY", "env-key")], ACCOUNT);
    assert_eq!(client(&some).await, ["env-realm", "file-id", "env-key"]);
    let both = load(&[("STACKSPOT_CLIENT_KEY", "key"), ("STACKSPOT_CLIENT_SECRET", "secret")], ACCOUNT);
    assert_eq!(client(&both).await[2], "secret");
}

#[test]
fn missing_credential_error_names_only_the_missing_parts() {
    let no_realm = load(&[("STACKSPOT_CLIENT_ID", "id"), ("STACKSPOT_CLIENT_SECRET", "s3cret")], "");
    let text = no_realm.missing_credential().unwrap().text(Language::En);
    let held = ["STACKSPOT_REALM", "STACKSPOT_CLIENT_ID", "s3cret"].map(|part| text.contains(part));
    assert_eq!(held, [true, false, false], "{text}");
}

#[test]
fn known_path_is_removed_from_an_address_with_a_warning() {
    for (pasted, base) in [
        ("https://ai.example/v1", "https://ai.example"),
        ("https://ai.example/v1/", "https://ai.example"),
        ("https://ai.example/v1/agent/01A/chat", "https://ai.example"),
        ("https://gate.example/ai/v1/agent/01A/chat", "https://gate.example/ai"),
        ("https://ai.example/v4/agents", "https://ai.example"),
        ("https://ai.example/acme/oidc/oauth/token", "https://ai.example"),
    ] {
        let loaded = load(&[("STACKSPOT_INFERENCE_URL", pasted)], "");
        assert_eq!(loaded.endpoints().inference.as_str(), base, "{pasted}");
        let told: Vec<String> = loaded.unwrapped.iter().map(|it| it.message.text(Language::En)).collect();
        assert!(told.len() == 1 && told[0].contains(&format!("write {base}.")), "{told:?}");
    }
    for kept in ["https://ai.example", "https://gate.example/ai/v1", "https://gate.example/v1x"] {
        let loaded = load(&[], &format!("endpoints = {{ inference = \"{kept}\" }}"));
        assert_eq!((loaded.endpoints().inference.as_str(), loaded.unwrapped.len()), (kept, 0));
    }
}

#[test]
fn endpoints_default_to_the_service_and_lose_trailing_slash() {
    assert_eq!(load(&[], "").endpoints(), &Endpoints::default());
    let own = load(
        &[("STACKSPOT_IDM_URL", "https://idm.acme.example/auth/")],
        "[endpoints]\ndata = \"https://data.acme.example\"",
    );
    assert_eq!(own.endpoints().idm.as_str(), "https://idm.acme.example/auth");
    assert_eq!(own.endpoints().data.as_str(), "https://data.acme.example");
    assert_eq!(own.endpoints().inference, Endpoints::default().inference);
}

#[test]
fn refused_endpoint_is_named_and_nothing_is_sent() {
    let plain = file("[endpoints]\nagents = \"http://a.example\"");
    let error = load_connection(&Environment::default(), &plain).unwrap_err();
    let text = error.text(Language::En);
    assert!(text.starts_with("`endpoints.agents` of config.toml is plain http://"), "{text}");
    let refusing = LoadedConnection::refusing(error.clone());
    assert_eq!(refusing.missing_credential(), Some(&error), "nothing is sent anywhere else instead");
}

#[tokio::test]
async fn secret_command_runs_once_and_only_when_a_request_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let and = if cfg!(windows) { '&' } else { ';' };
    let line = format!("echo run>> \"{}\"{and} echo s3cret", runs.display());
    let text = format!("realm = \"acme\"\nclient_id = \"id\"\nclient_secret_command = '{line}'\n");
    let ran_once = || std::fs::read_to_string(&runs).unwrap().trim_end() == "run";
    let loaded = load(&[], &text);
    assert_eq!(loaded.missing_credential(), None);
    assert!(!runs.exists(), "nothing ran before a request needs it");
    assert_eq!(client(&loaded).await[2], "s3cret");
    assert_eq!(client(&loaded).await[2], "s3cret");
    assert!(ran_once());

    let spared = load(&[("STACKSPOT_CLIENT_SECRET", "env-secret")], &text);
    assert_eq!(client(&spared).await[2], "env-secret");
    assert!(ran_once(), "a secret at hand spares the command");
}

#[tokio::test]
async fn a_failed_command_is_tried_again_by_the_next_request() {
    let folder = tempfile::tempdir().unwrap();
    let unlocked = folder.path().join("unlocked");
    let file = unlocked.display();
    let line = if cfg!(windows) {
        format!("if exist \"{file}\" (echo s3cret) else (exit 1)")
    } else {
        format!("test -e \"{file}\" && echo s3cret")
    };
    let text = format!("realm = \"acme\"\nclient_id = \"id\"\nclient_secret_command = '{line}'\n");
    let loaded = load(&[], &text);
    let failed = loaded.connection().await.unwrap_err().text(Language::En);
    assert!(failed.starts_with("client_secret_command failed"), "{failed}");
    std::fs::write(&unlocked, "").unwrap();
    assert_eq!(client(&loaded).await[2], "s3cret");
}

#[test]
fn default_agent_comes_from_environment_then_user_file() {
    let file = "agent = \"01FILE\"";
    let env = [("STACKSPOT_AGENT_ID", "01ENV")];
    for (loaded, agent) in [(load(&env, file), Some("01ENV")), (load(&[], file), Some("01FILE")), (load(&[], ""), None)]
    {
        assert_eq!(loaded.default_agent.as_deref(), agent);
    }
}

#[tokio::test]
async fn stored_credential_is_used_without_secret_or_other_account() {
    let folder = tempfile::tempdir().unwrap();
    let home = ("XDG_CONFIG_HOME", folder.path().to_str().unwrap());
    let kept = StoredCredential {
        realm: "kept-realm".into(),
        client_id: "kept-id".into(),
        client_secret: SecretString::from("kept-secret".to_owned()),
    };
    let before = load(&[home], "");
    assert!(before.missing_credential().is_some());
    CredentialStore::of(&environment(&[home])).keep(&kept).await.unwrap();

    let expected = ["kept-realm", "kept-id", "kept-secret"];
    assert_eq!(client(&before).await, expected, "the next request finds it, without a restart");
    assert_eq!(client(&load(&[home, ("STACKSPOT_REALM", "kept-realm")], "")).await, expected);
    assert_eq!(client(&load(&[home], ACCOUNT)).await, ["file-realm", "file-id", "file-secret"]);

    let refused = async |variable| load(&[home, variable], "").connection().await.unwrap_err().text(Language::En);
    let other = refused(("STACKSPOT_REALM", "other")).await;
    assert!(other.contains("contains a credential of realm \"kept-realm\""), "{other}");
    let half = refused(("STACKSPOT_CLIENT_SECRET", "env-secret")).await;
    assert!(half.contains("STACKSPOT_REALM") && !half.contains("env-secret"), "{half}");
}
