//! `login` and `logout`, where there is no keyring: the bus that is named leads nowhere.

use serde_json::Value;

use crate::child::Home;
use crate::support::peer::{CLIENT_ID, CLIENT_SECRET, Peer, REALM, Script};

/// The peer's addresses, and no credential.
fn home(peer: &Peer) -> Home {
    let is_address = |(name, _): &(&str, String)| name.ends_with("_URL") || *name == "STACKSPOT_AGENT_ID";
    let home = Home::new().with_all(peer.environment().into_iter().filter(is_address));
    home.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
}

const LOGIN: [&str; 5] = ["login", "--realm", REALM, "--client-id", CLIENT_ID];

#[tokio::test]
async fn a_credential_that_works_is_kept_and_used_until_logout() {
    let peer = Peer::start().await;
    let home = home(&peer);
    let run = home.pipe(&LOGIN, format!("{CLIENT_SECRET}\n")).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    assert!(run.stderr.contains("credential.json") && !run.stderr.contains(CLIENT_SECRET), "{}", run.stderr);
    assert!(run.stderr.contains("no keyring"), "it is said aloud: {}", run.stderr);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = home.folder.path().join("config/stackspot-lsp/credential.json");
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
    assert!(run.code == Some(0) && run.stderr.contains("No credential was kept"), "{run:?}");
}

#[tokio::test]
async fn a_credential_that_does_not_work_is_not_kept() {
    let peer = Peer::start().await;
    let home = home(&peer);
    let refusal = Script::status(401).bytes(r#"{"error":"invalid_client"}"#);
    peer.expect_token(refusal);
    let run = home.pipe(&LOGIN, "wrong-s3cret\n").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("Nothing was kept") && !run.stderr.contains("wrong-s3cret"), "{}", run.stderr);
    assert!(home.run(&["logout"]).await.stderr.contains("No credential was kept"));
}

#[tokio::test]
async fn what_cannot_be_asked_for_must_be_given() {
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
async fn the_environment_goes_over_what_is_kept_and_another_account_is_not_mixed_in() {
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
