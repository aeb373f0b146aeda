//! Opens files at paths of a workspace, of git or of the state folder. Such a path may be a pipe, a device or an
//! endless file. These functions open only regular files, and never wait.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::str::Utf8Error;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use tempfile::NamedTempFile;

/// Opens the regular file at `path` for reading. Fails if it does not exist, or is not a regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_with(OpenOptions::new().read(true), path)
}

/// The same with the caller's options.
pub(crate) fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
    // Opening a device may already have an effect, so the type is checked before, too.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(no_file());
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_file()) }
}

/// The first `most` bytes of the regular file at `path`.
pub(crate) fn read_first_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The whole regular file at `path`. Also fails if it is larger than `most` bytes.
pub(crate) fn read_whole(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let bytes = read_first_bytes(path, most.saturating_add(1))?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// The whole text at `path`, see [`text_of`]. Also fails if it is larger than `most` bytes, or is not such a text.
pub(crate) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    // It may hold a secret, even if it is not text.
    let bytes = Zeroizing::new(read_whole(path, most)?);
    let text = text_of(&bytes).map(Cow::into_owned);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))
}

/// The text of a user's file: UTF-8, or UTF-16 with the byte order mark that `>` of Windows PowerShell writes. The mark
/// is removed. The error names the first byte that is not UTF-8.
pub(crate) fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, Utf8Error> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes
        && let Some(text) = crate::encoding::decode(bytes)
    {
        return Ok(text.into());
    }
    let text = std::str::from_utf8(bytes)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).into())
}

/// Creates the folder `path` and its parents, and makes it private to its owner, even if it existed. Fails if it
/// belongs to another user.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    #[cfg(unix)]
    restrict(&std::fs::metadata(path)?, 0o700, |rights| std::fs::set_permissions(path, rights))?;
    Ok(())
}

/// Removes all rights of other users. A folder without such rights is unchanged.
#[cfg(unix)]
fn restrict(
    found: &std::fs::Metadata,
    mode: u32,
    set: impl FnOnce(std::fs::Permissions) -> io::Result<()>,
) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if found.permissions().mode() & 0o077 == 0 { Ok(()) } else { set(PermissionsExt::from_mode(mode)) }
}

/// Options for a file that only its owner may read and write.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

/// The name prefix of unfinished files. A process that died may leave such files.
pub(crate) const UNFINISHED: &str = ".new-";

/// Writes `bytes` to `path` in a folder of this program; only the owner may access both. A concurrent reader gets the
/// old or the new bytes, and so does a reader after a crash of the machine.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private_folder(folder_of(path))?;
    replace(path, bytes)
}

/// The same in a folder that may belong to another user; an existing folder is unchanged.
pub(crate) fn replace_in_any_folder(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        private_folder(folder)?;
    }
    replace(path, bytes)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, bytes, File::sync_all)
}

/// `sync` must bring data to the disk: first that of the file under its temporary name, then that of its folder.
fn replace_with(path: &Path, bytes: &[u8], mut sync: impl FnMut(&File) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    // Private from the start, with a unique name, because another process may write here.
    let mut beside = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    beside.write_all(bytes)?;
    sync(beside.as_file())?;
    put_in_place(beside, path)?;
    #[cfg(unix)]
    sync(&File::open(folder)?)?;
    Ok(())
}

/// How many milliseconds each attempt waits for the program that has the file open. On Windows, a virus scanner or an
/// indexer opens it briefly after each write, and prevents its replacement.
const PATIENCE: [u64; 7] = [10, 20, 40, 80, 150, 300, 400];

/// Moves a complete file to `path`, even if a program reads the old one. It can fail; on Windows also because another
/// program holds the old file for about a second. After a failure, the new file is removed.
pub(crate) fn put_in_place(new: NamedTempFile, path: &Path) -> io::Result<()> {
    put_patiently(new, path, std::thread::sleep)
}

fn put_patiently(new: NamedTempFile, path: &Path, mut wait: impl FnMut(Duration)) -> io::Result<()> {
    // `persist` fails on Windows while a program reads the old file. The rename of the standard library does not.
    let (file, unfinished) = new.keep()?;
    drop(file);
    let mut put = std::fs::rename(&unfinished, path);
    for pause in PATIENCE {
        if !put.as_ref().is_err_and(is_held) {
            break;
        }
        wait(Duration::from_millis(pause));
        put = std::fs::rename(&unfinished, path);
    }
    put.inspect_err(|_| {
        let _ = std::fs::remove_file(&unfinished);
    })
}

/// Whether the operation failed because another program has the file open: Windows reports access denied, a sharing
/// violation or a lock.
pub(crate) fn is_held(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33))
}

/// Overwrites an open file. A reader may get a mixture of old and new text, at the same time or after a failure.
pub(crate) fn overwrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// Makes an open file private to its owner if it is not. Fails if it belongs to another user.
pub(crate) fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    restrict(&file.metadata()?, 0o600, |rights| file.set_permissions(rights))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Whether users other than the owner of `path` may read or write it.
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    grants(path, 0o066)
}

/// Whether users other than the owner of `path` may write it.
pub(crate) fn is_writable_by_others(path: &Path) -> bool {
    grants(path, 0o022)
}

#[cfg(unix)]
fn grants(path: &Path, mode: u32) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & mode != 0)
}

#[cfg(not(unix))]
fn grants(_: &Path, _: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the permission bits of a file, on systems that have them.
    #[track_caller]
    fn check_mode(path: &Path, mode: u32) {
        #[cfg(unix)]
        {
            let permissions = std::fs::metadata(path).unwrap().permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, mode, "{}", path.display());
        }
        #[cfg(not(unix))]
        let _ = (path, mode);
    }

    fn set_mode(path: &Path, mode: u32) {
        #[cfg(unix)]
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        #[cfg(not(unix))]
        let _ = (path, mode);
    }

    #[test]
    fn file_is_synced_before_its_rename_and_its_folder_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer.md");
        std::fs::write(&path, "old").unwrap();
        let mut synced = Vec::new();
        replace_with(&path, b"It adds", |file| {
            let metadata = file.metadata()?;
            let written = if metadata.is_dir() { None } else { Some(metadata.len()) };
            synced.push((written, std::fs::read_to_string(&path)?));
            Ok(())
        })
        .unwrap();
        assert_eq!(synced.first(), Some(&(Some(7), "old".to_owned())));
        // A new name is synced with its folder; Windows does this itself.
        let folders = if cfg!(unix) { vec![(None, "It adds".to_owned())] } else { Vec::new() };
        assert_eq!(synced[1..], folders);
    }

    #[test]
    fn failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer.md");
        std::fs::write(&path, "old").unwrap();
        let error = replace_with(&path, b"new", |_| Err(io::ErrorKind::StorageFull.into())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn pipes_devices_folders_and_link_loops_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, circle) = (folder.path().join("pipe"), folder.path().join("circle"));
        #[cfg(unix)]
        {
            let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
            assert!(made.success());
            std::os::unix::fs::symlink(&circle, &circle).unwrap();
        }
        let devices = ["/dev/zero", "NUL"].map(Path::new);
        for path in [&pipe, &circle, folder.path(), &folder.path().join("none")].into_iter().chain(devices) {
            assert!(read_first_bytes(path, 10).is_err(), "{}", path.display());
        }
        let file = folder.path().join("file");
        std::fs::write(&file, "0123456789abc").unwrap();
        assert_eq!(read_first_bytes(&file, 10).unwrap(), b"0123456789");
        assert_eq!(read_whole(&file, 10).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_text(&file, 13).unwrap(), "0123456789abc");
    }

    #[test]
    fn files_are_private_and_shared_folders_change_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let shared = folder.path().join("shared");
        std::fs::create_dir(&shared).unwrap();
        set_mode(&shared, 0o755);
        replace_in_any_folder(&shared.join("file"), b"x").unwrap();
        check_mode(&shared, 0o755);
        check_mode(&shared.join("file"), 0o600);
        replace_private(&shared.join("file"), b"y").unwrap();
        check_mode(&shared, 0o700);
        assert_eq!(read_first_bytes(&shared.join("file"), 10).unwrap(), b"y");
        let new = folder.path().join("new/file");
        replace_in_any_folder(&new, b"x").unwrap();
        assert_eq!(read_first_bytes(&new, 10).unwrap(), b"x");
        check_mode(new.parent().unwrap(), 0o700);
        check_mode(&new, 0o600);
    }

    #[test]
    fn a_file_is_replaced_although_somebody_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace_private(&path, b"old").unwrap();
        let mut reader = Some(File::open(&path).unwrap());
        let new = NamedTempFile::new_in(folder.path()).unwrap();
        std::fs::write(new.path(), "new").unwrap();
        // Some systems wait for the reader. No system waits for anything else.
        put_patiently(new, &path, |_| assert!(reader.take().is_some())).unwrap();
        assert_eq!(read_first_bytes(&path, 10).unwrap(), b"new");
        if let Some(mut reader) = reader {
            let mut read_meanwhile = String::new();
            reader.read_to_string(&mut read_meanwhile).unwrap();
            assert_eq!(read_meanwhile, "old", "and reads the old one to its end");
        }
    }

    /// Opens a file like a program that does not allow its replacement.
    #[cfg(windows)]
    fn hold(path: &Path) -> File {
        use std::os::windows::fs::OpenOptionsExt;
        const FILE_SHARE_READ: u32 = 1;
        OpenOptions::new().read(true).share_mode(FILE_SHARE_READ).open(path).unwrap()
    }

    #[cfg(windows)]
    #[test]
    fn replace_waits_for_a_held_file_and_fails_if_never_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "old").unwrap();
        let new = || {
            let new = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder.path()).unwrap();
            std::fs::write(new.path(), "new").unwrap();
            new
        };
        let mut holder = Some(hold(&path));
        let mut waits = 0;
        put_patiently(new(), &path, |_| {
            waits += 1;
            if waits == 3 {
                holder = None;
            }
        })
        .unwrap();
        assert_eq!((waits, std::fs::read(&path).unwrap().as_slice()), (3, b"new".as_slice()));

        let _holder = hold(&path);
        let mut waited = Vec::new();
        let error = put_patiently(new(), &path, |pause| waited.push(pause)).unwrap_err();
        assert!(is_held(&error), "{error:?}");
        assert_eq!(waited, PATIENCE.map(Duration::from_millis));
        let left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["file"], "nothing lies beside it");
    }

    #[test]
    fn a_private_folder_is_its_owners_alone_whatever_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (open, file) = (folder.path().join("open"), folder.path().join("open/file"));
        std::fs::create_dir(&open).unwrap();
        set_mode(&open, 0o777);
        private_folder(&open).unwrap();
        check_mode(&open, 0o700);
        std::fs::write(&file, "x").unwrap();
        set_mode(&file, 0o622);
        assert_eq!(is_open_to_others(&file), cfg!(unix));
        make_private(&File::open(&file).unwrap()).unwrap();
        assert!(!is_open_to_others(&file));
    }
}
