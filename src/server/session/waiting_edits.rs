//! Which waiting edits are on disk.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// What is known of the edits of earlier sessions.
#[derive(Default)]
pub(crate) struct Waiting {
    /// The jobs whose edits are on disk.
    on_disk: Mutex<HashSet<String>>,
}

impl Waiting {
    pub(crate) fn learns(&self, job_id: &str) {
        self.on_disk.lock().unwrap_or_else(PoisonError::into_inner).insert(job_id.to_owned());
    }

    pub(crate) fn forgets(&self, job_id: &str) -> bool {
        self.on_disk.lock().unwrap_or_else(PoisonError::into_inner).remove(job_id)
    }
}
