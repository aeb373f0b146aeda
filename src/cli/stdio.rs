//! stdin and stdout of the server, without a thread if the platform allows it.
//!
//! Tokio uses threads to read and write both, because it does not know their type. Editors connect pipes, sockets and
//! terminals, which can be polled. Then a session starts without a thread, and no message passes through two. The
//! descriptors stay blocking, because other processes may have them, too. Each read and write waits until `poll` says
//! that it will not block.

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

    /// `PIPE_BUF`: a stream that is ready takes this number of bytes without blocking. POSIX says this of pipes, and
    /// guarantees 512. A ready socket has far more room.
    const WRITE_BYTES: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

    /// A blocking descriptor of this process. The runtime waits for it.
    pub(super) struct Polled<T: AsFd + AsRawFd>(AsyncFd<T>);

    impl<T: AsFd + AsRawFd> Polled<T> {
        /// Fails if the descriptor cannot be polled, such as a file.
        pub(super) fn new(descriptor: T, direction: PollFlags) -> io::Result<Self> {
            let interest = if direction == PollFlags::IN { Interest::READABLE } else { Interest::WRITABLE };
            #[allow(deprecated, reason = "its successor is unsafe; stdin and stdout are never closed while this lives")]
            AsyncFd::with_interest(descriptor, interest).map(Self)
        }
    }

    /// Whether the next call would not block. The runtime sees only changes. Therefore this asks the system each time.
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
