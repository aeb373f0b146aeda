//! The shape of the text: what a point in it means, what breaks it, what speaks to us in it.

mod errors;
mod instructions;
mod robustness;
mod scopes;
mod test_places;
mod worker;

use std::cell::RefCell;
use std::io;
use std::sync::Once;

/// Grammars run in the program, as its worker: in this one nothing is parsed.
fn with_the_worker() {
    static START: Once = Once::new();
    // One log for all threads, before any of them logs: what was logged while nobody listened is not listened to later.
    START.call_once(|| {
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(|| ThisThread).init();
    });
    stackspot_lsp::testing::syntax::worker::parse_with(std::path::Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
}

thread_local! {
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Keeps what this thread logs, where that is asked for.
struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.extend_from_slice(line)));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged by this thread meanwhile.
fn logged(work: impl FnOnce()) -> String {
    LINES.set(Some(Vec::new()));
    work();
    String::from_utf8(LINES.take().unwrap()).unwrap()
}
