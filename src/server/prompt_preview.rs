//! What would be sent, as a document to look at before it goes. Nothing is sent for it, and no token is asked for.

use std::sync::Arc;

use tower_lsp::jsonrpc::Result;

use super::orders::{self, Refusal};
use super::params::RunParams;
use super::preview;
use super::session::{MessageKind, Session};
use crate::guard;
use crate::job::{Description, Draft, Job, JobError};

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
    tokio::spawn(async move {
        match describe(&session, &job, draft).await {
            Ok(text) => preview::present(&session, &format!("prompt-{}.md", job.id), text).await,
            Err(error) => session.show_message(MessageKind::Error, &error.message()),
        }
    });
    Ok(())
}

async fn describe(session: &Session, job: &Job, draft: Draft) -> std::result::Result<String, JobError> {
    let order = draft.into_order(&session.documents, job).await?;
    let (path, prompt, folders) = (order.snapshot.uri.to_file_path(), order.request.prompt.clone(), session.folders());
    let suspicion = tokio::task::spawn_blocking(move || guard::assess(path.as_deref(), &prompt, &folders)).await;
    let document = session.shown_path(&order.snapshot.uri);
    let suspicion = suspicion.ok().flatten();
    let suspicion =
        suspicion.map(|it| it.located(|line| order.makeup.file_and_line(line, document.as_deref())).all_reasons());
    let destination = session.service.inference_url();
    let description = Description { order: &order, action: &job.action, destination, suspicion };
    Ok(description.text(session.language()))
}
