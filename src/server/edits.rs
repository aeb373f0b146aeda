//! Changes to the text as a `WorkspaceEdit`, and the request that asks the client to make them.

use std::time::Duration;

use serde_json::{Value, json};

use super::profile::ClientProfile;
use super::session::Session;
use super::transport::ClientError;
use crate::documents::{Position, Snapshot};
use crate::edit::TextChange;
use crate::job::Applied;

/// How long the client may take to answer; a client may ask its user first.
const APPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// The changes as a `WorkspaceEdit` in the negotiated encoding, with the version they were computed for where the client
/// takes versions.
pub(crate) fn workspace_edit(profile: &ClientProfile, snapshot: &Snapshot, changes: &[TextChange]) -> Value {
    let position = |at: Position| json!({ "line": at.line, "character": at.character });
    let edits: Vec<Value> = changes
        .iter()
        .map(|change| {
            let range = snapshot.range(change.range.clone());
            json!({ "range": { "start": position(range.start), "end": position(range.end) }, "newText": change.text })
        })
        .collect();
    let uri = &*snapshot.client_uri;
    if profile.versioned_edits {
        json!({ "documentChanges": [{ "textDocument": { "uri": uri, "version": snapshot.version }, "edits": edits }] })
    } else {
        json!({ "changes": { uri: edits } })
    }
}

/// Asks the client to make the changes. What it answers is a claim; the text alone shows what became of them.
pub(crate) async fn apply(session: &Session, label: &str, snapshot: &Snapshot, changes: &[TextChange]) -> Applied {
    if !session.profile.apply_edit {
        return Applied::Unsupported;
    }
    let edit = workspace_edit(&session.profile, snapshot, changes);
    let answer = session.outbox.request("workspace/applyEdit", json!({ "label": label, "edit": edit }), APPLY_TIMEOUT);
    match answer.await {
        Ok(answer) if answer.get("applied").and_then(Value::as_bool) == Some(true) => Applied::Claimed,
        Ok(answer) => Applied::Refused(answer.get("failureReason").and_then(Value::as_str).map(str::to_owned)),
        // eglot answers an edit for another version with an error.
        Err(ClientError::Rejected { message, .. }) => Applied::Refused(Some(message)),
        Err(ClientError::Cancelled) => Applied::Refused(None),
        Err(ClientError::Timeout { .. } | ClientError::Closed) => Applied::Unanswered,
    }
}
