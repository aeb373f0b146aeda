//! Asks the user before something that seems to hold a secret is sent.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::session::{MessageKind, Session};
use crate::config::{Environment, SecretGuard};
use crate::guard::Consents;
use crate::i18n::{Message, message};
use crate::job::{self, Confirmed, Gatekeeper, Job, JobError, Matter, Order, Refusal, UploadList};

/// How long the user may take to answer. Silence is no consent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

const SEND: Message = message!("guard-button-send");

const UPLOAD: Message = message!("uploads-button");

/// The button that refuses, in every question.
pub(crate) const CANCEL: Message = message!("button-cancel");

/// Whether the order may be sent, as the setting `secrets.guard` and the user say.
///
/// # Errors
/// Why it may not be sent, and how it could be.
pub(crate) async fn obtain(
    session: &Session,
    job: &Job,
    order: &Order,
    asks: &(dyn Fn() + Sync),
) -> Result<(), JobError> {
    let document = session.shown_path(&order.snapshot.uri);
    job::pass(&Editor { session, asks }, job, order, document, session.folders()).await
}

/// The editor as who asks the user.
struct Editor<'a> {
    session: &'a Session,
    /// Called where somebody is asked.
    asks: &'a (dyn Fn() + Sync),
}

impl Gatekeeper for Editor<'_> {
    fn mode(&self) -> SecretGuard {
        self.session.settings().secrets.guard
    }

    fn consents(&self) -> &Mutex<Consents> {
        &self.session.consents
    }

    fn confirmed_uploads(&self) -> &Confirmed<UploadList> {
        &self.session.uploads
    }

    fn may_upload_anyway(&self) -> bool {
        self.session.service.is_sandbox()
    }

    fn environment(&self) -> &Environment {
        &self.session.environment
    }

    async fn ask(&self, matter: Matter, question: Message) -> Result<(), Refusal> {
        (self.asks)();
        let (yes, refusal): (Message, Refusal) = match matter {
            Matter::Secrets => (SEND, |reasons| message!("guard-not-agreed", reasons = reasons, answer = SEND)),
            Matter::Uploads => (UPLOAD, |files| message!("uploads-not-agreed", files = files, answer = UPLOAD)),
        };
        if asked(self.session, &question, &yes).await { Ok(()) } else { Err(refusal) }
    }
}

/// Puts a question with two buttons. Any answer but `yes` is a refusal, and so is none.
pub(super) async fn asked(session: &Session, question: &Message, yes: &Message) -> bool {
    let (yes, no) = (yes.text(session.language()), CANCEL.text(session.language()));
    let params = json!({
        "type": MessageKind::Warning as u8,
        "message": session.said(question),
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
