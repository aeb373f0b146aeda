//! Edits that wait for the user: applied or discarded by command.

use std::sync::Arc;

use tower_lsp::jsonrpc::Result;

use super::jobs::EditorHost;
use super::params::invalid;
use super::session::{MessageKind, Session};
use crate::job::{self, Job};

/// Applies a proposal in the background. What keeps it from the text is said by message, and it goes on waiting.
///
/// # Errors
/// -32602 where nothing waits.
pub(crate) fn apply(session: &Arc<Session>, job: Arc<Job>) -> Result<()> {
    let Some(proposal) = job.take_proposal() else { return Err(nothing_waits(&job)) };
    let proposal = proposal.reopened(&session.documents).map_or(proposal, Arc::new);
    let session = Arc::clone(session);
    tokio::spawn(async move {
        let host = EditorHost { session: &session };
        if let Err(reason) = job::apply_proposal(&job, &proposal, &session.jobs, &host).await {
            job.keep_proposal(proposal);
            let next = "Undo that change and apply again, or run the action anew; the edit is kept.";
            session.show_message(
                MessageKind::Warning,
                &format!("“{}” was not applied. {reason} {next}", job.action.title),
            );
        }
    });
    Ok(())
}

/// Discards a proposal; its answer is kept.
///
/// # Errors
/// -32602 where nothing waits.
pub(crate) fn discard(job: &Job) -> Result<()> {
    job.take_proposal().map(drop).ok_or_else(|| nothing_waits(job))
}

fn nothing_waits(job: &Job) -> tower_lsp::jsonrpc::Error {
    invalid(format!("jobId: no edit of job \"{}\" waits to be applied", job.id))
}
