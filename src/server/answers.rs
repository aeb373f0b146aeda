//! Where an answer is shown: a real Markdown file that the client opens, else a message.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::session::{MessageKind, Session};
use crate::config::AnswerSurface;
use crate::documents::DocumentUri;
use crate::i18n::{Language, Message, message};
use crate::job::{Job, without_nulls};

/// How long the client may take to open a document.
const SHOW_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer that a message holds, in characters.
const MESSAGE_CHARS: usize = 4_000;

/// Shows the answer of a job, as far as it has come. `take_focus` only where the user has just asked to see it: whoever
/// types while the answer arrives goes on typing where they are.
pub(crate) async fn show(session: &Session, job: &Job, take_focus: bool) {
    let document = Document::of(session, job);
    let written = document.write(session).await;
    let as_message = session.settings().answer.surface == AnswerSurface::Message || !session.profile.show_document;
    if !as_message
        && let Ok(path) = &written
        && open(session, path, take_focus).await
    {
        return;
    }
    let text = document.as_message(written.as_deref(), session.language());
    session.show_message(MessageKind::Info, &Message::verbatim(text));
}

/// Has the client open a file; tells whether it did.
pub(super) async fn open(session: &Session, path: &Path, take_focus: bool) -> bool {
    open_with(session, path, take_focus, None).await
}

/// The same with the cursor at this range.
pub(super) async fn open_with(session: &Session, path: &Path, take_focus: bool, selection: Option<Value>) -> bool {
    let uri = DocumentUri::from_file_path(path);
    let params = json!({ "uri": uri.as_str(), "external": false, "takeFocus": take_focus, "selection": selection });
    let params = without_nulls(params);
    match session.outbox.request("window/showDocument", params, SHOW_TIMEOUT).await {
        Ok(answer) => answer.get("success").and_then(Value::as_bool) == Some(true),
        Err(error) => {
            tracing::warn!(%error, "the client did not open the answer");
            false
        }
    }
}

/// An answer as a Markdown document.
struct Document {
    file_name: String,
    heading: String,
    body: String,
    footer: String,
    is_complete: bool,
}

impl Document {
    fn of(session: &Session, job: &Job) -> Self {
        let answer = job.answer();
        let subject = session.shown_path(&job.document).unwrap_or_else(|| job.client_uri.to_string());
        let (title, lines) = (&job.action.title, job.lines_label());
        let heading = session.title(&message!("answer-heading", title = title, subject = subject, lines = lines));
        let (body, footer) = match &answer {
            Some(answer) if answer.is_complete() => {
                let footer = answer.sources_line().into_iter().chain([answer.usage_line()]).collect();
                (answer.text.clone(), Message::joined(footer, " · "))
            }
            Some(answer) => (answer.text.clone(), message!("answer-incomplete")),
            None => (job.text_so_far(), message!("answer-coming-in")),
        };
        let footer = footer.text(session.language());
        let file_name = format!("{}-{}.md", job.action.id, job.id);
        let is_complete = answer.is_some_and(|answer| answer.is_complete());
        Self { file_name, heading, body, footer, is_complete }
    }

    /// Writes the document into the state directory, readable for its owner alone.
    async fn write(&self, session: &Session) -> io::Result<PathBuf> {
        let text = format!("# {}\n\n{}\n\n---\n\n*{}*\n", self.heading, self.body.trim_end(), self.footer);
        write(session, "answers", &self.file_name, &text).await
    }

    fn as_message(&self, file: Result<&Path, &io::Error>, language: Language) -> String {
        let text = self.start_of_body(file, language);
        if self.is_complete { text } else { format!("{text}\n\n({})", self.footer) }
    }

    fn start_of_body(&self, file: Result<&Path, &io::Error>, language: Language) -> String {
        match self.body.char_indices().nth(MESSAGE_CHARS) {
            None => self.body.clone(),
            Some((cut, _)) => {
                let start = self.body.get(..cut).unwrap_or_default();
                let rest = match file {
                    Ok(path) => message!("answer-whole", path = path.display().to_string()),
                    Err(error) => message!("answer-not-written", error = error.to_string()),
                };
                format!("{start} …\n\n{}", rest.text(language))
            }
        }
    }
}

/// Writes a file into a folder of the state directory, readable for its owner alone.
///
/// # Errors
/// Those of the file system, and that there is no state directory.
pub(super) async fn write(session: &Session, folder: &str, file_name: &str, text: &str) -> io::Result<PathBuf> {
    let Some(directory) = session.environment.state_dir().map(|directory| directory.join(folder)) else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no home directory for the state directory"));
    };
    let path = directory.join(file_name);
    let (target, text) = (path.clone(), text.to_owned());
    let written = tokio::task::spawn_blocking(move || write_private(&directory, &target, &text)).await;
    match written.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
        Ok(()) => Ok(path),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the file could not be written");
            Err(error)
        }
    }
}

/// Answers hold the user's code: nobody else on the machine is to read them.
fn write_private(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;

    std::fs::create_dir_all(directory)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
