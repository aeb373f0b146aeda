//! The remarks of each document.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use ropey::Rope;
use serde_json::Value;

use crate::documents::{DocumentStore, DocumentUri};
use crate::job::{Job, JobRemark, RemarkPlace};
use crate::tasks::lock;

/// The remarks of a session.
#[derive(Default)]
pub(crate) struct RemarkStore(Mutex<HashMap<DocumentUri, InDocument>>);

/// A remark and the job that it comes from.
#[derive(Clone)]
pub(crate) struct StoredRemark {
    pub(crate) job: Arc<Job>,
    pub(crate) remark: Arc<JobRemark>,
}

/// A remark that has a place in the present text.
pub(crate) struct LocatedRemark {
    pub(crate) job: Arc<Job>,
    pub(crate) remark: Arc<JobRemark>,
    pub(crate) place: RemarkPlace,
}

#[derive(Default)]
struct InDocument {
    remarks: Vec<StoredRemark>,
    /// The text of the document when it was closed.
    text_at_close: Option<Rope>,
    /// The last diagnostics that were sent to the client.
    last_sent: Option<Value>,
    /// A task is about to send them to the client.
    is_due: bool,
}

impl RemarkStore {
    pub(crate) fn add(&self, stored: StoredRemark) {
        let document = stored.job.document.clone();
        lock(&self.0).entry(document).or_default().remarks.push(stored);
    }

    /// Removes the remarks on the lines of a job that has a new answer, and those without a place.
    pub(crate) fn make_room(&self, job: &Job) {
        let lines = job.lines();
        self.retain(&job.document, |stored| {
            stored.job.id == job.id
                || stored.remark.current_place().is_some_and(|RemarkPlace { snapshot, bytes, .. }| {
                    let first = snapshot.text.byte_to_line(bytes.start) + 1;
                    first < lines.start || lines.end < first
                })
        });
    }

    /// Keeps only the remarks of a document that `keep` accepts.
    pub(crate) fn retain(&self, document: &DocumentUri, keep: impl Fn(&StoredRemark) -> bool) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.remarks.retain(keep);
        }
    }

    /// The remarks of a document that have a place, in the order of their lines.
    pub(crate) fn located(&self, document: &DocumentUri) -> Vec<LocatedRemark> {
        let stored = lock(&self.0).get(document).map(|known| known.remarks.clone()).unwrap_or_default();
        let located = |StoredRemark { job, remark }: StoredRemark| {
            let place = remark.current_place()?;
            Some(LocatedRemark { job, remark, place })
        };
        let mut all: Vec<LocatedRemark> = stored.into_iter().filter_map(located).collect();
        all.sort_by_key(|it| (it.place.bytes.start, it.remark.severity));
        all
    }

    /// Whether a remark of a document touches these bytes of its text. Menus call this at every move of the cursor,
    /// mostly without a result.
    pub(crate) fn have_some_at(&self, document: &DocumentUri, bytes: &Range<usize>) -> bool {
        lock(&self.0).get(document).is_some_and(|known| known.remarks.iter().any(|it| it.remark.meets(bytes)))
    }

    /// The job of a remark. It may be too old for the list of jobs.
    pub(crate) fn job(&self, id: &str) -> Option<Arc<Job>> {
        let documents = lock(&self.0);
        let mut all = documents.values().flat_map(|known| &known.remarks);
        all.find(|stored| stored.job.id == id).map(|stored| Arc::clone(&stored.job))
    }

    /// The document is about to be closed.
    pub(crate) fn on_did_close(&self, store: &DocumentStore, document: &DocumentUri) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.text_at_close = store.snapshot(document.as_str()).ok().map(|snapshot| snapshot.text);
            known.remarks.iter().for_each(|stored| stored.remark.save_range());
        }
    }

    /// The document was opened. Returns whether it has remarks.
    pub(crate) fn on_did_open(&self, store: &DocumentStore, document: &DocumentUri) -> bool {
        let mut documents = lock(&self.0);
        let Some(known) = documents.get_mut(document) else { return false };
        let Ok(today) = store.snapshot(document.as_str()) else { return false };
        let is_the_same = known.text_at_close.take().is_some_and(|text_at_close| text_at_close == today.text);
        known.remarks.retain(|stored| is_the_same && stored.remark.restore_range(store, &today));
        true
    }

    /// Whether these diagnostics differ from the last ones of the client. They are the last ones from now on.
    pub(crate) fn replace_sent(&self, document: &DocumentUri, diagnostics: &Value) -> bool {
        let mut documents = lock(&self.0);
        let Some(known) = documents.get_mut(document) else { return false };
        let is_empty = diagnostics.as_array().is_some_and(Vec::is_empty);
        let is_changed = match &known.last_sent {
            None => !is_empty,
            Some(last_sent) => last_sent != diagnostics,
        };
        known.last_sent = (!is_empty).then(|| diagnostics.clone());
        if is_empty && known.remarks.is_empty() {
            documents.remove(document);
        }
        is_changed
    }

    /// Whether the caller must tell the client about a change: there are remarks, and no other task does it.
    pub(crate) fn schedule_publish(&self, uri: &str) -> Option<DocumentUri> {
        let mut documents = lock(&self.0);
        // Every change calls this: without any remark, not even the name is read.
        if documents.is_empty() {
            return None;
        }
        let document = DocumentUri::parse(uri);
        let known = documents.get_mut(&document).filter(|known| !known.is_due && !known.remarks.is_empty())?;
        known.is_due = true;
        Some(document)
    }

    /// The client is about to be told. The next change needs a new message.
    pub(crate) fn clear_scheduled(&self, document: &DocumentUri) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.is_due = false;
        }
    }
}
