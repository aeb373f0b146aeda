//! The prompt files of the last read, and the requests that wait for them.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::actions::prompt_files::{Loaded, PromptFiles, Report};
use crate::tasks::lock;

/// After the start of a session: how long a menu waits for the first files.
const MENUS_WAIT: Duration = Duration::from_millis(200);

/// After the start of a session: how long a request that needs the first files waits for them.
const PATIENCE: Duration = Duration::from_secs(5);

/// The prompt files of the last read.
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
    /// The reports that the user has seen. A changed file has other reports, if any.
    reported: Vec<Report>,
    /// A menu was shown without the first files.
    served_early: bool,
    /// The client is ready for messages.
    pub(crate) client_ready: bool,
    /// The client reports every change.
    pub(crate) is_watched: bool,
    is_reading: bool,
    /// The next read, after the present one ends.
    next: Option<Refresh>,
    pub(crate) last_checked: Option<Instant>,
}

/// How to read the folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refresh {
    /// Read the files only if the metadata of the folders has changed.
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
    /// The files of the last read.
    pub(crate) fn files(&self) -> Arc<PromptFiles> {
        Arc::clone(&self.state().files)
    }

    /// Whether the first files are there, however few.
    pub(crate) fn is_read(&self) -> bool {
        self.first_files.is_cancelled()
    }

    /// Waits a short time for the first files, while the session is new: the user is looking at a menu.
    pub(crate) async fn wait_shortly(&self) {
        if !self.is_read() {
            let _ = timeout_at(self.begun + MENUS_WAIT, self.first_files.cancelled()).await;
        }
    }

    /// Waits for the first files, as long as a user would wait in front of the screen.
    pub(crate) async fn wait(&self) {
        if timeout_at(self.begun + PATIENCE, self.first_files.cancelled()).await.is_err() {
            self.mark_served_early();
        }
    }

    /// The user gets a menu now. If the first files are missing, a later message announces them.
    pub(crate) fn mark_served_early(&self) {
        if !self.is_read() {
            self.state().served_early = true;
        }
    }

    /// Whether the caller must read now. If another caller is reading, that one reads once more.
    pub(crate) fn start_read(&self, refresh: Refresh) -> bool {
        let mut state = self.state();
        state.last_checked = Some(Instant::now());
        state.next = state.next.max(Some(refresh));
        !std::mem::replace(&mut state.is_reading, true)
    }

    /// The next read: the fingerprint of the known files, if it may skip them. Returns `None` if no read is due.
    pub(crate) fn next_read(&self) -> Option<Option<u64>> {
        let mut state = self.state();
        let next = state.next.take();
        state.is_reading = next.is_some();
        next.map(|refresh| state.fingerprint.filter(|_| refresh == Refresh::IfStale))
    }

    /// The reader has ended by a panic. The next caller reads again.
    pub(crate) fn stop_reading(&self) {
        self.state().is_reading = false;
    }

    /// Whether the user needs a message that the files are there now.
    pub(crate) fn store(&self, loaded: Loaded) -> bool {
        let mut state = self.state();
        let served_early = std::mem::take(&mut state.served_early) && !loaded.files.is_empty();
        state.files = Arc::new(loaded.files);
        state.fingerprint = Some(loaded.fingerprint);
        state.reports = loaded.reports;
        served_early
    }

    /// The problems that were not reported yet.
    pub(crate) fn take_unreported(&self) -> Vec<Report> {
        let mut state = self.state();
        if !state.client_ready {
            return Vec::new();
        }
        let unreported = state.reports.iter().filter(|report| !state.reported.contains(report)).cloned().collect();
        state.reported = state.reports.clone();
        unreported
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, CacheState> {
        lock(&self.state)
    }
}
