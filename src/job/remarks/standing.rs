//! A remark where it stands while people type.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ropey::Rope;

use crate::actions::{self, line_end};
use crate::documents::{Anchor, AnchorState, DocumentStore, Range as DocumentRange, Snapshot};
use crate::edit::Granularity;
use crate::i18n::Message;
use crate::job::{JobId, Proposal, Replacement};
use crate::remarks::{Remark, Severity};

/// A remark at its lines.
#[derive(Debug)]
pub struct JobRemark {
    /// Its number in its job, counted from one.
    pub id: usize,
    pub severity: Severity,
    pub message: String,
    /// Whether its lines are certainly those that are meant.
    pub is_certain: bool,
    /// Why its new text cannot be put in by itself, as a sentence.
    pub withheld: Option<Message>,
    /// The new text of its lines as the agent wrote it.
    pub new_text: Option<String>,
    /// The first and the last of its lines in the text that was sent, counted from one.
    pub lines: (usize, usize),
    /// Its lines in the text that was sent, in bytes, without the last line break.
    pub(super) sent: Range<usize>,
    snapshot: Snapshot,
    /// The first of its lines, without blanks: the one that it is about.
    about: String,
    ground: Mutex<Ground>,
}

#[derive(Debug)]
struct Ground {
    anchor: Arc<Anchor>,
    fix: Option<Arc<Proposal>>,
    /// An edit that the user has to look at first.
    doubted: Option<Arc<Proposal>>,
    /// The job as whose edit that waits, once the user wanted to see it.
    waits_as: Option<JobId>,
    /// Where its lines were when the document was closed; `None` where they were no longer what they had been.
    parked: Option<Range<usize>>,
}

/// Where a remark stands now.
#[derive(Debug, Clone)]
pub struct Standing {
    pub snapshot: Snapshot,
    /// Its lines, in bytes of that, without the last line break.
    pub bytes: Range<usize>,
    /// The edit that settles it, while its lines are what they were.
    pub fix: Option<Arc<Proposal>>,
    /// The same where the user has to look at it first; its reason says why.
    pub doubted: Option<Arc<Proposal>>,
}

impl Standing {
    /// Its lines without their indentation.
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

/// How alike the line that a remark is about must be to what it was, from 0 to 1, for the remark to stay.
const STILL_IT: f64 = 0.5;

/// Longer lines are compared as they are.
const LONGEST_COMPARED: usize = 300;

impl JobRemark {
    /// `None` where its lines can no longer be followed.
    pub(super) fn at(
        documents: &DocumentStore,
        snapshot: &Snapshot,
        bytes: Range<usize>,
        (id, is_certain, remark): (usize, bool, Remark),
        (certain, doubted): (Option<Replacement>, Option<(Replacement, Message)>),
        granularity: Granularity,
    ) -> Option<Self> {
        let anchor = Arc::new(documents.anchor_if_open(snapshot, bytes.clone()).ok()?);
        let none = || Message::verbatim(String::new());
        let fix = certain.and_then(|it| proposal(documents, it, (&anchor, &bytes), none(), granularity));
        let withheld = doubted.as_ref().map(|(_, reason)| reason.clone());
        let doubted = doubted.and_then(|(it, why)| proposal(documents, it, (&anchor, &bytes), why, granularity));
        let about = first_line(&snapshot.text, &bytes);
        let ground = Mutex::new(Ground { anchor, fix, doubted, waits_as: None, parked: Some(bytes.clone()) });
        let Remark { severity, message, new_text, .. } = remark;
        let lines = actions::lines(&snapshot.text, &bytes);
        let (lines, snapshot, sent) = ((lines.start, lines.end), snapshot.clone(), bytes);
        Some(Self { id, severity, message, is_certain, withheld, new_text, lines, sent, snapshot, about, ground })
    }

    /// Where it stands; `None` while it stands nowhere: its document is closed, or says something else there by now.
    /// Its fix stands while none of its lines was touched, the remark itself while the first of them is still alike to
    /// what it was. What is undone brings them back.
    pub fn standing(&self) -> Option<Standing> {
        let (anchor, fix, doubted) = {
            let ground = self.ground();
            (Arc::clone(&ground.anchor), ground.fix.clone(), ground.doubted.clone())
        };
        let AnchorState::Live { snapshot, bytes, intact, .. } = anchor.state() else { return None };
        // A fix that puts lines beside those of the remark leaves them intact.
        if fix.iter().chain(&doubted).any(|fix| fix.is_done()) {
            return None;
        }
        if intact && is_whole(&snapshot.text, &bytes) {
            return Some(Standing { snapshot, bytes, fix, doubted });
        }
        if bytes.is_empty() || !self.is_about(&snapshot.text, &bytes) {
            return None;
        }
        Some(Standing { snapshot, bytes, fix: None, doubted: None })
    }

    /// The job as whose edit its doubted fix waits, if the user wanted to see it before.
    pub fn waits_as(&self) -> Option<JobId> {
        self.ground().waits_as.clone()
    }

    pub(super) fn waits_from_now_on_as(&self, job: JobId) {
        self.ground().waits_as = Some(job);
    }

    /// Whether its lines meet these bytes of the text of today; whether it [stands](Self::standing) there takes longer to
    /// tell.
    pub fn meets(&self, bytes: &Range<usize>) -> bool {
        let own = self.ground().anchor.bytes();
        own.is_some_and(|own| own.start <= bytes.end && bytes.start <= own.end)
    }

    /// The line that it is about, without blanks.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Its lines without their indentation, in the text that was sent.
    pub fn sent_range(&self) -> DocumentRange {
        without_indentation(&self.snapshot, &self.sent)
    }

    /// The edit that settles it, as it was computed for the text that was sent.
    pub fn sent_fix(&self) -> Option<Replacement> {
        self.ground().fix.as_ref().map(|fix| fix.replacement.clone())
    }

    /// Whether the line at the start of `bytes` is still the one that it is about.
    fn is_about(&self, text: &Rope, bytes: &Range<usize>) -> bool {
        let now = first_line(text, bytes);
        if now.chars().count().max(self.about.chars().count()) > LONGEST_COMPARED {
            return now == self.about;
        }
        strsim::normalized_levenshtein(&now, &self.about) >= STILL_IT
    }

    /// Whether its fix changes some of these bytes of the text that was sent.
    pub(super) fn changes(&self, bytes: &Range<usize>) -> bool {
        let fix = self.ground().fix.clone();
        fix.is_some_and(|fix| fix.replacement.bytes.start < bytes.end && bytes.start < fix.replacement.bytes.end)
    }

    pub(super) fn goes_without_fix(&self) {
        self.ground().fix = None;
    }

    /// Its document is about to be closed: where its lines are is remembered.
    pub fn parks(&self) {
        let mut ground = self.ground();
        match ground.anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } if is_whole(&snapshot.text, &bytes) => {
                ground.parked = Some(bytes);
            }
            AnchorState::Live { .. } => ground.parked = None,
            AnchorState::OutOfSync | AnchorState::Closed => {}
        }
    }

    /// Its document was opened again with the text that it was closed with: it stands where it stood. Tells whether it does.
    pub fn reopens(&self, documents: &DocumentStore, today: &Snapshot) -> bool {
        let mut ground = self.ground();
        if !matches!(ground.anchor.state(), AnchorState::Closed) {
            return true;
        }
        let Some(bytes) = ground.parked.clone() else { return false };
        let Ok(anchor) = documents.anchor(today, bytes.clone()).map(Arc::new) else { return false };
        let again = |fix: Arc<Proposal>| {
            // The fix may take the line break with it.
            let (start, end) = (fix.replacement.bytes.start, fix.replacement.bytes.end);
            let old = (bytes.start + start).checked_sub(self.sent.start)?
                ..(bytes.start + end).checked_sub(self.sent.start)?;
            let moved = fix.replacement.moved_to(today.clone(), old);
            proposal(documents, moved, (&anchor, &bytes), fix.reason.clone(), fix.granularity)
        };
        ground.fix = ground.fix.take().and_then(again);
        ground.doubted = ground.doubted.take().and_then(again);
        ground.anchor = anchor;
        true
    }

    fn ground(&self) -> MutexGuard<'_, Ground> {
        // The ground is plain data that no panic leaves half-changed.
        self.ground.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The edit that waits to be chosen; its place is followed as the remark's own.
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

/// Whether these bytes are whole lines: what is typed at the end of a line is typed behind the bytes of the line.
fn is_whole(text: &Rope, bytes: &Range<usize>) -> bool {
    let first = text.byte_to_line(bytes.start);
    text.line_to_byte(first) == bytes.start && line_end(text, text.byte_to_line(bytes.end)) == bytes.end
}

/// The line at the start of `bytes`, without blanks.
fn first_line(text: &Rope, bytes: &Range<usize>) -> String {
    let line = text.byte_to_line(bytes.start.min(text.len_bytes()));
    text.get_line(line).map(|line| line.chars().filter(|c| !c.is_whitespace()).collect()).unwrap_or_default()
}
