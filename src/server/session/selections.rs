//! The selections that conversations are about.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::documents::Anchor;

/// How many selections are followed for the conversations about them.
const KEPT_SELECTIONS: usize = 64;

/// The selections that conversations are about, as they follow the typing. After a restart they are found by their text.
#[derive(Default)]
pub(crate) struct Conversations {
    selections: Mutex<VecDeque<(String, Arc<Anchor>)>>,
}

impl Conversations {
    pub(crate) fn follow(&self, id: &str, selection: Anchor) {
        let mut selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        selections.push_back((id.to_owned(), Arc::new(selection)));
        let surplus = selections.len().saturating_sub(KEPT_SELECTIONS);
        selections.drain(..surplus);
    }

    pub(crate) fn selection(&self, id: &str) -> Option<Arc<Anchor>> {
        let selections = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        selections.iter().find(|(known, _)| known == id).map(|(_, selection)| Arc::clone(selection))
    }
}
