//! The answers of the session: their questions, their ends, and where they are.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::actions::{self, ActionResult};
use crate::documents::{Anchor, AnchorState, DocumentStore, DocumentUri, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{Failed, Finished, Job, Order, Outcome};
use crate::tasks::lock;

/// What all answers of a session share.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) registration: Mutex<Registration>,
    /// When the state directory was last searched for old files.
    pub(crate) pruned: Mutex<Option<SystemTime>>,
    /// A document was opened.
    pub(crate) opened: Notify,
}

/// The data of one job's answer.
pub(crate) struct Record {
    pub(crate) job: Arc<Job>,
    state: Mutex<RecordState>,
    /// Held while its file is written.
    pub(crate) file: tokio::sync::Mutex<()>,
    /// Cancelled when the job is over, with any result.
    finished: CancellationToken,
}

/// The text that was sent, and its place.
pub(crate) struct SentOrder {
    /// The id or name of the agent.
    pub(crate) agent: String,
    /// The document, under its canonical name and as the client spells it.
    pub(crate) uri: DocumentUri,
    pub(crate) client_uri: Arc<str>,
    pub(crate) language_id: Arc<str>,
    /// The lines of the question: the first and the last, both counted from one and both included.
    pub(crate) lines: Range<usize>,
    /// Their place and their text. The rest of the document is not stored: it may be large, or closed.
    bytes: Range<usize>,
    pub(crate) code: String,
    anchor: Mutex<Arc<Anchor>>,
}

#[derive(Default)]
pub(crate) struct RecordState {
    sent_order: Option<Arc<SentOrder>>,
    /// Why the answer is incomplete.
    failure: Option<Message>,
    /// The result is an answer to read, and it has some text.
    pub(crate) is_answered: bool,
    pub(crate) shown: AnswerView,
    /// The fingerprint of the file at the last write of this server.
    pub(crate) written: Option<u64>,
    /// The client may change the file.
    pub(crate) in_the_editor: bool,
    /// The fingerprint of the second file, while the client owns the first one.
    copy: Option<u64>,
}

/// Where an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum AnswerView {
    #[default]
    Nowhere,
    /// A task is showing it. `true`: it takes the focus, because the user asked for it meanwhile.
    Coming(bool),
    Virtual,
    File,
    Message,
}

/// Whether the client knows that there are hovers.
#[derive(Default)]
pub(crate) struct Registration {
    pub(crate) is_there: bool,
    /// A registration is in progress, or the client refused one and gets no more.
    pub(crate) is_busy: bool,
}

impl Record {
    pub(super) fn new(job: &Arc<Job>) -> Arc<Self> {
        let (state, file, finished) = (Mutex::default(), tokio::sync::Mutex::default(), CancellationToken::new());
        Arc::new(Self { job: Arc::clone(job), state, file, finished })
    }

    /// What was sent, once it is known.
    pub(crate) fn sent_order(&self) -> Option<Arc<SentOrder>> {
        self.state().sent_order.clone()
    }

    pub(crate) fn set_order(&self, order: &Order) {
        let Some(target) = &order.target else { return };
        let sent_order = SentOrder {
            agent: order.ask.request.agent_id.clone(),
            uri: target.snapshot.uri.clone(),
            client_uri: Arc::clone(&target.snapshot.client_uri),
            language_id: Arc::clone(&target.snapshot.language_id),
            lines: actions::lines(&target.snapshot.text, &target.bytes),
            bytes: target.bytes.clone(),
            code: target.snapshot.slice(target.bytes.clone()),
            anchor: Mutex::new(Arc::clone(&target.anchor)),
        };
        // An order may be made again, if its text changed while it waited.
        self.state().sent_order = Some(Arc::new(sent_order));
    }

    pub(crate) fn ended(&self, ending: &Result<Finished, Failed>) {
        let mut state = self.state();
        match ending {
            // Remarks are already at their lines.
            Ok(Finished { outcome, .. }) => {
                state.is_answered = matches!(outcome, Outcome::Answered { .. }) && self.job.remarks().is_empty();
            }
            Err(Failed { error, partial }) => {
                state.is_answered = partial.is_some() && self.job.action.result == ActionResult::Answer;
                state.failure = Some(match error.kind() {
                    Some(_) => error.message(),
                    None => message!("progress-cancelled"),
                });
            }
        }
        drop(state);
        self.mark_finished();
    }

    /// The job is over, with any result.
    pub(crate) fn mark_finished(&self) {
        self.finished.cancel();
    }

    /// Resolves when the job is over.
    pub(crate) async fn wait_until_finished(&self) {
        self.finished.cancelled().await;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.finished.is_cancelled()
    }

    pub(crate) fn failure(&self) -> Option<Message> {
        self.state().failure.clone()
    }

    pub(crate) fn shown(&self) -> AnswerView {
        self.state().shown
    }

    /// The user asked for it meanwhile. Therefore it takes the focus.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.shown() == AnswerView::Coming(true)
    }

    /// Stores the fingerprint of the second file. Returns whether it differs from the old one.
    pub(crate) fn replace_copy(&self, copy: Option<u64>) -> bool {
        std::mem::replace(&mut self.state().copy, copy) != copy
    }

    /// A caller that gets `true` must show the answer.
    pub(crate) fn claim(&self, take_focus: bool) -> bool {
        let mut state = self.state();
        match state.shown {
            AnswerView::Nowhere => state.shown = AnswerView::Coming(take_focus),
            AnswerView::Coming(focus) => {
                state.shown = AnswerView::Coming(focus || take_focus);
                return false;
            }
            AnswerView::Virtual | AnswerView::File | AnswerView::Message => return false,
        }
        true
    }

    /// The caller that got `true` shows nothing: another caller may try.
    pub(crate) fn unclaim(&self) {
        let mut state = self.state();
        (state.shown, state.in_the_editor) = (AnswerView::Nowhere, false);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, RecordState> {
        lock(&self.state)
    }
}

impl SentOrder {
    /// The text of the question, if the present text contains it unchanged.
    pub(crate) fn unchanged(&self) -> Option<(Snapshot, Range<usize>)> {
        match self.state_of_place() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } if !bytes.is_empty() => Some((snapshot, bytes)),
            AnchorState::Live { .. } | AnchorState::OutOfSync | AnchorState::Closed => None,
        }
    }

    fn state_of_place(&self) -> AnchorState {
        let anchor = Arc::clone(&lock(&self.anchor));
        anchor.state()
    }

    /// The document was opened again. If the text is at its old place, it is followed from now on.
    pub(crate) fn relocate(&self, documents: &DocumentStore) {
        let is_lost = matches!(self.state_of_place(), AnchorState::Closed);
        if self.bytes.is_empty() || !is_lost {
            return;
        }
        let Ok(today) = documents.snapshot(self.uri.as_str()) else { return };
        let there = today.text.get_byte_slice(self.bytes.clone());
        if there.is_some_and(|there| there == *self.code)
            && let Ok(anchor) = documents.anchor(&today, self.bytes.clone())
        {
            *lock(&self.anchor) = Arc::new(anchor);
        }
    }
}
