//! Limits the requests per minute. The account's limit counts all users together, so at least the processes of one user
//! are counted together.

mod shared;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use crate::i18n::{Message, message};
use crate::tasks::lock;
use shared::SharedWindow;

/// The requests of the last minute: of all processes if they can share a file, else of this one.
pub(super) struct Budget {
    own: Mutex<Window>,
    /// The start of the time scale of the own window.
    began: Instant,
    shared: Option<Arc<SharedWindow>>,
    /// Why only the requests of this process are counted: the file cannot be shared.
    pub(super) alone: OnceLock<Message>,
}

/// The requests of the last minute. Their times count from any fixed point.
#[derive(Debug, Default, PartialEq)]
struct Window {
    /// The times, in ascending order.
    sent: Vec<Duration>,
    /// No requests until then: the service reported that the limit is reached.
    closed_until: Option<Duration>,
}

const WINDOW: Duration = Duration::from_secs(60);

/// The shortest wait, so that tasks do not poll for a place that is about to become free.
const SHORTEST: Duration = Duration::from_millis(5);

impl Budget {
    pub(super) fn new(connection: &Connection) -> Self {
        let shared = |directory: &Path| Some(Arc::new(SharedWindow::new(directory, connection)?));
        let shared = connection.state_dir.as_deref().and_then(shared);
        Self { own: Mutex::default(), began: Instant::now(), shared, alone: OnceLock::new() }
    }

    /// Takes a place in the window, or returns how long to wait.
    pub(super) async fn take_permit(&self, requests_per_minute: u32) -> Result<(), Duration> {
        let limit = usize::try_from(requests_per_minute.max(1)).unwrap_or(usize::MAX);
        let taken = match self.with_shared(move |shared| shared.take_permit(limit)).await {
            Some(taken) => taken,
            None => lock(&self.own).take_permit(limit, self.began.elapsed()),
        };
        taken.map_err(|wait| wait.max(SHORTEST))
    }

    /// Stops all requests for this time, because the service reported that the limit is reached.
    pub(super) async fn close_for(&self, wait: Duration) {
        if self.with_shared(move |shared| shared.close_for(wait)).await.is_none() {
            lock(&self.own).close_until(self.began.elapsed() + wait);
        }
    }

    /// The result of the shared window; `None` if there is none, or it cannot be read and written now.
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
                // Of this kind: the user chose a limit that is too high to share, so no warning is needed.
                if error.kind() != std::io::ErrorKind::Unsupported {
                    let path = shared.path.display().to_string();
                    let _ = self.alone.set(message!("limit-counted-alone", path = path, error = error.to_string()));
                }
                None
            }
            Err(_) => None,
        }
    }
}

impl Window {
    /// Takes a place, or returns how long to wait.
    fn take_permit(&mut self, limit: usize, now: Duration) -> Result<(), Duration> {
        if let Some(until) = self.closed_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        self.sent.retain(|sent| now.saturating_sub(*sent) < WINDOW);
        match self.sent.len().checked_sub(limit).and_then(|over| self.sent.get(over)) {
            Some(blocking) => Err((*blocking + WINDOW).saturating_sub(now)),
            None => {
                self.sent.push(now);
                Ok(())
            }
        }
    }

    fn close_until(&mut self, until: Duration) {
        self.closed_until = self.closed_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut window = Window::default();
        let mut take = |limit, now| window.take_permit(limit, Duration::from_secs(now));
        let wait = |seconds| Err(Duration::from_secs(seconds));
        assert_eq!([take(2, 0), take(2, 20), take(2, 20)], [Ok(()), Ok(()), wait(40)]);
        assert_eq!([take(2, 60), take(2, 60)], [Ok(()), wait(20)]);
        assert_eq!(take(3, 60), Ok(()), "a raised limit holds at once");
        assert_eq!(take(1, 60), wait(60), "so does a lowered one");
    }
}
