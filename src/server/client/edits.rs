//! Changes to the text as a `WorkspaceEdit`, and the request that asks the client to make them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::requests::request_document;
use crate::documents::{DocumentUri, Snapshot};
use crate::edit::TextChange;
use crate::job::{ApplyEditReply, DestinationState, Job, Part, Proposal, Replacement, without_nulls};
use crate::server::session::Session;
use crate::server::transport::ClientError;
use crate::server::wire::ClientProfile;
use crate::tasks;

/// How long the client may take to answer. Some clients ask their user first.
const APPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// The changes as a `WorkspaceEdit` in the negotiated encoding, with their version if the client supports versions.
pub(crate) fn workspace_edit(profile: &ClientProfile, snapshot: &Snapshot, changes: &[TextChange]) -> Value {
    of_document(profile, &snapshot.client_uri, Some(snapshot.version), text_edits(snapshot, changes))
}

/// A waiting edit as a `WorkspaceEdit`, for plug-ins. If the client supports annotations, the annotation says what the
/// edit is and why it waits, and asks for confirmation.
pub(crate) fn proposed_edit(session: &Session, job: &Job, proposal: &Proposal) -> Value {
    let profile = &session.profile;
    let replacement = proposal.rebased();
    let mut edit = match replacement.destination_state {
        DestinationState::Open => workspace_edit(profile, &replacement.snapshot, &replacement.changes),
        DestinationState::OnDisk | DestinationState::Absent => closed_file_edit(profile, &replacement),
    };
    if profile.change_annotations {
        let changes = edit.get_mut("documentChanges").and_then(Value::as_array_mut);
        for change in changes.into_iter().flatten().filter_map(Value::as_object_mut) {
            match change.get_mut("edits").and_then(Value::as_array_mut) {
                Some(edits) => edits.iter_mut().filter_map(Value::as_object_mut).for_each(annotate),
                None => annotate(change),
            }
        }
        let language = session.language();
        let (label, reason) = (job.action.title.text(language), proposal.reason.text(language));
        let annotation = json!({ "label": label, "description": reason, "needsConfirmation": true });
        if let Some(edit) = edit.as_object_mut() {
            edit.insert("changeAnnotations".to_owned(), json!({ ANNOTATION: annotation }));
        }
    }
    edit
}

/// The changes of a waiting edit with several changes; `None` for every other edit. The number of a change is its index
/// until a change is removed; `numbered` rows contain it.
pub(crate) fn parts(session: &Session, proposal: &Proposal, numbered: bool) -> Option<Value> {
    let row = |part: &Part| {
        without_nulls(json!({
            "part": numbered.then_some(part.number),
            "range": part.snapshot.range(part.bytes.clone()),
            "edit": workspace_edit(&session.profile, &part.snapshot, &part.changes),
        }))
    };
    let parts = proposal.parts();
    (!parts.is_empty()).then(|| parts.iter().map(row).collect())
}

/// The only annotation of an edit.
const ANNOTATION: &str = "stackspot-lsp";

fn annotate(change: &mut Map<String, Value>) {
    change.insert("annotationId".to_owned(), ANNOTATION.into());
}

/// A change of a file that is not open, or a new file. The client creates it only if the file does not exist.
fn closed_file_edit(profile: &ClientProfile, replacement: &Replacement) -> Value {
    let uri = &*replacement.snapshot.client_uri;
    let edits = text_edits(&replacement.snapshot, &replacement.changes);
    let mut edit = of_document(profile, uri, None, edits);
    if replacement.destination_state == DestinationState::Absent
        && let Some(changes) = edit.get_mut("documentChanges").and_then(Value::as_array_mut)
    {
        let options = json!({ "overwrite": false, "ignoreIfExists": false });
        changes.insert(0, json!({ "kind": "create", "uri": uri, "options": options }));
    }
    edit
}

fn of_document(profile: &ClientProfile, uri: &str, version: Option<i32>, edits: Vec<Value>) -> Value {
    if profile.versioned_edits {
        json!({ "documentChanges": [{ "textDocument": { "uri": uri, "version": version }, "edits": edits }] })
    } else {
        json!({ "changes": { uri: edits } })
    }
}

fn text_edits(snapshot: &Snapshot, changes: &[TextChange]) -> Vec<Value> {
    let edit = |change: &TextChange| json!({ "range": snapshot.range(change.range.clone()), "newText": change.text });
    changes.iter().map(edit).collect()
}

/// Asks the client to make the changes. Some clients print `label`. The reply is only a claim: the text alone shows if
/// the client made them.
pub(crate) async fn apply(
    session: &Session,
    label: Option<&str>,
    snapshot: &Snapshot,
    changes: &[TextChange],
) -> ApplyEditReply {
    if !session.profile.apply_edit || !names_a_text(&snapshot.uri).await {
        return ApplyEditReply::Unsupported;
    }
    send_apply_edit(session, label, workspace_edit(&session.profile, snapshot, changes)).await
}

/// Asks the client to change a file that is not open, or to create one, and to show it: the user wants to see it.
pub(crate) async fn apply_to_file(session: &Session, label: &str, replacement: &Replacement) -> ApplyEditReply {
    let profile = &session.profile;
    if !profile.apply_edit || replacement.destination_state == DestinationState::Absent && !profile.creates_files {
        return ApplyEditReply::Unsupported;
    }
    let applied = send_apply_edit(session, Some(label), closed_file_edit(profile, replacement)).await;
    if applied == ApplyEditReply::Claimed && profile.show_document {
        // The edit succeeds even if the client does not show the file.
        let shown = request_document(session, &replacement.snapshot.client_uri, true, None);
        tasks::spawn("showing a file", async move { drop(shown.await) });
    }
    applied
}

/// Whether the address is that of a text. Editors give an unnamed buffer the address `file://`, and a file listing the
/// address of its folder. An edit for such an address would change the wrong buffer, if any.
pub(crate) async fn names_a_text(uri: &DocumentUri) -> bool {
    if uri.as_str().starts_with("file:") && uri.as_str().ends_with('/') {
        return false;
    }
    let Some(path) = uri.to_file_path() else { return true };
    // A file system may be slow.
    let looked = tokio::task::spawn_blocking(move || path.is_dir()).await;
    !looked.unwrap_or(true)
}

async fn send_apply_edit(session: &Session, label: Option<&str>, edit: Value) -> ApplyEditReply {
    let params = without_nulls(json!({ "label": label, "edit": edit }));
    let answer = session.outbox.request("workspace/applyEdit", params, APPLY_TIMEOUT);
    match answer.await {
        Ok(answer) if answer.get("applied").and_then(Value::as_bool) == Some(true) => ApplyEditReply::Claimed,
        Ok(answer) => ApplyEditReply::Refused(answer.get("failureReason").and_then(Value::as_str).map(str::to_owned)),
        // eglot answers an edit for another version with an error.
        Err(ClientError::Rejected { message, .. }) => ApplyEditReply::Refused(Some(message)),
        Err(ClientError::Cancelled) => ApplyEditReply::Refused(None),
        Err(ClientError::Timeout { .. } | ClientError::Closed) => ApplyEditReply::Unanswered,
    }
}
