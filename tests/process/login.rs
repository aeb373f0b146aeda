//! `login` and `logout` without a keyring: the address of the bus does not exist.

use serde_json::Value;

use crate::child::Home;
use crate::support::paths::below_tilde;
use crate::support::peer::{CLIENT_ID, CLIENT_SECRET, Peer, REALM, Script};

/// A home with the peer's addresses, and without a credential.
fn home(peer: &Peer) -> Home {
    let is_address = |(name, _): &(&str, String)| name.ends_with("_URL") || *name == "STACKSPOT_AGENT_ID";
    no_account().with_all(peer.environment().into_iter().filter(is_address))
}

const LOGIN: [&str; 5] = ["login", "--realm", REALM, "--client-id", CLIENT_ID];

#[tokio::test]
async fn valid_credential_is_stored_and_used_until_logout() {
    let peer = Peer::start().await;
    let home = home(&peer);
    let run = home.pipe(&LOGIN, format!("{CLIENT_SECRET}\n")).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    assert!(run.stderr.contains("credential.json") && !run.stderr.contains(CLIENT_SECRET), "{}", run.stderr);
    assert!(run.stderr.contains("no keyring"), "it is said aloud: {}", run.stderr);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = home.folder.path().join(".config/stackspot-lsp/credential.json");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!((peer.token_requests(), peer.chats().len()), (1, 0), "it was checked, and nothing else was asked");

    let run = home.run(&["ask", "Who am I?"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "An answer by default.\n"), "{}", run.stderr);
    let token = peer.requests().into_iter().rfind(crate::support::peer::Request::is_token).unwrap();
    assert_eq!(token.form("client_secret").as_deref(), Some(CLIENT_SECRET));

    let run = home.run(&["logout"]).await;
    assert!(run.code == Some(0) && run.stderr.contains("was removed"), "{run:?}");
    assert_eq!(home.run(&["ask", "Who am I?"]).await.code, Some(1));
    let run = home.run(&["logout"]).await;
    assert!(run.code == Some(0) && run.stderr.contains("No credential was stored"), "{run:?}");
}

#[tokio::test]
async fn invalid_credential_is_not_stored() {
    let peer = Peer::start().await;
    let home = home(&peer);
    let refusal = Script::status(401).bytes(r#"{"error":"invalid_client"}"#);
    peer.expect_token(refusal);
    let run = home.pipe(&LOGIN, "wrong-s3cret\n").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("Nothing was stored") && !run.stderr.contains("wrong-s3cret"), "{}", run.stderr);
    assert!(home.run(&["logout"]).await.stderr.contains("No credential was stored"));
}

#[tokio::test]
async fn login_obeys_the_timeouts_of_the_user_file() {
    let peer = Peer::start().await;
    // It accepts connections, but never answers the TLS handshake.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let home = home(&peer).with("STACKSPOT_IDM_URL", format!("https://{}", mute.local_addr().unwrap()));
    let run = home.with_config("timeouts.connectMs = 300\n").pipe(&LOGIN, format!("{CLIENT_SECRET}\n")).await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("could not be connected to within 300 ms"), "{}", run.stderr);
}

#[tokio::test]
async fn login_without_a_terminal_requires_all_values() {
    let peer = Peer::start().await;
    let home = home(&peer);
    for (arguments, input, said) in [
        (&LOGIN[..3], "s3cret\n", "--client-id"),
        (&LOGIN[..1], "s3cret\n", "--realm"),
        (&LOGIN[..], "\n", "secret is empty"),
    ] {
        let run = home.pipe(arguments, input).await;
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    assert_eq!(peer.requests().len(), 0);
}

#[tokio::test]
async fn environment_overrides_stored_credential_without_mixing() {
    let peer = Peer::start().await;
    let home = home(&peer);
    assert_eq!(home.pipe(&LOGIN, CLIENT_SECRET).await.code, Some(0));
    let home = home.with("STACKSPOT_REALM", "another-realm");
    let run = home.run(&["doctor", "--json"]).await;
    assert_eq!(run.code, Some(1));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let credential = report["checks"].as_array().unwrap().iter().find(|check| check["check"] == "credential").unwrap();
    assert!(credential["message"].as_str().unwrap().contains(REALM), "{credential}");

    let home = home.with("STACKSPOT_TOKEN", "ready-made");
    assert_eq!(home.run(&["ask", "Who am I?"]).await.code, Some(0));
    assert_eq!(peer.chats().pop().unwrap().header("authorization"), Some("Bearer ready-made"));
}

/// The portal's page about an account and its agent, with the addresses of the peer.
pub fn page(peer: &Peer, secret: &str) -> String {
    let base = peer.base_url();
    format!(
        r#"curl -X POST '{base}/{REALM}/oidc/oauth/token' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -d 'grant_type=client_credentials' -d 'client_id={CLIENT_ID}' -d 'client_secret={secret}'

curl -X POST '{base}/v1/agent/01PORTALAGENT/chat' \
  -H 'Content-Type: application/json' -H "Authorization: Bearer $JWT" \
  -d '{{"streaming": true, "user_prompt": "Hello", "stackspot_knowledge": "true", "return_ks_in_response": true}}'
"#
    )
}

fn no_account() -> Home {
    Home::new().with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
}

#[tokio::test]
async fn login_needs_only_the_curl_commands_of_the_portal() {
    let peer = Peer::start().await;
    let home = no_account().with_config("# mine\nlanguage = \"en\"  # for a while\n");
    let run = home.pipe(&["login", "--from-curl"], page(&peer, CLIENT_SECRET)).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    for part in [REALM, CLIENT_ID, "01PORTALAGENT", &peer.base_url(), "credential.json", "config.toml"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(!run.stderr.contains(CLIENT_SECRET), "{}", run.stderr);
    let told = below_tilde(&run.stderr, home.folder.path()).replace(&peer.base_url(), "https://SERVICE");
    let documented = include_str!("../../docs/shell.md");
    assert!(documented.contains(&format!("```text\n{told}```\n")), "docs/shell.md does not show this:\n{told}");
    assert_eq!((peer.token_requests(), peer.chats().len()), (1, 0));
    let file = home.read(".config/stackspot-lsp/config.toml");
    for line in ["# mine", "language = \"en\"  # for a while", "agent = \"01PORTALAGENT\"", "enabled = true"] {
        assert!(file.contains(line), "{line}: {file}");
    }
    assert!(!file.contains(CLIENT_SECRET) && !file.contains("data ="), "{file}");

    let run = home.run(&["ask", "Who am I?"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "An answer by default.\n"), "{}", run.stderr);
    let chat = peer.chats().pop().unwrap();
    assert_eq!(chat.path, "/v1/agent/01PORTALAGENT/chat");
    assert_eq!(chat.json()["stackspot_knowledge"], true);

    // A second login changes only the credential.
    let run = home.pipe(&["login", "--from-curl"], page(&peer, CLIENT_SECRET)).await;
    assert!(run.code == Some(0) && !run.stderr.contains("was written"), "{}", run.stderr);
}

#[tokio::test]
async fn unusable_curl_command_keeps_nothing_and_shows_no_secret() {
    let peer = Peer::start().await;
    let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ.x";
    let whole = page(&peer, CLIENT_SECRET);
    for (text, said) in [
        (whole.replace("$JWT", token), "bearer token"),
        (page(&peer, "$CLIENT_SECRET"), "no client secret"),
        (whole.replace(&format!("/{REALM}/oidc"), "/{realm}/oidc"), "--realm"),
        (whole.replace("curl", "wget"), "No request to StackSpot"),
        (String::new(), "No request to StackSpot"),
        (whole.replace("http://127.0.0.1", "http://elsewhere.example"), "http"),
    ] {
        let home = no_account();
        let run = home.pipe(&["login", "--from-curl"], &text).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{said}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        assert!(!run.stderr.contains(CLIENT_SECRET) && !run.stderr.contains(token), "{}", run.stderr);
        let kept = std::fs::read_dir(home.folder.path().join(".config/stackspot-lsp")).into_iter().flatten().count();
        assert_eq!(kept, 0, "{said}");
    }
    assert_eq!(peer.requests().len(), 0);

    peer.expect_token(Script::status(401).bytes(r#"{"error":"invalid_client"}"#));
    let home = no_account();
    let run = home.pipe(&["login", "--from-curl"], &whole).await;
    assert!(run.code == Some(1) && run.stderr.contains("Nothing was stored"), "{}", run.stderr);
    assert!(!home.folder.path().join(".config/stackspot-lsp").exists());
}

#[tokio::test]
async fn login_accepts_utf_16_of_powershell_and_a_realm_flag() {
    let peer = Peer::start().await;
    let home = no_account();
    let text = page(&peer, CLIENT_SECRET).replace(&format!("/{REALM}/oidc"), "/{realm}/oidc");
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let run = home.pipe(&["login", "--from-curl", "--realm", REALM], utf16).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(home.run(&["ask", "Who am I?"]).await.code, Some(0));
}

#[tokio::test]
async fn pasted_quotes_are_removed_and_doctor_reports_them() {
    let peer = Peer::start().await;
    let wrap = |(name, value): (&'static str, String)| match name {
        "STACKSPOT_REALM" => (name, format!("\"{value}\"")),
        "STACKSPOT_CLIENT_ID" => (name, format!("\u{feff}{value}")),
        "STACKSPOT_CLIENT_SECRET" => (name, format!("'{value}'\u{200b}")),
        "STACKSPOT_IDM_URL" => (name, format!("'{value}'")),
        _ => (name, value),
    };
    let home = Home::new().with_all(peer.environment().into_iter().map(wrap));
    let run = home.run(&["ask", "Who am I?"]).await;
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "An answer by default.\n", ""));
    let token = peer.requests().into_iter().find(crate::support::peer::Request::is_token).unwrap();
    assert_eq!(token.form("client_secret").as_deref(), Some(CLIENT_SECRET));
    let report = home.run(&["doctor", "--no-ask"]).await.stdout;
    for name in ["STACKSPOT_REALM", "STACKSPOT_CLIENT_ID", "STACKSPOT_CLIENT_SECRET", "STACKSPOT_IDM_URL"] {
        let told = report.lines().filter(|line| line.contains(&format!("{name} is given with more"))).count();
        assert_eq!(told, 1, "{name}: {report}");
    }
    assert!(!report.contains(CLIENT_SECRET), "{report}");

    let home = home.with("STACKSPOT_TOKEN", "Authorization: bearer ready-\n made");
    assert_eq!(home.run(&["ask", "Who am I?"]).await.code, Some(0));
    assert_eq!(peer.chats().pop().unwrap().header("authorization"), Some("Bearer ready-made"));
}
