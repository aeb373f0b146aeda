//! How many requests a minute are sent: the account's limit counts all of its users together, so at least the processes
//! of one user count together.

mod shared;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use crate::i18n::{Message, message};
use shared::SharedWindow;

/// The requests of the last minute, of all processes where they can share a file, else of this one.
pub(super) struct Budget {
    own: Mutex<Window>,
    shared: Option<Arc<SharedWindow>>,
    /// Why the file cannot be shared.
    alone: OnceLock<Message>,
}

#[derive(Default)]
struct Window {
    sent: VecDeque<Instant>,
    /// The service said that the limit is reached.
    closed_until: Option<Instant>,
}

const WINDOW: Duration = Duration::from_secs(60);

/// The shortest wait, so that nobody asks again and again for a place that is about to become free.
const SHORTEST: Duration = Duration::from_millis(5);

impl Budget {
    pub(super) fn new(connection: &Connection) -> Self {
        let shared = |directory: &Path| Some(Arc::new(SharedWindow::new(directory, connection)?));
        let shared = connection.state_dir.as_deref().and_then(shared);
        Self { own: Mutex::default(), shared, alone: OnceLock::new() }
    }

    /// Takes a place in the window, or says how long there is none.
    pub(super) async fn take(&self, requests_per_minute: u32) -> Result<(), Duration> {
        let limit = usize::try_from(requests_per_minute.max(1)).unwrap_or(usize::MAX);
        let taken = match self.with_shared(move |shared| shared.take(limit)).await {
            Some(taken) => taken,
            None => self.own.lock().unwrap_or_else(PoisonError::into_inner).take(limit),
        };
        taken.map_err(|wait| wait.max(SHORTEST))
    }

    /// Why the requests of this process were counted alone; `None` where they were not.
    pub(super) fn counted_alone(&self) -> Option<&Message> {
        self.alone.get()
    }

    /// The service said that the limit is reached: nobody is to ask for that long.
    pub(super) async fn close_for(&self, wait: Duration) {
        if self.with_shared(move |shared| shared.close_for(wait)).await.is_none() {
            let until = Instant::now() + wait;
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.closed_until = own.closed_until.max(Some(until));
        }
    }

    /// What the shared window says; `None` where there is none, or it cannot be read and written just now.
    async fn with_shared<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&SharedWindow) -> std::io::Result<T> + Send + 'static,
    ) -> Option<T> {
        let shared = Arc::clone(self.shared.as_ref()?);
        let asked = Arc::clone(&shared);
        match tokio::task::spawn_blocking(move || ask(&asked)).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::debug!("the request limit is counted for this process alone: {error}");
                // So many requests are not counted together by anybody's choice but the user's.
                if error.kind() != std::io::ErrorKind::Unsupported {
                    let path = shared.path().display().to_string();
                    let _ = self.alone.set(message!("limit-counted-alone", path = path, error = error.to_string()));
                }
                None
            }
            Err(_) => None,
        }
    }
}

impl Window {
    fn take(&mut self, limit: usize) -> Result<(), Duration> {
        let now = Instant::now();
        if let Some(until) = self.closed_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        while self.sent.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            self.sent.pop_front();
        }
        match self.sent.len().checked_sub(limit).and_then(|over| self.sent.get(over)) {
            Some(blocking) => Err((*blocking + WINDOW).saturating_duration_since(now)),
            None => {
                self.sent.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_window_slides() {
        let mut window = Window::default();
        assert_eq!(window.take(2), Ok(()));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(window.take(2), Ok(()));
        assert_eq!(window.take(2), Err(Duration::from_secs(40)));
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(window.take(2), Ok(()));
        assert_eq!(window.take(2), Err(Duration::from_secs(20)));
        assert_eq!(window.take(3), Ok(()), "a raised limit holds at once");
        assert_eq!(window.take(1), Err(Duration::from_secs(60)), "so does a lowered one");
    }
}
