//! Facts about the structure of a text: the definition at a point, errors of edits, instructions in comments.

mod errors;
mod instructions;
mod robustness;
mod scopes;
mod test_places;
mod worker;

use std::cell::RefCell;
use std::io;
use std::sync::Once;

/// The program runs grammars as its worker. The test process itself parses nothing.
fn with_the_worker() {
    static START: Once = Once::new();
    // One log for all threads, set before any thread logs. Tracing caches that a log statement has no listener.
    START.call_once(|| {
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(|| ThisThread).init();
    });
    stackspot_lsp::testing::syntax::worker::parse_with(std::path::Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
}

thread_local! {
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Stores the log of this thread, if a test requests it.
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

/// Returns the log of this thread during `work`.
fn logged(work: impl FnOnce()) -> String {
    LINES.set(Some(Vec::new()));
    work();
    String::from_utf8(LINES.take().unwrap()).unwrap()
}
