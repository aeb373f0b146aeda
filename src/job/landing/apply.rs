//! Asking for an edit, and looking whether it was made.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::expectation::{Expectation, is_nearer_to_the_new, made_blindly, refilled};
use super::verified::{Look, Unverified, verified};
use super::{NotApplied, Replacement};
use crate::documents::{Anchor, AnchorState, Snapshot};
use crate::i18n::{Message, message};
use crate::job::Job;
use crate::job::run::{ApplyEditReply, Host};

/// How often an edit is sent where the client refused or dropped it for a text that had moved on.
const MAX_ATTEMPTS: usize = 3;

/// How long after a refusal the typing that caused it may take to arrive.
const MOVED_ON_TIMEOUT: Duration = Duration::from_millis(500);

/// How long after the client said that it made the edit a newer text without it shows that it was dropped. Editors hold
/// their changes back for half a second at most.
const DROPPED_AFTER: Duration = Duration::from_secs(1);

/// Before another attempt whoever types is given the time to pause: how long a pause is, and how long it is waited for.
const PAUSES: [(Duration, Duration); 2] =
    [(Duration::from_millis(300), Duration::from_secs(2)), (Duration::from_millis(500), Duration::from_secs(8))];

/// Applies a replacement to today's text, provided that nobody touched the range, and waits until the text shows it.
/// Cancelling keeps it from being sent; an edit that was sent is waited for a moment longer, because it may come to
/// pass.
pub(in crate::job) async fn apply(
    job: &Job,
    cancel: &CancellationToken,
    replacement: &Replacement,
    anchor: &Anchor,
    host: &impl Host,
) -> Result<(), NotApplied> {
    // Two edits for the same version would make the second one stale, and some editors drop those without a word.
    let turn = cancel.run_until_cancelled(host.jobs().lock_for_edit(&replacement.snapshot.uri)).await;
    let _turn = turn.ok_or(NotApplied::Cancelled)?;
    let mut found: Option<Anchor> = None;
    let mut sent: Vec<(Replacement, Expectation)> = Vec::new();
    for attempt in 0..MAX_ATTEMPTS {
        if cancel.is_cancelled() {
            return Err(NotApplied::Cancelled);
        }
        let place = found.as_ref().unwrap_or(anchor);
        // What was sent before may have come late: it is never put in once more.
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
            Ok(Verdict::Shown) => {
                let made = sent.iter().find(|(_, expected)| expected.is_met()).or(sent.last());
                job.keep_applied(made.and_then(|(made, _)| new_place(made, place)));
                return Ok(());
            }
            Ok(Verdict::Elsewhere) => return Err(message!("withheld-made-elsewhere").into()),
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
                // A refusal is quick, so the first one is answered at once; where a key was ahead again, a pause helps.
                PAUSES.first().filter(|_| attempt > 0)
            }
            Err(Unverified::NotMade(_)) => return Err(message!("withheld-no-edits").into()),
            Ok(Verdict::Dropped) => PAUSES.get(attempt),
        };
        if let Some((pause, at_most)) = pause {
            let _ = cancel.run_until_cancelled(paused(place, *pause, *at_most)).await;
        }
    }
    Err(message!("withheld-kept-changing").into())
}

/// [`apply`] for a job that has ended: cancelling it means nothing any more. The error is a sentence.
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

/// The place of the new text, to be followed from now on. `anchor` is the one of the range that was replaced: what the
/// edit inserted at its boundaries is outside of it.
fn new_place(replacement: &Replacement, anchor: &Anchor) -> Option<Anchor> {
    let AnchorState::Live { snapshot, bytes, .. } = anchor.state() else { return None };
    let text = &replacement.text;
    let around = bytes.start.saturating_sub(text.len())..bytes.end.saturating_add(text.len());
    let around = around.start..around.end.min(snapshot.text.len_bytes());
    let window = snapshot.slice(around.clone());
    // Where the start of the window was inside of a character, the slice begins behind it.
    let start = around.end - window.len();
    let found = window.find(text.as_str()).filter(|_| !text.is_empty()).map(|at| start + at..start + at + text.len());
    // An editor that changed the line endings shows another text.
    anchor.anchor_at(&snapshot, found.unwrap_or(bytes)).ok()
}

enum Verdict {
    Shown,
    /// The client made it at the lines where it would have been in the older text.
    Elsewhere,
    /// The client dropped it, because the text had moved on; it may be sent again.
    Dropped,
}

struct Looking<'a> {
    sent: &'a [(Replacement, Expectation)],
    today: &'a Replacement,
    expected: &'a Expectation,
    anchor: &'a Anchor,
    changes: watch::Receiver<u64>,
    seen: Snapshot,
    drops_stale_edits: bool,
    /// From then on a newer text that shows nothing of an edit which the client says it made tells that it was dropped.
    is_dropped_from: Option<Instant>,
    cancel: &'a CancellationToken,
}

impl Looking<'_> {
    fn is_dropped(&self) -> bool {
        self.is_dropped_from.is_some_and(|from| Instant::now() >= from)
            && self.seen.version != self.today.snapshot.version
            && self.expected.is_untouched()
            && !self.expected.may_be_somewhere()
    }

    /// Whether the edit was made in the wrong lines of one of the texts since the last look.
    fn is_elsewhere(&mut self) -> bool {
        let texts = self.anchor.documents().texts_since(&self.seen).unwrap_or_default();
        // What was made at once was made in the text that the edit is for.
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

impl Look for Looking<'_> {
    type Verdict = Verdict;

    async fn next(&mut self) -> bool {
        match self.is_dropped_from.filter(|from| *from > Instant::now()) {
            Some(from) => !matches!(timeout_at(from, self.changes.changed()).await, Ok(Err(_))),
            None => self.changes.changed().await.is_ok(),
        }
    }

    async fn look(&mut self, answer: Option<&ApplyEditReply>) -> Option<Verdict> {
        if answer == Some(&ApplyEditReply::Claimed) && self.drops_stale_edits && self.is_dropped_from.is_none() {
            self.is_dropped_from = Some(Instant::now() + DROPPED_AFTER);
        }
        if self.sent.iter().any(|(_, expected)| expected.is_met()) {
            Some(Verdict::Shown)
        } else if self.is_elsewhere() {
            Some(Verdict::Elsewhere)
        } else {
            (!self.cancel.is_cancelled() && self.is_dropped()).then_some(Verdict::Dropped)
        }
    }
}

/// Sends the last of the edits, and waits until the text shows it, or one that was sent before.
async fn send_and_verify(
    job: &Job,
    cancel: &CancellationToken,
    sent: &[(Replacement, Expectation)],
    anchor: &Anchor,
    host: &impl Host,
) -> Result<Verdict, Unverified> {
    let Some((today, expected)) = sent.last() else { return Err(Unverified::NotShown) };
    // The watch stands before the request goes out: the change may arrive before the response does.
    let Some(mut changes) = anchor.changes() else { return Err(Unverified::NotShown) };
    changes.mark_unchanged();
    let (drops_stale_edits, seen) = (host.capabilities().drops_stale_edits, today.snapshot.clone());
    let mut looking =
        Looking { sent, today, expected, anchor, changes, seen, drops_stale_edits, is_dropped_from: None, cancel };
    verified(host.apply(job, &today.snapshot, &today.changes), &mut looking, cancel).await
}

/// What to say of an edit that the text does not show: where its range is another one by now, the editor made it in words of
/// its own, or the user typed in it.
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

/// Whether the text is a newer one than `sent`, or becomes so right now.
async fn moved_on(anchor: &Anchor, sent: &Snapshot) -> bool {
    let newer = || matches!(anchor.state(), AnchorState::Live { snapshot, .. } if snapshot.version != sent.version);
    let Some(mut changes) = anchor.changes() else { return false };
    newer() || timeout(MOVED_ON_TIMEOUT, changes.changed()).await.is_ok_and(|changed| changed.is_ok()) && newer()
}

/// Waits until nobody types for so long, or for `at_most`.
async fn paused(anchor: &Anchor, pause: Duration, at_most: Duration) {
    let Some(mut changes) = anchor.changes() else { return };
    let typing = async { while timeout(pause, changes.changed()).await.is_ok_and(|changed| changed.is_ok()) {} };
    let _ = timeout(at_most, typing).await;
}
