//! Waiting edits on disk: beside the answers, only for their owner. When a server starts, it offers them again, if an
//! opened document contains the text that they replace.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::actions::{Action, ActionResult, MenuRule};
use crate::agents_api::ChatEnd;
use crate::documents::DocumentUri;
use crate::edit::Purpose;
use crate::files;
use crate::i18n::Message;
use crate::job::{Answer, Job, Proposal, ProposalRecord};
use crate::server::client::refresh_lenses;
use crate::server::session::Session;
use crate::server::state_files::{self, MAX_AGE};
use crate::tasks;

/// The folder of waiting edits, in the state directory.
const FOLDER: &str = "waiting";

/// A larger edit is not kept over a restart, in bytes.
const MAX_BYTES: usize = 8 << 20;

/// The limit of all edits together, in bytes. The oldest are removed first.
const MAX_SUM: u64 = 64 << 20;
const MAX_COUNT: usize = 200;

/// How long the start waits for the edits. Later ones appear when they are read.
const START_TIME: Duration = Duration::from_millis(300);

/// A waiting edit in its file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredEdit {
    /// Increases if an older server can no longer read the format.
    format: u32,
    job_id: String,
    action: StoredAction,
    /// The document as the client spells it.
    uri: String,
    /// The first and the last line of the question, counted from one.
    lines: [usize; 2],
    answer: String,
    is_complete: bool,
    proposal: ProposalRecord,
}

const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct StoredAction {
    id: String,
    kind: String,
    title: String,
    result: String,
}

/// The edit of a job begins to wait. It is on disk before the user is told about it.
pub(crate) async fn begin(session: &Session, job: &Job) {
    look_for(session, job);
    save(session, job).await;
}

/// Writes the waiting edit of a job.
pub(crate) async fn save(session: &Session, job: &Job) {
    let Some(proposal) = job.proposal() else { return };
    write(session, job, &proposal).await;
    // The user may have decided about it during the write.
    if job.proposal().is_none() {
        remove(session, job).await;
    }
}

/// The session ends: writes where the edits are now.
pub(crate) async fn on_shutdown(session: &Session) {
    for job in session.jobs.proposed() {
        save(session, &job).await;
    }
}

async fn write(session: &Session, job: &Job, proposal: &Proposal) {
    let answer = job.answer().unwrap_or_default();
    let action = &job.action;
    let lines = job.lines();
    let kept = StoredEdit {
        format: FORMAT,
        job_id: job.id.clone(),
        action: StoredAction {
            id: action.id.to_string(),
            kind: action.kind.to_string(),
            title: action.title.text(session.language()),
            result: action.result.name().to_owned(),
        },
        uri: job.client_uri.to_string(),
        lines: [lines.start, lines.end],
        answer: answer.text.clone(),
        is_complete: answer.is_complete(),
        proposal: proposal.record(session.language()),
    };
    let Ok(text) = serde_json::to_string(&kept) else { return };
    if text.len() > MAX_BYTES {
        tracing::warn!(job = %job.id, bytes = text.len(), "a waiting edit is too large to outlive this session");
        return;
    }
    let _ = state_files::write(session, FOLDER, &file_name(&job.id), &text).await;
}

/// The edit of a job no longer waits.
pub(crate) fn forget(session: &Arc<Session>, job: &Arc<Job>) {
    let job = Arc::clone(job);
    session.spawn("forgetting a waiting edit", |session| async move { remove(&session, &job).await });
}

/// Removes the edit of a job from the disk, if it is there.
async fn remove(session: &Session, job: &Job) {
    if let Ok(path) = state_files::state_path(session, FOLDER, &file_name(&job.id)) {
        state_files::remove(&path).await;
    }
}

/// Offers the edits of earlier sessions again. If there are any, waits a moment for them.
pub(crate) async fn offer_again(session: &Arc<Session>) {
    let Some(folder) = state_files::state_path(session, FOLDER, "").ok().filter(|folder| folder.is_dir()) else {
        return;
    };
    let session = Arc::clone(session);
    let reading = tasks::spawn("reading the waiting edits", async move {
        let read = tokio::task::spawn_blocking(move || read_stored_edits(&folder, SystemTime::now())).await;
        for kept in read.unwrap_or_default() {
            restore(&session, kept).await;
        }
        for uri in session.documents.open_documents() {
            look_in(&session, &uri);
        }
    });
    let _ = tokio::time::timeout(START_TIME, reading).await;
}

async fn restore(session: &Session, kept: StoredEdit) {
    let Some(result) = ActionResult::named(&kept.action.result) else { return };
    let action = Action {
        id: kept.action.id.into(),
        kind: kept.action.kind.into(),
        result,
        purpose: Purpose::Free,
        offered: MenuRule::Always,
        title: Message::verbatim(kept.action.title),
        prompt: "".into(),
        agent: None,
        file: None,
    };
    let document = DocumentUri::parse(&kept.uri);
    let granularity = session.profile.granularity;
    let Some(proposal) = Proposal::restored(kept.proposal, &document, &kept.uri, &session.documents, granularity).await
    else {
        return;
    };
    let end = kept.is_complete.then(ChatEnd::default);
    let answer = Answer { text: kept.answer, end, ..Answer::default() };
    let mut job = Job::new(action, document, kept.uri.into());
    job.id = kept.job_id;
    job.set_lines(kept.lines[0]..kept.lines[1]);
    job.end_with(answer, proposal);
    let job = Arc::new(job);
    session.jobs.restore(Arc::clone(&job));
    // Its answer ended in the earlier session.
    session.history.record_of(&job).mark_finished();
}

/// A document was opened: a waiting edit may find its place in it, even if the document was renamed. Returns whether
/// one did.
pub(crate) fn look_in(session: &Session, opened: &DocumentUri) -> bool {
    let mut found = false;
    for job in session.jobs.with_proposals() {
        let Some(proposal) = job.proposal() else { continue };
        let asked = proposal.document();
        let has_moved =
            || session.renames.may_be_renamed(&asked, opened) && session.documents.snapshot(asked.as_str()).is_err();
        let is_it = asked == *opened || job.document == *opened || has_moved();
        if is_it && let Some(again) = proposal.found_in(&session.documents, opened) {
            job.keep_proposal(Arc::new(again));
            found = true;
        } else if is_it && proposal.file_edit().is_some() {
            proposal.set_offered();
            found = true;
        }
    }
    found
}

/// The same for a job whose edit has just begun to wait: its document may have been renamed meanwhile.
fn look_for(session: &Session, job: &Job) {
    let Some(proposal) = job.proposal() else { return };
    if session.documents.snapshot(proposal.document().as_str()).is_ok() {
        return;
    }
    for moved in session.renames.from(&proposal.document()) {
        if let Some(again) = proposal.found_in(&session.documents, &moved) {
            return job.keep_proposal(Arc::new(again));
        }
    }
}

/// A document was closed: its waiting edits may have their place in a document that was opened directly before.
pub(crate) fn look_after(session: &Session, closed: &DocumentUri) {
    session
        .jobs
        .with_proposals()
        .iter()
        .filter(|job| job.edit_document() == *closed)
        .for_each(|job| look_for(session, job));
}

/// The client says that a file or a folder was renamed.
pub(crate) fn renamed(session: &Arc<Session>, old: &DocumentUri, new: &DocumentUri) {
    session.renames.renamed(old.clone(), new.clone());
    for job in session.jobs.with_proposals() {
        let document = job.edit_document();
        let inside = document.as_str().strip_prefix(old.as_str()).filter(|rest| rest.starts_with('/'));
        if let Some(rest) = inside {
            session.renames.renamed(document.clone(), DocumentUri::parse(&format!("{new}{rest}")));
        }
        look_for(session, &job);
    }
    refresh_lenses(session);
}

fn file_name(job_id: &str) -> String {
    format!("{job_id}.json")
}

/// The waiting edits in a folder, the oldest first. Old or surplus ones are removed. Unreadable ones stay.
fn read_stored_edits(folder: &Path, now: SystemTime) -> Vec<StoredEdit> {
    // If other users can write there, they could add edits. Therefore no edit is read from such a folder.
    let both = [folder.parent().unwrap_or(folder), folder];
    if let Err(error) = both.into_iter().filter(|it| it.is_dir()).try_for_each(files::private_folder) {
        tracing::warn!(%error, path = %folder.display(), "waiting edits are not read, because the folder belongs to another user");
        return Vec::new();
    }
    let mut files = state_files::files(folder);
    files.retain(|file| file.path.extension() == Some("json".as_ref()) && !files::is_open_to_others(&file.path));
    files.sort();
    let (mut sum, mut kept) = (0_u64, Vec::new());
    for file in files.into_iter().rev() {
        sum = sum.saturating_add(file.bytes);
        let path = &file.path;
        if file.age(now) > MAX_AGE || sum > MAX_SUM || kept.len() >= MAX_COUNT {
            if let Err(error) = std::fs::remove_file(path) {
                tracing::debug!(%error, path = %path.display(), "an old waiting edit could not be removed");
            }
            continue;
        }
        let text = files::read_text(path, MAX_SUM).map_err(|error| error.to_string());
        match text.and_then(|text| serde_json::from_str::<StoredEdit>(&text).map_err(|error| error.to_string())) {
            Ok(edit) if edit.format == FORMAT => kept.push(edit),
            Ok(_) => {}
            Err(reason) => tracing::warn!(reason, path = %path.display(), "a waiting edit could not be read"),
        }
    }
    kept.reverse();
    kept
}
