use serde_json::json;

use super::*;

const HOME: &str = if cfg!(windows) { "C:/Users/ana" } else { "/home/ana" };

fn parse(text: &str) -> Result<UserFile, UserFileError> {
    let environment = Environment::from_pairs([("HOME", HOME)]);
    UserFile::parse(text, &Path::new(HOME).join(".config/stackspot-lsp/config.toml"), &environment)
}

#[test]
fn a_file_that_powershell_wrote_is_read_as_any_other_and_so_is_one_that_is_no_text() {
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
    let latin1 = read(b"realm = \"a\xe7a\xed\"\n").unwrap_err().to_string();
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
    let syntax = parse("realm = \"acme\"\nclient_secret = \"s3cret\n").unwrap_err();
    assert!(matches!(syntax, UserFileError::Syntax { line: 2, .. }), "{syntax:?}");
    let text = syntax.to_string();
    assert!(text.contains("config.toml:2: ") && !text.contains("s3cret"), "{text}");

    let value = parse("realm = \"acme\"\n\n[endpoints]\n# ours\nidm = 5\n").unwrap_err();
    let text = value.to_string();
    assert!(text.ends_with("config.toml:5: `endpoints.idm` must be text, but it is a number"), "{text}");
    let text = parse("client_secret = [\"s3cret\"]").unwrap_err().to_string();
    assert!(text.contains(":1: `client_secret` must be text, but it is a list") && !text.contains("s3cret"), "{text}");
}

#[test]
fn a_missing_file_reads_as_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("XDG_CONFIG_HOME", folder.path())]);
    let file = UserFile::read(&environment).unwrap();
    assert_eq!(file.path, Some(folder.path().join("stackspot-lsp/config.toml")));
    assert_eq!(file.connection.realm, None);
    assert_eq!(file.settings, Value::Null);
}

#[test]
fn a_file_that_is_a_folder_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("stackspot-lsp/config.toml")).unwrap();
    let error = UserFile::read(&Environment::from_pairs([("XDG_CONFIG_HOME", folder.path())])).unwrap_err();
    assert!(matches!(error, UserFileError::Unreadable { .. }), "{error:?}");
    assert!(error.to_string().contains("config.toml cannot be read"), "{error}");
}

#[cfg(unix)] // permissions
#[test]
fn a_secret_that_others_can_read_is_warned_of() {
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
    assert!(open.warnings[0].to_string().contains("chmod 600"), "{:?}", open.warnings);
    assert_eq!(read_with_mode(0o600).warnings, []);
    std::fs::write(&path, "language = \"en\"").unwrap();
    assert_eq!(read_with_mode(0o644).warnings, [], "there is no secret in it");
    assert!(read_with_mode(0o622).warnings[0].to_string().contains("decide who gets your code"));
}

#[test]
fn a_misspelt_connection_key_is_named_when_the_settings_are_read() {
    let file = parse("clientId = \"x\"\n[endpoints]\nimd = \"x\"\n").unwrap();
    assert!(file.warnings[0].to_string().contains("\"endpoints.imd\" is unknown"), "{:?}", file.warnings);
    let (_, warnings) = crate::config::Settings::from_layers(&file.settings, &Value::Null).unwrap();
    assert!(warnings[0].to_string().contains("\"clientId\" is unknown and ignored; did you mean"), "{warnings:?}");
    assert!(warnings[0].to_string().contains("`client_id`"), "{warnings:?}");
}
