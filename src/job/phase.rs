//! The phases of a job, and their words for users.

use std::time::Duration;

use crate::i18n::{Message, message};

/// The phase of a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum JobPhase {
    /// The prompt is being built, and checked for secrets.
    #[default]
    Preparing,
    AwaitingConsent,
    /// It waits for other jobs: earlier ones in the queue, or one that edits the same lines.
    Queued(Queued),
    SigningIn,
    /// It waits for the list of agents, to look up the agent's name.
    LookingUp,
    Connecting,
    /// A file is being uploaded. So many of its bytes were sent.
    Uploading {
        name: String,
        sent: u64,
        size: u64,
    },
    RateLimited {
        wait: Duration,
    },
    /// An attempt failed before any text came. The reason is a clause. `attempt` is the next one, counted from one.
    Retrying {
        attempt: u32,
        wait: Duration,
        reason: Message,
    },
    /// The request was sent; the agent has not answered yet.
    Waiting,
    Streaming,
    /// The edit was sent to the client.
    Applying,
}

/// What a job waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Queued {
    /// Its place in the queue: so many jobs come first.
    Position { ahead: usize },
    /// An earlier job that edits the same lines.
    AfterJob { title: Message, lines: Message },
}

impl JobPhase {
    /// One word, for `stackspot-lsp.status`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::AwaitingConsent => "asking",
            Self::Queued(_) => "queued",
            // The status reports them as one state.
            Self::SigningIn | Self::LookingUp | Self::Connecting => "connecting",
            Self::Uploading { .. } => "uploading",
            Self::RateLimited { .. } => "rateLimited",
            Self::Retrying { .. } => "retrying",
            Self::Waiting => "waiting",
            Self::Streaming => "streaming",
            Self::Applying => "applying",
        }
    }

    /// The phase for users, `elapsed` after its beginning. Of a wait it names the whole seconds left.
    pub(crate) fn message(&self, elapsed: Duration) -> Message {
        match self {
            Self::Preparing => message!("progress-preparing"),
            Self::AwaitingConsent => message!("progress-asking"),
            Self::Queued(Queued::Position { ahead }) => message!("progress-queued", ahead = *ahead),
            Self::Queued(Queued::AfterJob { title, lines }) => {
                message!("progress-behind", title = title, lines = lines)
            }
            Self::SigningIn => message!("progress-signing-in"),
            Self::LookingUp => message!("progress-looking-up"),
            Self::Connecting => message!("progress-connecting"),
            Self::Uploading { name, sent, size } => uploading(name, *sent, *size),
            Self::RateLimited { wait } => message!("progress-rate-limited", seconds = seconds_left(*wait, elapsed)),
            Self::Retrying { attempt, wait, reason } => {
                let seconds = seconds_left(*wait, elapsed);
                message!("progress-retrying", seconds = seconds, attempt = *attempt, reason = reason)
            }
            // A stream begins a moment before its first words.
            Self::Waiting | Self::Streaming => message!("progress-waiting"),
            Self::Applying => message!("progress-applying"),
        }
    }
}

/// Never zero, because the wait is not over yet.
fn seconds_left(wait: Duration, elapsed: Duration) -> u64 {
    let left = wait.saturating_sub(elapsed);
    (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1)
}

/// How much of a file was uploaded, in the unit for its size.
fn uploading(name: &str, sent: u64, size: u64) -> Message {
    let (unit, bytes) = match size {
        1_000_000.. => ("MB", 1_000_000),
        1_000.. => ("kB", 1_000),
        _ => ("B", 1),
    };
    let (sent, size) = (sent / bytes, size / bytes);
    message!("progress-uploading", name = name.to_owned(), sent = sent, size = size, unit = unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn an_upload_is_told_in_the_unit_of_its_size() {
        let text = |sent, size| uploading("report.pdf", sent, size).text(Language::En);
        assert_eq!(text(3_900_000, 12_345_678), "uploading report.pdf, 3 of 12 MB");
        assert_eq!(text(999, 12_345), "uploading report.pdf, 0 of 12 kB");
        assert_eq!(text(7, 999), "uploading report.pdf, 7 of 999 B");
        assert_eq!(uploading("a.md", 1, 2).text(Language::PtBr), "enviando a.md, 1 de 2 B");
    }

    #[test]
    fn seconds_of_a_wait_are_rounded_up_and_never_zero() {
        for (wait, elapsed, left) in
            [(0, 0, 1), (200, 0, 1), (2_000, 0, 2), (2_000, 1, 2), (2_000, 1_000, 1), (1, 9, 1)]
        {
            assert_eq!(
                seconds_left(Duration::from_millis(wait), Duration::from_millis(elapsed)),
                left,
                "{wait} {elapsed}"
            );
        }
    }
}
