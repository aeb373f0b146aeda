//! If the connection breaks in the body of a reply, the error is a broken connection, not a service error. Of an error
//! response, the client reads only the part that it shows.

use std::sync::Arc;
use std::time::Duration;

use stackspot_lsp::testing::agents_api::{AgentsApi, ApiError, ErrorKind, Limits, UploadContent, UploadFile};

use super::{Story, api, hello, impatient, quick};
use crate::support::peer::{Peer, Script};

const LIST: &str = "/v1/agents?visibility=personal";
const FORM: &str = "/v2/file-upload/form";

/// The requests other than the chat: for each, its path and a valid reply.
const REQUESTS: [(&str, &str); 3] = [
    ("sign-in", r#"{"access_token":"T","token_type":"bearer","expires_in":900}"#),
    (FORM, r#"{"id":"01UPLOAD","url":"http://127.0.0.1:1/store","form":{"key":"in"}}"#),
    (LIST, r#"[{"id":"01HEX5R4G0000000000000000A","name":"Reviewer"}]"#),
];

/// Bodies that end too early, each in another way.
fn cut_short(body: &str) -> Vec<(&'static str, Script)> {
    let (half, _) = body.split_at(body.len() / 2);
    let of = |head: &str, rest: &str| Script::raw().bytes(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{rest}"));
    let length = format!("content-length: {}", body.len());
    let chunk = format!("{:x}\r\n{half}\r\n", half.len());
    vec![
        ("closed before the announced length", of(&length, half).cut()),
        ("reset before the announced length", of(&length, half).reset()),
        ("closed before the first byte", of(&length, "").cut()),
        ("closed behind a chunk", of("transfer-encoding: chunked", &chunk).cut()),
        ("a chunk whose size cannot be read", of("transfer-encoding: chunked", &format!("{chunk}soup\r\n"))),
    ]
}

fn expect(peer: &Peer, path: &str, script: Script) {
    if path == "sign-in" {
        peer.expect_token(script)
    } else {
        peer.expect(path, script)
    };
}

/// Sends the request for this path. Returns `None` if everything succeeded.
async fn ask(api: &Arc<AgentsApi>, path: &str, limits: Limits) -> Option<ApiError> {
    match path {
        FORM => {
            let file =
                UploadFile { name: "notes.md".into(), content: UploadContent::Bytes("Notes".into()), media_type: None };
            // No server listens at the form's URL.
            let error = api.upload(&file, limits, |_, _| {}).await.unwrap_err();
            Some(error).filter(|error| !error.to_string().contains("127.0.0.1:1 "))
        }
        LIST => api.agents(limits).await.err(),
        _ => Story::of(api.chat(hello(), limits)).await.error,
    }
}

#[tokio::test]
async fn broken_response_body_is_a_network_error() {
    for (path, body) in REQUESTS {
        for (at, (how, script)) in cut_short(body).into_iter().enumerate() {
            let peer = Peer::start().await;
            expect(&peer, path, script);
            // The client retries a sign-in once by itself.
            if path == "sign-in" {
                expect(&peer, path, cut_short(body).swap_remove(at).1);
            }
            let error = ask(&api(&peer), path, impatient(9_000, 9_000)).await;
            let error = error.unwrap_or_else(|| panic!("{path}, {how}: went well"));
            assert_eq!(error.kind(), ErrorKind::Network, "{path}, {how}: {error}");
            let shown = error.to_string();
            assert!(!shown.contains("without a token") && !shown.contains("no form"), "{path}, {how}: {shown}");
        }
    }
}

#[tokio::test]
async fn request_is_retried_when_response_body_breaks() {
    for (path, body) in REQUESTS {
        for (how, script) in cut_short(body) {
            let peer = Peer::start().await;
            expect(&peer, path, script);
            expect(&peer, path, Script::status(200).header("content-type", "application/json").bytes(body));
            let error = ask(&api(&peer), path, quick()).await;
            assert!(error.is_none(), "{path}, {how}: {error:?}");
        }
    }
}

#[tokio::test]
async fn complete_json_is_used_when_connection_breaks_after_it() {
    for (path, body) in REQUESTS {
        let peer = Peer::start().await;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len() + 9);
        expect(&peer, path, Script::raw().bytes(head).cut());
        let error = ask(&api(&peer), path, impatient(9_000, 9_000)).await;
        assert!(error.is_none(), "{path}: {error:?}");
    }
}

/// An error shows about 300 characters. The client neither waits for the rest of its body nor stores it.
#[tokio::test]
async fn only_the_start_of_an_error_response_is_read() {
    for (path, _) in REQUESTS {
        let peer = Peer::start().await;
        let head = "HTTP/1.1 500 No\r\ncontent-type: text/plain\r\n\r\n";
        expect(&peer, path, Script::raw().bytes(head).bytes("no ".repeat(24 << 10)).stall());
        // The timeout of a whole reply is 30 seconds. The start of this reply arrives at once.
        let told = tokio::time::timeout(Duration::from_secs(25), async {
            ask(&api(&peer), path, impatient(9_000, 9_000)).await
        });
        let error = told.await.unwrap_or_else(|_| panic!("{path}: waited for the rest")).unwrap();
        assert!(error.to_string().contains("no no no"), "{path}: {error}");
    }
}
