//! The life of one run: queue, stream, cancellation, answer, outcome. A job does not know LSP. It reports
//! [`JobEvent`]s, and asks a [`Host`] for the few things that it needs from outside. The server, the shell and the
//! tests each show the same run in their own way.

mod added_parts;
mod admission;
mod answer;
mod audit;
mod changed_lines;
mod confirmed;
mod destination;
mod draft;
mod failure;
mod landing;
mod order;
mod permission;
mod phase;
mod prompt_preview;
mod queue;
mod registry;
mod remarks;
mod result;
mod review_pieces;
mod run;
mod timings;
mod uploads;
mod workspace;
mod workspace_agent;

pub(crate) use added_parts::{Added, Addition, ReadPart, read_added};
pub use answer::Answer;
pub(crate) use audit::Audit;
pub(crate) use changed_lines::{Changed, HEAD, changed, grouped, is_in_work_tree, touches};
pub(crate) use destination::{Destination, DestinationState};
pub(crate) use draft::{Draft, draws_on_open_documents, limits, request, syntax_of};
pub use failure::JobError;
pub(crate) use failure::{Ending, Failed};
pub(crate) use landing::{
    EditObserver, Part, Proposal, ProposalRecord, Replacement, Resolution, Unverified, apply_part, verified,
};
pub use landing::{apply_proposal, land};
pub(crate) use order::Ask;
pub use order::{Order, Target};
pub(crate) use permission::{Agreed, ConsentHost, ConsentSubject, OrderFindings, check_order, check_text, excerpt};
pub(crate) use phase::JobPhase;
pub(crate) use prompt_preview::prompt_preview;
pub use registry::{Job, Jobs};
pub(crate) use registry::{JobId, KEPT_JOBS, lines_label};
pub(crate) use remarks::{
    JobRemark, RemarkOrder, RemarkPiece, RemarkPlace, apply_remark, apply_remarks, as_waiting_edit,
};
pub(crate) use result::{failure_result, remark_row, run_result, without_nulls};
pub use run::{ApplyEditReply, Host, HostCapabilities, Outcome};
pub(crate) use run::{Finished, JobEvent, run};
pub(crate) use uploads::{check_upload_limits, outgoing_upload};
pub(crate) use workspace::{USER_RULES, Workspace, shown_in};
pub(crate) use workspace_agent::{NamedBy, WorkspaceAgent};
