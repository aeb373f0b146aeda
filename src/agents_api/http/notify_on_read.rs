//! Reports when a request is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use secrecy::zeroize::Zeroizing;
use tokio::sync::oneshot;

/// A body that reports when it is read. At that moment the connection exists; until then, the connect limit applies.
pub(super) struct NotifyOnRead {
    bytes: Option<Bytes>,
    sent: Option<oneshot::Sender<()>>,
}

impl NotifyOnRead {
    pub(super) fn new(bytes: Vec<u8>) -> (Self, oneshot::Receiver<()>) {
        let (sent, told) = oneshot::channel();
        // It may hold the client secret, or the user's code.
        let bytes = Bytes::from_owner(Zeroizing::new(bytes));
        (Self { bytes: Some(bytes), sent: Some(sent) }, told)
    }
}

impl http_body::Body for NotifyOnRead {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        if let Some(sent) = self.sent.take() {
            // If the caller gave up, the receiver is gone.
            let _ = sent.send(());
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
