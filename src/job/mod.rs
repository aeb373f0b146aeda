//! The life of one run: queue, stream, cancel, answer, outcome.
//!
//! A job knows nothing of LSP: what happens to it comes out as [`JobEvent`]s, and the few things it needs from the world
//! it asks of a [`Host`]. The server, the shell and the tests each show the same run in their own way.

mod added;
mod admission;
mod answer;
mod audit;
mod changed;
mod confirmed;
mod destination;
mod draft;
mod failure;
mod gate;
mod landing;
mod order;
mod pieces;
mod prompt_preview;
mod queue;
mod registry;
mod remarks;
mod result;
mod run;
mod timings;
mod uploads;
mod workspace;
mod workspace_agent;
mod workspace_context;

pub(crate) use added::{Added, Addition, ReadPart, read_added};
pub use answer::Answer;
pub(crate) use audit::Audit;
pub(crate) use changed::{Changed, HEAD, changed, grouped, is_in_work_tree, touches};
pub(crate) use confirmed::Confirmed;
pub(crate) use destination::{Destination, NoDestination, Origin};
pub(crate) use draft::{Draft, draws_on_open_documents, limits, request, syntax_of};
pub use failure::JobError;
pub(crate) use failure::{Ending, Failed};
pub(crate) use gate::{Gatekeeper, Matter, Refusal, excerpt, looked, pass, pass_material};
pub use landing::{Landing, land};
pub(crate) use landing::{Look, Part, Proposal, ProposalRecord, Replacement, Resolution, Unverified, verified};
pub(crate) use order::Ask;
pub use order::{Order, Target};
pub(crate) use prompt_preview::PromptPreview;
pub(crate) use registry::JobId;
pub use registry::{Job, Jobs};
pub(crate) use remarks::{JobRemark, RemarkOrder, RemarkPiece, Standing, apply_remark, apply_remarks, as_waiting_edit};
pub(crate) use result::{failure_result, remark_row, run_result, without_nulls};
pub use run::{ApplyEditReply, Host, HostCapabilities};
pub(crate) use run::{Finished, JobEvent, JobPhase, Outcome, Queued, run};
pub(crate) use uploads::{UploadList, check_upload_limits, confirmed_uploads, material};
pub(crate) use workspace::{USER_RULES, Workspace};
pub(crate) use workspace_agent::{WorkspaceAgent, confirmed_agents};

use crate::i18n::{Message, message};

/// Applies the edit that waits, provided that nobody touched its range. Code for a file goes into it as it is by now.
///
/// # Errors
/// A sentence that says why it is not in the text; the proposal is kept.
pub async fn apply_proposal(job: &Job, proposal: &Proposal, jobs: &Jobs, host: &impl Host) -> Result<(), Message> {
    sentence(landing::apply_proposal(job, proposal, None, jobs, host).await)
}

/// Applies the edit that waits although somebody typed in its range: `typed` is what the user wants to become of that.
///
/// # Errors
/// A sentence that says why it is not in the text; the proposal is kept.
pub(crate) async fn apply_over_typing(
    job: &Job,
    proposal: &Proposal,
    typed: Resolution,
    jobs: &Jobs,
    host: &impl Host,
) -> Result<(), Message> {
    sentence(landing::apply_proposal(job, proposal, Some(typed), jobs, host).await)
}

/// Makes one change of the edit that waits. What is left of the edit comes back; `None` where nothing is.
///
/// # Errors
/// A sentence that says why it is not in the text; the proposal is kept.
pub(crate) async fn apply_part(
    job: &Job,
    proposal: &Proposal,
    number: usize,
    jobs: &Jobs,
    host: &impl Host,
) -> Result<Option<Proposal>, Message> {
    match landing::apply_part(job, proposal, number, jobs, host).await {
        Ok(rest) => Ok(rest),
        Err(landing::NotApplied::Because(reason)) => Err(reason),
        Err(landing::NotApplied::Cancelled) => Err(message!("job-cancelled")),
    }
}

fn sentence(applied: Result<(), landing::NotApplied>) -> Result<(), Message> {
    match applied {
        Err(landing::NotApplied::Because(reason)) => Err(reason),
        Ok(()) | Err(landing::NotApplied::Cancelled) => Ok(()),
    }
}
