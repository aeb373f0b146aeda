//! An edit is asked for, and is believed only where the text shows it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::job::run::ApplyEditReply;

/// How long an edit may take to show in the text: after it was asked for, and again after the client has answered.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may still take after the job was cancelled: most editors are not later than that.
const GRACE: Duration = Duration::from_millis(400);

/// Looks whether an edit is in the text.
pub(crate) trait Look {
    type Verdict: Send;

    /// Waits until it is worth another look; `false` where nothing can be seen any more. Dropping it loses nothing.
    fn next(&mut self) -> impl Future<Output = bool> + Send;

    /// What is to be seen by now; `None` where that is to be waited for. `answer` is what the client has said of the edit.
    fn look(&mut self, answer: Option<&ApplyEditReply>) -> impl Future<Output = Option<Self::Verdict>> + Send;
}

/// Why nothing was seen of an edit.
#[derive(Debug)]
pub(crate) enum Unverified {
    /// The client did not make it, and said so: [`ApplyEditReply::Refused`] or [`ApplyEditReply::Unsupported`].
    NotMade(ApplyEditReply),
    /// The text did not show it in time, or cannot be seen any more.
    NotShown,
    /// The job was cancelled, and the edit did not come to pass since.
    Cancelled,
}

/// Sends an edit by `apply`, and looks until there is a verdict. The looks go first: a change may arrive before the answer
/// to the request that caused it.
pub(crate) async fn verified<L: Look>(
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
        if let Some(verdict) = look.look(answer.as_ref()).await {
            return Ok(verdict);
        }
    }
}
