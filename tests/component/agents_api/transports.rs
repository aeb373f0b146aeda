//! The connections to the service: TLS with custom root certificates, proxies, HTTP/2. Redirects are not followed.

use bytes::Bytes;
use stackspot_lsp::testing::agents_api::{
    AgentsApi, ApiError, ChatEvent, ChatRequest, Connection, ErrorKind, Timeouts,
};
use stackspot_lsp::testing::i18n::Language;
use tokio::net::TcpListener;

use super::{Story, api, hello, impatient, next_text, quick};
use crate::support::peer::{Peer, Script, sse_end, sse_text};
use crate::support::proxy::{CREDENTIALS, Kind, Proxy, through};
use crate::support::tls::{Authority, TlsFront, file};

/// A connection that sends chats to this address, with this bundle of root certificates.
fn to(peer: &Peer, inference: &str, bundle: Option<&tempfile::NamedTempFile>) -> Connection {
    let mut connection = peer.connection();
    connection.endpoints.inference = inference.parse().unwrap();
    connection.ca_bundle = bundle.map(|file| file.path().to_owned());
    connection
}

async fn error_of(connection: Connection) -> ApiError {
    Story::of(AgentsApi::new(connection).chat(hello(), impatient(9_000, 9_000))).await.error().clone()
}

#[tokio::test]
async fn private_root_certificate_is_trusted_only_when_configured() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let front = TlsFront::start(&company, &["127.0.0.1"], peer.address()).await;
    let url = format!("https://{}", front.address);
    let error = error_of(to(&peer, &url, None)).await;
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(
        error.to_string().contains("is not trusted") && error.to_string().contains("STACKSPOT_CA_BUNDLE"),
        "{error}"
    );
    let strangers = Authority::new().bundle();
    assert!(error_of(to(&peer, &url, Some(&strangers))).await.to_string().contains("is not trusted"));
    assert!(peer.chats().is_empty(), "nothing was sent");

    let bundle = company.bundle();
    let api = AgentsApi::new(to(&peer, &url, Some(&bundle)));
    assert_eq!(Story::of(api.chat(hello(), quick())).await.text(), "An answer by default.");
    assert!(api.warnings().is_empty(), "{:?}", api.warnings());

    // A trusted root does not make a certificate for another name valid.
    let elsewhere = TlsFront::start(&company, &["elsewhere.example"], peer.address()).await;
    let error = error_of(to(&peer, &format!("https://{}", elsewhere.address), Some(&bundle))).await;
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn bad_certificate_in_bundle_is_named_and_others_are_used() {
    let (peer, company, other) = (Peer::start().await, Authority::new(), Authority::new());
    let front = TlsFront::start(&company, &["127.0.0.1"], peer.address()).await;
    let url = format!("https://{}", front.address);
    let good = other.pem.lines().count();
    let not_base64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let not_a_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let unfinished = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    for bad in [not_base64, not_a_certificate, unfinished] {
        let bundle = file(&format!("# Roots of the company\n{}{bad}{}", other.pem, company.pem));
        let api = AgentsApi::new(to(&peer, &url, Some(&bundle)));
        Story::of(api.chat(hello(), quick())).await.end();
        let [warning] = api.warnings().try_into().unwrap();
        let place = format!("certificate 2, at line {}", good + 2);
        let warning = warning.text(Language::En);
        assert!(warning.contains(&place) && warning.contains(bundle.path().to_str().unwrap()), "{warning}");
        assert!(warning.contains("the other 2 are used"), "{warning}");
    }
}

#[tokio::test]
async fn a_proxy_with_a_password_leads_to_the_service() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let front = TlsFront::start(&company, &["inference.example"], peer.address()).await;
    let bundle = company.bundle();
    for (kind, scheme, asked) in
        [(Kind::Http, "http", "inference.example:443"), (Kind::Socks5, "socks5h", "inference.example:443")]
    {
        let proxy = Proxy::start(kind, front.address).await;
        let mut connection = to(&peer, "https://inference.example", Some(&bundle));
        connection.proxy = through(format!("{scheme}://{CREDENTIALS}@{}", proxy.address));
        let before = peer.chats().len();
        Story::of(AgentsApi::new(connection.clone()).chat(hello(), quick())).await.end();
        assert_eq!(proxy.targets(), [asked], "the token's loopback address goes past it");
        let chat = peer.chats().pop().unwrap();
        assert_eq!(
            (peer.chats().len() - before, chat.header("proxy-authorization")),
            (1, None),
            "its password is its own"
        );

        connection.proxy = through(format!("{scheme}://user:wr0ng@{}", proxy.address));
        let error = error_of(connection).await;
        assert_eq!(error.kind(), ErrorKind::Network);
        let text = error.to_string();
        assert!(text.contains("roxy") && !text.contains("wr0ng"), "{text}");
        assert_eq!(peer.chats().len() - before, 1);
    }
}

#[tokio::test]
async fn redirect_is_not_followed_with_a_credential() {
    for status in [301, 302, 303, 307, 308] {
        let peer = Peer::start().await;
        let elsewhere = Peer::start().await;
        let away = || Script::status(status).header("location", &format!("{}/away", elsewhere.base_url()));
        peer.expect_token(away());
        let error = Story::of(api(&peer).chat(hello(), quick())).await.error().clone();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)), "the token request");
        peer.expect_chat(away());
        let error = Story::of(api(&peer).chat(hello(), quick())).await.error().clone();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)), "the chat");
        peer.expect("/v1/agents", away());
        let error = api(&peer).agents(quick()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)), "the list of agents");
        assert!(elsewhere.requests().is_empty());
    }
}

/// An HTTP/2 service behind TLS. It answers a token, then each chat with these frames. Without an end it breaks off.
async fn http2(company: &Authority, frames: &'static [&'static str], ends: bool) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = company.server(&["127.0.0.1"], &["h2"]);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let socket = acceptor.accept(socket).await.unwrap();
            let mut connection = h2::server::handshake(socket).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                assert_eq!(request.version(), http::Version::HTTP_2);
                let response = http::Response::builder().header("content-type", "text/event-stream").body(()).unwrap();
                let mut body = respond.send_response(response, false).unwrap();
                for frame in frames {
                    body.send_data(Bytes::from(sse_text(frame)), false).unwrap();
                }
                if ends {
                    body.send_data(Bytes::from(sse_end("stop", 1, 2)), true).unwrap();
                } else {
                    tokio::spawn(async move {
                        // After the client has received everything or has disconnected.
                        std::future::poll_fn(|cx| body.poll_reset(cx)).await.ok();
                    });
                }
            }
        }
    });
    address
}

#[tokio::test]
async fn http_2_is_used_when_service_supports_it() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let bundle = company.bundle();
    let address = http2(&company, &["Ol", "á"], true).await;
    let api = AgentsApi::new(to(&peer, &format!("https://{address}"), Some(&bundle)));
    let chats = (0..8).map(|_| Story::of(api.chat(hello(), quick())));
    for story in futures::future::join_all(chats).await {
        assert_eq!(story.text(), "Olá");
        assert_eq!(story.end().tokens.output, Some(2));
    }

    let address = http2(&company, &["only the start"], false).await;
    let api = AgentsApi::new(to(&peer, &format!("https://{address}"), Some(&bundle)));
    let mut chat = api.chat(hello(), impatient(9_000, 300));
    assert_eq!(next_text(&mut chat).await, "only the start");
    let error = Story::of(chat).await.error().clone();
    assert_eq!(error.kind(), ErrorKind::Timeout, "silence is silence here too: {error}");
}

#[tokio::test]
async fn missing_tls_handshake_causes_a_connect_timeout() {
    let peer = Peer::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut limits = impatient(9_000, 9_000);
    limits.timeouts = Timeouts { connect: std::time::Duration::from_millis(300), ..limits.timeouts };
    let error = Story::of(AgentsApi::new(to(&peer, &url, None)).chat(hello(), limits)).await.error().clone();
    assert!(
        matches!(error, ApiError::Timeout { phase: stackspot_lsp::testing::agents_api::ApiPhase::Connect, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn requests_accept_any_media_type_but_no_compression() {
    let peer = Peer::start().await;
    let api = api(&peer);
    Story::of(api.chat(hello(), quick())).await.end();
    let rest = ChatRequest { streaming: false, ..hello() };
    Story::of(api.chat(rest, quick())).await.end();
    peer.expect("/v1/agents", Script::reply(&serde_json::json!([])));
    api.agents(quick()).await.unwrap();
    let [token, streamed, plain, list] = peer.requests().try_into().unwrap();
    assert_eq!(streamed.header("accept"), Some("text/event-stream, application/json, */*;q=0.1"));
    for request in [&token, &plain, &list] {
        assert_eq!(request.header("accept"), Some("application/json, */*;q=0.1"));
    }
    for request in [&token, &streamed, &plain, &list] {
        assert_eq!(request.header("accept-encoding"), Some("identity"));
    }
}

/// A service that closes HTTP/2 with the error that requires HTTP/1.1, and forwards HTTP/1.1 to `behind`.
async fn http1_at_heart(company: &Authority, behind: std::net::SocketAddr) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = company.server(&["127.0.0.1"], &["h2", "http/1.1"]);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut socket = acceptor.accept(socket).await.unwrap();
                if socket.get_ref().1.alpn_protocol() == Some(b"h2") {
                    let mut connection = h2::server::handshake(socket).await.unwrap();
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        respond.send_reset(h2::Reason::HTTP_1_1_REQUIRED);
                    }
                } else {
                    let mut service = tokio::net::TcpStream::connect(behind).await.unwrap();
                    tokio::io::copy_bidirectional(&mut socket, &mut service).await.ok();
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn http_1_is_used_at_once_when_service_requires_it() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let bundle = company.bundle();
    let address = http1_at_heart(&company, peer.address()).await;
    let api = AgentsApi::new(to(&peer, &format!("https://{address}"), Some(&bundle)));
    let story = Story::of(api.chat(hello(), quick())).await;
    assert_eq!((story.text().as_str(), peer.chats().len()), ("An answer by default.", 1));
    let again = Story::of(api.chat(hello(), quick())).await;
    assert_eq!(again.course(), ["connecting", "waiting", "done"], "and from then on without asking for more");
}

#[tokio::test]
async fn dead_connection_fails_in_seconds_and_is_not_retried() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let bundle = company.bundle();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = company.server(&["127.0.0.1"], &["h2"]);
    let (asked, mut questions) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            let mut connection = h2::server::handshake(acceptor.accept(socket).await.unwrap()).await.unwrap();
            let request = connection.accept().await.unwrap().unwrap();
            asked.send(()).unwrap();
            // The connection stays open but is never polled: neither the question nor a ping gets an answer.
            connections.push((connection, request));
        }
    });
    let api = AgentsApi::new(to(&peer, &format!("https://{address}"), Some(&bundle)));
    let mut chat = api.chat(hello(), quick());
    while chat.next().await.unwrap().unwrap() != ChatEvent::Waiting {}
    let told = async {
        loop {
            tokio::select! {
                biased;
                event = chat.next() => break event.unwrap().unwrap_err(),
                () = a_second_passes() => {}
            }
        }
    };
    let began = tokio::time::Instant::now();
    let error = told.await;
    assert!(began.elapsed() < std::time::Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(
        error.to_string().contains("was lost while the client waited") && error.to_string().contains("not sent again"),
        "{error}"
    );
    questions.recv().await.unwrap();
    assert!(questions.try_recv().is_err(), "it may have been taken up, and be billed");
}

/// Advances the clock by one second, in which sockets can make progress.
async fn a_second_passes() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    tokio::time::resume();
}
