//! All jobs of the process: running jobs, and ended ones whose answer or proposal is kept.

mod job;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use tokio::sync::{Notify, OwnedMutexGuard};

pub use self::job::Job;
pub(crate) use self::job::{JobId, lines_label};
use super::JobError;

use self::job::EditRange;
use super::queue::Queue;
use crate::documents::{Anchor, AnchorState, DocumentUri};
use crate::i18n::message;
use crate::tasks::lock;

/// How many jobs are remembered after their end. The user can show their answers again, and ask them again.
pub(crate) const KEPT_JOBS: usize = 64;

/// The total size of kept answers and waiting edits, in bytes.
const KEPT_BYTES: usize = 32 << 20;

/// How many jobs may wait besides the running ones. Users do not need more, and each uses memory.
const MOST_WAITING: usize = 1000;

/// The jobs of the process, in the order of their start.
#[derive(Debug)]
pub struct Jobs {
    lists: Mutex<Lists>,
    pub(super) queue: Queue,
    /// A job ended, or its edit range became known.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Lists {
    live: Vec<Arc<Job>>,
    kept: VecDeque<Arc<Job>>,
    /// The edit lock of each document, while a job edits it or waits for it.
    turns: HashMap<DocumentUri, Weak<tokio::sync::Mutex<()>>>,
}

impl Jobs {
    /// No jobs, and slots for `concurrent` at once.
    pub fn new(concurrent: usize) -> Self {
        Self { lists: Mutex::default(), queue: Queue::new(concurrent), changed: Notify::new() }
    }

    /// Changes how many jobs may run at once. Running jobs continue; while they exceed the new limit, no job starts.
    pub fn resize(&self, concurrent: usize) {
        self.queue.resize(concurrent);
    }

    /// Whether one more job may start, else [`JobError::Refused`]. It is called before anything is allocated for the
    /// job, so that a flood of requests uses no memory.
    pub fn check_room(&self) -> Result<(), JobError> {
        let waiting = self.lists().live.len().saturating_sub(self.queue.slots());
        if waiting < MOST_WAITING { Ok(()) } else { Err(JobError::Refused(message!("too-many-jobs", count = waiting))) }
    }

    /// Records the place that the job edits. `None` means that it edits nothing by itself.
    pub(super) fn set_edit_range(&self, job: &Job, place: Option<Arc<Anchor>>) {
        job.state().edit_range = EditRange::Known(place);
        self.changed.notify_waiters();
    }

    /// A job that was requested earlier and edits the same lines, or may do so if its range is unknown. `None` for jobs
    /// that edit nothing, and for jobs that are not live.
    pub(super) fn earlier_conflict(&self, job: &Job) -> Option<Arc<Job>> {
        let EditRange::Known(Some(place)) = job.state().edit_range.clone() else { return None };
        let live = self.live();
        let mine = live.iter().position(|other| other.id == job.id)?;
        let mut earlier = live.into_iter().take(mine).filter(|other| other.document == job.document);
        earlier.find(|other| {
            let edits = other.state().edit_range.clone();
            match edits {
                EditRange::Unknown => other.action.result.edits_the_document(),
                EditRange::Known(None) => false,
                EditRange::Known(Some(theirs)) => overlap(&theirs, &place),
            }
        })
    }

    /// Waits until no earlier job edits the same lines. `waits` gets the job that it waits for, each time it changes.
    pub(super) async fn wait_for_earlier(&self, job: &Job, mut waits: impl FnMut(&Job)) {
        let mut told = None;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let Some(other) = self.earlier_conflict(job) else { return };
            if told.replace(other.id.clone()).as_ref() != Some(&other.id) {
                waits(&other);
            }
            changed.await;
        }
    }

    /// Waits for the edit lock of the document. Only its holder may request an edit of it.
    pub(super) async fn lock_for_edit(&self, document: &DocumentUri) -> OwnedMutexGuard<()> {
        let turn = {
            let mut lists = self.lists();
            lists.turns.retain(|_, turn| turn.strong_count() > 0);
            let turn = lists.turns.get(document).and_then(Weak::upgrade).unwrap_or_default();
            lists.turns.insert(document.clone(), Arc::downgrade(&turn));
            turn
        };
        turn.lock_owned().await
    }

    /// Adds a job to the live ones.
    pub fn add(&self, job: &Arc<Job>) {
        self.lists().live.push(Arc::clone(job));
    }

    /// Moves a job from the live ones to the kept ones. The oldest kept one is forgotten. A job with a proposal is kept
    /// until the user decides.
    pub fn end(&self, job: &Arc<Job>) {
        let mut lists = self.lists();
        lists.live.retain(|it| it.id != job.id);
        lists.kept.push_back(Arc::clone(job));
        lists.evict_oldest();
        drop(lists);
        self.changed.notify_waiters();
    }

    /// Adds a job of an earlier session whose edit still waits.
    pub fn restore(&self, job: Arc<Job>) {
        let mut lists = self.lists();
        if lists.live.iter().chain(&lists.kept).all(|known| known.id != job.id) {
            // They are read one by one, the oldest first. All are older than the jobs of this session.
            let behind = lists.kept.iter().take_while(|known| known.id < job.id).count();
            lists.kept.insert(behind, job);
            lists.evict_oldest();
        }
    }

    /// The ended jobs with a waiting edit, even if it has no place at the moment.
    pub fn with_proposals(&self) -> Vec<Arc<Job>> {
        self.lists().kept.iter().filter(|job| job.proposal().is_some()).cloned().collect()
    }

    /// The jobs that run or wait in the queue.
    pub fn live(&self) -> Vec<Arc<Job>> {
        self.lists().live.clone()
    }

    /// The ended jobs whose proposal waits for a decision. An edit does not wait while the text shows it.
    pub fn proposed(&self) -> Vec<Arc<Job>> {
        let waits =
            |job: &&Arc<Job>| job.proposal().is_some_and(|proposal| proposal.is_offered() && !proposal.is_done());
        self.lists().kept.iter().filter(waits).cloned().collect()
    }

    /// The ended jobs whose edit is in the text, the latest first. Only jobs with a kept answer are known.
    pub fn applied(&self) -> Vec<Arc<Job>> {
        self.lists().kept.iter().rev().filter(|job| job.applied().is_some()).cloned().collect()
    }

    /// A live or kept job.
    pub fn get(&self, id: &str) -> Option<Arc<Job>> {
        let lists = self.lists();
        lists.live.iter().chain(&lists.kept).find(|job| job.id == id).cloned()
    }

    /// The job that last had something to show; live ones come first.
    pub fn latest(&self) -> Option<Arc<Job>> {
        let lists = self.lists();
        lists.live.last().or_else(|| lists.kept.back()).cloned()
    }

    /// Cancels the live jobs that `which` selects, and returns how many.
    pub fn cancel(&self, which: impl Fn(&Job) -> bool) -> usize {
        let picked: Vec<_> = self.live().into_iter().filter(|job| which(job) && !job.cancel.is_cancelled()).collect();
        picked.iter().for_each(|job| job.cancel.cancel());
        picked.len()
    }

    /// Resolves when no job is live.
    pub async fn idle(&self) {
        loop {
            let ended = self.changed.notified();
            if self.lists().live.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        lock(&self.lists)
    }
}

impl Lists {
    /// Forgets the oldest ended jobs above the limits, first those without a waiting edit. The files of their answers
    /// and edits stay.
    fn evict_oldest(&mut self) {
        if self.kept.len() > KEPT_JOBS
            && let Some(oldest) = self.kept.iter().position(|it| it.proposal().is_none())
            && let Some(forgotten) = self.kept.remove(oldest)
        {
            forgotten.forget();
        }
        let mut sum: usize = self.kept.iter().map(|job| job.bytes()).sum();
        while sum > KEPT_BYTES && self.kept.len() > 1 {
            let before_the_last = self.kept.len() - 1;
            let decided = self.kept.iter().take(before_the_last).position(|it| it.proposal().is_none());
            let Some(forgotten) = self.kept.remove(decided.unwrap_or(0)) else { return };
            forgotten.forget();
            sum = sum.saturating_sub(forgotten.bytes());
        }
    }
}

/// Whether two places share text. A closed or lost place shares none, because nothing is edited there.
fn overlap(one: &Anchor, other: &Anchor) -> bool {
    match (one.state(), other.state()) {
        (AnchorState::Live { bytes: one, .. }, AnchorState::Live { bytes: other, .. }) => {
            one == other || one.start < other.end && other.start < one.end
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
