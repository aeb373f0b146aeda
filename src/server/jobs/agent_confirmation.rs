//! Asks the user before an agent that a workspace names gets their code.
//!
//! A workspace is not trusted, and whoever runs an agent reads what it is sent. So an agent that a prompt file of a workspace
//! names, or the settings of the editor (which editors take from workspaces, too), and that neither the user file, nor the
//! environment, nor the account knows, is confirmed once for each workspace, and remembered in the state directory.

use std::sync::PoisonError;

use crate::actions::prompt_files::Origin;
use crate::agents_api::agent_called;
use crate::i18n::{Message, message, one_line};
use crate::job::{Job, JobError, Order, WorkspaceAgent};
use crate::server::client::requests::ask_yes_no;
use crate::server::session::{Feedback, Session};

const USE: Message = message!("trust-button-use");

/// Whether the agent of the order may be asked. Errors: why it may not, and what to do about it.
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
    let Some(wanted) = WorkspaceAgent::of(job, order, &settings, &own, session.service.default_agent()) else {
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
        session.publish(told_once(session, wanted));
        return Ok(());
    }
    let (agent, workspace) = (one_line(&wanted.agent), shown(&wanted));
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
    if !ask_yes_no(session, &question, &USE).await {
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

/// That settings of the editor chose an agent, once a session: a workspace may have brought them.
fn told_once(session: &Session, chosen: WorkspaceAgent) -> Feedback {
    let text = message!("trust-said-settings", agent = one_line(&chosen.agent), workspace = shown(&chosen));
    let mut named = session.named_agents.lock().unwrap_or_else(PoisonError::into_inner);
    if named.contains(&chosen) {
        return Feedback::none();
    }
    named.push(chosen);
    Feedback::info(text)
}

fn shown(agent: &WorkspaceAgent) -> String {
    one_line(&agent.workspace.display().to_string())
}

/// Whether the account lists the agent: then its members share it, and no stranger can have put it there.
async fn is_of_the_account(session: &Session, agent: &str, order: &Order) -> bool {
    let Ok(api) = session.service.api().await else { return false };
    let listed = match api.known_agents() {
        Some(agents) => Ok(agents),
        None => api.agents(order.ask.limits).await,
    };
    listed.is_ok_and(|agents| matches!(agent_called(agent, &agents), Ok(Some(_))))
}
