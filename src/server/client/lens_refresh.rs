//! The client is told to ask for the lenses again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::session::Session;

/// How long the client may take.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// An edit began to wait, or waits no longer: the client is told to ask for the lenses again. One that lets them be
/// registered is bothered with them only from the first edit that waits.
pub(crate) fn refresh(session: &Arc<Session>) {
    let profile = &session.profile;
    if profile.registers_code_lenses && session.is_first_lens() {
        let registration = json!({ "registrations": [{
            "id": "stackspot-lsp/lenses",
            "method": "textDocument/codeLens",
            "registerOptions": { "documentSelector": null, "resolveProvider": false },
        }] });
        // A client that refuses has the code actions.
        drop(session.outbox.request("client/registerCapability", registration, CLIENT_TIMEOUT));
        return;
    }
    if profile.code_lenses && profile.refreshes_code_lenses {
        drop(session.outbox.request("workspace/codeLens/refresh", Value::Null, CLIENT_TIMEOUT));
    }
}
