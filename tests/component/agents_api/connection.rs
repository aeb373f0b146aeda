//! Where the client may send credentials, and the error if it may not.

use std::io::Write;

use stackspot_lsp::testing::agents_api::{AgentsApi, ApiError, Connection, Endpoint, Endpoints, ErrorKind};
use stackspot_lsp::testing::config::{Environment, UserFile, load_connection};
use stackspot_lsp::testing::i18n::Language;
use tokio::net::TcpListener;

use super::{Story, hello, impatient, quick};
use crate::support::peer::{Peer, Script};
use crate::support::proxy::through;

async fn error_of(connection: Connection) -> ApiError {
    Story::of(AgentsApi::new(connection).chat(hello(), impatient(9_000, 9_000))).await.error().clone()
}

#[test]
fn plain_http_is_allowed_only_for_loopback() {
    let permitted = "http://127.0.0.1:8080 http://127.9.9.9 http://[::1]:1 http://localhost:3000/ https://x.example";
    permitted.split_whitespace().for_each(|url| assert!(url.parse::<Endpoint>().is_ok(), "{url}"));
    let refused = "http://example.com http://10.0.0.1 http://localhost.example.com http://127.0.0.1.example.com \
        http://0.0.0.0 http://0.0.0.0:1 http://[::ffff:10.0.0.1] http://127.0.0.1@example.com http://localhost@example.com \
        ftp://127.0.0.1 file:///etc/passwd https:// idm.stackspot.com https://user:p4ssword@example.com \
        https://idm.example/?a=b https://idm.example/#a";
    for url in refused.split_whitespace().chain(["not a url"]) {
        assert!(url.parse::<Endpoint>().is_err(), "{url}");
        for setting in ["STACKSPOT_IDM_URL", "STACKSPOT_INFERENCE_URL", "STACKSPOT_DATA_URL", "STACKSPOT_AGENTS_URL"] {
            let environment = Environment::from_pairs([(setting, url)]);
            let error = load_connection(&environment, &UserFile::default()).unwrap_err().text(Language::En);
            assert!(error.starts_with(&format!("{setting} ")) && !error.contains("p4ssword"), "{url}: {error}");
        }
    }
}

#[test]
fn default_endpoints_are_permitted() {
    let Endpoints { idm, inference, data, agents } = Endpoints::default();
    for endpoint in [idm, inference, data, agents] {
        assert_eq!(endpoint.as_str().parse(), Ok(endpoint));
    }
}

#[tokio::test]
async fn loopback_has_several_names() {
    let peer = Peer::start().await;
    let port = peer.address().port();
    for base in
        [format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}/"), format!("HTTP://LOCALHOST:{port}//")]
    {
        let mut connection = peer.connection();
        connection.endpoints.inference = base.parse().unwrap();
        Story::of(AgentsApi::new(connection).chat(hello(), quick())).await.end();
    }
    assert!(peer.chats().iter().all(|chat| chat.path.ends_with("/v1/agent/01AGENT/chat")), "{:?}", peer.chats());
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.endpoints.idm = format!("{}/auth/", peer.base_url()).parse().unwrap();
    Story::of(AgentsApi::new(connection).chat(hello(), quick())).await.end();
    assert_eq!(peer.requests()[0].path, "/auth/test-realm/oidc/oauth/token");
}

#[tokio::test]
async fn refused_connection_is_reported_with_its_address() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    connection.endpoints.inference = format!("http://{free}").parse().unwrap();
    let error = error_of(connection).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains(&format!("{free} refused the connection")), "{error}");
}

#[tokio::test]
async fn unknown_host_is_reported_with_its_name() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.endpoints.inference = "https://no-such-host.invalid".parse().unwrap();
    let error = error_of(connection).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
}

#[tokio::test]
async fn service_without_tls_is_reported_as_such() {
    let peer = Peer::start().await;
    let mut connection = peer.connection();
    connection.endpoints.inference = peer.base_url().replace("http:", "https:").parse().unwrap();
    let error = error_of(connection).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains("does not speak HTTPS"), "{error}");
}

#[tokio::test]
async fn proxy_is_used_for_https_and_its_errors_are_explained() {
    let service = Peer::start().await;
    let proxy = Peer::start().await;
    let mut connection = service.connection();
    connection.endpoints.inference = "https://inference.example".parse().unwrap();
    connection.proxy = through(format!("http://user:p4ssword@{}", proxy.address()));

    // The first call is the request, the second asks for the reason.
    for _ in 0..2 {
        proxy.expect("inference.example:443", Script::status(407));
    }
    let error = error_of(connection.clone()).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Network, Some(407)));
    assert!(error.to_string().contains("refused the user name and password of HTTPS_PROXY"), "{error}");
    for connect in proxy.requests() {
        assert_eq!((connect.method.as_str(), connect.header("proxy-authorization").is_some()), ("CONNECT", true));
        assert_eq!(connect.header("authorization"), None);
    }

    for _ in 0..2 {
        proxy.expect("inference.example:443", Script::status(502));
    }
    let error = error_of(connection.clone()).await;
    assert!(error.to_string().contains("does not forward to inference.example: it answered HTTP 502"), "{error}");
    assert!(!error.to_string().contains("p4ssword"), "{error}");

    assert_eq!(service.token_requests(), 2, "loopback goes past the proxy");
    drop(proxy);
    let error = error_of(connection.clone()).await;
    assert!(error.to_string().contains("roxy") && !error.to_string().contains("p4ssword"), "{error}");

    connection.proxy = through("http://user:p4ssword@[broken");
    let error = error_of(connection).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(
        error.to_string().contains("HTTPS_PROXY is not a proxy URL") && !error.to_string().contains("p4ssword"),
        "{error}"
    );
}

#[tokio::test]
async fn a_bad_ca_bundle_is_named_and_skipped() {
    let mut garbage = tempfile::NamedTempFile::new().unwrap();
    garbage.write_all(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let empty = tempfile::NamedTempFile::new().unwrap();
    let missing = empty.path().with_extension("missing");
    for bundle in [garbage.path(), empty.path(), missing.as_path()] {
        let peer = Peer::start().await;
        let mut connection = peer.connection();
        // The peer refuses TLS. The test only checks that the client can be built.
        connection.endpoints.inference = peer.base_url().replace("http:", "https:").parse().unwrap();
        connection.ca_bundle = Some(bundle.to_owned());
        let api = AgentsApi::new(connection);
        assert!(api.warnings().is_empty(), "nothing is read before it is needed");
        let story = Story::of(api.chat(hello(), impatient(9_000, 9_000))).await;
        assert!(story.error().to_string().contains("does not speak HTTPS"), "{}", story.error());
        let [warning] = api.warnings().try_into().unwrap();
        let warning = warning.text(Language::En);
        assert!(warning.contains(bundle.to_str().unwrap()) && warning.contains("STACKSPOT_CA_BUNDLE"), "{warning}");
    }
}
