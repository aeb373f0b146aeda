//! The proxy variables of the environment, which apply to the whole process.

use serde_json::{Value, json};

use crate::child::Home;
use crate::support::peer::Peer;
use crate::support::proxy::{CREDENTIALS, Kind, Proxy};
use crate::support::tls::{Authority, TlsFront};

const URI: &str = file_uri!("/shop/cart.py");

async fn explained(home: &Home) -> Value {
    let mut server = home.serve(&[]).await;
    server.open(URI, "python", "print(1)\n").await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": URI, "version": 1 }, "range": range });
    server.request(1, "stackspot-lsp/run", params).await;
    let response = server.response(1).await;
    let said = server.shut_down().await;
    assert!(!said.contains(CREDENTIALS), "{said}");
    response
}

#[tokio::test]
async fn proxy_of_environment_is_used_except_for_no_proxy_hosts() {
    let (peer, company) = (Peer::start().await, Authority::new());
    let front = TlsFront::start(&company, &["inference.example"], peer.address()).await;
    let proxy = Proxy::start(Kind::Http, front.address).await;
    let bundle = company.bundle();
    let home = || {
        let home = Home::new().with_all(peer.environment()).with("STACKSPOT_CA_BUNDLE", bundle.path());
        home.with("STACKSPOT_INFERENCE_URL", "https://inference.example")
            .with("HTTPS_PROXY", format!("http://{CREDENTIALS}@{}", proxy.address))
    };
    assert_eq!(explained(&home()).await["result"]["outcome"], "answered");
    assert_eq!(proxy.targets(), ["inference.example:443"], "and the token's loopback address goes past it");

    let retry = "[retry]\nmaxAttempts = 1\n";
    let response = explained(&home().with("NO_PROXY", "other.example,inference.example").with_config(retry)).await;
    let message = response["error"]["message"].as_str().unwrap();
    assert!(message.contains("inference.example") && !message.contains("proxy on the way"), "{message}");
    assert_eq!(proxy.targets().len(), 1, "nobody asked the proxy");
}
