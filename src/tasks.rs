//! Background tasks. Each has a name. A panic in one is caught, counted and logged.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// How many panics this process had.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Runs `work` as a task. If it panics, the log names it by `what`. No other code spawns tasks.
pub(crate) fn spawn<T: Send + 'static>(
    what: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<Result<T, Panicked>> {
    tokio::spawn(catch(what, work).in_current_span())
}

/// Runs work whose caller must know about a panic. The log says where it happened.
// Not an `async fn`: that would hold `work` twice, and a thousand jobs may wait at once.
pub(crate) fn caught<T>(
    what: &'static str,
    work: impl Future<Output = T>,
) -> impl Future<Output = Result<T, Panicked>> {
    #[cfg(test)]
    let work = tests::panics_if_it_must(what, work);
    catch(what, work)
}

fn catch<T>(what: &'static str, work: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    AssertUnwindSafe(work).catch_unwind().map(move |ended| ended.map_err(|panic| panicked(what, panic.as_ref())))
}

/// Locks plain data. A panic cannot leave it half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The work panicked.
#[derive(Debug, thiserror::Error)]
#[error("a task panicked")]
pub(crate) struct Panicked;

fn panicked(what: &str, panic: &(dyn Any + Send)) -> Panicked {
    let count = PANICS.fetch_add(1, Ordering::Relaxed) + 1;
    tracing::error!(what, count, "a task panicked; this is a bug in stackspot-lsp");
    // The panic text may hold the user's text. Only the most detailed log level contains it.
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    tracing::trace!(words, "the text of the panic");
    Panicked
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// The task of this thread that panics instead of its work.
        static MUST_PANIC: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Lets the next task of this name panic. A test's tasks run on its own thread.
    pub(crate) fn panic_in(what: &'static str) {
        MUST_PANIC.set(Some(what));
    }

    pub(super) async fn panics_if_it_must<T>(what: &'static str, work: impl Future<Output = T>) -> T {
        if MUST_PANIC.get() == Some(what) {
            MUST_PANIC.set(None);
            panic!("on purpose");
        }
        work.await
    }

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
