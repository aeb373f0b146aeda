//! The remarks about one file.

use std::sync::Arc;

use crate::cli::shell::Ended;
use crate::job::{Job, JobRemark};

/// The result of one subject.
pub(super) struct Reviewed {
    pub(super) job: Job,
    pub(super) ended: Ended,
    /// The file name in the output: relative to its workspace.
    pub(super) file: String,
    pub(super) remarks: Vec<Arc<JobRemark>>,
}

impl Reviewed {
    /// Whether the answer was remarks, or said that there are none.
    pub(super) fn is_read(&self) -> bool {
        !self.job.remarks().is_empty() || self.job.has_no_remarks()
    }
}
