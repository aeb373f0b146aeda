//! Work-done progress: one `begin`, throttled reports with a message and no percentage, exactly one `end`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::display;
use crate::i18n::{Language, message};
use crate::server::session::Session;
use crate::server::transport::Outbox;
use crate::server::wire::{RunParams, Token};
use crate::tasks::lock;

/// At most ten reports a second.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);

/// How long the client may take to accept a token before the job continues without progress.
const CREATE_TIMEOUT: Duration = Duration::from_secs(5);

/// A progress that has begun. Dropping it sends the missing `end`.
pub(crate) struct Progress {
    channel: ProgressChannel,
    due: Instant,
    waiting: Option<String>,
    last: String,
    language: Language,
}

/// The channel to one token of the client. Once closed it sends nothing more: a token of a request is valid only until
/// the response. A cancelled request is answered before its job ends.
#[derive(Clone)]
pub(crate) struct ProgressChannel {
    outbox: Outbox,
    token: Arc<Token>,
    /// Locked while something is queued, so that nothing is sent after the channel is closed.
    open: Arc<Mutex<bool>>,
}

/// The channels to the tokens of a request or a command.
#[derive(Clone, Default)]
pub(crate) struct ProgressChannels {
    pub(crate) partial: Option<ProgressChannel>,
    pub(crate) progress: Option<ProgressChannel>,
    /// The client also wants the answer in the form that may be shown.
    pub(crate) sanitizes: bool,
}

impl ProgressChannels {
    pub(crate) fn of(session: &Session, params: &RunParams) -> Self {
        let channel = |token: &Token| ProgressChannel::new(session.outbox.clone(), token.clone());
        Self {
            partial: params.partial_result_token.as_ref().map(channel),
            progress: params.work_done_token.as_ref().map(channel),
            sanitizes: params.answer_markdown,
        }
    }
}

impl ProgressChannel {
    fn new(outbox: Outbox, token: Token) -> Self {
        Self { outbox, token: Arc::new(token), open: Arc::new(Mutex::new(true)) }
    }

    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    /// Sends a value, unless the channel is closed.
    pub(crate) fn send(&self, value: Value) {
        let open = lock(&self.open);
        if *open {
            self.notify(value);
        }
    }

    /// Closes the channel and sends nothing.
    pub(crate) fn close(&self) {
        *lock(&self.open) = false;
    }

    /// Closes the channel with the `end` of its progress, unless it is already closed.
    pub(crate) fn end(&self, message: &str) {
        let mut open = lock(&self.open);
        if std::mem::replace(&mut *open, false) {
            self.notify(json!({ "kind": "end", "message": message }));
        }
    }

    fn notify(&self, value: Value) {
        self.outbox.notify("$/progress", json!({ "token": &*self.token, "value": value }));
    }
}

impl Progress {
    /// The server's own token for the progress of a job.
    pub(crate) fn own_token(job_id: &str) -> Token {
        Token::Text(format!("stackspot-lsp/{job_id}"))
    }

    /// Asks the client to accept the server's own token. Returns `None` if it refuses or does not answer.
    pub(crate) async fn create(outbox: Outbox, job_id: String) -> Option<ProgressChannel> {
        let token = Self::own_token(&job_id);
        let accepted =
            outbox.request("window/workDoneProgress/create", json!({ "token": &token }), CREATE_TIMEOUT).await;
        accepted.is_ok().then(|| ProgressChannel::new(outbox, token))
    }

    /// Sends `begin`.
    pub(crate) fn begin(channel: ProgressChannel, title: &str, language: Language) -> Self {
        channel.send(json!({ "kind": "begin", "title": title, "cancellable": true }));
        Self { channel, due: Instant::now(), waiting: None, last: String::new(), language }
    }

    /// Sends a report, or keeps it until a report is due. A newer report replaces an older one that waits. The same
    /// report is not sent twice in a row.
    pub(crate) fn report(&mut self, message: String) {
        let message = display::plain_line(&message);
        self.waiting = (message != self.last).then_some(message);
        self.flush_if_due();
    }

    /// When the waiting report may be sent.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|_| self.due)
    }

    /// Sends the waiting report, if it is due.
    pub(crate) fn flush_if_due(&mut self) {
        let now = Instant::now();
        if now >= self.due
            && let Some(message) = self.waiting.take()
        {
            self.due = now + REPORT_INTERVAL;
            self.channel.send(json!({ "kind": "report", "message": &message }));
            self.last = message;
        }
    }

    /// Sends `end`.
    pub(crate) fn end(self, message: &str) {
        self.channel.end(message);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.channel.end(&message!("progress-cancelled").text(self.language));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropped_progress_ends_in_the_users_language() {
        let (outbox, outgoing) = Outbox::new();
        drop(Progress::begin(ProgressChannel::new(outbox.clone(), Token::Number(1)), "Explicar", Language::PtBr));
        outbox.close();
        let mut sent = Vec::new();
        outgoing.write_to(&mut sent).await.unwrap();
        let sent = String::from_utf8(sent).unwrap();
        assert!(sent.contains(r#"{"kind":"end","message":"cancelado"}"#), "{sent}");
    }
}
