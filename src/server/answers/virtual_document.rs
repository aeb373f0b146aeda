//! Answers as virtual documents: the client fetches their text from memory, and the server says when there is more. It
//! fetches the whole text each time. Therefore the pace decides what an answer costs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use tower_lsp::jsonrpc::Result;

use super::{file, text};
use crate::server::client::{INTERVAL, show_document};
use crate::server::session::{AnswerView, Record, Session};
use crate::server::state_files::{self, ANSWERS};
use crate::server::wire::{SCHEME, invalid, names};

/// How long the client may take to reply to a refresh before the next refresh is sent.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

/// A text of up to this number of bytes may be refreshed after any change.
const SMALL_BYTES: usize = 64 << 10;

/// A longer text must have grown by one part in this number since the last fetch.
const GROWTH_PART: usize = 4;

/// The limit of all fetches while an answer grows: this number of bytes, and so many times its present length.
const ALLOWANCE_BYTES: usize = 1_792 << 10;
const ALLOWANCE_TIMES: usize = 2;

/// The URI of an answer.
pub(crate) fn uri(record: &Record) -> String {
    format!("{SCHEME}:/{ANSWERS}/{}", text::file_name(record))
}

/// Shows an answer until it has ended. Returns whether the client opened it.
pub(crate) async fn present(session: &Session, record: &Record) -> bool {
    let uri = uri(record);
    let take_focus = record.is_asked_for();
    if !show_document(session, &uri, take_focus, None).await {
        return false;
    }
    let was_asked_for_again = !take_focus && record.is_asked_for();
    record.state().shown = AnswerView::Virtual;
    if was_asked_for_again {
        show_document(session, &uri, true, None).await;
    }
    let mut cost = RefreshBudget::default();
    cost.fetched(record.job.text_len());
    while !record.has_ended() {
        tokio::select! {
            () = record.wait_until_finished() => break,
            () = sleep(INTERVAL) => {}
        }
        let bytes = record.job.text_len();
        if cost.allows(bytes) {
            cost.fetched(bytes);
            tokio::select! {
                () = record.wait_until_finished() => break,
                () = refresh(session, &uri) => {}
            }
        } else {
            tokio::select! {
                () = record.wait_until_finished() => break,
                () = record.job.text_grew() => {}
            }
        }
    }
    refresh(session, &uri).await;
    // After a restart the client may still show the document. Then its text comes from the file.
    let _ = file::write_unless_open(session, record).await;
    true
}

/// Tells the client that there is more. It fetches the text only if it still shows the document.
async fn refresh(session: &Session, uri: &str) {
    let params = json!({ "uri": uri });
    if let Err(error) = session.outbox.request("workspace/textDocumentContent/refresh", params, REFRESH_TIMEOUT).await {
        tracing::debug!(%error, "a virtual document was not refreshed");
    }
}

/// `workspace/textDocumentContent`: the present text of an answer, from memory. The text of an earlier session comes
/// from its file. Errors: -32602 if the answer no longer exists.
pub(crate) async fn content(session: &Arc<Session>, params: &Value) -> Result<Value> {
    let uri = params.get("uri").and_then(Value::as_str).unwrap_or_default();
    let gone = || invalid(format!("uri: there is no answer {uri}, or it is too old to be kept"));
    let path = uri.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(':')).ok_or_else(gone)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    names::tag(name).ok_or_else(gone)?;
    let text = match session.history.named(name) {
        Some(record) => text::document(session, &record),
        None => state_files::read_state_file(&state_files::state_path(session, ANSWERS, name).map_err(|_| gone())?)
            .await
            .map_err(|_| gone())?,
    };
    Ok(json!({ "text": text }))
}

/// What the fetches of a document have cost so far, in bytes of text.
#[derive(Debug, Default)]
pub(crate) struct RefreshBudget {
    fetched: usize,
    last: usize,
}

impl RefreshBudget {
    /// The client fetched this number of bytes.
    pub(crate) fn fetched(&mut self, bytes: usize) {
        self.fetched += bytes;
        self.last = bytes;
    }

    /// Whether the client may fetch a text of this length once more.
    pub(crate) fn allows(&self, bytes: usize) -> bool {
        let grew_enough = bytes <= SMALL_BYTES || bytes >= self.last + self.last / GROWTH_PART;
        bytes > self.last && grew_enough && self.fetched + bytes <= ALLOWANCE_BYTES + ALLOWANCE_TIMES * bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of all fetches, if a text grows by `step` bytes each quarter of a second, and the whole text last.
    fn cost(length: usize, step: usize) -> (usize, usize) {
        let (mut cost, mut refreshes) = (RefreshBudget::default(), 0);
        for bytes in (0..length).step_by(step) {
            if cost.allows(bytes) {
                cost.fetched(bytes);
                refreshes += 1;
            }
        }
        (cost.fetched + length, refreshes)
    }

    #[test]
    fn the_cost_of_a_large_answer_is_linear_however_slowly_it_comes() {
        for step in [1, 100, 1_000, 100_000] {
            for megabytes in [1, 4] {
                let length = megabytes << 20;
                let (bytes, _) = cost(length, step);
                assert!(bytes <= 19 * length / 4, "{bytes} bytes for {length} in steps of {step}");
            }
        }
    }

    #[test]
    fn an_answer_of_usual_length_is_never_held_back() {
        let (_, refreshes) = cost(16 << 10, 100);
        assert_eq!(refreshes, (16 << 10) / 100, "each step is shown but the empty one");
    }
}
