//! A file that is uploaded for a question: first the form, then the store.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;
use stackspot_lsp::testing::agents_api::{AgentsApi, ApiError, Connection, ErrorKind, FileProblem, MAX_UPLOAD_BYTES};
use stackspot_lsp::testing::agents_api::{ApiPhase, Limits, Operation, Timeouts, UploadContent, UploadFile};

use super::{api, quick};
use crate::support::peer::{Gate, Peer, Request, Script};

fn notes() -> UploadFile {
    let content = UploadContent::Bytes("All that is known of the shop.".into());
    UploadFile { name: "notes.md".into(), content, media_type: Some("text/markdown".into()) }
}

/// The form of the service. Its fields are not in alphabetical order.
fn form(peer: &Peer) -> Script {
    ticket(&format!("{}/store/bucket?x=1", peer.base_url()))
}

fn ticket(url: &str) -> Script {
    let fields = r#"{"x-amz-algorithm":"AWS4-HMAC-SHA256","key":"in/${filename}","policy":"e30=","Expires":60}"#;
    let body = format!(r#"{{"id":"01UPLOAD","url":"{url}","form":{fields}}}"#);
    Script::status(201).header("content-type", "application/json").bytes(body)
}

async fn upload(api: &AgentsApi, file: &UploadFile) -> Result<String, ApiError> {
    api.upload(file, quick(), |_, _| {}).await
}

/// The stored parts, without the boundary.
fn parts(request: &Request) -> Vec<(String, String)> {
    let kind = request.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap_or_else(|| panic!("{kind}"));
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let body = body.strip_suffix(&format!("--{boundary}--\r\n")).expect("the last boundary").to_owned();
    let between = format!("--{boundary}\r\n");
    let parts = body.split(&between).skip(1);
    let part = |part: &str| {
        let (head, content) = part.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), content.strip_suffix("\r\n").unwrap().to_owned())
    };
    parts.map(part).collect()
}

#[tokio::test]
async fn file_is_uploaded_to_the_store_named_by_the_service() {
    let peer = Peer::start().await;
    peer.expect("/v2/file-upload/form", form(&peer));
    peer.expect("/store", Script::status(204));
    assert_eq!(upload(&api(&peer), &notes()).await.unwrap(), "01UPLOAD");
    let [_token, asked, stored] = peer.requests().try_into().unwrap();
    assert_eq!((asked.method.as_str(), asked.header("authorization")), ("POST", Some("Bearer token-1")));
    assert_eq!(asked.json(), json!({"file_name": "notes.md", "target_type": "CONTEXT", "expiration": 60}));
    assert_eq!((stored.method.as_str(), stored.path.as_str()), ("POST", "/store/bucket?x=1"));
    assert_eq!(stored.header("authorization"), None, "the store is not told the bearer");
    assert_eq!(stored.header("transfer-encoding"), None, "the store wants to know the length");
    assert_eq!(stored.header("content-length"), Some(stored.body.len().to_string().as_str()));
    let field =
        |name: &str, value: &str| (format!("Content-Disposition: form-data; name=\"{name}\""), value.to_owned());
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"notes.md\"\r\nContent-Type: text/markdown";
    assert_eq!(
        parts(&stored),
        [
            field("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            field("key", "in/${filename}"),
            field("policy", "e30="),
            field("Expires", "60"),
            (file.to_owned(), "All that is known of the shop.".to_owned()),
        ],
        "every field in the order of the form, and the file last"
    );
}

#[tokio::test]
async fn account_id_goes_to_the_service_but_not_to_the_store() {
    for account in [None, Some("01ACCOUNT")] {
        let peer = Peer::start().await;
        peer.expect("/v2/file-upload/form", form(&peer));
        peer.expect("/store", Script::status(204));
        let connection = Connection { account_id: account.map(str::to_owned), ..peer.connection() };
        upload(&AgentsApi::new(connection), &notes()).await.unwrap();
        let [token, asked, stored] = peer.requests().try_into().unwrap();
        assert_eq!(asked.header("x-account-id"), account);
        assert_eq!((token.header("x-account-id"), stored.header("x-account-id")), (None, None));
    }
}

#[tokio::test]
async fn upload_media_type_comes_from_the_file_name() {
    for (name, guessed) in [
        ("notes.md", "text/markdown"),
        ("orders.csv", "text/csv"),
        ("plan.pdf", "application/pdf"),
        ("screen.PNG", "image/png"),
        ("cart.ts", "text/plain"),
        ("go.mod", "text/plain"),
        ("LICENSE", "application/octet-stream"),
    ] {
        let peer = Peer::start().await;
        peer.expect("/v2/file-upload/form", form(&peer));
        let store = peer.expect("/store", Script::status(204));
        upload(&api(&peer), &UploadFile { name: name.into(), media_type: None, ..notes() }).await.unwrap();
        let (head, _) = parts(&store.arrived().await).pop().unwrap();
        assert!(head.ends_with(&format!("\r\nContent-Type: {guessed}")), "{head}");
    }
}

#[tokio::test]
async fn a_file_on_disk_is_read_while_it_is_sent() {
    let peer = Peer::start().await;
    peer.expect("/v2/file-upload/form", form(&peer));
    let store = peer.expect("/store", Script::status(201));
    // A file name on Windows cannot contain a quotation mark.
    let name = if cfg!(windows) { "pedidos de ação '1'" } else { "pedidos de ação \"1\"" };
    let mut file = tempfile::Builder::new().prefix(name).tempfile().unwrap();
    let lines: String = (0..1_200_000).map(|line| format!("line {line:08}\n")).collect();
    file.write_all(lines.as_bytes()).unwrap();
    let seen = Mutex::new(Vec::new());
    let progress = |sent, total| seen.lock().unwrap().push((sent, total));
    api(&peer).upload(&UploadFile::at(file.path()), quick(), progress).await.unwrap();
    let stored = store.arrived().await;
    let (head, content) = parts(&stored).pop().unwrap();
    assert!(content == lines, "the file arrived as it is");
    let name = file.path().file_name().unwrap().to_str().unwrap().replace('"', "\\\"");
    assert!(head.contains(&format!("filename=\"{name}\"")), "{head}");
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted() && seen.len() > 2, "16 MB do not go out at once: {seen:?}");
    assert_eq!(seen.last(), Some(&(lines.len() as u64, lines.len() as u64)));
}

#[tokio::test]
async fn invalid_file_is_refused_before_any_request() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        UploadFile::at(folder.path().join(name))
    };
    let large = at("disk.img", b"x");
    std::fs::File::options()
        .write(true)
        .open(folder.path().join("disk.img"))
        .unwrap()
        .set_len(MAX_UPLOAD_BYTES + 1)
        .unwrap();
    let named = |name: &str| UploadFile { name: name.into(), ..notes() };
    let peer = Peer::start().await;
    let api = api(&peer);
    for (file, expected, words) in [
        (at("empty.txt", b""), FileProblem::Empty, "is empty"),
        (UploadFile { content: UploadContent::Bytes("".into()), ..notes() }, FileProblem::Empty, "notes.md"),
        (large, FileProblem::TooLarge { bytes: MAX_UPLOAD_BYTES + 1 }, "at most 100 MB"),
        (UploadFile::at(folder.path()), FileProblem::NoFile, "not a regular file"),
        #[cfg(unix)]
        (UploadFile::at("/dev/null"), FileProblem::NoFile, "not a regular file"),
        (at("tool", b"\x7fELF\x02\x01\x01\0"), FileProblem::Program, "a program"),
        (at("all.zip", b"PK\x03\x04\x14\0"), FileProblem::Archive, "an archive"),
        (named(""), FileProblem::Name, "name"),
        (named(".."), FileProblem::Name, "name"),
        (named("../x"), FileProblem::Name, "name"),
        (named("a\r\nb"), FileProblem::Name, "\\r\\n"),
        (named(&"x".repeat(256)), FileProblem::Name, "255"),
    ] {
        let error = upload(&api, &file).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!((error.kind(), error.status()), (ErrorKind::Refused, None));
        let ApiError::File { problem, .. } = error else { panic!("{error}") };
        assert_eq!(problem, expected);
    }
    let error = upload(&api, &UploadFile::at(folder.path().join("missing.txt"))).await.unwrap_err();
    assert!(matches!(error, ApiError::File { problem: FileProblem::Unreadable(_), .. }), "{error}");
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_an_upload_too() {
    let peer = Peer::start().await;
    peer.expect("/v2/file-upload/form", Script::status(401));
    peer.expect("/v2/file-upload/form", form(&peer));
    peer.expect("/store", Script::status(200));
    let api = api(&peer);
    upload(&api, &notes()).await.unwrap();
    assert_eq!(peer.token_requests(), 2);
    peer.expect("/v2/file-upload/form", Script::status(401));
    peer.expect("/v2/file-upload/form", Script::status(401));
    let error = upload(&api, &notes()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Credentials, Some(401)));
}

#[tokio::test]
async fn upload_form_is_retried_only_for_temporary_errors() {
    for passing in [Script::status(503), Script::status(429).header("retry-after", "0"), Script::raw().cut()] {
        let peer = Peer::start().await;
        peer.expect("/v2/file-upload/form", passing);
        peer.expect("/v2/file-upload/form", form(&peer));
        peer.expect("/store", Script::status(204));
        upload(&api(&peer), &notes()).await.unwrap();
    }
    for (status, kind, words) in [
        (403, ErrorKind::Forbidden, "may upload files"),
        (404, ErrorKind::Server, "STACKSPOT_DATA_URL"),
        (422, ErrorKind::Server, "name and kind"),
    ] {
        let peer = Peer::start().await;
        peer.expect("/v2/file-upload/form", Script::error(status, "DATA_1", "not this one"));
        let error = upload(&api(&peer), &notes()).await.unwrap_err();
        assert!(matches!(error, ApiError::Rejected { task: Operation::PrepareUpload, .. }), "{error:?}");
        assert_eq!((error.kind(), error.status(), error.code()), (kind, Some(status), Some("DATA_1")));
        let text = error.to_string();
        assert!(
            text.contains("does not take the file") && text.contains("not this one") && text.contains(words),
            "{text}"
        );
        assert_eq!(peer.requests().len(), 2, "once, and the token");
    }
}

#[tokio::test]
async fn error_of_the_store_is_read_from_its_xml() {
    let peer = Peer::start().await;
    let xml = "<?xml version=\"1.0\"?>\n<Error><Code>EntityTooLarge</Code><Message>Your upload is &gt; the maximum \
               </Message><RequestId>x</RequestId></Error>";
    for (reply, code, words) in [
        (Script::status(400).bytes(xml), Some("EntityTooLarge"), "Your upload is > the maximum"),
        (Script::status(403).bytes("<Error><Code>AccessDenied</Code></Error>"), Some("AccessDenied"), "clock"),
        (Script::status(500).bytes("<html><title>Oops</title></html>"), None, "Oops"),
        (Script::status(503), None, "HTTP 503"),
    ] {
        peer.expect("/v2/file-upload/form", form(&peer));
        peer.expect("/store", reply);
        let before = peer.requests().len();
        let error = upload(&api(&peer), &notes()).await.unwrap_err();
        assert!(matches!(error, ApiError::Rejected { task: Operation::StoreFile, .. }), "{error:?}");
        assert_eq!(error.code(), code);
        let text = error.to_string();
        assert!(text.contains("did not store the file") && text.contains(words) && !text.contains('<'), "{text}");
        assert_eq!(peer.requests().len() - before, 3, "what the store refuses is not sent to it again");
    }
}

#[tokio::test]
async fn upload_is_retried_as_often_as_the_settings_say() {
    let busy =
        || Script::status(503).bytes("<Error><Code>SlowDown</Code><Message>Please reduce your rate</Message></Error>");
    for max_attempts in [1, 2, 4] {
        let mut limits = quick();
        limits.retry.max_attempts = max_attempts;
        for (failing, kind) in
            [(busy as fn() -> Script, ErrorKind::Server), (|| Script::raw().reset(), ErrorKind::Network)]
        {
            let peer = Peer::start().await;
            let api = api(&peer);
            peer.expect("/v2/file-upload/form", form(&peer));
            (1..max_attempts).for_each(|_| drop(peer.expect("/store", failing())));
            let last = peer.expect("/store", Script::status(204));
            api.upload(&notes(), limits, |_, _| {}).await.unwrap();
            let stored = last.arrived().await;
            assert_eq!(parts(&stored).last().unwrap().1, "All that is known of the shop.", "the whole file again");

            peer.expect("/v2/file-upload/form", form(&peer));
            (0..max_attempts).for_each(|_| drop(peer.expect("/store", failing())));
            let error = api.upload(&notes(), limits, |_, _| {}).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}

#[tokio::test]
async fn upload_is_retried_when_the_store_asks_for_it() {
    let busy = || Script::status(503).bytes("<Error><Code>SlowDown</Code></Error>");
    let peer = Peer::start().await;
    let api = api(&peer);
    peer.expect("/v2/file-upload/form", form(&peer));
    peer.expect("/store", busy().header("retry-after-ms", "400"));
    peer.expect("/store", Script::status(204));
    let started = Instant::now();
    upload(&api, &notes()).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());

    peer.expect("/v2/file-upload/form", form(&peer));
    peer.expect("/store", busy().header("retry-after", "3600"));
    let error = upload(&api, &notes()).await.unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"), "an hour is too long to wait: {error}");
}

#[tokio::test]
async fn upload_times_out_when_store_is_silent() {
    let peer = Peer::start().await;
    peer.expect("/v2/file-upload/form", form(&peer));
    let stalled = peer.expect("/store", Script::raw().stall());
    let timeouts = Timeouts { idle: Duration::from_millis(200), ..Timeouts::default() };
    let error = api(&peer).upload(&notes(), Limits { timeouts, ..quick() }, |_, _| {}).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: ApiPhase::Upload, .. }), "{error}");
    stalled.closed().await;
}

#[tokio::test]
async fn upload_closes_its_connection_when_it_is_cancelled() {
    let peer = Peer::start().await;
    peer.expect("/v2/file-upload/form", form(&peer));
    let store = peer.expect("/store", Script::raw().stall());
    let api = api(&peer);
    let file = notes();
    tokio::select! {
        result = upload(&api, &file) => panic!("{result:?}"),
        _ = store.arrived() => {}
    }
    store.closed().await;
}

#[tokio::test]
async fn upload_fails_when_file_shrinks_during_transfer() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let asked = peer.expect("/v2/file-upload/form", form(&peer).held_by(&gate));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&vec![b'x'; 8 << 20]).unwrap();
    let shrinking = file.reopen().unwrap();
    let (api, upload) = (api(&peer), UploadFile::at(file.path()));
    // The file is truncated as soon as its first piece is sent.
    peer.expect("/store", Script::status(204));
    let progress = |sent: u64, _| {
        if sent > 0 {
            shrinking.set_len(1).unwrap();
        }
    };
    gate.open();
    let error = api.upload(&upload, quick(), progress).await.unwrap_err();
    asked.arrived().await;
    assert!(matches!(error, ApiError::File { problem: FileProblem::Changed, .. }), "{error:?}");
    peer.forget_unused();
}

#[tokio::test]
async fn upload_fails_when_response_for_form_is_invalid() {
    let peer = Peer::start().await;
    for url in ["http://store.example/x", "ftp://127.0.0.1/x", "https://user:p@store.example/x", "/store", ""] {
        peer.expect("/v2/file-upload/form", ticket(url));
        let error = upload(&api(&peer), &notes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{url}: {error}");
    }
    for body in ["", "[]", "{}", r#"{"id":"","url":"https://x.example","form":{}}"#, "<html></html>"] {
        peer.expect("/v2/file-upload/form", Script::status(201).bytes(body));
        let error = upload(&api(&peer), &notes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}: {error}");
    }
    for status in [301, 302, 303, 307, 308] {
        peer.expect("/v2/file-upload/form", form(&peer));
        peer.expect("/store", Script::status(status).header("location", "/elsewhere"));
        let error = upload(&api(&peer), &notes()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)));
        peer.expect("/v2/file-upload/form", Script::status(status).header("location", "/elsewhere"));
        let error = upload(&api(&peer), &notes()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)));
    }
    assert!(peer.requests().iter().all(|request| request.path != "/elsewhere"));
}
