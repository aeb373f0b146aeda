use serde_json::json;

use super::*;
use crate::i18n::Language;

const HOME: &str = if cfg!(windows) { "C:/Users/ana" } else { "/home/ana" };

fn parse(text: &str) -> Result<UserFile, String> {
    let environment = Environment::from_pairs([("HOME", HOME)]);
    let file = UserFile::parse(text, &Path::new(HOME).join(".config/stackspot-lsp/config.toml"), &environment);
    file.map_err(|error| error.text(Language::En))
}

#[test]
fn file_is_read_in_powershell_encodings_but_not_in_latin1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        UserFile::read_at(&path, &Environment::default())
    };
    let text = "realm = \"açaí\"\r\nstreaming = false\r\n";
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| ["\u{feff}", text].concat().encode_utf16().flat_map(to_bytes).collect();
    let written: [Vec<u8>; 4] =
        [text.into(), ["\u{feff}", text].concat().into(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)];
    for bytes in written {
        let file = read(&bytes).unwrap();
        assert_eq!((file.connection.realm.as_deref(), &file.settings), (Some("açaí"), &json!({ "streaming": false })));
    }
    let latin1 = read(b"realm = \"a\xe7a\xed\"\n").unwrap_err().text(Language::En);
    assert!(latin1.contains("config.toml") && latin1.contains("no UTF-8 text"), "{latin1}");
}

#[test]
fn a_whole_file_is_read_into_connection_and_settings() {
    let file = parse(
        r#"
        realm = "acme"
        client_id = "id"
        client_secret_command = ["pass", "show", "stackspot"]
        agent = "01AGENT"
        ca_bundle = "~/acme.pem"
        proxy = "http://ana:s3cret@proxy:3128"
        log = "debug"
        streaming = false
        [endpoints]
        idm = "https://idm.acme.example"
        [secrets]
        guard = "refuse"
        "#,
    )
    .unwrap();
    assert_eq!(file.connection.realm.as_deref(), Some("acme"));
    let command = SecretCommand::Program { program: "pass".into(), arguments: vec!["show".into(), "stackspot".into()] };
    assert_eq!(file.connection.client_secret_command, Some(command));
    assert_eq!(file.connection.endpoints.idm.as_deref(), Some("https://idm.acme.example"));
    assert_eq!(file.connection.ca_bundle, Some(Path::new(HOME).join("acme.pem")));
    assert_eq!(file.settings, json!({ "streaming": false, "secrets": { "guard": "refuse" } }));
    assert!(!format!("{file:?}").contains("s3cret"));
}

#[test]
fn an_error_names_the_file_and_line_and_never_the_secret_on_it() {
    for (text, said) in [
        ("realm = \"acme\"\nclient_secret = \"s3cret\n", "config.toml:2: "),
        (
            "realm = \"acme\"\n\n[endpoints]\n# ours\nidm = 5\n",
            "config.toml:5: `endpoints.idm` must be text, but it is a number",
        ),
        ("client_secret = [\"s3cret\"]", "config.toml:1: `client_secret` must be text, but it is a list"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(said) && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn missing_file_reads_as_empty_but_a_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("XDG_CONFIG_HOME", folder.path())]);
    let file = UserFile::read(&environment).unwrap();
    let path = folder.path().join("stackspot-lsp/config.toml");
    assert_eq!((file.path.as_ref(), file.connection.realm, file.settings), (Some(&path), None, Value::Null));
    std::fs::create_dir_all(path).unwrap();
    let error = UserFile::read(&environment).unwrap_err().text(Language::En);
    assert!(error.contains("config.toml cannot be read"), "{error}");
}

#[cfg(unix)] // permissions
#[test]
fn secret_readable_by_others_causes_a_warning() {
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "client_secret = \"s3cret\"").unwrap();
    let read_with_mode = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        UserFile::read_at(&path, &Environment::default()).unwrap()
    };
    let open = read_with_mode(0o644);
    assert_eq!(open.connection.client_secret.unwrap().expose_secret(), "s3cret");
    assert!(open.warnings[0].message.text(Language::En).contains("chmod 600"), "{:?}", open.warnings);
    assert_eq!(read_with_mode(0o600).warnings, []);
    std::fs::write(&path, "language = \"en\"").unwrap();
    assert_eq!(read_with_mode(0o644).warnings, [], "there is no secret in it");
    assert!(read_with_mode(0o622).warnings[0].message.text(Language::En).contains("decide who gets your code"));
}

#[test]
fn misspelt_connection_key_is_named_when_settings_are_read() {
    let file = parse("clientId = \"x\"\n[endpoints]\nimd = \"x\"\n").unwrap();
    assert!(
        file.warnings[0].message.text(Language::En).contains("\"endpoints.imd\" is unknown"),
        "{:?}",
        file.warnings
    );
    let (_, warnings) = crate::config::Settings::from_layers(&file.settings, &[]).unwrap();
    assert!(
        warnings[0].message.text(Language::En).contains("\"clientId\" is unknown and ignored; did you mean"),
        "{warnings:?}"
    );
    assert!(warnings[0].message.text(Language::En).contains("`client_id`"), "{warnings:?}");
}
