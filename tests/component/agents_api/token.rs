//! From credentials to a token, and the lifetime of the token.

use std::time::Duration;

use serde_json::json;
use stackspot_lsp::testing::agents_api::{AgentsApi, Credential, ErrorKind, TokenState, UploadContent, UploadFile};
use stackspot_lsp::testing::i18n::Message;

use super::{Story, api, hello, impatient, quick};
use crate::support::peer::{CLIENT_ID, CLIENT_SECRET, Gate, Peer, REALM, Script};
use crate::support::proxy::through;

#[tokio::test]
async fn a_credential_becomes_a_token() {
    let peer = Peer::start().await;
    let api = api(&peer);
    assert_eq!(api.token_state(), TokenState::None);
    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!(api.token_state(), TokenState::Valid);
    let [token, chat] = peer.requests().try_into().unwrap();
    assert_eq!((token.method.as_str(), token.path.clone()), ("POST", format!("/{REALM}/oidc/oauth/token")));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(token.form("grant_type").as_deref(), Some("client_credentials"));
    assert_eq!(token.form("client_id").as_deref(), Some(CLIENT_ID));
    assert_eq!(token.form("client_secret").as_deref(), Some(CLIENT_SECRET));
    assert_eq!(token.header("authorization"), None);
    assert_eq!(chat.header("authorization"), Some("Bearer token-1"));
}

#[tokio::test]
async fn special_characters_in_credentials_are_encoded() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.credential = Credential::ClientSecret {
        realm: "a/b ?#%ç".into(),
        client_id: "id&x=1".into(),
        client_secret: "p+w d&%ç".to_owned().into(),
    };
    Story::of(AgentsApi::new(connection).chat(hello(), quick())).await.end();
    let token = &peer.requests()[0];
    assert_eq!(token.path, "/a%2Fb%20%3F%23%25%C3%A7/oidc/oauth/token");
    assert_eq!(token.form("client_id").as_deref(), Some("id&x=1"));
    assert_eq!(token.form("client_secret").as_deref(), Some("p+w d&%ç"));
}

#[tokio::test]
async fn empty_or_dotted_realm_or_agent_id_is_refused() {
    for realm in ["", ".", ".."] {
        let peer = Peer::start().await;
        let mut connection = peer.connection();
        let Credential::ClientSecret { realm: configured, .. } = &mut connection.credential else { unreachable!() };
        *configured = realm.into();
        Story::of(AgentsApi::new(connection).chat(hello(), quick())).await.error();
        let mut request = hello();
        request.agent_id = realm.into();
        Story::of(api(&peer).chat(request, quick())).await.error();
        assert!(peer.requests().is_empty(), "{:?}", peer.requests());
    }
}

#[tokio::test]
async fn many_chats_share_one_request_in_flight() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let reply = json!({"access_token": "shared", "expires_in": "1200"}).to_string();
    let exchange = peer.expect_token(Script::status(200).gate(&gate).bytes(reply));
    let api = api(&peer);
    let chats: Vec<_> = (0..8).map(|_| tokio::spawn(Story::of(api.chat(hello(), quick())))).collect();
    exchange.arrived().await;
    gate.open();
    for chat in chats {
        chat.await.unwrap().end();
    }
    assert_eq!(peer.token_requests(), 1);
    assert_eq!(peer.chats().len(), 8);
    assert!(peer.chats().iter().all(|chat| chat.header("authorization") == Some("Bearer shared")));
}

#[tokio::test]
async fn a_failed_request_is_shared_as_well() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let reply = json!({"error": "invalid_client"}).to_string();
    let exchange = peer.expect_token(Script::status(401).gate(&gate).bytes(reply));
    let api = api(&peer);
    let chats: Vec<_> = (0..8).map(|_| tokio::spawn(Story::of(api.chat(hello(), quick())))).collect();
    exchange.arrived().await;
    gate.open();
    for chat in chats {
        assert_eq!(chat.await.unwrap().error().kind(), ErrorKind::Credentials);
    }
    assert_eq!(peer.token_requests(), 1, "no storm of refused requests");
    pass(Duration::from_secs(6)).await;
    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!(peer.token_requests(), 2);
}

#[tokio::test]
async fn token_is_renewed_a_minute_before_expiry_or_at_half_its_life() {
    for (life, holds) in [(1200, 1140), (100, 50), (120, 60), (130, 70)] {
        let peer = Peer::start().await;
        peer.expect_token(Script::token("old", life));
        peer.expect_token(Script::token("new", life));
        let api = api(&peer);
        let used = async || {
            Story::of(api.chat(hello(), quick())).await.end();
            peer.chats().last().unwrap().header("authorization").unwrap().to_owned()
        };
        assert_eq!(used().await, "Bearer old");
        pass(Duration::from_secs(holds - 5)).await;
        assert_eq!(used().await, "Bearer old", "{life}");
        pass(Duration::from_secs(6)).await;
        assert_eq!(used().await, "Bearer new", "{life}");
        pass(Duration::from_secs(life)).await;
        assert_eq!(api.token_state(), TokenState::Expired);
    }
}

#[tokio::test]
async fn invalid_token_lifetime_is_replaced_by_a_default() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    for (expires_in, holds, is_over) in [
        // Without a valid value, five minutes, of which one minute is a reserve.
        (json!(null), Duration::from_secs(235), Duration::from_secs(6)),
        (json!(0), Duration::from_secs(235), Duration::from_secs(6)),
        (json!(-1200), Duration::from_secs(235), Duration::from_secs(6)),
        (json!("soon"), Duration::from_secs(235), Duration::from_secs(6)),
        (json!([1200]), Duration::from_secs(235), Duration::from_secs(6)),
        (json!(2), Duration::from_millis(500), Duration::from_millis(600)),
        (json!(" 1200.5 "), minutes(18), minutes(2)),
        // The maximum is thirty days.
        (json!(1e300), minutes(60 * 24 * 30 - 2), minutes(2)),
        (json!(u64::MAX), minutes(60 * 24 * 30 - 2), minutes(2)),
    ] {
        let peer = Peer::start().await;
        peer.expect_token(Script::reply(&json!({"access_token": "odd", "expires_in": expires_in})));
        let api = api(&peer);
        Story::of(api.chat(hello(), quick())).await.end();
        pass(holds).await;
        api.authenticate(&quick().timeouts).await.unwrap();
        assert_eq!(peer.token_requests(), 1, "{expires_in} still holds");
        pass(is_over).await;
        api.authenticate(&quick().timeouts).await.unwrap();
        assert_eq!(peer.token_requests(), 2, "{expires_in} is over");
    }
}

#[tokio::test]
async fn a_token_serves_to_its_end_while_its_renewal_fails() {
    let peer = Peer::start().await;
    peer.expect_token(Script::token("old", 1200));
    peer.expect_token(Script::status(503));
    let api = api(&peer);
    Story::of(api.chat(hello(), quick())).await.end();
    pass(Duration::from_secs(1150)).await;
    Story::of(api.chat(hello(), quick())).await.end();
    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!(peer.token_requests(), 2, "and is not asked for again at once");
    assert_eq!(peer.chats()[2].header("authorization"), Some("Bearer old"));
    pass(Duration::from_secs(6)).await;
    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!(peer.chats()[3].header("authorization"), Some("Bearer token-1"));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_question_asked_again() {
    let peer = Peer::start().await;
    peer.expect_chat(Script::status(401));
    let api = api(&peer);
    let mut limits = quick();
    limits.retry.max_attempts = 1;
    let story = Story::of(api.chat(hello(), limits)).await;
    assert_eq!(story.text(), "An answer by default.");
    let used: Vec<_> = peer.chats().iter().map(|chat| chat.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(used, ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(peer.token_requests(), 2);

    peer.expect_chat(Script::error(401, "X_401", "no"));
    peer.expect_chat(Script::error(401, "X_401", "no"));
    let story = Story::of(api.chat(hello(), quick())).await;
    assert_eq!((story.error().kind(), story.error().status()), (ErrorKind::Credentials, Some(401)));
    assert_eq!(story.error().code(), Some("X_401"));
    assert_eq!(peer.chats().len(), 4, "once, not for ever");
    assert_eq!(api.token_state(), TokenState::Expired);
}

#[tokio::test]
async fn late_401_for_the_old_token_does_not_renew_the_new_one() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let late = peer.expect_chat(Script::status(401).held_by(&gate));
    let api = api(&peer);
    let chat = tokio::spawn(Story::of(api.chat(hello(), quick())));
    late.arrived().await;
    peer.expect_chat(Script::status(401));
    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!(peer.token_requests(), 2);
    gate.open();
    chat.await.unwrap().end();
    assert_eq!(peer.token_requests(), 2);
    assert_eq!(peer.chats().last().unwrap().header("authorization"), Some("Bearer token-2"));
}

#[tokio::test]
async fn a_ready_token_is_used_as_it_is_and_cannot_be_renewed() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.credential = Credential::Token("ready-made\n".to_owned().into());
    let api = AgentsApi::new(connection);
    Story::of(api.chat(hello(), quick())).await.end();
    assert_eq!(peer.chats()[0].header("authorization"), Some("Bearer ready-made"));
    peer.expect_chat(Script::status(401));
    let story = Story::of(api.chat(hello(), quick())).await;
    assert_eq!(story.error().kind(), ErrorKind::Credentials);
    assert!(story.error().to_string().contains("STACKSPOT_TOKEN"), "{}", story.error());
    assert_eq!((peer.token_requests(), peer.chats().len()), (0, 2));
    assert_eq!(api.token_state(), TokenState::Expired);
}

#[tokio::test]
async fn every_request_with_a_refused_ready_token_gives_same_advice() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.credential = Credential::Token("ready-made".to_owned().into());
    let api = AgentsApi::new(connection);
    peer.expect_chat(Script::status(401));
    peer.expect("/v1/agents", Script::status(401));
    peer.expect("/v2/file-upload/form", Script::status(401));
    let file = UploadFile { name: "notes.md".into(), content: UploadContent::Bytes("x".into()), media_type: None };
    let of_chat = Story::of(api.chat(hello(), quick())).await.error().clone();
    assert!(of_chat.to_string().contains("Set a new one"), "{of_chat}");
    assert_eq!(api.agents(quick()).await.unwrap_err(), of_chat);
    assert_eq!(api.upload(&file, quick(), |_, _| {}).await.unwrap_err(), of_chat);
    assert_eq!(peer.requests().len(), 3, "each was sent once");
}

#[tokio::test]
async fn missing_credential_error_names_what_to_set() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.credential = Credential::Missing(Message::verbatim("Set STACKSPOT_REALM."));
    let story = Story::of(AgentsApi::new(connection).chat(hello(), quick())).await;
    assert_eq!(story.error().kind(), ErrorKind::Credentials);
    assert!(story.error().to_string().ends_with("Set STACKSPOT_REALM."), "{}", story.error());
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn refusals_of_the_sign_in_are_explained() {
    let oauth = |status, error: &str, description: &str| {
        Script::status(status).bytes(json!({"error": error, "error_description": description}).to_string())
    };
    let html = "<html><head><title>Realm not found</title></head><body>soup</body></html>";
    for (reply, kind, code, words) in [
        (
            oauth(400, "invalid_client", "No such client"),
            ErrorKind::Credentials,
            Some("invalid_client"),
            "No such client",
        ),
        (oauth(401, "invalid_client", ""), ErrorKind::Credentials, Some("invalid_client"), "STACKSPOT_CLIENT_SECRET"),
        (oauth(401, "unauthorized_client", "expired"), ErrorKind::Credentials, Some("unauthorized_client"), "expired"),
        (oauth(404, "Realm does not exist", ""), ErrorKind::Credentials, Some("Realm does not exist"), REALM),
        (Script::status(404).bytes(html), ErrorKind::Credentials, None, "STACKSPOT_REALM"),
        (Script::status(400), ErrorKind::Credentials, None, "Personal Access Token"),
        (Script::status(403), ErrorKind::Credentials, None, "HTTP 403"),
        (Script::status(302).header("location", "/login"), ErrorKind::Protocol, None, "redirect"),
        (Script::status(200).bytes(html), ErrorKind::Protocol, None, "without a token"),
        (Script::status(200).bytes("{\"access_token\":\"\"}"), ErrorKind::Protocol, None, "without a token"),
        (
            Script::status(200).bytes("{\"access_token\":\"a\\nb\"}"),
            ErrorKind::Protocol,
            None,
            "Check STACKSPOT_IDM_URL",
        ),
        (oauth(400, "invalid_scope", ""), ErrorKind::Credentials, Some("invalid_scope"), "are not the problem"),
        (Script::status(503), ErrorKind::Server, None, "HTTP 503"),
        (Script::status(429), ErrorKind::RateLimited, None, "no more sign-ins"),
    ] {
        let peer = Peer::start().await;
        peer.expect_token(reply);
        let story = Story::of(api(&peer).chat(hello(), impatient(9_000, 9_000))).await;
        let error = story.error();
        assert_eq!((error.kind(), error.code()), (kind, code), "{error}");
        assert!(error.to_string().contains(words) && !error.to_string().contains("soup"), "{error}");
        assert_eq!((peer.token_requests(), peer.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_asked_again_after_a_second() {
    let peer = Peer::start().await;
    peer.expect_token(Script::status(503));
    let api = api(&peer);
    let mut chat = api.chat(hello(), quick());
    assert_eq!(chat.next().await, Some(Ok(stackspot_lsp::testing::agents_api::ChatEvent::SigningIn)));
    let Ok(stackspot_lsp::testing::agents_api::ChatEvent::Retrying { wait, .. }) = chat.next().await.unwrap() else {
        panic!()
    };
    assert!((0.5..=1.0).contains(&wait.as_secs_f64()), "{wait:?}");
    assert!(futures::poll!(std::pin::pin!(chat.next())).is_pending());
    pass(Duration::from_secs(6)).await;
    assert_eq!(Story::of(chat).await.text(), "An answer by default.");
    assert_eq!(peer.token_requests(), 2);
}

#[tokio::test]
async fn errors_and_debug_output_contain_no_secret() {
    let peer = Peer::start().await;
    let echo = |token: &str| format!("you sent {token} and {CLIENT_SECRET}");
    peer.expect_token(
        Script::status(400).bytes(json!({"error": CLIENT_SECRET, "error_description": echo("x")}).to_string()),
    );
    let api = api(&peer);
    let refused = Story::of(api.chat(hello(), quick())).await;
    assert!(refused.error().to_string().contains("you sent x and [secret]"), "{}", refused.error());

    pass(Duration::from_secs(6)).await;
    peer.expect_chat(Script::error(500, "token-1", "you sent token-1"));
    let failed = Story::of(api.chat(hello(), impatient(9_000, 9_000))).await;
    assert!(failed.error().to_string().contains("you sent [secret]"), "{}", failed.error());

    for echo in [
        Script::stream().bytes("event: error\ndata: you sent token-1\n\n"),
        Script::stream().bytes("data: {\"type\":\"error\",\"code\":\"token-1\",\"details\":[\"token-1\"]}\n\n"),
        Script::status(200).bytes("you sent token-1"),
    ] {
        peer.expect_chat(echo);
        let failed = Story::of(api.chat(hello(), quick())).await;
        let shown = format!("{failed:?} {}", failed.error());
        assert!(shown.contains("[secret]") && !shown.contains("token-1"), "{shown}");
    }

    let mut connection = peer.connection();
    connection.proxy = through("http://user:proxy-password@proxy.example");
    let shown = format!("{:?} {refused:?} {failed:?} {:?} {}", api, AgentsApi::new(connection), refused.error());
    for secret in [CLIENT_SECRET, "token-1", "proxy-password"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn sign_in_is_retried_at_once_when_connection_breaks() {
    let peer = Peer::start().await;
    peer.expect_token(Script::raw().reset());
    let api = api(&peer);
    let story = Story::of(api.chat(hello(), quick())).await;
    assert_eq!((story.text().as_str(), peer.token_requests()), ("An answer by default.", 2));
    assert_eq!(story.course(), ["connecting", "waiting", "done"], "at once, so that nobody need be told");
}
