//! A file of text that is read, and perhaps written.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::encoding::Encoding;
use crate::files;
use crate::i18n::{Message, message};

/// A text file as it was read.
#[derive(Debug)]
pub(in crate::cli) struct TextFile {
    /// Absolute; a link stays a link.
    pub(super) path: PathBuf,
    /// Its whole text, a byte order mark included.
    pub(super) text: String,
    /// How the text stands in the file, and is written back.
    pub(super) encoding: Encoding,
}

impl TextFile {
    /// Fails where it cannot be read, or is neither UTF-8 nor UTF-16 text.
    pub(super) fn read(path: &Path) -> Result<Self, Message> {
        let name = || path.display().to_string();
        let unreadable = |error: std::io::Error| message!("run-unreadable", file = name(), reason = error.to_string());
        let absolute = std::path::absolute(path).map_err(unreadable)?;
        if std::fs::metadata(&absolute).map_err(unreadable)?.is_dir() {
            return Err(message!("run-folder", file = name()));
        }
        // Whoever goes through all files of a project meets its links as well, and one may lead to a device without an end.
        let bytes = files::read(&absolute, u64::MAX).map_err(unreadable)?;
        let (encoding, text) = Encoding::read(bytes).ok_or_else(|| message!("run-no-text", file = name()))?;
        Ok(Self { path: absolute, text, encoding })
    }

    /// The path as an agent gets to see it: below `workspace`, so that no home directory goes out.
    pub(super) fn shown_in(&self, workspace: &Path) -> String {
        let below = self.path.strip_prefix(workspace).ok();
        let name = || self.path.file_name().map(PathBuf::from).unwrap_or_default();
        below.map_or_else(name, Path::to_owned).to_string_lossy().replace('\\', "/")
    }

    /// Puts a new file in the old one's place, with its permissions, so that nobody ever sees half of it. What a link
    /// points to is written, and the link stays. A file with several names is written in its place, so that all of them
    /// go on being one file; one that is not to be written is left alone, whoever asks. The error says why it did not.
    pub(in crate::cli) fn write(&self, text: &str) -> Result<(), Message> {
        let failed = |error: std::io::Error| message!("run-cannot-write", reason = error.to_string());
        let path = std::fs::canonicalize(&self.path).map_err(failed)?;
        let metadata = std::fs::metadata(&path).map_err(failed)?;
        if metadata.permissions().readonly() {
            return Err(message!("run-read-only"));
        }
        let (before, after) = (self.encoding.write(&self.text), self.encoding.write(text));
        // A file in its place could be put there all the same, so what may not be written is asked first.
        let mut there = files::open_with(OpenOptions::new().read(true).write(true), &path).map_err(failed)?;
        if has_several_names(&there).map_err(failed)? {
            let mut found = Vec::new();
            there.read_to_end(&mut found).map_err(failed)?;
            if before != found {
                return Err(message!("run-changed-on-disk"));
            }
            return files::overwrite(&mut there, &after).map_err(|error| {
                // What stood there has room where it stood, also on a disk that is full.
                let _ = files::overwrite(&mut there, &before);
                failed(error)
            });
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::Builder::new().prefix(".stackspot-lsp-").tempfile_in(folder).map_err(failed)?;
        new.write_all(&after).map_err(failed)?;
        new.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        if before != files::read(&path, u64::MAX).map_err(failed)? {
            return Err(message!("run-changed-on-disk"));
        }
        // Windows puts nothing in the place of a file that is open for writing.
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
