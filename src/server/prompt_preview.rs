//! What would be sent, as a document to look at before it goes. Nothing is sent for it, and no token is asked for.

use std::sync::Arc;

use tower_lsp::jsonrpc::Result;

use super::orders::{self, Refusal};
use super::params::RunParams;
use super::preview;
use super::session::{MessageKind, Session};
use super::tasks;
use crate::job::{self, Description, Draft, Job, JobError};

/// Shows what a run with these parameters would send.
///
/// # Errors
/// -32602 for wrong arguments.
pub(crate) fn show(session: &Arc<Session>, params: RunParams) -> Result<()> {
    let (job, draft) = match orders::place(session, params) {
        Ok(placed) => placed,
        Err(Refusal::Arguments(error)) => return Err(error),
        Err(Refusal::Job(error)) => {
            session.show_message(MessageKind::Error, &error.message());
            return Ok(());
        }
    };
    let session = Arc::clone(session);
    tasks::spawn("showing a prompt", async move {
        match describe(&session, &job, draft).await {
            Ok(text) => preview::present(&session, &format!("prompt-{}.md", job.id), text).await,
            Err(error) => session.show_message(MessageKind::Error, &error.message()),
        }
    });
    Ok(())
}

async fn describe(session: &Session, job: &Job, draft: Draft) -> std::result::Result<String, JobError> {
    let order = draft.into_order(&session.documents, job).await?;
    let (document, makeup) = (session.shown_path(&order.snapshot.uri), order.makeup.clone());
    let place = move |line| makeup.file_and_line(line, document.as_deref());
    let suspicion = job::looked(order.material(session.folders()), place).await?.map(|it| it.all_reasons());
    let destination = session.service.inference_url();
    let description = Description { order: &order, action: &job.action, destination, suspicion };
    Ok(description.text(session.language()))
}
