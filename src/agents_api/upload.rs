//! Uploads a file for the `upload_ids` of a question: first the service returns a form, then the file goes to the store
//! in the form.

mod content;
mod store;

use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::json;
use url::Url;

use super::client::AgentsApi;
use super::endpoint::permit;
use super::error::{ApiError, FileProblem, MAX_FILE_NAME_BYTES, Operation};
use super::http::host_of;
use super::private_address::is_private_address;
use super::retry::{Limits, with_retries};
use super::simple_request::{SimpleRequest, answer_to};
use crate::i18n::{Message, message};
use crate::tasks::lock;

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadFile {
    /// Its name for the service, without folders.
    pub name: String,
    /// Its content.
    pub content: UploadContent,
    /// Its media type, such as `text/plain`; `None` derives it from the name.
    pub media_type: Option<String>,
}

/// The content of a file to upload.
#[derive(Clone, PartialEq, Eq)]
pub enum UploadContent {
    /// A file on disk. It is read in pieces during the upload.
    Path(PathBuf),
    /// Bytes in memory.
    Bytes(Bytes),
}

impl fmt::Debug for UploadContent {
    /// Hides the bytes, because they are private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl UploadFile {
    /// A file on disk with its own name.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { name, content: UploadContent::Path(path), media_type: None }
    }

    /// Checks the file without sending it: whether it can be read, and whether an agent can use its content.
    ///
    /// # Errors
    /// [`ApiError::File`]: the problem of the file.
    pub async fn check(&self) -> Result<(), ApiError> {
        check_name(&self.name)?;
        content::open(self).await.map(drop)
    }
}

impl AgentsApi {
    /// Uploads a file and returns the id for [`ChatRequest::upload_ids`](super::ChatRequest::upload_ids). After each
    /// piece, `progress` gets the number of sent bytes and the size of the file. It starts again at 0 if the file is
    /// sent again after a broken connection. Dropping the future stops the upload.
    ///
    /// # Errors
    /// The file has a problem ([`ApiError::File`], before anything is sent), or the service or its store did not accept
    /// it.
    pub async fn upload(
        &self,
        file: &UploadFile,
        limits: Limits,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<String, ApiError> {
        // A problem of the file is reported before anything is sent.
        file.check().await?;
        let url = self.connection.endpoints.data.join(&["v2", "file-upload", "form"])?;
        let asked = json!({ "file_name": file.name, "target_type": "CONTEXT", "expiration": EXPIRATION_MINUTES });
        let body = asked.to_string().into_bytes();
        let host = host_of(&url);
        let may_be_inward = is_private_address(&url);
        let asking = SimpleRequest { task: Operation::PrepareUpload, url, body };
        let reply = answer_to(self, &limits, &asking).await?;
        let ticket: Ticket =
            serde_json::from_str(&reply).map_err(|_| unusable(&host, message!("api-upload-no-form")))?;
        if ticket.id.is_empty() {
            return Err(unusable(&host, message!("api-upload-no-id")));
        }
        let store =
            store_url(&ticket.url, may_be_inward).ok_or_else(|| unusable(&host, message!("api-upload-no-address")))?;
        let progress = Mutex::new(progress);
        let report = |sent, size| lock(&progress)(sent, size);
        let attempt = |_| async {
            // Each attempt opens the file again, because the last one has read some of it.
            let content = content::open(file).await?;
            store::send(self, &store, &ticket.form, file, content, &limits, &report).await
        };
        with_retries(self, &limits, &host_of(&store), None, attempt).await?;
        Ok(ticket.id)
    }
}

/// How long the form is valid, in the service's unit. Other clients use the same value.
const EXPIRATION_MINUTES: u32 = 60;

/// The reply of the service: the address for the file, and the form fields.
#[derive(Deserialize)]
struct Ticket {
    id: String,
    url: String,
    #[serde(deserialize_with = "in_order")]
    form: Vec<(String, String)>,
}

/// The members of an object in their written order; numbers and similar values as text.
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

/// The store's address from the service. A service elsewhere must not make us send to this machine or its network.
/// Therefore such an address is accepted only if the service itself has one.
fn store_url(text: &str, may_be_inward: bool) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| permit(url).is_ok())?;
    (may_be_inward || !is_private_address(&url)).then_some(url)
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
    fn local_or_private_store_is_refused_unless_service_is_local() {
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
