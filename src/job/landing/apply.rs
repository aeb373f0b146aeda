//! Sends an edit to the client, and verifies that the text shows it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::expectation::{Expectation, is_nearer_to_the_new, made_blindly, refilled};
use super::verified::{EditObserver, Unverified, verified};
use super::{NotApplied, Replacement};
use crate::documents::{Anchor, AnchorState, Snapshot};
use crate::i18n::{Message, message};
use crate::job::Job;
use crate::job::run::{ApplyEditReply, Host};

/// How often an edit is sent if the client refused or dropped it because the text had changed.
const MAX_ATTEMPTS: usize = 3;

/// How long the server waits after a refusal for the change that caused it.
const MOVED_ON_TIMEOUT: Duration = Duration::from_millis(500);

/// After this time, a newer text without the edit shows that the client dropped it, although it said that it made the
/// edit. Editors delay their changes by at most half a second.
const DROPPED_AFTER: Duration = Duration::from_secs(1);

/// Before another attempt, the server waits for a pause in the typing: the length of the pause, and the longest wait.
const PAUSES: [(Duration, Duration); 2] =
    [(Duration::from_millis(300), Duration::from_secs(2)), (Duration::from_millis(500), Duration::from_secs(8))];

/// Applies a replacement to the current text if the user did not touch the range. Waits until the text shows it.
/// Cancelling prevents the edit from being sent. After sending, the server waits a moment longer, because the client
/// may still make it.
pub(in crate::job) async fn apply(
    job: &Job,
    cancel: &CancellationToken,
    replacement: &Replacement,
    anchor: &Anchor,
    host: &impl Host,
) -> Result<(), NotApplied> {
    // Two edits for the same version would make the second one stale. Some editors drop stale edits silently.
    let turn = cancel.run_until_cancelled(host.jobs().lock_for_edit(&replacement.snapshot.uri)).await;
    let _turn = turn.ok_or(NotApplied::Cancelled)?;
    let mut found: Option<Anchor> = None;
    let mut sent: Vec<(Replacement, Expectation)> = Vec::new();
    for attempt in 0..MAX_ATTEMPTS {
        if cancel.is_cancelled() {
            return Err(NotApplied::Cancelled);
        }
        let place = found.as_ref().unwrap_or(anchor);
        // An earlier attempt may arrive late. The edit is never made twice.
        if let Some((made, _)) = sent.iter().find(|(_, expected)| expected.is_met()) {
            job.keep_applied(new_place(made, place));
            return Ok(());
        }
        let today = match place.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } => replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, .. } if replacement.is_shown_by(&snapshot.slice(bytes.clone())) => {
                return Ok(());
            }
            AnchorState::Live { snapshot, bytes, bounded, .. } if attempt == 0 && (!bounded || bytes.is_empty()) => {
                let Some(bytes) = refilled(replacement, &snapshot) else {
                    return Err(message!("withheld-typed-in").into());
                };
                found = place.anchor_at(&snapshot, bytes.clone()).ok();
                replacement.moved_to(snapshot, bytes)
            }
            AnchorState::Live { .. } => return Err(message!("withheld-typed-in").into()),
            AnchorState::OutOfSync => return Err(message!("withheld-out-of-sync").into()),
            AnchorState::Closed => return Err(message!("withheld-closed").into()),
        };
        let place = found.as_ref().unwrap_or(anchor);
        let Some(expected) = Expectation::new(&today, place) else {
            return Err(message!("withheld-not-shown").into());
        };
        sent.push((today, expected));
        let pause = match send_and_verify(job, cancel, &sent, place, host).await {
            Ok(RangeOutcome::Shown) => {
                let made = sent.iter().find(|(_, expected)| expected.is_met()).or(sent.last());
                job.keep_applied(made.and_then(|(made, _)| new_place(made, place)));
                return Ok(());
            }
            Ok(RangeOutcome::Elsewhere) => return Err(message!("withheld-made-elsewhere").into()),
            Err(Unverified::NotShown) => return Err(not_shown(replacement, place).into()),
            Err(Unverified::Cancelled) => return Err(NotApplied::Cancelled),
            Err(Unverified::NotMade(ApplyEditReply::Refused(reason))) => {
                let has_moved_on = match sent.last() {
                    Some((sent, _)) => moved_on(place, &sent.snapshot).await,
                    None => false,
                };
                if !has_moved_on {
                    return Err(NotApplied::Because(match reason {
                        Some(reason) => message!("withheld-refused-because", reason = reason),
                        None => message!("withheld-refused"),
                    }));
                }
                // A refusal arrives fast, so the first retry is immediate. If typing came first again, a pause helps.
                PAUSES.first().filter(|_| attempt > 0)
            }
            Err(Unverified::NotMade(_)) => return Err(message!("withheld-no-edits").into()),
            Ok(RangeOutcome::Dropped) => PAUSES.get(attempt),
        };
        if let Some((pause, at_most)) = pause {
            let _ = cancel.run_until_cancelled(paused(place, *pause, *at_most)).await;
        }
    }
    Err(message!("withheld-kept-changing").into())
}

/// [`apply`] for a job that has ended; it cannot be cancelled any more. The error is a sentence.
pub(in crate::job) async fn apply_after_the_end(
    job: &Job,
    replacement: &Replacement,
    anchor: &Anchor,
    host: &impl Host,
) -> Result<(), Message> {
    let applied = apply(job, &CancellationToken::new(), replacement, anchor, host).await;
    applied.map_err(|not_applied| match not_applied {
        NotApplied::Because(reason) => reason,
        NotApplied::Cancelled => message!("job-cancelled"),
    })
}

/// The place of the new text, followed from now on. `anchor` belongs to the replaced range: text that the edit inserted
/// at its boundaries is outside of it.
fn new_place(replacement: &Replacement, anchor: &Anchor) -> Option<Anchor> {
    let AnchorState::Live { snapshot, bytes, .. } = anchor.state() else { return None };
    let text = &replacement.text;
    let around = bytes.start.saturating_sub(text.len())..bytes.end.saturating_add(text.len());
    let around = around.start..around.end.min(snapshot.text.len_bytes());
    let window = snapshot.slice(around.clone());
    // If the window starts inside a character, the slice begins after that character.
    let start = around.end - window.len();
    let found = window.find(text.as_str()).filter(|_| !text.is_empty()).map(|at| start + at..start + at + text.len());
    // If the editor changed the line endings, the text differs.
    anchor.anchor_at(&snapshot, found.unwrap_or(bytes)).ok()
}

enum RangeOutcome {
    Shown,
    /// The client made the edit at the lines of the older text.
    Elsewhere,
    /// The client dropped it because the text had changed. It may be sent again.
    Dropped,
}

struct RangeObserver<'a> {
    sent: &'a [(Replacement, Expectation)],
    today: &'a Replacement,
    expected: &'a Expectation,
    anchor: &'a Anchor,
    changes: watch::Receiver<u64>,
    seen: Snapshot,
    drops_stale_edits: bool,
    /// From this time on, a newer text without an edit that the client claims to have made shows that it was dropped.
    is_dropped_from: Option<Instant>,
    cancel: &'a CancellationToken,
}

impl RangeObserver<'_> {
    fn is_dropped(&self) -> bool {
        self.is_dropped_from.is_some_and(|from| Instant::now() >= from)
            && self.seen.version != self.today.snapshot.version
            && self.expected.is_untouched()
            && !self.expected.may_be_somewhere()
    }

    /// Whether the client made the edit in wrong lines of a text since the last look.
    fn is_elsewhere(&mut self) -> bool {
        let texts = self.anchor.documents().texts_since(&self.seen).unwrap_or_default();
        // An edit of the unchanged version was made in the right text.
        let is_newer = |text: &Snapshot| text.version != self.today.snapshot.version;
        let mut steps = texts.iter().zip(texts.iter().skip(1)).filter(|(before, _)| is_newer(before));
        let made =
            steps.any(|(before, after)| before.text != after.text && after.text == made_blindly(self.today, before));
        if let Some(latest) = texts.into_iter().next_back() {
            self.seen = latest;
        }
        made
    }
}

impl EditObserver for RangeObserver<'_> {
    type Verdict = RangeOutcome;

    async fn next(&mut self) -> bool {
        match self.is_dropped_from.filter(|from| *from > Instant::now()) {
            Some(from) => !matches!(timeout_at(from, self.changes.changed()).await, Ok(Err(_))),
            None => self.changes.changed().await.is_ok(),
        }
    }

    async fn observe(&mut self, answer: Option<&ApplyEditReply>) -> Option<RangeOutcome> {
        if answer == Some(&ApplyEditReply::Claimed) && self.drops_stale_edits && self.is_dropped_from.is_none() {
            self.is_dropped_from = Some(Instant::now() + DROPPED_AFTER);
        }
        if self.sent.iter().any(|(_, expected)| expected.is_met()) {
            Some(RangeOutcome::Shown)
        } else if self.is_elsewhere() {
            Some(RangeOutcome::Elsewhere)
        } else {
            (!self.cancel.is_cancelled() && self.is_dropped()).then_some(RangeOutcome::Dropped)
        }
    }
}

/// Sends the last edit, and waits until the text shows it or an earlier one.
async fn send_and_verify(
    job: &Job,
    cancel: &CancellationToken,
    sent: &[(Replacement, Expectation)],
    anchor: &Anchor,
    host: &impl Host,
) -> Result<RangeOutcome, Unverified> {
    let Some((today, expected)) = sent.last() else { return Err(Unverified::NotShown) };
    // The watch starts before the request is sent, because the change may arrive before the response.
    let Some(mut changes) = anchor.changes() else { return Err(Unverified::NotShown) };
    changes.mark_unchanged();
    let (drops_stale_edits, seen) = (host.capabilities().drops_stale_edits, today.snapshot.clone());
    let mut observer = RangeObserver {
        sent,
        today,
        expected,
        anchor,
        changes,
        seen,
        drops_stale_edits,
        is_dropped_from: None,
        cancel,
    };
    verified(host.apply(job, &today.snapshot, &today.changes), &mut observer, cancel).await
}

/// The message for an edit that the text does not show: if its range differs, the editor changed the text of the edit,
/// or the user typed there.
fn not_shown(replacement: &Replacement, anchor: &Anchor) -> Message {
    let AnchorState::Live { snapshot, bytes, intact: false, .. } = anchor.state() else {
        return message!("withheld-not-shown");
    };
    if is_nearer_to_the_new(&snapshot.slice(bytes), replacement) {
        message!("withheld-made-differently")
    } else {
        message!("withheld-typed-in")
    }
}

/// Whether the text is newer than `sent`, or becomes newer within [`MOVED_ON_TIMEOUT`].
async fn moved_on(anchor: &Anchor, sent: &Snapshot) -> bool {
    let newer = || matches!(anchor.state(), AnchorState::Live { snapshot, .. } if snapshot.version != sent.version);
    let Some(mut changes) = anchor.changes() else { return false };
    newer() || timeout(MOVED_ON_TIMEOUT, changes.changed()).await.is_ok_and(|changed| changed.is_ok()) && newer()
}

/// Waits until the user stops typing for `pause`, at most `at_most`.
async fn paused(anchor: &Anchor, pause: Duration, at_most: Duration) {
    let Some(mut changes) = anchor.changes() else { return };
    let typing = async { while timeout(pause, changes.changed()).await.is_ok_and(|changed| changed.is_ok()) {} };
    let _ = timeout(at_most, typing).await;
}
