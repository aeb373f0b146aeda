//! Remarks as diagnostics: sent to a client that shows them, or kept for a client that requests them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::config::RemarkSurface;
use crate::display;
use crate::documents::DocumentUri;
use crate::i18n::message;
use crate::job::without_nulls;
use crate::server::client::{CLIENT_TIMEOUT, refresh_lenses};
use crate::server::session::{LocatedRemark, Session};
use crate::server::wire::{DocumentParams, parse_params};

/// `source` of every diagnostic.
const SOURCE: &str = "StackSpot AI";

/// While the user types, editors move diagnostics themselves. The server sends them again after a pause (first value),
/// or at the latest after the second value.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// Whether a diagnostic from a client is one of this server.
pub(crate) fn is_ours(diagnostic: &Value) -> bool {
    diagnostic.get("source").and_then(Value::as_str) == Some(SOURCE)
}

/// Whether remarks are shown at their lines.
pub(crate) fn is_inline(session: &Session) -> bool {
    let profile = &session.profile;
    let can = profile.publishes_diagnostics || profile.pulls_diagnostics;
    can && session.settings().remarks.surface != RemarkSurface::Document
}

/// The remarks of a document have changed.
pub(crate) fn on_remarks_changed(session: &Arc<Session>, document: &DocumentUri) {
    publish_now(session, document);
    refresh_lenses(session);
}

/// A remark as a diagnostic.
pub(crate) fn diagnostic(session: &Session, located: &LocatedRemark) -> Value {
    let LocatedRemark { job, remark, place } = located;
    let said = display::plain_line(&remark.message);
    let said = match remark.is_certain {
        true => crate::i18n::Message::verbatim(said),
        false => message!("remark-uncertain", said = said),
    };
    json!({
        "range": place.range(),
        "severity": remark.severity.number(),
        "source": SOURCE,
        "code": job.action.id,
        "message": session.title(&said),
        "data": { "jobId": job.id, "remark": remark.id },
    })
}

fn diagnostics_of(session: &Session, document: &DocumentUri) -> Vec<Value> {
    if !is_inline(session) {
        return Vec::new();
    }
    session.remarks.located(document).iter().map(|located| diagnostic(session, located)).collect()
}

/// Tells the client which remarks a document has, if the client has other ones.
pub(crate) fn publish_now(session: &Arc<Session>, document: &DocumentUri) {
    let diagnostics = Value::Array(diagnostics_of(session, document));
    if !session.remarks.replace_sent(document, &diagnostics) {
        return;
    }
    let profile = &session.profile;
    if profile.publishes_diagnostics {
        let today = session.documents.snapshot(document.as_str()).ok();
        let version = today.as_ref().map(|today| today.version).filter(|_| profile.diagnostic_versions);
        let uri = today.map_or_else(|| document.as_str().into(), |today| today.client_uri);
        let params = json!({ "uri": &*uri, "version": version, "diagnostics": diagnostics });
        session.outbox.notify("textDocument/publishDiagnostics", without_nulls(params));
    } else if profile.refreshes_diagnostics {
        drop(session.outbox.request("workspace/diagnostic/refresh", Value::Null, CLIENT_TIMEOUT));
    }
}

/// The same, once the user does not type for a moment.
pub(crate) fn publish_after_pause(session: &Arc<Session>, uri: &str) {
    let Some(document) = session.remarks.schedule_publish(uri) else { return };
    let claimed = document.clone();
    let unclaim = move |session: &Session| session.remarks.clear_scheduled(&claimed);
    session.spawn_or("telling of remarks", unclaim, |session| async move {
        let (pause, at_most) = PAUSE;
        let latest = Instant::now() + at_most;
        if let Some(mut changes) = session.documents.changes(document.as_str()) {
            // Keystrokes do not wake this task: it checks for changes after each pause.
            loop {
                changes.mark_unchanged();
                sleep(pause).await;
                // A document that was closed does not change any more.
                if !changes.has_changed().unwrap_or(false) || Instant::now() >= latest {
                    break;
                }
            }
        }
        session.remarks.clear_scheduled(&document);
        on_remarks_changed(&session, &document);
    });
}

/// `textDocument/diagnostic`, for a client that requests diagnostics. Errors: -32602 for wrong parameters.
pub(crate) fn pull(session: &Session, params: Value) -> tower_lsp::jsonrpc::Result<Value> {
    let document = DocumentUri::parse(&parse_params::<DocumentParams>(params)?.text_document.uri);
    let items = if session.profile.publishes_diagnostics { Vec::new() } else { diagnostics_of(session, &document) };
    Ok(json!({ "kind": "full", "items": items }))
}
