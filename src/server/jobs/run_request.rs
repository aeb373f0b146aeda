//! From `RunParams` to a draft: all that depends on the present state is decided when a job is requested.

use std::sync::Arc;

use futures::future::BoxFuture;
use tower_lsp::jsonrpc::Error;

use super::{diagnostics, fix_loop};
use crate::actions::{self, Action, ActionResult, MenuRule};
use crate::config::{AgentChoice, EditApply};
use crate::documents::{DocumentError, Located};
use crate::i18n::{Message, message};
use crate::job::{Added, Draft, Job, JobError, Order, draws_on_open_documents};
use crate::server::session::Session;
use crate::server::wire::{RunParams, invalid};

/// Why there is no order.
pub(crate) enum RunRejected {
    /// The arguments are wrong: -32602 with the name of the field.
    Arguments(Error),
    /// The arguments are well formed, but the job is impossible.
    Job(JobError),
}

impl RunRejected {
    /// An argument is wrong; the message says why.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::Arguments(invalid(message))
    }
}

impl<E: Into<JobError>> From<E> for RunRejected {
    fn from(error: E) -> Self {
        Self::Job(error.into())
    }
}

/// A job that is about to start.
pub(crate) struct Question {
    pub(crate) job: Arc<Job>,
    pub(crate) order: BoxFuture<'static, Result<Order, JobError>>,
    /// The parameters to ask the same again, if that is possible.
    pub(crate) params: Option<RunParams>,
    /// What the user added to it by hand.
    pub(crate) added: Vec<Added>,
}

/// A job that was not started yet.
pub(crate) struct Prepared {
    pub(crate) job: Arc<Job>,
    pub(crate) draft: Draft,
    /// The parameters to ask the same again.
    pub(crate) params: RunParams,
}

impl Prepared {
    /// The order is made inside the job.
    pub(crate) fn into_question(self, session: &Session) -> Question {
        let Self { job, draft, params } = self;
        let (documents, added, asked) = (session.documents.clone(), draft.added.clone(), Arc::clone(&job));
        let order = async move { draft.into_order(&documents, &asked).await };
        Question { job, order: Box::pin(order), params: Some(params), added }
    }
}

/// A job, not yet started, and the draft of its order. The cost does not depend on the length of the text.
pub(crate) fn prepare(session: &Session, mut params: RunParams) -> Result<Prepared, RunRejected> {
    // A repeated question contains the same parts as the first one.
    params.added.get_or_insert_with(|| session.added.all());
    let (action, draft) = draft(session, &params)?;
    let snapshot = &draft.snapshot;
    let job = Arc::new(Job::new(action, snapshot.uri.clone(), Arc::clone(&snapshot.client_uri)));
    // A repeated question is about the same range of the same text, and its progress goes to no other place.
    params.text_document.version.get_or_insert(snapshot.version);
    let params = RunParams { partial_result_token: None, work_done_token: None, ..params };
    Ok(Prepared { job, draft, params })
}

/// The draft of a job for the present text. Returns `None` if its parameters are no longer known.
pub(crate) fn redraft(session: &Session, job: &Job) -> Option<Result<Draft, JobError>> {
    let draft = draft(session, &session.history.params(&job.id)?).map(|(_, draft)| draft);
    Some(draft.map_err(|refusal| match refusal {
        RunRejected::Job(error) => error,
        RunRejected::Arguments(error) => JobError::Refused(Message::verbatim(error.message)),
    }))
}

fn draft(session: &Session, params: &RunParams) -> Result<(Action, Draft), RunRejected> {
    let settings = session.settings();
    let catalogue = session.catalogue();
    let Some(action) = catalogue.find(&params.action) else {
        let known = catalogue.names_like(&params.action);
        let more = if session.prompt_files.is_read() { "" } else { "; the prompt files are still being read" };
        let message = format!("action: unknown action \"{}\"; known are {known}{more}", params.action);
        return Err(RunRejected::argument(message));
    };
    if params.changed_since.is_some() && (action.result != ActionResult::Remarks || action.file.is_some()) {
        return Err(RunRejected::argument(format!(
            "changedSince: \"{}\" does not ask for remarks by itself",
            action.id
        )));
    }
    let instruction = params.instruction.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let instruction = instruction.or_else(|| action.own_instruction().map(str::to_owned));
    if action.offered == MenuRule::NeedsInstruction && instruction.is_none() {
        return Err(RunRejected::argument(format!("instruction: \"{}\" needs one, in words", action.id)));
    }
    let tried = || params.tried_job_id.as_deref().and_then(|id| fix_loop::previous_attempts(session, id));
    let instruction = instruction.or_else(tried);
    let uri = &params.text_document.uri;
    let located = session.documents.locate(uri, params.text_document.version, params.range);
    let Located { snapshot, bytes } = located.map_err(|error| match error {
        DocumentError::NotOpen { .. } => RunRejected::argument(format!("textDocument.uri: {error}")),
        DocumentError::Range { .. } => RunRejected::argument(format!("range: {error}")),
        error => RunRejected::Job(error.into()),
    })?;
    // If a range starts after the last line, the client and the server have different texts.
    let (line, lines) = (params.range.start.line, snapshot.text.len_lines());
    let is_of_today = params.text_document.version.is_none_or(|version| version == snapshot.version);
    if is_of_today && line as usize >= lines {
        let message = format!("range.start.line: {line} is outside the document, which has {lines} lines");
        return Err(RunRejected::argument(message));
    }
    let mut action = actions::as_asked(action, instruction.as_deref(), &catalogue);
    let is_place = instruction.is_some() && action.result == ActionResult::Replace;
    if !actions::has_scope(&snapshot.text, &bytes) && !is_place {
        return Err(JobError::Refused(message!("nothing-but-blanks")).into());
    }
    let named = params.agent.as_deref().or(action.agent.as_deref());
    let agent = agent(session, named)?;
    if params.agent.is_some() {
        // The agent of the action is not asked. Therefore no consent is needed.
        action.agent = None;
    }
    let review = params.apply.unwrap_or(settings.edit.apply) == EditApply::Review;
    let draft = Draft {
        path: session.shown_path(&snapshot.uri),
        answer_language: session.language().tag(),
        diagnostics: diagnostics::parse_diagnostics(session, &params.text_document, params.diagnostics.as_deref()),
        workspace: session.workspace(draws_on_open_documents(&action, &settings)),
        added: params.added.clone().unwrap_or_default(),
        changed_since: params.changed_since.clone(),
        conversation_id: params.conversation_id.clone(),
        snapshot,
        selection: bytes,
        cursor: session.profile.cursor,
        instruction,
        agent,
        review,
        settings,
    };
    Ok((action, draft))
}

/// The agent to ask: the one with this name or id, or else the default one.
pub(crate) fn agent(session: &Session, named: Option<&str>) -> Result<AgentChoice, JobError> {
    session.settings().resolve_agent(named, session.service.default_agent()).ok_or_else(|| {
        // If settings could not be read, that is the reason why some are missing.
        JobError::NotConfigured(match session.service.missing_credential() {
            Some(problem) => problem.clone(),
            None => message!("no-agent"),
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{Environment, UserFile};
    use crate::documents::Range;
    use crate::sandbox::SandboxOptions;
    use crate::server::session::ServeOptions;
    use crate::server::transport::Outbox;
    use crate::server::wire::ClientProfile;
    use crate::service::Service;

    /// How many open documents the prompt contains if the question is about one of a hundred.
    fn taken_along(settings: &Value) -> usize {
        let profile = ClientProfile::from_initialize(&json!({}));
        let service = Service::sandbox(SandboxOptions::default());
        let options = ServeOptions::for_environment(Environment::from_pairs::<&str, &str>([]));
        let session = Session::new(profile, Outbox::new().0, service, Ok(UserFile::default()), &options);
        assert_eq!(session.take_settings(std::slice::from_ref(settings)), []);
        for number in 0..100 {
            session.documents.open(&format!("file:///shop/{number}.py"), "python", 1, "price = 1\n");
        }
        let document = json!({ "uri": "file:///shop/7.py" });
        let params = json!({ "action": "explain", "textDocument": document, "range": Range::default() });
        let params: RunParams = serde_json::from_value(params).unwrap();
        let Ok(Prepared { draft, .. }) = prepare(&session, params) else { panic!("a job can be had") };
        draft.workspace.open_documents.len()
    }

    #[test]
    fn other_documents_are_included_only_when_settings_allow_it() {
        assert_eq!(taken_along(&json!({})), 0);
        assert_eq!(taken_along(&json!({ "context": { "openDocuments": true } })), 100);
    }
}
