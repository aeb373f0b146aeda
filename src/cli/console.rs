//! The Windows console: how it asks a program to end.

use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};

/// Waits for Ctrl-C, Ctrl-Break, a closed window, or the end of the user's session. Returns `false` without a watch.
pub(super) async fn asked_to_end() -> bool {
    let watched = (ctrl_c(), ctrl_break(), ctrl_close(), ctrl_logoff(), ctrl_shutdown());
    let (Ok(mut interrupt), Ok(mut pause), Ok(mut close), Ok(mut logoff), Ok(mut shutdown)) = watched else {
        return false;
    };
    tokio::select! {
        asked = interrupt.recv() => asked.is_some(),
        asked = pause.recv() => asked.is_some(),
        asked = close.recv() => asked.is_some(),
        asked = logoff.recv() => asked.is_some(),
        asked = shutdown.recv() => asked.is_some(),
    }
}
