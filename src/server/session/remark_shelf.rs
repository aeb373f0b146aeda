//! The remarks of each document.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use ropey::Rope;
use serde_json::Value;

use crate::documents::{DocumentStore, DocumentUri};
use crate::job::{Job, JobRemark, Standing};
use crate::tasks::lock;

/// The remarks of a session.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<DocumentUri, InDocument>>);

/// A remark and the job that it comes from.
#[derive(Clone)]
pub(crate) struct Shelved {
    pub(crate) job: Arc<Job>,
    pub(crate) remark: Arc<JobRemark>,
}

/// A remark that has a place in the present text.
pub(crate) struct Stood {
    pub(crate) job: Arc<Job>,
    pub(crate) remark: Arc<JobRemark>,
    pub(crate) standing: Standing,
}

#[derive(Default)]
struct InDocument {
    remarks: Vec<Shelved>,
    /// The text of the document when it was closed.
    parked: Option<Rope>,
    /// The last diagnostics that were sent to the client.
    told: Option<Value>,
    /// A task is about to send them to the client.
    is_due: bool,
}

impl Shelf {
    pub(crate) fn add(&self, shelved: Shelved) {
        let document = shelved.job.document.clone();
        lock(&self.0).entry(document).or_default().remarks.push(shelved);
    }

    /// Removes the remarks on the lines of a job that has a new answer, and those without a place.
    pub(crate) fn make_room(&self, job: &Job) {
        let lines = job.lines();
        self.retain(&job.document, |shelved| {
            shelved.job.id == job.id
                || shelved.remark.standing().is_some_and(|Standing { snapshot, bytes, .. }| {
                    let first = snapshot.text.byte_to_line(bytes.start) + 1;
                    first < lines.start || lines.end < first
                })
        });
    }

    /// Keeps only the remarks of a document that `keep` accepts.
    pub(crate) fn retain(&self, document: &DocumentUri, keep: impl Fn(&Shelved) -> bool) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.remarks.retain(keep);
        }
    }

    /// The remarks of a document that have a place, in the order of their lines.
    pub(crate) fn standing(&self, document: &DocumentUri) -> Vec<Stood> {
        let shelved = lock(&self.0).get(document).map(|known| known.remarks.clone()).unwrap_or_default();
        let stood = |Shelved { job, remark }: Shelved| {
            let standing = remark.standing()?;
            Some(Stood { job, remark, standing })
        };
        let mut all: Vec<Stood> = shelved.into_iter().filter_map(stood).collect();
        all.sort_by_key(|it| (it.standing.bytes.start, it.remark.severity));
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
        all.find(|shelved| shelved.job.id == id).map(|shelved| Arc::clone(&shelved.job))
    }

    /// The document is about to be closed.
    pub(crate) fn park(&self, store: &DocumentStore, document: &DocumentUri) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.parked = store.snapshot(document.as_str()).ok().map(|snapshot| snapshot.text);
            known.remarks.iter().for_each(|shelved| shelved.remark.park());
        }
    }

    /// The document was opened. Returns whether it has remarks.
    pub(crate) fn reopen(&self, store: &DocumentStore, document: &DocumentUri) -> bool {
        let mut documents = lock(&self.0);
        let Some(known) = documents.get_mut(document) else { return false };
        let Ok(today) = store.snapshot(document.as_str()) else { return false };
        let is_the_same = known.parked.take().is_some_and(|parked| parked == today.text);
        known.remarks.retain(|shelved| is_the_same && shelved.remark.reopen(store, &today));
        true
    }

    /// Whether these diagnostics differ from the last ones of the client. They are the last ones from now on.
    pub(crate) fn replace_told(&self, document: &DocumentUri, diagnostics: &Value) -> bool {
        let mut documents = lock(&self.0);
        let Some(known) = documents.get_mut(document) else { return false };
        let is_empty = diagnostics.as_array().is_some_and(Vec::is_empty);
        let is_news = match &known.told {
            None => !is_empty,
            Some(told) => told != diagnostics,
        };
        known.told = (!is_empty).then(|| diagnostics.clone());
        if is_empty && known.remarks.is_empty() {
            documents.remove(document);
        }
        is_news
    }

    /// Whether the caller must tell the client about a change: there are remarks, and no other task does it.
    pub(crate) fn claim(&self, uri: &str) -> Option<DocumentUri> {
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
    pub(crate) fn unclaim(&self, document: &DocumentUri) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.is_due = false;
        }
    }
}
