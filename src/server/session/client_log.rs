//! The log that the client keeps: `window/logMessage`, by level.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::FormattedFields;
use tracing_subscriber::fmt::format::{DefaultFields, DefaultVisitor, Writer};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::MessageKind;
use crate::server::transport::Outbox;
use crate::tasks::lock;

/// Sends events to the client, once there is one. Earlier events wait for it.
///
/// Only this program's own events are sent, and no `trace` events. That level contains the messages to the client, and
/// also prompts and answers. Clients write the log into their own files.
#[derive(Debug, Clone, Default)]
pub struct ClientLog(Arc<Mutex<ClientLogState>>);

#[derive(Debug)]
enum ClientLogState {
    /// The session has not begun: the first events wait.
    Expected(Vec<(MessageKind, String)>),
    Here(Outbox),
}

/// How many events wait for the client.
const MAX_WAITING: usize = 100;

impl Default for ClientLogState {
    fn default() -> Self {
        Self::Expected(Vec::new())
    }
}

impl ClientLog {
    /// The client is ready for messages.
    pub(crate) fn open(&self, outbox: &Outbox) {
        let before = std::mem::replace(&mut *lock(&self.0), ClientLogState::Here(outbox.clone()));
        if let ClientLogState::Expected(waiting) = before {
            waiting.iter().for_each(|(kind, line)| send(outbox, *kind, line));
        }
    }

    fn log(&self, kind: MessageKind, line: String) {
        let outbox = match &mut *lock(&self.0) {
            ClientLogState::Here(outbox) => outbox.clone(),
            ClientLogState::Expected(waiting) => {
                if waiting.len() < MAX_WAITING {
                    waiting.push((kind, line));
                }
                return;
            }
        };
        // The lock is released first, because sending may log, too.
        send(&outbox, kind, &line);
    }
}

/// If the client does not read, the server sends it no log events.
fn send(outbox: &Outbox, kind: MessageKind, line: &str) {
    outbox.notify_if_room("window/logMessage", json!({ "type": kind as u8, "message": line }));
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ClientLog {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let kind = match *event.metadata().level() {
            Level::ERROR => MessageKind::Error,
            Level::WARN => MessageKind::Warning,
            Level::INFO => MessageKind::Info,
            Level::DEBUG => MessageKind::Log,
            Level::TRACE => return,
        };
        if !event.metadata().target().starts_with(env!("CARGO_CRATE_NAME")) {
            return;
        }
        let mut line = String::new();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            let space = if line.is_empty() { "" } else { " " };
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<DefaultFields>>().filter(|it| !it.fields.is_empty());
            let fields = fields.map(|it| format!("{{{}}}", it.fields)).unwrap_or_default();
            line.push_str(&format!("{space}{}{fields}:", span.name()));
        }
        let is_empty = line.is_empty();
        event.record(&mut DefaultVisitor::new(Writer::new(&mut line), is_empty));
        self.log(kind, line);
    }
}
