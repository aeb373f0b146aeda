//! One job: its request, its state, and its text so far.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, futures::Notified};
use tokio_util::sync::CancellationToken;

use crate::actions::Action;
use crate::documents::{Anchor, DocumentUri};
use crate::i18n::{Message, message};
use crate::job::timings::Timings;
use crate::job::{Answer, JobPhase, JobRemark, Proposal};
use crate::memory;
use crate::tasks::lock;

/// A ULID.
pub(crate) type JobId = String;

/// One run: its request, its state, and its text so far.
#[derive(Debug)]
pub struct Job {
    /// Identifies the job in every command.
    pub id: JobId,
    /// The action that was requested.
    pub action: Action,
    /// The document, by its canonical name.
    pub document: DocumentUri,
    /// The document as the client spells it.
    pub client_uri: Arc<str>,
    /// Cancels the job; the HTTP stream closes at once.
    pub cancel: CancellationToken,
    state: Mutex<RegistryState>,
    grown: Notify,
}

#[derive(Debug, Default)]
pub(super) struct RegistryState {
    lines: Range<usize>,
    phase: JobPhase,
    text: String,
    answer: Option<Arc<Answer>>,
    proposal: Option<Arc<Proposal>>,
    applied: Option<Arc<Anchor>>,
    remarks: Vec<Arc<JobRemark>>,
    has_no_remarks: bool,
    pub(super) edit_range: EditRange,
    timings: Timings,
    /// Whether the job has ended, and neither its answer nor its edit is kept.
    is_forgotten: bool,
}

impl RegistryState {
    fn text_so_far(&self) -> &str {
        self.answer.as_ref().map_or(&self.text, |answer| &answer.text)
    }
}

/// What a job will edit by itself.
#[derive(Debug, Clone, Default)]
pub(super) enum EditRange {
    #[default]
    Unknown,
    /// This place, or nothing: its edit is always a proposal.
    Known(Option<Arc<Anchor>>),
}

/// `line 3` or `lines 3–9`.
pub(crate) fn lines_label(first: usize, last: usize) -> Message {
    match first == last {
        true => message!("lines-one", line = first),
        false => message!("lines-several", first = first, last = last),
    }
}

impl Job {
    /// A job that is about to be queued.
    pub fn new(action: Action, document: DocumentUri, client_uri: Arc<str>) -> Self {
        let (id, cancel) = (ulid::Ulid::generate().to_string(), CancellationToken::new());
        Self { id, action, document, client_uri, cancel, state: Mutex::default(), grown: Notify::new() }
    }

    /// The first and last line at its start, both counted from one and both included.
    pub fn lines(&self) -> Range<usize> {
        self.state().lines.clone()
    }

    /// `line 3` or `lines 3–9`.
    pub fn lines_label(&self) -> Message {
        let Range { start, end } = self.state().lines;
        lines_label(start, end)
    }

    /// The first line at its start, counted from zero.
    pub fn first_line(&self) -> usize {
        self.state().lines.start.saturating_sub(1)
    }

    /// Sets the lines of the job: the first and the last, both counted from one and both included.
    pub fn set_lines(&self, lines: Range<usize>) {
        self.state().lines = lines;
    }

    /// The phase of the job.
    pub fn phase(&self) -> JobPhase {
        self.state().phase.clone()
    }

    /// The text of the agent so far.
    pub fn text_so_far(&self) -> String {
        self.state().text.clone()
    }

    /// The text of the agent after its first `bytes`, which end at a character boundary.
    pub fn text_after(&self, bytes: usize) -> String {
        self.state().text_so_far().get(bytes..).unwrap_or_default().to_owned()
    }

    /// The length of the agent's text, in bytes.
    pub fn text_len(&self) -> usize {
        self.state().text_so_far().len()
    }

    /// Resolves when the agent's text gets longer.
    pub fn text_grew(&self) -> Notified<'_> {
        self.grown.notified()
    }

    /// The answer after its end, complete or not.
    pub fn answer(&self) -> Option<Arc<Answer>> {
        self.state().answer.clone()
    }

    /// The edit that waits for the user's decision.
    pub fn proposal(&self) -> Option<Arc<Proposal>> {
        self.state().proposal.clone()
    }

    /// Takes the proposal away. The caller then decides what happens to it.
    pub fn take_proposal(&self) -> Option<Arc<Proposal>> {
        self.state().proposal.take()
    }

    pub(in crate::job) fn timings(&self) -> Timings {
        self.state().timings
    }

    pub(in crate::job) fn enter(&self, phase: JobPhase) {
        let mut state = self.state();
        state.timings.entered(&phase);
        state.phase = phase;
    }

    pub(in crate::job) fn push_text(&self, delta: &str) {
        self.state().text.push_str(delta);
        self.grown.notify_waiters();
    }

    pub(in crate::job) fn keep_answer(&self, answer: Arc<Answer>) {
        let mut state = self.state();
        state.text = String::new();
        state.answer = Some(answer);
    }

    /// Records that the job ended in an earlier session, with this answer and a waiting edit.
    pub fn end_with(&self, answer: Answer, proposal: Proposal) {
        self.keep_answer(Arc::new(answer));
        self.keep_proposal(Arc::new(proposal));
    }

    /// The partial answer if no more text will come; `None` if it is empty.
    pub fn broke_off(&self) -> Option<Arc<Answer>> {
        let mut state = self.state();
        if state.answer.is_none() && !state.text.is_empty() {
            let text = std::mem::take(&mut state.text);
            state.answer = Some(Arc::new(Answer { text, ..Answer::default() }));
        }
        state.answer.clone()
    }

    /// The document that its edit waits in, which may have a new name; else the document of the request.
    pub fn edit_document(&self) -> DocumentUri {
        let proposal = self.proposal().filter(|proposal| proposal.file_edit().is_none());
        proposal.map_or_else(|| self.document.clone(), |proposal| proposal.document())
    }

    /// The same URI as the client spells it.
    pub fn spelled_uri(&self) -> Arc<str> {
        let proposal = self.proposal().filter(|proposal| proposal.file_edit().is_none());
        proposal.map_or_else(|| Arc::clone(&self.client_uri), |it| Arc::clone(&it.replacement.snapshot.client_uri))
    }

    /// Whether the job ended so long ago that the process has forgotten it.
    pub fn is_forgotten(&self) -> bool {
        self.state().is_forgotten
    }

    pub(super) fn forget(&self) {
        self.state().is_forgotten = true;
        // Other holders of its answer release it soon.
        memory::freed(self.bytes());
    }

    /// The approximate memory size.
    pub(super) fn bytes(&self) -> usize {
        let state = self.state();
        state.text_so_far().len() + state.proposal.as_ref().map_or(0, |proposal| proposal.bytes())
    }

    /// Keeps an edit until the user applies or discards it.
    pub fn keep_proposal(&self, proposal: Arc<Proposal>) {
        self.state().proposal = Some(proposal);
    }

    /// The remarks of its answer so far.
    pub fn remarks(&self) -> Vec<Arc<JobRemark>> {
        self.state().remarks.clone()
    }

    /// The remark with this number.
    pub fn remark(&self, id: usize) -> Option<Arc<JobRemark>> {
        self.state().remarks.iter().find(|remark| remark.id == id).cloned()
    }

    /// Whether the agent said that there is nothing to remark.
    pub fn has_no_remarks(&self) -> bool {
        self.state().has_no_remarks
    }

    pub(in crate::job) fn set_no_remarks(&self) {
        self.state().has_no_remarks = true;
    }

    pub(in crate::job) fn keep_remark(&self, remark: Arc<JobRemark>) {
        self.state().remarks.push(remark);
    }

    /// The place of the applied edit; it follows the typing.
    pub fn applied(&self) -> Option<Arc<Anchor>> {
        self.state().applied.clone()
    }

    pub(in crate::job) fn keep_applied(&self, place: Option<Anchor>) {
        self.state().applied = place.map(Arc::new);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, RegistryState> {
        // The state is plain data. A panic cannot leave it half-changed.
        lock(&self.state)
    }
}
