//! Asks the user before an agent that a workspace names gets their code.
//!
//! A workspace is not trusted, and whoever runs an agent reads what it is sent. So an agent that a prompt file of a workspace
//! names, or the settings of the editor (which editors take from workspaces, too), and that neither the user file, nor the
//! environment, nor the account knows, is confirmed once for each workspace, and remembered in the state directory.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::consent::asked;
use super::session::Session;
use crate::actions::prompt_files::Origin;
use crate::agents_api::agent_called;
use crate::config::Settings;
use crate::i18n::{Message, message, one_line};
use crate::job::{Confirmed, Job, JobError, Order};

const USE: Message = message!("trust-button-use");

/// An agent that a workspace names and the user's own settings do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ForeignAgent {
    workspace: PathBuf,
    /// Its id or name, as it is asked.
    pub(crate) agent: String,
    /// The fields that go along and are not the user's own, as JSON.
    #[serde(default)]
    extra: Option<String>,
}

/// Whether settings name an agent: as the default, in their table, or for an action.
fn names_agent(settings: &Settings, named: &str) -> bool {
    let of_actions = settings.actions.values().filter_map(|action| action.agent.as_deref());
    let by_name = settings.agent.as_deref().into_iter().chain(of_actions).any(|own| own.trim() == named);
    by_name || settings.agents.iter().any(|(name, agent)| name == named || agent.id == named)
}

impl ForeignAgent {
    /// The agent of an order, where it is foreign to `own`, the settings of the user file alone: a prompt file of a workspace
    /// names it, or the settings of the editor (`settings`), which may come from a workspace as well, or they add fields to
    /// what it is asked. An agent that the user chose for this run is not.
    pub(crate) fn of(
        job: &Job,
        order: &Order,
        settings: &Settings,
        own: &Settings,
        default_agent: Option<&str>,
    ) -> Option<Self> {
        let id = order.request.agent_id.as_str();
        let extra = Self::foreign_fields(order, own, default_agent);
        let knows = |named: &str| names_agent(own, named) || default_agent.is_some_and(|own| own.trim() == named);
        let foreign =
            |workspace: &Path, extra| Some(Self { workspace: workspace.to_owned(), agent: id.to_owned(), extra });
        let by_settings = settings.actions.get(&*job.action.id).is_some_and(|action| action.agent.is_some());
        if !by_settings
            && let Some(Origin::Workspace(workspace)) = job.action.file.as_ref().map(|file| &file.origin)
            && let Some(named) = job.action.agent.as_deref()
            && !knows(named)
            && !knows(id)
        {
            return foreign(workspace, extra);
        }
        let by_editor = names_agent(settings, id) && !knows(id);
        if !by_editor && extra.is_none() {
            return None;
        }
        let document = order.snapshot.uri.to_file_path();
        let around = order.folders.iter().find(|folder| document.as_ref().is_some_and(|it| it.starts_with(folder)));
        foreign(around.or(order.folders.first()).map_or(Path::new(""), PathBuf::as_path), extra)
    }

    /// The fields that the settings of the editor add to the request.
    fn foreign_fields(order: &Order, own: &Settings, default_agent: Option<&str>) -> Option<String> {
        let id = order.request.agent_id.as_str();
        let known = own.resolve_agent(Some(id), default_agent).map(|agent| agent.extra_body).unwrap_or_default();
        let mut added = order.request.extra_body.clone();
        added.retain(|name, value| known.get(name) != Some(value));
        (!added.is_empty()).then(|| Value::Object(added).to_string())
    }
}

/// The agents that the user confirmed.
pub(crate) fn confirmed_agents() -> Confirmed<ForeignAgent> {
    Confirmed::in_file("confirmed-agents.json")
}

/// Whether the agent of the order may be asked.
///
/// # Errors
/// Why it may not, and what to do about it.
pub(crate) async fn confirm_agent(
    session: &Session,
    job: &Job,
    order: &Order,
    asks: &(dyn Fn() + Sync),
) -> Result<(), JobError> {
    if session.service.is_sandbox() {
        // What the sandbox is sent stays in this process.
        return Ok(());
    }
    let (settings, own) = (session.settings(), session.own_settings());
    let Some(wanted) = ForeignAgent::of(job, order, &settings, &own, session.service.default_agent()) else {
        return Ok(());
    };
    let _turn = session.trust.turn().await;
    if session.trust.holds(&wanted, &session.environment).await {
        return Ok(());
    }
    let file = job.action.file.as_ref().filter(|file| matches!(file.origin, Origin::Workspace(_)));
    let by_settings = settings.actions.get(&*job.action.id).is_some_and(|action| action.agent.is_some());
    let by_file = file.filter(|_| job.action.agent.is_some() && !by_settings);
    if by_file.is_none() && wanted.extra.is_none() && is_of_the_account(session, &wanted.agent, order).await {
        return Ok(());
    }
    let (agent, workspace) = (one_line(&wanted.agent), wanted.workspace.display().to_string());
    let workspace = one_line(&workspace);
    let question = match (by_file, &wanted.extra) {
        (Some(file), _) => message!(
            "trust-question",
            title = one_line(&job.action.title.text(session.language())),
            workspace = workspace,
            file = one_line(&file.shown),
            agent = &agent,
        ),
        (None, None) => message!("trust-question-settings", workspace = workspace, agent = &agent),
        (None, Some(extra)) => {
            message!("trust-question-fields", workspace = workspace, agent = &agent, fields = one_line(extra))
        }
    };
    asks();
    if !asked(session, &question, &USE).await {
        let refused = match by_file {
            Some(file) => message!(
                "trust-refused",
                agent = agent,
                file = one_line(&file.shown),
                answer = USE,
                action = job.action.id.clone(),
            ),
            None => message!("trust-refused-settings", agent = agent, answer = USE),
        };
        return Err(JobError::Declined(refused));
    }
    session.trust.remember(wanted, &session.environment).await;
    Ok(())
}

/// Whether the account lists the agent: then its members share it, and no stranger can have put it there.
async fn is_of_the_account(session: &Session, agent: &str, order: &Order) -> bool {
    let Ok(api) = session.service.api().await else { return false };
    let listed = match api.known_agents() {
        Some(agents) => Ok(agents),
        None => api.agents(order.limits).await,
    };
    listed.is_ok_and(|agents| matches!(agent_called(agent, &agents), Ok(Some(_))))
}
