//! Work-done progress: one `begin`, throttled reports with a message and no percentage, exactly one `end`.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use super::params::Token;
use super::transport::Outbox;

/// At most ten reports a second.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);

/// How long the client may take to accept a token before the job goes on without progress.
const CREATE_TIMEOUT: Duration = Duration::from_secs(5);

/// A progress that has begun. Dropping it sends the `end` that is still owed.
pub(crate) struct Progress {
    outbox: Outbox,
    token: Arc<Token>,
    due: Instant,
    waiting: Option<String>,
    ended: bool,
}

impl Progress {
    /// The server's own token for the progress of a job.
    pub(crate) fn own_token(job_id: &str) -> Token {
        Token::Text(format!("stackspot-lsp/{job_id}"))
    }

    /// Asks the client to accept the server's own token. `None` where it refuses or does not answer.
    pub(crate) async fn create(outbox: Outbox, job_id: String) -> Option<(Outbox, Token)> {
        let token = Self::own_token(&job_id);
        let accepted =
            outbox.request("window/workDoneProgress/create", json!({ "token": &token }), CREATE_TIMEOUT).await;
        accepted.is_ok().then_some((outbox, token))
    }

    /// Sends `begin`.
    pub(crate) fn begin(outbox: Outbox, token: Token, title: &str) -> Self {
        let progress = Self { outbox, token: Arc::new(token), due: Instant::now(), waiting: None, ended: false };
        progress.send(json!({ "kind": "begin", "title": title, "cancellable": true }));
        progress
    }

    /// Sends a report, or keeps it until one is due again; a newer one takes the place of an older one that waits.
    pub(crate) fn report(&mut self, message: String) {
        self.waiting = Some(message);
        self.flush_if_due();
    }

    /// When a report that waits may be sent.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|_| self.due)
    }

    /// Sends the report that waits, if it is due.
    pub(crate) fn flush_if_due(&mut self) {
        let now = Instant::now();
        if now >= self.due
            && let Some(message) = self.waiting.take()
        {
            self.due = now + REPORT_INTERVAL;
            self.send(json!({ "kind": "report", "message": message }));
        }
    }

    /// Sends `end`.
    pub(crate) fn end(mut self, message: &str) {
        self.send_end(message);
    }

    fn send_end(&mut self, message: &str) {
        if !std::mem::replace(&mut self.ended, true) {
            self.send(json!({ "kind": "end", "message": message }));
        }
    }

    fn send(&self, value: impl Serialize) {
        self.outbox.notify("$/progress", json!({ "token": &*self.token, "value": value }));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.send_end("Stopped");
    }
}
