//! Applies the fixes of remarks: one alone, or all safe ones.

use std::sync::Arc;

use super::remark_place::{JobRemark, RemarkPlace};
use crate::actions::{self, Action, ActionResult};
use crate::agents_api::ChatEnd;
use crate::documents::Anchor;
use crate::i18n::{Message, message};
use crate::job::landing::{self, find_objection};
use crate::job::run::Host;
use crate::job::{Answer, DestinationState, Job, Jobs, Proposal, Replacement, syntax_of};

/// Applies the fix of a remark after another check against the current text. The error is a sentence; the remark stays
/// open.
pub(crate) async fn apply_remark(job: &Job, remark: &JobRemark, host: &impl Host) -> Result<(), Message> {
    let fix = remark.current_place().and_then(|place| place.fix).ok_or_else(|| message!("remark-without-fix"))?;
    let today = fix.rebased();
    if let Some(reason) = find_objection(&today, syntax_of(&today.snapshot), super::purpose(job)).await {
        return Err(reason);
    }
    landing::apply_proposal(job, &fix, None, host).await
}

/// Makes the doubtful fix of a remark a waiting edit of its own job. The user can review, apply or discard it. The job
/// is added to `jobs`. The error is a sentence that says why there is none.
pub(crate) fn as_waiting_edit(job: &Job, remark: &JobRemark, jobs: &Jobs) -> Result<Arc<Job>, Message> {
    let waiting = remark.proposal_job().and_then(|id| jobs.get(&id));
    if let Some(waiting) = waiting.filter(|job| job.proposal().is_some_and(|edit| !edit.is_done())) {
        return Ok(waiting);
    }
    let place = remark.current_place().ok_or_else(|| message!("remark-without-fix"))?;
    let doubtful_fix = place.doubtful_fix.ok_or_else(|| message!("remark-without-fix"))?;
    let anchor = doubtful_fix.anchor().cloned().ok_or_else(|| message!("remark-without-fix"))?;
    let edit = Proposal::new(doubtful_fix.rebased(), anchor, doubtful_fix.reason.clone(), doubtful_fix.granularity);
    let action = Action { result: ActionResult::Replace, ..job.action.clone() };
    let waiting = Arc::new(Job::new(action, job.document.clone(), Arc::clone(&job.client_uri)));
    waiting.set_lines(actions::lines(&place.snapshot.text, &place.bytes));
    let text = remark.new_text.clone().unwrap_or_default();
    waiting.end_with(Answer { text, end: Some(ChatEnd::default()), ..Answer::default() }, edit);
    remark.set_proposal_job(waiting.id.clone());
    jobs.restore(Arc::clone(&waiting));
    Ok(waiting)
}

/// Applies every valid fix of `remarks` as one edit, and returns how many it contains. The error is a sentence; the
/// remarks stay open.
pub(crate) async fn apply_remarks(job: &Job, remarks: &[Arc<JobRemark>], host: &impl Host) -> Result<usize, Message> {
    let fixes = remarks.iter().filter_map(|remark| remark.current_place()).filter_map(|RemarkPlace { fix, .. }| fix);
    let (edits, anchors): (Vec<Replacement>, Vec<Option<Arc<Anchor>>>) =
        fixes.map(|fix| (fix.rebased(), fix.anchor().cloned())).unzip();
    let Some(anchor) = anchors.into_iter().flatten().next() else { return Err(message!("remark-without-fix")) };
    let (count, all) = joined(edits).ok_or_else(|| message!("withheld-typed-in"))?;
    if let Some(reason) = find_objection(&all, syntax_of(&all.snapshot), super::purpose(job)).await {
        return Err(reason);
    }
    let place = anchor.anchor_at(&all.snapshot, all.bytes.clone()).map_err(|_| message!("withheld-closed"))?;
    landing::apply_after_the_end(job, &all, &place, host).await?;
    Ok(count)
}

/// Joins edits of one text, without those that overlap an earlier one. Returns their number and the edit. `None` if
/// they belong to different texts.
fn joined(mut edits: Vec<Replacement>) -> Option<(usize, Replacement)> {
    edits.sort_by_key(|edit| (edit.bytes.start, edit.bytes.end));
    let mut end = 0;
    edits.retain(|edit| {
        let is_apart = edit.bytes.start >= end;
        end = if is_apart { edit.bytes.end } else { end };
        is_apart
    });
    let (first, last) = (edits.first()?, edits.last()?);
    if edits.iter().any(|edit| edit.snapshot.revision != first.snapshot.revision) {
        return None;
    }
    let (snapshot, bytes) = (first.snapshot.clone(), first.bytes.start..last.bytes.end);
    let (mut text, mut at) = (String::new(), bytes.start);
    for edit in &edits {
        text.push_str(&snapshot.slice(at..edit.bytes.start));
        text.push_str(&edit.text);
        at = edit.bytes.end;
    }
    let changes = edits.iter().flat_map(|edit| edit.changes.clone()).collect();
    Some((
        edits.len(),
        Replacement { snapshot, destination_state: DestinationState::Open, bytes, text, changes, imports: None },
    ))
}
