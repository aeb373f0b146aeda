//! Asks the user before something that seems to hold a secret is sent.

use std::sync::Mutex;

use crate::config::{Environment, SecretGuard};
use crate::guard::Consents;
use crate::i18n::{Message, message};
use crate::job::{self, Confirmed, Gatekeeper, Job, JobError, Matter, Order, Refusal, UploadList};
use crate::server::client::requests::ask_yes_no;
use crate::server::session::Session;

const SEND: Message = message!("guard-button-send");

const UPLOAD: Message = message!("uploads-button");

/// Whether the order may be sent, as the setting `secrets.guard` and the user say. Errors: why it may not be sent, and how it
/// could be.
pub(crate) async fn request(
    session: &Session,
    job: &Job,
    order: &Order,
    asks: &(dyn Fn() + Sync),
) -> Result<(), JobError> {
    let document = order.document().and_then(|uri| session.shown_path(uri));
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
        if ask_yes_no(self.session, &question, &yes).await { Ok(()) } else { Err(refusal) }
    }
}
