//! Asks the user before the server sends a possible secret, and before an agent of a workspace setting gets the user's
//! code.
//!
//! A workspace is not trusted, and the owner of an agent reads all it receives. An agent may come from a prompt file of
//! a workspace, or from editor settings, which may come from a workspace. If the user file, the environment and the
//! account do not know it, the user confirms it once for each workspace. The state directory stores this.

use crate::agents_api::agent_called;
use crate::config::SecretGuard;
use crate::i18n::{Message, message};
use crate::job::{self, Agreed, ConsentHost, ConsentSubject, Job, JobError, NamedBy, Order, WorkspaceAgent};
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
    job::check_order(&Editor { session, asks }, job, order, document).await
}

/// The editor as the place that asks the user.
struct Editor<'a> {
    session: &'a Session,
    /// Called before the user is asked.
    asks: &'a (dyn Fn() + Sync),
}

impl ConsentHost for Editor<'_> {
    fn mode(&self) -> SecretGuard {
        self.session.settings().secrets.guard
    }

    fn agreed(&self) -> &Agreed {
        &self.session.agreed
    }

    fn may_upload_anyway(&self) -> bool {
        self.session.service.is_sandbox()
    }

    fn foreign_agent(&self, job: &Job, order: &Order) -> Option<(WorkspaceAgent, NamedBy)> {
        let Session { service, .. } = self.session;
        // Orders for the sandbox stay in this process.
        if service.is_sandbox() {
            return None;
        }
        let (settings, own) = (self.session.settings(), self.session.own_settings());
        WorkspaceAgent::of(job, order, &settings, &own, service.default_agent())
    }

    /// The account's members share the agents that it lists. A stranger cannot have created one of them.
    async fn is_of_the_account(&self, wanted: &WorkspaceAgent, order: &Order) -> bool {
        let Ok(api) = self.session.service.api().await else { return false };
        let listed = match api.known_agents() {
            Some(agents) => Ok(agents),
            None => api.agents(order.ask.limits).await,
        };
        let is_listed = listed.is_ok_and(|agents| matches!(agent_called(&wanted.agent, &agents), Ok(Some(_))));
        if is_listed {
            self.session.publish(notice_once(self.session, wanted));
        }
        is_listed
    }

    async fn ask(&self, subject: ConsentSubject<'_>, question: Message) -> Result<(), Message> {
        (self.asks)();
        let (yes, refused) = match subject {
            ConsentSubject::Secrets(reasons) => (SEND, message!("guard-not-agreed", reasons = reasons, answer = SEND)),
            ConsentSubject::Uploads(files) => (UPLOAD, message!("uploads-not-agreed", files = files, answer = UPLOAD)),
            ConsentSubject::Agent(wanted, named_by, action) => (
                USE,
                match (named_by, wanted.names()) {
                    (NamedBy::File(file), (agent, _)) => {
                        let action = action.id.clone();
                        message!("trust-refused", agent = agent, file = file, answer = USE, action = action)
                    }
                    (NamedBy::Settings, (agent, _)) => message!("trust-refused-settings", agent = agent, answer = USE),
                },
            ),
        };
        if ask_yes_no(self.session, &question, &yes).await { Ok(()) } else { Err(refused) }
    }
}

/// Says once a session that editor settings chose an agent: a workspace may contain these settings.
fn notice_once(session: &Session, chosen: &WorkspaceAgent) -> Feedback {
    let (agent, workspace) = chosen.names();
    let mut named = lock(&session.named_agents);
    if named.contains(chosen) {
        return Feedback::none();
    }
    named.push(chosen.clone());
    Feedback::info(message!("trust-said-settings", agent = agent, workspace = workspace))
}
