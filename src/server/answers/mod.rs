//! Answers as the user sees them: they open at their first words and grow until they end. They can be opened again.
//!
//! `surface` chooses the place. `virtual_document`, `growing_file` and `message` are the places. `text` makes the text
//! of the document, and `file` stores it. `hover` shows an answer at its code. `Record` is the data of each answer.

mod file;
mod growing_file;
mod hover;
mod menu;
mod message;
mod surface;
mod text;
mod virtual_document;

use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use self::file::{earlier, save, save_while_streaming};
pub(crate) use self::hover::{hover, reconcile};
use self::menu::by_uri;
pub(crate) use self::menu::{Continued, continued, menu};
pub(crate) use self::message::open_or_show;
use self::surface::Surface;
pub(crate) use self::virtual_document::content;
use crate::actions::ActionResult;
use crate::documents::DocumentUri;
use crate::job::{Failed, Finished, Job};
use crate::memory;
use crate::server::client::{open, show_document};
use crate::server::session::{AnswerView, Feedback, Record, Session};
use crate::server::state_files;

/// A job ended. The user can open its answer from now on.
pub(crate) fn on_job_ended(session: &Arc<Session>, job: &Job, ending: &Result<Finished, Failed>) {
    let answer = match ending {
        Ok(Finished { answer, .. }) => answer.text.len(),
        Err(Failed { partial, .. }) => partial.as_ref().map_or(0, |partial| partial.text.len()),
    };
    memory::freed(answer);
    if let Some(record) = session.history.record(&job.id) {
        record.ended(ending);
        hover::reconcile(session);
    }
}

/// A document was opened. It may be the document of a growing answer, or the code of an answer.
pub(crate) fn on_did_open(session: &Arc<Session>, opened: &DocumentUri) {
    session.answers.opened.notify_waiters();
    for record in session.history.latest_first() {
        if let Some(asked) = record.sent_order().filter(|asked| asked.uri == *opened) {
            asked.relocate(&session.documents);
        }
    }
    hover::reconcile(session);
}

/// A document was closed. If the editor discarded a part of an answer, the server writes it into its file.
pub(crate) fn on_did_close(session: &Arc<Session>, uri: &str) {
    hover::reconcile(session);
    if let Some(record) = by_uri(session, uri).filter(|record| record.has_ended()) {
        session.spawn(
            "writing an answer",
            |session| async move { drop(file::write_unless_open(&session, &record).await) },
        );
    }
}

/// The session ends: the server writes all answers so far into their files, even if the editor discarded them.
pub(crate) async fn on_shutdown(session: &Session) {
    let records = session.history.latest_first();
    let left = records.iter().filter(|record| text::has_words(record)).map(|record| file::write_whole(session, record));
    futures::future::join_all(left).await;
}

/// Shows the answer of a job from its first words to its end. It does not take the focus: a user who types continues to
/// type in the same document. If no document can show it, it is a message after its end.
pub(crate) fn stream(session: &Arc<Session>, job: &Arc<Job>) {
    present_in_background(session, session.history.record_of(job), false);
}

/// Shows the answer so far, because the user asked for it. Now it may take the focus.
pub(crate) fn show_again(session: &Arc<Session>, job: &Arc<Job>) {
    let record = session.history.record_of(job);
    match record.shown() {
        AnswerView::Nowhere | AnswerView::Coming(_) => present_in_background(session, record, true),
        AnswerView::Virtual | AnswerView::File | AnswerView::Message => {
            session.spawn("showing an answer again", |session| async move { reopen(&session, &record).await });
        }
    }
}

/// Shows an answer that has ended, unless it is already shown.
pub(crate) fn show_final(session: &Arc<Session>, job: &Arc<Job>) {
    let record = session.history.record_of(job);
    record.mark_finished();
    present_in_background(session, record, false);
}

/// Whether the user can see the answer of a job in a document.
pub(crate) fn is_in_a_document(session: &Session, job: &Job) -> bool {
    let shown = session.history.record(&job.id).map(|record| record.shown());
    matches!(shown, Some(AnswerView::Virtual | AnswerView::File))
}

fn present_in_background(session: &Arc<Session>, record: Arc<Record>, take_focus: bool) {
    if record.claim(take_focus) {
        let claimed = Arc::clone(&record);
        let unclaim = move |_: &Session| claimed.unclaim();
        session.spawn_or("showing an answer", unclaim, |session| async move { present(&session, &record).await });
    }
}

/// Waits for the first words, and shows the answer where the client supports it.
async fn present(session: &Arc<Session>, record: &Record) -> Feedback {
    text::first_words(record).await;
    // If a job failed before its answer was shown, its error is enough. The user may still ask for the answer.
    let is_wanted = |record: &Record| record.failure().is_none() || record.is_asked_for();
    for surface in surface::choose(&session.profile, session.settings().answer.surface) {
        // Remarks are sorted once all of them have come.
        let is_text = record.job.action.result != ActionResult::Remarks;
        let grows = is_text && (surface == Surface::Virtual || surface == Surface::File && session.profile.apply_edit);
        if !grows && !record.is_asked_for() {
            record.wait_until_finished().await;
        }
        if !is_wanted(record) {
            break;
        }
        let is_shown = match surface {
            Surface::Message => {
                record.state().shown = AnswerView::Message;
                return message::show(session, record).await;
            }
            _ if !text::has_words(record) => false,
            Surface::Virtual => virtual_document::present(session, record).await,
            Surface::File => growing_file::present(session, record, grows).await,
        };
        if is_shown {
            return Feedback::none();
        }
    }
    record.unclaim();
    Feedback::none()
}

/// Shows the answer of an earlier session from its file.
pub(crate) async fn show_earlier(session: &Session, path: PathBuf) -> Feedback {
    let text = state_files::read_state_file(&path).await.unwrap_or_default();
    open_or_show(session, text, Ok(path)).await
}

/// Shows an answer again in its place.
async fn reopen(session: &Session, record: &Record) -> Feedback {
    let is_open = match record.shown() {
        AnswerView::Virtual => show_document(session, &virtual_document::uri(record), true, None).await,
        // If the editor discarded some text, it is in the file again before the file is opened.
        AnswerView::File => match file::write_unless_open(session, record).await {
            Ok(path) => open(session, &path, true).await,
            Err(_) => false,
        },
        AnswerView::Message | AnswerView::Nowhere | AnswerView::Coming(_) => false,
    };
    if is_open { Feedback::none() } else { message::show(session, record).await }
}
