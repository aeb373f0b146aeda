//! The prompt files of a session: read when it begins, and again if they may have changed.
//!
//! Menus use the files of the last read, and a new read runs in the background. If a menu came before the first files,
//! a message announces them later. Only a request for an unknown action waits for the first read, for a limited time. A
//! client that watches files reports changes. With other clients the server checks when a document is saved, a menu
//! opens or a list is requested, at most once a second.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::requests::register;
use crate::actions::prompt_files::{self, PromptFolder, Report};
use crate::documents::DocumentUri;
use crate::i18n::message;
use crate::server::session::{Feedback, MessageKind, Refresh, Session};

/// Without a reason, no folder is checked more often than this.
const BETWEEN_CHECKS: Duration = Duration::from_secs(1);

/// The server reports this number of files one by one.
const MOST_MESSAGES: usize = 4;

/// This number of the other files are named in one message.
const MOST_NAMES: usize = 20;

/// Checks the folders in the background, after everything else.
pub(crate) fn refresh(session: &Arc<Session>, how: Refresh) {
    if session.prompt_files.start_read(how) {
        session.spawn_or("reading the prompt files", |session| session.prompt_files.stop_reading(), read_folders);
    }
}

async fn read_folders(session: Arc<Session>) -> Feedback {
    // What is ready is sent first, such as the reply to `initialize`. It does not wait for a thread to start.
    tokio::task::yield_now().await;
    let (cache, mut feedback) = (&session.prompt_files, Feedback::none());
    while let Some(known) = cache.next_read() {
        let places = places(&session);
        let loaded = tokio::task::spawn_blocking(move || prompt_files::load(&places, known)).await;
        match loaded {
            Ok(Some(loaded)) => {
                tracing::debug!(files = loaded.files.len(), problems = loaded.reports.len(), "read prompt files");
                if cache.store(loaded) {
                    feedback = feedback.and(Feedback::info(message!("prompt-file-late")));
                }
                feedback = feedback.and(new_problems(&session));
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "reading prompt files failed by a bug"),
        }
        cache.first_files.cancel();
    }
    feedback
}

/// Waits for the first files if these `RunParams` name an action that is unknown without them. If the user types
/// meanwhile, the range moves with the text.
pub(crate) async fn wait_for_action(session: &Session, params: &mut Value) {
    let action = params.get("action").and_then(Value::as_str).unwrap_or_default();
    if session.prompt_files.is_read() || session.catalogue().find(action).is_some() {
        return;
    }
    if let Some(document) = params.get_mut("textDocument").and_then(Value::as_object_mut)
        && document.get("version").is_none_or(Value::is_null)
        && let Some(snapshot) = document.get("uri").and_then(Value::as_str).map(|uri| session.documents.snapshot(uri))
        && let Ok(snapshot) = snapshot
    {
        document.insert("version".to_owned(), snapshot.version.into());
    }
    session.prompt_files.wait().await;
}

/// The folders that may contain prompt files.
fn places(session: &Session) -> Vec<PromptFolder> {
    let personal = session.environment.config_dir().map(|folder| PromptFolder::personal(&folder));
    session.folders().iter().map(|folder| PromptFolder::of_workspace(folder)).chain(personal).collect()
}

/// Checks for changes, unless that was just done or the client reports changes itself.
pub(crate) fn refresh_if_stale(session: &Arc<Session>) {
    let is_due = {
        let state = session.prompt_files.state();
        !state.is_watched && state.last_checked.is_none_or(|last_checked| last_checked.elapsed() >= BETWEEN_CHECKS)
    };
    if is_due {
        refresh(session, Refresh::IfStale);
    }
}

/// A document was saved: the editor says by this that a prompt file may have changed.
pub(crate) fn saved(session: &Arc<Session>, uri: &str) {
    if is_prompt_file(session, uri) { refresh(session, Refresh::Always) } else { refresh_if_stale(session) }
}

/// `workspace/didChangeWatchedFiles`: the client says that files changed.
pub(crate) fn on_did_change_watched_files(session: &Arc<Session>, params: &Value) {
    let changes = params.get("changes").and_then(Value::as_array);
    let mut uris = changes.into_iter().flatten().filter_map(|change| change.get("uri")?.as_str());
    let is_folder = |uri: &str| [".stackspot", ".stackspot/actions"].iter().any(|end| uri.ends_with(end));
    if uris.any(|uri| is_folder(uri.trim_end_matches('/')) || is_prompt_file(session, uri)) {
        refresh(session, Refresh::Always);
    }
}

fn is_prompt_file(session: &Session, uri: &str) -> bool {
    let path = DocumentUri::parse(uri).to_file_path();
    path.is_some_and(|path| places(session).iter().any(|place| place.holds(&path)))
}

/// The client is ready: the server asks it to report changes, and reports problems.
pub(crate) async fn follow(session: Arc<Session>) -> Feedback {
    session.prompt_files.state().client_ready = true;
    session.spawn("watching the prompt files", watch);
    new_problems(&session)
}

async fn watch(session: Arc<Session>) {
    let profile = &session.profile;
    if !profile.registers_watched_files {
        return;
    }
    let in_workspaces = ["**/.stackspot/actions/*.md", "**/.stackspot/actions", "**/.stackspot"];
    let mut watchers: Vec<Value> = in_workspaces.iter().map(|glob| json!({ "globPattern": glob })).collect();
    let personal = session.environment.config_dir().map(|folder| PromptFolder::personal(&folder).folder);
    let covers_all = personal.is_none() || profile.relative_patterns;
    if let Some(folder) = personal.filter(|_| profile.relative_patterns) {
        let base = DocumentUri::from_file_path(&folder);
        watchers.push(json!({ "globPattern": { "baseUri": base.as_str(), "pattern": "*.md" } }));
    }
    let (id, method) = ("stackspot-lsp/prompt-files", "workspace/didChangeWatchedFiles");
    match register(&session, id, method, json!({ "watchers": watchers })).await {
        Ok(_) => session.prompt_files.state().is_watched = covers_all,
        Err(error) => tracing::debug!(%error, "the client does not watch prompt files"),
    }
}

/// The problems, each once for each content of a file.
fn new_problems(session: &Session) -> Feedback {
    let unreported = session.prompt_files.take_unreported();
    for report in &unreported {
        tracing::warn!(file = %report.path.display(), problem = %report.problem, "a prompt file has a problem");
    }
    let (said, unsaid) = unreported.split_at(unreported.len().min(MOST_MESSAGES));
    let told = |report: &Report| {
        let Report { shown, problem, .. } = report;
        let problem = capitalized(&problem.message().text(session.language()));
        let message = if report.is_usable {
            message!("prompt-file-doubtful", file = shown, problem = problem)
        } else {
            message!("prompt-file-broken", file = shown, problem = problem)
        };
        (MessageKind::Warning, message)
    };
    let feedback: Feedback = said.iter().map(told).collect();
    if !unsaid.is_empty() {
        let mut names: Vec<_> = unsaid.iter().map(|report| report.shown.as_str()).collect();
        names.dedup();
        let count = names.len();
        if count > MOST_NAMES {
            names.truncate(MOST_NAMES);
            names.push("…");
        }
        return feedback.and(Feedback::warning(message!("prompt-file-more", count = count, files = names.join(", "))));
    }
    feedback
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
