//! A file to the service, to be named in the `upload_ids` of a question: a form from the service, then the file itself to
//! the store that the form names.

mod content;
mod store;

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use url::Url;

use super::client::AgentsApi;
use super::error::{ApiError, FileProblem, MAX_FILE_NAME_BYTES, Operation};
use super::http::{endpoint, host_of};
use super::inward::{is_inward, is_loopback};
use super::retry::Limits;
use super::simple_request::{SimpleRequest, answer_to};
use crate::i18n::{Message, message};

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadFile {
    /// Its name as the service shall know it, without folders.
    pub name: String,
    /// What is in it.
    pub content: UploadContent,
    /// Its media type, such as `text/plain`; guessed from the name where it is `None`.
    pub media_type: Option<String>,
}

/// What is in a file to upload.
#[derive(Clone, PartialEq, Eq)]
pub enum UploadContent {
    /// A file on disk; it is read while it is sent, piece by piece.
    Path(PathBuf),
    /// Bytes in memory.
    Bytes(Bytes),
}

impl fmt::Debug for UploadContent {
    /// A file's bytes are the user's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl UploadFile {
    /// A file on disk under its own name.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { name, content: UploadContent::Path(path), media_type: None }
    }

    /// Looks at the file and sends nothing: whether it can be read, and whether an agent has a use for what is in it.
    ///
    /// # Errors
    /// [`ApiError::File`]: what is wrong with it.
    pub async fn check(&self) -> Result<(), ApiError> {
        check_name(&self.name)?;
        content::open(self).await.map(drop)
    }
}

impl AgentsApi {
    /// Uploads a file and gives the id to put into [`ChatRequest::upload_ids`](super::ChatRequest::upload_ids). `progress` is
    /// called with the bytes of the file that are on their way, and with its size, as often as a piece goes out; it starts anew
    /// at 0 where a broken connection makes the file be sent again. Dropping the future ends the upload.
    ///
    /// # Errors
    /// What is wrong with the file ([`ApiError::File`], before anything is sent), and whatever keeps the service or its
    /// store from taking it.
    pub async fn upload(
        &self,
        file: &UploadFile,
        limits: Limits,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<String, ApiError> {
        // What is wrong with the file is said before anything is sent.
        file.check().await?;
        let url = endpoint(&self.connection.endpoints.data, "STACKSPOT_DATA_URL", &["v2", "file-upload", "form"])?;
        let asked = UploadRequest { file_name: &file.name, target_type: "CONTEXT", expiration: EXPIRATION_MINUTES };
        let body = serde_json::to_vec(&asked).unwrap_or_default();
        let host = host_of(&url);
        let may_be_inward = is_inward(&url);
        let asking = SimpleRequest { task: Operation::PrepareUpload, url, body };
        let reply = answer_to(self, &limits, &asking).await?;
        let ticket: Ticket =
            serde_json::from_str(&reply).map_err(|_| unusable(&host, message!("api-upload-no-form")))?;
        if ticket.id.is_empty() {
            return Err(unusable(&host, message!("api-upload-no-id")));
        }
        let store =
            store_url(&ticket.url, may_be_inward).ok_or_else(|| unusable(&host, message!("api-upload-no-address")))?;
        let mut tried_before = false;
        loop {
            // Opened anew each time: the first attempt has read some of it.
            let content = content::open(file).await?;
            match store::send(self, &store, &ticket.form, file, content, &limits, &mut progress).await {
                Ok(()) => return Ok(ticket.id),
                Err(error) if is_worth_another_try(&error) && !std::mem::replace(&mut tried_before, true) => {
                    tracing::debug!("the upload is tried again: {error}");
                    sleep(limits.retry.wait_after(&error, None, 1).unwrap_or_default()).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether nothing was stored, and the store may take it a moment later: the connection broke, or it has too much to do, as S3 and
/// those who speak like it say.
fn is_worth_another_try(error: &ApiError) -> bool {
    match error {
        ApiError::Network { status: None, .. } => true,
        ApiError::Rejected { code: Some(code), status: 500..=599, .. } => {
            matches!(code.as_str(), "SlowDown" | "ServiceUnavailable" | "InternalError")
        }
        _ => false,
    }
}

/// How long the form is good for, in the service's unit, as its other clients ask.
const EXPIRATION_MINUTES: u32 = 60;

#[derive(Serialize)]
struct UploadRequest<'a> {
    file_name: &'a str,
    target_type: &'a str,
    expiration: u32,
}

/// What the service answers: where to send the file, and what with.
#[derive(Deserialize)]
struct Ticket {
    id: String,
    url: String,
    #[serde(deserialize_with = "in_order")]
    form: Vec<(String, String)>,
}

/// The members of an object in the order in which they were written; numbers and the like as text.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the fields of a form")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut fields = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                fields.push((name, super::frame::flatten(&value)));
            }
            Ok(fields)
        }
    }
    deserializer.deserialize_map(Fields)
}

/// The address of the store, as the service gave it. A service elsewhere has no business with what listens on this
/// machine or in its network, so such an address is accepted only from a service that is itself at one.
fn store_url(text: &str, may_be_inward: bool) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let fits = scheme_fits && url.username().is_empty() && url.password().is_none();
    (fits && (may_be_inward || !is_inward(&url))).then_some(url)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let fits = !name.trim().is_empty()
        && name.len() <= MAX_FILE_NAME_BYTES
        && !matches!(name, "." | "..")
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'));
    if fits { Ok(()) } else { Err(problem(&name.escape_debug().to_string(), FileProblem::Name)) }
}

fn problem(name: &str, problem: FileProblem) -> ApiError {
    ApiError::File { name: name.to_owned(), problem }
}

fn unusable(host: &str, what: Message) -> ApiError {
    let problem = message!("api-upload-unusable", host = host.to_owned(), what = what);
    ApiError::protocol(problem, message!("api-upload-unusable-remedy"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_on_this_machine_is_taken_from_a_service_there_alone_however_it_is_spelled() {
        for host in
            ["localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1."]
        {
            for scheme in ["http", "https"] {
                let text = format!("{scheme}://{host}:9000/bucket");
                assert!(store_url(&text, false).is_none(), "{text}");
                assert!(store_url(&text, true).is_some(), "{text}");
            }
        }
        for host in ["0.0.0.0", "169.254.169.254", "10.0.0.7", "[fd00::7]", "db.localhost"] {
            let text = format!("https://{host}/bucket");
            assert!(store_url(&text, false).is_none() && store_url(&text, true).is_some(), "{text}");
            assert!(store_url(&text.replace("https", "http"), true).is_none(), "{text}: in the clear");
        }
        assert!(store_url("https://bucket.store.example/", false).is_some());
        assert!(store_url("http://bucket.store.example/", true).is_none());
        assert!(store_url("https://me:secret@store.example/", false).is_none());
    }
}
