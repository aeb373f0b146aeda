//! Several processes of one user share the limits of the account.

use serde_json::json;

use crate::child::{Home, Server};
use crate::support::peer::Peer;

const URI: &str = file_uri!("/shop/cart.py");

async fn ask(server: &mut Server) {
    server.open(URI, "python", "print(1)\n").await;
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": URI, "version": 1 }, "range": range });
    server.request(1, "stackspot-lsp/run", params).await;
}

#[tokio::test]
async fn two_editors_share_the_accounts_requests_a_minute() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment()).with_config("[limits]\nrequestsPerMinute = 1\n");
    let mut first = home.serve(&[]).await;
    let mut second = home.serve(&["--stdio"]).await;
    ask(&mut first).await;
    assert_eq!(first.response(1).await["result"]["outcome"], "answered");
    ask(&mut second).await;
    let waiting = second.until(|message| message.to_string().contains("account's request limit")).await;
    assert_eq!(waiting["params"]["value"]["kind"], "report", "{waiting}");
    assert_eq!(peer.chats().len(), 1);
    first.shut_down().await;
    second.shut_down().await;
}
