//! Messages for the user: handlers and the ends of jobs return them, and `Session::publish` shows them.

use serde_json::Value;

use crate::i18n::Message;

/// `MessageType` of LSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Error = 1,
    Warning = 2,
    Info = 3,
    Log = 4,
}

/// Messages for the user, in their order. Mostly there are none.
#[derive(Debug, Default)]
#[must_use = "it is said by `Session::publish`"]
pub(crate) struct Feedback {
    /// With `true`, the user must read all of it, also in a client with only one line.
    pub(super) messages: Vec<(MessageKind, Message, bool)>,
}

impl Feedback {
    /// There is no message.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    pub(crate) fn error(message: Message) -> Self {
        Self::of(MessageKind::Error, message)
    }

    pub(crate) fn warning(message: Message) -> Self {
        Self::of(MessageKind::Warning, message)
    }

    pub(crate) fn info(message: Message) -> Self {
        Self::of(MessageKind::Info, message)
    }

    /// A text that the user must read whole, such as an answer without another place.
    pub(crate) fn whole(message: Message) -> Self {
        Self { messages: vec![(MessageKind::Info, message, true)] }
    }

    pub(crate) fn of(kind: MessageKind, message: Message) -> Self {
        Self { messages: vec![(kind, message, false)] }
    }

    /// These messages, and then the others.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.messages.extend(other.messages);
        self
    }
}

impl From<()> for Feedback {
    fn from((): ()) -> Self {
        Self::none()
    }
}

impl FromIterator<(MessageKind, Message)> for Feedback {
    fn from_iter<T: IntoIterator<Item = (MessageKind, Message)>>(messages: T) -> Self {
        Self { messages: messages.into_iter().map(|(kind, message)| (kind, message, false)).collect() }
    }
}

/// The reply to a command, and the messages for the user.
#[must_use = "its feedback is said by `Session::publish`"]
pub(crate) struct Handled {
    pub(crate) value: Value,
    pub(crate) feedback: Feedback,
}

impl From<Value> for Handled {
    fn from(value: Value) -> Self {
        Self { value, feedback: Feedback::none() }
    }
}

impl From<()> for Handled {
    fn from((): ()) -> Self {
        Value::Null.into()
    }
}
