//! `window/showDocument`: the client is asked to open a document.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::documents::DocumentUri;
use crate::job::without_nulls;
use crate::server::session::Session;

/// How long the client may take to open a document.
const SHOW_TIMEOUT: Duration = Duration::from_secs(10);

/// Has the client open a file; tells whether it did.
pub(crate) async fn open(session: &Session, path: &Path, take_focus: bool) -> bool {
    open_with(session, path, take_focus, None).await
}

/// The same with the cursor at this range.
pub(crate) async fn open_with(session: &Session, path: &Path, take_focus: bool, selection: Option<Value>) -> bool {
    show_document(session, DocumentUri::from_file_path(path).as_str(), take_focus, selection).await
}

/// Has the client open a document by its URI, with the cursor at a range; tells whether it did.
pub(crate) async fn show_document(session: &Session, uri: &str, take_focus: bool, selection: Option<Value>) -> bool {
    let params = json!({ "uri": uri, "external": false, "takeFocus": take_focus, "selection": selection });
    match session.outbox.request("window/showDocument", without_nulls(params), SHOW_TIMEOUT).await {
        Ok(answer) => answer.get("success").and_then(Value::as_bool) == Some(true),
        Err(error) => {
            tracing::warn!(%error, uri, "the client did not open the document");
            false
        }
    }
}
