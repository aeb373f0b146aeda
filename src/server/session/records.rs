//! What the session knows of its answers: what they are about, how they ended, and where they stand.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::prune_clock::PruneClock;
use crate::actions::{self, ActionResult};
use crate::documents::{Anchor, AnchorState, DocumentStore, DocumentUri, Snapshot};
use crate::i18n::{Message, message};
use crate::job::{Failed, Finished, Job, Order, Outcome};
use crate::server::wire::names;

/// The answers of a session, as many as its jobs are kept.
#[derive(Default)]
pub(crate) struct Answers {
    records: Mutex<Vec<Arc<Record>>>,
    pub(crate) registration: Registration,
    pub(crate) pruned: PruneClock,
    /// A document was opened.
    pub(crate) opened: Notify,
}

/// What is known of one job's answer.
pub(crate) struct Record {
    pub(crate) job: Arc<Job>,
    asked: Mutex<Option<Arc<SentOrder>>>,
    state: Mutex<RecordState>,
    /// Held while its file is written.
    pub(crate) file: tokio::sync::Mutex<()>,
    over: watch::Sender<bool>,
}

/// What was sent, and about what.
pub(crate) struct SentOrder {
    /// The id or name of the agent.
    pub(crate) agent: String,
    /// The document, under its canonical name and as the client spells it.
    pub(crate) uri: DocumentUri,
    pub(crate) client_uri: Arc<str>,
    pub(crate) language_id: Arc<str>,
    /// The lines that were asked about: the first and the last, both counted from one and both included.
    pub(crate) lines: Range<usize>,
    /// Their place and their text. The rest of the document is not held: it may be large, and closed since.
    bytes: Range<usize>,
    code: String,
    anchor: Mutex<Arc<Anchor>>,
}

#[derive(Default)]
struct RecordState {
    /// Why there is no more than a part of the answer.
    failure: Option<Message>,
    /// The answer is one to read, and there is something of it.
    is_answered: bool,
    shown: AnswerView,
    /// The fingerprint of the file as it was last written here.
    written: Option<u64>,
    /// The file is the client's to change.
    in_the_editor: bool,
    /// The fingerprint of what is kept beside the file, for as long as the file is the client's.
    copy: Option<u64>,
}

/// Where an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum AnswerView {
    #[default]
    Nowhere,
    /// Somebody sees to it; `true` where it is to take the focus, because the user asked for it meanwhile.
    Coming(bool),
    Virtual,
    File,
    Message,
}

/// Whether the client knows that there are hovers.
#[derive(Default)]
pub(crate) struct Registration(Mutex<Registered>);

#[derive(Default)]
pub(crate) struct Registered {
    pub(crate) is_there: bool,
    /// The client is being told, or will hear no more of it because it refused.
    pub(crate) is_busy: bool,
}

impl Registration {
    pub(crate) fn state(&self) -> MutexGuard<'_, Registered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    /// The record of a job; a new one where there is none. Those of forgotten jobs go.
    pub(crate) fn of(&self, job: &Arc<Job>) -> Arc<Record> {
        let mut records = self.records();
        if let Some(known) = records.iter().find(|it| it.job.id == job.id) {
            return Arc::clone(known);
        }
        records.retain(|it| !it.job.is_forgotten());
        let record = Arc::new(Record {
            job: Arc::clone(job),
            asked: Mutex::default(),
            state: Mutex::default(),
            file: tokio::sync::Mutex::default(),
            over: watch::Sender::new(false),
        });
        records.push(Arc::clone(&record));
        record
    }

    /// The record of a job that has one.
    pub(crate) fn known(&self, job_id: &str) -> Option<Arc<Record>> {
        self.records().iter().find(|it| it.job.id == job_id).cloned()
    }

    /// The record of the job whose document has this name.
    pub(crate) fn named(&self, file_name: &str) -> Option<Arc<Record>> {
        self.records().iter().find(|it| names::is_of(file_name, &it.job.id)).cloned()
    }

    /// All of them, the latest first.
    pub(crate) fn latest_first(&self) -> Vec<Arc<Record>> {
        self.records().iter().rev().cloned().collect()
    }

    fn records(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    /// What was sent, once it is known.
    pub(crate) fn asked(&self) -> Option<Arc<SentOrder>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_order(&self, order: &Order) {
        let Some(target) = &order.target else { return };
        let asked = SentOrder {
            agent: order.ask.request.agent_id.clone(),
            uri: target.snapshot.uri.clone(),
            client_uri: Arc::clone(&target.snapshot.client_uri),
            language_id: Arc::clone(&target.snapshot.language_id),
            lines: actions::lines(&target.snapshot.text, &target.bytes),
            bytes: target.bytes.clone(),
            code: target.snapshot.slice(target.bytes.clone()),
            anchor: Mutex::new(Arc::clone(&target.anchor)),
        };
        // An order may be made out again, where its text changed while it waited.
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(asked));
    }

    pub(crate) fn ended(&self, ending: &Result<Finished, Failed>) {
        let mut state = self.state();
        match ending {
            // Remarks stand at their lines already.
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

    /// The job is over, whatever became of it.
    pub(crate) fn mark_finished(&self) {
        self.over.send_replace(true);
    }

    /// Resolves when the job is over.
    pub(crate) async fn over(&self) {
        // The sender lives as long as this.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    pub(crate) fn has_ended(&self) -> bool {
        *self.over.borrow()
    }

    pub(crate) fn failure(&self) -> Option<Message> {
        self.state().failure.clone()
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.state().is_answered
    }

    pub(crate) fn shown(&self) -> AnswerView {
        self.state().shown
    }

    pub(crate) fn set_shown(&self, shown: AnswerView) {
        self.state().shown = shown;
    }

    /// From now on the file is the client's to change, or no longer.
    pub(crate) fn set_in_the_editor(&self, in_the_editor: bool) {
        self.state().in_the_editor = in_the_editor;
    }

    pub(crate) fn in_the_editor(&self) -> bool {
        self.state().in_the_editor
    }

    /// What is kept beside the file is this, by its fingerprint; tells whether that is another text than before.
    pub(crate) fn replace_copy(&self, copy: Option<u64>) -> bool {
        std::mem::replace(&mut self.state().copy, copy) != copy
    }

    /// Whoever gets `true` sees to it that the answer is shown.
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

    pub(crate) fn written(&self) -> Option<u64> {
        self.state().written
    }

    pub(crate) fn set_fingerprint(&self, fingerprint: u64) {
        self.state().written = Some(fingerprint);
    }

    fn state(&self) -> MutexGuard<'_, RecordState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SentOrder {
    /// The text that was asked about, where it stands unchanged in today's text.
    pub(crate) fn unchanged(&self) -> Option<(Snapshot, Range<usize>)> {
        match self.anchor().state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } if !bytes.is_empty() => Some((snapshot, bytes)),
            AnchorState::Live { .. } | AnchorState::OutOfSync | AnchorState::Closed => None,
        }
    }

    /// The place that was asked about, whatever became of its text.
    pub(crate) fn anchor(&self) -> Arc<Anchor> {
        Arc::clone(&self.anchor.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text that was asked about.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The document was opened again: where the text stands at its old place, it is followed from now on.
    pub(crate) fn relocate(&self, documents: &DocumentStore) {
        let is_lost = matches!(self.anchor().state(), AnchorState::Closed);
        if self.bytes.is_empty() || !is_lost {
            return;
        }
        let Ok(today) = documents.snapshot(self.uri.as_str()) else { return };
        let there = today.text.get_byte_slice(self.bytes.clone());
        if there.is_some_and(|there| there == *self.code)
            && let Ok(anchor) = documents.anchor(&today, self.bytes.clone())
        {
            *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(anchor);
        }
    }
}
