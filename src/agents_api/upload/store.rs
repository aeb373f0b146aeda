//! The multipart `POST` to the store.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use futures::Stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Response};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::content::Content;
use super::{UploadFile, problem};
use crate::agents_api::client::AgentsApi;
use crate::agents_api::error::{ApiError, ApiPhase, FileProblem, Operation};
use crate::agents_api::error_reply;
use crate::agents_api::http::{check_response, host_of, read_start};
use crate::agents_api::retry::{AttemptError, Limits, retry_after};
use crate::i18n::message;
use crate::tasks::lock;

/// Sends every field of the form in its order, then the file. The store does not get the bearer token: the form is
/// signed, and the store is a different service.
pub(super) async fn send(
    api: &AgentsApi,
    url: &Url,
    fields: &[(String, String)],
    file: &UploadFile,
    content: Content,
    limits: &Limits,
    progress: &impl Fn(u64, u64),
) -> Result<(), AttemptError> {
    let host = host_of(url);
    let length = content.length;
    let sending = Sending::default();
    let form = form(&host, fields, file, content, &sending)?;
    let client = api.http.client(url).await?;
    let response = Box::pin(client.post(url.clone()).multipart(form).send());
    let response = match watched(&host, response, &sending, length, limits, progress).await? {
        Ok(response) => check_response(&host, response)?,
        Err(error) => {
            let unreadable = lock(&sending.problem).take();
            return Err(match unreadable {
                Some(what) => problem(&file.name, what).into(),
                None => api.http.connect_error(url, &error).await.into(),
            });
        }
    };
    let status = response.status();
    if status.is_success() {
        progress(length, length);
        return Ok(());
    }
    let retry_after = retry_after(response.headers(), SystemTime::now());
    let said = error_reply::read_store_error(&read_start(response, Instant::now() + limits.timeouts.idle).await);
    if let Some(in_between) = error_reply::intermediary_error(&host, status.as_u16(), &said) {
        return Err(in_between.into());
    }
    if status.as_u16() == 407 {
        return Err(error_reply::of_chat(&host, "", 407, said, None).into());
    }
    // An overloaded store stored nothing. These are the codes of S3 and compatible stores.
    let is_busy = matches!(said.code.as_deref(), Some("SlowDown" | "ServiceUnavailable" | "InternalError"));
    let is_final = !(status.is_server_error() && is_busy);
    let (task, status) = (Operation::StoreFile, status.as_u16());
    let error = ApiError::Rejected { host, task, status, code: said.code, details: said.details };
    Err(AttemptError { error, is_final, refused: None, retry_after })
}

/// The progress of a file stream, for the task that waits for the response.
#[derive(Clone, Default)]
struct Sending {
    /// How many bytes of the file were handed over; `None` before the connection exists.
    sent: Arc<watch::Sender<Option<u64>>>,
    /// A problem of the file itself.
    problem: Arc<Mutex<Option<FileProblem>>>,
}

fn form(
    host: &str,
    fields: &[(String, String)],
    file: &UploadFile,
    content: Content,
    sending: &Sending,
) -> Result<Form, ApiError> {
    // The store compares the names with the signed ones, so they are not encoded.
    let mut form = Form::new().percent_encode_noop();
    for (name, value) in fields {
        if name.is_empty() || name.contains(|c: char| c.is_control() || c == '"') || name == "file" {
            return Err(super::unusable(host, message!("api-upload-odd-form")));
        }
        form = form.text(name.clone(), value.clone());
    }
    let length = content.length;
    let part = Part::stream_with_length(Body::wrap_stream(pieces(content, sending.clone())), length);
    let media_type = file.media_type.as_deref().unwrap_or_else(|| guessed_type(&file.name));
    let part = part.file_name(file.name.clone()).mime_str(media_type).map_err(|_| {
        let problem = message!("api-no-media-type", name = error_reply::tidy(media_type));
        ApiError::protocol(problem, message!("api-no-media-type-remedy"), None)
    })?;
    Ok(form.part("file", part))
}

/// The usual media type for this file name. Some endings of source code, such as `.ts`, also mean video or audio.
/// Agents read neither, so such a file is sent as text.
fn guessed_type(name: &str) -> &'static str {
    match mime_guess::from_path(name).first_raw() {
        Some(film) if film.starts_with("video/") || film.starts_with("audio/") => "text/plain",
        Some(known) => known,
        None => "application/octet-stream",
    }
}

fn pieces(content: Content, sending: Sending) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures::stream::unfold((content, 0_u64, sending), |(mut content, sent, sending)| async move {
        // A request for a piece shows that the earlier ones were sent.
        sending.sent.send_replace(Some(sent));
        match content.next(sent).await {
            Ok(None) => None,
            Ok(Some(piece)) => {
                let sent = sent + piece.len() as u64;
                Some((Ok(piece), (content, sent, sending)))
            }
            Err(error) => {
                let what = match error.kind() {
                    io::ErrorKind::UnexpectedEof => FileProblem::Changed,
                    _ => FileProblem::Unreadable(error.to_string()),
                };
                *lock(&sending.problem) = Some(what);
                Some((Err(error), (content, sent, sending)))
            }
        }
    })
}

/// The response. Reports the progress, and limits each step: the connection, each piece, the reply.
async fn watched(
    host: &str,
    mut response: impl Future<Output = reqwest::Result<Response>> + Unpin,
    sending: &Sending,
    length: u64,
    limits: &Limits,
    progress: &impl Fn(u64, u64),
) -> Result<reqwest::Result<Response>, ApiError> {
    let mut sent = sending.sent.subscribe();
    let (mut phase, mut limit) = (ApiPhase::Connect, limits.timeouts.connect);
    loop {
        let step = async {
            tokio::select! {
                biased;
                response = &mut response => Some(response),
                // The sender lives as long as `sending`.
                _ = sent.changed() => None,
            }
        };
        match timeout_at(Instant::now() + limit, step).await {
            Err(_) => return Err(ApiError::Timeout { host: host.to_owned(), phase, limit }),
            Ok(Some(response)) => return Ok(response),
            Ok(None) => {
                (phase, limit) = (ApiPhase::Upload, limits.timeouts.idle);
                if let Some(sent) = *sent.borrow_and_update() {
                    progress(sent, length);
                }
            }
        }
    }
}
