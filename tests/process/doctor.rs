//! `stackspot-lsp doctor` on working and on broken setups. docs/doctor.md contains each output, word for word.

use serde_json::{Value, json};

use crate::child::{Home, Run};
use crate::support::paths::below_tilde;
use crate::support::peer::{CLIENT_SECRET, Peer, Request, Script};

/// The output without the parts that differ from run to run.
pub fn settled(run: &Run, home: &Home, peer: &Peer) -> String {
    let text = below_tilde(&run.stdout, home.folder.path());
    // The pages show the messages of Linux.
    let refused = std::io::Error::from_raw_os_error(10061).to_string();
    let text = text.replace(&refused, "Connection refused (os error 111)").replace("exit code: ", "exit status: ");
    let text = text.replace(&peer.base_url(), "http://SERVICE").replace(&peer.address().to_string(), "SERVICE");
    let words: Vec<&str> = text.split(' ').collect();
    let is_time = |at: usize| words.get(at + 1).is_some_and(|next| next.starts_with("ms"));
    let settled: Vec<&str> = words.iter().enumerate().map(|(at, word)| if is_time(at) { "…" } else { word }).collect();
    settled.join(" ")
}

/// Checks that the page contains this output, word for word.
fn assert_documented(output: &str) {
    let page = include_str!("../../docs/doctor.md");
    assert!(page.contains(&format!("```text\n{output}```\n")), "docs/doctor.md does not show this:\n{output}");
}

async fn examined(peer: &Peer, home: &Home, code: i32) -> String {
    let run = home.run(&["doctor"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(code), ""), "{}", run.stdout);
    for secret in [CLIENT_SECRET, "\x1b"] {
        assert!(!run.stdout.contains(secret), "{}", run.stdout);
    }
    peer.forget_unused();
    settled(&run, home, peer)
}

/// A peer that lists its agent, and answers probes.
pub async fn healthy() -> (Peer, Home) {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    (peer, home)
}

pub fn expect_list(peer: &Peer, id: &str) {
    peer.expect("/v1/agents", Script::reply(&json!([{ "id": id, "name": "Reviewer", "slug": "reviewer" }])));
}

#[tokio::test]
async fn doctor_reports_that_all_checks_passed() {
    let (peer, home) = healthy().await;
    expect_list(&peer, "01TESTAGENT");
    assert_documented(&examined(&peer, &home, 0).await);
    assert_eq!(peer.chats().len(), 0, "a listed agent is not asked");
}

#[tokio::test]
async fn doctor_explains_a_missing_credential() {
    let peer = Peer::start().await;
    assert_documented(&examined(&peer, &Home::new(), 1).await);
}

#[tokio::test]
async fn doctor_explains_a_broken_config_file() {
    let peer = Peer::start().await;
    let home = Home::new().with_config("realm = \"acme\"\nclient_id = \n");
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_plain_http_endpoint() {
    let (peer, home) = healthy().await;
    let home = home.with("STACKSPOT_IDM_URL", "http://idm.example");
    assert_documented(&examined(&peer, &home, 1).await);
    assert_eq!(peer.requests().len(), 0);
}

#[tokio::test]
async fn doctor_explains_a_wrong_realm() {
    let (peer, home) = healthy().await;
    peer.expect_token(Script::status(404).bytes("{\"error\":\"Realm does not exist\"}"));
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_wrong_secret() {
    let (peer, home) = healthy().await;
    peer.expect_token(Script::status(401).bytes("{\"error\":\"invalid_client\"}"));
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_service_that_is_not_reachable() {
    let (peer, home) = healthy().await;
    // Port 9 is the discard service. On most machines no program listens there.
    let home = home.with("STACKSPOT_INFERENCE_URL", "https://127.0.0.1:9");
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_certificate_without_trust() {
    for tls in [crate::tls::unknown().await, crate::tls::self_signed().await] {
        let (peer, home) = healthy().await;
        let home = home.with("STACKSPOT_INFERENCE_URL", format!("https://localhost:{tls}"));
        assert_documented(&examined(&peer, &home, 1).await.replace(&tls.to_string(), "PORT"));
    }
}

#[tokio::test]
async fn doctor_explains_a_proxy_that_requires_a_password() {
    let (peer, home) = healthy().await;
    // The peer acts as the proxy. It does not know the method `CONNECT`, and requires a password.
    // The request asks once, and doctor asks once more to find the reason.
    for _ in 0..2 {
        peer.expect("inference.example:443", Script::status(407).header("proxy-authenticate", "Basic realm=\"corp\""));
    }
    let home = home.with("STACKSPOT_INFERENCE_URL", "https://inference.example").with("HTTPS_PROXY", peer.base_url());
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_proxy_setting_that_is_not_a_proxy() {
    let (peer, home) = healthy().await;
    peer.forget_unused();
    let home = home.with("STACKSPOT_INFERENCE_URL", "https://inference.example");
    let run = examined(&peer, &home.with("HTTPS_PROXY", "http://ana:s3cret@[proxy:3128"), 1).await;
    assert!(!run.contains("s3cret"), "{run}");
    assert_documented(&run);
}

#[tokio::test]
async fn doctor_explains_an_agent_that_refuses_the_credential() {
    let (peer, home) = healthy().await;
    expect_list(&peer, "01OTHER");
    peer.expect_chat(Script::status(403));
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_asks_unlisted_agent_one_question_unless_no_ask() {
    let (peer, home) = healthy().await;
    peer.expect("/v1/agents", Script::status(403));
    peer.expect_chat(Script::stream().text("OK").end());
    assert_documented(&examined(&peer, &home, 0).await);
    assert_eq!(peer.chats().len(), 1);

    expect_list(&peer, "01OTHER");
    let run = home.run(&["doctor", "--no-ask"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("warning  agent"), "{}", run.stdout);
    assert_eq!(peer.chats().len(), 1);
}

#[tokio::test]
async fn doctor_explains_an_expired_ready_token() {
    let (peer, home) = healthy().await;
    let home = home.with("STACKSPOT_TOKEN", "an-old-token");
    peer.expect("/v1/agents", Script::status(401));
    peer.expect_chat(Script::status(401));
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_secret_command_that_fails() {
    let peer = Peer::start().await;
    let locked =
        if cfg!(windows) { "echo The vault is locked.>&2& exit 3" } else { "echo 'The vault is locked.' >&2; exit 3" };
    let home = without_secret(&peer).with_config(&format!("client_secret_command = \"{locked}\"\n"));
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn secret_command_does_not_get_our_secrets() {
    let peer = Peer::start().await;
    let home = without_secret(&peer).with("STACKSPOT_MODEL_API_KEY", "of-the-model");
    let asked = if cfg!(windows) {
        "if defined STACKSPOT_MODEL_API_KEY (echo secret %STACKSPOT_MODEL_API_KEY%) else echo secret alone"
    } else {
        "echo \"secret ${STACKSPOT_MODEL_API_KEY:-alone}\""
    };
    let home = home.with_config(&format!("client_secret_command = '{asked}'\n"));
    expect_list(&peer, "01TESTAGENT");
    examined(&peer, &home, 0).await;
    let asked = peer.requests().into_iter().find(Request::is_token).unwrap();
    assert_eq!(asked.form("client_secret").as_deref(), Some("secret alone"));
}

#[tokio::test]
async fn doctor_explains_a_missing_agent() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment().into_iter().filter(|(name, _)| *name != "STACKSPOT_AGENT_ID"));
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_warns_about_a_misspelt_setting() {
    let (peer, home) = healthy().await;
    expect_list(&peer, "01TESTAGENT");
    assert_documented(&examined(&peer, &home.with_config("timeouts.idelMs = 1000\n"), 0).await);
}

#[tokio::test]
async fn doctor_explains_a_bundle_with_a_broken_certificate() {
    let (peer, home) = healthy().await;
    let tls = crate::tls::unknown().await;
    home.file("roots.pem", "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n");
    let bundle = home.folder.path().join("roots.pem");
    let home = home.with("STACKSPOT_CA_BUNDLE", bundle);
    let home = home.with("STACKSPOT_INFERENCE_URL", format!("https://localhost:{tls}"));
    assert_documented(&examined(&peer, &home, 1).await.replace(&tls.to_string(), "PORT"));
}

#[tokio::test]
async fn doctor_explains_a_proxy_that_is_not_reachable() {
    let (peer, home) = healthy().await;
    let home = home.with("STACKSPOT_INFERENCE_URL", "https://inference.example");
    let home = home.with("HTTPS_PROXY", "http://127.0.0.1:9");
    assert_documented(&examined(&peer, &home, 1).await);
}

#[tokio::test]
async fn doctor_explains_a_sign_in_that_is_not_available() {
    let (peer, home) = healthy().await;
    for _ in 0..3 {
        peer.expect_token(Script::status(503).bytes("<html><title>503 Service Unavailable</title></html>"));
    }
    assert_documented(&examined(&peer, &home, 1).await);
}

/// The whole environment except the secret.
fn without_secret(peer: &Peer) -> Home {
    Home::new().with_all(peer.environment().into_iter().filter(|(name, _)| *name != "STACKSPOT_CLIENT_SECRET"))
}

#[tokio::test]
async fn doctor_reports_the_same_checks_as_json() {
    let (peer, home) = healthy().await;
    peer.expect_token(Script::status(401).bytes("{\"error\":\"invalid_client\"}"));
    let run = home.run(&["doctor", "--json"]).await;
    assert_eq!(run.code, Some(1));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let states: Vec<_> = report["checks"].as_array().unwrap().iter().map(|it| (&it["check"], &it["state"])).collect();
    assert_eq!(report["ok"], false);
    for expected in
        [("settings", "ok"), ("credential", "ok"), ("network", "ok"), ("token", "failed"), ("agent", "skipped")]
    {
        assert!(states.contains(&(&json!(expected.0), &json!(expected.1))), "{expected:?} in {report}");
    }
}
