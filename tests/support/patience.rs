//! Waits, with a time limit, for conditions that no message announces.

use std::time::{Duration, Instant};

/// Lets other tasks run until `found` returns a value.
///
/// # Panics
/// Panics if there is no value after a minute of real time.
pub async fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        a_moment().await;
    }
}

/// Lets other tasks run, and sleeps for a moment. Polling without a pause would slow down the task that it waits for.
/// Polling a file would keep it open, and on Windows no process could replace it. It uses real time, because the time
/// of the story may be paused.
pub async fn a_moment() {
    tokio::task::yield_now().await;
    std::thread::sleep(Duration::from_millis(1));
}
