//! Admission control: from the request for a job until the job may ask the agent.

use std::sync::{Arc, Mutex};

use super::order::Order;
use super::phase::{JobPhase, Queued};
use super::queue::Slot;
use super::run::Host;
use super::{Job, JobError};
use crate::tasks::lock;

enum NotAdmitted {
    /// Another job edits the same lines.
    Conflict(Box<Order>),
    Failed(JobError),
}

/// Returns the right to ask, and the order, which may be sent. The job takes its place in the queue first. Therefore
/// jobs run in the order of their requests. Meanwhile the order is built; from then on, its range follows the typing.
///
/// Only one job at a time edits the same lines, because an answer about replaced text is useless. A later job gives up
/// its place and asks about the result of the earlier ones.
pub(super) async fn wait_for_admission<'a>(
    job: &Job,
    order: impl Future<Output = Result<Order, JobError>>,
    host: &'a impl Host,
    enter: &(impl Fn(JobPhase) + Sync),
) -> Result<(Slot<'a>, Order), JobError> {
    let jobs = host.jobs();
    // The job's place in the queue, until it has a slot.
    let place = Mutex::new(None);
    let set_place = |ahead| *lock(&place) = ahead;
    let wait_at = |ahead| enter(JobPhase::Queued(Queued::Position { ahead }));
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
        jobs.set_edit_range(job, anchor);
    };
    let allowed = |order: Order| async {
        if jobs.earlier_conflict(job).is_some() {
            return Err(NotAdmitted::Conflict(Box::new(order)));
        }
        host.consent(job, &order, &|| enter(JobPhase::AwaitingConsent)).await.map_err(NotAdmitted::Failed)?;
        // The user has answered. If the job still waits, it waits for its turn.
        let ahead = *lock(&place);
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
            Err(NotAdmitted::Conflict(order)) => order,
        };
        let behind = |other: &Job| {
            enter(JobPhase::Queued(Queued::AfterJob { title: other.action.title.clone(), lines: other.lines_label() }));
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
