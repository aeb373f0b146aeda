//! The watch on the process that started the server: an editor that was killed cannot send `exit`.
//!
//! All platform code of the watch is in this file. If a process cannot be watched, only the end of input ends the
//! session.

use futures::future::BoxFuture;

/// A future that ends when the process ends. Returns `None` if the process is not visible, as from inside a container.
pub(super) fn ended(process_id: u32) -> Option<BoxFuture<'static, ()>> {
    let watch = platform::ended(process_id);
    if watch.is_none() {
        tracing::debug!(process_id, "the client's process cannot be seen from here, so it is not watched");
    }
    watch
}

#[cfg(any(unix, windows))]
fn until_gone(mut is_running: impl FnMut() -> bool + Send + 'static) -> BoxFuture<'static, ()> {
    /// How often the server checks if the process is running.
    const INTERVAL: std::time::Duration = std::time::Duration::from_millis(500);
    Box::pin(async move {
        while is_running() {
            tokio::time::sleep(INTERVAL).await;
        }
    })
}

#[cfg(unix)]
mod platform {
    use futures::future::BoxFuture;
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    use super::until_gone;

    pub(super) fn ended(process_id: u32) -> Option<BoxFuture<'static, ()>> {
        let pid = Pid::from_raw(i32::try_from(process_id).ok()?)?;
        if !is_listed(pid) {
            return None;
        }
        #[cfg(target_os = "linux")]
        if let Some(process) = pidfd::open(pid) {
            return Some(until_gone(move || pidfd::is_running(&process)));
        }
        Some(until_gone(move || is_listed(pid)))
    }

    /// The process exists if the server is not allowed to send it a signal.
    fn is_listed(pid: Pid) -> bool {
        matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM))
    }

    /// A pidfd stays with its process if the number is reused. It also knows that a dead process is dead before its
    /// parent waits for it, as happens in containers.
    #[cfg(target_os = "linux")]
    mod pidfd {
        use std::os::fd::OwnedFd;

        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::process::{Pid, PidfdFlags, pidfd_open};

        pub(super) fn open(pid: Pid) -> Option<OwnedFd> {
            pidfd_open(pid, PidfdFlags::empty()).ok()
        }

        /// The descriptor becomes readable when the process ends. Without an answer the process counts as running.
        pub(super) fn is_running(process: &OwnedFd) -> bool {
            let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
            !matches!(poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&at_once)), Ok(1..))
        }
    }
}

#[cfg(windows)]
mod platform {
    use std::time::Duration;

    use futures::future::BoxFuture;
    use waitpid_any::WaitHandle;

    use super::until_gone;

    /// The handle stays with its process if the number is reused.
    pub(super) fn ended(process_id: u32) -> Option<BoxFuture<'static, ()>> {
        let mut process = WaitHandle::open(i32::try_from(process_id).ok()?).ok()?;
        // A process that has ended can be opened while another process has a handle to it.
        if !is_running(&mut process) {
            return None;
        }
        Some(until_gone(move || is_running(&mut process)))
    }

    fn is_running(process: &mut WaitHandle) -> bool {
        matches!(process.wait_timeout(Duration::ZERO), Ok(None))
    }
}

#[cfg(not(any(unix, windows)))]
mod platform {
    use futures::future::BoxFuture;

    pub(super) fn ended(_process_id: u32) -> Option<BoxFuture<'static, ()>> {
        None
    }
}
