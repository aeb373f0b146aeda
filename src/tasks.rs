//! Work that goes on beside the messages. Each has a name, and a panic in it is seen, counted, and told in the log.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// How often something panicked in this process.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Runs `work` beside everything else; `what` names it in the log, where it panics. The only place that spawns a task.
pub(crate) fn spawn<T: Send + 'static>(
    what: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<Result<T, Panicked>> {
    tokio::spawn(caught(what, work).in_current_span())
}

/// The work of somebody who has to know that it panicked; the log says where.
// No `async fn`: that would hold `work` twice, and a thousand jobs may wait at once.
pub(crate) fn caught<T>(
    what: &'static str,
    work: impl Future<Output = T>,
) -> impl Future<Output = Result<T, Panicked>> {
    AssertUnwindSafe(work).catch_unwind().map(move |ended| ended.map_err(|panic| told(what, panic.as_ref())))
}

/// Locks what is plain data, which no panic leaves half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something panicked.
#[derive(Debug, thiserror::Error)]
#[error("a task panicked")]
pub(crate) struct Panicked;

fn told(what: &str, panic: &(dyn Any + Send)) -> Panicked {
    let count = PANICS.fetch_add(1, Ordering::Relaxed) + 1;
    tracing::error!(what, count, "a task panicked; this is a bug in stackspot-lsp");
    // What a panic says may hold the text of the user, which only whoever asked for everything finds in the log.
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    tracing::trace!(words, "what the panic said");
    Panicked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_counted_and_ends_its_task_alone() {
        let before = PANICS.load(Ordering::Relaxed);
        let task = spawn("a test", async { panic!("on purpose") });
        assert!(task.await.is_ok_and(|ended| ended.is_err()), "whoever waits for the task is told, and not torn along");
        assert!(caught("another test", async { panic!("on purpose") }).await.is_err());
        assert!(caught("a third", async { 7 }).await.is_ok_and(|seven| seven == 7));
        assert!(PANICS.load(Ordering::Relaxed) >= before + 2);
    }
}
