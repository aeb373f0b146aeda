//! Asking for an edit, and looking whether it was made.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::applied;
use super::expectation::{Expectation, same_text};
use super::{Replacement, Withheld};
use crate::documents::{Anchor, AnchorState, Snapshot};
use crate::i18n::message;
use crate::job::run::{Applied, Host};
use crate::job::{Job, Jobs};

/// How often an edit is sent because the client refused it for a text that had moved on.
const MAX_ATTEMPTS: u32 = 3;

/// How long the change may take to show in the text after the client was asked to make it.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the change may still take to show after the job was cancelled: most editors are not later than that.
const GRACE: Duration = Duration::from_millis(400);

/// How long after a refusal the typing that caused it may take to arrive.
const MOVED_ON_TIMEOUT: Duration = Duration::from_millis(500);

/// Applies a replacement to today's text, provided that nobody touched the range, and waits until the text shows it.
/// Cancelling keeps it from being sent; an edit that was sent is waited for a moment longer, because it may come to pass.
///
/// # Errors
/// Why it is not in the text.
pub(in crate::job) async fn apply(
    job: &Job,
    cancel: &CancellationToken,
    replacement: &Replacement,
    anchor: &Anchor,
    jobs: &Jobs,
    host: &impl Host,
) -> Result<(), Withheld> {
    // Two edits for the same version would make the second one stale, and some editors drop those without a word.
    let turn = cancel.run_until_cancelled(jobs.turn_to_edit(&replacement.snapshot.uri)).await;
    let _turn = turn.ok_or(Withheld::Cancelled)?;
    for _ in 0..MAX_ATTEMPTS {
        if cancel.is_cancelled() {
            return Err(Withheld::Cancelled);
        }
        let today = match anchor.state() {
            AnchorState::Live { snapshot, bytes, intact: true, .. } => replacement.moved_to(snapshot, bytes),
            AnchorState::Live { snapshot, bytes, .. }
                if same_text(&snapshot.slice(bytes.clone()), &replacement.text) =>
            {
                return Ok(());
            }
            AnchorState::Live { .. } => {
                return Err(message!("withheld-typed-in").into());
            }
            AnchorState::OutOfSync => {
                return Err(message!("withheld-out-of-sync").into());
            }
            AnchorState::Closed => {
                return Err(message!("withheld-closed").into());
            }
        };
        match send_and_verify(job, cancel, &today, anchor, host).await {
            Verdict::Shown => {
                job.keep_applied(applied::place(&today, anchor));
                return Ok(());
            }
            Verdict::NotShown => {
                return Err(message!("withheld-not-shown").into());
            }
            Verdict::Cancelled => return Err(Withheld::Cancelled),
            Verdict::Impossible => return Err(message!("withheld-no-edits").into()),
            Verdict::Refused(reason) if !moved_on(anchor, &today.snapshot).await => {
                return Err(Withheld::Because(match reason {
                    Some(reason) => message!("withheld-refused-because", reason = reason),
                    None => message!("withheld-refused"),
                }));
            }
            Verdict::Refused(_) => {}
        }
    }
    Err(message!("withheld-kept-changing").into())
}

enum Verdict {
    Shown,
    NotShown,
    Refused(Option<String>),
    Impossible,
    Cancelled,
}

async fn send_and_verify(
    job: &Job,
    cancel: &CancellationToken,
    today: &Replacement,
    anchor: &Anchor,
    host: &impl Host,
) -> Verdict {
    // The watch stands before the request goes out: the change may arrive before the response does.
    let Some(mut changes) = anchor.changes() else { return Verdict::NotShown };
    changes.mark_unchanged();
    let Some(expected) = Expectation::new(today, anchor) else { return Verdict::NotShown };
    let apply = host.apply(job, &today.snapshot, &today.changes);
    tokio::pin!(apply);
    let (mut answered, mut cancelled) = (false, false);
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
                    if !cancelled {
                        deadline = Instant::now() + VERIFY_TIMEOUT;
                    }
                }
                Applied::Refused(_) if cancelled => return Verdict::Cancelled,
                Applied::Refused(reason) => return Verdict::Refused(reason),
                Applied::Unsupported => return Verdict::Impossible,
            },
            () = cancel.cancelled(), if !cancelled => {
                cancelled = true;
                deadline = deadline.min(Instant::now() + GRACE);
            }
            () = sleep_until(deadline) => return if cancelled { Verdict::Cancelled } else { Verdict::NotShown },
        }
    }
}

/// Whether the text is a newer one than `sent`, or becomes so right now.
async fn moved_on(anchor: &Anchor, sent: &Snapshot) -> bool {
    let newer = || matches!(anchor.state(), AnchorState::Live { snapshot, .. } if snapshot.version != sent.version);
    let Some(mut changes) = anchor.changes() else { return false };
    newer() || timeout(MOVED_ON_TIMEOUT, changes.changed()).await.is_ok_and(|changed| changed.is_ok()) && newer()
}
