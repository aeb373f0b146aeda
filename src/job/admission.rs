//! From the moment in which a job was asked for to the moment in which it may ask.

use std::sync::{Arc, Mutex, PoisonError};

use super::order::Order;
use super::queue::Slot;
use super::run::{Host, JobPhase, Queued};
use super::{Job, JobError};

enum NotAdmitted {
    /// Another job edits the same lines.
    Behind(Box<Order>),
    Failed(JobError),
}

/// The right to ask, and the order, which may be sent. The place in the queue is taken first, so that jobs run in the order
/// in which they were asked for; the order is made out meanwhile, and from then on its range follows the typing.
///
/// Of jobs that edit the same lines one runs at a time: an answer about a text that is being replaced is of no use to
/// anybody. Whoever comes later gives its place away, and asks about what the earlier ones made of the text.
pub(super) async fn wait_for_admission<'a>(
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &'a impl Host,
    enter: &(impl Fn(JobPhase) + Sync),
) -> Result<(Slot<'a>, Order), JobError> {
    let jobs = host.jobs();
    // Its place in the queue, for as long as it has no slot.
    let place = Mutex::new(None);
    let set_place = |ahead| *place.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
    let wait_at = |ahead| enter(JobPhase::Queued(Queued::Place { ahead }));
    let slot = || async {
        let told = |ahead| {
            set_place(Some(ahead));
            wait_at(ahead);
        };
        let slot = jobs.queue.slot(told).await;
        set_place(None);
        slot.ok_or(NotAdmitted::Failed(JobError::Cancelled))
    };
    let edits = |order: &Order| {
        let anchor = order.target.as_ref().and_then(|target| {
            let by_itself = job.action.result.edits_the_document() && !target.review;
            by_itself.then(|| Arc::clone(&target.anchor))
        });
        jobs.edits(job, anchor);
    };
    let allowed = |order: Order| async {
        if jobs.earlier_conflict(job).is_some() {
            return Err(NotAdmitted::Behind(Box::new(order)));
        }
        host.consent(job, &order, &|| enter(JobPhase::AwaitingConsent)).await.map_err(NotAdmitted::Failed)?;
        // Whoever was asked has answered: what it waits for now, if for anything, is its turn.
        let ahead = *place.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.into_iter().for_each(wait_at);
        Ok(order)
    };
    let first = async {
        let order = order.await.map_err(NotAdmitted::Failed)?;
        edits(&order);
        allowed(order).await
    };
    let mut turn = futures::future::try_join(slot(), first).await;
    loop {
        let late = match turn {
            Ok(turn) => return Ok(turn),
            Err(NotAdmitted::Failed(error)) => return Err(error),
            Err(NotAdmitted::Behind(order)) => order,
        };
        let behind = |other: &Job| {
            enter(JobPhase::Queued(Queued::Behind { title: other.action.title.clone(), lines: other.lines_label() }));
        };
        jobs.wait_for_earlier(job, behind).await;
        let order = match host.rebuild_order(job).await {
            Some(order) => order?,
            None => *late,
        };
        edits(&order);
        turn = futures::future::try_join(slot(), allowed(order)).await;
    }
}
