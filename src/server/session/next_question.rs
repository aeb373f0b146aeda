//! What the user added to the next question. When a question is sent, it takes these parts. If it fails without an
//! answer, it returns them.

use std::sync::Mutex;

use crate::job::{Added, Addition, Failed};
use crate::tasks::lock;

/// The parts, in the order in which they were added.
#[derive(Default)]
pub(crate) struct NextQuestionParts(Mutex<PartList>);

#[derive(Default)]
struct PartList {
    latest: u64,
    parts: Vec<Added>,
}

impl NextQuestionParts {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<Added> {
        lock(&self.0).parts.clone()
    }

    /// Adds a part at the end, and returns its number. A part that is already there is not added twice.
    pub(crate) fn add(&self, what: Addition) -> u64 {
        let mut list = lock(&self.0);
        list.parts.retain(|it| it.what != what);
        list.latest += 1;
        let id = list.latest;
        list.parts.push(Added { id, what });
        id
    }

    /// Removes a part. Returns whether it was there.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut list = lock(&self.0);
        let before = list.parts.len();
        list.parts.retain(|it| it.id != id);
        list.parts.len() < before
    }

    /// A question is sent with these parts.
    pub(crate) fn remove_sent(&self, carried: &[Added]) {
        lock(&self.0).parts.retain(|it| !carried.iter().any(|other| other.id == it.id));
    }

    /// Removes all of them.
    pub(crate) fn clear(&self) {
        lock(&self.0).parts.clear();
    }

    /// The question with these parts failed. If there was no answer, the next question gets them.
    pub(crate) fn restore_unsent(&self, carried: &[Added], failed: &Failed) {
        if failed.partial.as_ref().is_some_and(|partial| !partial.text.is_empty()) {
            return;
        }
        let mut list = lock(&self.0);
        let missing = carried.iter().filter(|it| !list.parts.iter().any(|other| other.what == it.what));
        list.parts = missing.chain(&list.parts).cloned().collect();
    }
}
