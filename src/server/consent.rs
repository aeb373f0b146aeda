//! Asks the user before a prompt that seems to hold a secret is sent.

use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Value, json};

use super::session::{MessageKind, Session};
use super::uploads::hold_back;
use crate::config::SecretGuard;
use crate::guard::{self, Suspicion};
use crate::i18n::{Message, message};
use crate::job::{Job, JobError, Order};

/// How long the user may take to answer. Silence is no consent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

const SEND: Message = message!("guard-button-send");

/// The button that refuses, in every question.
pub(crate) const CANCEL: Message = message!("button-cancel");

/// Whether the order may be sent, as the setting `secrets.guard` and the user say. An answer holds for the session: for
/// the same file and the same reasons nobody is asked twice.
///
/// # Errors
/// Why it may not be sent, and how it could be.
pub(crate) async fn obtain(
    session: &Session,
    job: &Job,
    order: &Order,
    asks: &(dyn Fn() + Sync),
) -> Result<(), JobError> {
    let mode = session.settings().secrets.guard;
    if mode == SecretGuard::Off {
        return Ok(());
    }
    hold_back(job, order, session.folders()).await?;
    let (path, prompt) = (order.snapshot.uri.to_file_path(), order.request.prompt.clone());
    let folders = session.folders();
    // The rules of ignored files are read from the disk.
    let assessed = tokio::task::spawn_blocking(move || guard::assess(path.as_deref(), &prompt, &folders)).await;
    let suspicion = assessed.map_err(|_| JobError::Refused(message!("guard-failed")))?;
    let Some(suspicion) = suspicion else { return Ok(()) };
    let document = session.shown_path(&order.snapshot.uri);
    let suspicion = suspicion.located(|line| order.makeup.file_and_line(line, document.as_deref()));
    if mode == SecretGuard::Refuse {
        return Err(JobError::Refused(message!("guard-refused", reasons = suspicion.all_reasons())));
    }
    let known = || session.consents.lock().unwrap_or_else(PoisonError::into_inner).cover(&suspicion);
    if known() {
        return Ok(());
    }
    asks();
    if !asked(session, &suspicion).await {
        return Err(JobError::Refused(message!("guard-not-agreed", reasons = suspicion.all_reasons(), answer = SEND)));
    }
    session.consents.lock().unwrap_or_else(PoisonError::into_inner).remember(&suspicion);
    Ok(())
}

/// Puts the question. Any answer but [`SEND`] is a refusal, and so is none.
async fn asked(session: &Session, suspicion: &Suspicion) -> bool {
    let (send, cancel) = (SEND.text(session.language()), CANCEL.text(session.language()));
    let params = json!({
        "type": MessageKind::Warning as u8,
        "message": session.said(&suspicion.question()),
        "actions": [{ "title": send }, { "title": cancel }],
    });
    match session.outbox.request("window/showMessageRequest", params, ANSWER_TIMEOUT).await {
        Ok(answer) => answer.get("title").and_then(Value::as_str) == Some(&send),
        Err(error) => {
            tracing::warn!(%error, "the user could not be asked");
            false
        }
    }
}
