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
        a_moment().await;
    }
}

/// Lets others run, and does nothing for as long as that takes: whoever asks without a pause keeps from them what it waits for.
/// Whoever looks at a file so has it open all the time, and on Windows no other can take its place. By the clock of the world,
/// for that of the story may stand still.
pub async fn a_moment() {
    tokio::task::yield_now().await;
    std::thread::sleep(Duration::from_millis(1));
}
