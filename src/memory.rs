//! Returns freed memory to the system after large work. glibc keeps it for later: after a document of 50 MB, the
//! process stays that much larger, even after the document is closed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The smallest amount that is worth it, in bytes.
const LARGE: usize = 1 << 20;

/// How long to wait after the work, because some of its memory is freed a little later.
const SOON: Duration = Duration::from_secs(1);

static IS_COMING: AtomicBool = AtomicBool::new(false);

/// Tells that this many bytes are freed, or will be soon. If it is a large amount, a separate thread soon returns it to
/// the system; the caller does not wait.
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

/// The only call that needs C.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn give_back() {
    // SAFETY: it takes no pointer, may be called at any time on any thread, and does not touch memory in use.
    unsafe { libc::malloc_trim(0) };
}

/// Other systems do this themselves, or have no such call.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
