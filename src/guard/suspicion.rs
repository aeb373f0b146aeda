//! From what was found to one question, and the memory of its answer.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::secrets::mark_of;
use super::words::in_words;
use super::{Finding, IgnoredBy, find_secrets, guarded_name, ignored};
use crate::i18n::{Message, message};

/// So many reasons are put into one question; the rest are counted.
const REASONS_SHOWN: usize = 4;

/// Why a prompt should not be sent unasked. Its text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The text holds what looks like a secret.
    Secret(Finding),
    /// The file's name, and what such files are.
    Name {
        /// The last part of the path.
        file: String,
        /// In words that follow "it is".
        what: &'static str,
    },
    /// A rule says to leave the file alone.
    Ignored {
        /// The last part of the path.
        file: String,
        /// Whose rule.
        by: IgnoredBy,
    },
}

impl Reason {
    /// A clause for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Secret(Finding { what, file: Some(file), line, .. }) => {
                message!("guard-reason-secret-in", file = file.to_string(), line = *line, what = in_words(what))
            }
            Self::Secret(Finding { what, file: None, line, .. }) => {
                message!("guard-reason-secret", line = *line, what = in_words(what))
            }
            Self::Name { file, what } => message!("guard-reason-name", file = file, what = in_words(what)),
            Self::Ignored { file, by: IgnoredBy::GitIgnore } => message!("guard-reason-ignored", file = file),
            Self::Ignored { file, by: IgnoredBy::StackspotIgnore } => message!("guard-reason-listed", file = file),
        }
    }
}

/// Why a prompt should not be sent unasked: at least one reason, the gravest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// Secrets in the order of the prompt, then what `.stackspotignore`, the file's name, and git say.
    pub reasons: Vec<Reason>,
    marks: BTreeSet<u64>,
}

/// What speaks against sending `prompt`, which was made from the file at `path`, in a workspace of the folders `roots`;
/// `None` if nothing does.
///
/// It reads the ignore rules on the way to `path` (see [`ignored`]), so call it where blocking is allowed.
pub fn assess(path: Option<&Path>, prompt: &str, roots: &[PathBuf]) -> Option<Suspicion> {
    let file = || path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let by = path.and_then(|path| ignored(path, roots));
    let rule = by.map(|by| Reason::Ignored { file: file(), by });
    let name = path.and_then(guarded_name).map(|what| Reason::Name { file: file(), what });
    let secrets = find_secrets(prompt).into_iter().map(Reason::Secret);
    let about_file = if by == Some(IgnoredBy::StackspotIgnore) { [rule, name] } else { [name, rule] };
    let reasons: Vec<Reason> = secrets.chain(about_file.into_iter().flatten()).collect();

    let mark = |reason: &Reason| match reason {
        Reason::Secret(finding) => mark_of((path, "secret", finding.mark())),
        Reason::Name { .. } => mark_of((path, "name")),
        Reason::Ignored { by, .. } => mark_of((path, by)),
    };
    let marks = reasons.iter().map(mark).collect();
    (!reasons.is_empty()).then_some(Suspicion { reasons, marks })
}

impl Suspicion {
    /// The same with the secrets where the user knows them: `place` is the file and the line that a line of the prompt
    /// comes from.
    #[must_use]
    pub fn located(mut self, place: impl Fn(usize) -> Option<(Arc<str>, usize)>) -> Self {
        for reason in &mut self.reasons {
            if let Reason::Secret(finding) = reason
                && let Some((file, line)) = place(finding.line)
            {
                (finding.file, finding.line) = (Some(file), line);
            }
        }
        self
    }

    /// The whole question, as one sentence a person can answer with "Send" or "Cancel".
    pub fn question(&self) -> Message {
        let mut said: Vec<Message> = Vec::new();
        for reason in self.reasons.iter().map(Reason::message) {
            if !said.contains(&reason) {
                said.push(reason);
            }
        }
        let more = said.len().saturating_sub(REASONS_SHOWN);
        said.truncate(REASONS_SHOWN);
        if more > 0 {
            said.push(message!("guard-more-reasons", count = more));
        }
        message!("guard-question", reasons = Message::joined(said, "; "))
    }

    /// All reasons, in clauses.
    pub fn all_reasons(&self) -> Message {
        Message::joined(self.reasons.iter().map(Reason::message).collect(), "; ")
    }

    /// Stands for this file and these reasons, within this process: a caller may remember it instead of [`Consents`].
    /// Where a secret stands does not matter; which one does.
    pub fn fingerprint(&self) -> u64 {
        mark_of(&self.marks)
    }
}

/// What the user agreed to send in this session. A secret that moves within its file, or is sent with fewer others, is
/// not asked about again; a new one is.
#[derive(Debug, Default, Clone)]
pub struct Consents(HashSet<u64>);

impl Consents {
    /// Remembers that all of `suspicion` may be sent.
    pub fn remember(&mut self, suspicion: &Suspicion) {
        self.0.extend(&suspicion.marks);
    }

    /// Whether all of `suspicion` may be sent without asking again.
    pub fn cover(&self, suspicion: &Suspicion) -> bool {
        suspicion.marks.iter().all(|mark| self.0.contains(mark))
    }
}
