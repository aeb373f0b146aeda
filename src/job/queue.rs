//! The queue: how many jobs ask at once, in which order, and which wait for an edit of the same lines.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::tasks::lock;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::sleep;

/// How often a waiting job counts the jobs before it, at most. If thousands leave at once, each would otherwise count
/// thousands of times.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The queue in front of the agent. First come, first served.
#[derive(Debug)]
pub(super) struct Queue {
    slots: Semaphore,
    state: Mutex<QueueState>,
    /// A job in the queue got its slot, or gave up.
    moved: Notify,
}

#[derive(Debug, Default)]
struct QueueState {
    slots: usize,
    /// Slots in use above the limit. They disappear when their jobs end.
    surplus: usize,
    /// The numbers of the waiting jobs, in ascending order.
    waiting: Vec<u64>,
    next: u64,
}

/// The right to ask the agent; dropping it gives it to the next job.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    queue: &'a Queue,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if state.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            state.surplus -= 1;
            permit.forget();
        }
    }
}

struct QueuePlace<'a> {
    queue: &'a Queue,
    number: u64,
}

impl<'a> QueuePlace<'a> {
    fn new(queue: &'a Queue) -> Self {
        let mut state = queue.state();
        let number = state.next;
        state.next += 1;
        state.waiting.push(number);
        Self { queue, number }
    }

    fn ahead(&self) -> usize {
        self.queue.state().waiting.partition_point(|other| *other < self.number)
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if let Ok(at) = state.waiting.binary_search(&self.number) {
            state.waiting.remove(at);
        }
        drop(state);
        self.queue.moved.notify_waiters();
    }
}

impl Queue {
    /// An empty queue with slots for `concurrent` jobs.
    pub(super) fn new(concurrent: usize) -> Self {
        let state = QueueState { slots: concurrent, ..QueueState::default() };
        Self { slots: Semaphore::new(concurrent), state: Mutex::new(state), moved: Notify::new() }
    }

    pub(super) fn resize(&self, concurrent: usize) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.slots, concurrent);
        if concurrent >= before {
            let grown = concurrent - before;
            let kept = grown.min(state.surplus);
            state.surplus -= kept;
            self.slots.add_permits(grown - kept);
        } else {
            let shrunk = before - concurrent;
            state.surplus += shrunk - self.slots.forget_permits(shrunk);
        }
    }

    pub(super) fn slots(&self) -> usize {
        self.state().slots
    }

    /// Takes a slot. While none is free, `waits` gets the number of jobs ahead, each time it changes.
    pub(super) async fn slot(&self, mut waits: impl FnMut(usize)) -> Option<Slot<'_>> {
        let slot = |permit| Slot { queue: self, permit: Some(permit) };
        if let Ok(permit) = self.slots.try_acquire() {
            return Some(slot(permit));
        }
        let place = QueuePlace::new(self);
        let mut free = std::pin::pin!(self.slots.acquire());
        let mut told = None;
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            moved.as_mut().enable();
            let ahead = place.ahead();
            if told.replace(ahead) != Some(ahead) {
                waits(ahead);
            }
            tokio::select! {
                biased;
                permit = &mut free => return permit.ok().map(slot),
                () = async { moved.await; sleep(LOOK_AGAIN).await } => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        lock(&self.state)
    }
}
