//! A text file that is read, and perhaps written.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::encoding::Encoding;
use crate::files;
use crate::i18n::{Message, message};

/// A text file as it was read.
#[derive(Debug)]
pub(in crate::cli) struct TextFile {
    /// Absolute. A link is not resolved.
    pub(super) path: PathBuf,
    /// Its whole text, with the byte order mark.
    pub(super) text: String,
    /// The encoding of the file. It is also used to write it.
    pub(super) encoding: Encoding,
}

impl TextFile {
    /// Fails if it cannot be read, or is neither UTF-8 nor UTF-16 text.
    pub(super) fn read(path: &Path) -> Result<Self, Message> {
        let name = || path.display().to_string();
        let unreadable = |error: std::io::Error| message!("run-unreadable", file = name(), reason = error.to_string());
        let absolute = std::path::absolute(path).map_err(unreadable)?;
        if std::fs::metadata(&absolute).map_err(unreadable)?.is_dir() {
            return Err(message!("run-folder", file = name()));
        }
        // The caller may read all files of a project. One of them may be a link to a device without an end.
        let bytes = files::read_first_bytes(&absolute, u64::MAX).map_err(unreadable)?;
        let (encoding, text) = Encoding::read(bytes).ok_or_else(|| message!("run-no-text", file = name()))?;
        Ok(Self { path: absolute, text, encoding })
    }

    /// Replaces the file by a new one with the same permissions. Therefore no process reads half of it. A link stays,
    /// and its target is written. A file with several names is overwritten, because all names must stay one file. A
    /// read-only file is never changed. The error says why the write failed.
    pub(in crate::cli) fn write(&self, text: &str) -> Result<(), Message> {
        let failed = |error: std::io::Error| message!("run-cannot-write", reason = error.to_string());
        let path = std::fs::canonicalize(&self.path).map_err(failed)?;
        let metadata = std::fs::metadata(&path).map_err(failed)?;
        if metadata.permissions().readonly() {
            return Err(message!("run-read-only"));
        }
        let (before, after) = (self.encoding.write(&self.text), self.encoding.write(text));
        // A rename works even if the file itself may not be written. Therefore the permission is checked first.
        let mut there = files::open_with(OpenOptions::new().read(true).write(true), &path).map_err(failed)?;
        if has_several_names(&there).map_err(failed)? {
            let mut found = Vec::new();
            there.read_to_end(&mut found).map_err(failed)?;
            if before != found {
                return Err(message!("run-changed-on-disk"));
            }
            return files::overwrite(&mut there, &after).map_err(|error| {
                // The old text fits in its old place, even if the disk is full.
                let _ = files::overwrite(&mut there, &before);
                failed(error)
            });
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::Builder::new().prefix(".stackspot-lsp-").tempfile_in(folder).map_err(failed)?;
        new.write_all(&after).map_err(failed)?;
        new.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        if before != files::read_first_bytes(&path, u64::MAX).map_err(failed)? {
            return Err(message!("run-changed-on-disk"));
        }
        // Windows does not replace a file that is open for writing.
        drop(there);
        files::put_in_place(new, &path).map_err(failed)
    }
}

fn has_several_names(file: &std::fs::File) -> std::io::Result<bool> {
    #[cfg(unix)]
    let names = std::os::unix::fs::MetadataExt::nlink(&file.metadata()?);
    #[cfg(windows)]
    let names = winapi_util::file::information(file)?.number_of_links();
    Ok(names > 1)
}
