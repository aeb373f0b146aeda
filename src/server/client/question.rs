//! `window/showMessageRequest`: the user is asked a question that is answered with one of two buttons.

use std::time::Duration;

use serde_json::{Value, json};

use crate::i18n::{Message, message};
use crate::server::session::Session;
use crate::server::wire::message_kind::MessageKind;

/// How long the user may take to answer. Silence is no consent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// The button that refuses, in every question.
pub(crate) const CANCEL: Message = message!("button-cancel");

/// Puts a question with two buttons. Any answer but `yes` is a refusal, and so is none.
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
