//! Asks the user before an agent that a workspace names gets their code.
//!
//! A workspace is not trusted, and whoever runs an agent reads what it is sent. So an agent that a prompt file of a workspace
//! names and the user's own settings do not is confirmed once for each workspace, and remembered in the state directory.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::consent::CANCEL;
use super::session::{MessageKind, Session};
use crate::actions::prompt_files::Origin;
use crate::config::{Environment, Settings};
use crate::i18n::{Message, message};
use crate::job::{Job, JobError, Order};

/// How long the user may take to answer. Silence is no consent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

const USE: Message = message!("trust-button-use");

/// An agent that a workspace names and the user's own settings do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ForeignAgent {
    workspace: PathBuf,
    /// Its id or name, as it is asked.
    pub(crate) agent: String,
}

impl ForeignAgent {
    /// The agent of an order, where it is foreign.
    pub(crate) fn of(job: &Job, order: &Order, settings: &Settings, default_agent: Option<&str>) -> Option<Self> {
        let Origin::Workspace(workspace) = &job.action.file.as_ref()?.origin else { return None };
        let named = job.action.agent.as_deref()?;
        let of_action = settings.actions.get(&*job.action.id).and_then(|action| action.agent.as_deref());
        let default_agents = [of_action, settings.agent.as_deref(), default_agent];
        let in_table = settings.agents.iter().any(|(name, agent)| name == named || agent.id == named);
        let is_own = in_table || default_agents.into_iter().flatten().any(|own| own.trim() == named);
        (!is_own).then(|| Self { workspace: workspace.clone(), agent: order.request.agent_id.clone() })
    }

    /// Whether the user confirmed it in an earlier session. **This reads a file.**
    pub(crate) fn is_on_file(&self, environment: &Environment) -> bool {
        file(environment).is_some_and(|path| read(&path).contains(self))
    }
}

/// What the user confirmed in this session, and the right to ask.
#[derive(Default)]
pub(crate) struct Trust {
    confirmed: Mutex<BTreeSet<ForeignAgent>>,
    /// Held while the user is asked, so that two jobs do not ask the same.
    asking: tokio::sync::Mutex<()>,
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
    let foreign = ForeignAgent::of(job, order, &session.settings(), session.service.default_agent());
    let (Some(wanted), Some(file)) = (foreign, &job.action.file) else { return Ok(()) };
    let _turn = session.trust.asking.lock().await;
    if is_confirmed(session, &wanted).await {
        return Ok(());
    }
    let agent = shortened(&wanted.agent);
    let question = message!(
        "trust-question",
        title = shortened(&job.action.title.text(session.language())),
        workspace = wanted.workspace.display().to_string(),
        file = &file.shown,
        agent = &agent,
    );
    asks();
    if !asked(session, &question).await {
        return Err(JobError::Refused(message!(
            "trust-refused",
            agent = agent,
            file = &file.shown,
            answer = USE,
            action = job.action.id.clone(),
        )));
    }
    remember(session, wanted).await;
    Ok(())
}

/// Puts the question. Any answer but [`USE`] is a refusal, and so is none.
async fn asked(session: &Session, question: &Message) -> bool {
    let (yes, no) = (USE.text(session.language()), CANCEL.text(session.language()));
    let params = json!({
        "type": MessageKind::Warning as u8,
        "message": session.said(question),
        "actions": [{ "title": yes }, { "title": no }],
    });
    match session.outbox.request("window/showMessageRequest", params, ANSWER_TIMEOUT).await {
        Ok(answer) => answer.get("title").and_then(Value::as_str) == Some(&yes),
        Err(error) => {
            tracing::warn!(%error, "the user could not be asked");
            false
        }
    }
}

/// What a workspace says, so that it cannot pass for a part of the question.
fn shortened(text: &str) -> String {
    const LONGEST_CHARS: usize = 80;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_CHARS).collect()
}

fn file(environment: &Environment) -> Option<PathBuf> {
    Some(environment.state_dir()?.join("confirmed-agents.json"))
}

async fn is_confirmed(session: &Session, wanted: &ForeignAgent) -> bool {
    let in_session = session.trust.confirmed.lock().unwrap_or_else(PoisonError::into_inner).contains(wanted);
    if in_session {
        return true;
    }
    let (wanted, environment) = (wanted.clone(), session.environment.clone());
    tokio::task::spawn_blocking(move || wanted.is_on_file(&environment)).await.unwrap_or(false)
}

/// Keeps a confirmation for this session and, where it can be written, for later ones.
async fn remember(session: &Session, confirmed: ForeignAgent) {
    session.trust.confirmed.lock().unwrap_or_else(PoisonError::into_inner).insert(confirmed.clone());
    let Some(path) = file(&session.environment) else { return };
    let written = tokio::task::spawn_blocking(move || {
        let mut all = read(&path);
        all.insert(confirmed);
        write(&path, &all)
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "a confirmation holds for this session alone: it could not be written")
        }
        Err(error) => tracing::error!(%error, "writing a confirmation failed by a bug"),
    }
}

/// A file that is not there, or is broken, confirms nothing.
fn read(path: &Path) -> BTreeSet<ForeignAgent> {
    let text = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Writes beside the file first: another process may read it at any moment.
fn write(path: &Path, all: &BTreeSet<ForeignAgent>) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    std::fs::create_dir_all(folder)?;
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(&beside)?.write_all(serde_json::to_string_pretty(all)?.as_bytes())?;
    std::fs::rename(&beside, path)
}
