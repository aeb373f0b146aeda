//! The destination of an answer that does not replace the selection: a new file, or an existing one. This module reads
//! the disk, so call it on a thread that may block.

mod importing;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::workspace::shown_in;
use crate::actions::Action;
use crate::actions::context::{OpenDocument, attribute};
use crate::documents::{DocumentStore, DocumentUri, Snapshot};
use crate::files;
use crate::guard;
use crate::i18n::{Message, message};
use crate::syntax::{self, Syntax, TestPlace};

/// The server adds to a larger file only if it is open in the editor.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// The highest number in a file name: after it, no further file of that name is created.
const MOST_NUMBERED: u32 = 99;

/// The code action kind of tests. Their answer goes to the place where the language keeps tests.
const TEST_KIND: &str = "stackspot-lsp.test";

/// The file that an answer goes into.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// The file. It may not exist.
    path: PathBuf,
    /// The path may not leave this folder, even through links.
    folder: PathBuf,
    /// The answer is never added to a file. If the file exists, the new name gets a number.
    is_new_each_time: bool,
    /// LSP language id of the source.
    language_id: String,
}

/// What exists at the destination now: an open document, a file that is not open, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestinationState {
    Open,
    OnDisk,
    Absent,
}

impl Destination {
    /// The destination of the answer of `action` about `snapshot`. The error is a sentence that says why there is none.
    pub(super) fn find(action: &Action, snapshot: &Snapshot, folders: &[PathBuf]) -> Result<Self, Message> {
        let source = snapshot.uri.to_file_path().ok_or_else(|| message!("home-no-file"))?;
        let beside = source.parent().ok_or_else(|| message!("home-no-file"))?;
        let around = folders.iter().filter(|folder| source.starts_with(folder)).max_by_key(|it| it.as_os_str().len());
        let folder = around.map_or(beside, PathBuf::as_path).to_owned();
        let language_id = snapshot.language_id.to_string();
        let is_test = action.kind == TEST_KIND || action.kind.starts_with(&format!("{TEST_KIND}."));
        let path = if is_test {
            let exists = |path: &Path| path.starts_with(&folder) && path.exists();
            let names = |at: &Path| if at.starts_with(&folder) { importing::names(at) } else { Vec::new() };
            match syntax::test_place(&source, &language_id, exists, names) {
                Some(TestPlace::SameFile { .. }) => source,
                Some(TestPlace::ExistingFile(path)) => path,
                // If a file already tests the module, it is used, whatever its name.
                Some(TestPlace::NewFile(path)) => {
                    importing::tests_that_import(&source, &folder, &language_id).unwrap_or(path)
                }
                None => return Err(message!("home-no-convention", language = language_id)),
            }
        } else {
            named_after(&source, &action.id)
        };
        let home = Self { path, folder, is_new_each_time: !is_test, language_id };
        if home.is_inside(&home.path) { Ok(home) } else { Err(message!("home-outside", path = home.display_path())) }
    }

    /// The displayed path, inside its workspace folder.
    pub fn display_path(&self) -> String {
        path_in_folder(&self.path, &self.folder)
    }

    /// Sentences that tell the agent what happens to its reply, and the existing text that the reply must fit. `None`
    /// if the destination is unknown; applying the answer reports why.
    pub(super) fn prompt_part(&self, documents: &DocumentStore) -> Option<(String, Option<OpenDocument>)> {
        let (found, destination_state) = self.read_current(documents).ok()?;
        let path = found.uri.to_file_path()?;
        // The name is in the head of the prompt. A line break in it could begin an instruction.
        let shown = attribute(&shown_in(&path, &[&self.folder]));
        let syntax = syntax::language(&found.language_id, Some(&path));
        let block = syntax.and_then(|syntax| syntax::test_block(&found.text, syntax, None));
        let text = |bytes| found.text.get_byte_slice(bytes).map(Rope::from);
        let is_source = syntax == Some(Syntax::Rust);
        let width = width(&found.text, block.is_some() || is_source);
        let known = || Some(syntax::excerpt(&found.text, syntax));
        let (place, existing) = match (destination_state, block) {
            (DestinationState::Absent, _) => {
                (format!("Your reply becomes the new file {shown}: write all of it."), None)
            }
            (_, Some(block)) if is_source => (
                format!(
                    "Your reply goes into the module `tests` at the end of {shown}, below the tests that are there: reply \
                     with the functions alone, without the module and without what it has."
                ),
                text(block.body).map(|body| syntax::excerpt(&body, syntax)),
            ),
            (_, None) if is_source => (
                format!(
                    "Your reply becomes the module `tests` at the end of {shown}, which says `use super::*;`: reply with \
                     the functions alone, without the module around them."
                ),
                None,
            ),
            (_, Some(_)) => (
                format!(
                    "Your reply goes into the last class of {shown}, below its methods: reply with the methods alone, \
                     without the class around them and without what it has."
                ),
                known(),
            ),
            (_, None) => (
                format!("Your reply is added at the end of {shown}: reply with what is new there, and repeat nothing."),
                known(),
            ),
        };
        let place = format!("{place} Lines of at most {width} characters.");
        let (name, language_id) = (shown.into(), Arc::clone(&found.language_id));
        // The user did not name this file. If it may hold a secret, or is excluded from agents, it is not sent.
        let is_held_back = |text: &Rope| {
            !guard::about_file(&path, std::slice::from_ref(&self.folder)).is_empty()
                || !guard::find_secrets(&text.to_string()).is_empty()
        };
        let existing = existing.map(|text| {
            let text = (!is_held_back(&text)).then_some(text);
            OpenDocument { name, language_id, text }
        });
        Some((place, existing))
    }

    /// The current text, and where it comes from. A missing file is an empty text. The error is a sentence: a link
    /// leads out of the workspace, or the file cannot be read.
    pub(super) fn read_current(&self, documents: &DocumentStore) -> Result<(Snapshot, DestinationState), Message> {
        if !self.is_new_each_time {
            return self.current_at(&self.path, documents);
        }
        for number in 1..=MOST_NUMBERED {
            let found = self.current_at(&numbered(&self.path, number), documents)?;
            if found.1 == DestinationState::Absent {
                return Ok(found);
            }
        }
        Err(message!("home-names-taken", path = self.display_path()))
    }

    fn current_at(&self, path: &Path, documents: &DocumentStore) -> Result<(Snapshot, DestinationState), Message> {
        let uri = DocumentUri::from_file_path(path);
        if let Ok(open) = documents.snapshot(uri.as_str()) {
            return Ok((open, DestinationState::Open));
        }
        let shown = || path_in_folder(path, &self.folder);
        if !self.is_inside(path) {
            return Err(message!("home-outside", path = shown()));
        }
        let (text, destination_state) = match read_destination(path) {
            Ok(text) => (text, DestinationState::OnDisk),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), DestinationState::Absent),
            Err(error) => return Err(message!("home-unreadable", path = shown(), cause = error.to_string())),
        };
        let snapshot = Snapshot {
            client_uri: uri.as_str().into(),
            uri,
            language_id: self.language_id.as_str().into(),
            version: 0,
            revision: 0,
            text: Rope::from_str(&text),
            encoding: documents.encoding(),
        };
        Ok((snapshot, destination_state))
    }

    /// Whether `path` is in the folder, even after all links are followed. For a missing path, its nearest existing
    /// ancestor decides.
    fn is_inside(&self, path: &Path) -> bool {
        let is_plain = path.components().all(|part| !matches!(part, Component::ParentDir));
        let is_link = fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink());
        // A write through a dangling link would create a file at its target.
        let exists = if is_link { Some(path) } else { path.ancestors().find(|it| it.exists()) };
        let (Some(exists), Ok(folder)) = (exists, self.folder.canonicalize()) else { return false };
        is_plain && path.starts_with(&self.folder) && exists.canonicalize().is_ok_and(|real| real.starts_with(folder))
    }
}

/// The text of a file within the size limit.
pub(super) fn read_destination(path: &Path) -> io::Result<String> {
    let bytes = files::read_first_bytes(path, LARGEST_FILE_BYTES + 1)?;
    if bytes.len() as u64 > LARGEST_FILE_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is too large; open it in the editor and try again",
        ));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))
}

/// How wide new lines of code may be: as wide as those of `text`, minus the indentation of the block.
fn width(text: &Rope, is_in_block: bool) -> usize {
    let widest = text.lines().map(|line| line.len_chars()).filter(|width| *width <= WIDEST).max().unwrap_or_default();
    widest.max(NARROWEST) - if is_in_block { 4 } else { 0 }
}

/// The smallest and the largest line width that formatters use, in characters.
const NARROWEST: usize = 79;
const WIDEST: usize = 120;

fn path_in_folder(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// `cart.py` and `api-docs` → `cart.api-docs.py`, in the same folder.
fn named_after(source: &Path, action: &str) -> PathBuf {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let action: String = action.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    with_longer_stem(source, &format!(".{action}"))
}

/// The name for a number: the first is unchanged, then `cart.api-docs-2.py`, `cart.api-docs-3.py`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 { path.to_owned() } else { with_longer_stem(path, &format!("-{number}")) }
}

fn with_longer_stem(path: &Path, more: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(match path.extension() {
        Some(extension) => format!("{stem}{more}.{}", extension.to_string_lossy()),
        None => format!("{stem}{more}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{ActionResult, BUILT_INS};
    use crate::documents::PositionEncoding;

    fn action(id: &'static str, kind: &'static str) -> Action {
        let result = ActionResult::File;
        Action { id: id.into(), kind: kind.into(), result, ..BUILT_INS[0].clone() }
    }

    /// A project with these files, and the displayed destination of an action of `kind` on the first file.
    fn home(files: &[&str], kind: &'static str) -> (tempfile::TempDir, DocumentStore, Result<Destination, Message>) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "# here\n").unwrap();
        }
        let documents = DocumentStore::new(PositionEncoding::Utf8);
        let uri = DocumentUri::from_file_path(&folder.path().join(files[0]));
        let language = if files[0].ends_with(".py") { "python" } else { "plaintext" };
        documents.open(uri.as_str(), language, 1, "# here\n");
        let snapshot = documents.snapshot(uri.as_str()).unwrap();
        let home = Destination::find(&action("api docs/1", kind), &snapshot, &[folder.path().to_owned()]);
        (folder, documents, home)
    }

    #[test]
    fn tests_are_refused_without_convention_but_docs_get_a_file() {
        let refused = home(&["notes.txt"], "stackspot-lsp.test").2.unwrap_err();
        assert_eq!(refused, message!("home-no-convention", language = "plaintext".to_owned()));
        let other = home(&["src/cart.py"], "stackspot-lsp.docs").2.unwrap();
        assert_eq!(other.display_path(), "src/cart.api-docs-1.py");
    }

    #[cfg(unix)] // symlink
    #[test]
    fn no_link_leads_out_of_the_workspace() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("there.py"), "").unwrap();
        for (link, rest, target) in [
            ("tests", "/test_cart.py", outside.path().to_owned()),
            ("test_cart.py", "", outside.path().join("there.py")),
            ("test_cart.py", "", outside.path().join("not-there.py")),
        ] {
            let (folder, documents, _) = home(&["cart.py"], "stackspot-lsp.test");
            std::os::unix::fs::symlink(target, folder.path().join(link)).unwrap();
            let source = documents.open_documents().remove(0);
            let source = documents.snapshot(source.as_str()).unwrap();
            let kind = action("test", "stackspot-lsp.test");
            let refused = Destination::find(&kind, &source, &[folder.path().to_owned()]).unwrap_err();
            assert_eq!(refused, message!("home-outside", path = format!("{link}{rest}")));
        }
    }
}
