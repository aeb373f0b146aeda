//! Files of the state directory: only their owner can read them, and changes of other processes are never overwritten.

mod folder;
mod prune;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use crate::documents::DocumentUri;
use crate::files;
use crate::server::session::Session;

pub(crate) use self::folder::{ANSWERS, CONVERSATIONS, File, MAX_AGE, PREVIEWS, files};

/// A larger file of the state directory is not read, in bytes.
const LARGEST: u64 = 256 << 20;

/// Writes a file of the state directory, for its owner alone. Errors: those of the file system; no state directory.
pub(crate) async fn write(session: &Session, folder: &str, file_name: &str, text: &str) -> io::Result<PathBuf> {
    let path = state_path(session, folder, file_name)?;
    prune::now_and_then(session);
    let (target, text) = (path.clone(), text.to_owned());
    run(&path, move || write_private(&target, &text)).await?;
    Ok(path)
}

/// The same, but only if the file still has the fingerprint of this server's last write. Returns whether it had.
pub(crate) async fn replace(session: &Session, path: &Path, text: String, expected: Option<u64>) -> io::Result<bool> {
    prune::now_and_then(session);
    let target = path.to_owned();
    run(path, move || {
        // A file that cannot be read may still be the server's own. Therefore this is an error.
        let there = match files::read_whole(&target, LARGEST) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let is_whole = there.as_ref().is_some_and(|there| there == text.as_bytes());
        let is_ours = is_whole || there.is_none_or(|there| Some(fingerprint(&there)) == expected);
        if is_ours && !is_whole {
            write_private(&target, &text)?;
        }
        Ok(is_ours)
    })
    .await
}

/// Reads a file of the state directory.
pub(crate) async fn read_state_file(path: &Path) -> io::Result<String> {
    let target = path.to_owned();
    run(path, move || files::read_text(&target, LARGEST)).await
}

/// Removes a file. If that fails, the log contains the reason.
pub(crate) async fn remove(path: &Path) {
    let target = path.to_owned();
    let _ = run(path, move || match std::fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    })
    .await;
}

/// The path of a file in a folder of the state directory. Errors: there is no state directory.
pub(crate) fn state_path(session: &Session, folder: &str, file_name: &str) -> io::Result<PathBuf> {
    match session.environment.state_dir() {
        Some(directory) => Ok(directory.join(folder).join(file_name)),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "no home directory for the state directory")),
    }
}

/// Distinguishes a text from other texts.
pub(crate) fn fingerprint(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

async fn run<T: Send + 'static>(path: &Path, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(io::Error::other(panic))).inspect_err(|error| {
        tracing::warn!(%error, path = %path.display(), "a file of the state directory could not be used");
    })
}

/// Answers contain the user's code: other users of the machine must not read them, nor the names of their files.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(state) = path.parent().and_then(Path::parent) {
        files::private_folder(state)?;
    }
    match files::replace_private(path, text.as_bytes()) {
        // A process such as `Get-Content -Wait` reads the growing answer, and does not allow to replace the file.
        Err(error) if files::is_held(&error) => {
            let mut there = files::open_with(files::private().create(false), path)?;
            files::overwrite(&mut there, text.as_bytes())
        }
        done => done,
    }
}

/// Whether a document is in a folder of the state directory.
pub(crate) fn contains(session: &Session, uri: &str, folder: &str) -> bool {
    let folder = session.environment.state_dir().map(|directory| directory.join(folder));
    let path = DocumentUri::parse(uri).to_file_path();
    path.is_some_and(|path| path.parent().is_some() && path.parent() == folder.as_deref())
}

/// The name of a document in a folder of the state directory. Returns `None` for every other document.
pub(crate) fn name_in(session: &Session, uri: &str, folder: &str) -> Option<String> {
    contains(session, uri, folder).then_some(())?;
    DocumentUri::parse(uri).to_file_path()?.file_name()?.to_str().map(str::to_owned)
}

/// Whether a path is that of a conversation of any state directory, by the names of its folders.
pub(crate) fn is_conversation(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
        && path.parent().is_some_and(|folder| {
            folder.ends_with(CONVERSATIONS) && folder.parent().is_some_and(|it| it.ends_with("stackspot-lsp"))
        })
}

#[cfg(all(test, windows))]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Read;
    use std::os::windows::fs::OpenOptionsExt;

    #[test]
    fn open_reader_sees_the_growing_answer() {
        const FILE_SHARE_READ_AND_WRITE: u32 = 3;
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join("answers").join("explain.md");
        super::write_private(&path, "It adds").unwrap();
        let mut follower = OpenOptions::new().read(true).share_mode(FILE_SHARE_READ_AND_WRITE).open(&path).unwrap();
        super::write_private(&path, "It adds the prices.").unwrap();
        let mut seen = String::new();
        follower.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "It adds the prices.");
        let beside = path.parent().unwrap().read_dir().unwrap().count();
        assert_eq!(beside, 1, "nothing lies beside it");
    }
}
