//! Which remarks each document has.

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

/// One that stands in the text of today.
pub(crate) struct Stood {
    pub(crate) job: Arc<Job>,
    pub(crate) remark: Arc<JobRemark>,
    pub(crate) standing: Standing,
}

#[derive(Default)]
struct InDocument {
    remarks: Vec<Shelved>,
    /// The text that the document was closed with.
    parked: Option<Rope>,
    /// What the client was told last.
    told: Option<Value>,
    /// Somebody is about to tell the client.
    is_due: bool,
}

impl Shelf {
    pub(crate) fn add(&self, shelved: Shelved) {
        let document = shelved.job.document.clone();
        lock(&self.0).entry(document).or_default().remarks.push(shelved);
    }

    /// Takes away what a job has an answer about by now: the remarks on its lines, and those that stand nowhere.
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

    /// Keeps the remarks of a document that `keep` picks.
    pub(crate) fn retain(&self, document: &DocumentUri, keep: impl Fn(&Shelved) -> bool) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.remarks.retain(keep);
        }
    }

    /// The remarks of a document that stand, in the order of their lines.
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

    /// Whether a remark of a document meets these bytes of its text. Menus ask this at every move of the cursor, and mostly
    /// where there is none.
    pub(crate) fn have_some_at(&self, document: &DocumentUri, bytes: &Range<usize>) -> bool {
        lock(&self.0).get(document).is_some_and(|known| known.remarks.iter().any(|it| it.remark.meets(bytes)))
    }

    /// The job of a remark, which may be too old to be kept by itself.
    pub(crate) fn job(&self, id: &str) -> Option<Arc<Job>> {
        let documents = lock(&self.0);
        let mut all = documents.values().flat_map(|known| &known.remarks);
        all.find(|shelved| shelved.job.id == id).map(|shelved| Arc::clone(&shelved.job))
    }

    /// The document is about to be closed.
    pub(crate) fn parks(&self, store: &DocumentStore, document: &DocumentUri) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.parked = store.snapshot(document.as_str()).ok().map(|snapshot| snapshot.text);
            known.remarks.iter().for_each(|shelved| shelved.remark.parks());
        }
    }

    /// The document was opened; tells whether it has remarks.
    pub(crate) fn reopens(&self, store: &DocumentStore, document: &DocumentUri) -> bool {
        let mut documents = lock(&self.0);
        let Some(known) = documents.get_mut(document) else { return false };
        let Ok(today) = store.snapshot(document.as_str()) else { return false };
        let is_the_same = known.parked.take().is_some_and(|parked| parked == today.text);
        known.remarks.retain(|shelved| is_the_same && shelved.remark.reopens(store, &today));
        true
    }

    /// Whether the client is to be told something else than it was told last; from now on this is what it was told.
    pub(crate) fn is_news(&self, document: &DocumentUri, diagnostics: &Value) -> bool {
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

    /// Whether somebody has to see to it that the client is told of a change: there are remarks, and nobody does yet.
    pub(crate) fn claim(&self, uri: &str) -> Option<DocumentUri> {
        let mut documents = lock(&self.0);
        // The path of every change: where there is no remark at all, not even the name is read.
        if documents.is_empty() {
            return None;
        }
        let document = DocumentUri::parse(uri);
        let known = documents.get_mut(&document).filter(|known| !known.is_due && !known.remarks.is_empty())?;
        known.is_due = true;
        Some(document)
    }

    /// The client is about to be told: the next change is to be told anew.
    pub(crate) fn unclaim(&self, document: &DocumentUri) {
        if let Some(known) = lock(&self.0).get_mut(document) {
            known.is_due = false;
        }
    }
}
