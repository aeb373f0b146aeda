//! No secret is logged, at any level and in any error.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use stackspot_lsp::testing::agents_api::{AgentsApi, ChatRequest, Credential, UploadContent, UploadFile};
use tracing_subscriber::fmt::MakeWriter;

use super::{Story, hello, impatient, quick};
use crate::support::peer::{CLIENT_SECRET, Peer, Script};
use crate::support::proxy::through;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Data of a session, which must stay private.
const PROMPT: &str = "pr0mpt-of-the-user";
const ANSWER: &str = "4nswer-of-the-agent";
const FILE: &str = "f1le-of-the-user";
const POLICY: &str = "p0licy-of-the-form";
const PROXY_PASSWORD: &str = "pr0xy-password";

#[tokio::test]
async fn trace_log_contains_no_secret_and_no_user_text() {
    let log = Log::default();
    // With only one subscriber, tracing caches the answer of the first thread at a log statement for all threads. The
    // threads of other tests have no subscriber and would disable the log. Therefore there are two.
    let to = |log: Log| tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log).finish();
    let _other = tracing::Dispatch::new(to(Log::default()));
    let subscriber = to(log.clone());
    // For this thread. The test has no other thread.
    let _logging = tracing::subscriber::set_default(subscriber);
    let peer = Peer::start().await;
    let state = tempfile::tempdir().unwrap();
    let mut connection = peer.connection();
    connection.state_dir = Some(state.path().to_owned());
    connection.proxy = through(format!("http://user:{PROXY_PASSWORD}@127.0.0.1:1"));
    let api = AgentsApi::new(connection.clone());
    let request = || ChatRequest { prompt: PROMPT.to_owned(), ..hello() };

    peer.expect_chat(Script::status(401));
    peer.expect_chat(Script::error(503, "X", "you sent token-2"));
    peer.expect_chat(Script::stream().text(ANSWER).end());
    Story::of(api.chat(request(), quick())).await.end();
    peer.expect_chat(Script::stream().text(ANSWER).cut());
    Story::of(api.chat(request(), quick())).await.error();

    let url = format!("{}/store", peer.base_url());
    let form = format!(r#"{{"id":"01UPLOAD","url":"{url}","form":{{"policy":"{POLICY}"}}}}"#);
    peer.expect("/v2/file-upload/form", Script::status(201).bytes(form));
    peer.expect("/store", Script::raw().reset());
    peer.expect("/store", Script::status(403).bytes("<Error><Code>AccessDenied</Code></Error>"));
    let content = UploadContent::Bytes(Bytes::from_static(FILE.as_bytes()));
    let file = UploadFile { name: "notes.md".into(), content, media_type: None };
    api.upload(&file, quick(), |_, _| {}).await.unwrap_err();
    peer.expect("/v1/agents", Script::status(403));
    api.agent_id("reviewer", impatient(9_000, 9_000)).await.unwrap();

    peer.expect_token(Script::status(401).bytes(CLIENT_SECRET));
    Story::of(AgentsApi::new(connection.clone()).chat(request(), quick())).await.error();
    connection.credential = Credential::Token("ready-m4de".to_owned().into());
    Story::of(AgentsApi::new(connection.clone()).chat(request(), quick())).await.end();
    tracing::debug!(?file, ?api, ?connection, "what people log");

    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("attempt 2") && log.contains("what people log"), "the log was written: {log}");
    for secret in [CLIENT_SECRET, "token-1", "token-2", "ready-m4de", PROXY_PASSWORD, POLICY, PROMPT, ANSWER, FILE] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
