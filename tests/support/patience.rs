//! Waiting for what nobody tells of, and not for ever.

use std::time::{Duration, Instant};

/// Lets others run until something is there.
///
/// # Panics
/// It is not there after a minute by the clock of the world.
pub async fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        tokio::task::yield_now().await;
        // Whoever looks at a file without a pause has it open all the time, and on Windows no other can take its place.
        std::thread::sleep(Duration::from_millis(1));
    }
}
