//! The place of a remark while the user types.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use ropey::Rope;

use crate::actions::{self, line_end};
use crate::documents::{Anchor, AnchorState, DocumentStore, Range as DocumentRange, Snapshot};
use crate::edit::Granularity;
use crate::i18n::Message;
use crate::job::{JobId, Proposal, Replacement};
use crate::remarks::{Remark, Severity};
use crate::tasks::lock;

/// A remark at its lines.
#[derive(Debug)]
pub struct JobRemark {
    /// Its number in the job, counted from one.
    pub id: usize,
    pub severity: Severity,
    pub message: String,
    /// Whether its lines are certainly those that the agent meant.
    pub is_certain: bool,
    /// Why its new text cannot be applied directly, as a sentence.
    pub withheld: Option<Message>,
    /// The new text of its lines, as the agent wrote it.
    pub new_text: Option<String>,
    /// Its first and last line in the sent text, counted from one.
    pub lines: (usize, usize),
    /// Its lines in the sent text, in bytes, without the last line break.
    pub(super) sent: Range<usize>,
    snapshot: Snapshot,
    /// The first of its lines, without blanks. The remark is about this line.
    about: String,
    state: Mutex<RemarkState>,
}

#[derive(Debug)]
struct RemarkState {
    anchor: Arc<Anchor>,
    fix: Option<Arc<Proposal>>,
    /// An edit that the user must review first.
    doubtful_fix: Option<Arc<Proposal>>,
    /// The job of that waiting edit, after the user opened it.
    proposal_job: Option<JobId>,
    /// The range of its lines when the document was closed; `None` if they had changed.
    saved_range: Option<Range<usize>>,
}

/// The current place of a remark.
#[derive(Debug, Clone)]
pub struct RemarkPlace {
    pub snapshot: Snapshot,
    /// Its lines in `snapshot`, in bytes, without the last line break.
    pub bytes: Range<usize>,
    /// The edit that fixes it, while its lines are unchanged.
    pub fix: Option<Arc<Proposal>>,
    /// The same for an edit that the user must review first; its reason says why.
    pub doubtful_fix: Option<Arc<Proposal>>,
}

impl RemarkPlace {
    /// Its lines without indentation.
    pub fn range(&self) -> DocumentRange {
        without_indentation(&self.snapshot, &self.bytes)
    }
}

fn without_indentation(snapshot: &Snapshot, bytes: &Range<usize>) -> DocumentRange {
    let text = &snapshot.text;
    let start = text.byte_to_char(bytes.start);
    let blanks = text.chars_at(start).take_while(|c| matches!(c, ' ' | '\t')).count();
    let from = text.char_to_byte(start + blanks).min(bytes.end);
    snapshot.range(from..bytes.end)
}

/// The minimal similarity, from 0 to 1, of the remark's line to its old text. Below it, the remark disappears.
const STILL_IT: f64 = 0.5;

/// Longer lines are compared for equality.
const LONGEST_COMPARED: usize = 300;

impl JobRemark {
    /// `None` if its lines can no longer be followed.
    pub(super) fn at(
        documents: &DocumentStore,
        snapshot: &Snapshot,
        bytes: Range<usize>,
        (id, is_certain, remark): (usize, bool, Remark),
        (certain, doubtful_fix): (Option<Replacement>, Option<(Replacement, Message)>),
        granularity: Granularity,
    ) -> Option<Self> {
        let anchor = Arc::new(documents.anchor_if_open(snapshot, bytes.clone()).ok()?);
        let none = || Message::verbatim(String::new());
        let fix = certain.and_then(|it| proposal(documents, it, (&anchor, &bytes), none(), granularity));
        let withheld = doubtful_fix.as_ref().map(|(_, reason)| reason.clone());
        let doubtful_fix =
            doubtful_fix.and_then(|(it, why)| proposal(documents, it, (&anchor, &bytes), why, granularity));
        let about = first_line(&snapshot.text, &bytes);
        let state =
            Mutex::new(RemarkState { anchor, fix, doubtful_fix, proposal_job: None, saved_range: Some(bytes.clone()) });
        let Remark { severity, message, new_text, .. } = remark;
        let lines = actions::lines(&snapshot.text, &bytes);
        let (lines, snapshot, sent) = ((lines.start, lines.end), snapshot.clone(), bytes);
        Some(Self { id, severity, message, is_certain, withheld, new_text, lines, sent, snapshot, about, state })
    }

    /// The current place; `None` if the document is closed, or has other text there. The fix is valid while none of its
    /// lines is changed. The remark is valid while its first line is similar to its old text. After an undo, both
    /// return.
    pub fn current_place(&self) -> Option<RemarkPlace> {
        let (anchor, fix, doubtful_fix) = {
            let state = self.state();
            (Arc::clone(&state.anchor), state.fix.clone(), state.doubtful_fix.clone())
        };
        let AnchorState::Live { snapshot, bytes, intact, .. } = anchor.state() else { return None };
        // A fix may insert lines next to those of the remark, which stay intact.
        if fix.iter().chain(&doubtful_fix).any(|fix| fix.is_done()) {
            return None;
        }
        if intact && is_whole(&snapshot.text, &bytes) {
            return Some(RemarkPlace { snapshot, bytes, fix, doubtful_fix });
        }
        if bytes.is_empty() || !self.is_about(&snapshot.text, &bytes) {
            return None;
        }
        Some(RemarkPlace { snapshot, bytes, fix: None, doubtful_fix: None })
    }

    /// The job of its doubtful fix as a waiting edit, if the user opened it.
    pub fn proposal_job(&self) -> Option<JobId> {
        self.state().proposal_job.clone()
    }

    pub(super) fn set_proposal_job(&self, job: JobId) {
        self.state().proposal_job = Some(job);
    }

    /// Whether its lines overlap these bytes of the current text. The check whether it is [valid](Self::current_place)
    /// there takes longer.
    pub fn meets(&self, bytes: &Range<usize>) -> bool {
        let own = self.state().anchor.bytes();
        own.is_some_and(|own| own.start <= bytes.end && bytes.start <= own.end)
    }

    /// The line of the remark, without blanks.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Its lines without indentation, in the sent text.
    pub fn sent_range(&self) -> DocumentRange {
        without_indentation(&self.snapshot, &self.sent)
    }

    /// The edit that fixes it, computed for the sent text.
    pub fn sent_fix(&self) -> Option<Replacement> {
        self.state().fix.as_ref().map(|fix| fix.replacement.clone())
    }

    /// Whether the line at the start of `bytes` is still the line of the remark.
    fn is_about(&self, text: &Rope, bytes: &Range<usize>) -> bool {
        let now = first_line(text, bytes);
        if now.chars().count().max(self.about.chars().count()) > LONGEST_COMPARED {
            return now == self.about;
        }
        strsim::normalized_levenshtein(&now, &self.about) >= STILL_IT
    }

    /// Whether its fix changes some of these bytes of the sent text.
    pub(super) fn changes(&self, bytes: &Range<usize>) -> bool {
        let fix = self.state().fix.clone();
        fix.is_some_and(|fix| fix.replacement.bytes.start < bytes.end && bytes.start < fix.replacement.bytes.end)
    }

    pub(super) fn clear_fix(&self) {
        self.state().fix = None;
    }

    /// Stores the place of its lines before the document is closed.
    pub fn save_range(&self) {
        let mut state = self.state();
        match state.anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } if is_whole(&snapshot.text, &bytes) => {
                state.saved_range = Some(bytes);
            }
            AnchorState::Live { .. } => state.saved_range = None,
            AnchorState::OutOfSync | AnchorState::Closed => {}
        }
    }

    /// Restores the place if the document is opened again with the text it was closed with. Returns whether it did.
    pub fn restore_range(&self, documents: &DocumentStore, today: &Snapshot) -> bool {
        let mut state = self.state();
        if !matches!(state.anchor.state(), AnchorState::Closed) {
            return true;
        }
        let Some(bytes) = state.saved_range.clone() else { return false };
        let Ok(anchor) = documents.anchor(today, bytes.clone()).map(Arc::new) else { return false };
        let again = |fix: Arc<Proposal>| {
            // The fix may include the line break.
            let (start, end) = (fix.replacement.bytes.start, fix.replacement.bytes.end);
            let old = (bytes.start + start).checked_sub(self.sent.start)?
                ..(bytes.start + end).checked_sub(self.sent.start)?;
            let moved = fix.replacement.moved_to(today.clone(), old);
            proposal(documents, moved, (&anchor, &bytes), fix.reason.clone(), fix.granularity)
        };
        state.fix = state.fix.take().and_then(again);
        state.doubtful_fix = state.doubtful_fix.take().and_then(again);
        state.anchor = anchor;
        true
    }

    fn state(&self) -> MutexGuard<'_, RemarkState> {
        // The state is plain data. A panic cannot leave it half-changed.
        lock(&self.state)
    }
}

/// The waiting edit; its place is followed like that of the remark.
fn proposal(
    documents: &DocumentStore,
    replacement: Replacement,
    (anchor, bytes): (&Arc<Anchor>, &Range<usize>),
    reason: Message,
    granularity: Granularity,
) -> Option<Arc<Proposal>> {
    let anchor = if replacement.bytes == *bytes {
        Arc::clone(anchor)
    } else {
        Arc::new(documents.anchor_if_open(&replacement.snapshot, replacement.bytes.clone()).ok()?)
    };
    Some(Arc::new(Proposal::new(replacement, anchor, reason, granularity)))
}

/// Whether these bytes are whole lines. Text typed at the end of a line is after the bytes of the line.
fn is_whole(text: &Rope, bytes: &Range<usize>) -> bool {
    let first = text.byte_to_line(bytes.start);
    text.line_to_byte(first) == bytes.start && line_end(text, text.byte_to_line(bytes.end)) == bytes.end
}

/// The line at the start of `bytes`, without blanks.
fn first_line(text: &Rope, bytes: &Range<usize>) -> String {
    let line = text.byte_to_line(bytes.start.min(text.len_bytes()));
    text.get_line(line).map(|line| line.chars().filter(|c| !c.is_whitespace()).collect()).unwrap_or_default()
}
