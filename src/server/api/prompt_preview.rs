//! The prompt as a document that the user can read before it is sent. The preview sends nothing and requests no token.

use std::sync::Arc;

use serde_json::json;

use crate::actions::{Action, MenuRule};
use crate::i18n::message;
use crate::job::{self, Draft, Job, JobError, OrderFindings};
use crate::server::jobs::run_request::{self, Prepared};
use crate::server::jobs::{RunRejected, preview};
use crate::server::session::{Feedback, Session};
use crate::server::state_files;
use crate::server::wire::{Argument, Command, Item, RunArgument, RunParams, kind, names};

/// Shows what a run with these parameters would send. Errors: the arguments are wrong, or such a job is impossible.
pub(crate) fn show(session: &Arc<Session>, params: RunParams) -> Result<(), RunRejected> {
    let Prepared { job, draft, params } = run_request::prepare(session, params)?;
    let file_name = names::document_name("prompt", None, &job.id, "md");
    session.remember_preview(file_name.clone(), params);
    session.spawn("showing a prompt", |session| async move {
        match describe(&session, &job, draft).await {
            Ok(text) => preview::present(&session, &file_name, text).await,
            Err(error) => Feedback::error(error.message()),
        }
    });
    Ok(())
}

/// The menu in such a document: the previews of every other action for the same place. Returns `None` in every other
/// document, and if the run was too long ago.
pub(crate) fn menu(session: &Session, uri: &str) -> Option<Vec<Item>> {
    let shown = session.previewed(&state_files::name_in(session, uri, state_files::PREVIEWS)?)?;
    let document = session.documents.snapshot(&shown.text_document.uri).ok()?;
    let version = shown.text_document.version.unwrap_or(document.version);
    let item = |action: &Action| {
        let argument = RunArgument {
            instruction: shown.instruction.clone(),
            diagnostics: shown.diagnostics.clone().unwrap_or_default(),
            ..RunArgument::new(action.id.clone(), &shown.text_document.uri, version, shown.range)
        };
        let argument = json!({ "run": Argument::Run(argument) });
        let title = message!("menu-show-prompt-of", title = &action.title).text(session.language());
        Item::about_jobs(title, kind::SHOW_PROMPT, Command::ShowPrompt, argument)
    };
    let can_be_asked = |action: &Action| {
        action.id != shown.action
            && action.is_for(&document.language_id)
            && (action.offered != MenuRule::NeedsInstruction || shown.instruction.is_some())
    };
    Some(session.catalogue().enabled().filter(|action| can_be_asked(action)).map(|action| item(&action)).collect())
}

async fn describe(session: &Session, job: &Job, draft: Draft) -> Result<String, JobError> {
    let order = draft.into_order(&session.documents, job).await?;
    let document = order.document().and_then(|uri| session.shown_path(uri));
    let findings = OrderFindings::of(job, &order, document).await?.reasons();
    let destination = session.service.inference_url();
    Ok(job::prompt_preview(&order, &job.action, destination, findings, session.language()))
}
