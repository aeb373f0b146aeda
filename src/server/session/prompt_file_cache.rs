//! The prompt files as they were read last, and who waits for them.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::actions::prompt_files::{Loaded, PromptFiles, Report};
use crate::tasks::lock;

/// How long after the beginning of a session a menu waits for the first files.
const MENUS_WAIT: Duration = Duration::from_millis(200);

/// How long after the beginning of a session the first files are waited for by who needs them to be there.
const PATIENCE: Duration = Duration::from_secs(5);

/// The prompt files as they were read last.
pub(crate) struct PromptFileCache {
    state: Mutex<CacheState>,
    /// Cancelled when the first files are there, however few.
    pub(crate) first_files: CancellationToken,
    begun: Instant,
}

#[derive(Default)]
pub(crate) struct CacheState {
    files: Arc<PromptFiles>,
    fingerprint: Option<u64>,
    reports: Vec<Report>,
    /// What of it the user was told. A file that changed has other reports, if it has any.
    told: Vec<Report>,
    /// Somebody was served without the first files.
    served_early: bool,
    /// The client is ready for messages.
    pub(crate) client_ready: bool,
    /// The client tells of every change.
    pub(crate) is_watched: bool,
    is_reading: bool,
    /// What to do once more when the reading that goes on is done.
    next: Option<Refresh>,
    pub(crate) looked: Option<Instant>,
}

/// How to look at the folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refresh {
    /// Read the files where the folders look different from outside.
    IfStale,
    /// Read all of them.
    Always,
}

impl Default for PromptFileCache {
    fn default() -> Self {
        Self { state: Mutex::default(), first_files: CancellationToken::new(), begun: Instant::now() }
    }
}

impl PromptFileCache {
    /// The files as they were read last.
    pub(crate) fn files(&self) -> Arc<PromptFiles> {
        Arc::clone(&self.state().files)
    }

    /// Whether the first files are there, however few.
    pub(crate) fn is_read(&self) -> bool {
        self.first_files.is_cancelled()
    }

    /// Waits for the first files while the session has only just begun, and not for long: somebody looks at a menu.
    pub(crate) async fn wait_shortly(&self) {
        if !self.is_read() {
            let _ = timeout_at(self.begun + MENUS_WAIT, self.first_files.cancelled()).await;
        }
    }

    /// Waits for the first files as long as that makes sense to somebody who looks at the screen.
    pub(crate) async fn wait(&self) {
        if timeout_at(self.begun + PATIENCE, self.first_files.cancelled()).await.is_err() {
            self.mark_served_early();
        }
    }

    /// The user is served now. Where that is without the first files, they are told of when they are there.
    pub(crate) fn mark_served_early(&self) {
        if !self.is_read() {
            self.state().served_early = true;
        }
    }

    /// Whether the caller is the one to look now; whoever is at it already looks once more.
    pub(crate) fn begins(&self, look: Refresh) -> bool {
        let mut state = self.state();
        state.looked = Some(Instant::now());
        state.next = state.next.max(Some(look));
        !std::mem::replace(&mut state.is_reading, true)
    }

    /// What to do next, and what is known; `None` at the end.
    pub(crate) fn next(&self) -> Option<Option<u64>> {
        let mut state = self.state();
        let next = state.next.take();
        state.is_reading = next.is_some();
        next.map(|look| state.fingerprint.filter(|_| look == Refresh::IfStale))
    }

    /// Whether somebody has to be told that there are files now.
    pub(crate) fn take(&self, loaded: Loaded) -> bool {
        let mut state = self.state();
        let served_early = std::mem::take(&mut state.served_early) && !loaded.files.is_empty();
        state.files = Arc::new(loaded.files);
        state.fingerprint = Some(loaded.fingerprint);
        state.reports = loaded.reports;
        served_early
    }

    /// What is wrong and was not said yet.
    pub(crate) fn unreported(&self) -> Vec<Report> {
        let mut state = self.state();
        if !state.client_ready {
            return Vec::new();
        }
        let news = state.reports.iter().filter(|report| !state.told.contains(report)).cloned().collect();
        state.told = state.reports.clone();
        news
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, CacheState> {
        lock(&self.state)
    }
}
