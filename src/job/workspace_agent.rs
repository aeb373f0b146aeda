//! Agents that a workspace or the editor's settings name, but the user's own settings do not.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actions::prompt_files::PromptFileOwner;
use crate::config::Settings;
use crate::documents::DocumentUri;
use crate::i18n::{message, one_line};
use crate::job::{ConsentHost, ConsentSubject, Job, JobError, Order};

/// An agent that a workspace names, but the user's own settings do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct WorkspaceAgent {
    pub(crate) workspace: PathBuf,
    /// Its id or name, as in the request.
    pub(crate) agent: String,
    /// Extra fields of the request that are not the user's own, as JSON.
    #[serde(default)]
    pub(crate) extra: Option<String>,
}

/// Whether the settings name an agent: as the default, in `agents`, or for an action.
fn names_agent(settings: &Settings, named: &str) -> bool {
    let of_actions = settings.actions.values().filter_map(|action| action.agent.as_deref());
    let by_name = settings.agent.as_deref().into_iter().chain(of_actions).any(|own| own.trim() == named);
    by_name || settings.agents.iter().any(|(name, agent)| name == named || agent.id == named)
}

/// Who named the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// A prompt file of the workspace, by the name that messages show.
    File(String),
    Settings,
}

/// Whether the agent of the order may be asked. The user confirms a foreign agent once for each workspace. The error
/// says why it may not be asked, and what to do.
pub(super) async fn confirm(host: &impl ConsentHost, job: &Job, order: &Order) -> Result<(), JobError> {
    let Some((wanted, named_by)) = host.foreign_agent(job, order) else { return Ok(()) };
    let confirmed = &host.agreed().agents;
    let _turn = confirmed.turn().await;
    if confirmed.holds(&wanted).await {
        return Ok(());
    }
    let by_settings_alone = named_by == NamedBy::Settings && wanted.extra.is_none();
    if by_settings_alone && host.is_of_the_account(&wanted, order).await {
        return Ok(());
    }
    let (agent, workspace) = wanted.names();
    let question = match (&named_by, &wanted.extra) {
        (NamedBy::File(file), _) => {
            let title = &job.action.title;
            message!("trust-question", title = title, workspace = workspace, file = file, agent = agent)
        }
        (NamedBy::Settings, None) => message!("trust-question-settings", workspace = workspace, agent = agent),
        (NamedBy::Settings, Some(extra)) => {
            message!("trust-question-fields", workspace = workspace, agent = agent, fields = one_line(extra))
        }
    };
    host.ask(ConsentSubject::Agent(&wanted, &named_by, &job.action), question).await.map_err(JobError::Declined)?;
    confirmed.remember(wanted).await;
    Ok(())
}

impl WorkspaceAgent {
    /// The agent of an order if it is foreign to `own`, the settings of the user file alone. A prompt file of a
    /// workspace or the editor's `settings` name it, or they add fields to its request. The editor's settings may come
    /// from a workspace too. An agent that the user chose for this run is not foreign.
    pub(crate) fn of(
        job: &Job,
        order: &Order,
        settings: &Settings,
        own: &Settings,
        default_agent: Option<&str>,
    ) -> Option<(Self, NamedBy)> {
        let id = order.ask.request.agent_id.as_str();
        let extra = Self::workspace_fields(order, own, default_agent);
        let knows = |named: &str| names_agent(own, named) || default_agent.is_some_and(|own| own.trim() == named);
        let foreign = |workspace: &Path, extra| Self { workspace: workspace.to_owned(), agent: id.to_owned(), extra };
        let by_settings = settings.actions.get(&*job.action.id).is_some_and(|action| action.agent.is_some());
        if !by_settings
            && let Some(file) = job.action.file.as_ref()
            && let PromptFileOwner::Workspace(workspace) = &file.owner
            && let Some(named) = job.action.agent.as_deref()
            && !knows(named)
            && !knows(id)
        {
            return Some((foreign(workspace, extra), NamedBy::File(one_line(&file.shown))));
        }
        let by_editor = names_agent(settings, id) && !knows(id);
        if !by_editor && extra.is_none() {
            return None;
        }
        let document = order.document().and_then(DocumentUri::to_file_path);
        let around = order.ask.folders.iter().find(|folder| document.as_ref().is_some_and(|it| it.starts_with(folder)));
        let workspace = around.or(order.ask.folders.first()).map_or(Path::new(""), PathBuf::as_path);
        Some((foreign(workspace, extra), NamedBy::Settings))
    }

    /// The agent and the workspace as a message names them.
    pub(crate) fn names(&self) -> (String, String) {
        (one_line(&self.agent), one_line(&self.workspace.display().to_string()))
    }

    /// The fields that the editor's settings add to the request.
    fn workspace_fields(order: &Order, own: &Settings, default_agent: Option<&str>) -> Option<String> {
        let id = order.ask.request.agent_id.as_str();
        let known = own.resolve_agent(Some(id), default_agent).map(|agent| agent.extra_body).unwrap_or_default();
        let mut added = order.ask.request.extra_body.clone();
        added.retain(|name, value| known.get(name) != Some(value));
        (!added.is_empty()).then(|| Value::Object(added).to_string())
    }
}
