//! stdin and stdout of the server, without a thread where the platform can do without.
//!
//! Tokio reads and writes both on threads of their own, because it cannot know what they are. Pipes, sockets and
//! terminals, which is what editors connect, can be polled; then a session starts without a thread, and no message goes
//! through two. The descriptors stay blocking, for others may hold them as well: nothing is read or written before
//! `poll` says that it will not block.

use tokio::io::{AsyncRead, AsyncWrite};

/// Standard input, for a session.
pub(super) fn input() -> Box<dyn AsyncRead + Send + Unpin> {
    #[cfg(unix)]
    if let Ok(input) = polled::Polled::new(std::io::stdin(), rustix::event::PollFlags::IN) {
        return Box::new(input);
    }
    Box::new(tokio::io::stdin())
}

/// Standard output, for a session.
pub(super) fn output() -> Box<dyn AsyncWrite + Send + Unpin> {
    #[cfg(unix)]
    if let Ok(output) = polled::Polled::new(std::io::stdout(), rustix::event::PollFlags::OUT) {
        return Box::new(output);
    }
    Box::new(tokio::io::stdout())
}

#[cfg(unix)]
mod polled {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
    use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

    /// `PIPE_BUF`: a stream that is ready to be written to takes so many bytes without blocking. POSIX says so of pipes,
    /// and promises 512; sockets have far more room by then.
    const WRITE_BYTES: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

    /// A blocking descriptor of this process that is waited for by the runtime.
    pub(super) struct Polled<T: AsFd + AsRawFd>(AsyncFd<T>);

    impl<T: AsFd + AsRawFd> Polled<T> {
        /// Fails where it is something that cannot be polled, such as a file.
        pub(super) fn new(descriptor: T, direction: PollFlags) -> io::Result<Self> {
            let interest = if direction == PollFlags::IN { Interest::READABLE } else { Interest::WRITABLE };
            #[allow(deprecated, reason = "its successor is unsafe; stdin and stdout are never closed while this lives")]
            AsyncFd::with_interest(descriptor, interest).map(Self)
        }
    }

    /// Whether the next call would not block. The runtime hears of changes alone, so it is asked anew each time.
    fn is_ready<T: AsFd + AsRawFd>(guard: &mut AsyncFdReadyGuard<'_, T>, direction: PollFlags) -> io::Result<bool> {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(guard.get_inner(), direction)], Some(&at_once))? > 0;
        if !ready {
            guard.clear_ready();
        }
        Ok(ready)
    }

    impl<T: AsFd + AsRawFd + Unpin> AsyncRead for Polled<T> {
        fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            loop {
                let mut guard = ready!(self.0.poll_read_ready(cx))?;
                if is_ready(&mut guard, PollFlags::IN)? {
                    let count = rustix::io::read(self.0.get_ref(), buf.initialize_unfilled())?;
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    impl<T: AsFd + AsRawFd + Unpin> AsyncWrite for Polled<T> {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            loop {
                let mut guard = ready!(self.0.poll_write_ready(cx))?;
                if is_ready(&mut guard, PollFlags::OUT)? {
                    let piece = bytes.get(..WRITE_BYTES).unwrap_or(bytes);
                    return Poll::Ready(rustix::io::write(self.0.get_ref(), piece).map_err(io::Error::from));
                }
            }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}
