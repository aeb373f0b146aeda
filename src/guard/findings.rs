//! Turns the findings into one question, and remembers the answer.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::secrets::fingerprint_of;
use super::{Finding, IgnoredBy, SecretKind, find_secrets, guarded_name, ignored};
use crate::i18n::{Message, message};

/// Why the server must ask before it sends a prompt. It contains no secret. A `file` is the last part of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The text contains something that looks like a secret.
    Secret(Finding),
    /// The file's name, and what files with such a name are.
    Name { file: String, what: Message },
    /// The file is not a text, and not a document or picture of a known kind.
    Unreadable { file: String },
    /// A rule excludes the file.
    Ignored { file: String, by: IgnoredBy },
}

impl Reason {
    /// A clause for the user.
    pub fn message(&self) -> Message {
        match self {
            Self::Secret(Finding { kind, file: Some(file), line, .. }) => {
                message!("guard-reason-secret-in", file = file.to_string(), line = *line, what = kind.message())
            }
            Self::Secret(Finding { kind, file: None, line, .. }) => {
                message!("guard-reason-secret", line = *line, what = kind.message())
            }
            Self::Name { file, what } => message!("guard-reason-name", file = file, what = what.clone()),
            Self::Unreadable { file } => message!("guard-reason-unreadable", file = file),
            Self::Ignored { file, by: IgnoredBy::GitIgnore } => message!("guard-reason-ignored", file = file),
            Self::Ignored { file, by: IgnoredBy::StackspotIgnore } => message!("guard-reason-listed", file = file),
        }
    }
}

/// All that is known about the data that would leave the machine.
#[derive(Debug, Clone, Default)]
pub struct OutgoingText {
    /// The file that the prompt is made from, with the path that the user gave.
    pub path: Option<PathBuf>,
    /// The text of the request.
    pub prompt: String,
    /// The file is sent unchanged, and the guard cannot read its format.
    pub unreadable: bool,
    /// The source texts of the prompt, as in their files: a selection may cut a secret, and a template may split one.
    pub excerpts: Vec<Excerpt>,
    /// The folders of the workspace, which contain the ignore rules.
    pub roots: Vec<PathBuf>,
    /// The agent that would receive the data. A consent is valid for this agent only.
    pub agent: String,
}

/// A source text of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file of the text, as the user knows it.
    pub file: Option<Arc<str>>,
    /// The line where the text begins, one-based.
    pub first_line: usize,
    /// The text.
    pub text: String,
}

/// Why the server must ask before it sends a prompt: at least one reason, the most severe first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Secrets in the order of the prompt, then the reasons from `.stackspotignore`, the file's name, and git.
    pub reasons: Vec<Reason>,
    agent: String,
    marks: BTreeSet<u64>,
}

/// [`examine`] for a single text without excerpts.
pub fn assess(path: Option<&Path>, prompt: &str, roots: &[PathBuf]) -> Option<Findings> {
    let (path, prompt, roots) = (path.map(Path::to_owned), prompt.to_owned(), roots.to_vec());
    examine(&OutgoingText { path, prompt, roots, ..OutgoingText::default() }, |_| None)
}

/// Returns the reasons against sending `outgoing`, or `None`. `place` returns the file and line that a line of the
/// prompt comes from.
///
/// The guard checks the path as it was given, and the path after all links are resolved. **This reads files**: the
/// links and the ignore rules (see [`ignored()`]). Therefore call it only where a thread may block.
pub fn examine(outgoing: &OutgoingText, place: impl Fn(usize) -> Option<(Arc<str>, usize)>) -> Option<Findings> {
    let OutgoingText { path, prompt, unreadable, excerpts, roots, agent } = outgoing;
    let mut secrets = find_secrets(prompt);
    for finding in &mut secrets {
        if let Some((file, line)) = place(finding.line) {
            (finding.file, finding.line) = (Some(file), line);
        }
    }
    let mut known: HashSet<u64> = secrets.iter().map(|finding| finding.mark).collect();
    for excerpt in excerpts {
        for mut finding in find_secrets(&excerpt.text) {
            finding.line += excerpt.first_line - 1;
            finding.file = excerpt.file.clone();
            let is_there = |other: &Finding| other.line == finding.line && other.kind.is_like(&finding.kind);
            if known.insert(finding.mark) && !secrets.iter().any(is_there) {
                secrets.push(finding);
            }
        }
    }
    let secrets = secrets.into_iter().map(Reason::Secret);
    let mut reasons: Vec<Reason> = secrets.chain(path.iter().flat_map(|path| about_file(path, roots))).collect();
    if *unreadable {
        reasons.push(Reason::Unreadable { file: path.as_deref().map(last_part).unwrap_or_default() });
    }
    let path = path.as_deref();
    let mark = |reason: &Reason| match reason {
        Reason::Secret(finding) => fingerprint_of((agent, path, "secret", finding.mark)),
        Reason::Name { file, .. } => fingerprint_of((agent, path, "name", file)),
        Reason::Unreadable { file } => fingerprint_of((agent, path, "unreadable", file)),
        Reason::Ignored { by, file } => fingerprint_of((agent, path, by, file)),
    };
    let marks = reasons.iter().map(mark).collect();
    (!reasons.is_empty()).then(|| Findings { reasons, agent: agent.clone(), marks })
}

/// Returns the reasons against the file at `path`, independent of its content. Checks its own name and the one behind
/// all links. **This reads files**, see [`examine`].
pub fn about_file(path: &Path, roots: &[PathBuf]) -> Vec<Reason> {
    let mut reasons = judged(path, roots);
    if let Ok(real) = path.canonicalize()
        && real != path
    {
        let real_roots: Vec<PathBuf> =
            roots.iter().map(|root| root.canonicalize().unwrap_or_else(|_| root.clone())).collect();
        for reason in judged(&real, &real_roots) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons
}

fn judged(path: &Path, roots: &[PathBuf]) -> Vec<Reason> {
    let file = || last_part(path);
    let by = ignored(path, roots);
    let rule = by.map(|by| Reason::Ignored { file: file(), by });
    let name = guarded_name(path).map(|what| Reason::Name { file: file(), what });
    let both = if by == Some(IgnoredBy::StackspotIgnore) { [rule, name] } else { [name, rule] };
    both.into_iter().flatten().collect()
}

fn last_part(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Findings {
    /// The whole question, as one sentence that a user can answer with "Send" or "Cancel". It contains every kind of
    /// secret with its number, and the receiver.
    pub fn question(&self) -> Message {
        let mut kinds: Vec<(&SecretKind, usize, &Finding)> = Vec::new();
        let mut about_files: Vec<Message> = Vec::new();
        for reason in &self.reasons {
            match reason {
                Reason::Secret(finding) => match kinds.iter_mut().find(|(kind, ..)| kind.is_like(&finding.kind)) {
                    Some((_, count, _)) => *count += 1,
                    None => kinds.push((&finding.kind, 1, finding)),
                },
                other => about_files.push(other.message()),
            }
        }
        kinds.sort_by_key(|(kind, ..)| *kind);
        let mut clauses = match &*kinds {
            [] => Vec::new(),
            [(_, 1, finding)] => vec![Reason::Secret((*finding).clone()).message()],
            kinds => {
                let counted = kinds.iter().map(|(kind, count, first)| {
                    let what = kind.counted(*count);
                    match &first.file {
                        Some(file) => {
                            message!("guard-counted-in", what = what, line = first.line, file = file.to_string())
                        }
                        None => message!("guard-counted", what = what, line = first.line),
                    }
                });
                vec![message!("guard-holds", kinds = Message::joined(counted.collect(), ", "))]
            }
        };
        clauses.extend(about_files);
        let reasons = Message::joined(clauses, "; ");
        match &*self.agent {
            "" => message!("guard-question", reasons = reasons),
            agent => message!("guard-question-agent", agent = crate::i18n::one_line(agent), reasons = reasons),
        }
    }

    /// All reasons, as clauses.
    pub fn all_reasons(&self) -> Message {
        Message::joined(self.reasons.iter().map(Reason::message).collect(), "; ")
    }
}

/// What the user agreed to send in this session. The server asks again for a new secret, and for a known secret that
/// another agent would receive. It does not ask again if a secret moves within its file or is sent with fewer others.
#[derive(Debug, Default, Clone)]
pub struct Consents(HashSet<u64>);

impl Consents {
    /// Remembers that the user agreed to send all of `findings`.
    pub fn remember(&mut self, findings: &Findings) {
        self.0.extend(&findings.marks);
    }

    /// Whether the user already agreed to send all of `findings`.
    pub fn covers(&self, findings: &Findings) -> bool {
        findings.marks.iter().all(|mark| self.0.contains(mark))
    }
}
