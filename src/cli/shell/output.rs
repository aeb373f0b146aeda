//! Where the text of a command goes: its result to stdout, everything else to stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::cli::stdio;
use crate::display::{Terminal, for_terminal};
use crate::i18n::{Language, Message, message};

/// Standard output. A write never blocks the thread. Therefore Ctrl-C works even if no process reads.
pub(in crate::cli) struct Output {
    stdout: Box<dyn AsyncWrite + Send + Unpin>,
    /// The last written text did not end its line.
    in_line: bool,
    /// Ends the wait for a reader.
    cancel: CancellationToken,
    /// A terminal obeys control codes. An agent must not send it any.
    terminal: Option<Terminal>,
}

impl Output {
    pub(in crate::cli) fn new() -> Self {
        Self::until(CancellationToken::new())
    }

    /// An output that works until `cancel` is cancelled.
    pub(super) fn until(cancel: CancellationToken) -> Self {
        Self {
            stdout: stdio::output(),
            in_line: false,
            cancel,
            terminal: io::stdout().is_terminal().then(Terminal::default),
        }
    }

    /// Writes at once. Its errors are those of the operating system: `BrokenPipe` if the reader has exited, and
    /// `Interrupted` after a cancel.
    pub(in crate::cli) async fn write(&mut self, text: &str) -> io::Result<()> {
        let text = match &mut self.terminal {
            Some(terminal) => Cow::Owned(terminal.show(text)),
            None => Cow::Borrowed(text),
        };
        self.write_orders(&text).await
    }

    /// Writes text of this program, with its terminal codes. Fails as [`Output::write`] does.
    pub(in crate::cli) async fn write_orders(&mut self, text: &str) -> io::Result<()> {
        let Self { stdout, in_line, cancel, .. } = self;
        let written = cancel.run_until_cancelled(put(stdout, text, in_line)).await;
        written.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into()))
    }

    /// Ends the line, if one was begun. Fails as [`Output::write`] does.
    pub(in crate::cli) async fn end_line(&mut self) -> io::Result<()> {
        if self.in_line { self.write("\n").await } else { Ok(()) }
    }

    /// Ends the line if that is possible in a short time, also after an error.
    pub(super) async fn try_end_line(&mut self) {
        if self.in_line {
            let _ = timeout(LAST_LINE_TIMEOUT, put(&mut self.stdout, "\n", &mut self.in_line)).await;
        }
    }
}

/// How long the end of the last line may take. A reader gets it at once, but there may be no reader.
const LAST_LINE_TIMEOUT: Duration = Duration::from_millis(100);

/// Writes all of it. `in_line` changes with each part, because the reader may cancel the rest. It says whether the last
/// written part did not end its line.
async fn put(stdout: &mut (impl AsyncWrite + Unpin), text: &str, in_line: &mut bool) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (written, left) = rest.split_at(stdout.write(rest).await?.min(rest.len()));
        *in_line = *written.last().ok_or(io::ErrorKind::WriteZero)? != b'\n';
        rest = left;
    }
    stdout.flush().await
}

/// Writes a message to stderr. The command continues even if no process reads it.
pub(in crate::cli) fn print_message(message: &Message, language: Language) {
    write_line(&message.text(language));
}

/// Writes a warning to stderr. The command continues.
pub(in crate::cli) fn warn(message: &Message, language: Language) {
    print_program_message(&message!("shell-warning", text = sentence(message.text(language))), language);
}

/// Writes a message to stderr, with the name of this program.
pub(in crate::cli) fn print_program_message(message: &Message, language: Language) {
    write_line(&format!("stackspot-lsp: {}", message.text(language)));
}

/// Writes a line to stderr, without the terminal codes of quoted text.
pub(in crate::cli) fn write_line(line: &str) {
    let _ = writeln!(io::stderr(), "{}", for_terminal(line));
}

/// A finding as a sentence. Adds the final dot if it is missing.
pub(in crate::cli) fn sentence(found: String) -> String {
    if found.ends_with(['.', '?', '!', ':']) { found } else { format!("{found}.") }
}

/// Whether stderr is not a terminal. Then neither progress nor remarks are shown.
pub(in crate::cli) fn is_quiet() -> bool {
    !io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn cancelled_output_ends_its_line() {
        let (stdout, mut reader) = tokio::io::duplex(9);
        let cancel = CancellationToken::new();
        let mut output = Output { stdout: Box::new(stdout), in_line: false, cancel: cancel.clone(), terminal: None };
        // The reader has the first words, and cancels before there is room for the rest.
        let cancelled = async {
            let mut begun = [0; 9];
            reader.read_exact(&mut begun).await.unwrap();
            cancel.cancel();
            begun
        };
        let (written, begun) = tokio::join!(output.write("It begins and goes on for a while\n"), cancelled);
        assert_eq!((written.unwrap_err().kind(), &begun), (io::ErrorKind::Interrupted, b"It begins"));
        let mut rest = vec![0; 9];
        let (length, ()) = tokio::join!(reader.read(&mut rest), output.try_end_line());
        rest.truncate(length.unwrap());
        drop(output);
        reader.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(b"\n"), "{rest:?}");
    }
}
