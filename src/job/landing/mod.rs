//! Where an edit meets the text: against today's text only, once, and believed only when the text shows it.

mod apply;
mod expectation;
mod proposal;
mod replacement;

use std::sync::Arc;

pub(in crate::job) use self::apply::apply;
pub use self::proposal::Proposal;
pub use self::replacement::Replacement;
use self::replacement::changed;
use super::run::{Host, Order};
use super::{Job, Jobs};
use crate::edit::{self, Plan};
use crate::syntax::{self, NewError, Syntax};

/// Where an edit ended.
#[derive(Debug)]
pub enum Landing {
    /// It is in the text, as the text shows.
    Applied,
    /// The reply says what stands there already.
    Unchanged,
    /// No single piece of code can be told from the reply.
    NoCode {
        /// Why, as a sentence.
        reason: String,
    },
    /// It waits for the user's decision.
    Proposed(Proposal),
    /// Cancelled before the edit was sent.
    Cancelled,
}

/// Why an edit is not in the text, as far as the text shows.
pub(in crate::job) enum Withheld {
    /// A sentence.
    Because(String),
    /// It was cancelled before it was sent.
    Cancelled,
}

impl From<String> for Withheld {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

/// Turns a reply into an edit and lands it, or proposes it where that is not safe or not wanted.
pub async fn land(job: &Job, order: &Order, reply: &str, jobs: &Jobs, host: &impl Host) -> Landing {
    let Order { snapshot, bytes, .. } = order;
    let granularity = host.abilities().granularity;
    let replacement = match edit::plan(&snapshot.text, bytes.clone(), &snapshot.language_id, reply, granularity) {
        Plan::Unchanged => return Landing::Unchanged,
        Plan::NoCode { reason } => return Landing::NoCode { reason: reason.to_string() },
        Plan::Replace { text, changes } => {
            Replacement { snapshot: snapshot.clone(), bytes: bytes.clone(), text, changes }
        }
    };
    let applied = if order.review {
        Err(Withheld::Because("It waits for your review.".to_owned()))
    } else if let Some(error) = new_syntax_error(&replacement, order.syntax).await {
        let line = error.line + 1;
        Err(Withheld::Because(format!("It would bring a syntax error into line {line}: {}.", error.description)))
    } else {
        apply(job, &job.cancel, &replacement, &order.anchor, jobs, host).await
    };
    match applied {
        Ok(()) => Landing::Applied,
        Err(Withheld::Cancelled) => Landing::Cancelled,
        Err(Withheld::Because(reason)) => {
            Landing::Proposed(Proposal { replacement, anchor: Arc::clone(&order.anchor), reason, granularity })
        }
    }
}

/// The first syntax error that a replacement would add to those that the text had. Parsing both texts takes a while, so
/// it gets a thread of its own.
async fn new_syntax_error(replacement: &Replacement, syntax: Option<Syntax>) -> Option<NewError> {
    let syntax = syntax?;
    let (before, bytes) = (replacement.snapshot.text.clone(), replacement.bytes.clone());
    let after = changed(&before, &replacement.changes);
    tokio::task::spawn_blocking(move || syntax::adds_errors(&before, &after, syntax, bytes)).await.ok().flatten()
}
