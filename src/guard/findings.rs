//! From what was found to one question, and the memory of its answer.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::secrets::fingerprint_of;
use super::{Finding, IgnoredBy, Kind, find_secrets, guarded_name, ignored};
use crate::i18n::{Message, message};

/// Why a prompt should not be sent unasked. Its text holds no secret, and a `file` is the last part of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The text holds what looks like a secret.
    Secret(Finding),
    /// The file's name, and what such files are.
    Name { file: String, what: Message },
    /// It is neither a text nor a document or a picture of a known kind.
    Unreadable { file: String },
    /// A rule says to leave the file alone.
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

/// All that is known of what would leave the machine.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The file that it is made from, as it was named.
    pub path: Option<PathBuf>,
    /// The text as it would be sent.
    pub prompt: String,
    /// The file is sent as it is, and is of no kind that can be looked into.
    pub unreadable: bool,
    /// What it is made from, as that stands in its file: a selection may cut a secret, and a template may take one apart.
    pub excerpts: Vec<Excerpt>,
    /// The folders of the workspace, from which ignore rules are read.
    pub roots: Vec<PathBuf>,
    /// Who would get it. Consent holds for that agent alone.
    pub agent: String,
}

/// A text that others are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file that it stands in, as the user knows it.
    pub file: Option<Arc<str>>,
    /// The line that it begins on, one-based.
    pub first_line: usize,
    /// The text.
    pub text: String,
}

/// Why a prompt should not be sent unasked: at least one reason, the gravest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Secrets in the order of the prompt, then what `.stackspotignore`, the file's name, and git say.
    pub reasons: Vec<Reason>,
    agent: String,
    marks: BTreeSet<u64>,
}

/// [`examine`] for a text that is all there is to see.
pub fn assess(path: Option<&Path>, prompt: &str, roots: &[PathBuf]) -> Option<Findings> {
    let (path, prompt, roots) = (path.map(Path::to_owned), prompt.to_owned(), roots.to_vec());
    examine(&Material { path, prompt, roots, ..Material::default() }, |_| None)
}

/// What speaks against sending `material`; `None` if nothing does. `place` is the file and the line that a line of the
/// prompt comes from.
///
/// The file is judged by its path as it was named and by the one behind all links. **This reads files**: where links lead,
/// and the ignore rules (see [`ignored()`]); so call it where blocking is allowed.
pub fn examine(material: &Material, place: impl Fn(usize) -> Option<(Arc<str>, usize)>) -> Option<Findings> {
    let Material { path, prompt, unreadable, excerpts, roots, agent } = material;
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

/// What speaks against the file at `path` whatever is in it, by its own name and by the one behind all links. **This reads
/// files**, see [`examine`].
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
    /// The whole question, as one sentence a person can answer with "Send" or "Cancel": every kind of secret with its
    /// number, and who would get them.
    pub fn question(&self) -> Message {
        let mut kinds: Vec<(&Kind, usize, &Finding)> = Vec::new();
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

    /// All reasons, in clauses.
    pub fn all_reasons(&self) -> Message {
        Message::joined(self.reasons.iter().map(Reason::message).collect(), "; ")
    }
}

/// What the user agreed to send in this session. A secret that moves within its file, or is sent with fewer others, is
/// not asked about again; a new one is, and so is a known one that another agent would get.
#[derive(Debug, Default, Clone)]
pub struct Consents(HashSet<u64>);

impl Consents {
    /// Remembers that all of `suspicion` may be sent.
    pub fn remember(&mut self, findings: &Findings) {
        self.0.extend(&findings.marks);
    }

    /// Whether all of `suspicion` may be sent without asking again.
    pub fn covers(&self, findings: &Findings) -> bool {
        findings.marks.iter().all(|mark| self.0.contains(mark))
    }
}
