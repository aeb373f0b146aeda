//! Obstacles on the way to the service: proxies, certificates, firewalls. Each error names its cause and remedy.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use stackspot_lsp::testing::agents_api::{AgentsApi, ApiError, ChatRequest, Connection, ErrorKind, ProxySettings};
use stackspot_lsp::testing::i18n::Language;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{Story, api, hello, impatient, quick};
use crate::support::peer::{Peer, Script};
use crate::support::proxy::through;
use crate::support::tls::{Authority, TlsFront, file};

const THERE: &str = "inference.example:443";

async fn error_of(connection: Connection) -> ApiError {
    Story::of(AgentsApi::new(connection).chat(hello(), quick())).await.error().clone()
}

/// The chat's error if a proxy answers each `CONNECT` like this, and how many times the client sent one.
async fn refused_by(proxy_url: impl Fn(&Peer) -> String, answer: Script) -> (ApiError, usize) {
    let (service, proxy) = (Peer::start().await, Peer::start().await);
    for _ in 0..8 {
        proxy.expect(THERE, answer.clone());
    }
    let mut connection = service.connection();
    connection.endpoints.inference = "https://inference.example".parse().unwrap();
    connection.proxy = through(proxy_url(&proxy));
    let error = error_of(connection).await;
    let asked = proxy.requests().len();
    proxy.forget_unused();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(!error.to_string().contains("p4ss"), "{error}");
    assert_ne!(error.message().text(Language::PtBr), error.message().text(Language::En));
    (error, asked)
}

#[tokio::test]
async fn proxy_error_names_the_sign_in_that_it_requires() {
    let offers = |schemes: &[&str]| {
        let script = Script::status(407);
        schemes.iter().fold(script, |script, scheme| script.header("proxy-authenticate", scheme))
    };
    let bare = |proxy: &Peer| proxy.base_url();
    let signed = |proxy: &Peer| format!("http://ana:p4ss@{}", proxy.address());
    let basic = "Basic realm=\"corp\"";

    let (error, asked) = refused_by(bare, offers(&[basic])).await;
    assert!(error.to_string().contains("wants a user name and password. Put them into HTTPS_PROXY"), "{error}");
    assert_eq!(asked, 2, "the request and the question for its reason, and nothing again");

    let (error, asked) = refused_by(signed, offers(&["Negotiate", basic])).await;
    assert!(error.to_string().contains("refused the user name and password of HTTPS_PROXY"), "{error}");
    assert_eq!(asked, 2, "an account may be locked after some attempts");

    for proxy_url in [&bare as &dyn Fn(&Peer) -> String, &signed] {
        let (error, _) = refused_by(proxy_url, offers(&["Negotiate", "NTLM"])).await;
        let told = error.to_string();
        assert!(told.contains("by Negotiate, NTLM") && told.contains("cntlm") && !told.contains("Put them"), "{told}");
    }
}

#[tokio::test]
async fn proxy_error_shows_its_status_and_only_504_is_retried() {
    let bare = |proxy: &Peer| proxy.base_url();
    let page = "<html><head><title>Access denied by policy</title></head><body>soup</body></html>";
    let (error, asked) = refused_by(bare, Script::status(403).header("content-type", "text/html").bytes(page)).await;
    let told = error.to_string();
    assert!(told.contains("it answered HTTP 403, Access denied by policy") && told.contains("NO_PROXY"), "{told}");
    assert!(told.contains("does not forward to inference.example") && !told.contains("soup"), "{told}");
    assert_eq!(asked, 2);

    let (error, asked) = refused_by(bare, Script::status(504)).await;
    assert!(error.to_string().contains("it answered HTTP 504. The proxy itself works"), "{error}");
    assert_eq!(asked, 6, "three attempts, each asked for its reason");
}

#[tokio::test]
async fn invalid_proxy_setting_is_an_error_and_nothing_is_sent() {
    for (set, words) in [
        ("http://[proxy:3128", "HTTPS_PROXY is not a proxy URL"),
        ("proxy server:3128", "HTTPS_PROXY is not a proxy URL"),
        ("http://user:p4ss@", "HTTPS_PROXY is not a proxy URL"),
        ("http://wpad.example/wpad.dat", "HTTPS_PROXY names a file of proxy rules (PAC)"),
    ] {
        let peer = Peer::start().await;
        let company = Authority::new();
        let front = TlsFront::start(&company, &["localhost"], peer.address()).await;
        let mut connection = peer.connection();
        // Without the proxy, this name would lead directly to the service.
        connection.endpoints.inference = format!("https://a.localhost:{}", front.address.port()).parse().unwrap();
        connection.proxy = through(set);
        let error = error_of(connection).await;
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(error.to_string().contains(words) && !error.to_string().contains("p4ss"), "{error}");
        assert!(peer.chats().is_empty(), "nothing went direct");
    }
}

#[tokio::test]
async fn proxy_password_allows_special_signs_and_no_proxy_applies() {
    let (service, proxy) = (Peer::start().await, Peer::start().await);
    let mut connection = service.connection();
    connection.endpoints.inference = "https://inference.example".parse().unwrap();
    for (written, sent) in [
        // svc:k9@home, corp\\ana:a#b/c, ana:with space
        ("svc:k9@home", "Basic c3ZjOms5QGhvbWU="),
        ("svc:k9%40home", "Basic c3ZjOms5QGhvbWU="),
        ("corp\\ana:a#b/c", "Basic Y29ycFxhbmE6YSNiL2M="),
    ] {
        proxy.expect(THERE, Script::status(407));
        connection.proxy = through(format!("http://{written}@{}", proxy.address()));
        proxy.expect(THERE, Script::status(407));
        error_of(connection.clone()).await;
        let request = proxy.requests().pop().unwrap();
        assert_eq!(request.header("proxy-authorization"), Some(sent), "{written}");
    }
    let before = proxy.requests().len();
    for list in ["*.example", "inference.example:443", "inference.example.", "*"] {
        connection.proxy = ProxySettings { no_proxy: list.into(), ..through(proxy.base_url()) };
        error_of(connection.clone()).await;
        assert_eq!(proxy.requests().len(), before, "{list} leads past the proxy");
    }
}

/// A server with a certificate of this form.
async fn with_certificate(company: &Authority, adapt: impl FnOnce(&mut CertificateParams)) -> String {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    adapt(&mut params);
    front(company.sign(params)).await
}

async fn front(acceptor: TlsAcceptor) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not trust it disconnects in the middle.
            acceptor.accept(socket).await.ok();
        }
    });
    url
}

/// The TLS acceptor of a server with a self-signed certificate, and that certificate in PEM.
fn self_signed(is_ca: IsCa) -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = is_ca;
    params.distinguished_name.push(DnType::CommonName, "agents of the shop");
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}

#[tokio::test]
async fn self_signed_server_is_trusted_if_its_certificate_is_given() {
    let (peer, (acceptor, pem)) = (Peer::start().await, self_signed(IsCa::NoCa));
    let bundle = file(&pem);
    let mut connection = peer.connection();
    connection.endpoints.inference = front(acceptor).await.parse().unwrap();
    connection.ca_bundle = Some(bundle.path().to_owned());
    let error = Story::of(AgentsApi::new(connection).chat(hello(), quick())).await.error().to_string();
    // The handshake succeeds, but no service answers after it.
    assert!(!error.contains("certificate") && error.contains("connection"), "{error}");
}

#[tokio::test]
async fn only_complete_reply_is_used_when_tls_closes_unexpectedly() {
    for (body, is_whole) in [(r#"{"message":"All of it.","stop_reason":"stop"}"#, true), (r#"{"message":"All"#, false)]
    {
        let (peer, company) = (Peer::start().await, Authority::new());
        let acceptor = company.server(&["127.0.0.1"], &["http/1.1"]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let mut connection = acceptor.accept(socket).await.unwrap();
                assert_ne!(connection.read(&mut [0; 16 << 10]).await.unwrap(), 0);
                let reply = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}");
                connection.write_all(reply.as_bytes()).await.unwrap();
                connection.flush().await.unwrap();
                // TLS gets no notice of this end.
                connection.get_mut().0.shutdown().await.unwrap();
            }
        });
        let bundle = company.bundle();
        let mut connection = peer.connection();
        connection.endpoints.inference = url.parse().unwrap();
        connection.ca_bundle = Some(bundle.path().to_owned());
        let question = ChatRequest { streaming: false, ..hello() };
        let story = Story::of(AgentsApi::new(connection).chat(question, quick())).await;
        if is_whole {
            assert_eq!(story.text(), "All of it.");
            assert_eq!(story.end().stop_reason.as_deref(), Some("stop"));
        } else {
            assert_eq!((story.text().as_str(), story.error().kind()), ("", ErrorKind::Network));
        }
    }
}

#[tokio::test]
async fn each_certificate_error_has_its_own_message_and_remedy() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let day = |year, month, day| rcgen::date_time_ymd(year, month, day);
    let expired = with_certificate(&company, |params| {
        (params.not_before, params.not_after) = (day(2019, 1, 1), day(2020, 2, 3));
    });
    let to_come = with_certificate(&company, |params| {
        (params.not_before, params.not_after) = (day(2090, 4, 5), day(2091, 1, 1));
    });
    let other = with_certificate(&company, |params| {
        *params = CertificateParams::new(vec!["portal.hotel.example".to_owned()]).unwrap();
    });
    let nameless = with_certificate(&company, |params| params.subject_alt_names.clear());
    let stranger = Authority::new();
    let unknown = with_certificate(&stranger, |_| {});
    let (authority, own) = (BasicConstraints::Unconstrained, IsCa::NoCa);
    let (authority, own) = (self_signed(IsCa::Ca(authority)).0, self_signed(own).0);
    let (expired, to_come, other, nameless, unknown, authority, own) =
        tokio::join!(expired, to_come, other, nameless, unknown, front(authority), front(own));
    let bundle = company.bundle();
    for (url, has_bundle, words, remedy) in [
        (expired, true, "expired on Mon, 03 Feb 2020", "Check the clock of this machine first"),
        (to_come, true, "is not valid before Wed, 05 Apr 2090", "most likely slow: correct it"),
        (other, true, "of another host (portal.hotel.example)", "open a page in a browser and sign in"),
        (nameless, true, "names no host", "subject alternative name"),
        // Another authority with the same name, as after a company renews its root.
        (unknown.clone(), true, "its signature is not valid", "put the present one there"),
        (unknown, false, "is not trusted (", "If your company inspects TLS"),
        (
            own.clone(),
            true,
            "uses a self-signed certificate: no authority confirms it",
            "put that certificate into a PEM file",
        ),
        (
            own,
            false,
            "uses a self-signed certificate: no authority confirms it",
            "put that certificate into a PEM file",
        ),
        (authority, true, "certificate of an authority as its own", "does not help"),
    ] {
        let mut connection = peer.connection();
        connection.endpoints.inference = url.parse().unwrap();
        connection.ca_bundle = Some(bundle.path().to_owned()).filter(|_| has_bundle);
        let story = Story::of(AgentsApi::new(connection).chat(hello(), quick())).await;
        let error = story.error();
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Network, "{told}");
        assert!(told.contains(words) && told.contains(remedy), "{told}");
        assert!(!story.course().contains(&"retrying"), "it would be the same certificate again: {told}");
        assert_ne!(error.message().text(Language::PtBr), told);
    }
    assert!(peer.chats().is_empty());
}

const BLOCKED: &str = "<!DOCTYPE html><html><head><title>Request blocked</title></head><body>soup</body></html>";

#[tokio::test]
async fn block_page_of_firewall_is_not_an_error_of_the_service() {
    for status in [400, 403, 406] {
        let page = || Script::status(status).header("content-type", "text/html").bytes(BLOCKED);
        let check = |error: &ApiError| {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)), "{error}");
            let told = error.to_string();
            assert!(told.contains("blocked the request") && told.contains("Request blocked"), "{told}");
            assert!(!told.contains("shared with") && !told.contains("client id") && !told.contains("soup"), "{told}");
        };
        let peer = Peer::start().await;
        peer.expect_chat(page());
        check(Story::of(api(&peer).chat(hello(), quick())).await.error());
        assert_eq!(peer.chats().len(), 1);
        peer.expect("/v1/agents", page());
        check(&api(&peer).agents(quick()).await.unwrap_err());
        peer.expect_token(page());
        check(Story::of(api(&peer).chat(hello(), quick())).await.error());
    }
}

#[tokio::test]
async fn status_511_asks_the_user_to_sign_in_to_the_network() {
    let peer = Peer::start().await;
    let portal = || Script::status(511).bytes(BLOCKED);
    peer.expect_token(portal());
    peer.expect_chat(portal());
    peer.expect("/v1/agents", portal());
    let told = [
        Story::of(api(&peer).chat(hello(), quick())).await.error().clone(),
        Story::of(api(&peer).chat(hello(), quick())).await.error().clone(),
        api(&peer).agents(quick()).await.unwrap_err(),
    ];
    for error in told {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Network, Some(511)));
        assert!(error.to_string().contains("Open any page in a browser"), "{error}");
    }
}

#[tokio::test]
async fn missing_conversation_error_says_to_start_a_new_one() {
    for reply in [
        Script::error(404, "AGENT_4004_CONVERSATION_NOT_FOUND", ""),
        Script::error(400, "X", "The conversation has expired"),
        Script::error(404, "", "Conversa não encontrada"),
    ] {
        let peer = Peer::start().await;
        peer.expect_chat(reply);
        let error = Story::of(api(&peer).chat(hello(), impatient(9_000, 9_000))).await.error().clone();
        assert!(error.to_string().contains("start a new one") && !error.to_string().contains("agent id"), "{error}");
    }
    let peer = Peer::start().await;
    peer.expect_chat(Script::error(404, "", "agent not found"));
    let error = Story::of(api(&peer).chat(hello(), impatient(9_000, 9_000))).await.error().clone();
    assert!(error.to_string().contains("Check the agent id"), "{error}");
}

#[tokio::test]
async fn quota_error_is_recognized_with_any_status() {
    for (status, code, details) in [
        (403, "X", "Your account has used up its quota"),
        (403, "CREDITS_EXHAUSTED", ""),
        (400, "QUOTA_EXCEEDED", "no more"),
        (429, "X", "A conta não tem créditos"),
    ] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::error(status, code, details));
        let error = Story::of(api(&peer).chat(hello(), quick())).await.error().clone();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Quota, Some(status)), "{error}");
    }
    let peer = Peer::start().await;
    peer.expect_chat(Script::stream().data("{\"type\":\"error\",\"code\":\"QUOTA_EXCEEDED\",\"details\":\"spent\"}"));
    assert_eq!(Story::of(api(&peer).chat(hello(), quick())).await.error().kind(), ErrorKind::Quota);
}

#[tokio::test]
async fn error_message_is_found_in_any_json_shape() {
    for body in [
        r#"{"errors":[{"message":"agent is archived","code":"X1"}]}"#,
        r#"[{"code":"X1","message":"agent is archived"}]"#,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"agent is archived","code":"X1"}"#,
        r#"{"error":{"code":"X1","message":"agent is archived","details":[]}}"#,
        r#"{"fault":{"faultstring":"agent is archived","code":"X1"}}"#,
        r#"{"Message":"agent is archived","Code":"X1"}"#,
        "\u{feff}{\"code\":\"X1\",\"msg\":\"agent is archived\"}",
    ] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::status(400).bytes(body));
        let error = Story::of(api(&peer).chat(hello(), quick())).await.error().clone();
        assert_eq!(error.code(), Some("X1"), "{body}");
        assert!(error.to_string().contains("agent is archived"), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_coded_error_page_keeps_its_status_and_is_asked_again() {
    for coding in ["gzip", "br"] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::status(502).header("content-encoding", coding).bytes([0x1f, 0x8b, 8, 0, 255]));
        assert_eq!(Story::of(api(&peer).chat(hello(), quick())).await.text(), "An answer by default.");
        assert_eq!(peer.chats().len(), 2);
    }
    for plain in ["Identity", "identity, IDENTITY", ""] {
        let peer = Peer::start().await;
        peer.expect_chat(Script::stream().header("content-encoding", plain).text("Hi").end());
        assert_eq!(Story::of(api(&peer).chat(hello(), quick())).await.text(), "Hi", "{plain}");
    }
}

#[tokio::test]
async fn sign_in_and_agent_list_are_retried_when_body_breaks() {
    let broken = || Script::status(200).header("content-length", "400").bytes("{\"access_token\":\"half").cut();
    let peer = Peer::start().await;
    peer.expect_token(broken());
    Story::of(api(&peer).chat(hello(), quick())).await.end();
    assert_eq!(peer.token_requests(), 2);

    let peer = Peer::start().await;
    peer.expect("/v1/agents", Script::status(200).header("content-length", "400").bytes("[{\"id\":\"01A\"").cut());
    peer.expect("/v1/agents", Script::reply(&serde_json::json!([{"id": "01A", "name": "A"}])));
    assert_eq!(api(&peer).agents(quick()).await.unwrap().len(), 1);
    let peer = Peer::start().await;
    for _ in 0..3 {
        peer.expect("/v1/agents", Script::status(200).header("content-length", "400").bytes("[").reset());
    }
    assert_eq!(api(&peer).agents(quick()).await.unwrap_err().kind(), ErrorKind::Network);
}

#[tokio::test]
async fn refused_port_or_unknown_host_is_tried_only_twice() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for address in [format!("http://{free}"), "https://no-such-host.invalid".to_owned()] {
        let peer = Peer::start().await;
        let mut connection = peer.connection();
        connection.endpoints.inference = address.parse().unwrap();
        let story = Story::of(AgentsApi::new(connection).chat(hello(), quick())).await;
        assert_eq!(story.course(), ["connecting", "retrying", "connecting"], "{}", story.error());
    }
}
