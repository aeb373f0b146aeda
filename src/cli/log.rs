//! Where the log goes: stderr, which editors keep; a file, if the user names one; and the client's own log.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::prelude::*;

use crate::cli::shell::warn;
use crate::config::{Environment, UserFile};
use crate::display::for_terminal;
use crate::i18n::{Language, Message, message};
use crate::server::ClientLog;

/// Starts the log of the server. Returns the problem of its file, if any.
pub(super) fn of_server(environment: &Environment, file: Option<&Path>) -> (ClientLog, Option<Message>) {
    let client = ClientLog::default();
    let problem = start(environment, file, Level::INFO, Some(client.clone()));
    if let Some(problem) = &problem {
        tracing::warn!("{}", problem.text(Language::En));
    }
    (client, problem)
}

/// Starts the log of a command. Users of a terminal did not ask for a log. Therefore stderr gets only errors, and a
/// file gets level `info`, unless the user sets another level.
pub(super) fn of_command(environment: &Environment, file: Option<&Path>, language: Language) {
    if let Some(problem) = start(environment, file, Level::ERROR, None) {
        warn(&problem, language);
    }
}

/// Starts the log. `on_stderr` is the level of stderr if the user sets none. Returns the problem of its file, if any.
fn start(
    environment: &Environment,
    file: Option<&Path>,
    on_stderr: Level,
    client: Option<ClientLog>,
) -> Option<Message> {
    let asked = LogOptions::read(environment, file);
    let opened = asked.open();
    let (file, problem) = (opened.as_ref().ok().cloned().flatten(), opened.err());
    let targets = asked.targets(Level::INFO);
    let to_file = file.map(|file| lines(file).with_filter(targets.clone()));
    let to_client = client.map(|client| client.with_filter(targets));
    tracing_subscriber::registry()
        .with(lines(io::stderr).with_filter(asked.targets(on_stderr)))
        .with(to_file)
        .with(to_client)
        .init();
    asked.warn_invalid_filter(on_stderr);
    problem
}

/// What the user wants to log, and in which file.
struct LogOptions {
    filter: Option<String>,
    file: Option<PathBuf>,
}

impl LogOptions {
    /// The flag first, then the environment, then the user file. If the user file cannot be read, the code that needs
    /// the rest of it reports that.
    fn read(environment: &Environment, file: Option<&Path>) -> Self {
        let filter = environment.get("STACKSPOT_LSP_LOG").map(str::to_owned);
        let file = file.map(Path::to_owned).or_else(|| environment.path("STACKSPOT_LSP_LOG_FILE"));
        let file = file.map(|file| environment.at_home(&file));
        if filter.is_some() && file.is_some() {
            return Self { filter, file };
        }
        let keys = UserFile::read(environment).map(|user_file| user_file.connection).unwrap_or_default();
        Self { filter: filter.or(keys.log), file: file.or(keys.log_file) }
    }

    fn targets(&self, default: Level) -> Targets {
        let asked = self.filter.as_deref().and_then(|filter| Targets::from_str(filter).ok());
        asked.unwrap_or_else(|| Targets::new().with_default(default))
    }

    /// The file, opened to append. It may contain code. Therefore only the user may read it.
    fn open(&self) -> Result<Option<Arc<File>>, Message> {
        let Some(path) = &self.file else { return Ok(None) };
        let problem =
            |reason: String| message!("log-file-not-opened", path = path.display().to_string(), reason = reason);
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
            // Opening a pipe would wait for a reader.
            if std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
                return Err(problem("a pipe".to_owned()));
            }
            options.mode(0o600);
        }
        let file = options.open(path).map_err(|error| problem(error.to_string()))?;
        // An existing file may be open to all users. The mode of a terminal or of `/dev/null` must not change.
        if file.metadata().is_ok_and(|it| it.is_file())
            && let Err(error) = crate::files::make_private(&file)
        {
            return Err(problem(error.to_string()));
        }
        Ok(Some(Arc::new(file)))
    }

    /// Warns that an invalid filter is ignored.
    fn warn_invalid_filter(&self, default: Level) {
        if let Some(filter) = &self.filter
            && let Err(error) = Targets::from_str(filter)
        {
            let default = default.as_str().to_lowercase();
            tracing::error!("the log filter \"{filter}\" cannot be read ({error}); \"{default}\" is used");
        }
    }
}

/// One line per event, written at once.
fn lines<S, W>(writer: W) -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    layer().with_writer(Indented(writer)).with_ansi(false).with_target(false)
}

/// Gets each event whole. The event may quote line breaks and terminal codes. Its further lines are indented.
struct Indented<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Indented<W> {
    type Writer = Indented<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Indented(self.0.make_writer())
    }
}

impl<W: Write> Write for Indented<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        writeln!(self.0, "{}", for_terminal(text).replace('\n', "\n    "))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_cannot_start_a_log_line_or_control_a_terminal() {
        let mut written = Indented(Vec::new());
        let event = "2026-01-01 WARN it is a\n2026-01-01 ERROR forged\x1b[2J\r.py\n";
        assert_eq!(written.write(event.as_bytes()).unwrap(), event.len());
        let text = String::from_utf8(written.0).unwrap();
        assert_eq!(text, "2026-01-01 WARN it is a\n    2026-01-01 ERROR forged\u{fffd}[2J\n    .py\n");
    }
}
