//! Asks the user before the server sends a possible secret, and before an agent of a workspace setting gets the user's
//! code.
//!
//! A workspace is not trusted, and the owner of an agent reads all it receives. An agent may come from a prompt file of
//! a workspace, or from editor settings, which may come from a workspace. If the user file, the environment and the
//! account do not know it, the user confirms it once for each workspace. The state directory stores this.

use std::sync::Mutex;

use crate::actions::prompt_files::Origin;
use crate::agents_api::agent_called;
use crate::config::{Environment, SecretGuard};
use crate::guard::Consents;
use crate::i18n::{Message, message, one_line};
use crate::job::{self, Confirmed, Gatekeeper, Job, JobError, Matter, Order, Refusal, UploadList, WorkspaceAgent};
use crate::server::client::ask_yes_no;
use crate::server::session::{Feedback, Session};
use crate::tasks::lock;

const SEND: Message = message!("guard-button-send");

const UPLOAD: Message = message!("uploads-button");

const USE: Message = message!("trust-button-use");

/// Whether the order may be sent, by the setting `secrets.guard` and the user. Errors: the reason, and how to allow it.
pub(crate) async fn request(
    session: &Session,
    job: &Job,
    order: &Order,
    asks: &(dyn Fn() + Sync),
) -> Result<(), JobError> {
    let document = order.document().and_then(|uri| session.shown_path(uri));
    job::pass(&Editor { session, asks }, job, order, document).await
}

/// The editor as the place that asks the user.
struct Editor<'a> {
    session: &'a Session,
    /// Called before the user is asked.
    asks: &'a (dyn Fn() + Sync),
}

impl Gatekeeper for Editor<'_> {
    fn mode(&self) -> SecretGuard {
        self.session.settings().secrets.guard
    }

    fn consents(&self) -> &Mutex<Consents> {
        &self.session.consents
    }

    fn confirmed_uploads(&self) -> &Confirmed<UploadList> {
        &self.session.uploads
    }

    fn may_upload_anyway(&self) -> bool {
        self.session.service.is_sandbox()
    }

    fn environment(&self) -> &Environment {
        &self.session.environment
    }

    async fn ask(&self, matter: Matter, question: Message) -> Result<(), Refusal> {
        (self.asks)();
        let (yes, refusal): (Message, Refusal) = match matter {
            Matter::Secrets => (SEND, |reasons| message!("guard-not-agreed", reasons = reasons, answer = SEND)),
            Matter::Uploads => (UPLOAD, |files| message!("uploads-not-agreed", files = files, answer = UPLOAD)),
        };
        if ask_yes_no(self.session, &question, &yes).await { Ok(()) } else { Err(refusal) }
    }
}

/// Whether the agent of the order may be asked. Errors: the reason, and what to do about it.
pub(crate) async fn confirm_agent(
    session: &Session,
    job: &Job,
    order: &Order,
    asks: &(dyn Fn() + Sync),
) -> Result<(), JobError> {
    if session.service.is_sandbox() {
        // Orders for the sandbox stay in this process.
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
    let (agent, workspace) = (one_line(&wanted.agent), agent_name(&wanted));
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

/// Says once a session that editor settings chose an agent: a workspace may contain these settings.
fn told_once(session: &Session, chosen: WorkspaceAgent) -> Feedback {
    let text = message!("trust-said-settings", agent = one_line(&chosen.agent), workspace = agent_name(&chosen));
    let mut named = lock(&session.named_agents);
    if named.contains(&chosen) {
        return Feedback::none();
    }
    named.push(chosen);
    Feedback::info(text)
}

fn agent_name(agent: &WorkspaceAgent) -> String {
    one_line(&agent.workspace.display().to_string())
}

/// Whether the account lists the agent. Then the account's members share it, and a stranger cannot have created it.
async fn is_of_the_account(session: &Session, agent: &str, order: &Order) -> bool {
    let Ok(api) = session.service.api().await else { return false };
    let listed = match api.known_agents() {
        Some(agents) => Ok(agents),
        None => api.agents(order.ask.limits).await,
    };
    listed.is_ok_and(|agents| matches!(agent_called(agent, &agents), Ok(Some(_))))
}
