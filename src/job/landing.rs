//! Where an edit meets the text: against today's text only, once, and believed only when the text shows it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ropey::Rope;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::run::{Applied, Host, Order};
use super::{Job, Jobs};
use crate::documents::{Anchor, AnchorState, DocumentStore, Snapshot};
use crate::edit::{self, Granularity, Plan, TextChange};
use crate::syntax::{self, NewError, Syntax};

/// How often an edit is sent because the client refused it for a text that had moved on.
const MAX_ATTEMPTS: u32 = 3;

/// How long the change may take to show in the text after the client was asked to make it.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after a refusal the typing that caused it may take to arrive.
const MOVED_ON_TIMEOUT: Duration = Duration::from_millis(500);

/// What a range is to become, and the changes that make it so.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The text that everything here was computed for.
    pub snapshot: Snapshot,
    /// The range, in bytes of the snapshot.
    pub bytes: Range<usize>,
    /// The new text of the range.
    pub text: String,
    /// The smallest changes that turn the old text into the new, in bytes of the snapshot.
    pub changes: Vec<TextChange>,
}

/// An edit that waits for the user's decision.
#[derive(Debug)]
pub struct Proposal {
    /// The edit, as computed for the text that was sent to the agent.
    pub replacement: Replacement,
    /// The range in today's text.
    pub anchor: Arc<Anchor>,
    /// Why it was not applied: a sentence.
    pub reason: String,
}

impl Proposal {
    /// The edit for today's text where the document is open, else for the text that was sent. Where somebody typed inside
    /// the range, it replaces what they typed.
    pub fn rebased(&self) -> Replacement {
        match self.anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true } => self.replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, intact: false } => {
                let text = self.replacement.text.clone();
                let changes =
                    edit::smallest_changes(&snapshot.slice(bytes.clone()), &text, bytes.start, Granularity::Line);
                Replacement { snapshot, bytes, text, changes }
            }
            AnchorState::OutOfSync | AnchorState::Closed => self.replacement.clone(),
        }
    }

    /// The same edit for a document that was closed meanwhile and is open again, where the text that it replaces still
    /// stands there: at its old place, else at the only other one. `None` in every other case.
    pub fn reopened(&self, documents: &DocumentStore) -> Option<Self> {
        if !matches!(self.anchor.state(), AnchorState::Closed) {
            return None;
        }
        let Replacement { snapshot, bytes, .. } = &self.replacement;
        let today = documents.snapshot(self.anchor.uri().as_str()).ok()?;
        let (text, replaced) = (today.text.to_string(), snapshot.slice(bytes.clone()));
        let mut places = text.match_indices(&replaced).map(|(at, _)| at);
        let first = places.next()?;
        let start = match places.next() {
            None => first,
            Some(_) => text.get(bytes.clone()).filter(|there| *there == replaced).map(|_| bytes.start)?,
        };
        let bytes = start..start + replaced.len();
        let anchor = documents.anchor(&today, bytes.clone()).ok()?;
        let replacement = self.replacement.moved_to(today, bytes);
        Some(Self { replacement, anchor: Arc::new(anchor), reason: self.reason.clone() })
    }
}

impl Replacement {
    /// The same replacement where the range stands at `bytes` of `snapshot`, its text unchanged.
    fn moved_to(&self, snapshot: Snapshot, bytes: Range<usize>) -> Self {
        let moved = |at: usize| at - self.bytes.start + bytes.start;
        let moved = |change: &TextChange| TextChange {
            range: moved(change.range.start)..moved(change.range.end),
            text: change.text.clone(),
        };
        let changes = self.changes.iter().map(moved).collect();
        Self { snapshot, bytes, text: self.text.clone(), changes }
    }
}

/// Where an edit ended.
#[derive(Debug)]
pub(super) enum Landing {
    Applied,
    Unchanged,
    NoCode {
        reason: String,
    },
    Proposed(Proposal),
    /// Cancelled before the edit was sent.
    Cancelled,
}

/// Why an edit is not in the text, as far as the text shows.
pub(super) enum Withheld {
    /// A sentence.
    Because(String),
    /// It was cancelled before it was sent.
    Cancelled,
}

impl From<String> for Withheld {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

/// Turns a reply into an edit and lands it, or proposes it where that is not safe or not wanted.
pub(super) async fn land(job: &Job, order: &Order, reply: &str, jobs: &Jobs, host: &impl Host) -> Landing {
    let Order { snapshot, bytes, .. } = order;
    let replacement = match edit::plan(&snapshot.text, bytes.clone(), &snapshot.language_id, reply, Granularity::Line) {
        Plan::Unchanged => return Landing::Unchanged,
        Plan::NoCode { reason } => return Landing::NoCode { reason: reason.to_string() },
        Plan::Replace { text, changes } => {
            Replacement { snapshot: snapshot.clone(), bytes: bytes.clone(), text, changes }
        }
    };
    let applied = if order.review {
        Err(Withheld::Because("It waits for your review.".to_owned()))
    } else if let Some(error) = new_syntax_error(&replacement, order.syntax).await {
        let line = error.line + 1;
        Err(Withheld::Because(format!("It would bring a syntax error into line {line}: {}.", error.description)))
    } else {
        apply(job, &job.cancel, &replacement, &order.anchor, jobs, host).await
    };
    match applied {
        Ok(()) => Landing::Applied,
        Err(Withheld::Cancelled) => Landing::Cancelled,
        Err(Withheld::Because(reason)) => {
            Landing::Proposed(Proposal { replacement, anchor: Arc::clone(&order.anchor), reason })
        }
    }
}

/// The first syntax error that a replacement would add to those that the text had. Parsing both texts takes a while, so
/// it gets a thread of its own.
async fn new_syntax_error(replacement: &Replacement, syntax: Option<Syntax>) -> Option<NewError> {
    let syntax = syntax?;
    let (before, bytes) = (replacement.snapshot.text.clone(), replacement.bytes.clone());
    let after = changed(&before, &replacement.changes);
    tokio::task::spawn_blocking(move || syntax::adds_errors(&before, &after, syntax, bytes)).await.ok().flatten()
}

/// Applies a replacement to today's text, provided that nobody touched the range, and waits until the text shows it.
/// Cancelling keeps it from being sent; an edit that was sent is waited for, because it may come to pass.
///
/// # Errors
/// Why it is not in the text.
pub(super) async fn apply(
    job: &Job,
    cancel: &CancellationToken,
    replacement: &Replacement,
    anchor: &Anchor,
    jobs: &Jobs,
    host: &impl Host,
) -> Result<(), Withheld> {
    // Two edits for the same version would make the second one stale, and some editors drop those without a word.
    let turn = cancel.run_until_cancelled(jobs.turn_to_edit(&job.document)).await;
    let _turn = turn.ok_or(Withheld::Cancelled)?;
    for _ in 0..MAX_ATTEMPTS {
        if cancel.is_cancelled() {
            return Err(Withheld::Cancelled);
        }
        let today = match anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true } => replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, .. }
                if same_text(&snapshot.slice(bytes.clone()), &replacement.text) =>
            {
                return Ok(());
            }
            AnchorState::Live { .. } => {
                return Err("The text was changed inside the range meanwhile.".to_owned().into());
            }
            AnchorState::OutOfSync => {
                return Err("The editor and the server disagree about the text.".to_owned().into());
            }
            AnchorState::Closed => {
                return Err("The document was closed meanwhile, or opened again with another text.".to_owned().into());
            }
        };
        match send_and_verify(job, &today, anchor, host).await {
            Verdict::Shown => return Ok(()),
            Verdict::NotShown => {
                return Err("The editor was asked to apply it, but the text did not change.".to_owned().into());
            }
            Verdict::Impossible => return Err("The editor takes no edits from a language server.".to_owned().into()),
            Verdict::Refused(reason) if !moved_on(anchor, &today.snapshot).await => {
                let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                return Err(format!("The editor refused the edit{because}.").into());
            }
            Verdict::Refused(_) => {}
        }
    }
    Err("The editor refused the edit because the text kept changing.".to_owned().into())
}

enum Verdict {
    Shown,
    NotShown,
    Refused(Option<String>),
    Impossible,
}

async fn send_and_verify(job: &Job, today: &Replacement, anchor: &Anchor, host: &impl Host) -> Verdict {
    // The watch stands before the request goes out: the change may arrive before the response does.
    let Some(mut changes) = anchor.changes() else { return Verdict::NotShown };
    changes.mark_unchanged();
    let Some(expected) = Expectation::new(today, anchor) else { return Verdict::NotShown };
    let apply = host.apply(job, &today.snapshot, &today.changes);
    tokio::pin!(apply);
    let mut answered = false;
    let mut deadline = Instant::now() + VERIFY_TIMEOUT;
    loop {
        tokio::select! {
            biased;
            changed = changes.changed() => {
                if changed.is_err() {
                    return Verdict::NotShown;
                }
                if expected.is_met() {
                    return Verdict::Shown;
                }
            }
            answer = &mut apply, if !answered => match answer {
                Applied::Claimed | Applied::Unanswered => {
                    answered = true;
                    deadline = Instant::now() + VERIFY_TIMEOUT;
                }
                Applied::Refused(reason) => return Verdict::Refused(reason),
                Applied::Unsupported => return Verdict::Impossible,
            },
            () = sleep_until(deadline) => return Verdict::NotShown,
        }
    }
}

/// Whether the text is a newer one than `sent`, or becomes so right now.
async fn moved_on(anchor: &Anchor, sent: &Snapshot) -> bool {
    let newer = || matches!(anchor.state(), AnchorState::Live { snapshot, .. } if snapshot.version != sent.version);
    let Some(mut changes) = anchor.changes() else { return false };
    newer() || timeout(MOVED_ON_TIMEOUT, changes.changed()).await.is_ok_and(|changed| changed.is_ok()) && newer()
}

/// What the text is to show once the edit is in it.
struct Expectation {
    /// The whole document, if nobody types meanwhile.
    document: Rope,
    /// The range with one character more on each side, so that an insertion at its boundary counts as inside.
    region: Anchor,
    starts_document: bool,
    ends_document: bool,
    /// What the region is to hold, with line endings as LF.
    text: String,
}

impl Expectation {
    fn new(today: &Replacement, anchor: &Anchor) -> Option<Self> {
        let Replacement { snapshot, bytes, text, changes } = today;
        let rope = &snapshot.text;
        let before = (bytes.start > 0).then(|| rope.char_to_byte(rope.byte_to_char(bytes.start) - 1));
        let after = (bytes.end < rope.len_bytes()).then(|| rope.char_to_byte(rope.byte_to_char(bytes.end) + 1));
        let region = before.unwrap_or(0)..after.unwrap_or(rope.len_bytes());
        let head = snapshot.slice(region.start..bytes.start);
        let tail = snapshot.slice(bytes.end..region.end);
        Some(Self {
            document: changed(rope, changes),
            text: with_lf(&format!("{head}{text}{tail}")),
            region: anchor.beside(snapshot, region).ok()?,
            starts_document: before.is_none(),
            ends_document: after.is_none(),
        })
    }

    fn is_met(&self) -> bool {
        let AnchorState::Live { snapshot, mut bytes, .. } = self.region.state() else { return false };
        if snapshot.text == self.document {
            return true;
        }
        if self.starts_document {
            bytes.start = 0;
        }
        if self.ends_document {
            bytes.end = snapshot.text.len_bytes();
        }
        with_lf(&snapshot.slice(bytes)) == self.text
    }
}

/// The text with the changes made. They are sorted and do not overlap, so the last one is made first.
fn changed(text: &Rope, changes: &[TextChange]) -> Rope {
    let mut text = text.clone();
    for change in changes.iter().rev() {
        let (start, end) = (text.byte_to_char(change.range.start), text.byte_to_char(change.range.end));
        text.remove(start..end);
        text.insert(start, &change.text);
    }
    text
}

fn same_text(left: &str, right: &str) -> bool {
    with_lf(left) == with_lf(right)
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
