//! Renamed documents. The client reports them, or the server infers them: one document is closed as another is opened.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::documents::DocumentUri;
use crate::tasks::lock;

/// If one document is closed and another opened within this time, both may be the same document.
const SOON: Duration = Duration::from_secs(10);

/// How many entries of each kind are remembered.
const KEPT: usize = 64;

/// The documents that were opened and closed lately, and the possible renames.
#[derive(Default)]
pub(crate) struct Renames(Mutex<Lists>);

#[derive(Default)]
struct Lists {
    opened: VecDeque<(DocumentUri, Instant)>,
    closed: VecDeque<(DocumentUri, Instant)>,
    /// The old name and a possible new name.
    pairs: VecDeque<(DocumentUri, DocumentUri)>,
}

impl Renames {
    /// The client says that a document has a new name.
    pub(crate) fn renamed(&self, old: DocumentUri, new: DocumentUri) {
        remember(&mut lock(&self.0).pairs, (old, new));
    }

    pub(crate) fn opened(&self, uri: &DocumentUri) {
        let (mut lists, now) = (lock(&self.0), Instant::now());
        let Lists { opened, closed, pairs } = &mut *lists;
        recent(closed, uri, now).for_each(|old| remember(pairs, (old, uri.clone())));
        remember(opened, (uri.clone(), now));
    }

    pub(crate) fn closed(&self, uri: &DocumentUri) {
        let (mut lists, now) = (lock(&self.0), Instant::now());
        let Lists { opened, closed, pairs } = &mut *lists;
        recent(opened, uri, now).for_each(|new| remember(pairs, (uri.clone(), new)));
        remember(closed, (uri.clone(), now));
    }

    /// Whether `new` may be the new name of `old`.
    pub(crate) fn may_be_renamed(&self, old: &DocumentUri, new: &DocumentUri) -> bool {
        lock(&self.0).pairs.iter().any(|(from, to)| from == old && to == new)
    }

    /// The possible new names of a document, the latest first.
    pub(crate) fn from(&self, old: &DocumentUri) -> Vec<DocumentUri> {
        lock(&self.0).pairs.iter().rev().filter(|(from, _)| from == old).map(|(_, to)| to.clone()).collect()
    }
}

fn recent<'a>(
    list: &'a VecDeque<(DocumentUri, Instant)>,
    but: &'a DocumentUri,
    now: Instant,
) -> impl Iterator<Item = DocumentUri> + 'a {
    list.iter().filter(move |(uri, at)| uri != but && now.duration_since(*at) <= SOON).map(|(uri, _)| uri.clone())
}

/// Adds an item at the end. If there are too many, the oldest item is removed.
pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T) {
    list.push_back(item);
    if list.len() > KEPT {
        list.pop_front();
    }
}
