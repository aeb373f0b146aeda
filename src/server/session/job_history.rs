//! What the session remembers of its jobs: one entry for each id.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Record;
use crate::job::{Job, JobId, KEPT_JOBS};
use crate::server::wire::{RunParams, names};
use crate::tasks::lock;

/// The jobs of a session, the oldest first. A job is here as long as its answer is kept, and at least while it is one
/// of the last [`KEPT_JOBS`].
#[derive(Default)]
pub(crate) struct JobHistory(Mutex<VecDeque<Entry>>);

struct Entry {
    id: JobId,
    /// What it asked, to ask it again. Its range belongs to the text of the version in `params`. `None` for a job that
    /// asked nothing in this session.
    params: Option<RunParams>,
    /// The data of its answer, as long as the answer is kept.
    record: Option<Arc<Record>>,
}

impl JobHistory {
    /// A job is about to run, and asks this. Returns its record. Jobs that are too old are removed.
    pub(crate) fn begin(&self, job: &Arc<Job>, params: Option<RunParams>) -> Arc<Record> {
        let (record, mut entries) = (Record::new(job), self.entries());
        entries.push_back(Entry { id: job.id.clone(), params, record: Some(Arc::clone(&record)) });
        let mut later = entries.len();
        entries.retain_mut(|entry| {
            later -= 1;
            entry.record.take_if(|record| record.job.is_forgotten());
            entry.record.is_some() || entry.params.is_some() && later < KEPT_JOBS
        });
        record
    }

    /// The record of a job, or a new one.
    pub(crate) fn record_of(&self, job: &Arc<Job>) -> Arc<Record> {
        self.record(&job.id).unwrap_or_else(|| self.begin(job, None))
    }

    /// The record of a job that has one.
    pub(crate) fn record(&self, job_id: &str) -> Option<Arc<Record>> {
        self.entries().iter().filter(|it| it.id == job_id).find_map(|it| it.record.clone())
    }

    /// The record of the job whose document has this name.
    pub(crate) fn named(&self, file_name: &str) -> Option<Arc<Record>> {
        self.entries().iter().find(|it| names::is_of(file_name, &it.id))?.record.clone()
    }

    /// All records, the latest first.
    pub(crate) fn latest_first(&self) -> Vec<Arc<Record>> {
        self.entries().iter().rev().filter_map(|it| it.record.clone()).collect()
    }

    /// The parameters of a job, unless it is too old.
    pub(crate) fn params(&self, job_id: &str) -> Option<RunParams> {
        self.entries().iter().find(|it| it.id == job_id)?.params.clone()
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        lock(&self.0)
    }
}
