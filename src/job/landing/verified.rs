//! Sends an edit, and counts it as made only if the text shows it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::job::run::ApplyEditReply;

/// How long the text may take to show an edit: after it was sent, and again after the client answered.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server waits after the job was cancelled. Most editors are faster.
const GRACE: Duration = Duration::from_millis(400);

/// Checks whether an edit is in the text.
pub(crate) trait EditObserver {
    type Verdict: Send;

    /// Waits until another look is useful; `false` if nothing can be seen any more. It is cancel safe.
    fn next(&mut self) -> impl Future<Output = bool> + Send;

    /// The current verdict; `None` means wait. `answer` is the client's answer to the edit.
    fn observe(&mut self, answer: Option<&ApplyEditReply>) -> impl Future<Output = Option<Self::Verdict>> + Send;
}

/// Why the edit was not seen.
#[derive(Debug)]
pub(crate) enum Unverified {
    /// The client refused it: [`ApplyEditReply::Refused`] or [`ApplyEditReply::Unsupported`].
    NotMade(ApplyEditReply),
    /// The text did not show it in time, or can no longer be observed.
    NotShown,
    /// The job was cancelled, and the edit did not appear after that.
    Cancelled,
}

/// Sends an edit with `apply`, and looks until there is a verdict. It looks first, because a change may arrive before
/// the answer to the request that caused it.
pub(crate) async fn verified<L: EditObserver>(
    apply: impl Future<Output = ApplyEditReply>,
    look: &mut L,
    cancel: &CancellationToken,
) -> Result<L::Verdict, Unverified> {
    tokio::pin!(apply);
    let (mut answer, mut is_cancelled) = (None, false);
    let mut deadline = Instant::now() + TIMEOUT;
    loop {
        tokio::select! {
            biased;
            is_visible = look.next() => {
                if !is_visible {
                    return Err(Unverified::NotShown);
                }
            }
            said = &mut apply, if answer.is_none() => match said {
                ApplyEditReply::Claimed | ApplyEditReply::Unanswered => {
                    answer = Some(said);
                    if !is_cancelled {
                        deadline = Instant::now() + TIMEOUT;
                    }
                }
                ApplyEditReply::Refused(_) if is_cancelled => return Err(Unverified::Cancelled),
                said @ (ApplyEditReply::Refused(_) | ApplyEditReply::Unsupported) => return Err(Unverified::NotMade(said)),
            },
            () = cancel.cancelled(), if !is_cancelled => {
                is_cancelled = true;
                deadline = deadline.min(Instant::now() + GRACE);
            }
            () = sleep_until(deadline) => {
                return Err(if is_cancelled { Unverified::Cancelled } else { Unverified::NotShown });
            }
        }
        if let Some(verdict) = look.observe(answer.as_ref()).await {
            return Ok(verdict);
        }
    }
}
