//! A waiting edit as a document to read: the edit in the form of `git diff`.

use std::sync::Arc;
use std::time::Duration;

use tower_lsp::jsonrpc::Result;

use super::proposals;
use crate::display;
use crate::edit::{quoted, unified};
use crate::job::{DestinationState, Job, Proposal};
use crate::server::session::{Feedback, Session};
use crate::server::wire::names;
use crate::server::{answers, state_files};

/// How long two texts are compared. After this time, the rest of their lines counts as changed.
const DIFF_TIME: Duration = Duration::from_millis(500);

/// Shows the edit of a proposal, because the user asked for it. The edit still waits. Errors: -32602 if nothing waits.
pub(crate) fn show(session: &Arc<Session>, job: Arc<Job>) -> Result<()> {
    let Some(proposal) = job.proposal() else { return Err(proposals::nothing_waits()) };
    session.spawn("showing an edit", |session| async move {
        let asking = Arc::clone(&session);
        // Large texts take a while to compare.
        let made = tokio::task::spawn_blocking(move || {
            let found = proposal.relocated(&asking.documents);
            diff(&asking, found.as_ref().unwrap_or(&proposal))
        });
        let Ok(diff) = made.await else { return Feedback::none() };
        // The name of the file ends with the end of the id. By this a plug-in knows which edit the document shows.
        let about = job.edit_document().to_file_path();
        let words = if about.is_none() { "edit" } else { "" };
        present(&session, &names::document_name(words, about.as_deref(), &job.id, "diff"), diff).await
    });
    Ok(())
}

/// Shows a text that the user asked for as a document. If the client opens none, its start is a message.
pub(crate) async fn present(session: &Session, file_name: &str, text: String) -> Feedback {
    let written = state_files::write(session, state_files::PREVIEWS, file_name, &text).await;
    answers::open_or_show(session, text, written).await
}

/// The edit for the present text as a unified diff.
fn diff(session: &Session, proposal: &Proposal) -> String {
    let today = proposal.rebased();
    let uri = &today.snapshot.uri;
    let path =
        session.shown_path(uri).map(|path| display::plain_line(&path)).unwrap_or_else(|| uri.as_str().to_owned());
    let before = (today.destination_state != DestinationState::Absent).then(|| today.snapshot.text.to_string());
    let hunks = unified(&path, before.as_deref(), &today.result().to_string(), Some(DIFF_TIME));
    let mode = if before.is_none() { "new file mode 100644\n" } else { "" };
    let diff = format!("diff --git {} {}\n{mode}{hunks}", quoted("a", &path), quoted("b", &path));
    let blank = display::below(&diff);
    diff + blank
}
