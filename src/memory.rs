//! What large work took goes back to the system. glibc keeps what was freed for what may come next: after a document of
//! 50 MB, as much stays with the process, closed or not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is worth the look, in bytes.
const LARGE: usize = 1 << 20;

/// How long after the work: what belongs to it is freed a little later.
const SOON: Duration = Duration::from_secs(1);

static IS_COMING: AtomicBool = AtomicBool::new(false);

/// So many bytes are freed, or will be in a moment. Where that is much, the system gets them back soon, on a thread that nobody
/// waits for.
pub(crate) fn freed(bytes: usize) {
    if bytes < LARGE || IS_COMING.swap(true, Ordering::Relaxed) {
        return;
    }
    let give_back = || {
        std::thread::sleep(SOON);
        IS_COMING.store(false, Ordering::Relaxed);
        give_back();
    };
    if std::thread::Builder::new().name("memory".to_owned()).spawn(give_back).is_err() {
        IS_COMING.store(false, Ordering::Relaxed);
    }
}

/// The one call that only C has.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn give_back() {
    // SAFETY: it takes no pointer, may be called at any time from any thread, and touches nothing that is in use.
    unsafe { libc::malloc_trim(0) };
}

/// Other systems do so by themselves, or cannot be asked.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
