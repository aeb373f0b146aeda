//! Applies edits to the text: only to the current text, only once. An edit counts as applied if the text shows it.

mod apply;
mod expectation;
mod file_edit;
mod joining;
mod objections;
mod parts;
mod proposal;
mod replacement;
mod verified;

use std::sync::Arc;

use ropey::Rope;

use self::apply::apply;
pub(in crate::job) use self::apply::apply_after_the_end;
use self::file_edit::AddedCode;
pub(in crate::job) use self::objections::find_objection;
pub(crate) use self::parts::{Part, apply_part};
pub(crate) use self::proposal::{Proposal, ProposalRecord, Resolution};
use self::replacement::eol_of;
pub(crate) use self::replacement::{NewImports, Replacement};
pub(crate) use self::verified::{EditObserver, Unverified, verified};
use super::destination::DestinationState;
use super::order::Target;
use super::run::{Host, Outcome};
use super::{Answer, Job, syntax_of};
use crate::actions::{Action, ActionResult};
use crate::documents::Anchor;
use crate::edit::{self, Granularity, Plan, Purpose};
use crate::i18n::{Message, message};
use crate::syntax::{self, ImportPlace, Syntax};

/// Why the edit is not in the text, as far as the server can see.
enum NotApplied {
    Because(Message),
    Cancelled,
}

impl From<Message> for NotApplied {
    fn from(reason: Message) -> Self {
        Self::Because(reason)
    }
}

/// Turns an answer into an edit and applies it. If that is not safe or not wanted, it becomes a proposal. `None` if the
/// job was cancelled before the edit was sent.
pub async fn land(job: &Job, target: &Target, answer: &Answer, host: &impl Host) -> Option<Outcome> {
    if let Some(destination) = &target.destination {
        let file_edit = file_edit::propose_file_edit(target, destination, answer, host).await;
        return Some(file_edit.map_or_else(answered, |proposal| Outcome::Proposed(Arc::new(proposal))));
    }
    let granularity = host.capabilities().granularity;
    let Planned { replacement, anchor, imports, guess, issue } = match planned(job, target, &answer.text, granularity) {
        Ok(planned) => planned,
        Err(Outcome::Answered { .. }) if purpose(&job.action) == Purpose::Fix && finds_nothing(&answer.text) => {
            return Some(unchanged(Some(answer.text.trim().to_owned())));
        }
        Err(outcome) => return Some(outcome),
    };
    if !host.can_edit(&target.snapshot).await {
        return Some(answered(message!("withheld-no-file")));
    }
    let review = target.review.then(|| message!("withheld-review"));
    let withheld = match review.or_else(|| answer.shortfall()).or(issue) {
        Some(reason) => Some(reason),
        None => find_objection(&replacement, target.syntax, purpose(&job.action)).await.or(guess),
    };
    let (replacement, lacking) = with_imports(replacement, target.syntax, imports, granularity).await;
    // The code is applied without its imports, and the user is told. If no user sees the message, it waits with them.
    let is_told = host.capabilities().tells_at_once;
    let withheld = match (withheld, lacking.clone()) {
        (None, lacking) => lacking.filter(|_| !is_told),
        (Some(first), Some(lacking)) => Some(Message::joined(vec![first, lacking], " ")),
        (withheld, None) => withheld,
    };
    let applied = match withheld {
        Some(reason) => Err(NotApplied::Because(reason)),
        None => apply(job, &job.cancel, &replacement, &anchor, host).await,
    };
    match applied {
        Ok(()) => Some(Outcome::Applied { lacking }),
        Err(NotApplied::Cancelled) => None,
        Err(NotApplied::Because(reason)) => {
            Some(Outcome::Proposed(Arc::new(Proposal::new(replacement, anchor, reason, granularity))))
        }
    }
}

/// Whether the reply to a fix is one sentence that says there is nothing to fix.
fn finds_nothing(reply: &str) -> bool {
    const SENTENCE_CHARS: usize = 200;
    const NOTHING: [&str; 10] = ["no", "none", "nothing", "there", "i", "não", "nao", "nada", "nenhum", "nenhuma"];
    const NEGATIONS: [&str; 9] = ["no", "none", "nothing", "not", "não", "nao", "nada", "nenhum", "nenhuma"];
    const PROBLEMS: [&str; 8] = ["problem", "error", "issue", "bug", "fix", "erro", "corrigir", "correção"];

    let reply = reply.trim().trim_matches(['*', '_', '"']).to_lowercase();
    let words: Vec<&str> = reply.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_a_sentence = !reply.contains(['\n', '`', '{', '=']) && reply.chars().count() <= SENTENCE_CHARS;
    let says_so = |word: &&str| PROBLEMS.iter().any(|problem| word.starts_with(problem));
    is_a_sentence
        && words.first().is_some_and(|first| NOTHING.contains(first))
        && words.iter().take(6).any(|word| NEGATIONS.contains(word))
        && words.iter().any(says_so)
}

struct Planned {
    replacement: Replacement,
    /// Its place in the current text.
    anchor: Arc<Anchor>,
    /// The import lines of the reply, for the head of the file.
    imports: Vec<String>,
    /// Why it may only be proposed, from the reply.
    guess: Option<Message>,
    /// Why it may only be proposed, from its place.
    issue: Option<Message>,
}

/// The purpose of the reply to an action.
fn purpose(action: &Action) -> Purpose {
    if action.result == ActionResult::Replace { action.purpose } else { Purpose::Add }
}

fn planned(job: &Job, target: &Target, reply: &str, granularity: Granularity) -> Result<Planned, Outcome> {
    let Target { snapshot, bytes, anchor, .. } = target;
    let (range, text, changes, imports, guess, issue) = if job.action.result == ActionResult::Insert {
        let AddedCode { code, imports, guess } = file_edit::read_added_code(target, reply)?;
        let change = edit::added_below(&snapshot.text, bytes.clone(), &code, false);
        (change.range.clone(), change.text.clone(), vec![change], imports, guess, None)
    } else {
        let purpose = purpose(&job.action);
        match edit::plan(&snapshot.text, bytes.clone(), &snapshot.language_id, purpose, reply, granularity) {
            Plan::Unchanged(because) => return Err(unchanged(because)),
            Plan::Cannot(because) => return Err(answered(as_message(because))),
            Plan::NoCode(reason) => return Err(answered(reason)),
            Plan::Replace { changes, .. } if changes.is_empty() => return Err(unchanged(None)),
            Plan::Replace { range, text, changes, imports, guess, issue } => {
                (range, text, changes, imports, guess, issue)
            }
        }
    };
    let anchor = if range == *bytes {
        Arc::clone(anchor)
    } else {
        // The place is followed from the sent text, like the selection.
        let place = anchor.anchor_at(snapshot, range.clone());
        Arc::new(place.map_err(|_| answered(message!("withheld-closed")))?)
    };
    let snapshot = snapshot.clone();
    let replacement =
        Replacement { snapshot, destination_state: DestinationState::Open, bytes: range, text, changes, imports: None };
    Ok(Planned { replacement, anchor, imports, guess, issue })
}

/// The outcome if the reply contains no new text, or the agent says that there is none.
fn answered(reason: Message) -> Outcome {
    Outcome::Answered { reason: Some(reason) }
}

/// The edit with its imports, or with the reason why they have no place. Finding the place requires a parse.
async fn with_imports(
    replacement: Replacement,
    syntax: Option<Syntax>,
    wanted: Vec<String>,
    granularity: Granularity,
) -> (Replacement, Option<Message>) {
    if wanted.is_empty() {
        return (replacement, None);
    }
    let homeless = message!("needs-imports", imports = wanted.join(" · "));
    let unplaced = replacement.clone();
    let found = tokio::task::spawn_blocking(move || placed(replacement, syntax?, wanted, granularity));
    match found.await.ok().flatten() {
        Some(replacement) => (replacement, None),
        None => (unplaced, Some(homeless)),
    }
}

/// The replacement with imports before its range, or in its own text if it contains the head of the document. `None` if
/// the imports have no certain place.
fn placed(
    replacement: Replacement,
    syntax: Syntax,
    wanted: Vec<String>,
    granularity: Granularity,
) -> Option<Replacement> {
    let start = replacement.bytes.start;
    let text = replacement.snapshot.text.clone();
    let at =
        |text: &Rope, place: &ImportPlace| place.below.map_or(Some(0), |line| text.try_line_to_byte(line + 1).ok());
    let imports = |text: &Rope, place: ImportPlace| {
        let below = place.below.map(|line| (text.line(line).to_string(), line));
        NewImports { below, blank: place.blank, lines: place.missing }
    };
    if let Some(place) = syntax::import_place(&text, syntax, wanted.clone(), start) {
        if place.missing.is_empty() {
            return Some(replacement);
        }
        if at(&text, &place)? < start {
            return Some(replacement.importing(imports(&text, place)));
        }
    }
    let result = replacement.result();
    let place = syntax::import_place(&result, syntax, wanted, start + replacement.text.len())?;
    if place.missing.is_empty() {
        return Some(replacement);
    }
    let inside = at(&result, &place)?.checked_sub(start)?;
    let block = imports(&result, place).block(eol_of(&text));
    Some(replacement.with(inside, &block, granularity))
}

fn unchanged(because: Option<String>) -> Outcome {
    Outcome::Unchanged { because: because.map(as_message) }
}

fn as_message(words: String) -> Message {
    message!("agent-said", words = words)
}

/// Applies the waiting edit; code for a file is applied to its current text. If the user typed in its range, it is
/// applied only if `typed` says what happens to the typed text. The error is a sentence that says why the edit is not
/// in the text. After an error, the proposal is kept.
pub async fn apply_proposal(
    job: &Job,
    proposal: &Proposal,
    typed: Option<Resolution>,
    host: &impl Host,
) -> Result<(), Message> {
    if let Some(file_edit) = proposal.file_edit() {
        return file_edit::apply_file_edit(job, file_edit, host).await;
    }
    let Some(anchor) = proposal.anchor().filter(|_| !proposal.is_done()) else { return Ok(()) };
    let Some(typed) = typed.filter(|_| proposal.has_conflict()) else {
        return apply_after_the_end(job, &proposal.replacement, anchor, host).await;
    };
    let replacement = match typed {
        Resolution::Merged => proposal.merged().ok_or_else(|| message!("withheld-conflict"))?,
        Resolution::Replaced => proposal.rebased(),
    };
    // The server does not judge the typed text, but a merge of both may be worse than either.
    if typed == Resolution::Merged
        && let Some(reason) = find_objection(&replacement, syntax_of(&replacement.snapshot), Purpose::Free).await
    {
        return Err(reason);
    }
    // The user's decision does not cover what is typed from now on.
    let anchor = anchor.anchor_at(&replacement.snapshot, replacement.bytes.clone());
    let anchor = anchor.map_err(|_| message!("withheld-closed"))?;
    apply_after_the_end(job, &replacement, &anchor, host).await
}

#[cfg(test)]
mod tests {
    use super::finds_nothing;

    #[test]
    fn one_sentence_says_that_there_is_nothing_to_fix() {
        for reply in [
            "No problems found in the selection.",
            "There are no errors in this code.",
            "I found no issues here.",
            "**Nothing to fix.**",
            "Nenhum problema encontrado na seleção.",
            "Não há erros neste trecho.",
        ] {
            assert!(finds_nothing(reply), "{reply}");
        }
        for reply in [
            "return no_error(x)",
            "The error is in line 3: nothing is returned.",
            "No problem! Here is the fix:\n\nx = 1",
            "no_errors = count(problems) == 0",
            "I would fix the error first.",
            "There is one error.",
            "",
        ] {
            assert!(!finds_nothing(reply), "{reply}");
        }
    }
}
