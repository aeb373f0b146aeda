//! Single requests to the client: a registration, a lens refresh, a document, an answer of the user.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::documents::DocumentUri;
use crate::i18n::{Message, message};
use crate::job::without_nulls;
use crate::server::session::{MessageKind, Session};
use crate::server::transport::ClientError;

/// How long the client may take to answer without its user.
pub(crate) const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the user may take to answer. Silence is not consent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// The button that refuses, in every question.
const CANCEL: Message = message!("button-cancel");

/// The result of a request to the client.
pub(crate) type Answered = BoxFuture<'static, Result<Value, ClientError>>;

/// Asks the client to send `method` from now on.
pub(crate) fn register(session: &Session, id: &str, method: &str, options: Value) -> Answered {
    let registration = json!({ "registrations": [{ "id": id, "method": method, "registerOptions": options }] });
    session.outbox.request("client/registerCapability", registration, CLIENT_TIMEOUT)
}

/// An edit began to wait, or no longer waits: the server asks the client to request the lenses again. If the client can
/// register lenses, the server registers them at the first waiting edit.
pub(crate) fn refresh_lenses(session: &Arc<Session>) {
    let profile = &session.profile;
    if profile.registers_code_lenses && !session.has_lenses.swap(true, Ordering::Relaxed) {
        let options = json!({ "documentSelector": null, "resolveProvider": false });
        // A client that refuses still has the code actions.
        drop(register(session, "stackspot-lsp/lenses", "textDocument/codeLens", options));
    } else if profile.code_lenses && profile.refreshes_code_lenses {
        drop(session.outbox.request("workspace/codeLens/refresh", Value::Null, CLIENT_TIMEOUT));
    }
}

/// Asks the client to open a file. Returns whether it did.
pub(crate) async fn open(session: &Session, path: &Path, take_focus: bool) -> bool {
    show_document(session, DocumentUri::from_file_path(path).as_str(), take_focus, None).await
}

/// Asks the client to open a document by its URI, with the cursor at a range.
pub(crate) fn request_document(session: &Session, uri: &str, take_focus: bool, selection: Option<Value>) -> Answered {
    let params = json!({ "uri": uri, "external": false, "takeFocus": take_focus, "selection": selection });
    session.outbox.request("window/showDocument", without_nulls(params), CLIENT_TIMEOUT)
}

/// The same. Returns whether the client opened the document.
pub(crate) async fn show_document(session: &Session, uri: &str, take_focus: bool, selection: Option<Value>) -> bool {
    match request_document(session, uri, take_focus, selection).await {
        Ok(answer) => answer.get("success").and_then(Value::as_bool) == Some(true),
        Err(error) => {
            tracing::warn!(%error, uri, "the client did not open the document");
            false
        }
    }
}

/// Asks a question with two buttons. Any answer but `yes` is a refusal. No answer is a refusal, too.
pub(crate) async fn ask_yes_no(session: &Session, question: &Message, yes: &Message) -> bool {
    let (yes, no) = (yes.text(session.language()), CANCEL.text(session.language()));
    let params = json!({
        "type": MessageKind::Warning as u8,
        "message": session.with_prefix(question),
        "actions": [{ "title": yes }, { "title": no }],
    });
    match session.outbox.request("window/showMessageRequest", params, ANSWER_TIMEOUT).await {
        Ok(answer) => answer.get("title").and_then(Value::as_str) == Some(&yes),
        Err(error) => {
            tracing::warn!(%error, "the user could not be asked");
            false
        }
    }
}
